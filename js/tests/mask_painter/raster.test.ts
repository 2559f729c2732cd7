import { describe, expect, test } from "vitest";
import type { Box } from "../../mask_painter/box";
import type { Operation } from "../../mask_painter/operations";
import { MaskRaster } from "../../mask_painter/raster";
import { Dice } from "./random_steps";

const WIDTH = 41;
const HEIGHT = 29;

/** Which pixels are in the mask. */
function mask(raster: MaskRaster): number[] {
  const pixels = [...raster.pixels.subarray(0, raster.width * raster.height)];
  return pixels.map((pixel) => pixel & 1);
}

function scratch(operations: readonly Operation[], base: Uint8Array | null = null): MaskRaster {
  const raster = new MaskRaster(WIDTH, HEIGHT);
  raster.startFrom(base);
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
  const dice = new Dice(seed);
  return Uint8Array.from({ length: Math.ceil((WIDTH * HEIGHT) / 8) }, () => dice.below(256));
}

test("goes from any list to any other, says where it changed, and is as if drawn from scratch", () => {
  const dice = new Dice(3);
  for (let round = 0; round < 60; round++) {
    const base = dice.below(2) === 0 ? noise(round) : null;
    const raster = scratch([], base);
    let list: Operation[] = [];
    for (let jump = 0; jump < 8; jump++) {
      const kept = list.slice(0, dice.below(list.length + 1));
      list = [...kept, ...Array.from({ length: dice.below(6) }, () => dice.operation())];
      const before = mask(raster);
      const box = raster.follow(list);

      expectSame(raster, scratch(list, base));
      expectWithin(box, before, mask(raster));
    }
  }
});

test("begins with what was in the mask before, one bit a pixel, and comes back to it", () => {
  const base = noise(9);
  const raster = scratch([{ kind: "clear" }], base);
  expect(raster.count).toBe(0);
  raster.follow([]);
  const bits = [...base].flatMap((byte) =>
    [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (byte >> bit) & 1),
  );

  expect(mask(raster)).toEqual(bits.slice(0, WIDTH * HEIGHT));
});

describe("a stroke that goes on", () => {
  test("looks at every moment as it will when it is kept, however its points came", () => {
    const dice = new Dice(4);
    for (let round = 0; round < 80; round++) {
      const before = Array.from({ length: dice.below(3) }, () => dice.operation());
      const raster = scratch(before);
      const points = dice.points(1 + dice.below(9));
      const radius = dice.pick([0.5, 2, 7.5]);
      const erase = dice.below(2) === 0;
      raster.begin(radius, erase);
      for (let at = 0; at < points.length; ) {
        const end = Math.min(points.length, at + 2 * (1 + dice.below(3)));
        const seen = mask(raster);
        const box = raster.extend(points.slice(at, end));
        at = end;
        const sofar = Float32Array.from(points.slice(0, at));
        expectSame(raster, scratch([...before, { kind: "stroke", points: sofar, radius, erase }]));
        expectWithin(box, seen, mask(raster));
      }
      const stroke = raster.commit();

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

  test("leaves nothing behind when it is given up", () => {
    const dice = new Dice(5);
    for (let round = 0; round < 40; round++) {
      const before = [dice.operation(), dice.operation()];
      const raster = scratch(before);
      const clean = mask(raster);
      raster.begin(5, round % 2 === 0);
      raster.extend(dice.points(4));
      const seen = mask(raster);
      const box = raster.abandon();

      expectWithin(box, seen, clean);
      expectSame(raster, scratch(before));
      raster.follow([]);
      expect(raster.count).toBe(0);
    }
  });

  test("stays on top of what comes meanwhile, and what is taken back under it", () => {
    const dice = new Dice(6);
    for (let round = 0; round < 40; round++) {
      const before = [dice.operation(), dice.operation()];
      const raster = scratch(before);
      const points = dice.points(5);
      const live = (count: number): Operation => ({
        kind: "stroke",
        points: Float32Array.from(points.slice(0, 2 * count)),
        radius: 3,
        erase: false,
      });
      raster.begin(3, false);
      raster.extend(points.slice(0, 4));
      for (const list of [[...before, dice.operation()], before.slice(0, 1), [], before]) {
        const seen = mask(raster);
        const box = raster.follow(list);
        expectWithin(box, seen, mask(raster));
        expectSame(raster, scratch([...list, live(2)]));
      }
      raster.extend(points.slice(4));
      expectSame(raster, scratch([...before, live(5)]));
    }
  });

  test("is none if there was none", () => {
    const raster = scratch([]);

    expect(raster.commit()).toBeNull();
    raster.extend([1, 1]);
    raster.abandon();
    expect(raster.count).toBe(0);
  });
});

test("what is too much to be kept for undo is drawn again, and right", () => {
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
  // it draws millions of pixels, and shares its machine
}, 60_000);
