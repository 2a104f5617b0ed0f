// @ts-check
/**
 * Says which part of a page an element is, without saying what somebody typed into it.
 *
 * @typedef {import("./types.js").ReportElement} ReportElement
 */

const TEST_IDS = ["data-testid", "data-test-id", "data-test", "data-cy", "data-qa"];
/** Where tools for developers note the source of an element. */
const SOURCES = [
  "data-source-file",
  "data-source-loc",
  "data-insp-path",
  "data-v-inspector",
  "data-astro-source-file",
  "data-sentry-source-file",
];
/** What may hold what somebody typed or chose. */
const PRIVATE =
  "head, input, textarea, select, datalist, script, style, noscript, template, [contenteditable], [data-private]";

/** @type {Record<string, string>} */
const ROLES = {
  a: "link",
  article: "article",
  aside: "complementary",
  button: "button",
  dialog: "dialog",
  footer: "contentinfo",
  form: "form",
  header: "banner",
  img: "img",
  li: "listitem",
  main: "main",
  nav: "navigation",
  ol: "list",
  select: "combobox",
  table: "table",
  td: "cell",
  textarea: "textbox",
  tr: "row",
  ul: "list",
};
/** @type {Record<string, string>} */
const INPUT_ROLES = {
  button: "button",
  checkbox: "checkbox",
  image: "button",
  number: "spinbutton",
  radio: "radio",
  range: "slider",
  reset: "button",
  search: "searchbox",
  submit: "button",
};
const NAMED_BY_TEXT = ["button", "link", "heading", "cell", "tab", "menuitem", "option", "switch"];

/** @param {Element} element @returns {ReportElement} */
export function describe(element) {
  const { x, y, width, height } = element.getBoundingClientRect();
  const role = roleOf(element);
  const test_id = TEST_IDS.map((name) => element.closest(`[${name}]`)?.getAttribute(name)).find(Boolean) ??
    "";
  return {
    selector: selectorOf(element).slice(-500),
    role,
    name: nameOf(element, role).slice(0, 200),
    test_id: test_id.slice(0, 200),
    text: textOf(element).slice(0, 120),
    rect: `${Math.round(x)}, ${Math.round(y)}, ${Math.round(width)} × ${Math.round(height)}`,
    source: sourceOf(element).slice(0, 300),
  };
}

/** @param {Element} element */
function roleOf(element) {
  const said = element.getAttribute("role")?.trim().split(/\s+/)[0];
  const tag = element.localName;
  if (said) return said.slice(0, 60);
  if (/^h[1-6]$/.test(tag)) return "heading";
  if (tag === "input") return INPUT_ROLES[/** @type {HTMLInputElement} */ (element).type] ?? "textbox";
  if (tag === "a" && !element.hasAttribute("href")) return "";
  return Object.hasOwn(ROLES, tag) ? ROLES[tag] : "";
}

/** @param {Element} element @param {string} role */
function nameOf(element, role) {
  const root = /** @type {Document | ShadowRoot} */ (element.getRootNode());
  const by = (element.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean)
    .map((id) => root.getElementById?.(id)).filter((one) => one !== null && one !== undefined);
  if (by.length > 0) return by.map(textOf).join(" ");
  const labels = /** @type {HTMLInputElement} */ (element).labels;
  return element.getAttribute("aria-label") ||
    (labels?.length ? [...labels].map(textOf).join(" ") : "") ||
    element.getAttribute("alt") ||
    (NAMED_BY_TEXT.includes(role) ? textOf(element) : "") ||
    element.getAttribute("title") || "";
}

/** Also where what is private is around the shadow root that it is in. @param {Element | null} element @returns {boolean} */
function isPrivate(element) {
  if (element === null) return false;
  const root = element.getRootNode();
  return element.closest(PRIVATE) !== null || root instanceof ShadowRoot && isPrivate(root.host);
}

/** The words of an element, but for those in fields. @param {Element} element */
function textOf(element) {
  if (isPrivate(element)) return "";
  const walker = document.createTreeWalker(
    element,
    NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT,
    (node) =>
      node instanceof Element && node.matches(PRIVATE) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  let text = "";
  while (text.length < 1000 && walker.nextNode()) {
    if (walker.currentNode instanceof Text) text += `${walker.currentNode.data} `;
  }
  return text.replace(/\s+/g, " ").trim();
}

/** A selector that finds this element alone; across shadow roots, `>>>` stands between the parts. @param {Element} element @returns {string} */
function selectorOf(element) {
  const root = /** @type {Document | ShadowRoot} */ (element.getRootNode());
  const own = selectorIn(root, element);
  return root instanceof ShadowRoot ? `${selectorOf(root.host)} >>> ${own}` : own;
}

/** @param {Document | ShadowRoot} root @param {Element} element */
function selectorIn(root, element) {
  const parts = [];
  for (let one = /** @type {Element | null} */ (element); one !== null; one = one.parentElement) {
    const anchor = anchorOf(root, one);
    if (anchor !== "") {
      parts.unshift(anchor);
      break;
    }
    const { localName, parentElement } = one;
    const same = [...parentElement?.children ?? []].filter((other) => other.localName === localName);
    const place = same.length > 1 ? `:nth-of-type(${same.indexOf(one) + 1})` : "";
    parts.unshift(CSS.escape(localName) + place);
    if (localName === "body") break;
  }
  return parts.join(" > ");
}

/** What names an element for good: its id, or the name that tests have for it. @param {Document | ShadowRoot} root @param {Element} element */
function anchorOf(root, element) {
  const candidates = [
    element.id === "" ? "" : `#${CSS.escape(element.id)}`,
    ...TEST_IDS.map((name) => {
      const value = element.getAttribute(name);
      return value ? `[${name}="${CSS.escape(value)}"]` : "";
    }),
  ];
  return candidates.find((one) =>
    one !== "" && one.length < 200 && root.querySelectorAll(one).length === 1
  ) ?? "";
}

/** What the page's framework says of the element's source, while developing. @param {Element} element */
function sourceOf(element) {
  try {
    for (let one = /** @type {any} */ (element); one !== null; one = one.parentElement) {
      const noted = SOURCES.map((name) => one.getAttribute(name)).find(Boolean);
      const hint = noted || reactSource(one) || vueSource(one) || svelteSource(one);
      if (hint) return String(hint);
    }
  } catch {
    // The insides of a framework are not promised to anybody.
  }
  return "";
}

/** @param {any} element */
function reactSource(element) {
  const key = Object.keys(element).find((name) => name.startsWith("__reactFiber$"));
  let name = "";
  for (let fiber = key && element[key], steps = 0; fiber && steps < 30; fiber = fiber.return, steps++) {
    const type = fiber.type;
    name ||= typeof type === "function" ? type.displayName || type.name : "";
    const source = fiber._debugSource;
    if (source) return [name, `${source.fileName}:${source.lineNumber}`].filter(Boolean).join(" ");
  }
  return name;
}

/** @param {any} element */
function vueSource(element) {
  const type = element.__vueParentComponent?.type ?? element.__vue__?.$options;
  return type?.__file || type?.__name || type?.name || "";
}

/** @param {any} element */
function svelteSource(element) {
  const place = element.__svelte_meta?.loc;
  return place ? `${place.file}:${place.line}` : "";
}
