/* The model field: known models with what each can do, and room for any other code. */
import { element } from "../shared/dom";
import { abilities } from "./abilities";
import { Field } from "./controls";
import type { FormModel } from "./messages";
import type { Words } from "./words";

// no code: a space is in none
const OTHER = " other";
const ORDER = ["generations", "edits", "inpaint"] as const;

export class ModelField {
  readonly field: Field;
  readonly el = element("div", { class: "lumen-model" });
  readonly #words: Words;
  readonly #select = element("select", { class: "lumen-input" });
  readonly #code: HTMLInputElement;
  readonly #other: Field;
  #models: FormModel[] = [];
  #writing = false;

  constructor(id: string, words: Words, typed: (code: string) => void) {
    this.#words = words;
    this.#code = element("input", {
      class: "lumen-input",
      type: "text",
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
    });
    this.field = new Field(id, words.model, this.#select);
    this.#other = new Field(`${id}-code`, words.modelCode, this.#code, {
      hint: words.modelUnknown,
    });
    this.el.append(this.field.el, this.#other.el);
    this.#select.addEventListener("change", () => {
      this.#writing = this.#select.value === OTHER;
      typed(this.#writing ? "" : this.#select.value);
      if (this.#writing) this.#code.focus();
    });
    this.#code.addEventListener("input", () => typed(this.#code.value.trim()));
  }

  /** Offers these models. */
  offer(models: FormModel[]): void {
    this.#models = models;
    this.#select.replaceChildren(
      ...models.map(({ code }) => {
        const verbs = this.#verbs(code);
        return element("option", { value: code }, verbs === "" ? code : `${code} · ${verbs}`);
      }),
      element("option", { value: OTHER }, this.#words.modelOther),
    );
  }

  show(code: string): void {
    const known = this.#models.some((model) => model.code === code);
    // somebody who types a code may pass by a known one
    const writing = !known || (this.#writing && document.activeElement === this.#code);
    this.#writing = writing;
    this.#select.value = writing ? OTHER : code;
    this.#other.el.hidden = !writing;
    if (this.#code.value.trim() !== code) this.#code.value = code;
    this.#other.hint(known ? "" : this.#words.modelUnknown);
  }

  /** Says what the chosen model cannot do without. */
  needs(text: string): void {
    this.field.hint(text);
  }

  error(text: string): void {
    this.field.error(this.#writing ? "" : text);
    this.#other.error(this.#writing ? text : "");
  }

  focus(): void {
    (this.#writing ? this.#other : this.field).focus();
  }

  #verbs(code: string): string {
    const can = abilities(this.#models, code);
    const words = this.#words;
    return ORDER.filter((one) => can?.has(one))
      .map((one) => words[one])
      .join(words.and);
  }
}
