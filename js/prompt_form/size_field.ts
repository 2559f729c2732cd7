/* The size field: common ratios as small drawings, any size as text, and a drawing of its shape. */
import { element } from "../shared/dom";
import { fill } from "../shared/words";
import { Field } from "./controls";
import { drawingSize, orientation, type ParsedSize, parseSize, ratioOf } from "./parsed_size";
import type { Words } from "./words";

const OFFERED = ["", "1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16"];
const SQUARE: ParsedSize = { kind: "ratio", width: 1, height: 1 };
/** CSS px: the sides of the squares around the drawings. */
const SMALL = 20;
const LARGE = 56;

function drawing(shape: ParsedSize, side: number): HTMLElement {
  const [width, height] = drawingSize(shape, side);
  const box = element("span", { class: "lumen-shape", "aria-hidden": "true" });
  box.style.inlineSize = `${width}px`;
  box.style.blockSize = `${height}px`;
  return box;
}

/** What decides the size: a repaint's picture, the part of it that is sent, its new ground, or nothing. */
export type SizeRule = "" | "repaint" | "crop" | "extend";

export class SizeField {
  readonly field: Field;
  readonly #words: Words;
  readonly #text: HTMLInputElement;
  readonly #picture = element("span", { class: "lumen-size-picture" });
  readonly #hint: HTMLElement;
  readonly #inputs = new Map<string, HTMLInputElement>();
  #rule: SizeRule = "";

  constructor(id: string, words: Words, typed: (size: string) => void) {
    this.#words = words;
    const choices = element("div", { class: "lumen-shapes" });
    for (const size of OFFERED) {
      const input = element("input", { type: "radio", name: `${id}-shape`, value: size });
      input.addEventListener("change", () => typed(size));
      this.#inputs.set(size, input);
      const shape = parseSize(size) ?? SQUARE;
      const mark = element("span", { class: "lumen-shape-box" }, drawing(shape, SMALL));
      if (size === "") mark.classList.add("lumen-shape-auto");
      choices.append(
        element("label", {}, input, mark, element("span", {}, size === "" ? words.sizeAuto : size)),
      );
    }
    this.#text = element("input", {
      class: "lumen-input",
      type: "text",
      id: `${id}-text`,
      placeholder: "1536x1024",
      autocomplete: "off",
      spellcheck: "false",
    });
    this.#hint = element("p", { class: "lumen-hint", id: `${id}-words` });
    this.#text.setAttribute("aria-describedby", this.#hint.id);
    this.#text.addEventListener("input", () => typed(this.#text.value.trim()));
    const free = element(
      "div",
      { class: "lumen-size-free" },
      this.#picture,
      element(
        "div",
        {},
        element("label", { class: "lumen-sublabel", for: `${id}-text` }, words.sizeText),
        this.#text,
        this.#hint,
      ),
    );
    const control = element("div", { class: "lumen-size" }, choices, free);
    this.field = new Field(id, words.size, control, { group: true });
  }

  show(size: string): void {
    for (const [offered, input] of this.#inputs) input.checked = offered === size;
    if (this.#text.value.trim() !== size) this.#text.value = size;
    const shape = parseSize(size);
    this.#picture.replaceChildren(drawing(shape ?? SQUARE, LARGE));
    this.#picture.classList.toggle("lumen-shape-auto", shape === null);
    this.#hint.textContent = this.#describe(size, shape);
  }

  /** Says what decides the size. Where that is not the user, there is nothing to choose, unless there is
      a size to take back. */
  follow(rule: SizeRule): void {
    this.#rule = rule;
    const size = this.#text.value.trim();
    const group = this.field.el as HTMLFieldSetElement;
    // while somebody types, the field stays: what is typed there gets an error
    group.disabled =
      (rule === "crop" || rule === "extend") &&
      size === "" &&
      document.activeElement !== this.#text;
    this.show(size);
  }

  #describe(size: string, shape: ParsedSize | null): string {
    const words = this.#words;
    if (this.#rule === "repaint") return words.sizeRepaint;
    if (this.#rule === "crop") return words.sizeCrop;
    if (this.#rule === "extend") return words.sizeExtend;
    if (size === "") return words.sizeNone;
    if (shape === null) return "";
    const ratio = shape.kind === "pixels" ? ratioOf(shape) : null;
    const plain = `${shape.width}${shape.kind === "ratio" ? ":" : " × "}${shape.height}`;
    const sentences = { square: words.sizeSquare, wide: words.sizeWide, tall: words.sizeTall };
    return fill(sentences[orientation(shape)], { size: ratio ? `${plain} (${ratio})` : plain });
  }
}
