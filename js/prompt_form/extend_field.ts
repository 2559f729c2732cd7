/* How far the picture is to go on beyond its edges: four numbers, and the picture with handles. */
import { element, setText } from "../shared/dom";
import { isComposing, isModified } from "../shared/keyboard";
import { extendedSize, type Side, SideNumbers, type Sides } from "../shared/side_numbers";
import { fill } from "../shared/words";
import { button, ErrorLine } from "./controls";
import { ExtendPreview } from "./extend_preview";
import type { FormPicture } from "./messages";
import type { Words } from "./words";

export class ExtendField {
  readonly el = element("details", { class: "lumen-extend" });
  readonly #words: Words;
  /** The size that comes of it, while the numbers are folded away. */
  readonly #size = element("span", { class: "lumen-extend-size" });
  readonly #preview: ExtendPreview;
  readonly #numbers: SideNumbers;
  readonly #reset: HTMLButtonElement;
  readonly #reason = element("p", { class: "lumen-reason", hidden: "" });
  readonly #error: ErrorLine;
  readonly #errors = new Map<Side, string>();
  #shownReason = "";
  #extends = false;

  constructor(id: string, set: (sides: Sides) => void, words: Words, signal: AbortSignal) {
    this.#words = words;
    this.#preview = new ExtendPreview(words, set, signal);
    this.#numbers = new SideNumbers(words, {
      typed: (sides) => {
        if (sides !== null) set(sides);
      },
      changed: set,
    });
    this.#reset = button(words.extendReset, () => {
      set({ left: 0, top: 0, right: 0, bottom: 0 });
      this.focus();
    });
    this.#error = new ErrorLine(`${id}-error`);
    this.el.append(
      element("summary", {}, words.extend, this.#size),
      element(
        "div",
        { class: "lumen-extend-fields" },
        this.#preview.el,
        element("div", { class: "lumen-extend-numbers" }, this.#numbers.el, this.#reset),
      ),
      this.#reason,
      this.#error.el,
    );
    // Enter in a field of them submits the form around it, and that costs credits
    this.#numbers.el.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Enter" || isComposing(event) || isModified(event)) return;
        event.preventDefault();
        event.stopPropagation();
        if (!event.repeat) event.target?.dispatchEvent(new Event("change"));
      },
      { capture: true },
    );
  }

  /** Shows the numbers, and the picture where its size is known. */
  show(picture: FormPicture | null, sides: Sides, isExtended: boolean): void {
    const words = this.#words;
    const sized = picture !== null && picture.width > 0 ? picture : null;
    this.el.hidden = picture === null && !isExtended;
    if (isExtended && !this.#extends) this.el.open = true;
    this.#extends = isExtended;
    const size = sized && isExtended ? extendedSize(sized, sides) : null;
    const values = { width: String(size?.width), height: String(size?.height) };
    setText(this.#size, size ? ` · ${fill(words.sidesSize, values)}` : "");
    this.#numbers.show(sides, sized);
    this.#reset.hidden = !isExtended;
    this.#preview.el.hidden = sized === null;
    this.#enable(sides, sized);
  }

  /** Says why the picture cannot be extended, and disables it; an empty reason enables it. Numbers that
      are there already can be changed all the same. */
  disable(reason: string, instead: HTMLElement | null = null): void {
    if (reason === this.#shownReason) return;
    this.#shownReason = reason;
    this.#reason.hidden = reason === "";
    this.#reason.replaceChildren(reason, ...(instead ? [" ", instead] : []));
  }

  /** Shows the error of a side; an empty text removes it. */
  error(side: Side, text: string): void {
    this.#errors.set(side, text);
    const shown = [...this.#errors.values()].find((one) => one !== "") ?? "";
    if (shown !== "") this.el.open = true;
    this.#error.show(shown);
    if (shown === "") this.#numbers.el.removeAttribute("aria-describedby");
    else this.#numbers.el.setAttribute("aria-describedby", this.#error.el.id);
  }

  /** Says what is wrong in the numbers' fields, and goes there; returns whether all can be sent. */
  check(): boolean {
    if (this.el.hidden || this.#numbers.el.disabled || this.#numbers.sides !== null) return true;
    this.el.open = true;
    return this.#numbers.check();
  }

  focus(): void {
    this.el.open = true;
    this.#numbers.el.querySelector("input")?.focus();
  }

  #enable(sides: Sides, sized: FormPicture | null): void {
    const disabled = this.#shownReason !== "" && !this.#extends;
    this.#numbers.el.disabled = disabled;
    if (sized !== null) this.#preview.show(sized, sides, disabled);
  }
}
