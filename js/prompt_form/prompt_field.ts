/* The prompt's text box: it grows, and the arrow keys at its edges bring back earlier prompts. */
import { element, setText } from "../shared/dom";
import { isComposing, MAC } from "../shared/keyboard";
import { fill } from "../shared/words";
import { button, Field, fitHeight, growingBox } from "./controls";
import { PromptHistory } from "./prompt_history";
import type { Words } from "./words";

export class PromptField {
  readonly field: Field;
  readonly history = new PromptHistory();
  readonly #box: HTMLTextAreaElement;
  readonly #said = element("span");
  readonly #look: HTMLButtonElement;
  readonly #keys: string;

  /** `look` leads to the pictures that came last. */
  constructor(id: string, words: Words, typed: (prompt: string) => void, look: () => void) {
    this.#box = growingBox(5, words.promptExample);
    this.#box.classList.add("lumen-prompt");
    this.#keys = fill(words.promptKeys, { key: MAC ? "⌘ ↵" : "Ctrl + ↵" });
    this.#look = button(words.lookAtNew, look);
    const aside = element("span", { class: "lumen-aside" }, this.#said, " ", this.#look);
    this.field = new Field(id, words.prompt, this.#box, { aside });
    this.say("", false);
    this.#box.addEventListener("input", () => {
      this.say("", false);
      this.history.reset();
      typed(this.#box.value);
      fitHeight(this.#box);
    });
    this.#box.addEventListener("keydown", (event) => {
      // while composing, the arrows choose a character of the input method's list
      if (isComposing(event)) return;
      if (event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
      const found =
        event.key === "ArrowUp" && this.#atStart()
          ? this.history.older(this.#box.value)
          : event.key === "ArrowDown" && this.#atEnd()
            ? this.history.newer()
            : null;
      if (found === null) return;
      event.preventDefault();
      typed(found);
      this.show(found);
      const caret = event.key === "ArrowUp" ? 0 : found.length;
      this.#box.setSelectionRange(caret, caret);
    });
  }

  /** Says what came of what was sent from here, in place of the keys: the button may be out of sight.
      `arrived` once its pictures are there to be looked at. */
  say(text: string, arrived: boolean): void {
    setText(this.#said, text || this.#keys);
    this.#look.hidden = !arrived;
  }

  show(prompt: string): void {
    if (this.#box.value !== prompt) this.#box.value = prompt;
    fitHeight(this.#box);
  }

  /** Whether ArrowUp leaves the box: at its start, or anywhere in its only line. */
  #atStart(): boolean {
    const { selectionStart, selectionEnd, value } = this.#box;
    return selectionStart === selectionEnd && (selectionStart === 0 || this.#isOneLine(value));
  }

  #atEnd(): boolean {
    const { selectionStart, selectionEnd, value } = this.#box;
    if (selectionStart !== selectionEnd) return false;
    return selectionStart === value.length || this.#isOneLine(value);
  }

  #isOneLine(value: string): boolean {
    if (value.includes("\n")) return false;
    const style = getComputedStyle(this.#box);
    const canvas = document.createElement("canvas").getContext("2d");
    if (canvas === null) return false;
    canvas.font = style.font;
    const room =
      this.#box.clientWidth -
      Number.parseFloat(style.paddingInlineStart) -
      Number.parseFloat(style.paddingInlineEnd);
    return canvas.measureText(value).width < room - 4;
  }
}
