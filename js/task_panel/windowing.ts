/* Which rows of a long list are in the page: those on screen and a few around them. */

/** Rows above and below those on screen, so that a slow page shows no gap while it is scrolled. */
export const OVERSCAN = 8;

/** Where each row begins in a list, in px, and after them where the list ends. */
export function rowOffsets(heights: readonly number[]): number[] {
  const offsets = [0];
  let at = 0;
  for (const height of heights) {
    at += height;
    offsets.push(at);
  }
  return offsets;
}

/** The index of the row at `y` px, of rows that begin at `offsets`. */
export function rowAt(offsets: readonly number[], y: number): number {
  let low = 0;
  let high = Math.max(offsets.length - 2, 0);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((offsets[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** First and last index (exclusive) of the rows for a screen of `height` px at `top`. */
export function visibleRange(
  offsets: readonly number[],
  top: number,
  height: number,
): [first: number, last: number] {
  const count = offsets.length - 1;
  if (count < 1) return [0, 0];
  return [
    Math.max(rowAt(offsets, top) - OVERSCAN, 0),
    Math.min(rowAt(offsets, top + height) + 1 + OVERSCAN, count),
  ];
}
