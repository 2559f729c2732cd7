import { describe, expect, test } from "vitest";
import type { Box } from "../../mask_painter/box";
import type { Operation } from "../../mask_painter/operations";
import { MaskRaster } from "../../mask_painter/raster";
import { RandomSteps } from "./random_steps";

const WIDTH = 41;
const HEIGHT = 29;

/** Which pixels are in the mask. */
function mask(raster: MaskRaster): number[] {
  const pixels = [...raster.pixels.subarray(0, raster.width * raster.height)];
  return pixels.map((pixel) => pixel & 1);
}

function scratch(operations: readonly Operation[], base: Uint8Array | null = null): MaskRaster {
  const raster = new MaskRaster(WIDTH, HEIGHT);
  raster.setBase(base);
  raster.follow(operations);
  return raster;
}

function expectSame(raster: MaskRaster, wanted: MaskRaster): void {
  expect(mask(raster)).toEqual(mask(wanted));
  expect(raster.count).toBe(mask(wanted).filter(Boolean).length);
}

/** Every pixel that changed is in the box that says where. */
function expectWithin(box: Box, before: number[], after: number[]): void {
  for (const [at, pixel] of after.entries()) {
    if (pixel === before[at]) continue;
    const [x, y] = [at % WIDTH, Math.floor(at / WIDTH)];
    if (x < box.x0 || x >= box.x1 || y < box.y0 || y >= box.y1) {
      throw new Error(`pixel ${x}, ${y} changed outside of ${JSON.stringify(box)}`);
    }
  }
}

function noise(seed: number): Uint8Array {
  const random = new RandomSteps(seed);
  return Uint8Array.from({ length: Math.ceil((WIDTH * HEIGHT) / 8) }, () => random.below(256));
}

test("goes from any list to any other, returns where it changed, and is as if drawn from scratch", () => {
  const random = new RandomSteps(3);
  for (let round = 0; round < 60; round++) {
    const base = random.below(2) === 0 ? noise(round) : null;
    const raster = scratch([], base);
    let list: Operation[] = [];
    for (let jump = 0; jump < 8; jump++) {
      const kept = list.slice(0, random.below(list.length + 1));
      list = [...kept, ...Array.from({ length: random.below(6) }, () => random.operation())];
      const before = mask(raster);
      const box = raster.follow(list);

      expectSame(raster, scratch(list, base));
      expectWithin(box, before, mask(raster));
    }
  }
});

test("starts from the mask before any operation, one bit a pixel, and comes back to it", () => {
  const base = noise(9);
  const raster = scratch([{ kind: "clear" }], base);
  expect(raster.count).toBe(0);
  raster.follow([]);
  const bits = [...base].flatMap((byte) =>
    [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (byte >> bit) & 1),
  );

  expect(mask(raster)).toEqual(bits.slice(0, WIDTH * HEIGHT));
});

describe("a stroke in progress", () => {
  test("looks at each point as it will when committed, however its points arrived", () => {
    const random = new RandomSteps(4);
    for (let round = 0; round < 80; round++) {
      const before = Array.from({ length: random.below(3) }, () => random.operation());
      const raster = scratch(before);
      const points = random.points(1 + random.below(9));
      const radius = random.pick([0.5, 2, 7.5]);
      const erase = random.below(2) === 0;
      raster.beginStroke(radius, erase);
      for (let at = 0; at < points.length; ) {
        const end = Math.min(points.length, at + 2 * (1 + random.below(3)));
        const seen = mask(raster);
        const box = raster.extendStroke(points.slice(at, end));
        at = end;
        const sofar = Float32Array.from(points.slice(0, at));
        expectSame(raster, scratch([...before, { kind: "stroke", points: sofar, radius, erase }]));
        expectWithin(box, seen, mask(raster));
      }
      const stroke = raster.commitStroke();

      expect(stroke).toEqual({ kind: "stroke", points: Float32Array.from(points), radius, erase });
      expect(raster.painting).toBe(false);
      if (!stroke) continue;
      const unchanged = mask(raster);
      raster.follow([...before, stroke]);
      expect(mask(raster)).toEqual(unchanged);
      raster.follow(before);
      expectSame(raster, scratch(before));
    }
  });

  test("leaves no pixel behind when it is cancelled", () => {
    const random = new RandomSteps(5);
    for (let round = 0; round < 40; round++) {
      const before = [random.operation(), random.operation()];
      const raster = scratch(before);
      const clean = mask(raster);
      raster.beginStroke(5, round % 2 === 0);
      raster.extendStroke(random.points(4));
      const seen = mask(raster);
      const box = raster.cancelStroke();

      expectWithin(box, seen, clean);
      expectSame(raster, scratch(before));
      raster.follow([]);
      expect(raster.count).toBe(0);
    }
  });

  test("stays on top while operations below it are added and undone", () => {
    const random = new RandomSteps(6);
    for (let round = 0; round < 40; round++) {
      const before = [random.operation(), random.operation()];
      const raster = scratch(before);
      const points = random.points(5);
      const live = (count: number): Operation => ({
        kind: "stroke",
        points: Float32Array.from(points.slice(0, 2 * count)),
        radius: 3,
        erase: false,
      });
      raster.beginStroke(3, false);
      raster.extendStroke(points.slice(0, 4));
      for (const list of [[...before, random.operation()], before.slice(0, 1), [], before]) {
        const seen = mask(raster);
        const box = raster.follow(list);
        expectWithin(box, seen, mask(raster));
        expectSame(raster, scratch([...list, live(2)]));
      }
      raster.extendStroke(points.slice(4));
      expectSame(raster, scratch([...before, live(5)]));
    }
  });

  test("commits nothing if none was begun", () => {
    const raster = scratch([]);

    expect(raster.commitStroke()).toBeNull();
    raster.extendStroke([1, 1]);
    raster.cancelStroke();
    expect(raster.count).toBe(0);
  });
});

test("operations beyond the memory for undo are drawn again, exactly", () => {
  const [width, height] = [2000, 1000];
  const teeth: number[] = [0, 0];
  for (let x = 0; x < width; x += 2) teeth.push(x, height, x + 1, height, x + 1, 0, x + 2, 0);
  const points = Float32Array.from(teeth);
  const raster = new MaskRaster(width, height);
  // each changes a million runs, 8 MB; of ten of them the first two are not kept
  const operations: Operation[] = Array.from({ length: 10 }, (_, number) => ({
    kind: "polygon",
    points,
    mode: number % 2 === 0 ? "add" : "subtract",
  }));
  const comb = (width * height) / 2;
  for (const [length, count] of [
    [10, 0],
    [9, comb],
    [1, comb],
    [2, 0],
    [0, 0],
  ] as const) {
    raster.follow(operations.slice(0, length));
    expect(raster.count).toBe(count);
  }
  // milliseconds: it draws millions of pixels, maybe on a busy machine
}, 60_000);
