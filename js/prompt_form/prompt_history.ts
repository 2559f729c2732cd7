/* Earlier prompts, as in a shell's history: up is older, down is newer, and the text being typed is the
   newest. */
export class PromptHistory {
  #prompts: string[] = [];
  /** 0 is the text being typed, 1 the newest earlier prompt. */
  #place = 0;
  #typed = "";

  /** Sets the earlier prompts, newest first; not while one of them is shown. */
  setPrompts(prompts: string[]): void {
    if (this.#place === 0) this.#prompts = prompts;
  }

  /** The text was edited: it is now the newest. */
  reset(): void {
    this.#place = 0;
  }

  /** The next older prompt, given the text in the box; null if there is none. */
  older(text: string): string | null {
    if (this.#place === 0) this.#typed = text;
    let place = this.#place + 1;
    // the prompt that was just sent is still in the box
    while (this.#prompts[place - 1] === text) place += 1;
    const found = this.#prompts[place - 1];
    if (found === undefined) return null;
    this.#place = place;
    return found;
  }

  /** The next newer prompt, or the text being typed; null if that is shown already. */
  newer(): string | null {
    if (this.#place === 0) return null;
    this.#place -= 1;
    return this.#place === 0 ? this.#typed : (this.#prompts[this.#place - 1] ?? null);
  }
}
