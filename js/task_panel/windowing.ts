/* Which rows of a long list are worth having in the page: those on screen and a few around them. */

/** Rows kept above and below those on screen, so that a slow page shows no gap while it scrolls. */
export const AROUND = 8;

/** Where each row begins in a list, in px, and after them where the list ends. */
export function offsets(heights: readonly number[]): number[] {
  const found = [0];
  let at = 0;
  for (const height of heights) {
    at += height;
    found.push(at);
  }
  return found;
}

/** The place of the row at `y` px of a list that begins its rows at `starts`. */
export function rowAt(starts: readonly number[], y: number): number {
  let low = 0;
  let high = Math.max(starts.length - 2, 0);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** First and last place (exclusive) of the rows to have for a screen of `height` px at `top`. */
export function windowOf(
  starts: readonly number[],
  top: number,
  height: number,
): [first: number, last: number] {
  const count = starts.length - 1;
  if (count < 1) return [0, 0];
  return [
    Math.max(rowAt(starts, top) - AROUND, 0),
    Math.min(rowAt(starts, top + height) + 1 + AROUND, count),
  ];
}
