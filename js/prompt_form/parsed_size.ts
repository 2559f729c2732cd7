/* The size of a picture as it is typed, in pixels or as a ratio, parsed for a drawing of its shape. */

export interface ParsedSize {
  kind: "pixels" | "ratio";
  width: number;
  height: number;
}

/** Parses "1024x1024" or "16:9", null for anything else; × and spaces are allowed in a drawing. */
export function parseSize(text: string): ParsedSize | null {
  const found = /^\s*([1-9]\d{0,5})\s*([x×:])\s*([1-9]\d{0,5})\s*$/i.exec(text);
  if (found === null) return null;
  return {
    kind: found[2] === ":" ? "ratio" : "pixels",
    width: Number(found[1]),
    height: Number(found[3]),
  };
}

/** The orientation: an exact square, wide or tall. */
export function orientation(shape: ParsedSize): "square" | "wide" | "tall" {
  if (shape.width === shape.height) return "square";
  return shape.width > shape.height ? "wide" : "tall";
}

/** Width and height of a drawing inside a square of `side` px, each at least 2. */
export function drawingSize(shape: ParsedSize, side: number): [number, number] {
  const scale = side / Math.max(shape.width, shape.height);
  return [Math.max(2, shape.width * scale), Math.max(2, shape.height * scale)];
}

/** The ratio in the smallest whole numbers, null where these are too large to be of use. */
export function ratioOf(shape: ParsedSize): string | null {
  let [a, b] = [shape.width, shape.height];
  while (b !== 0) [a, b] = [b, a % b];
  const [across, down] = [shape.width / a, shape.height / a];
  return Math.max(across, down) <= 32 ? `${across}:${down}` : null;
}
