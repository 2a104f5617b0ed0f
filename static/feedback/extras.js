// @ts-check
/**
 * What the dialog offers beyond the message; loaded when it first opens. Each attachment is the visitor's choice, shown
 * before it is sent, and can be taken out again. What is rarely used is loaded when it is used.
 *
 * @typedef {import("./types.js").Dialog} Dialog
 * @typedef {import("./types.js").Extras} Extras
 * @typedef {import("./types.js").Report} Report
 * @typedef {import("./types.js").Shot} Shot
 */

import { receiptList } from "./receipts.js";

const WORDS = {
  kind: "What is it about?",
  kinds: ["Anything", "Problem", "Idea", "Question", "Praise"],
  attach: "Attach, if you like",
  attached: "Attached",
  point: "Point at something",
  screenshot: "Screenshot",
  picture: "Picture …",
  errors: "Recent errors",
  remove: "Remove: {what}",
  element: "Part of the page",
  shot: "Picture",
  no_errors: "No errors or failed requests were noticed.",
  no_picture: "This picture can't be used.",
  no_part: "This needs a connection: please try again.",
};

/** Adds the parts to the dialog. @param {Dialog} dialog @returns {Extras} */
export function extend(dialog) {
  const { h, ui, options, show } = dialog;
  const said = dialog.words = { ...WORDS, ...dialog.words };
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("%EXTRAS_CSS%");
  dialog.shadow.adoptedStyleSheets.push(sheet);

  const kinds = said.kinds.map((/** @type {string} */ name, /** @type {number} */ i) =>
    h("option", { value: i === 0 ? "" : name }, name)
  );
  const kind = h("select", {}, ...kinds);
  const list = h("ul", { className: "list", ariaLabel: said.attached });
  const file = h("input", { type: "file", accept: "image/png,image/jpeg,image/webp", hidden: true });
  /** What is attached, by its place in the report. @type {Map<string, { value: any, row: HTMLElement, end?: () => void }>} */
  const attached = new Map();

  /** @param {string} text @param {(event: MouseEvent) => void} onclick */
  const button = (text, onclick) => h("button", { type: "button", className: "small", onclick }, text);
  const point_button = button(said.point, point);
  const buttons = h("div", { className: "row", role: "group", ariaLabel: said.attach }, point_button);
  const can_capture = "getDisplayMedia" in (navigator.mediaDevices ?? {});
  if (can_capture) buttons.append(button(said.screenshot, capture));
  buttons.append(button(said.picture, () => file.click()), file);
  if (dialog.recorder() !== null) buttons.append(button(said.errors, recent));

  const receipts = receiptList(dialog);
  if (!options.kind) ui.parts.append(h("label", {}, said.kind, kind));
  ui.parts.append(buttons, list);
  ui.fields.after(receipts.element);

  /**
   * Shows an attachment in the list; another of its kind makes way.
   * @param {string} name @param {string} title @param {any} value @param {Node[]} content @param {() => void} [end]
   */
  function attach(name, title, value, content, end) {
    detach(name);
    const remove = button("✕", () => {
      detach(name);
      point_button.focus();
    });
    remove.ariaLabel = said.remove.replace("{what}", title);
    const row = h("li", {}, h("div", {}, h("strong", {}, title), ...content), remove);
    list.append(row);
    attached.set(name, { value, row, end });
    row.scrollIntoView?.({ block: "nearest" });
  }

  /** @param {string} name */
  function detach(name) {
    const found = attached.get(name);
    found?.end?.();
    found?.row.remove();
    attached.delete(name);
  }

  /** Does something with the page in sight; the dialog comes back with its focus. @param {MouseEvent} event @param {() => Promise<void>} work */
  async function aside(event, work) {
    const opener = /** @type {HTMLElement} */ (event.currentTarget);
    show("");
    ui.aside = true;
    ui.dialog.close();
    try {
      await work();
    } catch (/** @type {any} */ error) {
      // Who says no to the browser's question has not made a mistake.
      if (error?.name !== "NotAllowedError" && error?.name !== "AbortError") show(said.no_part, true);
    } finally {
      ui.aside = false;
      // Taken out of the page meanwhile, it has no place to come back to.
      if (ui.dialog.isConnected) {
        ui.dialog.showModal();
        opener.focus();
      }
    }
  }

  /** @param {MouseEvent} event */
  function point(event) {
    aside(event, async () => {
      const { pick } = await import("./picker.js");
      const found = await pick(dialog);
      if (found === null) return;
      const { selector, ...more } = found;
      const facts = Object.entries(more).filter(([, value]) => value !== "").map(([, value]) => value);
      attach("element", said.element, found, [h("code", {}, selector), h("span", {}, facts.join(" · "))]);
    });
  }

  /** @param {MouseEvent} event */
  function capture(event) {
    aside(event, async () => {
      const { captureTab } = await import("./shot.js");
      await edit(await captureTab(dialog));
    });
  }

  /** @param {ImageBitmap} bitmap */
  async function edit(bitmap) {
    const { editShot } = await import("./shot.js");
    /** @type {Shot} */
    const shot = editShot(dialog, bitmap);
    attach("picture", said.shot, shot, [shot.element], () => bitmap.close());
  }

  /** @param {FileList | undefined} files */
  async function takeFile(files) {
    const picture = [...files ?? []].find(({ type }) => /^image\/(png|jpeg|webp)$/.test(type));
    if (picture === undefined) return false;
    try {
      await edit(await createImageBitmap(picture));
    } catch (/** @type {any} */ error) {
      show(error?.name === "TypeError" ? said.no_part : said.no_picture, true);
    }
    return true;
  }
  file.onchange = async () => {
    if (!await takeFile(file.files)) show(said.no_picture, true);
    file.value = "";
  };
  ui.dialog.addEventListener("paste", (/** @type {ClipboardEvent} */ event) => {
    if (event.clipboardData?.files.length) {
      event.preventDefault();
      takeFile(event.clipboardData.files);
    }
  });

  function recent() {
    const { errors, requests } =
      /** @type {{ errors: string[], requests: string[] }} */ (dialog.recorder()?.read());
    if (errors.length + requests.length === 0) return show(said.no_errors);
    const lines = [...errors, ...requests].map((one) => h("li", {}, one));
    attach("errors", said.errors, { errors, requests }, [
      h("ul", { className: "lines", tabIndex: 0 }, ...lines),
    ]);
  }

  return {
    opened: () => receipts.opened(),
    collect: async () => {
      /** @type {Partial<Report>} */
      const report = {};
      if (kind.value !== "") report.kind = kind.value;
      const element = attached.get("element");
      if (element) report.element = element.value;
      Object.assign(report, attached.get("errors")?.value);
      /** @type {Shot | undefined} */
      const shot = attached.get("picture")?.value;
      return { report, picture: await shot?.burn() };
    },
    sent: () => {
      kind.value = "";
      for (const name of [...attached.keys()]) detach(name);
      receipts.opened();
    },
  };
}
