/* The exact pixels of strokes and shapes, as spans: the columns [start, end) of a row. A pixel
   belongs to a shape if its centre, (column + ½, row + ½), does. The ends of a span are computed by a
   formula and then corrected by the test that defines the shape; lumen_widgets/masks/spans.py does the
   same arithmetic in the same order, so that kernel and browser come to the same pixels. */
import type { Operation, Shape, Stroke } from "./operations";

export type Put = (row: number, start: number, end: number) => void;
type Inside = (cx: number) => boolean;

// a segment that is no wider than this is upright: a division by its width would be meaningless
const UPRIGHT = 1e-9;

const clip = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** Calls `put` with every span of an operation; they may overlap. */
export function operationSpans(
  operation: Operation,
  width: number,
  height: number,
  put: Put,
): void {
  switch (operation.kind) {
    case "stroke":
      strokeSpans(operation, width, height, put);
      break;
    case "rectangle":
      rectangleSpans(operation, width, height, put);
      break;
    case "ellipse":
      ellipseSpans(operation, width, height, put);
      break;
    case "polygon":
      polygonSpans(operation.points, width, height, put);
      break;
  }
}

function strokeSpans({ points, radius }: Stroke, width: number, height: number, put: Put): void {
  if (points.length === 2) segmentSpans(points, 0, 0, radius, width, height, put);
  for (let at = 2; at < points.length; at += 2) {
    segmentSpans(points, at - 2, at, radius, width, height, put);
  }
}

/** The spans of a round brush along the segment between two of `points`. */
export function segmentSpans(
  points: ArrayLike<number>,
  from: number,
  to: number,
  radius: number,
  width: number,
  height: number,
  put: Put,
): void {
  const ax = points[from] as number;
  const ay = points[from + 1] as number;
  const bx = points[to] as number;
  const by = points[to + 1] as number;
  const dx = bx - ax;
  const dy = by - ay;
  const length2 = dx * dx + dy * dy;
  const reach = radius * Math.sqrt(length2);
  const r2 = radius * radius;
  const upright = Math.abs(dx) < UPRIGHT;
  const level = Math.abs(dy) < UPRIGHT;
  // one more row at each end: rounding must not lose a row that is just touched
  const top = clip(Math.floor(Math.min(ay, by) - radius - 0.5) - 1, 0, height);
  const bottom = clip(Math.ceil(Math.max(ay, by) + radius - 0.5) + 1, -1, height - 1);
  for (let row = top; row <= bottom; row++) {
    const cy = row + 0.5;
    const py = cy - ay;
    const qy = cy - by;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    // the disc at each end
    const restA = r2 - py * py;
    if (restA >= 0) {
      const half = Math.sqrt(restA);
      low = ax - half;
      high = ax + half;
    }
    const restB = r2 - qy * qy;
    if (restB >= 0) {
      const half = Math.sqrt(restB);
      low = Math.min(low, bx - half);
      high = Math.max(high, bx + half);
    }
    // and the part between them: between the ends, and within the radius of the segment
    if (!(upright && level)) {
      let from = Number.NEGATIVE_INFINITY;
      let until = Number.POSITIVE_INFINITY;
      if (upright) {
        if (py * dy < 0 || py * dy > length2) from = Number.POSITIVE_INFINITY;
      } else {
        const t0 = ax - (py * dy) / dx;
        const t1 = ax + (length2 - py * dy) / dx;
        from = Math.min(t0, t1);
        until = Math.max(t0, t1);
      }
      if (level) {
        if (Math.abs(py * dx) > reach) from = Number.POSITIVE_INFINITY;
      } else {
        const s0 = ax + (py * dx - reach) / dy;
        const s1 = ax + (py * dx + reach) / dy;
        from = Math.max(from, Math.min(s0, s1));
        until = Math.min(until, Math.max(s0, s1));
      }
      if (from <= until) {
        low = Math.min(low, from);
        high = Math.max(high, until);
      }
    }
    const inside = (cx: number) => {
      const px = cx - ax;
      const dot = px * dx + py * dy;
      if (dot <= 0) return px * px + py * py <= r2;
      if (dot >= length2) {
        const qx = cx - bx;
        return qx * qx + qy * qy <= r2;
      }
      const cross = px * dy - py * dx;
      return cross * cross <= r2 * length2;
    };
    correctEnds(row, low, high, inside, width, put);
  }
}

function rectangleSpans(shape: Shape, width: number, height: number, put: Put): void {
  const first = (edge: number, size: number) => clip(Math.ceil(edge - 0.5), 0, size);
  const start = first(shape.x, width);
  const end = first(shape.x + shape.width, width);
  if (end <= start) return;
  const bottom = first(shape.y + shape.height, height);
  for (let row = first(shape.y, height); row < bottom; row++) put(row, start, end);
}

function ellipseSpans(shape: Shape, width: number, height: number, put: Put): void {
  const { x, y, width: w, height: h } = shape;
  const top = clip(Math.floor(y) - 1, 0, height);
  const bottom = clip(Math.ceil(y + h) + 1, -1, height - 1);
  const area2 = w * h * (w * h);
  const middle = x + w / 2;
  for (let row = top; row <= bottom; row++) {
    // twice the distance from the middle, times the other diameter: without a division
    const ny = (2 * (row + 0.5 - y) - h) * w;
    if (ny * ny > area2) continue;
    const half = Math.sqrt(Math.max(area2 - ny * ny, 0)) / h / 2;
    const inside = (cx: number) => {
      const nx = (2 * (cx - x) - w) * h;
      return nx * nx + ny * ny <= area2;
    };
    correctEnds(row, middle - half, middle + half, inside, width, put);
  }
}

function polygonSpans(points: Float32Array, width: number, height: number, put: Put): void {
  const crossings = new Map<number, number[]>();
  for (let at = 0; at < points.length; at += 2) {
    const next = (at + 2) % points.length;
    const downwards = (points[at + 1] as number) <= (points[next + 1] as number);
    const [a, b] = downwards ? [at, next] : [next, at];
    const ax = points[a] as number;
    const ay = points[a + 1] as number;
    const by = points[b + 1] as number;
    const dx = (points[b] as number) - ax;
    const dy = by - ay;
    const top = clip(Math.ceil(ay - 0.5) - 1, 0, height);
    const bottom = clip(Math.floor(by - 0.5) + 1, -1, height - 1);
    for (let row = top; row <= bottom; row++) {
      const cy = row + 0.5;
      if (!(ay <= cy && cy < by)) continue;
      const right = (cx: number) => (cx - ax) * dy - (cy - ay) * dx >= 0;
      const guess = Math.ceil(ax + ((cy - ay) * dx) / dy - 0.5);
      let column = guess + 1;
      if (right(guess + 0.5)) column = guess;
      if (right(guess - 0.5)) column = guess - 1;
      const known = crossings.get(row);
      if (known) known.push(clip(column, 0, width));
      else crossings.set(row, [clip(column, 0, width)]);
    }
  }
  for (const [row, columns] of crossings) {
    columns.sort((one, other) => one - other);
    // a closed line crosses a row an even number of times: each odd crossing enters the polygon
    for (let at = 0; at + 1 < columns.length; at += 2) {
      const start = columns[at] as number;
      const end = columns[at + 1] as number;
      if (start < end) put(row, start, end);
    }
  }
}

/** Puts the span from `low` to `high`, its ends corrected by `inside`. */
function correctEnds(
  row: number,
  low: number,
  high: number,
  inside: Inside,
  width: number,
  put: Put,
): void {
  if (!(low <= high)) return;
  // beside the picture there is nothing to correct
  const first = clip(Math.ceil(low - 0.5), -2, width + 1);
  const last = clip(Math.floor(high - 0.5), -2, width + 1);
  let start = first + 2;
  let end = last - 2;
  for (let step = 1; step >= -1; step--) {
    if (inside(first + step + 0.5)) start = first + step;
    if (inside(last - step + 0.5)) end = last - step;
  }
  start = clip(start, 0, width);
  end = clip(end + 1, 0, width);
  if (start < end) put(row, start, end);
}
