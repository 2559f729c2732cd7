/* The buttons that zoom a stage, and how far it is zoomed. */
import { element, setText } from "../shared/dom";
import { STEPWISE } from "../shared/gestures";
import type { LargeWords } from "../shared/large_words";
import { fill } from "../shared/words";
import { STEP } from "../shared/zoom";
import type { Stage } from "./stage";

export class ZoomTools {
  readonly el: HTMLElement;
  readonly #stage: Stage;
  readonly #words: LargeWords;
  readonly #percent = element("output", { class: "lumen-compare-percent" });

  constructor(stage: Stage, words: LargeWords) {
    this.#stage = stage;
    this.#words = words;
    const button = (text: string, label: string, press: () => void) => {
      const made = element("button", { type: "button", class: "lumen-button", title: label }, text);
      if (text !== label) made.setAttribute("aria-label", label);
      made.setAttribute(STEPWISE, "");
      made.addEventListener("click", press);
      return made;
    };
    this.el = element(
      "span",
      { class: "lumen-compare-zoom" },
      button("−", words.reduce, () => stage.zoomBy(1 / STEP)),
      this.#percent,
      button("+", words.enlarge, () => stage.zoomBy(STEP)),
      button(words.fitView, words.fitView, () => stage.fit()),
      button(words.everyPixel, words.everyPixel, () => stage.toPixels()),
    );
  }

  /** Says how far the stage is zoomed now. */
  show(): void {
    const percent = String(Math.round(this.#stage.scale * 100));
    setText(this.#percent, fill(this.#words.percent, { percent }));
  }
}
