// @ts-check
/** What the page's buttons do, and the tag that a page of yours needs. */

/** @param {string} id @param {() => void} work */
function on(id, work) {
  document.getElementById(id)?.addEventListener("click", work);
}

on("open", () => {
  const { AutopilotFeedback } = /** @type {{ AutopilotFeedback?: { open(): void } }} */ (
    /** @type {unknown} */ (globalThis)
  );
  AutopilotFeedback?.open();
});
on("break", () => {
  throw new Error("The demo broke, as it was asked to");
});
on("miss", () => {
  fetch("/autopilot/demo/missing?a=1");
});

const tag = document.getElementById("feedback-tag");
if (tag !== null) {
  tag.textContent =
    `<script src="${location.origin}/autopilot/feedback.js" data-user="me@example.com"></script>`;
}
