// @ts-check
/** Small drawings. They carry no meaning alone: a word always stands beside them or in their label. */

import { html } from "htm/preact";

/** @import { Kind, Priority, Status } from "../../src/domain/issue.ts" */

/** How much of the circle is filled, by status. @type {Record<Status, number>} */
const FILLED = { backlog: 0, ready: 0, in_progress: 0.5, blocked: 0, in_review: 0.75, done: 1 };

/** @param {{ status: Status }} props */
export function StatusIcon({ status }) {
  const fill = FILLED[status];
  return html`
    <svg class=${`icon status-icon s-${status}`} viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5"
        stroke-dasharray=${status === "backlog" ? "1.6 2.3" : null} />
      ${fill > 0 && fill < 1 && html`
        <circle cx="8" cy="8" r="2" fill="none" stroke="currentColor" stroke-width="4"
          stroke-dasharray=${`${fill * 12.566} 12.566`} transform="rotate(-90 8 8)" />
      `}
      ${status === "done" && html`
        <circle cx="8" cy="8" r="7" fill="currentColor" />
        <path d="M4.8 8.2 7 10.4l4.2-4.6" fill="none" class="on-fill" stroke-width="1.6" stroke-linecap="round"
          stroke-linejoin="round" />
      `}
      ${status === "blocked" && html`
        <path d="M8 4.6v4" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" />
        <circle cx="8" cy="11.1" r="1" fill="currentColor" />
      `}
    </svg>
  `;
}

/** Bars by priority. @type {Record<Priority, number>} */
const BARS = { urgent: 3, high: 3, normal: 2, low: 1 };

/** @param {{ priority: Priority }} props */
export function PriorityIcon({ priority }) {
  if (priority === "urgent") {
    return html`
      <svg class="icon p-urgent" viewBox="0 0 16 16" aria-hidden="true">
        <rect x="1.5" y="1.5" width="13" height="13" rx="3.5" fill="currentColor" />
        <path d="M8 4.5v4.2" class="on-fill" stroke-width="1.7" stroke-linecap="round" />
        <circle cx="8" cy="11.2" r="1.05" class="on-fill-solid" />
      </svg>
    `;
  }
  return html`
    <svg class="icon p-bars" viewBox="0 0 16 16" aria-hidden="true">
      ${[0, 1, 2].map((i) =>
        html`
          <rect x=${2 + i * 4.5} y=${9.5 - i * 3.5} width="3" height=${4.5 +
            i * 3.5} rx="1" fill="currentColor"
            opacity=${i < BARS[priority] ? 1 : 0.25} />
        `
      )}
    </svg>
  `;
}

/** One path each, drawn in strokes. */
const PATHS = {
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  plus: "M8 3.5v9M3.5 8h9",
  close: "m4 4 8 8m0-8-8 8",
  back: "M9.5 3.5 5 8l4.5 4.5",
  branch:
    "M5 3.5v9M5 9.5c0-2.5 6-1 6-4M6.5 3.5a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0Zm0 9a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0Zm6-8.5a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0Z",
  retry: "M12.5 8a4.5 4.5 0 1 1-1.4-3.3M12.5 2.5v2.7H9.8",
  person: "M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Zm-4.5 5.5c0-2.2 2-3.5 4.5-3.5s4.5 1.3 4.5 3.5",
  check: "m3.5 8.5 3 3 6-7",
  link: "M6 4H4a1 1 0 0 0-1 1v7a1 1 0 0 0 1 1h7a1 1 0 0 0 1-1v-2M9 3h4v4M13 3 7.5 8.5",
  clip:
    "m12.5 7.5-4.8 4.8a2.8 2.8 0 0 1-4-4l5.2-5.2a1.9 1.9 0 0 1 2.7 2.7l-5.2 5.2a.9.9 0 0 1-1.3-1.3l4.4-4.5",
  chevron: "m4.5 6.5 3.5 3.5 3.5-3.5",
  copy: "M5.5 5.5h7v7h-7zM10 3.5H3.5V10",
  stop: "M4.5 4.5h7v7h-7z",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Zm3.3-1.2 3.2 3.2",
  filter: "M2.5 4h11M4.5 8h7M6.5 12h3",
  settings:
    "M2.5 5h6m4 0h1m-11 6h1m4 0h6M8.5 5a2 2 0 1 0 4 0 2 2 0 0 0-4 0Zm-5 6a2 2 0 1 0 4 0 2 2 0 0 0-4 0Z",
  keyboard: "M2 4.5h12v7H2zM4.5 7h.01M7 7h.01M9.5 7h.01M12 7h.01M5.5 9.5h5",
  chart: "M3 13V8m5 5V3m5 10V6",
  theme: "M8 2.5a5.5 5.5 0 1 0 0 11v-11Z",
  edit: "m3 13 .6-2.6 7-7a1.4 1.4 0 0 1 2 2l-7 7L3 13Z",
};

/** @param {{ name: keyof typeof PATHS }} props */
export function Icon({ name }) {
  return html`
    <svg class=${`icon i-${name}`} viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor"
      stroke-width=${name === "more" ? 2.4 : 1.5} stroke-linecap="round" stroke-linejoin="round">
      <path d=${PATHS[name]} />
    </svg>
  `;
}

/** The sign of the program: an open loop with a dot that runs on it. */
export function Logo() {
  return html`
    <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M19.4 9.2A8 8 0 1 0 20 12" fill="none" stroke="currentColor" stroke-width="2.6"
        stroke-linecap="round" />
      <circle cx="12" cy="12" r="2.9" fill="currentColor" />
    </svg>
  `;
}
