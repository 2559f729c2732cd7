/* The keys of a painter's stage: everything that a pointer does, and short ways to the controls. Tab is
   not among them: it always leaves. */

import { fill } from "../shared/words";
import type { Point } from "./camera";
import type { Stage } from "./stage";
import type { Hand, Tool } from "./tools";
import type { Words } from "./words";

// CSS px that an arrow moves the cursor
const STRIDE = 12;
const ZOOM = 1.25;
const TOOLS: Record<string, Tool> = { b: "brush", e: "eraser", r: "rectangle", o: "ellipse" };
const ARROWS: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** Whether a key with Ctrl or Cmd is the painter's: undo and redo, which JupyterLab has for cells. */
export function isChange(event: KeyboardEvent): boolean {
  return (event.ctrlKey || event.metaKey) && !event.altKey && /^[zy]$/i.test(event.key);
}

// single keys that work on every control: none that a slider or a button has itself
const ANYWHERE = /^[beroxi[\]]$/i;

const ONCE = new Set(["Enter", "Escape", "x", "i", "Delete", "Backspace"]);

/** Whether keys make text or numbers there, or choose in a list. */
function isTyped(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches("select, input[type=number]");
}

export class Keys {
  /** Whether the space bar is down: a drag then moves the picture. */
  panning = false;
  #peeking = false;
  /** Where the keyboard's cursor is; null while a pointer is used. */
  #cursor: Point | null = null;
  #pointed: Point | null = null;
  #corner: Point | null = null;
  readonly #stage: Stage;
  readonly #hand: Hand;
  readonly #words: Words;
  readonly #say: (text: string) => void;
  readonly #peek: (on: boolean) => void;

  constructor(
    root: HTMLElement,
    stage: Stage,
    hand: Hand,
    words: Words,
    say: (text: string) => void,
    peek: (on: boolean) => void,
    signal: AbortSignal,
  ) {
    this.#stage = stage;
    this.#hand = hand;
    this.#words = words;
    this.#say = say;
    this.#peek = peek;
    const { el } = stage;
    el.addEventListener(
      "keydown",
      (event) => {
        if (!event.isComposing && this.#press(event)) event.preventDefault();
      },
      { signal },
    );
    // what was clicked last has the focus, and its button promises these keys too
    root.addEventListener(
      "keydown",
      (event) => {
        if (event.target === el || event.isComposing || isTyped(event.target)) return;
        if ((isChange(event) || ANYWHERE.test(event.key)) && this.#press(event)) {
          event.preventDefault();
        }
      },
      { signal },
    );
    el.addEventListener("keyup", (event) => this.#release(event.key), { signal });
    el.addEventListener(
      "blur",
      () => {
        // what is held is let go of elsewhere, where nobody here would hear of it
        this.#release(" ");
        if (this.#peeking) this.#release("p");
        stage.cursor(null);
      },
      { signal },
    );
    el.addEventListener("focus", () => stage.cursor(this.#cursor), { signal });
  }

  /** A pointer took over, at a place from where the keyboard would go on. */
  pointed(at: Point): void {
    this.#pointed = at;
    this.#cursor = null;
    this.#giveUp();
    this.#stage.cursor(null);
  }

  #press(event: KeyboardEvent): boolean {
    const { document } = this.#hand;
    if (isChange(event)) {
      // not under a stroke that is being drawn
      if (document.raster.painting) return true;
      const back = event.key.toLowerCase() === "z" && !event.shiftKey;
      document.do({ kind: back ? "undo" : "redo" });
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
      this.#giveUp();
      this.#hand.choose("tool", tool);
      return true;
    }
    return this.#command(key, event);
  }

  #command(key: string, { repeat, shiftKey }: KeyboardEvent): boolean {
    // held, these would undo what they just did, or do it for nothing; sizes and zooms go on
    if (repeat && ONCE.has(key)) return true;
    const { document } = this.#hand;
    const { camera } = this.#stage;
    const busy = document.raster.painting;
    switch (key) {
      case "Enter":
        if (!busy) this.#paint(shiftKey);
        return true;
      case "Escape":
        if (busy) this.#hand.abandon();
        else if (!this.#giveUp()) this.#stage.cursor(null);
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
        this.#hand.swap();
        return true;
      case "i":
      case "Delete":
      case "Backspace":
        if (!busy) document.do({ kind: key === "i" ? "invert" : "clear" });
        return true;
      case "[":
      case "]":
        this.#hand.resize(key === "]");
        return true;
      case "+":
      case "=":
        camera.zoom(camera.scale * ZOOM, this.#onStage());
        break;
      case "-":
      case "_":
        camera.zoom(camera.scale / ZOOM, this.#onStage());
        break;
      case "0":
        camera.fit();
        break;
      case "1":
        camera.zoom(1, this.#onStage());
        break;
      default:
        return false;
    }
    this.#stage.look();
    return true;
  }

  #release(key: string): void {
    if (key === " ") {
      this.panning = false;
      delete this.#stage.el.dataset.panning;
    }
    if (key.toLowerCase() === "p") {
      this.#peeking = false;
      this.#peek(false);
    }
  }

  #onStage(): Point | undefined {
    return this.#cursor ? this.#stage.camera.toStage(this.#cursor) : undefined;
  }

  #move(arrow: Point, fine: boolean): void {
    const { camera } = this.#stage;
    const { width, height } = camera.picture;
    const stride = fine ? 1 : Math.max(1, Math.round(STRIDE / camera.scale));
    // the centre of a pixel, so that what is under it is that pixel
    const from = this.#cursor ?? this.#pointed ?? { x: width / 2, y: height / 2 };
    const step = (at: number, by: number, size: number) =>
      Math.min(Math.max(Math.floor(at + by * stride), 0), size - 1) + 0.5;
    this.#cursor = { x: step(from.x, arrow.x, width), y: step(from.y, arrow.y, height) };
    const before = { x: camera.x, y: camera.y };
    camera.reveal(this.#cursor);
    this.#stage.cursor(this.#cursor);
    if (camera.x !== before.x || camera.y !== before.y) this.#stage.look();
    this.#stage.brush(this.#hand.paints ? this.#cursor : null, this.#hand.radius);
    if (this.#corner) this.#showShape(this.#corner, this.#cursor);
    this.#say(this.#whereWords(this.#cursor));
  }

  #paint(line: boolean): void {
    const at = this.#cursor;
    if (!at) {
      // the cursor appears first, so that nobody paints where they cannot see
      this.#move({ x: 0, y: 0 }, true);
      return;
    }
    if (this.#hand.paints) {
      this.#hand.press(at, line);
      this.#hand.lift();
      return;
    }
    if (!this.#corner) {
      this.#corner = at;
      const { x, y } = this.#pixel(at);
      this.#say(fill(this.#words.cornerSet, { x, y }));
      return;
    }
    const shape = this.#between(this.#corner, at);
    this.#giveUp();
    if (shape) this.#hand.put(shape);
  }

  #giveUp(): boolean {
    const had = this.#corner !== null;
    this.#corner = null;
    this.#stage.shape(null);
    return had;
  }

  #showShape(from: Point, to: Point): void {
    this.#stage.shape(this.#between(from, to));
  }

  /** The shape that holds both pixels. */
  #between(from: Point, to: Point) {
    const low = { x: Math.min(from.x, to.x) - 0.5, y: Math.min(from.y, to.y) - 0.5 };
    const high = { x: Math.max(from.x, to.x) + 0.5, y: Math.max(from.y, to.y) + 0.5 };
    return this.#hand.shape(low, high, { square: false, subtract: false });
  }

  #pixel({ x, y }: Point): { x: string; y: string } {
    return { x: String(Math.floor(x)), y: String(Math.floor(y)) };
  }

  #whereWords(at: Point): string {
    const { raster } = this.#hand.document;
    const set = (raster.pixels[Math.floor(at.y) * raster.width + Math.floor(at.x)] ?? 0) & 1;
    const state = set ? this.#words.painted : this.#words.notPainted;
    return fill(this.#words.at, { ...this.#pixel(at), state });
  }
}
