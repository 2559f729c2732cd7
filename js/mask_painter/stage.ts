/* The area of a painter for painting: the picture, new ground around it, the mask as an overlay, and
   previews of the brush and of shapes. It only displays; the input is in pointer.ts and keys.ts. */
import { element } from "../shared/dom";
import { NO_SIDES, SIDES, sameSides } from "../shared/side_numbers";
import type { Box } from "./box";
import { Camera, type Point, type Size } from "./camera";
import type { Shape } from "./operations";
import { Overlay } from "./overlay";
import type { MaskRaster } from "./raster";

const SVG = "http://www.w3.org/2000/svg";
// CSS px of a picture pixel from which on pixels are shown as squares, not smoothed
const MIN_SQUARE_SCALE = 3;
// CSS px of the corner handle by which browsers resize an element
const RESIZE_HANDLE = 16;

export class Stage {
  readonly el: HTMLElement;
  readonly camera: Camera;
  readonly overlay: Overlay;
  /** The parent of the picture's element. */
  readonly picture = element("div", { class: "lumen-painter-picture", "aria-hidden": "true" });
  readonly #ground = element("div", { class: "lumen-painter-ground", "aria-hidden": "true" });
  readonly #brush = element("div", { class: "lumen-painter-brush", hidden: "" });
  readonly #cursor = element("div", { class: "lumen-painter-cursor", hidden: "" });
  readonly #guide = document.createElementNS(SVG, "svg");
  readonly #onRender: () => void;
  #brushAt: Point | null = null;
  #cursorAt: Point | null = null;
  #shape: Shape | null = null;
  #frame = 0;
  /** The brush's, in picture pixels. */
  #radius = 1;
  /** The stage's size in device pixels. */
  #pixels: Size = { width: 1, height: 1 };

  /** `onRender` is called after each move of the camera. */
  constructor(raster: MaskRaster, label: string, onRender: () => void, signal: AbortSignal) {
    this.camera = new Camera({ width: raster.width, height: raster.height });
    this.overlay = new Overlay(raster, this.camera);
    this.#onRender = onRender;
    this.#guide.setAttribute("class", "lumen-painter-guide");
    this.#guide.setAttribute("aria-hidden", "true");
    this.el = element(
      "div",
      {
        class: "lumen-painter-stage",
        role: "application",
        tabindex: "0",
        "aria-label": label,
      },
      this.#ground,
      this.picture,
      this.overlay.el,
      this.#guide,
      this.#brush,
      this.#cursor,
    );
    const sized = new ResizeObserver(([entry]) => entry && this.#resized(entry));
    try {
      // also reports a new pixel density, as on another screen or after a browser zoom
      sized.observe(this.el, { box: "device-pixel-content-box" });
    } catch {
      // Safari does not know it
      sized.observe(this.el);
    }
    signal.addEventListener("abort", () => sized.disconnect());
  }

  /** The point of an event, in picture pixels. */
  picturePoint(event: { clientX: number; clientY: number }): Point {
    return this.camera.toPicture(this.stagePoint(event));
  }

  /** The point of an event, in CSS pixels of the stage. */
  stagePoint(event: { clientX: number; clientY: number }): Point {
    const corner = this.el.getBoundingClientRect();
    // a slide show may scale the page as a whole
    const across = corner.width / (this.el.offsetWidth || 1);
    const down = corner.height / (this.el.offsetHeight || 1);
    return {
      x: (event.clientX - corner.left) / across - this.el.clientLeft,
      y: (event.clientY - corner.top) / down - this.el.clientTop,
    };
  }

  /** Whether an event is on the handle that resizes the stage. */
  isResizeHandle(event: { clientX: number; clientY: number }): boolean {
    const { x, y } = this.stagePoint(event);
    return x > this.el.clientWidth - RESIZE_HANDLE && y > this.el.clientHeight - RESIZE_HANDLE;
  }

  /** Draws all again, after the camera was moved. */
  render(): void {
    const { x, y, scale, picture } = this.camera;
    const { style } = this.picture;
    style.inlineSize = `${picture.width * scale}px`;
    style.blockSize = `${picture.height * scale}px`;
    style.transform = `translate(${x}px, ${y}px)`;
    this.picture.toggleAttribute("data-squares", scale >= MIN_SQUARE_SCALE);
    this.overlay.render(this.#pixels);
    this.drawGround();
    this.#drawBrush();
    this.#drawCursor();
    this.#drawShape();
    this.#onRender();
  }

  /** Draws the new ground again, while the camera stays where it is. */
  drawGround(): void {
    const { ground, scale, edges } = this.camera;
    this.#ground.hidden = sameSides(ground, NO_SIDES);
    const { style } = this.#ground;
    style.inlineSize = `${edges.right - edges.left}px`;
    style.blockSize = `${edges.bottom - edges.top}px`;
    style.transform = `translate(${edges.left}px, ${edges.top}px)`;
    // the picture is cut out, since it may be transparent
    for (const side of SIDES) style.setProperty(`--lumen-${side}`, `${ground[side] * scale}px`);
  }

  /** Draws all with the next frame: wheel and touch events come more often than frames. */
  renderSoon(): void {
    window.cancelAnimationFrame(this.#frame);
    this.#frame = window.requestAnimationFrame(() => this.render());
  }

  /** Frees the memory of the overlay; the stage is not used again. */
  dispose(): void {
    window.cancelAnimationFrame(this.#frame);
    this.overlay.el.width = 0;
    this.overlay.el.height = 0;
  }

  /** Draws the mask again where it changed. */
  draw(box: Box): void {
    this.overlay.draw(box);
  }

  /** Hides the mask, or shows it again. */
  hideMask(hidden: boolean): void {
    this.overlay.el.hidden = hidden;
  }

  /** Shows the brush in its size around a point of the picture; null hides it. */
  showBrush(at: Point | null, radius = this.#radius): void {
    this.#brushAt = at;
    this.#radius = radius;
    this.#drawBrush();
  }

  /** Shows the keyboard cursor; null hides it. */
  showCursor(at: Point | null): void {
    this.#cursorAt = at;
    this.#drawCursor();
  }

  /** Shows a preview of a shape; null hides it. */
  showShape(shape: Shape | null): void {
    this.#shape = shape;
    this.#drawShape();
  }

  #resized({ contentRect, devicePixelContentBoxSize: exact }: ResizeObserverEntry): void {
    const { width, height } = contentRect;
    // the output was collapsed: keep the size
    if (width === 0 || height === 0) return;
    const ratio = window.devicePixelRatio;
    this.#pixels = {
      width: devicePixels(width * ratio, exact?.[0]?.inlineSize),
      height: devicePixels(height * ratio, exact?.[0]?.blockSize),
    };
    this.camera.resize({ width, height });
    this.render();
  }

  #drawBrush(): void {
    const at = this.#brushAt && this.camera.toStage(this.#brushAt);
    this.#brush.hidden = !at;
    if (!at) return;
    const size = 2 * this.#radius * this.camera.scale;
    const { style } = this.#brush;
    style.inlineSize = `${size}px`;
    style.blockSize = `${size}px`;
    style.transform = `translate(${at.x - size / 2}px, ${at.y - size / 2}px)`;
  }

  #drawCursor(): void {
    const at = this.#cursorAt && this.camera.toStage(this.#cursorAt);
    this.#cursor.hidden = !at;
    if (at) this.#cursor.style.transform = `translate(${at.x}px, ${at.y}px)`;
  }

  #drawShape(): void {
    this.#guide.replaceChildren();
    if (!this.#shape) return;
    const { kind, x, y, width, height } = this.#shape;
    const corner = this.camera.toStage({ x, y });
    const across = width * this.camera.scale;
    const down = height * this.camera.scale;
    // twice, dark and light, to be visible on any picture
    for (const line of ["lumen-painter-line-dark", "lumen-painter-line-light"]) {
      const drawn = document.createElementNS(SVG, kind === "ellipse" ? "ellipse" : "rect");
      const places =
        kind === "ellipse"
          ? { cx: corner.x + across / 2, cy: corner.y + down / 2, rx: across / 2, ry: down / 2 }
          : { x: corner.x, y: corner.y, width: across, height: down };
      for (const [name, value] of Object.entries(places)) drawn.setAttribute(name, String(value));
      drawn.setAttribute("class", line);
      this.#guide.append(drawn);
    }
  }
}

/** A length in device pixels: the browser's exact number, since a canvas that is one pixel off is
    blurred; or rounded, where an emulated pixel density makes the browser report another number. */
function devicePixels(length: number, exact: number | undefined): number {
  return exact !== undefined && Math.abs(exact - length) < 1 ? exact : Math.round(length);
}
