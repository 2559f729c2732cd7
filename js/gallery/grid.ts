/* The grid of tiles in one view: of many pictures only those near the screen are in the page. It knows
   places; what is at one is asked of its view. An ARIA listbox: one stop for Tab, arrows from tile to tile,
   Enter opens, Space selects. */
import { element, icon, setText } from "../shared/dom";
import { isModified } from "../shared/keyboard";
import { fill } from "../shared/words";
import type { GalleryItem } from "./messages";
import { CAPTION, GAP, gridHeight, gridRange, gridShape } from "./windowing";
import type { Words } from "./words";

const STAR = ["M8 1.8l1.9 4 4.3.5-3.2 3 .9 4.3L8 11.5l-3.9 2.1.9-4.3-3.2-3 4.3-.5z"];
const TICK = ["M3.5 8.5l3 3 6-7"];
/** CSS pixels of a grid that is not in a page yet. */
const DEFAULT_WIDTH = 640;
const DEFAULT_HEIGHT = 480;

/** What a grid shows at a place. */
export interface TileState {
  item: GalleryItem | undefined;
  /** The address of its tile in this page. */
  url: string | undefined;
  /** Why there is none. */
  error: string;
  starred: boolean;
  /** Whether it is one of those to be acted on. */
  marked: boolean;
  /** Whether it is the one that is selected. */
  current: boolean;
}

export interface GridHooks {
  tile(place: number): TileState;
  open(place: number): void;
  mark(place: number, through: number): void;
  /** Called whenever other tiles may have come into the page. */
  laidOut(): void;
  /** Another tile has the focus. */
  moved(place: number): void;
  /** A key that is none of the grid's. */
  key(event: KeyboardEvent): void;
}

interface Tile {
  el: HTMLElement;
  image: HTMLImageElement;
  note: HTMLElement;
  caption: HTMLElement;
}

export class Grid {
  /** The scroll container. */
  readonly el = element("div", { class: "lumen-gallery-scroll" });
  readonly #list: HTMLElement;
  readonly #words: Words;
  readonly #hooks: GridHooks;
  readonly #tiles = new Map<number, Tile>();
  #count = 0;
  #active = 0;
  /** From which tile Shift marks. */
  #from = 0;
  #range: [number, number] = [0, 0];
  /** Where the grid is scrolled to: a front end that takes it out of its page forgets that. */
  #top = 0;

  constructor(words: Words, hooks: GridHooks, signal: AbortSignal) {
    this.#words = words;
    this.#hooks = hooks;
    this.#list = element("div", {
      class: "lumen-gallery-grid",
      role: "listbox",
      "aria-multiselectable": "true",
      "aria-label": `${words.pictures}: ${words.gridHelp}`,
    });
    this.el.append(this.#list);
    this.el.addEventListener("scroll", () => {
      if (this.el.clientHeight > 0) this.#top = this.el.scrollTop;
      this.#layOut();
    });
    this.#list.addEventListener("keydown", (event) => this.#keydown(event));
    this.#list.addEventListener("focusin", (event) => this.#focusMoved(event.target));
    this.#list.addEventListener("click", (event) => this.#clicked(event));
    const observer = new ResizeObserver(() => {
      if (this.el.clientHeight === 0) return;
      this.el.scrollTop = this.#top;
      this.#layOut();
    });
    observer.observe(this.el);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** The places that are in the page, those on screen first. */
  get near(): number[] {
    const { pitch, columns } = this.#shape;
    const first = Math.floor(this.#top / pitch) * columns;
    const last = Math.ceil((this.#top + this.#height) / pitch) * columns;
    const places = [...this.#tiles.keys()];
    const isSeen = (place: number) => place >= first && place < last;
    return [...places.filter(isSeen), ...places.filter((place) => !isSeen(place))];
  }

  /** The first place in the page, and the one after the last. */
  get range(): [number, number] {
    return this.#range;
  }

  get active(): number {
    return this.#active;
  }

  /** Shows so many places; from the top if that is said. */
  show(count: number, fromTop = false): void {
    this.#count = count;
    this.#active = fromTop ? 0 : Math.min(this.#active, Math.max(count - 1, 0));
    this.#from = Math.min(this.#from, this.#active);
    this.el.hidden = count === 0;
    if (fromTop) {
      this.#top = 0;
      this.el.scrollTop = 0;
    }
    this.#layOut();
  }

  /** Updates the tiles that are in the page. */
  refresh(): void {
    for (const place of this.#tiles.keys()) this.#update(place);
  }

  /** Scrolls a tile into view, and focuses it if that is said. */
  reveal(place: number, focused: boolean): void {
    this.#activate(Math.min(Math.max(place, 0), Math.max(this.#count - 1, 0)));
    const { columns, pitch } = this.#shape;
    const at = Math.floor(this.#active / columns) * pitch;
    const end = at + pitch - GAP;
    if (at < this.#top) this.#top = at;
    else if (end > this.#top + this.#height) this.#top = end - this.#height;
    this.el.scrollTop = this.#top;
    this.#layOut();
    if (focused) this.#tiles.get(this.#active)?.el.focus({ preventScroll: true });
  }

  get #height(): number {
    return this.el.clientHeight || DEFAULT_HEIGHT;
  }

  get #shape() {
    return gridShape(this.#list.clientWidth || DEFAULT_WIDTH);
  }

  #layOut(): void {
    const shape = this.#shape;
    this.#list.style.blockSize = `${gridHeight(this.#count, shape)}px`;
    const [first, last] = gridRange(this.#count, shape, this.#top, this.#height);
    this.#range = [first, last];
    const wanted: number[] = [];
    for (let place = first; place < last; place += 1) wanted.push(place);
    // the tile with the focus stays in the page, wherever the grid is scrolled to
    const focused = [...this.#tiles].find(([, { el }]) => el === el.ownerDocument.activeElement);
    const kept = focused?.[0];
    if (kept !== undefined && kept < this.#count && kept < first) wanted.unshift(kept);
    if (kept !== undefined && kept < this.#count && kept >= last) wanted.push(kept);

    const places = new Set(wanted);
    for (const [place, { el }] of this.#tiles) {
      if (places.has(place)) continue;
      el.remove();
      this.#tiles.delete(place);
    }
    let next = this.#list.firstElementChild;
    for (const place of wanted) {
      const { el } = this.#tileAt(place);
      if (el === next) next = next.nextElementSibling;
      else this.#list.insertBefore(el, next);
      const row = Math.floor(place / shape.columns);
      const column = place % shape.columns;
      el.style.insetBlockStart = `${row * shape.pitch}px`;
      el.style.insetInlineStart = `${column * (shape.side + GAP)}px`;
      el.style.inlineSize = `${shape.side}px`;
      el.style.blockSize = `${shape.side + CAPTION}px`;
      el.ariaPosInSet = String(place + 1);
      el.ariaSetSize = String(this.#count);
      el.tabIndex = place === this.#active ? 0 : -1;
    }
    // one tile has to be a stop for Tab, whatever part of the grid is in the page
    const stop = wanted[0];
    if (!places.has(this.#active) && stop !== undefined) this.#tileAt(stop).el.tabIndex = 0;
    this.#hooks.laidOut();
  }

  #tileAt(place: number): Tile {
    const known = this.#tiles.get(place);
    if (known) return known;
    const image = element("img", { alt: "", draggable: "false", hidden: "" });
    const note = element("span", { class: "lumen-tile-note" });
    const caption = element("span", { class: "lumen-tile-caption", dir: "auto" });
    const mark = element("span", { class: "lumen-tile-mark", "aria-hidden": "true" });
    mark.append(icon(...TICK));
    const star = element("span", { class: "lumen-tile-star", "aria-hidden": "true" });
    star.append(icon(...STAR));
    const frame = element("div", { class: "lumen-tile-frame" }, image, note, mark, star);
    const el = element("div", { class: "lumen-tile", role: "option" }, frame, caption);
    el.dataset.place = String(place);
    const tile = { el, image, note, caption };
    this.#tiles.set(place, tile);
    this.#update(place);
    return tile;
  }

  #update(place: number): void {
    const tile = this.#tiles.get(place);
    if (!tile) return;
    const { item, url, error, starred, marked, current } = this.#hooks.tile(place);
    const words = this.#words;
    const { el, image, note, caption } = tile;
    if (url === undefined) image.removeAttribute("src");
    else if (image.getAttribute("src") !== url) image.src = url;
    image.hidden = url === undefined;
    const failed = item?.missing ? words.fileGone : error && words.tileFailed;
    note.title = error;
    setText(note, url === undefined ? failed || words.tileLoading : "");
    const prompt = item?.prompt || fill(words.noPrompt, { number: String((item?.index ?? 0) + 1) });
    setText(caption, item ? prompt : "");
    caption.title = item ? prompt : "";
    const label = item
      ? fill(starred ? words.tileStarred : words.tile, {
          prompt,
          width: String(item.width),
          height: String(item.height),
        })
      : words.tileLoading;
    el.setAttribute("aria-label", failed ? `${label}. ${failed}` : label);
    el.setAttribute("aria-selected", String(marked));
    el.toggleAttribute("data-starred", starred);
    el.toggleAttribute("data-current", current);
    el.toggleAttribute("data-missing", Boolean(failed));
  }

  #activate(place: number): void {
    if (place === this.#active) return;
    const before = this.#tiles.get(this.#active);
    if (before) before.el.tabIndex = -1;
    this.#active = place;
    const after = this.#tiles.get(place);
    if (after) after.el.tabIndex = 0;
  }

  #focusMoved(target: EventTarget | null): void {
    const place = placeOf(target);
    if (place === undefined) return;
    this.#activate(place);
    this.#hooks.moved(place);
  }

  #clicked(event: MouseEvent): void {
    const place = placeOf(event.target);
    if (place === undefined) return;
    const onMark = event.target instanceof Element && event.target.closest(".lumen-tile-mark");
    if (event.shiftKey) this.#hooks.mark(this.#from, place);
    else if (onMark || event.ctrlKey || event.metaKey) this.#hooks.mark(place, place);
    else this.#hooks.open(place);
    if (!event.shiftKey) this.#from = place;
  }

  #keydown(event: KeyboardEvent): void {
    const { key, shiftKey } = event;
    if (isModified(event) || event.isComposing) return;
    const place = this.#active;
    const { columns, pitch } = this.#shape;
    const screen = Math.max(Math.floor(this.#height / pitch), 1) * columns;
    const rtl = getComputedStyle(this.#list).direction === "rtl" ? -1 : 1;
    const moves: Record<string, number> = {
      ArrowRight: place + rtl,
      ArrowLeft: place - rtl,
      ArrowDown: place + columns,
      ArrowUp: place - columns,
      PageDown: place + screen,
      PageUp: place - screen,
      Home: 0,
      End: this.#count - 1,
    };
    const to = moves[key];
    if (to !== undefined) {
      // from a full row down to a shorter one is to its last tile, else there is nothing that way
      const beyond = to < 0 || to >= this.#count;
      const bounded = Math.min(Math.max(to, 0), this.#count - 1);
      const stays = beyond && (key === "ArrowUp" || key === "ArrowLeft" || key === "ArrowRight");
      if (!stays) {
        this.reveal(bounded, true);
        if (shiftKey) this.#hooks.mark(this.#from, bounded);
        else this.#from = bounded;
      }
    } else if (key === "Enter" && !event.repeat) this.#hooks.open(place);
    else if (key === " " && !event.repeat) {
      this.#from = place;
      this.#hooks.mark(place, place);
    } else if (key !== "Enter" && key !== " ") {
      this.#hooks.key(event);
      return;
    }
    event.preventDefault();
  }
}

function placeOf(target: EventTarget | null): number | undefined {
  const tile = target instanceof Element ? target.closest<HTMLElement>(".lumen-tile") : null;
  return tile ? Number(tile.dataset.place) : undefined;
}
