// @ts-check
/** The heights of a long list's rows: measured where a row was drawn, estimated elsewhere. */

/** @typedef {ReturnType<typeof createHeights>} Heights */

/** @param {(row: number) => number} estimate height of a row that was never drawn, in pixels */
export function createHeights(estimate) {
  let count = 0;
  let sizes = new Float64Array(256);
  /** `tops[i]`: where row i begins; valid up to and with `known`. */
  let tops = new Float64Array(257);
  let known = 0;

  /** @param {number} row */
  function know(row) {
    for (; known < row; known++) tops[known + 1] = tops[known] + sizes[known];
  }
  const total = () => {
    know(count);
    return tops[count];
  };

  return {
    total,
    get count() {
      return count;
    },
    /** @param {number} to the list only ever grows */
    grow(to) {
      if (to > sizes.length) {
        const more = new Float64Array(Math.max(to, 2 * sizes.length));
        more.set(sizes);
        sizes = more;
        const tops_before = tops;
        tops = new Float64Array(more.length + 1);
        tops.set(tops_before);
      }
      for (; count < to; count++) sizes[count] = estimate(count);
    },
    /** Answers whether the height is another than before. @param {number} row @param {number} height */
    set(row, height) {
      if (row >= count || Math.abs(sizes[row] - height) < 0.1) return false;
      sizes[row] = height;
      known = Math.min(known, row);
      return true;
    },
    /** Where a row begins, in pixels; for `count` the end of the list. @param {number} row */
    top(row) {
      know(row);
      return tops[row];
    },
    /** The row at a height, the first or last one beyond the ends. @param {number} y */
    at(y) {
      total();
      let low = 0;
      let high = Math.max(0, count - 1);
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (tops[middle] <= y) low = middle;
        else high = middle - 1;
      }
      return low;
    },
  };
}
