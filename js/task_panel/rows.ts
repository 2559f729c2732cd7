/* The rows of one panel as the browser knows them: messages come in, in any order, and the newest
   word about each row stays. One for each model, shared by its views. */
import type { KernelMessage, TaskRow, Thumbnail } from "./messages";

/** A row, and when (in `performance.now()` milliseconds) its elapsed time was true. */
export interface KnownRow extends TaskRow {
  heard: number;
}

/** What a row shows in small, as data: URLs, as far as the page has it. */
export type Small = Partial<Record<Thumbnail["of"], string>>;

/** What a filter can ask for; every row is in exactly one of those after `all`. */
export const GROUPS = ["all", "running", "finished", "bad", "open"] as const;
export type Group = (typeof GROUPS)[number];

/** What the panel says of all rows together. */
export interface Totals {
  count: Record<Group, number>;
  pictures: number;
  /** What was charged and not given back, as far as prices are known. */
  credits: number;
  /** Whether something was charged whose price is not known. */
  more: boolean;
}

/** Which part of the list a row is in: left open is what waits for a person. */
export function groupOf(row: TaskRow): Exclude<Group, "all"> {
  if (row.running) return "running";
  if (row.status === "succeeded" && row.error === null) return "finished";
  return row.status === "unknown" || row.actions.includes("watch") ? "open" : "bad";
}

export class TaskRows {
  readonly #rows = new Map<string, KnownRow>();
  readonly #sequences = new Map<string, number>();
  readonly #small = new Map<string, Small>();
  readonly #listeners = new Set<(changed: KnownRow[]) => void>();
  readonly #now: () => number;

  constructor(first: TaskRow[], now: () => number = () => performance.now()) {
    this.#now = now;
    this.#merge(first, 0);
  }

  /** Every row, the newest first. */
  get all(): KnownRow[] {
    return [...this.#rows.values()].sort((a, b) => Number(b.key) - Number(a.key));
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): KnownRow | undefined {
    return this.#rows.get(key);
  }

  small(key: string): Small {
    return this.#small.get(key) ?? {};
  }

  /** Which thumbnails of a row the kernel has and this page does not. */
  lacks(row: TaskRow): Thumbnail["of"][] {
    const { picture, mask } = this.small(row.key);
    const lacking: Thumbnail["of"][] = [];
    if (row.pictured && !picture) lacking.push("picture");
    if (row.repaints !== null && !mask) lacking.push("mask");
    return lacking;
  }

  /** Rows of one group whose prompt, model or id holds every word of `text`, the newest first. */
  matching(group: Group, text: string): KnownRow[] {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return this.all.filter((row) => {
      if (group !== "all" && groupOf(row) !== group) return false;
      const searched = `${row.prompt} ${row.model} ${row.id} ${row.host}`.toLowerCase();
      return words.every((word) => searched.includes(word));
    });
  }

  totals(): Totals {
    const count = { all: 0, running: 0, finished: 0, bad: 0, open: 0 };
    const totals: Totals = { count, pictures: 0, credits: 0, more: false };
    for (const row of this.#rows.values()) {
      count.all += 1;
      count[groupOf(row)] += 1;
      totals.pictures += row.arrived;
      if (row.charge === "charged" && row.host !== "") {
        totals.credits += row.credits ?? 0;
        totals.more ||= row.credits === null;
      }
    }
    return totals;
  }

  /** Takes in a message; views hear only of rows for which it is news. */
  receive(message: KernelMessage): void {
    if (message.kind === "thumbnails") {
      const drawn = message.thumbnails.filter(({ data }) => data.startsWith("data:image/"));
      for (const { key, of, data } of drawn) {
        this.#small.set(key, { ...this.small(key), [of]: data });
      }
      this.#tell(drawn.flatMap(({ key }) => this.#rows.get(key) ?? []));
    } else if (message.kind === "rows" || message.kind === "snapshot") {
      this.#tell(this.#merge(message.rows, message.sequence));
    }
  }

  /** Calls `listener` with the rows that changed, until `signal` ends. */
  listen(listener: (changed: KnownRow[]) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  /** Seconds since the row's task was submitted, as of now, where known. */
  elapsed(row: KnownRow): number | null {
    if (row.elapsed === null) return null;
    return row.running ? row.elapsed + (this.#now() - row.heard) / 1000 : row.elapsed;
  }

  #tell(changed: KnownRow[]): void {
    if (changed.length > 0) for (const listener of this.#listeners) listener(changed);
  }

  #merge(rows: TaskRow[], sequence: number): KnownRow[] {
    const changed: KnownRow[] = [];
    for (const row of rows) {
      if (sequence < (this.#sequences.get(row.key) ?? 0)) continue;
      this.#sequences.set(row.key, sequence);
      const known: KnownRow = { ...row, heard: this.#now() };
      this.#rows.set(row.key, known);
      changed.push(known);
    }
    return changed;
  }
}
