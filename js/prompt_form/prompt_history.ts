/* Earlier prompts, as a shell offers them: up is older, down is newer, and what was being typed is
   the newest of all. */
export class PromptHistory {
  #prompts: string[] = [];
  /** 0 is what is being typed, 1 the newest earlier prompt. */
  #place = 0;
  #typed = "";

  /** Offers these, newest first; a walk that has begun goes on where it was. */
  offer(prompts: string[]): void {
    if (this.#place === 0) this.#prompts = prompts;
  }

  /** Somebody typed: the walk is over, and this is what is being typed. */
  leave(): void {
    this.#place = 0;
  }

  /** The next older prompt, given what the box holds; null if there is none. */
  older(text: string): string | null {
    if (this.#place === 0) this.#typed = text;
    let place = this.#place + 1;
    // the prompt that was just sent still stands in the box
    while (this.#prompts[place - 1] === text) place += 1;
    const found = this.#prompts[place - 1];
    if (found === undefined) return null;
    this.#place = place;
    return found;
  }

  /** The next newer prompt, or what was being typed; null if that stands there already. */
  newer(): string | null {
    if (this.#place === 0) return null;
    this.#place -= 1;
    return this.#place === 0 ? this.#typed : (this.#prompts[this.#place - 1] ?? null);
  }
}
