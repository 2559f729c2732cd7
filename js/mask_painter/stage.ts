/* The part of a painter that is painted on: the picture, the mask over it, and what shows where a
   brush or a shape would go. It only shows: what a hand does is elsewhere. */
import { element } from "../shared/dom";
import type { Box } from "./box";
import { Camera, type Point, type Size } from "./camera";
import type { Shape } from "./operations";
import { Overlay } from "./overlay";
import type { MaskRaster } from "./raster";

const SVG = "http://www.w3.org/2000/svg";
// CSS px of a picture pixel from which on pixels are shown as squares
const SQUARES = 3;
// CSS px of the corner by which browsers let an element be resized
const GRIP = 16;

export class Stage {
  readonly el: HTMLElement;
  readonly camera: Camera;
  readonly overlay: Overlay;
  /** Where the picture's own element goes. */
  readonly picture = element("div", { class: "lumen-painter-picture", "aria-hidden": "true" });
  readonly #brush = element("div", { class: "lumen-painter-brush", hidden: "" });
  readonly #cursor = element("div", { class: "lumen-painter-cursor", hidden: "" });
  readonly #guide = document.createElementNS(SVG, "svg");
  readonly #looked: () => void;
  #brushAt: Point | null = null;
  #cursorAt: Point | null = null;
  #shape: Shape | null = null;
  #looking = 0;
  /** Of the brush, in picture pixels. */
  #radius = 1;
  /** Of the stage, in device pixels. */
  #pixels: Size = { width: 1, height: 1 };

  /** `looked` is called whenever the camera moved. */
  constructor(raster: MaskRaster, label: string, looked: () => void, signal: AbortSignal) {
    this.camera = new Camera({ width: raster.width, height: raster.height });
    this.overlay = new Overlay(raster, this.camera);
    this.#looked = looked;
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
      this.picture,
      this.overlay.el,
      this.#guide,
      this.#brush,
      this.#cursor,
    );
    const sized = new ResizeObserver(([entry]) => entry && this.#resized(entry));
    try {
      // hears of pixels that become finer too, as on another screen or when the page is zoomed
      sized.observe(this.el, { box: "device-pixel-content-box" });
    } catch {
      // Safari does not know it
      sized.observe(this.el);
    }
    signal.addEventListener("abort", () => sized.disconnect());
  }

  /** Where an event is, in picture pixels. */
  place(event: { clientX: number; clientY: number }): Point {
    return this.camera.toPicture(this.onStage(event));
  }

  /** Where an event is, in CSS pixels of the stage. */
  onStage(event: { clientX: number; clientY: number }): Point {
    const corner = this.el.getBoundingClientRect();
    // a page of slides may be scaled as a whole
    const across = corner.width / (this.el.offsetWidth || 1);
    const down = corner.height / (this.el.offsetHeight || 1);
    return {
      x: (event.clientX - corner.left) / across - this.el.clientLeft,
      y: (event.clientY - corner.top) / down - this.el.clientTop,
    };
  }

  /** Whether an event is on the corner by which the stage is made higher. */
  isGrip(event: { clientX: number; clientY: number }): boolean {
    const { x, y } = this.onStage(event);
    return x > this.el.clientWidth - GRIP && y > this.el.clientHeight - GRIP;
  }

  /** Shows what the camera sees, after it was moved. */
  look(): void {
    const { x, y, scale, picture } = this.camera;
    const { style } = this.picture;
    style.inlineSize = `${picture.width * scale}px`;
    style.blockSize = `${picture.height * scale}px`;
    style.transform = `translate(${x}px, ${y}px)`;
    this.picture.toggleAttribute("data-squares", scale >= SQUARES);
    this.overlay.look(this.#pixels);
    this.#showBrush();
    this.#showCursor();
    this.#showShape();
    this.#looked();
  }

  /** Shows it with the next frame: wheel and fingers move the camera more often than that. */
  lookSoon(): void {
    window.cancelAnimationFrame(this.#looking);
    this.#looking = window.requestAnimationFrame(() => this.look());
  }

  /** Gives back the memory of what is shown; the view is not used again. */
  free(): void {
    window.cancelAnimationFrame(this.#looking);
    this.overlay.el.width = 0;
    this.overlay.el.height = 0;
  }

  /** Draws the mask anew where it changed. */
  draw(box: Box): void {
    this.overlay.draw(box);
  }

  /** Hides the mask, or shows it again. */
  peek(hidden: boolean): void {
    this.overlay.el.hidden = hidden;
  }

  /** Shows the brush at its true size around a place in the picture; null hides it. */
  brush(at: Point | null, radius = this.#radius): void {
    this.#brushAt = at;
    this.#radius = radius;
    this.#showBrush();
  }

  /** Shows the keyboard's cursor; null hides it. */
  cursor(at: Point | null): void {
    this.#cursorAt = at;
    this.#showCursor();
  }

  /** Shows where a shape would go; null hides it. */
  shape(shape: Shape | null): void {
    this.#shape = shape;
    this.#showShape();
  }

  #resized({ contentRect, devicePixelContentBoxSize: exact }: ResizeObserverEntry): void {
    const { width, height } = contentRect;
    // an output that is folded away keeps what it showed
    if (width === 0 || height === 0) return;
    const ratio = window.devicePixelRatio;
    this.#pixels = {
      width: whole(width * ratio, exact?.[0]?.inlineSize),
      height: whole(height * ratio, exact?.[0]?.blockSize),
    };
    this.camera.resize({ width, height });
    this.look();
  }

  #showBrush(): void {
    const at = this.#brushAt && this.camera.toStage(this.#brushAt);
    this.#brush.hidden = !at;
    if (!at) return;
    const size = 2 * this.#radius * this.camera.scale;
    const { style } = this.#brush;
    style.inlineSize = `${size}px`;
    style.blockSize = `${size}px`;
    style.transform = `translate(${at.x - size / 2}px, ${at.y - size / 2}px)`;
  }

  #showCursor(): void {
    const at = this.#cursorAt && this.camera.toStage(this.#cursorAt);
    this.#cursor.hidden = !at;
    if (at) this.#cursor.style.transform = `translate(${at.x}px, ${at.y}px)`;
  }

  #showShape(): void {
    this.#guide.replaceChildren();
    if (!this.#shape) return;
    const { kind, x, y, width, height } = this.#shape;
    const corner = this.camera.toStage({ x, y });
    const across = width * this.camera.scale;
    const down = height * this.camera.scale;
    // twice, dark and light, to be seen on any picture
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

/** A number of device pixels: as the browser says it, since a stage that is off by one shows them
    blurred; or the nearest one, where a browser that only plays a dense screen counts others. */
function whole(length: number, exact: number | undefined): number {
  return exact !== undefined && Math.abs(exact - length) < 1 ? exact : Math.round(length);
}
