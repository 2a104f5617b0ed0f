// @ts-check
/** What the page's buttons do, and the tag that a page of yours needs. */

/** @param {string} id @param {() => void} work */
function on(id, work) {
  document.getElementById(id)?.addEventListener("click", work);
}

/** What the two scripts give to the page. */
const given =
  /** @type {{ AutopilotFeedback?: { open(): void }, Autopilot?: { open(): void, notify(event: object): void } }} */ (
    /** @type {unknown} */ (globalThis)
  );

on("open", () => given.AutopilotFeedback?.open());
on("board", () => given.Autopilot?.open());
on("news", () => {
  const issue = { id: "1", number: 1, title: "An example that is no issue of the board" };
  const news = [
    { type: "issue.created" },
    { type: "run.started" },
    { type: "issue.status", status: "blocked", from: "in_progress" },
    { type: "issue.status", number: 2, id: "2", title: "Another", status: "in_review", from: "in_progress" },
  ];
  news.forEach((event) => given.Autopilot?.notify({ ...issue, ...event }));
});
on("break", () => {
  throw new Error("The demo broke, as it was asked to");
});
on("miss", () => {
  fetch(new URL("missing?a=1", import.meta.url));
});

for (const [id, file] of [["feedback-tag", "feedback.js"], ["sdk-tag", "sdk.js"]]) {
  const tag = document.getElementById(id);
  if (tag !== null) {
    tag.textContent = `<script src="${new URL(
      `../${file}`,
      import.meta.url,
    )}" data-user="me@example.com"></script>`;
  }
}
