// @ts-check
/**
 * The feedback button: what a page loads first. A button and a dialog for a message in a shadow root, and the outbox.
 * It works by itself, also offline; attachments come with a part that is loaded when the dialog first opens. One file
 * in spite of its length, as a page should need one request for it.
 *
 * @typedef {import("./types.js").Item} Item
 * @typedef {import("./types.js").Extras} Extras
 * @typedef {import("./types.js").SubmitOptions} SubmitOptions
 */
import { apiOf, h, newHost, parse, tagOf } from "../shared/base.js";

(() => {
  const script = tagOf("feedback");
  const global = /** @type {{ AutopilotFeedback?: any }} */ (/** @type {unknown} */ (window));
  // Named access to elements makes a global of every id: only the real thing counts as a first copy.
  if (script === null || global.AutopilotFeedback?.submit) return;

  const options = script.dataset;
  const api = apiOf(script);
  const words = Object.assign({
    button: "Feedback",
    title: "Send feedback",
    message: "Your message",
    page: "Send the address of this page and the size of the window: {page}",
    from: "It is sent in the name of {user}.",
    send: "Send",
    close: "Close",
    sending: "Sending …",
    sent: "Thank you! Your message has arrived.",
    lost: "Your message has arrived, but the server did not take its picture.",
    kept: "You are offline. Your message is kept and sent when you are online again.",
    empty: "Please write something first.",
    busy: "Too many messages at the moment: try again in {s} seconds. Your text is kept.",
    failed: "Not sent ({why}). Your text is kept: please try again.",
    unreachable: "the server can't be reached",
  }, parse(options.strings, {}));

  // The outbox: what is to be sent, in the page's storage, so that it outlives the page.

  const store = `autopilot-feedback ${api}`;
  /** @type {Item[] | null} what there is when the page may not store */
  let memory = null;
  const read = () => {
    try {
      return memory ?? parse(localStorage.getItem(store), []);
    } catch {
      return memory = [];
    }
  };
  /** @param {Item[]} items */
  const write = (items) => {
    if (memory !== null) {
      memory = items;
      return;
    }
    try {
      localStorage.setItem(store, JSON.stringify(items));
    } catch {
      memory = items;
    }
  };
  /** @param {Item} item */
  const remove = (item) => write(read().filter((/** @type {Item} */ one) => one.key !== item.key));

  /** Waits for messages of this page that were written offline. @type {Map<string, { resolve: (sent: any) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();

  /** Sends one message and its picture. @param {Item} item @returns {Promise<{ id: string, lost?: boolean }>} `lost`: its picture was refused */
  async function deliver(item) {
    /** @param {string} path @param {RequestInit} init */
    const ask = async (path, init) => {
      const headers = { "idempotency-key": item.key, ...init.headers };
      if (options.key) Object.assign(headers, { authorization: `Bearer ${options.key}` });
      const answer = await fetch(`${api}/feedback${path}`, { ...init, headers, credentials: "omit" });
      const body = parse(await answer.text(), {});
      // Its own word: whatever else answers at a wrong address files nothing.
      if (body.ok) return body;
      throw Object.assign(new Error(body.error || `${answer.status}`), {
        status: answer.status,
        retry_s: Number(answer.headers.get("retry-after")) || 30,
      });
    };
    /** @type {boolean | undefined} */
    let lost;
    const sent = await ask("", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(item.report),
    });
    if (item.picture) {
      const bytes = Uint8Array.from(atob(item.picture.data), (c) => c.charCodeAt(0));
      await ask(`/${sent.receipt}/screenshot`, {
        method: "PUT",
        headers: { "content-type": item.picture.type },
        body: bytes,
      }).catch((error) => {
        // Refused for good; the message itself has arrived.
        if (![401, 413, 415, 507].includes(error.status)) throw error;
        lost = true;
      });
    }
    remember(sent.receipt, item.report.message);
    return lost ? { id: sent.id, lost } : { id: sent.id };
  }

  /** So that visitors can see what became of their reports. @param {string} receipt @param {string} message */
  function remember(receipt, message) {
    try {
      const name = `${store} receipts`;
      const all = parse(localStorage.getItem(name), []).filter((/** @type {any} */ one) =>
        one.receipt !== receipt
      );
      all.unshift({ receipt, message: message.slice(0, 80), at: Date.now() });
      localStorage.setItem(name, JSON.stringify(all.slice(0, 20)));
    } catch {
      // A page without storage has no memory of its visitors.
    }
  }

  let flushing = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** Sends what waits, oldest first. */
  async function flush() {
    clearTimeout(timer);
    if (flushing || !navigator.onLine) return;
    flushing = true;
    try {
      for (const item of read()) {
        const waiter = waiting.get(item.key);
        try {
          const sent = await deliver(item);
          waiter?.resolve(sent);
        } catch (/** @type {any} */ error) {
          // What may pass is tried again; anything else the server will never take.
          if (!(error.status >= 400 && error.status < 500) || error.status === 429) {
            if (host.isConnected) timer = setTimeout(flush, (error.retry_s ?? 60) * 1000);
            break;
          }
          waiter?.reject(error);
        }
        waiting.delete(item.key);
        remove(item);
      }
    } finally {
      flushing = false;
    }
  }

  /**
   * Sends a message, or keeps it while the page is offline; then `kept` is called and the promise waits.
   * @param {Item} item @param {() => void} [kept]
   */
  async function post(item, kept) {
    if (!navigator.onLine) {
      write([...read().filter((/** @type {Item} */ one) => one.key !== item.key), item]);
      kept?.();
      return new Promise((resolve, reject) => waiting.set(item.key, { resolve, reject }));
    }
    try {
      return await deliver(item);
    } catch (error) {
      if (!navigator.onLine && !(/** @type {any} */ (error).status)) return post(item, kept);
      throw error;
    }
  }

  /** @param {string} message @param {SubmitOptions} [more] @returns {Item} */
  function itemOf(message, more = {}) {
    const report = { message, ...more };
    /** @type {const} */ (["user", "kind", "project"]).forEach((name) => {
      const value = report[name] || options[name];
      if (value) report[name] = value;
    });
    // Not `randomUUID`: pages without HTTPS don't have it.
    return { key: crypto.getRandomValues(new Uint32Array(4)).join("-"), report };
  }

  // The button and the dialog.

  const { host, shadow } = newHost("data-autopilot-feedback", "%FEEDBACK_CSS%", options);
  if (options.button !== "off") {
    shadow.append(
      h(
        "button",
        { className: "float fill", type: "button", onclick: open, ariaHasPopup: "dialog" },
        words.button,
      ),
    );
  }

  /** @type {any} the dialog's elements */
  let ui = null;
  /** @type {import("./types.js").Recorder | null} */
  let recorder = null;
  /** @type {any} where the focus was */
  let back = null;
  let opened_at = 0;
  /** @type {{ text: string, item: Item } | null} what was tried last: sent again unchanged, it has the same key */
  let tried = null;

  function build() {
    const note = h("p", { role: "status" });
    const message = h("textarea", { autofocus: true, required: true, dir: "auto" });
    const page = h("input", { type: "checkbox", checked: true });
    const place = h("span");
    const from = h("p", { className: "check" });
    const trap = h("input", { tabIndex: -1, autocomplete: "off", name: "website" });
    const send = h("button", { className: "fill" }, words.send);
    const close_button = h("button", { type: "button", onclick: close }, words.close);
    const parts = h("div", { className: "parts" });
    const fields = h(
      "div",
      { className: "parts" },
      h("label", {}, words.message, message),
      h("label", { className: "check" }, page, place),
      from,
      parts,
    );
    const dialog = h(
      "dialog",
      { "aria-labelledby": "title", onclose: () => dialog.open || ui.aside || back?.focus() },
      h(
        "form",
        { noValidate: true, onsubmit: onSubmit },
        h("h2", { id: "title" }, words.title),
        fields,
        h("footer", {}, note, close_button, send),
        h("label", { className: "trap", ariaHidden: "true" }, "Website", trap),
      ),
    );
    shadow.append(dialog);
    /** @type {Extras | null} */
    const extras = null;
    return { note, message, page, place, from, trap, send, close_button, parts, fields, dialog, extras };
  }

  /** @param {{ message?: string }} [start] */
  function open(start) {
    ui ??= build();
    if (ui.dialog.open) return;
    back = shadow.activeElement ?? document.activeElement;
    // Back to the form, with the text that is there.
    ui.fields.hidden = ui.send.hidden = false;
    // Isolated: an address has a direction of its own. By function, as `$&` in it is no pattern.
    ui.place.textContent = words.page.replace("{page}", () => `\u2068${location.href}\u2069`);
    ui.from.textContent = options.user ? words.from.replace("{user}", () => options.user) : "";
    show("");
    ui.message.value = start?.message ?? ui.message.value;
    opened_at = performance.now();
    ui.dialog.showModal();
    enrich();
  }

  let enriching = false;
  async function enrich() {
    if (ui.extras) return ui.extras.opened();
    if (enriching) return;
    enriching = true;
    try {
      const { extend } = await import("./extras.js");
      ui.extras = extend({
        h,
        ui,
        shadow,
        host,
        words,
        options,
        api,
        receipts: `${store} receipts`,
        recorder: () => recorder,
        show,
      });
      ui.extras.opened();
    } catch {
      // Without its attachments (offline, say) the dialog still takes a message; they come when it opens again.
    }
    enriching = false;
  }

  function close() {
    ui?.dialog.close();
  }

  /** @param {string} text @param {boolean} [bad] */
  function show(text, bad = false) {
    ui.note.textContent = text;
    ui.note.className = bad ? "bad" : "";
  }

  /** @param {SubmitEvent} event */
  async function onSubmit(event) {
    event.preventDefault();
    const { message, page, trap, send, extras } = ui;
    if (send.ariaDisabled === "true") return;
    const text = message.value;
    if (!text.trim()) {
      show(words.empty, true);
      message.focus();
      return;
    }
    send.ariaDisabled = "true";
    show(words.sending);
    try {
      const attached = await extras?.collect() ?? {};
      const item = await again(
        itemOf(text, {
          ...page.checked && {
            page: location.href,
            viewport: `${innerWidth} × ${innerHeight}, ${devicePixelRatio} ×`,
          },
          ...attached.report,
          ...trap.value && { website: trap.value },
        }),
        attached.picture,
      );
      const sent = await post(item, () => done(words.kept));
      if (tried?.item === item) done(sent.lost ? words.lost : words.sent);
    } catch (/** @type {any} */ error) {
      const { status, retry_s } = error;
      show(
        status === 429
          ? words.busy.replace("{s}", retry_s)
          : words.failed.replace("{why}", () => status ? error.message : words.unreachable),
        true,
      );
    } finally {
      send.ariaDisabled = null;
    }
  }

  /** What was tried already, or this one. @param {Item} item @param {Item["picture"]} picture @returns {Promise<Item>} */
  async function again(item, picture) {
    const text = JSON.stringify([item.report, picture]);
    if (tried?.text !== text) {
      item.picture = picture;
      tried = { text, item };
      // The server takes what was written in less than half a second for a machine's.
      await new Promise((resolve) => setTimeout(resolve, 600 + opened_at - performance.now()));
      item.report.elapsed_ms = Math.round(performance.now() - opened_at);
    }
    return tried.item;
  }

  /** The message is on its way: the form gives room to the thanks. @param {string} text */
  function done(text) {
    tried = null;
    ui.message.value = "";
    ui.extras?.sent();
    ui.send.ariaDisabled = null;
    ui.fields.hidden = ui.send.hidden = true;
    show(text);
    ui.close_button.focus();
  }

  function destroy() {
    clearTimeout(timer);
    removeEventListener("online", flush);
    recorder?.end();
    host.remove();
    delete global.AutopilotFeedback;
  }

  /** @param {string} message @param {SubmitOptions | string} [more] */
  function submit(message, more) {
    const given = typeof more === "string" ? { page: more } : more;
    return post(itemOf(String(message), { page: location.href, ...given }));
  }

  global.AutopilotFeedback = Object.freeze({ open, close, submit, destroy });
  // Not into the body: what a framework does to it doesn't matter then.
  document.documentElement.append(host);
  addEventListener("online", flush);
  if (options.errors === "on") {
    import("./record.js").then(({ record }) => {
      if (host.isConnected) recorder = record(api);
    });
  }
  // Not while the page loads: the first look into the storage may wait for the disk.
  timer = setTimeout(flush, 1000);
})();
