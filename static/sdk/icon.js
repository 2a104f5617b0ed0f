// @ts-check
/** The launcher's drawings. */

/** Drawings of 16 × 16. @type {Record<string, string>} */
const ICONS = {
  plus: "M8 3v10M3 8h10",
  arrow: "M3 8h9M8.5 4l4 4-4 4",
  play: "M5 3.5 12 8l-7 4.5z",
  need: "M8 3v6M8 12.6v.1",
  eye: "M2 8s2.4-4 6-4 6 4 6 4-2.4 4-6 4-6-4-6-4zM8 8v.1",
  check: "M3 8.5 6.5 12 13 4.5",
  comment: "M3 3.5h10v7H8L5 13v-2.5H3z",
  cross: "M4 4l8 8M12 4l-8 8",
  bell: "M3.5 11.5c1-1 1-2 1-4a3.5 3.5 0 0 1 7 0c0 2 0 3 1 4zM7 14h2",
  logo: "M12.3 6.4A4.6 4.6 0 1 0 12.6 8M8 8v.1",
};

/** @param {string} name */
export function iconOf(name) {
  const uri = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(uri, "svg");
  const path = document.createElementNS(uri, "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}
