/* The list of rows in one view: a virtual list, of which only the rows near the screen are in the page.
   An ARIA feed: one stop for Tab, arrows and Page keys from row to row, each row with its position. */
import { element } from "../shared/dom";
import type { RowView } from "./row_view";
import type { KnownRow } from "./rows";
import { rowAt, rowOffsets, visibleRange } from "./windowing";

// px of a row that was not measured yet, about the height of most
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
  readonly #createView: (row: KnownRow) => RowView;
  readonly #updateView: (view: RowView, row: KnownRow) => void;
  readonly #views = new Map<string, RowView>();
  readonly #heights = new Map<string, number>();
  readonly #resizeObserver = new ResizeObserver(() => this.#resized());
  #rows: KnownRow[] = [];
  #offsets: number[] = [0];
  #active = "";
  #width = 0;

  constructor(
    label: string,
    createView: (row: KnownRow) => RowView,
    updateView: (view: RowView, row: KnownRow) => void,
    signal: AbortSignal,
  ) {
    this.#createView = createView;
    this.#updateView = updateView;
    this.#feed.setAttribute("aria-label", label);
    this.el.append(this.#feed);
    this.el.addEventListener("scroll", () => this.#layOut());
    this.el.addEventListener("keydown", (event) => this.#keydown(event));
    this.el.addEventListener("focusin", (event) => this.#focusMoved(event.target));
    this.#resizeObserver.observe(this.el);
    signal.addEventListener("abort", () => this.#resizeObserver.disconnect());
  }

  /** The rows that are in the page. */
  get shown(): KnownRow[] {
    return this.#rows.filter((row) => this.#views.has(row.key));
  }

  /** Sets the rows of the list, in this order. */
  show(rows: KnownRow[]): void {
    const anchor = this.#scrollAnchor();
    this.#rows = rows;
    this.el.hidden = rows.length === 0;
    if (!rows.some((row) => row.key === this.#active)) this.#active = rows[0]?.key ?? "";
    this.#layOut(anchor);
  }

  /** Updates the rows that are in the page. */
  refresh(): void {
    for (const row of this.shown) this.#update(row);
    this.#layOut();
  }

  /** Calls `visit` with each row that is in the page. */
  each(visit: (view: RowView, row: KnownRow) => void): void {
    for (const row of this.shown) {
      const view = this.#views.get(row.key);
      if (view) visit(view, row);
    }
  }

  /** Focuses a row and scrolls it into view; returns whether the list has it. */
  focus(key: string): boolean {
    const place = this.#rows.findIndex((row) => row.key === key);
    if (place < 0) return false;
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

  /** The scroll anchor: the row at the top, and how far it is scrolled; it stays in its place. */
  #scrollAnchor(): { key: string; by: number } | undefined {
    const top = this.el.scrollTop;
    const row = top > 0 ? this.#rows[rowAt(this.#offsets, top)] : undefined;
    if (!row) return undefined;
    return { key: row.key, by: top - (this.#offsets[this.#rows.indexOf(row)] ?? 0) };
  }

  #layOut(anchor = this.#scrollAnchor()): void {
    for (let pass = 0; pass < MAX_PASSES; pass += 1) {
      this.#offsets = rowOffsets(
        this.#rows.map((row) => this.#heights.get(row.key) ?? ESTIMATED_HEIGHT),
      );
      let top = this.el.scrollTop;
      const place = anchor ? this.#rows.findIndex((row) => row.key === anchor.key) : -1;
      if (anchor && place >= 0) top = (this.#offsets[place] ?? 0) + anchor.by;
      this.#mount(...visibleRange(this.#offsets, top, this.#height));
      if (Math.abs(top - this.el.scrollTop) >= 1) this.el.scrollTop = top;
      if (!this.#measure()) break;
    }
  }

  /** Puts these rows into the page, in order, with padding for the height of the others. */
  #mount(first: number, last: number): void {
    const wanted = this.#rows.slice(first, last);
    // a row with the focus stays in the page, wherever the list is scrolled to
    const focused = this.#rows.findIndex((row) =>
      this.#views.get(row.key)?.el.contains(document.activeElement),
    );
    const kept = this.#rows[focused];
    let above = this.#offsets[first] ?? 0;
    let below = (this.#offsets.at(-1) ?? 0) - (this.#offsets[last] ?? 0);
    if (kept && focused < first) {
      wanted.unshift(kept);
      above -= this.#heights.get(kept.key) ?? 0;
    } else if (kept && focused >= last) {
      wanted.push(kept);
      below -= this.#heights.get(kept.key) ?? 0;
    }
    this.#feed.style.paddingBlock = `${above}px ${below}px`;

    const keys = new Set(wanted.map((row) => row.key));
    for (const [key, view] of this.#views) {
      if (keys.has(key)) continue;
      this.#resizeObserver.unobserve(view.el);
      view.el.remove();
      this.#views.delete(key);
    }
    let next = this.#feed.firstElementChild;
    for (const row of wanted) {
      const view = this.#viewOf(row);
      if (view.el === next) next = next.nextElementSibling;
      else this.#feed.insertBefore(view.el, next);
      view.el.ariaPosInSet = String(this.#rows.indexOf(row) + 1);
      view.el.ariaSetSize = String(this.#rows.length);
      view.setTabbable(row.key === this.#active);
    }
    // one row has to be a stop for Tab, whatever part of the list is in the page
    if (!keys.has(this.#active) && wanted[0]) this.#viewOf(wanted[0]).setTabbable(true);
  }

  #viewOf(row: KnownRow): RowView {
    const known = this.#views.get(row.key);
    if (known) return known;
    const view = this.#createView(row);
    view.el.dataset.key = row.key;
    this.#views.set(row.key, view);
    this.#update(row);
    this.#resizeObserver.observe(view.el);
    return view;
  }

  #update(row: KnownRow): void {
    const view = this.#views.get(row.key);
    if (view) this.#updateView(view, row);
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
    const at = this.#rows.findIndex((row) => row.key === this.#active);
    const to = Math.min(Math.max(move(at, this.#rows.length), 0), this.#rows.length - 1);
    const row = this.#rows[to];
    if (row) this.focus(row.key);
    event.preventDefault();
  }
}
