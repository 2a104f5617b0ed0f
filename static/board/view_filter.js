// @ts-check
/** The filter: its menu, and the row that says what is shown. */

import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { attempt } from "./actions.js";
import {
  clearFilter,
  FACETS,
  filter,
  filtering,
  loadRest,
  rest,
  setFilter,
  shownColumns,
  toggleFilter,
} from "./filter.js";
import { Icon } from "./icons.js";
import { useFloating } from "./place.js";
import { agents, cards, overlay } from "./store.js";
import { KIND_WORDS, PRIORITY_WORDS, STATUS_WORDS } from "./words.js";

/** @import { Facet } from "./filter.js" */

/** @type {Readonly<Record<Facet, string>>} */
const TITLES = {
  needs: "Needs you",
  status: "Status",
  kind: "Kind",
  priority: "Priority",
  agent: "Agent or assignee",
  trust: "Written by",
};
/** @type {readonly Facet[]} */
const ORDER = ["needs", "status", "kind", "priority", "agent", "trust"];
/** @type {Readonly<Record<string, string>>} */
const WORDS = {
  ...STATUS_WORDS,
  ...KIND_WORDS,
  ...PRIORITY_WORDS,
};
/** @type {Readonly<Record<string, string>>} */
const NEEDS = { question: "Question", failed: "Failed run", review: "Review" };

/** @type {Readonly<Record<string, string>>} */
const TRUSTS = { operator: "Operator", member: "Member", agent: "Agent", external: "Outside" };

/** @param {Facet} facet @param {string} value */
function wordOf(facet, value) {
  if (facet === "agent") return value;
  return (facet === "needs" ? NEEDS : facet === "trust" ? TRUSTS : WORDS)[value];
}

export function FilterRow() {
  if (!filtering.value) return null;
  const { q, ...chosen } = filter.value;
  const count = Object.values(shownColumns.value).reduce((sum, list) => sum + list.length, 0);
  return html`
    <section class="filter-row" aria-label="Filter">
      ${q.trim() !== "" && html`
        <${Chip} text=${`“${q.trim()}”`} onRemove=${() => setFilter({ q: "" })} />
      `}
      ${ORDER.flatMap((facet) =>
        chosen[facet].map((value) =>
          html`
            <${Chip} key=${`${facet}-${value}`} text=${wordOf(facet, value)} onRemove=${() =>
              toggleFilter(facet, value)} />
          `
        )
      )}
      <span class="muted" role="status">${count === 0
        ? "No issue matches"
        : `${count}${rest.value === null ? "" : "+"} ${count === 1 ? "issue" : "issues"}`}</span>
      ${rest.value !== null && html`
        <button type="button" class="button quiet" onClick=${() =>
          attempt("No more issues", loadRest)}>Load more</button>
      `}
      <button type="button" class="button quiet" onClick=${clearFilter}>Clear filter</button>
    </section>
  `;
}

/** @param {{ text: string, onRemove: () => void }} props */
function Chip({ text, onRemove }) {
  return html`
    <button type="button" class="chip" aria-label=${`Remove ${text}`} onClick=${onRemove}>
      <span class="clip">${text}</span><${Icon} name="close" />
    </button>
  `;
}

export function FilterMenu() {
  return overlay.value === "filter" ? html`<${Menu} />` : null;
}

function Menu() {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const anchor = /** @type {HTMLElement} */ (document.getElementById("filter-button"));
  const close = () => overlay.value = "";
  useFloating(box, anchor, close);
  useEffect(() => {
    box.current?.querySelector("input")?.focus();
  }, []);
  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    close();
    anchor.focus();
  }
  const names = new Set([...cards.value.values()].flatMap((card) => [card.claimed_by, card.assignee]));
  for (const agent of agents.value ?? []) names.add(agent.id);
  for (const name of filter.value.agent) names.add(name);
  names.delete("");
  return html`
    <section class="float filter-menu" role="dialog" aria-label="Filter" ref=${box} onKeyDown=${onKeyDown}>
      ${ORDER.map((facet) => {
        const values = FACETS[facet] ?? [...names].sort();
        return values.length === 0 ? null : html`
          <fieldset key=${facet}>
            <legend>${TITLES[facet]}</legend>
            ${values.map((value) =>
              html`
                <label class="option" key=${value}><input type="checkbox" checked=${filter.value[facet]
                  .includes(value)}
                  onChange=${() => toggleFilter(facet, value)} /><span class="clip">${wordOf(
                    facet,
                    value,
                  )}</span></label>
              `
            )}
          </fieldset>
        `;
      })}
    </section>
  `;
}
