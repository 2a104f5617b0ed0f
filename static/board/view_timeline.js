// @ts-check
/** Who did what when, from the event log. */

import { html } from "htm/preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useFollowEnd } from "./follow.js";
import { openTimeline } from "./timeline.js";
import { stepOf } from "./timeline_words.js";
import { fullTime } from "./words.js";

/** @import { Message } from "./reduce.js" */

/** @param {{ issue_id: string }} props */
export function Timeline({ issue_id }) {
  const log = useMemo(() => openTimeline(issue_id), []);
  useEffect(() => log.close, []);
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useFollowEnd(box, true);
  return html`
    <div class="timeline" ref=${box} aria-busy=${log.loading.value}>
      ${log.problem.value !== "" && html`<p class="entry-error" role="alert">${log.problem}</p>`}
      ${byDay(log.events.value).map(([day, events]) =>
        html`
          <section key=${day} aria-label=${day}>
            <h3>${day}</h3>
            <ol>${events.map((event) => html`<${Step} key=${event.seq} event=${event} />`)}</ol>
          </section>
        `
      )}
    </div>
  `;
}

/** @param {{ event: Message }} props */
function Step({ event }) {
  const step = stepOf(event);
  if (step === null) return null;
  const at = String(event.at);
  return html`
    <li class=${`step m-${step.mark}`}>
      <div class="step-what"><b class=${step.agent ? "agent" : ""}>${step.who}</b> ${step.what}
        ${step.more !== "" && html`<p class="muted">${step.more}</p>`}
      </div>
      <time class="muted num" datetime=${at} title=${fullTime(at)}>${CLOCK.format(new Date(at))}</time>
    </li>
  `;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});

/** @param {readonly Message[]} events in order @returns {[day: string, events: Message[]][]} days without a step left out */
function byDay(events) {
  /** @type {[string, Message[]][]} */
  const days = [];
  for (const event of events) {
    if (stepOf(event) === null) continue;
    const day = DAY.format(new Date(String(event.at)));
    if (days.at(-1)?.[0] !== day) days.push([day, []]);
    days[days.length - 1][1].push(event);
  }
  return days;
}
