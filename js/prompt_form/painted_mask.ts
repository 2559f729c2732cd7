/* The mask that is painted in the form, in place of a file: how much of the picture it is, and the way
   back into the painter. */
import { element, setText } from "../shared/dom";
import { fill } from "../shared/words";
import { button } from "./controls";
import type { FormPicture } from "./messages";
import type { Words } from "./words";

/** The part of the picture in words. */
export function coverageWords(coverage: number | null, words: Words): string {
  if (coverage === null || coverage === 0) return words.paintedNone;
  if (coverage < 0.001) return words.paintedLittle;
  const percent = coverage === 1 ? "100" : Math.min(100 * coverage, 99.9).toFixed(1);
  return fill(words.paintedShare, { percent });
}

export class PaintedMask {
  readonly el = element("li", { class: "lumen-picture lumen-painted" });
  readonly #words: Words;
  readonly #thumb = element("span", { class: "lumen-thumb" });
  readonly #share = element("span", { class: "lumen-picture-facts" });
  readonly #toggle: HTMLButtonElement;
  readonly #discard: HTMLButtonElement;
  #thumbnail: string | null = null;

  constructor(words: Words, toggled: () => void, discarded: () => void) {
    this.#words = words;
    this.#toggle = button(words.paintMore, toggled);
    this.#discard = button(words.discard, discarded);
    this.el.append(
      this.#thumb,
      element(
        "span",
        { class: "lumen-picture-text" },
        element("span", { class: "lumen-picture-name" }, words.paintedHere),
        this.#share,
      ),
      element("span", { class: "lumen-painted-tools" }, this.#toggle, this.#discard),
    );
  }

  /** Shows the mask; `waits` while the painter is yet to open or to close. */
  update(mask: FormPicture, isOpen: boolean, waits: boolean): void {
    const words = this.#words;
    setText(this.#share, mask.error || coverageWords(mask.coverage, words));
    setText(this.#toggle, isOpen ? words.closePainter : words.paintMore);
    for (const one of [this.#toggle, this.#discard])
      one.setAttribute("aria-disabled", String(waits));
    if (mask.thumbnail === this.#thumbnail) return;
    this.#thumbnail = mask.thumbnail;
    const shown = mask.thumbnail ? [element("img", { alt: "", src: mask.thumbnail })] : [];
    this.#thumb.replaceChildren(...shown);
  }
}
