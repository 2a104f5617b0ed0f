// @ts-check
/** Asks a person who hands a text of somebody else to the agents, and shows that text as it is. */

import { html } from "htm/preact";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api, ApiError } from "./api.js";
import { segmentsOf, warningsOf } from "./raw_text.js";
import { loadStyle } from "./style_sheet.js";
import { Dialog } from "./view_form.js";

/** @import { Card } from "./reduce.js" */
/** @import { Segment } from "./raw_text.js" */
/** @import { IssueDetail } from "./api.js" */

/** @typedef {{ title: string, by: string, segments: Segment[] }} Text */

/**
 * @param {Pick<Card, "id" | "number" | "trust">} card
 * @param {boolean} foreign somebody else wrote the issue itself; otherwise it asks only about strangers' comments
 * @returns {Promise<{ version?: number, comments?: number } | null>} what the person said yes to; `null`: not moved
 */
export async function confirmPromotion(card, foreign) {
  /** @type {Card["trust"]} */
  let trust = card.trust;
  if (!foreign) {
    const { comments } = await api.rawIssue(card.id);
    if (!comments.some((comment) => comment.trust === "external" && comment.delivered_at === "")) return {};
    trust = "external";
  }
  await Promise.all(["forms.css", "promote.css"].map(loadStyle));
  const place = document.createElement("div");
  document.body.append(place);
  try {
    return await new Promise((resolve) =>
      render(html`<${Promotion} card=${{ ...card, trust }} own=${foreign} onEnd=${resolve} />`, place)
    );
  } finally {
    render(null, place);
    place.remove();
  }
}

/** @param {IssueDetail} detail @returns {Text[]} */
function textsOf({ issue, comments, attachments }) {
  /** @param {string} title @param {string} by @param {string} text */
  const text = (title, by, text) => ({ title, by, segments: segmentsOf(text) });
  return [
    text("Title", issue.created_by, issue.title),
    text("Text", issue.created_by, issue.body),
    ...comments.map(({ author, trust, body }) => text(`Comment, ${trust}`, author, body)),
    ...attachments.length === 0 ? [] : [text("Files", "", attachments.map(({ name }) => name).join("\n"))],
  ].filter(({ segments }) => segments.length > 0);
}

/**
 * @param {{
 *   card: Pick<Card, "id" | "number" | "trust">,
 *   own: boolean,
 *   onEnd: (seen: { version: number, comments: number } | null) => void,
 * }} props
 */
function Promotion({ card, own, onEnd }) {
  const [seen, setSeen] = useState({ version: 0, comments: 0 });
  const [texts, setTexts] = useState(/** @type {Text[] | null} */ (null));
  const [problem, setProblem] = useState("");
  useEffect(() => {
    api.rawIssue(card.id).then((detail) => {
      setSeen({ version: detail.issue.version, comments: detail.comments.length });
      setTexts(textsOf(detail));
    }, (error) => {
      if (!(error instanceof ApiError)) throw error;
      setProblem(error.message);
    });
  }, []);
  const warnings = texts === null ? [] : warningsOf(texts.flatMap(({ segments }) => segments));
  return html`
    <${Dialog} id="promote-title" class="promote" title=${`Hand #${card.number} to the agents?`}
      onClose=${() => onEnd(null)}>
      <p>${!own
        ? "Somebody outside of the project commented on this"
        : card.trust === "agent"
        ? "An agent wrote this"
        : "Somebody outside of the project wrote this"}. An agent will read it and change your code by it. Here it is, character for character:</p>
      ${warnings.length > 0 &&
        html`<p class="promote-warning" role="alert">Look out for ${warnings.join(", ")}.</p>`}
      ${problem !== "" &&
        html`<p class="promote-warning" role="alert">The text can't be shown: ${problem}</p>`}
      <div class="promote-texts" tabindex="0" role="region" aria-label="The text as it is">
        ${texts?.map(({ title, by, segments }, n) =>
          html`
            <section key=${n}>
              <h3>${title}${by !== "" && html`
                ${" "}<span class="muted">by ${segmentsOf(by).map(({ text }) => text).join("")}</span>
              `}</h3>
              <pre>${segments.map((segment, i) =>
                segment.kind === "text"
                  ? segment.text
                  : html`<mark key=${i} class=${`raw-${segment.kind}`} title=${segment.hint}>${segment.text}</mark>`
              )}</pre>
            </section>
          `
        )}
        ${texts === null && problem === "" && html`<p class="muted">Loading…</p>`}
      </div>
      <div class="dialog-foot">
        <button type="button" class="button" onClick=${() => onEnd(null)}>Leave it</button>
        <button type="button" class="button primary" disabled=${texts === null} onClick=${() =>
          onEnd(seen)}>Hand to agents</button>
      </div>
    <//>
  `;
}
