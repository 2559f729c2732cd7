import { describe, expect, test } from "vitest";
import { OVERSCAN, rowAt, rowOffsets, visibleRange } from "../../task_panel/windowing";

describe("the part of a list that is in the page", () => {
  const starts = rowOffsets(Array.from({ length: 1000 }, (_, place) => 60 + (place % 3) * 20));

  test("holds every row that the screen touches, at any place, and at most 20 more", () => {
    const end = starts.at(-1) ?? 0;
    for (let top = 0; top < end - 480; top += 377) {
      const [first, last] = visibleRange(starts, top, 480);
      const visible = starts.filter(
        (start, place) => place < 1000 && start < top + 480 && (starts[place + 1] ?? 0) > top,
      ).length;

      expect(starts[first]).toBeLessThanOrEqual(top);
      expect(starts[last]).toBeGreaterThanOrEqual(top + 480);
      expect(last - first).toBeLessThanOrEqual(visible + 20);
    }
  });

  test("ends where the list ends", () => {
    expect(visibleRange(rowOffsets([]), 0, 480)).toEqual([0, 0]);
    expect(visibleRange(rowOffsets([50, 50]), 0, 480)).toEqual([0, 2]);
    expect(visibleRange(starts, 1e9, 480)).toEqual([1000 - 1 - OVERSCAN, 1000]);
  });

  test("a row begins where the previous one ends", () => {
    expect([0, 49, 50, 99, 100, 1000].map((y) => rowAt([0, 50, 100, 150], y))).toEqual([
      0, 0, 1, 1, 2, 2,
    ]);
  });
});
