/* The pictures that a form has made, as a strip under its button: one is selected, and its actions stand
   below. Enter or a double click shows it large between the two, and the strip goes on beside it. */
import { remember, remembered } from "../shared/browser_memory";
import { element, icon, setText } from "../shared/dom";
import { newId } from "../shared/ids";
import { isComposing, isModified } from "../shared/keyboard";
import { type LargePicture, LargeView, NEIGHBOURS } from "../shared/large_view";
import { type Action, PictureToolbar } from "../shared/picture_actions";
import { fill } from "../shared/words";
import type { FormResult } from "./messages";
import type { StripState } from "./strip_state";
import type { Words } from "./words";

/** Milliseconds after which it is said that a picture waits for the kernel. */
const BUSY_MS = 1000;
/** Pixels beside what is seen of the strip whose pictures are fetched too. */
const AHEAD_PX = 400;
const ENLARGE = ["M9.5 2H14v4.5", "M14 2L9 7", "M6.5 14H2V9.5", "M2 14l5-5"];

/** What goes on elsewhere in the form. */
type ElsewhereAction = "paint" | "extend" | "compare";

const ELSEWHERE = new Set<Action>(["paint", "extend", "compare"]);

export interface StripHooks {
  /** What the page knows the form by. */
  form: string;
  /** What the same again costs, in words. */
  price: (picture: FormResult) => string;
  /** Who charges for it; empty for the sandbox. */
  host: () => string;
  /** Sends what was typed. */
  flush: () => void;
  /** The settings of a picture are about to be offered. */
  offered: () => void;
  /** A picture was taken to be painted on, extended or compared: that goes on elsewhere in the form. */
  goOn: (action: ElsewhereAction) => void;
}

export class ResultStrip {
  readonly el: HTMLElement;
  readonly #state: StripState;
  readonly #words: Words;
  readonly #list: HTMLElement;
  readonly #more = element("p", { class: "lumen-hint", hidden: "" });
  readonly #name = element("span", { class: "lumen-result-name", dir: "auto", lang: "" });
  readonly #facts = element("span", { class: "lumen-result-facts" });
  readonly #waiting = element("p", { class: "lumen-hint", role: "status" });
  readonly #toolbar: PictureToolbar;
  readonly #large: LargeView;
  readonly #enlarge = element("button", { type: "button", class: "lumen-button" });
  readonly #tiles = new Map<string, Tile>();
  readonly #view = newId();
  #selected = "";
  /** Where the browser keeps which one the user has selected. */
  readonly #kept: string;
  /** Whether the user has selected a picture: until then it is the newest. */
  #chosen = false;
  /** Whether it has a place of its own, where the picture that is selected is always large. */
  readonly #isWide: boolean;
  #enlarged: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What is near enough to be seen: only its copies are asked for. */
  #wanted: ReadonlySet<string> = new Set();

  constructor(
    state: StripState,
    words: Words,
    hooks: StripHooks,
    isWide: boolean,
    signal: AbortSignal,
  ) {
    this.#state = state;
    this.#words = words;
    this.#isWide = isWide;
    this.#kept = `lumen-selected:${hooks.form}`;
    this.#enlarged = isWide;
    const heading = element("h3", { class: "lumen-label", id: `lumen-${newId()}` }, words.results);
    this.#list = element("div", {
      class: "lumen-results",
      role: "listbox",
      "aria-orientation": "horizontal",
      "aria-labelledby": heading.id,
    });
    this.#large = new LargeView(
      state.copies,
      state.connection,
      { ...words, backToAll: isWide ? "" : words.resultSmall },
      { move: (by) => this.#move(by, this.#large.stage), close: () => this.#reduce() },
      signal,
    );
    this.#large.el.hidden = true;
    this.#large.el.addEventListener("keydown", (event) => this.#largeKey(event));
    this.#enlarge.append(icon(...ENLARGE), element("span", {}, words.resultLarge));
    this.#enlarge.addEventListener("click", () => this.#toggleLarge());
    this.#toolbar = new PictureToolbar(
      state.actions,
      // the offer and the like stand elsewhere in the form, and have the focus
      { ...words, doneRecall: "", donePaint: "", doneExtend: "", doneCompare: "" },
      {
        price: () => {
          const picture = this.#picture();
          return picture === undefined ? "" : hooks.price(picture);
        },
        host: hooks.host,
        before: hooks.flush,
        acted: ({ action, error }) => {
          if (error !== "") return;
          if (action === "recall") hooks.offered();
          else if (isElsewhere(action) && this.#isUsed) hooks.goOn(action);
        },
        more: isWide ? [] : [this.#enlarge],
      },
      signal,
    );
    const about = element("p", { class: "lumen-result-about" }, this.#name, " ", this.#facts);
    this.el = element(
      "section",
      { class: "lumen-strip", "aria-labelledby": heading.id, hidden: "" },
      heading,
      this.#list,
      this.#large.el,
      this.#waiting,
      about,
      this.#toolbar.el,
      this.#more,
    );
    this.#list.addEventListener("keydown", (event) => this.#keydown(event));
    this.#list.addEventListener("scroll", () => this.#want(), { passive: true });
    this.el.addEventListener("focusin", () => {
      this.#chosen = true;
    });
    state.listen((part) => {
      if (part === "results") this.#showAll();
    }, signal);
    state.copies.listen(() => this.#showCopies(), signal);
    state.actions.listen(() => this.#showStars(), signal);
    signal.addEventListener("abort", () => {
      state.copies.forget(this.#view);
      clearTimeout(this.#timer);
    });
    this.#showAll();
  }

  /** Brings prices and the like up to date. */
  update(): void {
    this.#showSelected();
  }

  /** Focuses the picture that is selected. */
  focus(): void {
    this.#tiles.get(this.#selected)?.el.focus();
  }

  /** The user has sent something: of what comes the newest is selected, unless another is chosen. */
  follow(): void {
    if (this.el.contains(document.activeElement)) return;
    this.#chosen = false;
    remember("sessionStorage", this.#kept, null);
  }

  /** Selects the newest picture and leads to it. */
  enterNewest(): void {
    const newest = this.#state.pictures[0];
    if (newest !== undefined) this.#select(newest.key);
  }

  /** Whether nobody has gone on to something else since a button here was pressed. */
  get #isUsed(): boolean {
    const active = document.activeElement;
    return active === null || active === document.body || this.el.contains(active);
  }

  #picture(): FormResult | undefined {
    return this.#state.pictures.find(({ key }) => key === this.#selected);
  }

  #showAll(): void {
    const { pictures, total } = this.#state;
    this.el.hidden = pictures.length === 0;
    const keys = new Set(pictures.map(({ key }) => key));
    for (const [key, tile] of this.#tiles) {
      if (keys.has(key)) continue;
      tile.el.remove();
      this.#tiles.delete(key);
    }
    let after: Element | null = null;
    for (const picture of pictures) {
      const tile = this.#tiles.get(picture.key) ?? this.#newTile(picture);
      // only what is new is put in: a tile that is moved would lose the focus
      if (tile.el.parentNode === null) {
        if (after === null) this.#list.prepend(tile.el);
        else after.after(tile.el);
      }
      after = tile.el;
    }
    const newest = pictures[0]?.key ?? "";
    const kept = remembered("sessionStorage", this.#kept);
    if (this.#selected === "" && typeof kept === "string" && keys.has(kept)) {
      this.#selected = kept;
      this.#chosen = true;
    }
    if (!this.#chosen || !keys.has(this.#selected)) {
      if (this.#selected !== newest) this.#list.scrollLeft = 0;
      this.#selected = newest;
    }
    this.#more.hidden = total <= pictures.length;
    const counts = { shown: String(pictures.length), total: String(total) };
    setText(this.#more, fill(this.#words.resultsMore, counts));
    this.#showSelected();
    this.#showStars();
    this.#want();
  }

  #newTile(picture: FormResult): Tile {
    const tile = new Tile(picture, {
      selected: () => this.#select(picture.key),
      opened: () => this.#openLarge(),
    });
    this.#tiles.set(picture.key, tile);
    return tile;
  }

  /** Selects a picture; the focus goes to its tile, or stays where it is looked at. */
  #select(key: string, focus?: HTMLElement): void {
    this.#chosen = true;
    this.#selected = key;
    remember("sessionStorage", this.#kept, key);
    this.#showSelected();
    const tile = this.#tiles.get(key)?.el;
    (focus ?? tile)?.focus();
    tile?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  }

  #move(by: number, focus?: HTMLElement): void {
    const keys = this.#state.pictures.map(({ key }) => key);
    const to = Math.max(0, Math.min(keys.length - 1, keys.indexOf(this.#selected) + by));
    const next = keys[to];
    if (next !== undefined) this.#select(next, focus);
  }

  #openLarge(): void {
    this.#enlarged = true;
    this.#showLarge();
    this.#large.stage.focus({ preventScroll: true });
    this.#large.el.scrollIntoView?.({ block: "nearest" });
  }

  #reduce(): void {
    this.#enlarged = this.#isWide;
    this.#showLarge();
    this.focus();
  }

  #toggleLarge(): void {
    if (this.#enlarged) this.#reduce();
    else this.#openLarge();
  }

  #showLarge(): void {
    const { pictures } = this.#state;
    const at = pictures.findIndex(({ key }) => key === this.#selected);
    const picture = pictures[at];
    const isShown = this.#enlarged && picture !== undefined;
    this.#enlarge.setAttribute("aria-expanded", String(isShown));
    if (!isShown) {
      if (!this.#large.el.hidden) this.#large.hide();
      this.#large.el.hidden = true;
      return;
    }
    this.#large.el.hidden = false;
    const near = (from: number, to: number) =>
      pictures.slice(from, to).map((one) => this.#largeOf(one));
    this.#large.show({
      picture: this.#largeOf(picture),
      before: near(Math.max(0, at - NEIGHBOURS), at).reverse(),
      after: near(at + 1, at + 1 + NEIGHBOURS),
      position: { place: at + 1, count: pictures.length },
    });
  }

  #showSelected(): void {
    for (const [key, tile] of this.#tiles) tile.select(key === this.#selected);
    const picture = this.#picture();
    this.#toolbar.show(picture === undefined ? [] : [picture]);
    this.#showLarge();
    if (picture === undefined) return;
    setText(this.#name, picture.name);
    const { width, height, model } = picture;
    const size = { width: String(width), height: String(height) };
    setText(this.#facts, fill(this.#words.resultFacts, { ...size, model }));
  }

  #showStars(): void {
    for (const tile of this.#tiles.values())
      tile.star(this.#state.actions.isStarred(tile.sha256), this.#words.doneStar);
  }

  /** Asks for the tiles that are seen, and those beside them. */
  #want(): void {
    const { scrollLeft, clientWidth } = this.#list;
    const from = Math.abs(scrollLeft) - AHEAD_PX;
    const to = Math.abs(scrollLeft) + clientWidth + AHEAD_PX;
    const rtl = getComputedStyle(this.#list).direction === "rtl";
    const wanted = this.#state.pictures.filter(({ key }) => {
      const el = this.#tiles.get(key)?.el;
      if (el === undefined) return false;
      const start = rtl ? clientWidth - el.offsetLeft - el.offsetWidth : el.offsetLeft;
      return start + el.offsetWidth >= from && start <= to;
    });
    this.#wanted = new Set(wanted.map(({ sha256 }) => sha256));
    this.#state.copies.want(
      this.#view,
      [...this.#wanted].map((sha256) => ({ sha256, copy: "tile" as const })),
    );
    this.#showCopies();
  }

  #showCopies(): void {
    const { copies, connection } = this.#state;
    let missing = false;
    for (const tile of this.#tiles.values()) {
      const url = copies.get(tile.sha256, "tile");
      const reason = copies.error(tile.sha256, "tile");
      tile.show(
        url,
        reason === "" ? "" : fill(this.#words.resultGone, { name: tile.name, reason }),
      );
      missing ||= this.#wanted.has(tile.sha256) && url === undefined && reason === "";
    }
    clearTimeout(this.#timer);
    if (!missing || connection.ended) setText(this.#waiting, "");
    else {
      const say = () => setText(this.#waiting, this.#words.resultWaiting);
      this.#timer = setTimeout(say, BUSY_MS);
    }
  }

  #keydown(event: KeyboardEvent): void {
    if (isModified(event) || isComposing(event)) return;
    const forward = getComputedStyle(this.#list).direction === "rtl" ? -1 : 1;
    const steps: Record<string, number> = {
      ArrowRight: forward,
      ArrowLeft: -forward,
      Home: Number.NEGATIVE_INFINITY,
      End: Number.POSITIVE_INFINITY,
    };
    const by = steps[event.key];
    if (by !== undefined) this.#move(by);
    else if (event.key === "Enter") this.#openLarge();
    else if (event.key === "Escape" && this.#enlarged) this.#reduce();
    else if (!this.#toolbar.key(event)) return;
    event.preventDefault();
  }

  #largeOf(picture: FormResult): LargePicture {
    const { sha256, width, height } = picture;
    return { sha256, width, height, alt: picture.name };
  }

  /** The letters of the actions, also beside a large picture; its own keys are dealt with by then. */
  #largeKey(event: KeyboardEvent): void {
    if (!event.defaultPrevented && this.#toolbar.key(event)) event.preventDefault();
  }
}

function isElsewhere(action: Action): action is ElsewhereAction {
  return ELSEWHERE.has(action);
}

interface TileHooks {
  selected: () => void;
  opened: () => void;
}

class Tile {
  readonly el: HTMLElement;
  readonly sha256: string;
  readonly name: string;
  readonly #img = element("img", { alt: "", draggable: "false", hidden: "" });
  readonly #star = element(
    "span",
    { class: "lumen-result-star", hidden: "", "aria-hidden": "true" },
    "★",
  );
  readonly #starred = element("span", { class: "lumen-heard" });

  constructor(picture: FormResult, { selected, opened }: TileHooks) {
    this.sha256 = picture.sha256;
    this.name = picture.name;
    this.el = element(
      "div",
      { class: "lumen-result", role: "option", tabindex: "-1", "aria-selected": "false" },
      this.#img,
      element("span", { class: "lumen-heard", dir: "auto" }, picture.name),
      this.#star,
      this.#starred,
    );
    this.el.title = picture.name;
    this.el.style.aspectRatio = `${picture.width} / ${picture.height}`;
    this.el.addEventListener("click", selected);
    this.el.addEventListener("dblclick", opened);
  }

  show(url: string | undefined, error: string): void {
    this.#img.hidden = url === undefined;
    if (url !== undefined && this.#img.src !== url) this.#img.src = url;
    this.el.classList.toggle("lumen-result-gone", error !== "");
    this.el.title = error || this.name;
  }

  select(yes: boolean): void {
    this.el.setAttribute("aria-selected", String(yes));
    this.el.tabIndex = yes ? 0 : -1;
  }

  star(yes: boolean, words: string): void {
    this.#star.hidden = !yes;
    setText(this.#starred, yes ? ` · ${words}` : "");
  }
}
