// @ts-check
/** Draws a chart on a canvas: bars, stacked bars or lines over UTC time. */

import uPlot from "uplot";

/**
 * @typedef {object} Line
 * @property {string} label
 * @property {string} color a custom property, e.g. `--s-done`
 * @property {string} [all] its value over the whole time, in words
 * @property {readonly (number | null)[]} values `null`: nothing to tell
 */
/**
 * @typedef {object} Drawing
 * @property {"bars" | "stack" | "line" | "steps"} kind
 * @property {readonly number[]} at seconds since the epoch
 * @property {readonly Line[]} lines
 * @property {(value: number) => string} tick how the axis writes a value
 * @property {readonly number[]} [steps] distances between the marks of the axis, for units that are not decimal
 * @property {boolean} [whole] values are counts
 */

const HEIGHT_PX = 180;
const AXIS_PX = 46;
const FONT = "11px system-ui, sans-serif";
const DAY_S = 86_400;

/**
 * @param {HTMLElement} box
 * @param {Drawing} drawing
 * @param {(index: number | null) => void} onPoint the pointer is over this moment, or over none
 */
export function drawChart(box, drawing, onPoint) {
  const colorOf = colorReader(box);
  const bars = drawing.kind === "bars" || drawing.kind === "stack";
  const [muted, grid] = [colorOf("--muted"), colorOf("--line")];
  const sums = drawing.kind === "stack" ? stacked(drawing.lines) : drawing.lines.map(({ values }) => values);
  // The tallest of a stack lies at the back.
  const order = drawing.lines.map((_, i) => i);
  if (drawing.kind === "stack") order.reverse();

  const plot = new uPlot(
    {
      width: Math.max(box.clientWidth, 200),
      height: HEIGHT_PX,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false, points: { show: !bars } },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      scales: {
        x: {
          range: (_, min, max) =>
            bars ? [min - DAY_S / 2, max + DAY_S / 2] : [min, Math.max(max, min + 3600)],
        },
        y: { range: (_, _min, max) => [0, Math.max(max * 1.08, drawing.whole ? 4 : 0) || 1] },
      },
      axes: [
        {
          stroke: muted,
          font: FONT,
          grid: { show: false },
          ticks: { show: false },
          size: 28,
          values: dayNames,
        },
        {
          stroke: muted,
          font: FONT,
          size: AXIS_PX,
          gap: 4,
          grid: { stroke: grid, width: 1 },
          ticks: { show: false },
          ...(drawing.steps === undefined ? {} : { incrs: [...drawing.steps] }),
          ...(drawing.whole ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5] } : {}),
          values: (_, marks) => marks.map(drawing.tick),
        },
      ],
      series: [{}, ...order.map((i) => seriesOf(drawing, drawing.lines[i], colorOf))],
      hooks: { setCursor: [(self) => onPoint(self.cursor.idx ?? null)] },
    },
    /** @type {any} */ ([drawing.at, ...order.map((i) => sums[i])]),
    box,
  );
  const observer = new ResizeObserver(() => {
    if (box.clientWidth > 0 && box.clientWidth !== plot.width) {
      plot.setSize({ width: box.clientWidth, height: HEIGHT_PX });
    }
  });
  observer.observe(box);
  return {
    /** Puts the mark on a moment, as the pointer would. @param {number} index */
    point(index) {
      plot.setCursor({ left: plot.valToPos(drawing.at[index], "x"), top: HEIGHT_PX / 2 });
    },
    end() {
      observer.disconnect();
      plot.destroy();
    },
  };
}

/**
 * @param {Drawing} drawing
 * @param {Line} line
 * @param {(name: string) => string} colorOf
 * @returns {import("uplot").Series}
 */
function seriesOf({ kind, at }, line, colorOf) {
  const color = colorOf(line.color);
  if (kind === "bars" || kind === "stack") {
    return {
      label: line.label,
      stroke: color,
      fill: color,
      width: 0,
      points: { show: false },
      paths: uPlot.paths.bars?.({ size: [0.7, 28], radius: kind === "bars" ? 0.15 : 0 }),
    };
  }
  return {
    label: line.label,
    stroke: color,
    width: 2,
    spanGaps: kind === "line",
    // A single value between gaps would be no line at all.
    points: { show: kind === "line" && at.length <= 31, size: 5, fill: color },
    ...(kind === "steps" ? { paths: uPlot.paths.stepped?.({ align: 1 }) } : {}),
  };
}

/** Each line on top of those before it. @param {readonly Line[]} lines */
function stacked(lines) {
  const sum = lines[0].values.map(() => 0);
  return lines.map(({ values }) => values.map((value, i) => sum[i] += value ?? 0));
}

/** @param {uPlot} _ @param {number[]} marks */
function dayNames(_, marks) {
  let before = "";
  return marks.map((seconds) => {
    const name = dayName(seconds * 1000);
    if (name === before) return "";
    return before = name;
  });
}

const DAY_FORMAT = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

/** The UTC day, e.g. `21 Nov`. @param {number} ms since the epoch */
export const dayName = (ms) => DAY_FORMAT.format(ms);

/** Custom properties as a canvas takes them: `light-dark()` means something to elements only. @param {HTMLElement} box */
function colorReader(box) {
  const probe = document.createElement("span");
  return (/** @type {string} */ name) => {
    box.append(probe);
    probe.style.color = `var(${name})`;
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}
