/* One picture large: zoom by wheel, keys, buttons, drag and pinch; arrow keys go to its neighbours, which are
   fetched and decoded ahead, so that the next one is there at once, also while the kernel runs a cell. It
   knows no list: whoever shows it says what stands beside the picture. */
import type { Connection } from "./connection";
import { element, setText } from "./dom";
import { newId } from "./ids";
import type { LargeWords } from "./large_words";
import { DISPLAY_SIDE, type PictureCopies, type WantedCopy } from "./picture_copies";
import { fill } from "./words";
import { type Point, STEP, WHEEL, Zoom } from "./zoom";

/** Pictures on each side that are fetched ahead. */
export const NEIGHBOURS = 4;
/** A kernel that has sent no copy after so many milliseconds is busy with a cell. */
const BUSY_MS = 1500;
/** CSS pixels that Shift with an arrow moves a zoomed picture. */
const PAN = 60;

/** A picture as a large view needs it. */
export interface LargePicture {
  sha256: string;
  width: number;
  height: number;
  /** What is said in its place. */
  alt: string;
}

/** What is shown, and what stands beside it. */
export interface LargePlace {
  picture: LargePicture;
  /** The nearest first. */
  before: LargePicture[];
  after: LargePicture[];
  /** Its place among all, from 1, and how many those are; null for one that stands alone. */
  position: { place: number; count: number } | null;
}

export interface LargeHooks {
  /** Go to the next picture (1), the previous one (-1), the first (-Infinity) or the last (Infinity). */
  move(by: number): void;
  close(): void;
}

const MOVES: Record<string, number> = {
  ArrowRight: 1,
  ArrowDown: 1,
  PageDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
  PageUp: -1,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};
const PANS: Record<string, [across: number, down: number]> = {
  ArrowRight: [-PAN, 0],
  ArrowLeft: [PAN, 0],
  ArrowDown: [0, -PAN],
  ArrowUp: [0, PAN],
};

/** Controls whose arrow keys are their own. */
const OWN_KEYS = "input, select, textarea";

export class LargeView {
  readonly el: HTMLElement;
  /** What has the focus while somebody looks at the picture. */
  readonly stage: HTMLElement;
  readonly #copies: PictureCopies;
  readonly #connection: Connection;
  readonly #words: LargeWords;
  readonly #hooks: LargeHooks;
  readonly #view = newId();
  readonly #zoom = new Zoom();
  /** Decoded pictures by the address of their copy: what is shown, and its neighbours. */
  readonly #images = new Map<string, HTMLImageElement>();
  /** The addresses of those that are decoded. */
  readonly #decoded = new Set<string>();
  readonly #pointers = new Map<number, Point>();
  readonly #position = element("span", { class: "lumen-large-position" });
  readonly #percent = element("output", { class: "lumen-large-percent" });
  readonly #notice = element("p", { class: "lumen-large-notice", role: "status" });
  readonly #previous: HTMLButtonElement;
  readonly #next: HTMLButtonElement;
  #shown: LargePlace | null = null;
  #since = 0;
  #timer = 0;

  constructor(
    copies: PictureCopies,
    connection: Connection,
    words: LargeWords,
    hooks: LargeHooks,
    signal: AbortSignal,
  ) {
    this.#copies = copies;
    this.#connection = connection;
    this.#words = words;
    this.#hooks = hooks;
    const button = (text: string, label: string, press: () => void) => {
      const made = element("button", { type: "button", class: "lumen-button", title: label }, text);
      if (text !== label) made.setAttribute("aria-label", label);
      made.setAttribute("data-stepwise", "");
      made.addEventListener("click", press);
      return made;
    };
    this.stage = element("div", {
      class: "lumen-large-stage",
      role: "group",
      tabindex: "0",
      "aria-label": words.large,
    });
    this.#previous = button("‹", words.previousPicture, () => hooks.move(-1));
    this.#next = button("›", words.nextPicture, () => hooks.move(1));
    this.el = element(
      "div",
      { class: "lumen-large" },
      element(
        "div",
        { class: "lumen-large-tools" },
        // no words where there is nothing to go back to
        ...(words.backToAll === ""
          ? []
          : [button(words.backToAll, words.backToAll, () => hooks.close())]),
        this.#previous,
        this.#position,
        this.#next,
        element(
          "span",
          { class: "lumen-large-zoom" },
          button("−", words.reduce, () => this.#scale(1 / STEP)),
          this.#percent,
          button("+", words.enlarge, () => this.#scale(STEP)),
          button(words.fitView, words.fitView, () => this.#fit()),
          button(words.everyPixel, words.everyPixel, () => this.#toPixels()),
        ),
      ),
      this.stage,
      this.#notice,
    );
    this.el.addEventListener("keydown", (event) => this.#keydown(event), { signal });
    this.#followPointers(signal);
    const observer = new ResizeObserver(() => this.#resized());
    observer.observe(this.stage);
    copies.listen(() => this.#draw(), signal);
    connection.listen(() => this.#draw(), signal);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      window.clearTimeout(this.#timer);
      copies.forget(this.#view);
    });
  }

  /** The picture that is shown, if any. */
  get picture(): LargePicture | null {
    return this.#shown?.picture ?? null;
  }

  /** Shows a picture with these neighbours; one that is shown already keeps its zoom. */
  show(place: LargePlace): void {
    const isOther = place.picture.sha256 !== this.#shown?.picture.sha256;
    this.#shown = place;
    const { position } = place;
    const words = { place: String(position?.place), count: String(position?.count) };
    setText(this.#position, position === null ? "" : fill(this.#words.position, words));
    this.#previous.setAttribute("aria-disabled", String(place.before.length === 0));
    this.#next.setAttribute("aria-disabled", String(place.after.length === 0));
    if (isOther) {
      this.#zoom.begin(place.picture);
      this.#since = performance.now();
      window.clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#draw(), BUSY_MS);
    }
    this.#resized();
  }

  /** Wants nothing more, until it shows a picture again. */
  hide(): void {
    this.#shown = null;
    window.clearTimeout(this.#timer);
    this.#copies.want(this.#view, []);
    this.#images.clear();
    this.stage.replaceChildren();
  }

  #resized(): void {
    this.#zoom.resize({ width: this.stage.clientWidth, height: this.stage.clientHeight });
    this.#draw();
  }

  /** Whether the screen shows more pixels than a display copy has. */
  get #needsFile(): boolean {
    const { width = 0, height = 0 } = this.#shown?.picture ?? {};
    const longer = Math.max(width, height);
    return (
      longer > DISPLAY_SIDE && longer * this.#zoom.scale * devicePixelRatio > DISPLAY_SIDE * 1.1
    );
  }

  #draw(): void {
    const shown = this.#shown;
    if (shown === null) return;
    const { sha256 } = shown.picture;
    const ahead = this.#ahead(shown);
    const needsFile = this.#needsFile && !this.#zoom.fitted;
    const wants: WantedCopy[] = [{ sha256, copy: "display" }];
    if (needsFile) wants.push({ sha256, copy: "original" });
    wants.push(...ahead.map((one) => ({ sha256: one.sha256, copy: "display" as const })));
    this.#copies.want(this.#view, wants);

    const file = needsFile ? this.#copies.get(sha256, "original") : undefined;
    const display = this.#copies.get(sha256, "display");
    const tile = this.#copies.get(sha256, "tile");
    const next = ahead.map((one) => this.#copies.get(one.sha256, "display"));
    this.#decode([file, display ?? tile, ...next].filter((url) => url !== undefined));
    // how many neighbours would be there within a frame
    const ready = next.filter((url) => url !== undefined && this.#decoded.has(url)).length;
    this.stage.dataset.ahead = String(ready);
    // the file takes a moment to be decoded: its copy stays until then
    const fine = file !== undefined && this.#image(file).complete ? file : (display ?? file);
    this.#place(fine ?? tile, shown.picture);
    setText(this.#notice, this.#waitWords(fine, file, tile, needsFile));
    const percent = Math.round(this.#zoom.scale * 100);
    setText(this.#percent, fill(this.#words.percent, { percent: String(percent) }));
  }

  /** The neighbours on both sides, the nearest first. */
  #ahead({ before, after }: LargePlace): LargePicture[] {
    return Array.from({ length: NEIGHBOURS }, (_, at) => [after[at], before[at]])
      .flat()
      .filter((one) => one !== undefined);
  }

  #decode(urls: string[]): void {
    const kept = new Set(urls);
    for (const url of this.#images.keys()) {
      if (kept.has(url)) continue;
      this.#images.delete(url);
      this.#decoded.delete(url);
    }
    for (const url of urls) this.#image(url);
  }

  /** A picture of this address, which begins to be decoded where it is new. */
  #image(url: string): HTMLImageElement {
    const known = this.#images.get(url);
    if (known) return known;
    const image = element("img", { draggable: "false" });
    image.src = url;
    this.#images.set(url, image);
    // a file that no browser can decode is left as it is: the notice says what is known of it
    image.decode?.().then(
      () => {
        if (this.#images.get(url) !== image) return;
        this.#decoded.add(url);
        this.#draw();
      },
      () => undefined,
    );
    return image;
  }

  /** Puts a copy onto the stage as the zoom says. */
  #place(url: string | undefined, picture: LargePicture): void {
    const before = this.stage.firstElementChild;
    if (url === undefined) {
      if (before) this.stage.replaceChildren();
      return;
    }
    const image = this.#image(url);
    if (image !== before) this.stage.replaceChildren(image);
    if (image.alt !== picture.alt) image.alt = picture.alt;
    const { x, y, scale, fitted } = this.#zoom;
    image.style.inlineSize = `${picture.width * scale}px`;
    image.style.blockSize = `${picture.height * scale}px`;
    image.style.translate = `${x}px ${y}px`;
    image.style.imageRendering = scale >= 3 ? "pixelated" : "";
    this.stage.toggleAttribute("data-zoomed", !fitted);
  }

  /** What the picture waits for, in words; empty if it is here. */
  #waitWords(
    fine: string | undefined,
    file: string | undefined,
    tile: string | undefined,
    needsFile: boolean,
  ): string {
    const sha256 = this.#shown?.picture.sha256 ?? "";
    const words = this.#words;
    const late = performance.now() - this.#since >= BUSY_MS;
    if (fine === undefined) {
      const error = this.#copies.error(sha256, "display");
      if (error !== "") return error;
      if (this.#connection.ended) return tile ? words.copyLost : words.copyLostBlank;
      if (!late) return words.copyLoading;
      return tile ? words.copyWaits : words.copyWaitsBlank;
    }
    if (!needsFile || file !== undefined || this.#connection.ended) return "";
    return this.#copies.error(sha256, "original") || (late ? words.pixelsWait : words.copyLoading);
  }

  #zoomed(): void {
    if (this.#needsFile && this.#copies.get(this.picture?.sha256 ?? "", "original") === undefined) {
      this.#since = performance.now();
      window.clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#draw(), BUSY_MS);
    }
    this.#draw();
  }

  #scale(by: number, about?: Point): void {
    this.#zoom.to(this.#zoom.scale * by, about);
    this.#zoomed();
  }

  #fit(): void {
    this.#zoom.fitAll();
    this.#draw();
  }

  #toPixels(about?: Point): void {
    this.#zoom.to(1, about);
    this.#zoomed();
  }

  #keydown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target instanceof Element && event.target.matches(OWN_KEYS)) return;
    const { key } = event;
    const pan = event.shiftKey ? PANS[key] : undefined;
    const move = event.shiftKey ? undefined : MOVES[key];
    if (pan) {
      this.#zoom.pan(...pan);
      this.#draw();
    } else if (move !== undefined) this.#hooks.move(move);
    else if (key === "+" || key === "=") this.#scale(STEP);
    else if (key === "-") this.#scale(1 / STEP);
    else if (key === "0") this.#fit();
    else if (key === "1") this.#toPixels();
    else if (key === "Escape") this.#hooks.close();
    else return;
    event.preventDefault();
  }

  #at(event: MouseEvent): Point {
    const box = this.stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #followPointers(signal: AbortSignal): void {
    const { stage } = this;
    const pointers = this.#pointers;
    const release = (event: PointerEvent) => pointers.delete(event.pointerId);
    stage.addEventListener(
      "pointerdown",
      (event) => {
        if (event.button !== 0) return;
        pointers.set(event.pointerId, this.#at(event));
        stage.setPointerCapture?.(event.pointerId);
      },
      { signal },
    );
    stage.addEventListener("pointermove", (event) => this.#drag(event), { signal });
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
      stage.addEventListener(type, release, { signal });
    }
    stage.addEventListener(
      "wheel",
      (event) => {
        // without the focus the wheel scrolls the notebook; a pinch on a touchpad comes with Ctrl
        if (!event.ctrlKey && !stage.contains(document.activeElement)) return;
        event.preventDefault();
        const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
        const pinch = event.ctrlKey ? 4 : 1;
        this.#scale(Math.exp(-event.deltaY * lines * WHEEL * pinch), this.#at(event));
      },
      { signal, passive: false },
    );
    stage.addEventListener(
      "dblclick",
      (event) => {
        if (this.#zoom.fitted) this.#toPixels(this.#at(event));
        else this.#fit();
      },
      { signal },
    );
  }

  #drag(event: PointerEvent): void {
    const from = this.#pointers.get(event.pointerId);
    if (from === undefined) return;
    const to = this.#at(event);
    this.#pointers.set(event.pointerId, to);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) {
      this.#zoom.pan(to.x - from.x, to.y - from.y);
      this.#draw();
      return;
    }
    const apart = (point: Point) => Math.hypot(point.x - other.x, point.y - other.y);
    const middle = { x: (to.x + other.x) / 2, y: (to.y + other.y) / 2 };
    this.#zoom.pan((to.x - from.x) / 2, (to.y - from.y) / 2);
    this.#scale(apart(to) / Math.max(apart(from), 1), middle);
  }
}
