/* The rows of one panel in the browser. Of many rows a page knows some: the newest, those that changed, and
   those that a view came near. Messages arrive in any order, and the newest state of each row is kept.
   One for each model, shared by its views. */
import type { FoundMessage, KernelMessage, TaskRow, Thumbnail, Totals } from "./messages";

/** A row, and when it was received (`performance.now()`, milliseconds): its elapsed time counts from there. */
export interface KnownRow extends TaskRow {
  receivedAt: number;
}

/** The thumbnails of a row that the page has, as data: URLs. */
export type Thumbnails = Partial<Record<Thumbnail["of"], string>>;

/** The values of the status filter; every row is in exactly one of those after `all`. */
export const GROUPS = ["all", "running", "finished", "bad", "open"] as const;
export type Group = (typeof GROUPS)[number];

/** What is shown of the rows: those of a group whose prompt, model, id and host hold every word. */
export interface Filter {
  group: Group;
  /** In lower case. */
  words: string[];
}

/** What the kernel found for a filter, over all rows. */
export class Found {
  readonly sequence: number;
  readonly #bits: string;

  constructor(message: FoundMessage) {
    this.sequence = message.sequence;
    this.#bits = atob(message.rows);
  }

  has(key: number): boolean {
    return ((this.#bits.charCodeAt(key >> 3) >> (key & 7)) & 1) === 1;
  }
}

/** Calls `changed` with the rows that a message changed; `live` unless they were asked for. */
export type RowsListener = (changed: KnownRow[], live: boolean) => void;

export class TaskRows {
  readonly #rows = new Map<string, KnownRow>();
  readonly #sequences = new Map<string, number>();
  readonly #thumbnails = new Map<string, Thumbnails>();
  readonly #listeners = new Set<RowsListener>();
  readonly #now: () => number;
  #totals: Totals;
  #totalsSequence = 0;
  // rows that were received before may have changed since
  #currentFrom = 0;
  #count = 0;

  constructor(
    first: TaskRow[],
    totals: Totals,
    drawn: Thumbnail[] = [],
    now: () => number = () => performance.now(),
  ) {
    this.#now = now;
    this.#totals = totals;
    this.#keep(drawn);
    this.#merge(first, 0);
  }

  /** The rows that the page knows. */
  get known(): KnownRow[] {
    return [...this.#rows.values()];
  }

  /** How many rows the panel has. */
  get count(): number {
    return Math.max(this.#count, this.#totals.rows);
  }

  /** One more than the newest row that the page knows: the totals may count one that it has yet to get. */
  get seen(): number {
    return this.#count;
  }

  get totals(): Totals {
    return this.#totals;
  }

  /** Whether the page does not know each row as it is now. */
  get incomplete(): boolean {
    for (let key = 0; key < this.count; key += 1) if (this.lacks(String(key))) return true;
    return false;
  }

  get(key: string): KnownRow | undefined {
    return this.#rows.get(key);
  }

  /** Whether the page does not know a row, or not what has become of it. */
  lacks(key: string): boolean {
    return (this.#sequences.get(key) ?? -1) < this.#currentFrom;
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

  /** The rows that match a filter, the newest first. `found` is what the kernel found for it, which counts
      where the page does not know a row or has known it for longer; without it, rows that the page does
      not know match only where nothing is filtered. */
  matching({ group, words }: Filter, found: Found | null): string[] {
    const keys: string[] = [];
    const all = group === "all" && words.length === 0;
    for (let number = this.count - 1; number >= 0; number -= 1) {
      const key = String(number);
      const row = this.#rows.get(key);
      const isNewer = row && (this.#sequences.get(key) ?? 0) >= (found?.sequence ?? 0);
      if (all || (isNewer ? matches(row, group, words) : found?.has(number))) keys.push(key);
    }
    return keys;
  }

  /** Whether a filter was answered with what has changed since. */
  outdates(found: Found): boolean {
    return found.sequence < this.#currentFrom;
  }

  /** Applies a message; notifies listeners of the rows that it changed. */
  receive(message: KernelMessage): void {
    if (message.kind === "thumbnails") {
      this.#notify(
        this.#keep(message.thumbnails).flatMap(({ key }) => this.#rows.get(key) ?? []),
        false,
      );
    } else if (message.kind === "rows" || message.kind === "snapshot") {
      const { kind, sequence, more, totals } = message;
      if (more) this.#currentFrom = Math.max(this.#currentFrom, sequence);
      if (sequence >= this.#totalsSequence) this.#totals = totals;
      this.#totalsSequence = Math.max(this.#totalsSequence, sequence);
      this.#notify(this.#merge(message.rows, sequence), kind === "rows");
    }
  }

  listen(listener: RowsListener, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  /** Seconds since the row's task was submitted, as of now, where known. */
  elapsed(row: KnownRow): number | null {
    if (row.elapsed === null) return null;
    return row.running ? row.elapsed + (this.#now() - row.receivedAt) / 1000 : row.elapsed;
  }

  #keep(thumbnails: Thumbnail[]): Thumbnail[] {
    const drawn = thumbnails.filter(({ data }) => data.startsWith("data:image/"));
    for (const { key, of, data } of drawn) {
      this.#thumbnails.set(key, { ...this.thumbnails(key), [of]: data });
    }
    return drawn;
  }

  #notify(changed: KnownRow[], live: boolean): void {
    for (const listener of this.#listeners) listener(changed, live);
  }

  #merge(rows: TaskRow[], sequence: number): KnownRow[] {
    const changed: KnownRow[] = [];
    for (const row of rows) {
      if (sequence < (this.#sequences.get(row.key) ?? 0)) continue;
      this.#sequences.set(row.key, sequence);
      const known: KnownRow = { ...row, receivedAt: this.#now() };
      this.#rows.set(row.key, known);
      this.#count = Math.max(this.#count, Number(row.key) + 1);
      changed.push(known);
    }
    return changed;
  }
}

function matches(row: TaskRow, group: Group, words: string[]): boolean {
  if (group !== "all" && row.group !== group) return false;
  const searched = `${row.prompt} ${row.model} ${row.id} ${row.host}`.toLowerCase();
  return words.every((word) => searched.includes(word));
}
