// @ts-check
/** The strip above the board: what waits for a person, questions first. */

import { html } from "htm/preact";
import { openIssue } from "./detail.js";
import { StatusIcon } from "./icons.js";
import { needs, openAnswer } from "./store.js";
import { Ago } from "./view_time.js";
import { needWords } from "./words.js";

/** @import { Card } from "./reduce.js" */

/** Items that are drawn; the count tells of all. */
const SHOWN = 20;

export function Attention() {
  const items = needs.value;
  if (items.length === 0) return null;
  return html`
    <section class="strip" aria-labelledby="strip-title">
      <h2 id="strip-title">Needs you <span class="count">${items.length}</span></h2>
      <ul class="strip-list">
        ${items.slice(0, SHOWN).map(({ card, need }) =>
          html`<${Item} key=${card.id} card=${card} need=${need} />`
        )}
        ${items.length > SHOWN && html`<li class="strip-rest">and ${items.length - SHOWN} more</li>`}
      </ul>
    </section>
  `;
}

/** @param {{ card: Card, need: import("./reduce.js").Need }} props */
function Item({ card, need }) {
  const asks = need === "question";
  return html`
    <li>
      <button type="button" class=${`strip-item n-${need}`} aria-haspopup=${asks ? "dialog" : null}
        onClick=${(/** @type {MouseEvent} */ event) =>
          asks ? openAnswer(card, /** @type {HTMLElement} */ (event.currentTarget)) : openIssue(card.id)}>
        <${StatusIcon} status=${card.status} />
        <b>${needWords(card, need)}</b>
        <span class="card-number">#${card.number}</span>
        <span class="clip">${card.title}</span>
        <${Ago} at=${card.updated_at} />
      </button>
    </li>
  `;
}
