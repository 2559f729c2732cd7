/* The folded part of a form with its presets: settings by name, kept for every notebook. */
import { element, setText } from "../shared/dom";
import { KernelWait } from "../shared/kernel_wait";
import { onEnter } from "../shared/keyboard";
import { fill } from "../shared/words";
import { button, Field } from "./controls";
import type { PresetMessage } from "./messages";
import type { StripState } from "./strip_state";
import type { Words } from "./words";

export class PresetSection {
  readonly el: HTMLDetailsElement;
  readonly #state: StripState;
  readonly #words: Words;
  readonly #select = element("select", { class: "lumen-input" });
  readonly #name = element("input", { class: "lumen-input", type: "text", autocomplete: "off" });
  readonly #nameField: Field;
  readonly #chosen: HTMLElement;
  readonly #delete: HTMLButtonElement;
  readonly #status = element("p", { class: "lumen-hint", role: "status" });
  readonly #wait: KernelWait;
  /** The preset that a second press deletes. */
  #sure = "";
  /** What is said once the kernel has done it. */
  #expected: { name: string; present: boolean; text: string } | null = null;

  /** `flush` sends what was typed, before it is kept. */
  constructor(id: string, state: StripState, words: Words, flush: () => void, signal: AbortSignal) {
    this.#state = state;
    this.#words = words;
    const say = (text: string) => setText(this.#status, text);
    this.#wait = new KernelWait(state.connection, words, say, signal);
    this.#name.maxLength = 80;
    this.#nameField = new Field(`${id}-name`, words.presetName, this.#name);
    const select = new Field(`${id}-choice`, words.preset, this.#select);
    const use = button(words.presetUse, () => {
      flush();
      this.#ask("apply", this.#select.value);
    });
    this.#delete = button(words.presetDelete, () => this.#pressDelete());
    const save = () => {
      const name = this.#clean();
      if (name === "") {
        this.#name.focus();
        return;
      }
      flush();
      this.#expected = { name, present: true, text: fill(words.presetSaved, { name }) };
      this.#ask("save", name);
      // where nothing can be kept any more, it stays
      if (!state.connection.ended) this.#name.value = "";
      this.#showName();
    };
    onEnter(this.#name, save);
    this.#name.addEventListener("input", () => this.#showName());
    this.#select.addEventListener("change", () => this.#forgetSure());
    this.#chosen = element("div", { class: "lumen-preset-line" }, select.el, use, this.#delete);
    this.el = element(
      "details",
      { class: "lumen-more lumen-presets" },
      element("summary", {}, words.presets),
      element(
        "div",
        { class: "lumen-preset-fields" },
        this.#chosen,
        element(
          "div",
          { class: "lumen-preset-line" },
          this.#nameField.el,
          button(words.presetSave, save),
        ),
        this.#status,
      ),
    );
    state.listen((part) => {
      if (part === "presets") this.#show();
    }, signal);
    this.#show();
  }

  #ask(action: PresetMessage["action"], name: string): void {
    this.#wait.begin();
    this.#state.preset(action, name);
  }

  #clean(): string {
    return this.#name.value.replace(/\s+/g, " ").trim();
  }

  #show(): void {
    this.#wait.end();
    const { presets, presetError } = this.#state;
    const before = this.#expected?.present ? this.#expected.name : this.#select.value;
    this.#select.replaceChildren(
      ...presets.map((name) => element("option", { value: name, dir: "auto" }, name)),
    );
    if (presets.includes(before)) this.#select.value = before;
    const had = this.#chosen.contains(document.activeElement);
    this.#chosen.hidden = presets.length === 0;
    if (had && this.#chosen.hidden) this.#name.focus();
    this.#forgetSure();
    this.#showName();
    const expected = this.#expected;
    const done = expected !== null && presets.includes(expected.name) === expected.present;
    if (presetError !== "") setText(this.#status, presetError);
    else if (done) setText(this.#status, expected.text);
    else if (presets.length === 0) setText(this.#status, this.#words.presetsNone);
    else setText(this.#status, "");
    this.#expected = null;
  }

  #showName(): void {
    const replaces = this.#state.presets.includes(this.#clean());
    this.#nameField.hint(replaces ? this.#words.presetReplaces : "");
  }

  #pressDelete(): void {
    const name = this.#select.value;
    if (this.#sure !== name) {
      this.#sure = name;
      setText(this.#delete, fill(this.#words.presetDeleteSure, { name }));
      return;
    }
    const text = fill(this.#words.presetDeleted, { name });
    this.#expected = { name, present: false, text };
    this.#ask("delete", name);
  }

  #forgetSure(): void {
    this.#sure = "";
    setText(this.#delete, this.#words.presetDelete);
  }
}
