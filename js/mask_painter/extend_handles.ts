/* The handles by which a picture's sides are dragged outwards, or moved by keys: four sliders around the
   picture with its new ground. They lie over the stage, beside what is painted on. */
import { element } from "../shared/dom";
import { extendedSize, mostOf, SIDES, type Side } from "../shared/side_numbers";
import { fill } from "../shared/words";
import type { Point } from "./camera";
import type { SidesCopy } from "./sides_copy";
import type { Stage } from "./stage";
import type { Words } from "./words";

// picture px of an arrow, of one with Shift, and of Page Up and Page Down
const STEP = 16;
const FINE_STEP = 1;
const PAGE_STEP = 128;
// CSS px from an edge to the middle of its handle, and from the stage's edge to a handle in view
const OUTSIDE = 15;
const INSIDE = 30;
// where "outwards" is on the stage
const OUTWARDS: Record<Side, Point> = {
  left: { x: -1, y: 0 },
  top: { x: 0, y: -1 },
  right: { x: 1, y: 0 },
  bottom: { x: 0, y: 1 },
};
const LABELS = {
  left: "extendLeft",
  top: "extendTop",
  right: "extendRight",
  bottom: "extendBottom",
} as const;

interface Drag {
  side: Side;
  pointer: number;
  from: Point;
  /** Picture pixels when it began, and CSS pixels of each: the view may zoom out meanwhile. */
  start: number;
  scale: number;
}

export class ExtendHandles {
  readonly el = element("div", { class: "lumen-painter-handles", hidden: "" });
  readonly #handles = new Map<Side, HTMLElement>();
  readonly #stage: Stage;
  readonly #copy: SidesCopy;
  readonly #words: Words;
  #drag: Drag | null = null;
  /** The side that a key has changed, until it is up. */
  #keyed: Side | null = null;

  constructor(stage: Stage, copy: SidesCopy, words: Words, signal: AbortSignal) {
    this.#stage = stage;
    this.#copy = copy;
    this.#words = words;
    for (const side of SIDES) {
      const across = OUTWARDS[side].x !== 0;
      const handle = element("div", {
        class: "lumen-painter-handle",
        role: "slider",
        tabindex: "0",
        "aria-label": words[LABELS[side]],
        "aria-orientation": across ? "horizontal" : "vertical",
        "aria-valuemin": "0",
        "data-side": side,
      });
      handle.title = words[LABELS[side]];
      this.#handles.set(side, handle);
      this.#listen(side, handle);
      this.el.append(handle);
    }
    signal.addEventListener("abort", () => {
      // the view is removed during a drag: nobody has let go of it
      if (this.#drag) this.#end(() => copy.cancel());
      else this.#commitKeys();
    });
  }

  /** Whether a side is being dragged. */
  get dragging(): boolean {
    return this.#drag !== null;
  }

  /** Whether the side that is being moved has left the view. */
  get lost(): boolean {
    const side = this.#drag?.side ?? this.#keyed;
    return side !== null && this.#isHidden(side);
  }

  /** Puts the handles where the edges are, and says what each has. */
  update(): void {
    const { camera } = this.#stage;
    const { left, top, right, bottom } = camera.edges;
    const { sides } = this.#copy;
    const size = extendedSize(camera.picture, sides);
    const between = (low: number, high: number, length: number) =>
      (Math.max(low, 0) + Math.min(high, length)) / 2;
    // in the middle of what is seen of the edge
    const middle = {
      x: between(left, right, camera.stage.width),
      y: between(top, bottom, camera.stage.height),
    };
    for (const [side, handle] of this.#handles) {
      const { x, y } = OUTWARDS[side];
      const place = camera.edges[side] + (x + y) * OUTSIDE;
      const at = x === 0 ? { x: middle.x, y: place } : { x: place, y: middle.y };
      handle.style.transform = `translate(${at.x}px, ${at.y}px) translate(-50%, -50%)`;
      const most = mostOf(side, sides, camera.picture);
      handle.setAttribute("aria-valuemax", String(most));
      handle.setAttribute("aria-disabled", String(most === 0));
      handle.setAttribute("aria-valuenow", String(sides[side]));
      const words = {
        count: String(sides[side]),
        width: String(size.width),
        height: String(size.height),
      };
      handle.setAttribute("aria-valuetext", fill(this.#words.extendValue, words));
    }
  }

  #isHidden(side: Side): boolean {
    const { camera } = this.#stage;
    const at = camera.edges[side];
    const { x, y } = OUTWARDS[side];
    const length = x === 0 ? camera.stage.height : camera.stage.width;
    return x + y < 0 ? at < INSIDE : at > length - INSIDE;
  }

  #listen(side: Side, handle: HTMLElement): void {
    handle.addEventListener("keydown", (event) => {
      if (this.#keydown(side, event)) event.preventDefault();
    });
    // one message for a key, however long it is held
    handle.addEventListener("keyup", () => this.#commitKeys());
    handle.addEventListener("blur", () => this.#commitKeys());
    handle.addEventListener("focus", () => {
      if (!this.#isHidden(side)) return;
      this.#stage.camera.fit();
      this.#stage.render();
    });
    handle.addEventListener("pointerdown", (event) => this.#press(side, handle, event));
    handle.addEventListener("pointermove", (event) => {
      if (event.pointerId !== this.#drag?.pointer) return;
      const { from, start, scale } = this.#drag;
      const at = this.#stage.stagePoint(event);
      const { x, y } = OUTWARDS[side];
      this.#preview(side, start + ((at.x - from.x) * x + (at.y - from.y) * y) / scale);
    });
    handle.addEventListener("pointerup", (event) => {
      if (event.pointerId === this.#drag?.pointer) this.#end(() => this.#copy.commit());
    });
    for (const lost of ["pointercancel", "lostpointercapture"] as const) {
      handle.addEventListener(lost, (event) => {
        // the last place was not chosen by the user
        if (event.pointerId === this.#drag?.pointer) this.#end(() => this.#copy.cancel());
      });
    }
    handle.addEventListener("contextmenu", (event) => {
      // a long press would open a menu over the drag
      if (!this.#drag) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  #press(side: Side, handle: HTMLElement, event: PointerEvent): void {
    if (event.button !== 0 || this.#drag) return;
    event.preventDefault();
    this.#commitKeys();
    handle.focus({ preventScroll: true });
    try {
      handle.setPointerCapture(event.pointerId);
    } catch {
      // the pointer is gone already
      return;
    }
    this.#drag = {
      side,
      pointer: event.pointerId,
      from: this.#stage.stagePoint(event),
      start: this.#copy.sides[side],
      scale: this.#stage.camera.scale,
    };
    handle.dataset.dragged = "true";
  }

  #end(finish: () => void): void {
    const drag = this.#drag;
    if (!drag) return;
    this.#drag = null;
    const handle = this.#handles.get(drag.side);
    delete handle?.dataset.dragged;
    if (handle?.hasPointerCapture(drag.pointer)) handle.releasePointerCapture(drag.pointer);
    finish();
  }

  #keydown(side: Side, event: KeyboardEvent): boolean {
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
    if (ctrlKey || metaKey || altKey) return false;
    if (key === "Escape") {
      this.#keyed = null;
      if (this.#drag) this.#end(() => this.#copy.cancel());
      else this.#copy.cancel();
      return true;
    }
    const now = this.#copy.sides[side];
    const steps = this.#stepsOf(side, key);
    if (key === "Home") this.#byKey(side, 0);
    else if (key === "End") this.#byKey(side, Number.POSITIVE_INFINITY);
    else if (key === "PageUp" || key === "PageDown") {
      this.#byKey(side, now + (key === "PageUp" ? PAGE_STEP : -PAGE_STEP));
    } else if (steps !== 0) this.#byKey(side, now + steps * (shiftKey ? FINE_STEP : STEP));
    else return false;
    return true;
  }

  /** How many steps outwards an arrow leads: along the handle's way as it points, across it as on any
      slider, up and right for more. */
  #stepsOf(side: Side, key: string): number {
    const { x, y } = OUTWARDS[side];
    const along = { ArrowLeft: -x, ArrowRight: x, ArrowUp: -y, ArrowDown: y }[key];
    if (along === undefined) return 0;
    return along || (key === "ArrowRight" || key === "ArrowUp" ? 1 : -1);
  }

  #byKey(side: Side, pixels: number): void {
    // not below a drag
    if (this.#drag) return;
    this.#keyed = side;
    this.#preview(side, pixels);
  }

  #commitKeys(): void {
    if (!this.#keyed) return;
    this.#keyed = null;
    this.#copy.commit();
  }

  #preview(side: Side, pixels: number): void {
    const { sides } = this.#copy;
    const most = mostOf(side, sides, this.#stage.camera.picture);
    const whole = Math.round(Math.min(Math.max(pixels, 0), most));
    if (whole !== sides[side]) this.#copy.preview({ ...sides, [side]: whole });
  }
}
