// @ts-check
/** One chart with its heading, legend and the same numbers as a table. */

import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";
import { drawChart } from "./chart.js";
import { theme } from "./settings.js";

/** @import { Drawing } from "./chart.js" */

/**
 * @typedef {Drawing & {
 *   title: string,
 *   sum: string,
 *   note: string,
 *   moments: readonly string[],
 *   words: (value: number | null) => string,
 * }} ChartProps `sum` stands beside the title; `moments` names what lies at `at`
 */

const MOVES = /** @type {Readonly<Record<string, number>>} */ ({
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowDown: -1,
  ArrowUp: 1,
  Home: -Infinity,
  End: Infinity,
});

/** @param {ChartProps} props */
export function Chart(props) {
  const { title, sum, note, at, lines, moments, words } = props;
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const chart = useRef(/** @type {ReturnType<typeof drawChart> | null} */ (null));
  const index = useSignal(/** @type {number | null} */ (null));
  const open = useSignal(false);
  const dark = useDark();
  const id = useId();

  useLayoutEffect(() => {
    if (box.current === null) return;
    const drawn = drawChart(box.current, props, (point) => index.value = point);
    chart.current = drawn;
    return () => {
      chart.current = null;
      drawn.end();
    };
  }, [props.lines, dark, theme.value]);

  const last = at.length - 1;
  const shown = index.value === null || index.value > last ? null : index.value;
  /** @param {number} i */
  const valuesAt = (i) => lines.map(({ label, values }) => `${label} ${words(values[i])}`).join(", ");
  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    const by = MOVES[event.key];
    if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    chart.current?.point(Math.min(last, Math.max(0, (index.value ?? last + 1) + by)));
  }
  return html`
    <section class="chart" aria-labelledby=${id}>
      <header>
        <h3 id=${id}>${title}</h3>
        <p class="chart-sum num">${sum}</p>
      </header>
      <p class="chart-note">${note}</p>
      <div class="plot" ref=${box} role="slider" tabindex="0" aria-labelledby=${id} aria-valuemin="0"
        aria-valuemax=${last} aria-valuenow=${shown ?? last} aria-valuetext=${`${moments[shown ?? last]}: ${
          valuesAt(shown ?? last)
        }`} onKeyDown=${onKeyDown}
        onBlur=${() => index.value = null}></div>
      <p class=${lines.length > 3 ? "legend long" : "legend"}>
        ${lines.map((line) =>
          html`
            <span key=${line.label}><i class=${`swatch sw${
              line.color.slice(1)
            }`} aria-hidden="true"></i>${line.label}
            <b class="num">${shown === null ? line.all : words(line.values[shown])}</b></span>
          `
        )}
        <span class="moment num">${shown === null ? "" : moments[shown]}</span>
      </p>
      <details class="numbers" onToggle=${(/** @type {Event} */ event) =>
        open.value = (/** @type {HTMLDetailsElement} */ (event.currentTarget)).open}>
        <summary>Numbers<span class="sr"> of ${title}</span></summary>
        ${open.value && html`<${Numbers} ...${props} />`}
      </details>
    </section>
  `;
}

/** @param {ChartProps} props */
function Numbers({ title, at, lines, moments, words }) {
  return html`
    <div class="numbers-scroll" role="region" aria-label=${`Numbers of ${title}`} tabindex="0">
      <table>
        <thead>
          <tr><th scope="col">UTC</th>${lines.map(({ label }) =>
            html`<th key=${label} scope="col">${label}</th>`
          )}</tr>
        </thead>
        <tbody>${at.map((_, i) => at.length - 1 - i).map((i) =>
          html`<tr key=${i}><th scope="row">${moments[i]}</th>${
            lines.map(({ label, values }) => html`<td key=${label} class="num">${words(values[i])}</td>`)
          }</tr>`
        )}</tbody>
      </table>
    </div>
  `;
}

/** Whether the system is dark: a canvas does not change its colours by itself. */
function useDark() {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const dark = useSignal(query.matches);
  useEffect(() => {
    const look = () => void (dark.value = query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  return dark.value;
}
