/* The rows of one panel as the browser knows them: messages come in, in any order, and the newest
   word about each row stays. One for each model, shared by its views. */
import type { KernelMessage, TaskRow } from "./messages";

/** A row, and when (in `performance.now()` milliseconds) its elapsed time was true. */
export interface KnownRow extends TaskRow {
  heard: number;
}

export class TaskRows {
  readonly #rows = new Map<string, KnownRow>();
  readonly #sequences = new Map<string, number>();
  readonly #listeners = new Set<(changed: KnownRow[]) => void>();
  readonly #now: () => number;

  constructor(first: TaskRow[], now: () => number = () => performance.now()) {
    this.#now = now;
    this.#merge(first, 0);
  }

  /** Rows in the order in which the kernel first named them. */
  get all(): KnownRow[] {
    return [...this.#rows.values()];
  }

  /** Takes in a message; views hear only of rows for which it is news. */
  receive(message: KernelMessage): void {
    const changed = this.#merge(message.rows, message.sequence);
    if (changed.length > 0) for (const listener of this.#listeners) listener(changed);
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
