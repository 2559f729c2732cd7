/* What a view requests of the kernel to fill its list: rows near the screen that the page does not know, and
   which rows match its filter. One of each at a time: a busy kernel finds one of each when it is free,
   however far was scrolled and however much was typed meanwhile. */
import type { Answer, PanelRequests } from "./answers";
import type { Filter, Found, TaskRows } from "./rows";

/** A kernel that has not answered after so many milliseconds is busy with a cell. */
export const BUSY_MS = 1500;
/** Rows of one request; the kernel looks at no more. */
const MOST_ROWS = 200;

export class RowRequests {
  readonly #requests: PanelRequests;
  readonly #rows: TaskRows;
  readonly #changed: () => void;
  /** Rows that the kernel does not have. */
  readonly #absent = new Set<string>();
  #reading = false;
  #searching = false;
  #searched: { filter: string; found: Found | null } | null = null;
  #late = 0;

  /** `changed` is called after each answer, and when one is late, until `signal` aborts. */
  constructor(requests: PanelRequests, rows: TaskRows, changed: () => void, signal: AbortSignal) {
    this.#requests = requests;
    this.#rows = rows;
    this.#changed = () => {
      if (!signal.aborted) changed();
    };
  }

  /** Whether an answer is late: the kernel is busy. */
  get late(): boolean {
    return this.#late > 0;
  }

  /** Whether rows are searched for a filter. */
  get searching(): boolean {
    return this.#searching;
  }

  /** Requests those of these rows that the page does not know, the first ones first. */
  async read(keys: string[]): Promise<void> {
    if (this.#reading) return;
    const lacking = keys.filter((key) => this.#rows.lacks(key) && !this.#absent.has(key));
    const requested = lacking.slice(0, MOST_ROWS);
    if (requested.length === 0) return;
    this.#reading = true;
    const answer = await this.#ask(() => this.#requests.ask({ kind: "read", keys: requested }));
    this.#reading = false;
    if (answer?.rows === 0) for (const key of requested) this.#absent.add(key);
    if (answer) this.#changed();
  }

  /** What the kernel found for a filter; requests it where that is not known, or has changed. */
  found(filter: Filter): Found | null {
    const name = JSON.stringify(filter);
    const known = this.#searched?.filter === name ? this.#searched : null;
    if (known === null || (known.found && this.#rows.outdates(known.found))) {
      void this.#search(filter, name);
    }
    return known?.found ?? null;
  }

  async #search(filter: Filter, name: string): Promise<void> {
    if (this.#searching) return;
    this.#searching = true;
    const answer = await this.#ask(() => this.#requests.ask({ kind: "find", ...filter }));
    this.#searching = false;
    if (answer === null) return;
    // null where it was refused, so that it is not requested again and again
    this.#searched = { filter: name, found: answer.found };
    this.#changed();
  }

  async #ask(ask: () => Promise<Answer | null>): Promise<Answer | null> {
    let late = 0;
    const timer = window.setTimeout(() => {
      late = 1;
      this.#late += 1;
      this.#changed();
    }, BUSY_MS);
    const answer = await ask();
    window.clearTimeout(timer);
    this.#late -= late;
    return answer;
  }
}
