// @ts-check
/**
 * What became of the visitor's earlier messages: their receipts are in the page's storage, the server tells the state.
 *
 * @typedef {import("./types.js").Dialog} Dialog
 * @typedef {{ receipt: string, message: string, at: number }} Receipt
 */

const WORDS = {
  earlier: "Your messages",
  received: "Received",
  in_work: "In work",
  shipped: "Done",
  unknown: "Unknown",
};
const SHOWN = 5;

/** @param {Dialog} dialog @returns {{ element: HTMLElement, opened: () => void }} */
export function receiptList({ h, words, api, receipts }) {
  /** @type {Record<string, string>} */
  const said = { ...WORDS, ...words };
  const list = h("ul", { className: "lines" });
  const element = h("details", { hidden: true, ontoggle: ask }, h("summary", {}, said.earlier), list);

  /** @returns {Receipt[]} */
  function read() {
    try {
      return JSON.parse(localStorage.getItem(receipts) || "[]").slice(0, SHOWN);
    } catch {
      return []; // a page without storage
    }
  }

  async function ask() {
    if (!element.open) return;
    const rows = read().map(({ receipt, message, at }) => {
      const state = h("strong", {}, "…");
      const day = new Date(at).toLocaleDateString(element.lang || undefined);
      return { receipt, state, row: h("li", {}, state, ` · ${day} · `, h("bdi", {}, message)) };
    });
    list.replaceChildren(...rows.map(({ row }) => row));
    await Promise.all(rows.map(async ({ receipt, state }) => {
      state.textContent = said[await stateOf(receipt)];
    }));
  }

  /** @param {string} receipt */
  async function stateOf(receipt) {
    try {
      const answer = await fetch(`${api}/feedback/${receipt}`, { credentials: "omit" });
      const { state } = await answer.json();
      return ["received", "in_work", "shipped"].includes(state) ? state : "unknown";
    } catch {
      return "unknown"; // offline
    }
  }

  return {
    element,
    opened() {
      element.hidden = read().length === 0;
      element.open = false;
    },
  };
}
