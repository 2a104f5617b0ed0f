// @ts-check
/**
 * Remembers the last errors and failed requests of a page that asked for it (`data-errors="on"`), so that a visitor can
 * attach them: message, or method, path and status; never bodies, headers or queries. Nothing leaves by itself.
 *
 * @typedef {import("./types.js").Recorder} Recorder
 */

const KEPT = 10;
const LENGTH = 300;

/** @param {string} api requests to it are the widget's own @returns {Recorder} */
export function record(api) {
  /** @type {string[]} */
  const errors = [];
  /** @type {string[]} */
  const requests = [];
  let on = true;

  /** @param {string[]} list @param {string} text */
  const note = (list, text) => {
    if (!on) return;
    const line = text.replace(/\s+/g, " ").trim().slice(0, LENGTH);
    if (line !== "" && list.at(-1) !== line) list.push(line);
    list.splice(0, list.length - KEPT);
  };
  /** @param {unknown} value */
  const textOf = (value) => {
    try {
      return value instanceof Error ? `${value.name}: ${value.message}` : String(value);
    } catch {
      return "?"; // not everything can be told in words
    }
  };
  /** @param {string} method @param {unknown} target @param {number} status 0: no answer */
  const failed = (method, target, status) => {
    const url = URL.parse(String(target), document.baseURI);
    if (url === null || url.href.startsWith(api)) return;
    const where = url.origin === location.origin ? url.pathname : url.origin + url.pathname;
    note(requests, `${method.toUpperCase()} ${where} ${status || "no answer"}`);
  };

  /** @param {ErrorEvent} event */
  const onError = (event) => {
    if (event.message) note(errors, `${event.message} (${place(event.filename)}:${event.lineno})`);
  };
  /** @param {PromiseRejectionEvent} event */
  const onRejection = (event) => note(errors, `Unhandled: ${textOf(event.reason)}`);
  addEventListener("error", onError);
  addEventListener("unhandledrejection", onRejection);

  const undo = [
    wrap(console, "error", (original) => (...values) => {
      note(errors, values.map(textOf).join(" "));
      return original.apply(console, values);
    }),
    wrap(globalThis, "fetch", (original) => (...values) => {
      const answer = original.apply(globalThis, values);
      const [target, init] = values;
      const of_request = target instanceof Request ? target : { method: "GET", url: target };
      const method = init?.method ?? of_request.method;
      answer.then(
        (/** @type {Response} */ { ok, status }) =>
          ok || status === 0 || status === 304 || failed(method, of_request.url, status),
        () => failed(method, of_request.url, 0),
      );
      return answer;
    }),
    wrap(XMLHttpRequest.prototype, "open", (original) =>
      /** @this {XMLHttpRequest} @param {any[]} values */
      function (...values) {
        const [method, target] = values;
        this.addEventListener("loadend", () => {
          if (this.status === 0 || this.status >= 400) failed(method, target, this.status);
        }, { once: true });
        return original.apply(this, values);
      }),
  ];
  return {
    read: () => ({ errors: [...errors], requests: [...requests] }),
    end() {
      on = false;
      removeEventListener("error", onError);
      removeEventListener("unhandledrejection", onRejection);
      for (const one of undo) one();
    },
  };
}

/** @param {string} file */
function place(file) {
  return URL.parse(file)?.pathname ?? file;
}

/**
 * Puts a function in place of another. Undone only while nobody has put another one over it: then it goes on, unheard.
 * @param {any} object @param {string} name @param {(original: Function) => (...values: any[]) => any} make
 */
function wrap(object, name, make) {
  const original = object[name];
  const made = object[name] = make(original);
  return () => {
    if (object[name] === made) object[name] = original;
  };
}
