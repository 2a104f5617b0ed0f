// @ts-check
/** Which issue's question is being answered beside the board. */

import { signal } from "@preact/signals";

/** @import { Signal } from "@preact/signals" */
/** @import { Card } from "./reduce.js" */

/** @type {Signal<{ card: Card, anchor: HTMLElement } | null>} */
export const answering = signal(null);

/** @param {Card} card @param {HTMLElement} anchor what the box stands at */
export function openAnswer(card, anchor) {
  answering.value = { card, anchor };
}
