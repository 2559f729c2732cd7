/* What a repaint wants beside its mask: everything else kept exactly, and only a part of it sent. */
import { element } from "../shared/dom";
import { numberWords } from "../shared/numbers";
import { fill } from "../shared/words";
import { CheckField } from "./controls";
import type { Draft } from "./draft";
import type { Words } from "./words";

/** How much of the mask's box is added on every side, where nothing else was given. */
const USUAL_CROP = 0.5;

export class RepaintOptions {
  readonly el: HTMLElement;
  readonly exact: CheckField;
  readonly crop: CheckField;
  readonly #words: Words;
  /** The share that the box stands for: one that code gave is given again. */
  #share = USUAL_CROP;

  constructor(id: (name: string) => string, draft: Draft, words: Words) {
    this.#words = words;
    this.exact = new CheckField(id("exact"), words.exact, (on) => draft.set("exact", on));
    this.crop = new CheckField(id("crop"), words.crop, (on) =>
      draft.set("crop", on ? this.#share : null),
    );
    this.el = element("div", { class: "lumen-repaint-options" }, this.exact.el, this.crop.el);
  }

  /** Shows what is chosen. What cannot go with the other is disabled, and says why; where both were
      given, both can be changed. */
  show(exact: boolean, crop: number | null): void {
    const words = this.#words;
    if (crop !== null) this.#share = crop;
    const isNeeded = exact && crop !== null;
    const exactHint = exact ? "" : words.exactOff;
    this.exact.show(exact, isNeeded, isNeeded ? words.exactNeeded : exactHint);
    const percent = numberWords((crop ?? 0) * 100);
    const cropHint = crop === null ? "" : fill(words.cropShare, { percent });
    const isBarred = !exact && crop === null;
    this.crop.show(crop !== null, isBarred, isBarred ? words.cropBarred : cropHint);
  }
}
