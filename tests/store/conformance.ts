/** What every database under the store must do: one suite, run on SQLite and on PostgreSQL. */

import type { Backend } from "./backend.ts";
import { concurrencySuite } from "./concurrency_suite.ts";
import { eventSuite } from "./event_suite.ts";
import { feedbackSuite } from "./feedback_suite.ts";
import { firstBaseSuite } from "./first_base_suite.ts";
import { finishSuite } from "./finish_suite.ts";
import { hostileSuite } from "./hostile_suite.ts";
import { issueSuite } from "./issue_suite.ts";
import { listSuite } from "./list_suite.ts";
import { handSuite } from "./hand_suite.ts";
import { migrationSuite } from "./migration_suite.ts";
import { runSuite } from "./run_suite.ts";
import { searchSuite } from "./search_suite.ts";
import { transferSuite } from "./transfer_suite.ts";
import { upgradeSuite } from "./upgrade_suite.ts";
import { tokenSuite } from "./token_suite.ts";
import { statsSuite } from "./stats_suite.ts";

export function conformance(backend: Backend): void {
  issueSuite(backend);
  listSuite(backend);
  runSuite(backend);
  handSuite(backend);
  firstBaseSuite(backend);
  finishSuite(backend);
  eventSuite(backend);
  searchSuite(backend);
  tokenSuite(backend);
  statsSuite(backend);
  feedbackSuite(backend);
  hostileSuite(backend);
  concurrencySuite(backend);
  migrationSuite(backend);
  upgradeSuite(backend);
  transferSuite(backend);
}
