/* What is said while the kernel has not answered yet: that it may be busy, and once it is gone that no
   answer comes. */
import type { Connection } from "./connection";

/** Milliseconds after which it is said that an answer waits for the kernel. */
const BUSY_MS = 1000;

interface WaitWords {
  actionBusy: string;
  actionLost: string;
}

export class KernelWait {
  readonly #connection: Connection;
  readonly #words: WaitWords;
  readonly #say: (text: string) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waits = false;

  /** `say` shows a sentence, until `signal` aborts. */
  constructor(
    connection: Connection,
    words: WaitWords,
    say: (text: string) => void,
    signal: AbortSignal,
  ) {
    this.#connection = connection;
    this.#words = words;
    this.#say = say;
    connection.listen(() => {
      if (this.#waits && connection.ended) this.#lose();
    }, signal);
    signal.addEventListener("abort", () => this.end());
  }

  /** Takes in that something is asked of the kernel now. */
  begin(): void {
    this.end();
    if (this.#connection.ended) {
      this.#lose();
      return;
    }
    this.#waits = true;
    this.#timer = setTimeout(() => this.#say(this.#words.actionBusy), BUSY_MS);
  }

  /** Takes in that it has answered, or that nobody waits any more. */
  end(): void {
    this.#waits = false;
    clearTimeout(this.#timer);
  }

  #lose(): void {
    this.end();
    this.#say(this.#words.actionLost);
  }
}
