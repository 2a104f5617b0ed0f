/** What axe finds wrong in a page. */

import axe from "axe-core";
import type { WatchedPage } from "../support/browser.ts";

/** One line each. Runs in the page, through the debugger: the page's policy stays as it is. */
export async function violations(board: WatchedPage): Promise<string[]> {
  // Half-faded elements would be measured in the colours of the moment.
  await board.page.evaluate(`Promise.all(document.getAnimations()
    .filter((animation) => animation.effect.getTiming().iterations !== Infinity)
    .map((animation) => animation.finished))`);
  await board.page.evaluate(axe.source);
  return await board.page.evaluate<string[]>(
    `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) =>
      [id, help, target.join(" "), failureSummary].join(" | ")))
  )`,
  );
}
