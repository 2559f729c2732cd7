/* How far a picture is to grow on each of its sides: four numbers of pixels, and the size that comes of
   them. `Sides` and LONGEST_SIDE are those of lumen_widgets/client/exact/wish.py. */
import { element, setText } from "./dom";
import { newId } from "./ids";
import { onEnter } from "./keyboard";
import { fill } from "./words";

/** Pixels of the longest side that an extended picture may have. */
export const LONGEST_SIDE = 4096;

export const SIDES = ["left", "top", "right", "bottom"] as const;

export type Side = (typeof SIDES)[number];
/** Picture pixels of new ground, on each side. */
export type Sides = Record<Side, number>;

export const NO_SIDES: Readonly<Sides> = { left: 0, top: 0, right: 0, bottom: 0 };

interface Size {
  width: number;
  height: number;
}

export const SIDES_ENGLISH = {
  sidesLegend: "New ground, in pixels",
  sideLeft: "Left",
  sideTop: "Top",
  sideRight: "Right",
  sideBottom: "Bottom",
  sidesSize: "{width} × {height} px",
  sidesWrong: "Give whole pixels from 0 to {most}: the larger side may have {longest} at most.",
  sidesFull: "This picture cannot grow: the larger side may have {longest} px at most.",
};

export type SideWords = typeof SIDES_ENGLISH;

export const SIDES_CHINESE: SideWords = {
  sidesLegend: "扩展区域（像素）",
  sideLeft: "左",
  sideTop: "上",
  sideRight: "右",
  sideBottom: "下",
  sidesSize: "{width} × {height} 像素",
  sidesWrong: "请输入 0 到 {most} 的整数像素：长边最多 {longest}。",
  sidesFull: "这张图片无法再扩展：长边最多 {longest} 像素。",
};

const LABELS = {
  left: "sideLeft",
  top: "sideTop",
  right: "sideRight",
  bottom: "sideBottom",
} as const satisfies Record<Side, keyof SideWords>;

export function sameSides(a: Readonly<Sides>, b: Readonly<Sides>): boolean {
  return SIDES.every((side) => a[side] === b[side]);
}

/** The size of a picture once it is extended. */
export function extendedSize({ width, height }: Size, sides: Readonly<Sides>): Size {
  return {
    width: sides.left + width + sides.right,
    height: sides.top + height + sides.bottom,
  };
}

/** The most pixels that one side can have, while the others have theirs; `picture` is null where its
    size is not known. */
export function mostOf(side: Side, sides: Readonly<Sides>, picture: Readonly<Size> | null): number {
  const { width, height } = picture ?? { width: 1, height: 1 };
  if (Math.max(width, height) > LONGEST_SIDE) return 0;
  const opposite = { left: "right", top: "bottom", right: "left", bottom: "top" } as const;
  const length = side === "left" || side === "right" ? width : height;
  return Math.max(0, LONGEST_SIDE - length - sides[opposite[side]]);
}

/** Four fields for four numbers. What is typed is told at once (`typed`, to preview it; null while it
    cannot be), and once more when the field is left or Enter is pressed, if it can be (`changed`). */
export class SideNumbers {
  readonly el: HTMLFieldSetElement;
  readonly #words: SideWords;
  readonly #inputs = new Map<Side, HTMLInputElement>();
  readonly #size = element("span", { class: "lumen-sides-size" });
  readonly #error = element("p", { class: "lumen-field-error", role: "alert" });
  #picture: Readonly<Size> | null = null;
  #shown: Readonly<Sides> = NO_SIDES;
  /** The side whose field is being typed in. */
  #typing: Side | null = null;

  constructor(
    words: SideWords,
    hooks: { typed?: (sides: Sides | null) => void; changed: (sides: Sides) => void },
  ) {
    this.#words = words;
    this.#size.id = `lumen-${newId()}`;
    this.#error.id = `lumen-${newId()}`;
    const fields = element("div", { class: "lumen-sides-fields" });
    for (const side of SIDES) {
      const input = element("input", {
        class: "lumen-input",
        type: "number",
        min: "0",
        step: "1",
        value: "0",
        inputmode: "numeric",
        autocomplete: "off",
        "aria-describedby": `${this.#size.id} ${this.#error.id}`,
      });
      this.#inputs.set(side, input);
      input.addEventListener("input", () => {
        this.#typing = side;
        this.#update();
        hooks.typed?.(this.sides);
      });
      const told = () => {
        this.#typing = null;
        this.#report();
        const { sides } = this;
        if (!sides) return;
        // as it is read: "007" and nothing at all are numbers too
        input.value = String(sides[side]);
        hooks.changed(sides);
      };
      input.addEventListener("change", told);
      // what was typed and taken back again is no change
      input.addEventListener("blur", () => {
        this.#typing = null;
      });
      onEnter(input, () => {
        told();
        input.form?.requestSubmit();
      });
      fields.append(element("label", { class: "lumen-side" }, words[LABELS[side]], input));
    }
    fields.append(this.#size);
    this.el = element(
      "fieldset",
      { class: "lumen-sides" },
      element("legend", {}, words.sidesLegend),
      fields,
      this.#error,
    );
    this.#update();
  }

  /** What is typed; null while a field holds what cannot be. */
  get sides(): Sides | null {
    const sides = this.#typed();
    return SIDES.every((side) => this.#good(side, sides)) ? sides : null;
  }

  /** Shows numbers, and the size of `picture` (null: unknown) with them. A field that is being typed in
      keeps what it has, and one that is wrong, until there is another number for it. */
  show(sides: Readonly<Sides>, picture: Readonly<Size> | null): void {
    this.#picture = picture;
    const typed = this.#typed();
    for (const [side, input] of this.#inputs) {
      const old =
        sides[side] === this.#shown[side] && input.getAttribute("aria-invalid") === "true";
      if (side === this.#typing || old || typed[side] === sides[side]) continue;
      input.value = String(sides[side]);
    }
    this.#shown = { ...sides };
    this.#update();
    // an error of before says nothing about these numbers
    if (this.sides) this.#report();
  }

  /** Says what is wrong, and goes there; returns whether all is right. */
  check(): boolean {
    const wrong = this.#report();
    if (wrong) this.#inputs.get(wrong)?.focus();
    return wrong === null;
  }

  /** The numbers in the fields, NaN where there is none. An empty field is 0. */
  #typed(): Sides {
    const sides = { ...NO_SIDES };
    for (const [side, input] of this.#inputs) {
      sides[side] = input.value === "" && !input.validity.badInput ? 0 : input.valueAsNumber;
    }
    return sides;
  }

  #good(side: Side, sides: Sides): boolean {
    return (
      Number.isInteger(sides[side]) && sides[side] >= 0 && sides[side] <= this.#most(side, sides)
    );
  }

  #most(side: Side, sides: Sides): number {
    // beside an opposite number that can never be, this one is not wrong too
    const others = { ...NO_SIDES };
    for (const other of SIDES) {
      const can = sides[other] >= 0 && sides[other] <= mostOf(other, NO_SIDES, this.#picture);
      if (can) others[other] = sides[other];
    }
    return mostOf(side, others, this.#picture);
  }

  /** Brings limits and size up to what is typed. */
  #update(): void {
    const sides = this.#typed();
    for (const [side, input] of this.#inputs) input.max = String(this.#most(side, sides));
    const size = this.sides && this.#picture ? extendedSize(this.#picture, sides) : null;
    const words = size && { width: String(size.width), height: String(size.height) };
    setText(this.#size, words ? fill(this.#words.sidesSize, words) : "");
  }

  /** Marks what is wrong, and returns the first such side. */
  #report(): Side | null {
    const sides = this.#typed();
    let first: Side | null = null;
    for (const [side, input] of this.#inputs) {
      const good = this.#good(side, sides);
      input.setAttribute("aria-invalid", String(!good));
      if (!good) first ??= side;
    }
    const most = first ? this.#most(first, sides) : 0;
    const values = { most: String(most), longest: String(LONGEST_SIDE) };
    const full = SIDES.every((side) => mostOf(side, NO_SIDES, this.#picture) === 0);
    const sentence = full ? this.#words.sidesFull : this.#words.sidesWrong;
    setText(this.#error, first ? fill(sentence, values) : "");
    this.#error.hidden = first === null;
    return first;
  }
}
