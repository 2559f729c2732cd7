/* The rows of one panel in the browser: messages arrive in any order, and the newest state of each row
   is kept. One for each model, shared by its views. */
import type { KernelMessage, TaskRow, Thumbnail } from "./messages";

/** A row, and when it was received (`performance.now()`, milliseconds): its elapsed time counts from there. */
export interface KnownRow extends TaskRow {
  receivedAt: number;
}

/** The thumbnails of a row that the page has, as data: URLs. */
export type Thumbnails = Partial<Record<Thumbnail["of"], string>>;

/** The values of the status filter; every row is in exactly one of those after `all`. */
export const GROUPS = ["all", "running", "finished", "bad", "open"] as const;
export type Group = (typeof GROUPS)[number];

/** Totals of all rows. */
export interface Totals {
  count: Record<Group, number>;
  pictures: number;
  /** Credits charged and not refunded, as far as prices are known. */
  credits: number;
  /** Whether a task was charged whose price is not known. */
  unpriced: boolean;
}

/** The group of a row; `open` are those that wait for a decision of the user. */
export function groupOf(row: TaskRow): Exclude<Group, "all"> {
  if (row.running) return "running";
  if (row.status === "succeeded" && row.error === null) return "finished";
  return row.status === "unknown" || row.actions.includes("watch") ? "open" : "bad";
}

export class TaskRows {
  readonly #rows = new Map<string, KnownRow>();
  readonly #sequences = new Map<string, number>();
  readonly #thumbnails = new Map<string, Thumbnails>();
  readonly #listeners = new Set<(changed: KnownRow[]) => void>();
  readonly #now: () => number;

  constructor(first: TaskRow[], now: () => number = () => performance.now()) {
    this.#now = now;
    this.#merge(first, 0);
  }

  /** All rows, the newest first. */
  get all(): KnownRow[] {
    return [...this.#rows.values()].sort((a, b) => Number(b.key) - Number(a.key));
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): KnownRow | undefined {
    return this.#rows.get(key);
  }

  thumbnails(key: string): Thumbnails {
    return this.#thumbnails.get(key) ?? {};
  }

  /** The thumbnails of a row that the kernel has and this page does not. */
  missingThumbnails(row: TaskRow): Thumbnail["of"][] {
    const { picture, mask } = this.thumbnails(row.key);
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
    const totals: Totals = { count, pictures: 0, credits: 0, unpriced: false };
    for (const row of this.#rows.values()) {
      count.all += 1;
      count[groupOf(row)] += 1;
      totals.pictures += row.arrived;
      if (row.charge === "charged" && row.host !== "") {
        totals.credits += row.credits ?? 0;
        totals.unpriced ||= row.credits === null;
      }
    }
    return totals;
  }

  /** Applies a message; notifies listeners of the rows that it changed. */
  receive(message: KernelMessage): void {
    if (message.kind === "thumbnails") {
      const drawn = message.thumbnails.filter(({ data }) => data.startsWith("data:image/"));
      for (const { key, of, data } of drawn) {
        this.#thumbnails.set(key, { ...this.thumbnails(key), [of]: data });
      }
      this.#notify(drawn.flatMap(({ key }) => this.#rows.get(key) ?? []));
    } else if (message.kind === "rows" || message.kind === "snapshot") {
      this.#notify(this.#merge(message.rows, message.sequence));
    }
  }

  /** Calls `listener` with the rows that changed, until `signal` aborts. */
  listen(listener: (changed: KnownRow[]) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  /** Seconds since the row's task was submitted, as of now, where known. */
  elapsed(row: KnownRow): number | null {
    if (row.elapsed === null) return null;
    return row.running ? row.elapsed + (this.#now() - row.receivedAt) / 1000 : row.elapsed;
  }

  #notify(changed: KnownRow[]): void {
    if (changed.length > 0) for (const listener of this.#listeners) listener(changed);
  }

  #merge(rows: TaskRow[], sequence: number): KnownRow[] {
    const changed: KnownRow[] = [];
    for (const row of rows) {
      if (sequence < (this.#sequences.get(row.key) ?? 0)) continue;
      this.#sequences.set(row.key, sequence);
      const known: KnownRow = { ...row, receivedAt: this.#now() };
      this.#rows.set(row.key, known);
      changed.push(known);
    }
    return changed;
  }
}
