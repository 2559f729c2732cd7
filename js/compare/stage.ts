/* Pictures in panes that zoom and pan in step: beside each other, or upon each other. All lie in one frame,
   so that a point of it is at the same place of every pane. It knows no mode: whoever shows it says which
   pictures lie where, and may take a drag for itself. */

import type { Connection } from "../shared/connection";
import { element, setText } from "../shared/dom";
import { newId } from "../shared/ids";
import type { LargeWords } from "../shared/large_words";
import { DISPLAY_SIDE, type PictureCopies, type WantedCopy } from "../shared/picture_copies";
import { type Point, type Size, WHEEL, Zoom } from "../shared/zoom";
import type { FramePlace, FrameSize } from "./messages";

/** A kernel that has sent no copy after so many milliseconds is busy with a cell. */
const BUSY_MS = 1500;
/** Bytes of files that are fetched before anybody has zoomed: a comparison is looked at closely. */
const MOST_AHEAD = 48 * 1024 * 1024;
/** CSS pixels that a drag moves at least: less is a click. */
const SLACK = 4;
/** Milliseconds after the last movement, when pictures are drawn sharply again. */
const SETTLE_MS = 160;
/** The part of the window's height, and CSS pixels, that panes take at most. */
const HEIGHT_PART = 0.76;
const MOST_HEIGHT = 860;
const LEAST_HEIGHT = 200;
/** CSS pixels between panes. */
const GAP = 6;

/** A picture as a stage needs it. */
export interface StagePicture {
  sha256: string;
  width: number;
  height: number;
  bytes: number;
  place: FramePlace;
}

/** What is to be seen. */
export interface Arrangement {
  /** Beside each other, or upon each other: then the last one is on top. */
  layout: "beside" | "upon";
  /** Places among the stage's pictures, in order. */
  shown: readonly number[];
  /** What stands in place of each that is shown. */
  alts: readonly string[];
  /** Pictures that will be shown next, whose copies are wanted ahead. */
  ahead?: readonly number[];
  /** CSS pixels of width from which all stand in one row, though they may be smaller in it. */
  rowFrom?: number;
  /** Whether their difference is to be seen, of the files themselves. */
  blended?: boolean;
}

export interface StageHooks {
  /** The zoom, the size or the pictures have changed. */
  drawn?(): void;
  /** A press at a point of a pane: what is returned takes the drag, until it is called with null. */
  grab?(at: Point): ((to: Point | null) => void) | null;
  /** A click that moved nothing; returns whether it was used, and two of them zoom nothing then. */
  tap?(at: Point): boolean;
}

/** One picture, in a box of its own. */
class Pane {
  readonly el: HTMLElement;
  /** What lies in the pane, and stays where it is while the pane is cut. */
  readonly inner = element("div", { class: "lumen-pane-inner" });
  /** What zoom and pan move: as large as the frame. */
  readonly world = element("div", { class: "lumen-pane-world" });
  /** A copy of it, and its file above that. */
  readonly copy = element("img", { draggable: "false", alt: "" });
  readonly file = element("img", { draggable: "false", alt: "", hidden: "" });
  /** The addresses that are decoded. */
  readonly decoded = new Set<string>();

  constructor(
    readonly picture: StagePicture,
    frame: FrameSize,
  ) {
    const { left, top, width, height } = picture.place;
    for (const image of [this.copy, this.file]) {
      image.style.left = `${left}px`;
      image.style.top = `${top}px`;
      image.style.width = `${width}px`;
      image.style.height = `${height}px`;
    }
    this.world.style.width = `${frame.width}px`;
    this.world.style.height = `${frame.height}px`;
    this.world.append(this.copy, this.file);
    this.inner.append(this.world);
    this.el = element("div", { class: "lumen-pane" }, this.inner);
  }

  /** Shows only what is right of a place, or left of it where that is negative: by two shifts, which a
      screen draws without drawing the picture anew. */
  cut(shift: number): void {
    this.el.style.transform = shift === 0 ? "" : `translateX(${shift}px)`;
    this.inner.style.transform = shift === 0 ? "" : `translateX(${-shift}px)`;
  }

  /** Shows a copy of this address, once it is decoded. */
  load(image: HTMLImageElement, url: string | undefined, done: () => void): void {
    if (url === undefined || image.getAttribute("src") === url) return;
    const wanted = url;
    image.src = url;
    // a file that no browser can decode is left as it is: the notice says what is known of it
    image.decode?.().then(
      () => {
        this.decoded.add(wanted);
        done();
      },
      () => undefined,
    );
  }

  isDecoded(image: HTMLImageElement): boolean {
    return this.decoded.has(image.getAttribute("src") ?? "");
  }
}

export class Stage {
  /** What has the focus while somebody looks at the pictures. */
  readonly el: HTMLElement;
  /** What the pictures wait for, in words. */
  readonly notice = element("p", { class: "lumen-stage-notice", role: "status" });
  /** What the panes are in. */
  readonly #box = element("div", { class: "lumen-panes" });
  readonly #pictures: readonly StagePicture[];
  readonly #frame: FrameSize;
  readonly #copies: PictureCopies;
  readonly #connection: Connection;
  readonly #words: LargeWords;
  readonly #hooks: StageHooks;
  readonly #view = newId();
  readonly #zoom = new Zoom();
  readonly #panes: Pane[];
  readonly #pointers = new Map<number, Point>();
  #size: Size = { width: 0, height: 0 };
  #arrangement: Arrangement = { layout: "beside", shown: [], alts: [] };
  #since = 0;
  #busyTimer = 0;
  #settleTimer = 0;
  /** Takes the drag that is going on, where somebody grabbed it. */
  #taken: ((to: Point | null) => void) | null = null;
  #travelled = 0;
  #tapUsed = false;

  constructor(
    pictures: readonly StagePicture[],
    frame: FrameSize,
    copies: PictureCopies,
    connection: Connection,
    words: LargeWords,
    hooks: StageHooks,
    signal: AbortSignal,
  ) {
    this.#pictures = pictures;
    this.#frame = frame;
    this.#copies = copies;
    this.#connection = connection;
    this.#words = words;
    this.#hooks = hooks;
    this.#panes = pictures.map((picture) => new Pane(picture, frame));
    this.#zoom.begin(frame);
    const attributes = { class: "lumen-stage", role: "group", tabindex: "0", dir: "ltr" };
    this.el = element("div", attributes, this.#box);
    this.#followPointers(signal);
    const observer = new ResizeObserver(() => this.layOut());
    observer.observe(this.el);
    window.addEventListener("resize", () => this.layOut(), { signal });
    copies.listen(() => this.draw(), signal);
    connection.listen(() => this.draw(), signal);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      window.clearTimeout(this.#busyTimer);
      window.clearTimeout(this.#settleTimer);
      copies.forget(this.#view);
    });
  }

  /** CSS pixels of a pixel of the frame. */
  get scale(): number {
    return this.#zoom.scale;
  }

  /** Whether all of the frame is in view. */
  get fitted(): boolean {
    return this.#zoom.fitted;
  }

  /** The part of a pane, across, in which the frame is seen: CSS pixels. */
  get seen(): { left: number; right: number } {
    const { x, scale } = this.#zoom;
    const { width } = this.#size;
    return {
      left: Math.max(0, x),
      right: Math.min(width, x + this.#frame.width * scale),
    };
  }

  /** Adds something that lies upon a picture, in its pane. */
  label(place: number, label: HTMLElement): void {
    this.#panes[place]?.inner.append(label);
  }

  /** Cuts pictures that lie upon each other: the first is seen left of a place, the second right of it. */
  cut(left: number, right: number, at: number): void {
    this.#hold();
    this.#panes[left]?.cut(at - this.#size.width);
    this.#panes[right]?.cut(at);
  }

  /** Shows one of pictures that lie upon each other; null shows all. */
  only(place: number | null): void {
    this.#panes.forEach((pane, one) => {
      const isOn = place === null || place === one;
      pane.el.toggleAttribute("data-on", isOn);
      pane.el.setAttribute("aria-hidden", String(!isOn));
    });
  }

  /** How many of these pictures would be there within a frame. */
  ready(places: readonly number[]): number {
    return places.filter((place) => {
      const pane = this.#panes[place];
      return pane !== undefined && (pane.isDecoded(pane.copy) || pane.isDecoded(pane.file));
    }).length;
  }

  /** Shows pictures in this way; zoom and place stay as they are. */
  arrange(arrangement: Arrangement): void {
    const before = this.#arrangement;
    this.#arrangement = arrangement;
    this.el.dataset.layout = arrangement.layout;
    this.el.toggleAttribute("data-blended", arrangement.blended ?? false);
    for (const pane of this.#panes) pane.cut(0);
    const panes = arrangement.shown.flatMap((place) => this.#panes[place] ?? []);
    panes.forEach((pane, at) => {
      const alt = arrangement.alts[at] ?? "";
      if (pane.copy.alt !== alt) pane.copy.alt = alt;
      if (pane.file.alt !== alt) pane.file.alt = alt;
    });
    const elements = panes.map((pane) => pane.el);
    const children = [...this.#box.children];
    // only where it has to be: what is moved is drawn anew
    if (children.length !== elements.length || elements.some((el, at) => children[at] !== el)) {
      this.#box.replaceChildren(...elements);
    }
    if (before.shown.join() !== arrangement.shown.join() || before.blended !== arrangement.blended)
      this.#wait();
    this.layOut();
  }

  /** Zooms by a factor; what is at `about`, a point of a pane, stays there. */
  zoomBy(factor: number, about?: Point): void {
    this.#move(() => this.#zoom.to(this.#zoom.scale * factor, about));
    this.#waitForFiles();
  }

  /** Shows each pixel of the finest picture as one of the screen's CSS pixels. */
  toPixels(about?: Point): void {
    this.#zoom.to(1, about);
    this.#waitForFiles();
    this.draw();
  }

  fit(): void {
    this.#zoom.fitAll();
    this.draw();
  }

  pan(across: number, down: number): void {
    this.#move(() => this.#zoom.pan(across, down));
  }

  /** Brings a part of the frame into view, with some room around it. */
  reveal({ left, top, width, height }: FramePlace): void {
    const { width: across, height: down } = this.#size;
    const wanted = 0.7 * Math.min(across / Math.max(width, 1), down / Math.max(height, 1));
    this.#zoom.to(wanted);
    const { scale, x, y } = this.#zoom;
    this.#zoom.pan(
      across / 2 - (x + (left + width / 2) * scale),
      down / 2 - (y + (top + height / 2) * scale),
    );
    this.#waitForFiles();
    this.draw();
  }

  /** Gives the panes their size: as large as the room allows, with the frame's proportions. */
  layOut(): void {
    const { layout, shown, rowFrom = Number.POSITIVE_INFINITY } = this.#arrangement;
    const across = this.el.clientWidth;
    if (across === 0) return;
    // what the styles leave it, where it is shown in a room of a certain height; else NaN
    const room = Number.parseFloat(getComputedStyle(this.el).maxBlockSize);
    const most = room || Math.min(HEIGHT_PART * window.innerHeight, MOST_HEIGHT);
    const count = layout === "beside" ? Math.max(shown.length, 1) : 1;
    const isRow = across >= rowFrom;
    const { columns, rows } = isRow
      ? { columns: count, rows: 1 }
      : gridOf(count, across, most, this.#frame);
    const width = (across - (columns - 1) * GAP) / columns;
    const natural = Math.min(width / this.#frame.width, 1) * this.#frame.height;
    const height = Math.min(Math.max(natural, LEAST_HEIGHT), (most - (rows - 1) * GAP) / rows);
    this.el.style.setProperty("--lumen-columns", String(columns));
    this.el.style.setProperty("--lumen-pane-height", `${Math.round(height)}px`);
    this.#size = { width, height: Math.round(height) };
    this.#zoom.resize(this.#size);
    this.draw();
  }

  /** Draws what is there, and asks for what is not. */
  draw(): void {
    const { shown, ahead = [] } = this.#arrangement;
    this.#copies.want(this.#view, this.#wants(shown, ahead));
    const { x, y, scale, fitted } = this.#zoom;
    const redraw = () => this.draw();
    for (const place of new Set([...shown, ...ahead])) {
      const pane = this.#panes[place];
      if (!pane) continue;
      const { sha256 } = pane.picture;
      const copy = this.#copies.get(sha256, "display") ?? this.#copies.get(sha256, "tile");
      pane.load(pane.copy, copy, redraw);
      if (!shown.includes(place)) continue;
      const needsFile = this.#needsFile(pane.picture);
      if (needsFile) pane.load(pane.file, this.#copies.get(sha256, "original"), redraw);
      // it stays once it was needed: to change back and forth at each zoom would draw both anew
      pane.file.hidden = !pane.isDecoded(pane.file);
      // what has an alpha would be seen twice
      pane.copy.hidden = !pane.file.hidden || copy === undefined;
      pane.world.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
      const own = (scale * pane.picture.place.width) / pane.picture.width;
      pane.world.toggleAttribute("data-pixels", own >= 3);
    }
    this.el.toggleAttribute("data-zoomed", !fitted);
    this.#box.style.clipPath = this.#arrangement.blended ? this.#inside() : "";
    setText(this.notice, this.#waitWords());
    this.#hooks.drawn?.();
  }

  /** The frame without its outermost pixels, whose edges two pictures share with the ground behind. */
  #inside(): string {
    const { x, y, scale } = this.#zoom;
    const { width, height } = this.#size;
    const ends = [
      y,
      width - x - this.#frame.width * scale,
      height - y - this.#frame.height * scale,
      x,
    ];
    return `inset(${ends.map((end) => `${Math.ceil(Math.max(end, 0) + 1)}px`).join(" ")})`;
  }

  #wants(shown: readonly number[], ahead: readonly number[]): WantedCopy[] {
    const pictures = (places: readonly number[]) =>
      places.flatMap((place) => this.#pictures[place] ?? []);
    const [now, next] = [pictures(shown), pictures(ahead)];
    const files = now.filter((one) => this.#needsFile(one));
    const later = [...now, ...next].filter((one) => isLarge(one) && !files.includes(one));
    const total = later.reduce((sum, one) => sum + one.bytes, 0);
    const name =
      (copy: WantedCopy["copy"]) =>
      ({ sha256 }: StagePicture): WantedCopy => ({ sha256, copy });
    return [
      ...now.map(name("display")),
      ...files.map(name("original")),
      ...next.map(name("display")),
      ...(total <= MOST_AHEAD ? later : []).map(name("original")),
    ];
  }

  /** Whether the screen shows more pixels than a display copy has. */
  #needsFile(picture: StagePicture): boolean {
    if (!isLarge(picture)) return false;
    if (this.#arrangement.blended) return true;
    const { width, height } = picture.place;
    const shown = Math.max(width, height) * this.#zoom.scale * devicePixelRatio;
    return !this.#zoom.fitted && shown > DISPLAY_SIDE * 1.1;
  }

  /** What the pictures wait for, in words; empty if they are here. */
  #waitWords(): string {
    const words = this.#words;
    const late = performance.now() - this.#since >= BUSY_MS;
    for (const place of this.#arrangement.shown) {
      const { sha256 } = this.#pictures[place] ?? { sha256: "" };
      const tile = this.#copies.get(sha256, "tile") !== undefined;
      if (this.#copies.get(sha256, "display") !== undefined) continue;
      const error = this.#copies.error(sha256, "display");
      if (error !== "") return error;
      if (this.#connection.ended) return tile ? words.copyLost : words.copyLostBlank;
      if (!late) return words.copyLoading;
      return tile ? words.copyWaits : words.copyWaitsBlank;
    }
    for (const place of this.#arrangement.shown) {
      const picture = this.#pictures[place];
      if (!picture || !this.#needsFile(picture) || this.#connection.ended) continue;
      if (this.#copies.get(picture.sha256, "original") !== undefined) continue;
      const error = this.#copies.error(picture.sha256, "original");
      return error || (late ? words.pixelsWait : words.copyLoading);
    }
    return "";
  }

  /** Begins to wait for copies: after a while the kernel is said to be busy. */
  #wait(): void {
    this.#since = performance.now();
    window.clearTimeout(this.#busyTimer);
    this.#busyTimer = window.setTimeout(() => this.draw(), BUSY_MS);
  }

  #waitForFiles(): void {
    const wanted = this.#arrangement.shown.flatMap((place) => this.#pictures[place] ?? []);
    const isMissing = ({ sha256 }: StagePicture) =>
      this.#copies.get(sha256, "original") === undefined;
    if (wanted.some((one) => this.#needsFile(one) && isMissing(one))) this.#wait();
  }

  /** Moves the pictures as one layer, and draws them sharply again once that has ended. */
  #move(change: () => void): void {
    this.#hold();
    change();
    this.draw();
  }

  #hold(): void {
    this.el.toggleAttribute("data-moving", true);
    window.clearTimeout(this.#settleTimer);
    this.#settleTimer = window.setTimeout(() => this.el.removeAttribute("data-moving"), SETTLE_MS);
  }

  /** A point of the pane that an event is over. */
  #at(event: MouseEvent): Point {
    const over = event.target instanceof Element ? event.target.closest(".lumen-pane") : null;
    const box = (
      this.#arrangement.layout === "beside" && over ? over : this.#box
    ).getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #followPointers(signal: AbortSignal): void {
    const stage = this.el;
    const pointers = this.#pointers;
    // a drag goes on outside of the pane in which it began
    let origin: Point = { x: 0, y: 0 };
    const inPane = (event: PointerEvent) => ({
      x: event.clientX - origin.x,
      y: event.clientY - origin.y,
    });
    stage.addEventListener(
      "pointerdown",
      (event) => {
        if (event.button !== 0) return;
        const at = this.#at(event);
        origin = { x: event.clientX - at.x, y: event.clientY - at.y };
        this.#travelled = pointers.size === 0 ? 0 : SLACK + 1;
        pointers.set(event.pointerId, at);
        stage.setPointerCapture?.(event.pointerId);
        if (pointers.size > 1) this.#release();
        else this.#taken = this.#hooks.grab?.(at) ?? null;
      },
      { signal },
    );
    stage.addEventListener(
      "pointermove",
      (event) => {
        const from = pointers.get(event.pointerId);
        if (from === undefined) return;
        const to = inPane(event);
        this.#travelled += Math.hypot(to.x - from.x, to.y - from.y);
        this.#drag(event.pointerId, from, to);
      },
      { signal },
    );
    const end = (event: PointerEvent) => {
      const at = pointers.get(event.pointerId);
      if (at === undefined) return;
      pointers.delete(event.pointerId);
      const taken = this.#taken !== null;
      if (pointers.size === 0) this.#release();
      if (event.type !== "pointerup" || taken || this.#travelled > SLACK) return;
      this.#tapUsed = this.#hooks.tap?.(at) ?? false;
    };
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
      stage.addEventListener(type, end, { signal });
    }
    stage.addEventListener(
      "wheel",
      (event) => {
        // without the focus the wheel scrolls the notebook; a pinch on a touchpad comes with Ctrl
        if (!event.ctrlKey && !stage.contains(document.activeElement)) return;
        event.preventDefault();
        const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
        const pinch = event.ctrlKey ? 4 : 1;
        this.zoomBy(Math.exp(-event.deltaY * lines * WHEEL * pinch), this.#at(event));
      },
      { signal, passive: false },
    );
    stage.addEventListener(
      "dblclick",
      (event) => {
        if (this.#tapUsed) return;
        if (this.#zoom.fitted) this.toPixels(this.#at(event));
        else this.fit();
      },
      { signal },
    );
  }

  #release(): void {
    this.#taken?.(null);
    this.#taken = null;
  }

  #drag(pointer: number, from: Point, to: Point): void {
    this.#pointers.set(pointer, to);
    const other = [...this.#pointers].find(([id]) => id !== pointer)?.[1];
    if (other === undefined) {
      if (this.#taken) this.#taken(to);
      else if (!this.#zoom.fitted) this.pan(to.x - from.x, to.y - from.y);
      return;
    }
    const apart = (point: Point) => Math.hypot(point.x - other.x, point.y - other.y);
    const middle = { x: (to.x + other.x) / 2, y: (to.y + other.y) / 2 };
    this.#zoom.pan((to.x - from.x) / 2, (to.y - from.y) / 2);
    this.zoomBy(apart(to) / Math.max(apart(from), 1), middle);
  }
}

function isLarge({ width, height }: StagePicture): boolean {
  return Math.max(width, height) > DISPLAY_SIDE;
}

/** How many panes stand beside and below each other, so that the pictures are largest. */
export function gridOf(
  count: number,
  across: number,
  down: number,
  frame: Size,
): { columns: number; rows: number } {
  let best = { columns: 1, rows: count };
  let [largest, fewest] = [0, count];
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const wide = (across - (columns - 1) * GAP) / columns / frame.width;
    const scale = Math.min(wide, (down - (rows - 1) * GAP) / rows / frame.height);
    const empty = columns * rows - count;
    // where both are as large: fewer empty places, then more columns, which is less to scroll
    if (scale > largest || (scale === largest && empty <= fewest))
      [best, largest, fewest] = [{ columns, rows }, scale, empty];
  }
  return best;
}
