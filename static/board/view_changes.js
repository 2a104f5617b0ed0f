// @ts-check
/** The tab of changes: what the branch does to the files, and comments on lines that go back as one. */

import { useComputed, useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { openChanges } from "./changes.js";
import { treeOf, treeOrder } from "./file_tree.js";
import { Icon } from "./icons.js";
import { recall, remember } from "./keep.js";
import { panelPlace, setPanelPlace } from "./panel_place.js";
import { isViewed } from "./review.js";
import { Counts, File } from "./view_diff_file.js";
import { ReviewBar } from "./view_review.js";

/** @import { ReadonlySignal, Signal } from "@preact/signals" */
/** @import { Diff } from "../../src/domain/diff.ts" */
/** @import { Issue, Status } from "../../src/domain/issue.ts" */
/** @import { Folder } from "./file_tree.js" */

/** Lines of changes that are drawn unasked; further files are folded. */
const OPEN_LINES = 6_000;
/** A file with more changed lines is folded. */
const OPEN_FILE_LINES = 3_000;
/** Two columns of code have no room here. */
const NARROW = "(max-width: 760px)";
/** From this width on the list of files stands beside them, in pixels. */
const TREE_BESIDE = 860;

/** @param {{ issue: Issue, status: Status }} props */
export function Changes({ issue, status }) {
  const changes = useMemo(() => openChanges(issue.id), []);
  useEffect(() => changes.close, []);
  const wanted = useSignal(recall("diff.split", false));
  const narrow = useSignal(matchMedia(NARROW).matches);
  const split = useComputed(() => wanted.value && !narrow.value);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const follow = () => void (narrow.value = query.matches);
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, []);
  const shown = changes.loaded.value;
  const diff = shown.state === "ready" ? shown.diff : null;
  return html`
    <div class="changes" aria-busy=${shown.state === "loading"}>
      ${shown.state === "loading" && html`<p class="changes-wait muted" role="status">Comparing…</p>`}
      ${shown.state === "failed" && html`
        <div class="empty" role="alert">
          <p class="empty-title">The changes can't be shown</p>
          <p>${shown.reason}</p>
          <p><button type="button" class="button" onClick=${changes.reload}>Try again</button></p>
        </div>
      `}
      ${changes.stale.value && html`
        <p class="changes-news" role="status">The branch has new commits.
          <button type="button" class="button" onClick=${() => {
            changes.reload();
            document.getElementById("tab-changes")?.focus(); // the button goes
          }}>Show them</button></p>
      `}
      ${diff !== null && (diff.head === "" ? html`<${NoBranch} />` : html`
        <${Toolbar} issue_id=${issue.id} diff=${diff} changes=${changes} wanted=${narrow.value
          ? null
          : wanted} />
        ${diff.files.length === 0
          ? html`
            <div class="empty">
              <p class="empty-title">No difference</p>
              <p>${changes.since.value
                ? "Nothing changed since your last review."
                : "The branch has the same files as its base."}</p>
            </div>
          `
          : html`<${Files} key=${`${diff.base} ${diff.head}`} diff=${diff} issue=${issue} split=${split} />`}
      `)}
      <${ReviewBar} issue=${issue} status=${status} diff=${diff} />
    </div>
  `;
}

function NoBranch() {
  return html`
    <div class="empty">
      <p class="empty-title">No changes yet</p>
      <p>When an agent has changed files, they show here line by line, and you can comment on any of them.</p>
    </div>
  `;
}

/**
 * @param {{ diff: Diff, changes: import("./changes.js").Changes, wanted: Signal<boolean> | null, issue_id: string }} props `wanted`: whether
 * in two columns; `null` where there is no room for them
 */
function Toolbar({ diff, changes, wanted, issue_id }) {
  const additions = diff.files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = diff.files.reduce((sum, file) => sum + file.deletions, 0);
  const count = diff.files.length;
  const seen = diff.files.filter((file) => isViewed(issue_id, file)).length;
  const has_review = changes.reviewed.value !== "" && changes.reviewed.value !== diff.head;
  /** @param {boolean} on */
  const setSplit = (on) => {
    if (wanted !== null) wanted.value = on;
    remember("diff.split", on);
  };
  return html`
    <div class="changes-bar">
      <p><b>${count}${diff.truncated ? "+" : ""} ${count === 1 ? "file" : "files"}</b>
        <${Counts} additions=${additions} deletions=${deletions} /></p>
      ${seen > 0 && html`<span class="muted num">${seen} of ${count} viewed</span>`}
      <span class="grow"></span>
      ${has_review && html`
        <${Choice} label="Which changes" value=${changes.since.value}
          options=${[[false, "All"], [true, "Since my last review"]]} onChange=${changes.showSince} />
      `}
      ${wanted !== null &&
        html`<${Choice} label="Layout" value=${wanted.value} options=${[[false, "Unified"], [
          true,
          "Split",
        ]]} onChange=${setSplit} />`}
    </div>
  `;
}

/** @param {{ label: string, value: boolean, options: [boolean, string][], onChange: (value: boolean) => void }} props */
function Choice({ label, value, options, onChange }) {
  return html`
    <div class="choice" role="group" aria-label=${label}>${options.map(([option, word]) =>
      html`<button type="button" key=${word} aria-pressed=${value === option} onClick=${() =>
        value !== option && onChange(option)}>${word}</button>`
    )}</div>
  `;
}

/** @param {{ diff: Diff, issue: Issue, split: ReadonlySignal<boolean> }} props */
function Files({ diff, issue, split }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const beside = useSignal(true);
  useEffect(() => {
    const width = box.current?.clientWidth ?? 0;
    beside.value = width >= TREE_BESIDE;
  }, []);
  const tree = useMemo(() => treeOf(diff.files.map((file) => file.path)), [diff]);
  const order = useMemo(() => treeOrder(tree), [tree]);
  /** Which files are open at first: as many as are drawn in no time. */
  const open = useMemo(() => {
    let lines = 0;
    return new Set(order.filter((index) => {
      const { additions, deletions } = diff.files[index];
      lines += additions + deletions;
      return additions + deletions <= OPEN_FILE_LINES && lines <= OPEN_LINES &&
        !isViewed(issue.id, diff.files[index]);
    }));
  }, [order]);
  const many = diff.files.length > 1;
  /** @param {number} index */
  function go(index) {
    const file = box.current?.querySelector(`[data-file="${index}"]`);
    if (!(file instanceof HTMLDetailsElement)) return;
    setPanelPlace({ file: diff.files[index].path, line: "" });
    file.open = true;
    file.scrollIntoView({ block: "start" });
    file.querySelector("summary")?.focus({ preventScroll: true });
  }
  // A link to a file or a line leads there, when that is drawn.
  useEffect(() => {
    const { file, line } = panelPlace.peek();
    const index = diff.files.findIndex((one) => one.path === file);
    const element = box.current?.querySelector(`[data-file="${index}"]`);
    if (!(element instanceof HTMLDetailsElement)) return;
    element.open = true;
    element.scrollIntoView({ block: "start" });
    return line === "" ? undefined : whenLine(element, line);
  }, []);
  return html`
    <div class=${`changes-files ${many ? "with-tree" : ""}`} ref=${box}>
      ${many && html`
        <details class="tree" open=${beside.value}>
          <summary><${Icon} name="chevron" />Files</summary>
          <nav aria-label="Changed files">
            <${Branch} folder=${tree} diff=${diff} go=${go} issue_id=${issue.id} />
          </nav>
        </details>
      `}
      <div class="files">
        ${order.map((index) =>
          html`
            <${File} key=${index} index=${index} file=${diff.files[index]} issue_id=${issue.id} split=${split}
              open=${open.has(index)} />
          `
        )}
        ${diff.truncated && html`
          <p
            class="muted">There are more files. Look at them with git: <code>git diff ${diff.base.slice(
              0,
              10,
            )} ${diff.head.slice(0, 10)}</code></p>
        `}
      </div>
    </div>
  `;
}

/**
 * Brings a line into sight as soon as it is drawn. Returns what ends the waiting.
 *
 * @param {HTMLElement} file
 * @param {string} line its number, with an `o` before it when it is one that was removed
 */
function whenLine(file, line) {
  const cell = line.startsWith("o") ? "td.n.del" : "td.n:not(.del)";
  const number = line.replace(/^o/, "");
  const look = () => {
    const button = [...file.querySelectorAll(`${cell} > button`)].find((one) => one.textContent === number);
    if (!(button instanceof HTMLElement)) return;
    observer.disconnect();
    button.closest("tr")?.classList.add("linked");
    button.scrollIntoView({ block: "center" });
    button.focus({ preventScroll: true });
  };
  const observer = new MutationObserver(look);
  observer.observe(file, { childList: true, subtree: true });
  look();
  return () => observer.disconnect();
}

/** @param {{ folder: Folder, diff: Diff, go: (index: number) => void, issue_id: string }} props */
function Branch({ folder, diff, go, issue_id }) {
  return html`<ul>
    ${
    folder.folders.map((child) =>
      html`<li key=${`/${child.name}`}><span class="folder">${child.name}</span>
        <${Branch} folder=${child} diff=${diff} go=${go} issue_id=${issue_id} /></li>`
    )
  }
    ${
    folder.files.map(({ name, index }) => {
      const { status } = diff.files[index];
      return html`<li key=${index}><button type="button" class=${`tree-file f-${status}`} onClick=${() =>
        go(index)}>
        <span class="clip">${name}</span>${
        isViewed(issue_id, diff.files[index]) &&
        html`<span class="tree-viewed" title="Viewed"><${Icon} name="check" /><span class="sr">(viewed)</span></span>`
      }${
        status !== "modified" && html`
          <span class="sr">(${status})</span>
        `
      }
      </button></li>`;
    })
  }
  </ul>`;
}
