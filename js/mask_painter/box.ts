/* A rectangular part of a picture, in whole pixels; in an empty one the ends are before the starts. */

/** Pixels that may have changed: columns [x0, x1), rows [y0, y1). */
export interface Box {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export const emptyBox = (): Box => ({ x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity });
export const isEmpty = (box: Box) => !(box.x0 < box.x1 && box.y0 < box.y1);

export function union(box: Box, other: Box): Box {
  return {
    x0: Math.min(box.x0, other.x0),
    y0: Math.min(box.y0, other.y0),
    x1: Math.max(box.x1, other.x1),
    y1: Math.max(box.y1, other.y1),
  };
}
