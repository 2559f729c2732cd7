/* The names of the pictures above the stage: the two of several that are compared, or the one that is shown
   by turns. */
import { element } from "../shared/dom";
import { newId } from "../shared/ids";
import type { Mode } from "./messages";
import type { Words } from "./words";

export interface NameHooks {
  choose(left: number, right: number): void;
  turn(place: number): void;
}

/** A name after its number, which is the key that shows its picture. */
export function numbered(name: string, place: number): string {
  const number = String(place + 1);
  return name === number ? number : `${number} ${name}`;
}

/** The same, with the number as a key, to be seen. */
export function withKey(name: string, place: number): (HTMLElement | string)[] {
  const number = String(place + 1);
  const key = element("kbd", { class: "lumen-name-key" }, number);
  return name === number ? [key] : [key, " ", name];
}

export class NameRow {
  readonly el = element("div", { class: "lumen-names" });
  readonly #names: readonly string[];
  readonly #hooks: NameHooks;
  readonly #pair: HTMLElement;
  readonly #turns: HTMLElement;
  readonly #sides: Record<"left" | "right", HTMLSelectElement>;
  readonly #radios: HTMLInputElement[] = [];
  #left = 0;
  #right = 1;

  constructor(names: readonly string[], words: Words, hooks: NameHooks) {
    this.#names = names;
    this.#hooks = hooks;
    this.#sides = {
      left: this.#select("left", words.leftPicture),
      right: this.#select("right", words.rightPicture),
    };
    this.#pair = element("div", { class: "lumen-names-pair" }, this.#sides.left, this.#sides.right);
    const name = newId();
    const turns = names.map((_, place) => {
      const radio = element("input", { type: "radio", name, value: String(place) });
      radio.addEventListener("change", () => hooks.turn(place));
      this.#radios.push(radio);
      return element(
        "label",
        { class: "lumen-choice" },
        radio,
        ...withKey(names[place] ?? "", place),
      );
    });
    this.#turns = element("div", { class: "lumen-choices", role: "radiogroup" }, ...turns);
    this.#turns.setAttribute("aria-label", words.shownOne);
    this.el.append(this.#pair, this.#turns);
  }

  show(mode: Mode, left: number, right: number, turn: number): void {
    [this.#left, this.#right] = [left, right];
    // two have their names on the stage, and there is nothing to choose
    const isPair = this.#names.length > 2 && (mode === "slider" || mode === "difference");
    this.#pair.hidden = !isPair;
    this.#turns.hidden = mode !== "flick";
    this.el.hidden = !isPair && mode !== "flick";
    this.#sides.left.value = String(left);
    this.#sides.right.value = String(right);
    this.#radios.forEach((radio, place) => {
      radio.checked = place === turn;
    });
  }

  /** The list from which one side is chosen. */
  #select(side: "left" | "right", label: string): HTMLSelectElement {
    const options = this.#names.map((name, place) =>
      element("option", { value: String(place) }, name),
    );
    const made = element("select", { class: "lumen-input", "aria-label": label }, ...options);
    made.addEventListener("change", () => {
      const place = Number(made.value);
      if (side === "left") this.#hooks.choose(place, this.#right);
      else this.#hooks.choose(this.#left, place);
    });
    return made;
  }
}
