// @ts-check
/**
 * What the dialog offers beyond the message; loaded when it first opens.
 *
 * @typedef {import("./types.js").Dialog} Dialog
 * @typedef {import("./types.js").Extras} Extras
 */

const WORDS = {
  kind: "What is it about?",
  kinds: ["", "Problem", "Idea", "Question", "Praise"],
};

/** Adds the parts to the dialog. @param {Dialog} dialog @returns {Extras} */
export function extend({ h, ui, words, options }) {
  const said = { ...WORDS, ...words };
  const kind = h(
    "select",
    {},
    ...said.kinds.map((/** @type {string} */ name) => h("option", { value: name }, name)),
  );
  if (!options.kind) ui.parts.append(h("label", {}, said.kind, kind));
  return {
    opened() {},
    collect: () => Promise.resolve({ report: kind.value === "" ? {} : { kind: kind.value } }),
    sent() {
      kind.value = "";
    },
    end() {},
  };
}
