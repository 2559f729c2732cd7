import { expect, test } from "vitest";
import { gridHeight, gridRange, gridShape, MOST_SPARE } from "../../gallery/windowing";

test("at any width and place the page has what is on screen, and at most twenty more", () => {
  for (const width of [300, 640, 1376, 1980]) {
    const shape = gridShape(width);
    const count = 503;
    const end = gridHeight(count, shape);
    for (let top = 0; top < end; top += 171) {
      const [first, last] = gridRange(count, shape, top, 560);
      const seen = Array.from({ length: count }, (_, place) => place).filter((place) => {
        const at = Math.floor(place / shape.columns) * shape.pitch;
        return at < top + 560 && at + shape.pitch > top;
      });

      expect(first).toBeLessThanOrEqual(seen[0] ?? 0);
      expect(last).toBeGreaterThan(seen.at(-1) ?? 0);
      // one more is left for a tile with the focus
      expect(last - first).toBeLessThan(seen.length + MOST_SPARE);
    }
  }
});

test("a phone has two columns, and tiles of a wide page are no wider than 300 px", () => {
  expect(gridShape(296).columns).toBe(2);
  expect(gridShape(1976).columns).toBeGreaterThan(6);
  for (let width = 320; width < 2000; width += 13) {
    expect(gridShape(width).side).toBeLessThan(300);
  }
});

test("a grid ends where its pictures end, and an empty one has none", () => {
  const shape = gridShape(640);
  expect(gridRange(0, shape, 0, 560)).toEqual([0, 0]);
  expect(gridRange(1, shape, 0, 560)).toEqual([0, 1]);
  expect(gridRange(50, shape, 1e9, 560)[1]).toBe(50);
});
