/* A picture with its new ground, drawn small, and a handle at each of its sides: dragged by mouse, finger
   or pen, or moved by keys. */
import { element } from "../shared/dom";
import { isModified } from "../shared/keyboard";
import { extendedSize, mostOf, SIDES, type Side, type Sides } from "../shared/side_numbers";
import { fill } from "../shared/words";
import type { FormPicture } from "./messages";
import type { Words } from "./words";

/** CSS px of the stage where it is in no page yet, as in tests. */
const STAGE = { width: 320, height: 200 };
/** CSS px on each side of the stage that are the handles', which are beside the picture. */
const MARGIN = 26;
/** CSS px from the picture's edge to the middle of a handle. */
const AWAY = 13;
/** The part of the stage that the picture takes at rest; the other is there to drag into. */
const FILLED = 0.62;
/** Picture px of an arrow, of one with Shift, and of a page key, as in the mask painter. Drags are in
    whole steps too: here a CSS px is many of the picture. */
const STEP = 16;
const FINE_STEP = 1;
const PAGE_STEP = 128;

const GROWS: Record<Side, [x: number, y: number]> = {
  left: [-1, 0],
  top: [0, -1],
  right: [1, 0],
  bottom: [0, 1],
};

/** By how many steps a key moves a handle outwards; 0 for keys that do not move it. The arrows along its
    way move it as they point; of the others, up and right mean more, as for any slider. */
function stepsOf(key: string, side: Side): number {
  const arrows: Record<string, [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };
  const arrow = arrows[key];
  if (arrow === undefined) return 0;
  const [x, y] = GROWS[side];
  const along = arrow[0] * x + arrow[1] * y;
  return along !== 0 ? along : arrow[0] - arrow[1];
}

interface Drag {
  side: Side;
  handle: HTMLElement;
  pointer: number;
  /** Where the pointer was, and what the side had. */
  x: number;
  y: number;
  before: number;
}

export class ExtendPreview {
  readonly el = element("div", { class: "lumen-ground" });
  readonly #frame = element("div", { class: "lumen-ground-frame" });
  #image: HTMLImageElement | null = null;
  #thumbnail: string | null = null;
  readonly #handles = new Map<Side, HTMLElement>();
  readonly #words: Words;
  readonly #changed: (sides: Sides) => void;
  #picture: FormPicture | null = null;
  #sides: Sides = { left: 0, top: 0, right: 0, bottom: 0 };
  #disabled = false;
  /** Where the picture's corner is on the stage, in CSS px, and how many of these a picture px has. */
  #place = { x: 0, y: 0, scale: 1 };
  #drag: Drag | null = null;

  constructor(words: Words, changed: (sides: Sides) => void, signal: AbortSignal) {
    this.#words = words;
    this.#changed = changed;
    this.el.append(this.#frame);
    const labels: Record<Side, string> = {
      left: words.growLeft,
      top: words.growTop,
      right: words.growRight,
      bottom: words.growBottom,
    };
    for (const side of SIDES) {
      const handle = element("div", {
        class: "lumen-ground-handle",
        role: "slider",
        tabindex: "0",
        "data-side": side,
        "aria-label": labels[side],
        "aria-valuemin": "0",
        "aria-orientation": GROWS[side][0] === 0 ? "vertical" : "horizontal",
      });
      handle.addEventListener("pointerdown", (event) => this.#begin(event, side, handle));
      handle.addEventListener("pointermove", (event) => this.#move(event));
      handle.addEventListener("pointerup", (event) => {
        if (event.pointerId === this.#drag?.pointer) this.#end();
      });
      for (const lost of ["pointercancel", "lostpointercapture"] as const)
        handle.addEventListener(lost, (event) => {
          if (event.pointerId === this.#drag?.pointer) this.#cancel();
        });
      // a long press would open a menu over the drag
      handle.addEventListener("contextmenu", (event) => {
        if (this.#drag === null) return;
        event.preventDefault();
        event.stopPropagation();
      });
      handle.addEventListener("keydown", (event) => this.#keydown(event, side));
      this.#handles.set(side, handle);
      this.el.append(handle);
    }
    const observer = new ResizeObserver(() => this.#fit());
    observer.observe(this.el);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** Shows a picture of known size with its new ground. */
  show(picture: FormPicture, sides: Sides, disabled: boolean): void {
    this.#picture = picture;
    this.#sides = sides;
    this.#disabled = disabled;
    this.#showImage(picture.thumbnail);
    this.el.classList.toggle("lumen-ground-disabled", disabled);
    const size = extendedSize(picture, sides);
    for (const [side, handle] of this.#handles) {
      const values = {
        pixels: String(sides[side]),
        width: String(size.width),
        height: String(size.height),
      };
      const most = Math.max(mostOf(side, sides, picture), sides[side], 0);
      handle.setAttribute("aria-valuenow", values.pixels);
      handle.setAttribute("aria-valuemax", String(most));
      handle.setAttribute("aria-valuetext", fill(this.#words.growValue, values));
      handle.setAttribute("aria-disabled", String(disabled));
      handle.tabIndex = disabled ? -1 : 0;
    }
    if (this.#drag === null) this.#fit();
    else this.#draw();
  }

  #showImage(thumbnail: string | null): void {
    if (thumbnail === this.#thumbnail) return;
    this.#thumbnail = thumbnail;
    this.#image?.remove();
    // the row above it has its words
    this.#image = thumbnail
      ? element("img", { class: "lumen-ground-picture", alt: "", src: thumbnail })
      : null;
    if (this.#image) this.#frame.after(this.#image);
  }

  /** Fits picture and new ground into the stage, with room to drag into. */
  #fit(): void {
    const picture = this.#picture;
    if (picture === null || this.#drag !== null) return;
    const stage = this.#stage;
    const { width, height } = extendedSize(picture, this.#sides);
    const scale = FILLED * Math.min(stage.width / width, stage.height / height);
    this.#place = {
      scale,
      x: (stage.width - width * scale) / 2 + this.#sides.left * scale,
      y: (stage.height - height * scale) / 2 + this.#sides.top * scale,
    };
    this.#draw();
  }

  #draw(): void {
    const picture = this.#picture;
    if (picture === null) return;
    const { x, y, scale } = this.#place;
    const { left, top } = this.#sides;
    const size = extendedSize(picture, this.#sides);
    const frame = {
      x: x - left * scale,
      y: y - top * scale,
      width: size.width * scale,
      height: size.height * scale,
    };
    put(this.#frame, frame.x, frame.y, frame.width, frame.height);
    if (this.#image) put(this.#image, x, y, picture.width * scale, picture.height * scale);
    for (const [side, handle] of this.#handles) {
      const [across, down] = GROWS[side];
      handle.style.left = `${frame.x + (frame.width / 2) * (1 + across) + AWAY * across}px`;
      handle.style.top = `${frame.y + (frame.height / 2) * (1 + down) + AWAY * down}px`;
    }
  }

  get #stage(): { width: number; height: number } {
    const { clientWidth, clientHeight } = this.el;
    return clientWidth > 0 ? { width: clientWidth, height: clientHeight } : STAGE;
  }

  #begin(event: PointerEvent, side: Side, handle: HTMLElement): void {
    if (event.button !== 0 || this.#disabled || this.#drag !== null) return;
    // no text is selected, and no image dragged
    event.preventDefault();
    handle.focus({ preventScroll: true });
    const { clientX: x, clientY: y, pointerId: pointer } = event;
    try {
      handle.setPointerCapture(pointer);
    } catch {
      // the pointer is gone already
      return;
    }
    this.#drag = { side, handle, pointer, x, y, before: this.#sides[side] };
    handle.classList.add("lumen-ground-dragged");
  }

  #move(event: PointerEvent): void {
    const drag = this.#drag;
    if (drag?.pointer !== event.pointerId || this.#picture === null) return;
    const { scale } = this.#place;
    const [across, down] = GROWS[drag.side];
    const moved = (event.clientX - drag.x) * across + (event.clientY - drag.y) * down;
    // only as far as it can be seen: once let go, there is room again
    const room = Math.max(drag.before, Math.floor(this.#room(drag.side) / scale));
    const wanted = Math.round((drag.before + moved / scale) / STEP) * STEP;
    this.#set(drag.side, Math.min(wanted, room));
  }

  /** CSS px between the picture's edge and that of the stage, without the handles' margin. */
  #room(side: Side): number {
    const { x, y, scale } = this.#place;
    const { width = 0, height = 0 } = this.#picture ?? {};
    const stage = this.#stage;
    const rooms: Record<Side, number> = {
      left: x,
      top: y,
      right: stage.width - x - width * scale,
      bottom: stage.height - y - height * scale,
    };
    return rooms[side] - MARGIN;
  }

  #end(): void {
    if (this.#drag === null) return;
    const { handle, pointer } = this.#drag;
    handle.classList.remove("lumen-ground-dragged");
    this.#drag = null;
    if (handle.hasPointerCapture(pointer)) handle.releasePointerCapture(pointer);
    this.#fit();
  }

  /** Ends a drag whose last place was not chosen. */
  #cancel(): void {
    if (this.#drag === null) return;
    const { side, before } = this.#drag;
    this.#end();
    this.#set(side, before);
  }

  #keydown(event: KeyboardEvent, side: Side): void {
    if (this.#disabled || this.#picture === null || isModified(event)) return;
    const now = this.#sides[side];
    const steps = stepsOf(event.key, side);
    if (event.key === "Escape" && this.#drag !== null) this.#cancel();
    // not below a drag
    else if (this.#drag !== null) return;
    else if (steps !== 0) this.#set(side, now + steps * (event.shiftKey ? FINE_STEP : STEP));
    else if (event.key === "PageUp") this.#set(side, now + PAGE_STEP);
    else if (event.key === "PageDown") this.#set(side, now - PAGE_STEP);
    else if (event.key === "Home") this.#set(side, 0);
    else if (event.key === "End") this.#set(side, mostOf(side, this.#sides, this.#picture));
    else return;
    event.preventDefault();
  }

  #set(side: Side, pixels: number): void {
    const most = mostOf(side, this.#sides, this.#picture);
    const value = Math.max(0, Math.min(pixels, most));
    if (value !== this.#sides[side]) this.#changed({ ...this.#sides, [side]: value });
  }
}

function put(el: HTMLElement, x: number, y: number, width: number, height: number): void {
  el.style.left = `${x}px`;
  el.style.top = `${y}px`;
  el.style.width = `${Math.max(width, 1)}px`;
  el.style.height = `${Math.max(height, 1)}px`;
}
