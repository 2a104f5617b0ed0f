/** What a conformance suite needs of a database. */

import type { OpenOptions } from "../../src/store/open.ts";
import type { TestStore } from "../support/store.ts";

export interface Backend {
  name: string;
  /** Why the tests can't run here; empty when they can. */
  ignored: string;
  /** A store on a fresh database. */
  open(options?: Partial<OpenOptions>): Promise<TestStore>;
  /** A database without any table, or the place for one. */
  blank(): Promise<{ url: string } & AsyncDisposable>;
}

/** Registers a test on this backend. */
export function testOn(backend: Backend, name: string, run: () => Promise<void>): void {
  const reason = backend.ignored === "" ? "" : ` (ignored: ${backend.ignored})`;
  Deno.test({ name: `${backend.name}: ${name}${reason}`, ignore: backend.ignored !== "", fn: run });
}
