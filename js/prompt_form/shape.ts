/* The size of a picture as people write it: pixels or a ratio, and the shape that this makes. */

export interface Shape {
  kind: "pixels" | "ratio";
  width: number;
  height: number;
}

/** Reads "1024x1024" or "16:9", null for anything else; × and spaces are forgiven in a drawing. */
export function readShape(text: string): Shape | null {
  const found = /^\s*([1-9]\d{0,5})\s*([x×:])\s*([1-9]\d{0,5})\s*$/i.exec(text);
  if (found === null) return null;
  return {
    kind: found[2] === ":" ? "ratio" : "pixels",
    width: Number(found[1]),
    height: Number(found[3]),
  };
}

/** How a shape lies: an exact square or not, wide or tall. */
export function lie(shape: Shape): "square" | "wide" | "tall" {
  if (shape.width === shape.height) return "square";
  return shape.width > shape.height ? "wide" : "tall";
}

/** Width and height of the drawing of a shape inside a square of `side`, never thinner than 2. */
export function drawn(shape: Shape, side: number): [number, number] {
  const scale = side / Math.max(shape.width, shape.height);
  return [Math.max(2, shape.width * scale), Math.max(2, shape.height * scale)];
}

/** The ratio in the smallest whole numbers, where these are small enough to mean something. */
export function ratioOf(shape: Shape): string | null {
  let [a, b] = [shape.width, shape.height];
  while (b !== 0) [a, b] = [b, a % b];
  const [across, down] = [shape.width / a, shape.height / a];
  return Math.max(across, down) <= 32 ? `${across}:${down}` : null;
}
