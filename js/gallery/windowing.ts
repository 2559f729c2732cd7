/* Which pictures of a grid are in the page: those on screen, and at most twenty more. */

/** Pictures beside those on screen, so that a slow page shows no gap while it is scrolled; one of them is
    left for the one that has the focus, wherever the grid is scrolled to. */
export const MOST_SPARE = 20;
/** CSS pixels between two tiles. */
export const GAP = 8;
/** CSS pixels below a tile's picture, for its words; index.css has it too. */
export const CAPTION = 44;

export interface GridShape {
  columns: number;
  /** CSS pixels of a tile's width, which is the height of its picture too. */
  side: number;
  /** CSS pixels from one row to the next. */
  pitch: number;
}

/** The shape of a grid in `width` CSS pixels: two columns on a phone, more and larger ones on a wide page. */
export function gridShape(width: number): GridShape {
  const wanted = width < 700 ? 136 : Math.min(168 + (width - 700) / 16, 240);
  const columns = Math.max(Math.floor((width + GAP) / (wanted + GAP)), 2);
  const side = Math.max((width - (columns - 1) * GAP) / columns, 24);
  return { columns, side, pitch: side + CAPTION + GAP };
}

/** CSS pixels of all rows. */
export function gridHeight(count: number, { columns, pitch }: GridShape): number {
  return Math.max(Math.ceil(count / columns) * pitch - GAP, 0);
}

/** The first picture in the page, and the one after the last, for a screen of `height` px at `top`. */
export function gridRange(
  count: number,
  { columns, pitch }: GridShape,
  top: number,
  height: number,
): [first: number, last: number] {
  const rows = Math.ceil(count / columns);
  const spare = Math.floor((MOST_SPARE - 1) / columns);
  const above = Math.floor(spare / 2);
  const first = Math.min(Math.max(Math.floor(top / pitch), 0), Math.max(rows - 1, 0));
  const last = Math.max(Math.ceil((top + height) / pitch), first + 1);
  return [
    Math.max(first - above, 0) * columns,
    Math.min(Math.max(last + spare - above, 0) * columns, count),
  ];
}
