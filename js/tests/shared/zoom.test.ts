import { expect, test } from "vitest";
import { Zoom } from "../../shared/zoom";

function zoomOf(width: number, height: number): Zoom {
  const zoom = new Zoom();
  zoom.resize({ width: 800, height: 400 });
  zoom.begin({ width, height });
  return zoom;
}

test("a picture begins whole and in the middle, and a small one as large as it is", () => {
  expect(zoomOf(1600, 1600)).toMatchObject({ scale: 0.25, x: 200, y: 0 });
  expect(zoomOf(100, 50)).toMatchObject({ scale: 1, x: 350, y: 175 });
});

test("what is under the pointer stays there while it is zoomed", () => {
  const zoom = zoomOf(1600, 1600);
  const about = { x: 500, y: 300 };
  const pixel = (about.x - zoom.x) / zoom.scale;
  zoom.to(2, about);

  expect((about.x - zoom.x) / zoom.scale).toBeCloseTo(pixel);
  expect(zoom.fitted).toBe(false);
});

test("a picture cannot be dragged out of view, and shrinks no further than whole", () => {
  const zoom = zoomOf(1600, 1600);
  zoom.to(1);
  zoom.pan(9999, -9999);
  expect(zoom).toMatchObject({ x: 0, y: 400 - 1600 });

  zoom.to(0.01);
  expect(zoom).toMatchObject({ scale: 0.25, fitted: true });
});

test("a whole picture stays whole on another stage", () => {
  const zoom = zoomOf(1600, 1600);
  zoom.resize({ width: 400, height: 800 });

  expect(zoom).toMatchObject({ scale: 0.25, x: 0, y: 200 });
});
