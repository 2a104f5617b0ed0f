// @ts-check
/** What the scripts for other pages share: elements, and a place in the page that the page's styles don't reach. */

/** @param {string | null | undefined} text @param {any} fallback for a text that is no JSON */
export function parse(text, fallback) {
  try {
    return JSON.parse(text || "null") ?? fallback;
  } catch {
    // A text that is no JSON says nothing.
    return fallback;
  }
}

/** @param {string} tag @param {Record<string, any>} [props] @param {(Node | string)[]} children @returns {any} */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name in element && name !== "form") /** @type {any} */ (element)[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/**
 * A host with an open shadow root, not yet in the document.
 *
 * @param {string} mark name of its attribute
 * @param {string} css
 * @param {DOMStringMap} options the script tag's: `lang`, `theme`, `strings`
 */
export function newHost(mark, css, options) {
  const lang = options.lang || (options.strings && document.documentElement.lang) || "en";
  const host = h("div", { lang, theme: options.theme ?? "", [mark]: "" });
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("%BASE_CSS%" + css);
  shadow.adoptedStyleSheets = [sheet];
  // Languages that are written from right to left.
  if (/^(ar|dv|fa|he|ks|ps|sd|ug|ur|yi)\b/.test(lang)) host.dir = "rtl";
  return { host, shadow };
}

/**
 * The tag of this script. An element of the page may pose as `document.currentScript` by its name: markup of strangers
 * must not say where reports go.
 *
 * @param {string} name @returns {HTMLScriptElement | null}
 */
export function tagOf(name) {
  const { currentScript } = document;
  return currentScript instanceof HTMLScriptElement
    ? currentScript
    : document.querySelector(`script[src*="/${name}.js"]`);
}

/** The address of the API: what the tag says, else beside the script. @param {HTMLScriptElement} script */
export function apiOf(script) {
  const { api } = script.dataset;
  return new URL(api || "../api/autopilot", api ? document.baseURI : script.src).href.replace(/\/+$/, "");
}
