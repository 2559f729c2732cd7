/* The names of the pictures above the stage: which is left and which right, or which is shown by turns. */
import { element, icon } from "../shared/dom";
import { newId } from "../shared/ids";
import type { Mode } from "./messages";
import type { Words } from "./words";

export interface NameHooks {
  choose(left: number, right: number): void;
  turn(place: number): void;
}

export class NameRow {
  readonly el = element("div", { class: "lumen-names" });
  readonly #names: readonly string[];
  readonly #hooks: NameHooks;
  readonly #pair: HTMLElement;
  readonly #turns: HTMLElement;
  readonly #sides: Record<"left" | "right", HTMLElement>;
  readonly #radios: HTMLInputElement[] = [];
  #left = 0;
  #right = 1;

  constructor(names: readonly string[], words: Words, hooks: NameHooks) {
    this.#names = names;
    this.#hooks = hooks;
    const swap = element("button", {
      type: "button",
      class: "lumen-button lumen-names-swap",
      title: words.swap,
      "aria-label": words.swap,
      "data-stepwise": "",
    });
    swap.append(icon("M2 5.5h11M10 2.5l3 3-3 3M14 10.5H3M6 7.5l-3 3 3 3"));
    swap.addEventListener("click", () => hooks.choose(this.#right, this.#left));
    this.#sides = {
      left: this.#side("left", words.leftPicture),
      right: this.#side("right", words.rightPicture),
    };
    this.#pair = element("div", { class: "lumen-names-pair" });
    this.#pair.append(this.#sides.left, swap, this.#sides.right);
    const name = newId();
    const turns = names.map((_, place) => {
      const radio = element("input", { type: "radio", name, value: String(place) });
      radio.addEventListener("change", () => hooks.turn(place));
      this.#radios.push(radio);
      return element("label", { class: "lumen-choice" }, radio, this.#text(place));
    });
    this.#turns = element("div", { class: "lumen-choices", role: "radiogroup" }, ...turns);
    this.#turns.setAttribute("aria-label", words.shownOne);
    this.el.append(this.#pair, this.#turns);
  }

  show(mode: Mode, left: number, right: number, turn: number): void {
    [this.#left, this.#right] = [left, right];
    this.#pair.hidden = mode !== "slider" && mode !== "difference";
    this.#turns.hidden = mode !== "flick";
    this.el.hidden = mode === "side";
    for (const [side, place] of [
      ["left", left],
      ["right", right],
    ] as const) {
      const shown = this.#sides[side];
      const select = shown.querySelector("select");
      if (select) select.value = String(place);
      else shown.textContent = this.#text(place);
    }
    this.#radios.forEach((radio, place) => {
      radio.checked = place === turn;
    });
  }

  #text(place: number): string {
    const number = String(place + 1);
    const name = this.#names[place] ?? "";
    return name === number ? number : `${number} ${name}`;
  }

  /** The name of one side: of more than two pictures a list to choose from. */
  #side(side: "left" | "right", label: string): HTMLElement {
    if (this.#names.length === 2) return element("span", { class: `lumen-names-${side}` });
    const options = this.#names.map((_, place) =>
      element("option", { value: String(place) }, this.#text(place)),
    );
    const select = element("select", { class: "lumen-input", "aria-label": label }, ...options);
    select.addEventListener("change", () => {
      const place = Number(select.value);
      if (side === "left") this.#hooks.choose(place, this.#right);
      else this.#hooks.choose(this.#left, place);
    });
    return element("span", { class: `lumen-names-${side}` }, select);
  }
}
