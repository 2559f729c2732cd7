import { describe, expect, test } from "vitest";
import { Camera, type Point } from "../../mask_painter/camera";

const PHOTO = { width: 4000, height: 3000 };
const STAGE = { width: 800, height: 500 };

function cameraOf(picture = PHOTO, stage = STAGE): Camera {
  const camera = new Camera(picture);
  camera.resize(stage);
  return camera;
}

/** The picture's edges on the stage. */
function edges(camera: Camera) {
  const { x: left, y: top } = camera.toStage({ x: 0, y: 0 });
  const { width, height } = camera.picture;
  const { x: right, y: bottom } = camera.toStage({ x: width, y: height });
  return { left, top, right, bottom };
}

function expectPoint(point: Point, wanted: Point): void {
  expect(point.x).toBeCloseTo(wanted.x, 6);
  expect(point.y).toBeCloseTo(wanted.y, 6);
}

describe("at first", () => {
  test("the whole picture is in view, in the middle, with room beside it for strokes", () => {
    for (const picture of [PHOTO, { width: 60, height: 4000 }, { width: 8192, height: 64 }]) {
      const camera = cameraOf(picture);
      const { left, top, right, bottom } = edges(camera);

      expect(Math.min(left, top)).toBeGreaterThanOrEqual(9.99);
      expect(right).toBeLessThanOrEqual(STAGE.width - 9.99);
      expect(bottom).toBeLessThanOrEqual(STAGE.height - 9.99);
      expect(left + right).toBeCloseTo(STAGE.width);
      expect(top + bottom).toBeCloseTo(STAGE.height);
      expect(camera.fitted).toBe(true);
    }
  });

  test("a picture of few pixels is not enlarged to fill the stage", () => {
    expect(cameraOf({ width: 1, height: 1 }).scale).toBe(16);
    expect(cameraOf({ width: 30, height: 30 }).scale).toBe(16);
  });

  test("a stage without a size yet gives finite numbers, and fits the picture once it has a size", () => {
    const camera = cameraOf(PHOTO, { width: 0, height: 0 });
    expect(camera.scale).toBeGreaterThan(0);
    expect(Object.values(edges(camera)).every(Number.isFinite)).toBe(true);
    camera.resize(STAGE);

    expect(edges(camera)).toEqual(edges(cameraOf()));
  });
});

test("a place on the stage and a point of the picture convert to each other", () => {
  const camera = cameraOf();
  camera.zoom(1.7, { x: 210, y: 99 });
  camera.pan(-31, 12);
  for (const point of [
    { x: 0, y: 0 },
    { x: 123.25, y: 4.5 },
    { x: 3999, y: -20 },
  ]) {
    expectPoint(camera.toPicture(camera.toStage(point)), point);
  }
});

describe("zooming", () => {
  test("keeps what is under the pointer there, in and out", () => {
    const camera = cameraOf();
    camera.zoom(1);
    for (const at of [
      { x: 300, y: 200 },
      { x: 17, y: 480 },
    ]) {
      const fixed = camera.toPicture(at);
      for (const scale of [1.3, 4, 20, 2]) {
        camera.zoom(scale, at);
        expect(camera.scale).toBe(scale);
        expectPoint(camera.toPicture(at), fixed);
      }
    }
    expect(camera.fitted).toBe(false);
  });

  test("without a place keeps the middle", () => {
    const camera = cameraOf();
    camera.zoom(2);

    expectPoint(camera.toPicture({ x: 400, y: 250 }), { x: 2000, y: 1500 });
  });

  test("ends at 40 CSS pixels a pixel, and at half of the fit", () => {
    const camera = cameraOf();
    camera.zoom(1e9);
    expect(camera.scale).toBe(40);
    camera.zoom(0);
    expect(camera.scale).toBeCloseTo(camera.fitScale / 2);
    const { left, right, top, bottom } = edges(camera);
    expect(left + right).toBeCloseTo(STAGE.width);
    expect(top + bottom).toBeCloseTo(STAGE.height);
  });

  test("reaches one pixel a pixel in any picture, and back to the fit", () => {
    for (const picture of [PHOTO, { width: 1, height: 1 }]) {
      const camera = cameraOf(picture);
      camera.zoom(1);
      expect(camera.scale).toBe(1);
      camera.fit();
      expect(camera.scale).toBe(camera.fitScale);
      expect(camera.fitted).toBe(true);
    }
  });
});

describe("panning", () => {
  test("never loses the picture: it stays in view however far it is dragged", () => {
    const camera = cameraOf();
    camera.zoom(1);
    for (const [dx, dy] of [
      [1e6, 0],
      [0, -1e6],
      [-1e6, 1e6],
      [1e6, 1e6],
    ] as const) {
      camera.pan(dx, dy);
      const { left, top, right, bottom } = edges(camera);
      expect(left).toBeLessThanOrEqual(STAGE.width / 4);
      expect(top).toBeLessThanOrEqual(STAGE.height / 4);
      expect(right).toBeGreaterThanOrEqual((3 * STAGE.width) / 4);
      expect(bottom).toBeGreaterThanOrEqual((3 * STAGE.height) / 4);
    }
  });

  test("moves by what was dragged", () => {
    const camera = cameraOf();
    camera.zoom(1);
    const { x, y } = camera;
    camera.pan(-12, 7);

    expect([camera.x - x, camera.y - y]).toEqual([-12, 7]);
  });

  test("leaves a picture that fits where it is", () => {
    const camera = cameraOf();
    const before = edges(camera);
    camera.pan(50, 50);

    expect(edges(camera)).toEqual(before);
  });
});

test("a point is brought into view, and nothing moves if it is in view already", () => {
  const camera = cameraOf();
  camera.zoom(2);
  const before = edges(camera);
  camera.reveal({ x: 2000, y: 1500 });
  expect(edges(camera)).toEqual(before);
  for (const point of [
    { x: 0, y: 0 },
    { x: 4000, y: 0 },
    { x: 4000, y: 3000 },
    { x: 1234, y: 2999 },
  ]) {
    camera.reveal(point);
    const { x, y } = camera.toStage(point);
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThanOrEqual(STAGE.width);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y).toBeLessThanOrEqual(STAGE.height);
  }
});

describe("when the stage changes its size", () => {
  test("a picture that fitted fits again", () => {
    const camera = cameraOf();
    camera.resize({ width: 300, height: 900 });

    expect(camera.scale).toBe(camera.fitScale);
  });

  test("one that was zoomed keeps its scale and its middle", () => {
    const camera = cameraOf();
    camera.zoom(3, { x: 100, y: 100 });
    const middle = camera.toPicture({ x: 400, y: 250 });
    camera.resize({ width: 600, height: 700 });

    expect(camera.scale).toBe(3);
    expectPoint(camera.toPicture({ x: 300, y: 350 }), middle);
  });
});
