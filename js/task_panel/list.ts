/* The list of rows in one view, of which only those near the screen are in the page. A feed, as ARIA
   calls it: one stop for Tab, arrows and Page keys from row to row, each row with its place. */
import { element } from "../shared/dom";
import type { RowView } from "./row_view";
import type { KnownRow } from "./rows";
import { offsets, rowAt, windowOf } from "./windowing";

// px of a row that was never on screen, about what most take
const USUAL_HEIGHT = 92;
// px of a list that has no place in a page yet
const UNPLACED = 480;
// measuring may bring other rows on screen, which are then measured too
const ROUNDS = 4;

const MOVES: Record<string, (at: number, count: number) => number> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at) => at + 5,
  PageUp: (at) => at - 5,
  Home: () => 0,
  End: (_, count) => count - 1,
};

export class TaskList {
  /** What scrolls. */
  readonly el = element("div", { class: "lumen-tasks-list" });
  readonly #feed = element("div", { role: "feed" });
  readonly #make: (row: KnownRow) => RowView;
  readonly #fill: (view: RowView, row: KnownRow) => void;
  readonly #views = new Map<string, RowView>();
  readonly #heights = new Map<string, number>();
  readonly #sizes = new ResizeObserver(() => this.#resized());
  #rows: KnownRow[] = [];
  #starts: number[] = [0];
  #active = "";
  #width = 0;

  constructor(
    label: string,
    make: (row: KnownRow) => RowView,
    fill: (view: RowView, row: KnownRow) => void,
    signal: AbortSignal,
  ) {
    this.#make = make;
    this.#fill = fill;
    this.#feed.setAttribute("aria-label", label);
    this.el.append(this.#feed);
    this.el.addEventListener("scroll", () => this.#lay());
    this.el.addEventListener("keydown", (event) => this.#move(event));
    this.el.addEventListener("focusin", (event) => this.#focused(event.target));
    this.#sizes.observe(this.el);
    signal.addEventListener("abort", () => this.#sizes.disconnect());
  }

  /** The rows that are in the page. */
  get shown(): KnownRow[] {
    return this.#rows.filter((row) => this.#views.has(row.key));
  }

  /** Shows these rows from now on, in this order. */
  show(rows: KnownRow[]): void {
    const held = this.#hold();
    this.#rows = rows;
    this.el.hidden = rows.length === 0;
    if (!rows.some((row) => row.key === this.#active)) this.#active = rows[0]?.key ?? "";
    this.#lay(held);
  }

  /** Writes the rows that are in the page anew. */
  refresh(): void {
    for (const row of this.shown) this.#write(row);
    this.#lay();
  }

  /** Calls `visit` with each row that is in the page. */
  each(visit: (view: RowView, row: KnownRow) => void): void {
    for (const row of this.shown) {
      const view = this.#views.get(row.key);
      if (view) visit(view, row);
    }
  }

  /** Puts the focus on a row and brings it on screen; says whether there is such a row. */
  focus(key: string): boolean {
    const place = this.#rows.findIndex((row) => row.key === key);
    if (place < 0) return false;
    this.#active = key;
    const top = this.#starts[place] ?? 0;
    const bottom = this.#starts[place + 1] ?? top;
    if (top < this.el.scrollTop) this.el.scrollTop = top;
    else if (bottom > this.el.scrollTop + this.#height) this.el.scrollTop = bottom - this.#height;
    this.#lay();
    this.#views.get(key)?.el.focus();
    return true;
  }

  get #height(): number {
    return this.el.clientHeight || UNPLACED;
  }

  /** The row at the top of the screen and how far it is scrolled: what stays where it is. */
  #hold(): { key: string; by: number } | undefined {
    const top = this.el.scrollTop;
    const row = top > 0 ? this.#rows[rowAt(this.#starts, top)] : undefined;
    if (!row) return undefined;
    return { key: row.key, by: top - (this.#starts[this.#rows.indexOf(row)] ?? 0) };
  }

  #lay(held = this.#hold()): void {
    for (let round = 0; round < ROUNDS; round += 1) {
      this.#starts = offsets(this.#rows.map((row) => this.#heights.get(row.key) ?? USUAL_HEIGHT));
      let top = this.el.scrollTop;
      const place = held ? this.#rows.findIndex((row) => row.key === held.key) : -1;
      if (held && place >= 0) top = (this.#starts[place] ?? 0) + held.by;
      this.#place(...windowOf(this.#starts, top, this.#height));
      if (Math.abs(top - this.el.scrollTop) >= 1) this.el.scrollTop = top;
      if (!this.#measure()) break;
    }
  }

  /** Has these rows in the page, in order, and as much room as the others would take. */
  #place(first: number, last: number): void {
    const wanted = this.#rows.slice(first, last);
    // a row with the focus stays, wherever the list is scrolled to
    const focused = this.#rows.findIndex((row) =>
      this.#views.get(row.key)?.el.contains(document.activeElement),
    );
    const kept = this.#rows[focused];
    let above = this.#starts[first] ?? 0;
    let below = (this.#starts.at(-1) ?? 0) - (this.#starts[last] ?? 0);
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
      this.#sizes.unobserve(view.el);
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
    // Tab has to find the list, whatever part of it is in the page
    if (!keys.has(this.#active) && wanted[0]) this.#viewOf(wanted[0]).setTabbable(true);
  }

  #viewOf(row: KnownRow): RowView {
    const known = this.#views.get(row.key);
    if (known) return known;
    const view = this.#make(row);
    view.el.dataset.key = row.key;
    this.#views.set(row.key, view);
    this.#write(row);
    this.#sizes.observe(view.el);
    return view;
  }

  #write(row: KnownRow): void {
    const view = this.#views.get(row.key);
    if (view) this.#fill(view, row);
  }

  /** Notes the height of each row in the page; says whether one is not what it was taken for. */
  #measure(): boolean {
    let changed = false;
    for (const [key, view] of this.#views) {
      const height = view.el.getBoundingClientRect().height;
      if (height === 0 || Math.abs(height - (this.#heights.get(key) ?? USUAL_HEIGHT)) < 0.5) {
        continue;
      }
      this.#heights.set(key, height);
      changed = true;
    }
    return changed;
  }

  #resized(): void {
    const width = this.el.clientWidth;
    // every row wraps otherwise now
    if (width !== this.#width) this.#heights.clear();
    this.#width = width;
    this.#lay();
  }

  #focused(target: EventTarget | null): void {
    const key = target instanceof Element && target.closest<HTMLElement>("article")?.dataset.key;
    if (!key || key === this.#active) return;
    this.#views.get(this.#active)?.setTabbable(false);
    this.#active = key;
    this.#views.get(key)?.setTabbable(true);
  }

  #move(event: KeyboardEvent): void {
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
