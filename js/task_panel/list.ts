/* The list of rows in one view: a virtual list, of which only the rows near the screen are in the page. It
   knows rows by their keys; what is in one is its view's business, also while the page does not know it.
   An ARIA feed: one stop for Tab, arrows and Page keys from row to row, each row with its position. */
import { element } from "../shared/dom";
import type { RowView } from "./row_view";
import { rowAt, rowOffsets, visibleRange } from "./windowing";

// px of a row that was not measured yet, about the height of most; row.css has it too
const ESTIMATED_HEIGHT = 92;
// px of a list that is not in a page yet
const DEFAULT_HEIGHT = 480;
// measured heights may bring other rows on screen, which are then measured too
const MAX_PASSES = 4;

const MOVES: Record<string, (at: number, count: number) => number> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at) => at + 5,
  PageUp: (at) => at - 5,
  Home: () => 0,
  End: (_, count) => count - 1,
};

export class TaskList {
  /** The scroll container. */
  readonly el = element("div", { class: "lumen-tasks-list" });
  readonly #feed = element("div", { role: "feed" });
  readonly #createView: (key: string) => RowView;
  readonly #updateView: (view: RowView, key: string) => void;
  readonly #laidOut: () => void;
  readonly #views = new Map<string, RowView>();
  readonly #heights = new Map<string, number>();
  readonly #resizeObserver = new ResizeObserver(() => this.#resized());
  #keys: string[] = [];
  /** Where each row is in the list. */
  #places = new Map<string, number>();
  /** The first row in the page, and the one after the last. */
  #range: [number, number] = [0, 0];
  #offsets: number[] = [0];
  #active = "";
  #width = 0;

  /** `laidOut` is called whenever other rows may have come into the page. */
  constructor(
    label: string,
    createView: (key: string) => RowView,
    updateView: (view: RowView, key: string) => void,
    laidOut: () => void,
    signal: AbortSignal,
  ) {
    this.#createView = createView;
    this.#updateView = updateView;
    this.#laidOut = laidOut;
    this.#feed.setAttribute("aria-label", label);
    this.el.append(this.#feed);
    this.el.addEventListener("scroll", () => this.#layOut());
    this.el.addEventListener("keydown", (event) => this.#keydown(event));
    this.el.addEventListener("focusin", (event) => this.#focusMoved(event.target));
    this.#resizeObserver.observe(this.el);
    signal.addEventListener("abort", () => this.#resizeObserver.disconnect());
  }

  /** The rows that are in the page. */
  get shown(): string[] {
    return this.#keys.filter((key) => this.#views.has(key));
  }

  /** The rows that are in the page, then as many as `margin` after and before them. */
  near(margin: number): string[] {
    const [first, last] = this.#range;
    return [
      ...this.#keys.slice(first, last + margin),
      ...this.#keys.slice(Math.max(first - margin, 0), first).reverse(),
    ];
  }

  /**
   * Sets the rows of the list, in this order. The focus of one that is gone goes to the row in its place;
   * returns whether there is none, and the focus is lost.
   */
  show(keys: string[]): boolean {
    const anchor = this.#scrollAnchor();
    const focused = this.#focused();
    const before = focused === undefined ? undefined : this.#places.get(focused);
    this.#keys = keys;
    this.#places = new Map(keys.map((key, place) => [key, place]));
    this.el.hidden = keys.length === 0;
    if (!this.#places.has(this.#active)) this.#active = keys[0] ?? "";
    this.#layOut(anchor);
    if (focused === undefined || this.#places.has(focused)) return false;
    const next = keys[Math.min(before ?? 0, keys.length - 1)];
    return next === undefined || !this.focus(next);
  }

  /** Updates the rows that are in the page. */
  refresh(): void {
    this.each(this.#updateView);
    this.#layOut();
  }

  /** Calls `visit` with each row that is in the page. */
  each(visit: (view: RowView, key: string) => void): void {
    for (const [key, view] of this.#views) visit(view, key);
  }

  /** Focuses a row and scrolls it into view; returns whether the list has it. */
  focus(key: string): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    this.#active = key;
    const top = this.#offsets[place] ?? 0;
    const bottom = this.#offsets[place + 1] ?? top;
    if (top < this.el.scrollTop) this.el.scrollTop = top;
    else if (bottom > this.el.scrollTop + this.#height) this.el.scrollTop = bottom - this.#height;
    this.#layOut();
    this.#views.get(key)?.el.focus();
    return true;
  }

  get #height(): number {
    return this.el.clientHeight || DEFAULT_HEIGHT;
  }

  /** The row that has the focus, or in which something has it. */
  #focused(): string | undefined {
    const active = document.activeElement;
    return [...this.#views].find(([, { el }]) => el.contains(active))?.[0];
  }

  /** The scroll anchor: the row at the top, and how far it is scrolled; it stays in its place. */
  #scrollAnchor(): { key: string; by: number } | undefined {
    const top = this.el.scrollTop;
    const place = rowAt(this.#offsets, top);
    const key = top > 0 ? this.#keys[place] : undefined;
    return key === undefined ? undefined : { key, by: top - (this.#offsets[place] ?? 0) };
  }

  #layOut(anchor = this.#scrollAnchor()): void {
    for (let pass = 0; pass < MAX_PASSES; pass += 1) {
      this.#offsets = rowOffsets(
        this.#keys.map((key) => this.#heights.get(key) ?? ESTIMATED_HEIGHT),
      );
      let top = this.el.scrollTop;
      const place = anchor && this.#places.get(anchor.key);
      if (anchor && place !== undefined) top = (this.#offsets[place] ?? 0) + anchor.by;
      this.#mount(...visibleRange(this.#offsets, top, this.#height));
      if (Math.abs(top - this.el.scrollTop) >= 1) this.el.scrollTop = top;
      if (!this.#measure()) break;
    }
    this.#laidOut();
  }

  /** Puts these rows into the page, in order, with padding for the height of the others. */
  #mount(first: number, last: number): void {
    this.#range = [first, last];
    const wanted = this.#keys.slice(first, last);
    // a row with the focus stays in the page, wherever the list is scrolled to
    const kept = this.#focused();
    const place = kept === undefined ? undefined : this.#places.get(kept);
    let above = this.#offsets[first] ?? 0;
    let below = (this.#offsets.at(-1) ?? 0) - (this.#offsets[last] ?? 0);
    if (kept !== undefined && place !== undefined && place < first) {
      wanted.unshift(kept);
      above -= this.#heights.get(kept) ?? 0;
    } else if (kept !== undefined && place !== undefined && place >= last) {
      wanted.push(kept);
      below -= this.#heights.get(kept) ?? 0;
    }
    this.#feed.style.paddingBlock = `${above}px ${below}px`;

    const keys = new Set(wanted);
    for (const [key, view] of this.#views) {
      if (keys.has(key)) continue;
      this.#resizeObserver.unobserve(view.el);
      view.el.remove();
      this.#views.delete(key);
    }
    let next = this.#feed.firstElementChild;
    for (const key of wanted) {
      const view = this.#viewOf(key);
      if (view.el === next) next = next.nextElementSibling;
      else this.#feed.insertBefore(view.el, next);
      view.el.ariaPosInSet = String((this.#places.get(key) ?? 0) + 1);
      view.el.ariaSetSize = String(this.#keys.length);
      view.setTabbable(key === this.#active);
    }
    // one row has to be a stop for Tab, whatever part of the list is in the page
    if (!keys.has(this.#active) && wanted[0]) this.#viewOf(wanted[0]).setTabbable(true);
  }

  #viewOf(key: string): RowView {
    const known = this.#views.get(key);
    if (known) return known;
    const view = this.#createView(key);
    view.el.dataset.key = key;
    this.#views.set(key, view);
    this.#updateView(view, key);
    this.#resizeObserver.observe(view.el);
    return view;
  }

  /** Measures each row in the page; returns whether a height differs from the one assumed. */
  #measure(): boolean {
    let changed = false;
    for (const [key, view] of this.#views) {
      const height = view.el.getBoundingClientRect().height;
      if (height === 0 || Math.abs(height - (this.#heights.get(key) ?? ESTIMATED_HEIGHT)) < 0.5) {
        continue;
      }
      this.#heights.set(key, height);
      changed = true;
    }
    return changed;
  }

  #resized(): void {
    const width = this.el.clientWidth;
    // rows wrap differently at another width
    if (width !== this.#width) this.#heights.clear();
    this.#width = width;
    this.#layOut();
  }

  #focusMoved(target: EventTarget | null): void {
    const key = target instanceof Element && target.closest<HTMLElement>("article")?.dataset.key;
    if (!key || key === this.#active) return;
    this.#views.get(this.#active)?.setTabbable(false);
    this.#active = key;
    this.#views.get(key)?.setTabbable(true);
  }

  #keydown(event: KeyboardEvent): void {
    const inside = event.target instanceof Element && !event.target.matches("article");
    if (event.key === "Escape" && inside) {
      this.#views.get(this.#active)?.el.focus();
      event.preventDefault();
      return;
    }
    const move = MOVES[event.key];
    if (!move || event.target instanceof HTMLInputElement) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const count = this.#keys.length;
    const to = move(this.#places.get(this.#active) ?? 0, count);
    const key = this.#keys[Math.min(Math.max(to, 0), count - 1)];
    if (key !== undefined) this.focus(key);
    event.preventDefault();
  }
}
