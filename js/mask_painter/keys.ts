/* The keys of a painter's stage: all that a pointer can do, and shortcuts for the controls. Tab is not
   among them: it always leaves. */

import { fill } from "../shared/words";
import type { Point } from "./camera";
import type { Stage } from "./stage";
import type { Tool, Tools } from "./tools";
import type { Words } from "./words";

// CSS px that an arrow moves the cursor
const CURSOR_STEP = 12;
const ZOOM = 1.25;
const TOOLS: Record<string, Tool> = { b: "brush", e: "eraser", r: "rectangle", o: "ellipse" };
const ARROWS: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** Whether a key with Ctrl or Cmd is undo or redo: the painter's here, where JupyterLab has its own. */
export function isUndoOrRedo(event: KeyboardEvent): boolean {
  return (event.ctrlKey || event.metaKey) && !event.altKey && /^[zy]$/i.test(event.key);
}

// single keys that work on every control, since no slider or button uses them
const KEYS_ON_CONTROLS = /^[beroxi[\]]$/i;

const NOT_REPEATED = new Set(["Enter", "Escape", "x", "i", "Delete", "Backspace"]);

/** Whether keys type a number or choose in a list there. */
function isTextOrList(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches("select, input[type=number]");
}

export class Keys {
  /** Whether the space bar is down: a drag then pans the picture. */
  panning = false;
  #peeking = false;
  /** The keyboard cursor; null while a pointer is used. */
  #cursor: Point | null = null;
  #pointerAt: Point | null = null;
  #corner: Point | null = null;
  readonly #stage: Stage;
  readonly #tools: Tools;
  readonly #words: Words;
  readonly #announce: (text: string) => void;
  readonly #peek: (on: boolean) => void;

  constructor(
    root: HTMLElement,
    stage: Stage,
    tools: Tools,
    words: Words,
    announce: (text: string) => void,
    peek: (on: boolean) => void,
    signal: AbortSignal,
  ) {
    this.#stage = stage;
    this.#tools = tools;
    this.#words = words;
    this.#announce = announce;
    this.#peek = peek;
    const { el } = stage;
    el.addEventListener(
      "keydown",
      (event) => {
        if (!event.isComposing && this.#keydown(event)) event.preventDefault();
      },
      { signal },
    );
    // a control that was clicked has the focus, and the tooltips promise these keys there too
    root.addEventListener(
      "keydown",
      (event) => {
        if (event.target === el || event.isComposing || isTextOrList(event.target)) return;
        if ((isUndoOrRedo(event) || KEYS_ON_CONTROLS.test(event.key)) && this.#keydown(event)) {
          event.preventDefault();
        }
      },
      { signal },
    );
    el.addEventListener("keyup", (event) => this.#keyup(event.key), { signal });
    el.addEventListener(
      "blur",
      () => {
        // the keyup of a key that is held goes to another element
        this.#keyup(" ");
        if (this.#peeking) this.#keyup("p");
        stage.showCursor(null);
      },
      { signal },
    );
    el.addEventListener("focus", () => stage.showCursor(this.#cursor), { signal });
  }

  /** A pointer is used instead; the keyboard cursor would start from there. */
  pointerUsed(at: Point): void {
    this.#pointerAt = at;
    this.#cursor = null;
    this.#cancelShape();
    this.#stage.showCursor(null);
  }

  #keydown(event: KeyboardEvent): boolean {
    const { mask } = this.#tools;
    if (isUndoOrRedo(event)) {
      // not below a stroke in progress
      if (mask.raster.painting) return true;
      const back = event.key.toLowerCase() === "z" && !event.shiftKey;
      mask.apply({ kind: back ? "undo" : "redo" });
      return true;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const arrow = ARROWS[event.key];
    if (arrow) {
      this.#move(arrow, event.shiftKey);
      return true;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const tool = TOOLS[key];
    if (tool) {
      this.#cancelShape();
      this.#tools.choose("tool", tool);
      return true;
    }
    return this.#command(key, event);
  }

  #command(key: string, { repeat, shiftKey }: KeyboardEvent): boolean {
    // a repeated key would revert its own effect or have none; sizes and zoom repeat
    if (repeat && NOT_REPEATED.has(key)) return true;
    const { mask } = this.#tools;
    const { camera } = this.#stage;
    const busy = mask.raster.painting;
    switch (key) {
      case "Enter":
        if (!busy) this.#paint(shiftKey);
        return true;
      case "Escape":
        if (busy) this.#tools.cancelStroke();
        else if (!this.#cancelShape()) this.#stage.showCursor(null);
        return true;
      case " ":
        this.panning = true;
        this.#stage.el.dataset.panning = "true";
        return true;
      case "p":
        this.#peeking = true;
        this.#peek(true);
        return true;
      case "x":
        this.#tools.swap();
        return true;
      case "i":
      case "Delete":
      case "Backspace":
        if (!busy) mask.apply({ kind: key === "i" ? "invert" : "clear" });
        return true;
      case "[":
      case "]":
        this.#tools.resizeBrush(key === "]");
        return true;
      case "+":
      case "=":
        camera.zoom(camera.scale * ZOOM, this.#cursorOnStage());
        break;
      case "-":
      case "_":
        camera.zoom(camera.scale / ZOOM, this.#cursorOnStage());
        break;
      case "0":
        camera.fit();
        break;
      case "1":
        camera.zoom(1, this.#cursorOnStage());
        break;
      default:
        return false;
    }
    this.#stage.render();
    return true;
  }

  #keyup(key: string): void {
    if (key === " ") {
      this.panning = false;
      delete this.#stage.el.dataset.panning;
    }
    if (key.toLowerCase() === "p") {
      this.#peeking = false;
      this.#peek(false);
    }
  }

  #cursorOnStage(): Point | undefined {
    return this.#cursor ? this.#stage.camera.toStage(this.#cursor) : undefined;
  }

  #move(arrow: Point, fine: boolean): void {
    const { camera } = this.#stage;
    const { width, height } = camera.picture;
    const distance = fine ? 1 : Math.max(1, Math.round(CURSOR_STEP / camera.scale));
    // the centre of a pixel, so that the cursor is on exactly that pixel
    const from = this.#cursor ?? this.#pointerAt ?? { x: width / 2, y: height / 2 };
    const step = (at: number, by: number, size: number) =>
      Math.min(Math.max(Math.floor(at + by * distance), 0), size - 1) + 0.5;
    this.#cursor = { x: step(from.x, arrow.x, width), y: step(from.y, arrow.y, height) };
    const before = { x: camera.x, y: camera.y };
    camera.reveal(this.#cursor);
    this.#stage.showCursor(this.#cursor);
    if (camera.x !== before.x || camera.y !== before.y) this.#stage.render();
    this.#stage.showBrush(this.#tools.paints ? this.#cursor : null, this.#tools.radius);
    if (this.#corner) this.#previewShape(this.#corner, this.#cursor);
    this.#announce(this.#positionWords(this.#cursor));
  }

  #paint(line: boolean): void {
    const at = this.#cursor;
    if (!at) {
      // the first press only shows the cursor: no painting at an unseen place
      this.#move({ x: 0, y: 0 }, true);
      return;
    }
    if (this.#tools.paints) {
      this.#tools.beginStroke(at, line);
      this.#tools.commitStroke();
      return;
    }
    if (!this.#corner) {
      this.#corner = at;
      const { x, y } = this.#pixel(at);
      this.#announce(fill(this.#words.cornerSet, { x, y }));
      return;
    }
    const shape = this.#between(this.#corner, at);
    this.#cancelShape();
    if (shape) this.#tools.apply(shape);
  }

  #cancelShape(): boolean {
    const had = this.#corner !== null;
    this.#corner = null;
    this.#stage.showShape(null);
    return had;
  }

  #previewShape(from: Point, to: Point): void {
    this.#stage.showShape(this.#between(from, to));
  }

  /** The shape that contains both pixels. */
  #between(from: Point, to: Point) {
    const low = { x: Math.min(from.x, to.x) - 0.5, y: Math.min(from.y, to.y) - 0.5 };
    const high = { x: Math.max(from.x, to.x) + 0.5, y: Math.max(from.y, to.y) + 0.5 };
    return this.#tools.shapeBetween(low, high, { square: false, subtract: false });
  }

  #pixel({ x, y }: Point): { x: string; y: string } {
    return { x: String(Math.floor(x)), y: String(Math.floor(y)) };
  }

  #positionWords(at: Point): string {
    const { raster } = this.#tools.mask;
    const set = (raster.pixels[Math.floor(at.y) * raster.width + Math.floor(at.x)] ?? 0) & 1;
    const state = set ? this.#words.painted : this.#words.notPainted;
    return fill(this.#words.at, { ...this.#pixel(at), state });
  }
}
