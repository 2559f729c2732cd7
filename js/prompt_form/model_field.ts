/* The model field: a list of known models with what each can do, and a text field for another code. */
import { element } from "../shared/dom";
import { fill } from "../shared/words";
import { abilities } from "./abilities";
import { button, Field } from "./controls";
import type { ChosenModel, FormModel } from "./messages";
import type { Words } from "./words";

// never a model's code: codes contain no space
const OTHER = " other";
const ORDER = ["generations", "edits", "inpaint"] as const;

/** That a model was chosen in place of another, in words. */
export function chosenWords({ model, instead_of, cannot }: ChosenModel, words: Words): string {
  const sentence = cannot === "extend" ? words.modelSinceExtend : words.modelSince;
  return fill(sentence, { model, before: instead_of });
}

export class ModelField {
  readonly field: Field;
  readonly el = element("div", { class: "lumen-model" });
  readonly #words: Words;
  readonly #select = element("select", { class: "lumen-input" });
  readonly #code: HTMLInputElement;
  readonly #other: Field;
  readonly #note = element("p", { class: "lumen-reason", hidden: "" });
  #noted = "";
  #models: FormModel[] = [];
  #isOther = false;
  readonly #undo: HTMLButtonElement;
  #before = "";

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
    this.el.append(this.field.el, this.#other.el, this.#note);
    this.#undo = button(words.undo, () => {
      typed(this.#before);
      this.focus();
    });
    this.#undo.classList.add("lumen-instead");
    this.#select.addEventListener("change", () => {
      this.#isOther = this.#select.value === OTHER;
      typed(this.#isOther ? "" : this.#select.value);
      if (this.#isOther) this.#code.focus();
    });
    this.#code.addEventListener("input", () => typed(this.#code.value.trim()));
  }

  /** Sets the list of known models. */
  setModels(models: FormModel[]): void {
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
    // while a code is typed, its beginning may be a known code
    const isOther = !known || (this.#isOther && document.activeElement === this.#code);
    this.#isOther = isOther;
    this.#select.value = isOther ? OTHER : code;
    this.#other.el.hidden = !isOther;
    if (this.#code.value.trim() !== code) this.#code.value = code;
    this.#other.hint(known ? "" : this.#words.modelUnknown);
  }

  /** Shows what the chosen model requires. */
  showRequirement(text: string): void {
    this.field.hint(text);
  }

  /** Says that this model was chosen in place of another, which can be taken back; null says nothing. */
  showChosen(chosen: ChosenModel | null): void {
    const text = chosen ? chosenWords(chosen, this.#words) : "";
    if (text === this.#noted) return;
    this.#noted = text;
    this.#before = chosen?.instead_of ?? "";
    this.#note.hidden = text === "";
    this.#note.replaceChildren(...(text === "" ? [] : [text, " ", this.#undo]));
  }

  error(text: string): void {
    this.field.error(this.#isOther ? "" : text);
    this.#other.error(this.#isOther ? text : "");
  }

  focus(): void {
    (this.#isOther ? this.#other : this.field).focus();
  }

  #verbs(code: string): string {
    const can = abilities(this.#models, code);
    const words = this.#words;
    return ORDER.filter((one) => can?.has(one))
      .map((one) => words[one])
      .join(words.and);
  }
}
