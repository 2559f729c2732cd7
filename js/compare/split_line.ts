/* The line of the slider: a native range that lies upon the stage, dragged there too. Left of it one picture
   is seen, right of it the other one. */
import { element, icon } from "../shared/dom";
import type { Point } from "../shared/zoom";
import type { Stage } from "./stage";

/** CSS pixels of the range's handle, which is as wide as the range is wider than its way. */
const HANDLE = 36;
/** CSS pixels beside the line within which a press takes it. */
const NEAR = 22;

export class SplitLine {
  readonly el: HTMLElement;
  readonly #stage: Stage;
  readonly #moved: () => void;
  readonly #range: HTMLInputElement;
  readonly #rule = element("div", { class: "lumen-split-rule" });
  #between: [left: number, right: number] | null = null;
  #percent = 50;

  /** `moved` is called when the line has moved. */
  constructor(stage: Stage, label: string, moved: () => void) {
    this.#stage = stage;
    this.#moved = moved;
    this.#range = element("input", {
      type: "range",
      min: "0",
      max: "100",
      // with any step a key moves it by one percent, and a pointer by less
      step: "any",
      value: "50",
      class: "lumen-split-range",
      "aria-label": label,
    });
    this.#range.addEventListener("input", () => this.#set(Number(this.#range.value)));
    this.#rule.append(icon("M6 4 2 8l4 4M10 4l4 4-4 4"));
    this.el = element("div", { class: "lumen-split" }, this.#rule, this.#range);
  }

  /** How much of what is seen is left of the line, in percent. */
  get percent(): number {
    return this.#percent;
  }

  /** Shows the line between these pictures; null hides it. */
  show(between: [left: number, right: number] | null): void {
    this.#between = between;
    this.el.hidden = between === null;
    this.place();
  }

  /** Puts the line to its place on the stage, and cuts the pictures there. */
  place(): void {
    if (this.#between === null) return;
    const { left, right } = this.#stage.seen;
    const at = left + ((right - left) * this.#percent) / 100;
    this.#rule.style.transform = `translateX(${at}px)`;
    this.#range.style.left = `${left - HANDLE / 2}px`;
    this.#range.style.width = `${right - left + HANDLE}px`;
    this.#stage.cut(...this.#between, at);
  }

  /** Moves the line by so many percent. */
  step(by: number): void {
    this.#set(this.#percent + by);
  }

  /** Says in words how far the line is, where that is heard. */
  say(words: string): void {
    this.#range.setAttribute("aria-valuetext", words);
  }

  /** Takes a drag: of the line, or from wherever it begins while zoomed pictures need none. */
  grab(at: Point): ((to: Point | null) => void) | null {
    const { left, right } = this.#stage.seen;
    const line = left + ((right - left) * this.#percent) / 100;
    const isNear = Math.abs(at.x - line) <= NEAR;
    if (!isNear && !this.#stage.fitted) return null;
    const off = isNear ? at.x - line : 0;
    const follow = (to: Point | null) => {
      if (to) this.#set(((to.x - off - left) / Math.max(right - left, 1)) * 100);
    };
    follow(at);
    return follow;
  }

  #set(percent: number): void {
    this.#percent = Math.min(Math.max(percent, 0), 100);
    this.#range.value = String(this.#percent);
    this.place();
    this.#moved();
  }
}
