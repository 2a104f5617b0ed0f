// @ts-check
/** One changed file: its head, its hunks in one column or two, and the comments on its lines. */

import { useComputed, useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { cleanText } from "./clean.js";
import { painterFor } from "./diff_colors.js";
import { cutHunks, parsePatch } from "./diff_parse.js";
import { Icon } from "./icons.js";
import { later } from "./later.js";
import { setPanelPlace } from "./panel_place.js";
import { isViewed, notesOf, openNote, placeOf, setViewed } from "./review.js";
import { Hunk, keyOf } from "./view_diff_lines.js";
import { NoteBox } from "./view_review.js";

/** @import { ReadonlySignal } from "@preact/signals" */
/** @import { FileDiff } from "../../src/domain/diff.ts" */
/** @import { Colors } from "./view_diff_lines.js" */
/** @import { Hunk as HunkData } from "./diff_parse.js" */

/** Lines that are drawn in one step, twice as many at most. */
const PIECE = 80;

/** @param {{ file: FileDiff, index: number, issue_id: string, split: ReadonlySignal<boolean>, open: boolean }} props */
export function File({ file, index, issue_id, split, open }) {
  const shown = useSignal(false);
  const viewed = isViewed(issue_id, file);
  const box = useRef(/** @type {HTMLDetailsElement | null} */ (null));
  useEffect(() => open ? later(() => shown.value = true) : undefined, []);
  /** What was looked at is out of the way. @param {boolean} on */
  function view(on) {
    setViewed(issue_id, file, on);
    if (box.current !== null) box.current.open = !on;
  }
  return html`
    <div class="file-box">
      <details class="file" ref=${box} open=${open} data-file=${index} onToggle=${(
        /** @type {Event} */ event,
      ) => shown.value = (/** @type {HTMLDetailsElement} */ (event.currentTarget)).open}>
      <summary>
        <${Icon} name="chevron" />
        <span class="file-name">${file.status === "renamed" &&
          html`<span class="muted">${file.old_path} → </span>`}<bdi>${file.path}</bdi></span>
        ${file.status !== "modified" &&
          html`<span class=${`badge f-${file.status}`}>${WORDS[file.status]}</span>`}
        <span class="grow"></span>
        ${file.binary
          ? html`<span class="muted">Binary</span>`
          : html`<${Counts} additions=${file.additions} deletions=${file.deletions} />`}
      </summary>
      ${shown.value && html`<${Body} file=${file} issue_id=${issue_id} split=${split} />`}
      </details>
      <label class="viewed"><input type="checkbox" checked=${viewed} aria-label=${`Viewed ${file.path}`}
      onChange=${(/** @type {Event} */ event) =>
        view(
          (/** @type {HTMLInputElement} */ (event.currentTarget)).checked,
        )} /><span aria-hidden="true">Viewed</span></label>
    </div>
  `;
}

const WORDS = { added: "Added", modified: "", deleted: "Deleted", renamed: "Renamed" };

/** @param {{ file: FileDiff, issue_id: string, split: ReadonlySignal<boolean> }} props */
function Body({ file, issue_id, split }) {
  const { hunks, facts } = useMemo(() => cleaned(parsePatch(file.patch)), []);
  const drawn = useSignal(1);
  const painted = useSignal(/** @type {readonly Colors[]} */ ([]));
  /** Where comments stand, as one text: lines are drawn again when that changes, not at every letter. */
  const marks = useComputed(() =>
    notesOf(issue_id).value.filter((note) => note.path === file.path)
      .map((note) => `${note.side}:${note.line}:${note.id}`).join(" ")
  );
  useEffect(() => {
    const undo = hunks.slice(1).map(() => later(() => drawn.value++));
    return () => undo.forEach((take_back) => take_back());
  }, []);
  useEffect(() => paint(file.path, hunks, (colors) => painted.value = [...painted.peek(), colors]), []);

  const places = new Map(
    marks.value.split(" ").filter(Boolean).map((mark) => {
      const [side, line, id] = mark.split(":");
      return [`${side}:${line}`, id];
    }),
  );
  const keys = useMemo(() => hunks.map(({ lines }) => new Set(lines.map(keyOf))), []);
  const lost = [...places].filter(([key]) => !keys.some((some) => some.has(key))).map(([, id]) => id);

  /** @param {Event} event */
  function onClick(event) {
    const button = event.target instanceof Element ? event.target.closest("button[data-line]") : null;
    if (!(button instanceof HTMLElement)) return;
    const [hunk, line] = (button.dataset.line ?? "").split(".").map(Number);
    const { side, number } = placeOf(hunks[hunk].lines[line]);
    setPanelPlace({ file: file.path, line: `${side === "old" ? "o" : ""}${number}` });
    openNote(issue_id, file.path, hunks[hunk].lines[line]);
  }

  return html`
    ${facts.length > 0 && html`<p class="file-fact">${facts.join(", ")}</p>`}
    ${lost.map((id) =>
      html`
        <div class="lost-note" key=${id}>
          <${NoteBox} issue_id=${issue_id} id=${id} lost />
        </div>
      `
    )}
    ${file.binary && html`<p class="file-fact">A binary file: it can't be shown as text.</p>`}
    ${file.truncated && html`<p class="file-fact">Too large to be shown here. Look at it with git.</p>`}
    ${hunks.length === 0 && !file.binary && !file.truncated && facts.length === 0 &&
      html`<p class="file-fact">${
        file.status === "renamed" ? "Only its name changed." : "No line changed."
      }</p>`}
    ${hunks.length > 0 && html`
      <table class=${`diff ${split.value ? "split" : "unified"}`} aria-label=${`Changes in ${file.path}`}
        onClick=${onClick} onKeyDown=${onArrow} onFocusIn=${onFocusIn}>
        <colgroup>${(split.value ? ["n", "code", "n", "code"] : ["n", "n", "code"]).map((name, i) =>
          html`<col key=${i} class=${name} />`
        )}</colgroup>
        ${hunks.slice(0, drawn.value).map((hunk, i) =>
          html`
            <${Hunk} key=${i} index=${i} hunk=${hunk} colors=${painted.value[i]} split=${split.value}
              issue_id=${issue_id} places=${[...places].filter(([key]) => keys[i].has(key)).flat().join(
                " ",
              )} />
          `
        )}
      </table>
    `}
  `;
}

/** @param {{ additions: number, deletions: number }} props */
export function Counts({ additions, deletions }) {
  return html`<span class="counts num"><span class="plus">+${additions}</span> <span
    class="minus">−${deletions}</span><span class="sr"> lines</span></span>`;
}

/** Lines of others are cleaned here: a patch is taken apart as it came. @param {{ hunks: HunkData[], facts: string[] }} parsed */
function cleaned({ hunks, facts }) {
  for (const hunk of hunks) {
    hunk.title = cleanText(hunk.title);
    for (const line of hunk.lines) {
      line.text = cleanText(line.text.replace(/\r$/, "").replaceAll("\r", "␍"));
    }
  }
  return { hunks: cutHunks(hunks, PIECE), facts };
}

/**
 * Colours piece by piece, after the lines that wait to be drawn.
 *
 * @param {string} path
 * @param {readonly HunkData[]} hunks
 * @param {(colors: Colors) => void} take gets the colours of every piece in order
 * @returns {() => void} ends it
 */
function paint(path, hunks, take) {
  let closed = false;
  painterFor(path).then((painter) => {
    if (painter === null) return;
    for (const { lines } of hunks) {
      later(() => {
        if (closed) return;
        /** @type {Colors} */
        const colors = new Map();
        for (const side of ["del", "add"]) {
          const own = lines.filter((line) => line.kind === "same" || line.kind === side);
          painter(own.map((line) => line.text))?.forEach((pieces, i) => colors.set(own[i], pieces));
        }
        take(colors);
      });
    }
  });
  return () => void (closed = true);
}

/** One line is in the order of the Tab key; the arrows go from there. @param {FocusEvent} event */
function onFocusIn(event) {
  const { target, currentTarget } = event;
  if (!(target instanceof HTMLElement) || !(currentTarget instanceof HTMLElement) || !target.dataset.line) {
    return;
  }
  currentTarget.querySelectorAll("button[data-line][tabindex='0']").forEach((one) =>
    one.setAttribute("tabindex", "-1")
  );
  target.setAttribute("tabindex", "0");
}

/** @param {KeyboardEvent} event */
function onArrow(event) {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  const from = event.target;
  if (step === 0 || event.altKey || !(from instanceof HTMLElement) || !from.dataset.line) return;
  event.preventDefault(); // the page would scroll
  const all = [...from.closest(".files")?.querySelectorAll("button[data-line]") ?? []];
  const next = all[all.indexOf(from) + step];
  if (next instanceof HTMLElement) next.focus();
}
