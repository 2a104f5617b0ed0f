// @ts-check
/** The page's icon tells how many issues wait for a person. */

import { HOME } from "./api.js";

const PLAIN = `${HOME}/icon.svg`;

/** @param {number} count */
export function showCount(count) {
  const link = document.querySelector("link[rel=icon]");
  if (link === null) return;
  const href = count === 0 ? PLAIN : `data:image/svg+xml,${encodeURIComponent(drawing(count))}`;
  if (link.getAttribute("href") !== href) link.setAttribute("href", href);
}

/** @param {number} count */
function drawing(count) {
  const text = count > 99 ? "99" : String(count);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
    <rect width="32" height="32" rx="8" fill="#5750d9"/>
    <path d="M19 8.4A9.2 9.2 0 1 0 22.4 22" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/>
    <circle cx="22" cy="10" r="10" fill="#d1344f"/>
    <text x="22" y="15" font-family="sans-serif" font-size="${
    text.length > 1 ? 13 : 15
  }" font-weight="700" fill="#fff" text-anchor="middle">${text}</text></svg>`;
}
