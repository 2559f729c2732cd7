/* By how much two pictures differ: how bright that is shown, and how many pixels it is, in words. */
import { element, setText } from "../shared/dom";
import { newId } from "../shared/ids";
import { fill } from "../shared/words";
import type { ComparedPicture, DifferenceMessage } from "./messages";
import type { Stage } from "./stage";
import type { CompareState } from "./state";
import type { Words } from "./words";

/** A kernel that has not answered after so many milliseconds is busy with a cell. */
const BUSY_MS = 1500;
/** Of the slider, as powers of two: each difference is shown so many times as bright. */
const MOST_GAIN = 4;
const FIRST_GAIN = 2;

export class Differences {
  readonly el: HTMLElement;
  readonly #pictures: readonly ComparedPicture[];
  readonly #state: CompareState;
  readonly #stage: Stage;
  readonly #words: Words;
  readonly #said = element("span", { class: "lumen-differ-words", role: "status" });
  readonly #where: HTMLButtonElement;
  readonly #gain: HTMLInputElement;
  readonly #gainWords = element("output");
  #pair: [left: number, right: number] = [0, 1];
  #late = false;
  #timer = 0;

  constructor(
    pictures: readonly ComparedPicture[],
    state: CompareState,
    stage: Stage,
    words: Words,
    signal: AbortSignal,
  ) {
    this.#pictures = pictures;
    this.#state = state;
    this.#stage = stage;
    this.#words = words;
    const id = newId();
    this.#gain = element("input", {
      type: "range",
      id,
      min: "0",
      max: String(MOST_GAIN),
      step: "1",
      value: String(FIRST_GAIN),
    });
    this.#gain.addEventListener("input", () => this.#brighten());
    this.#where = element("button", { type: "button", class: "lumen-button", hidden: "" });
    this.#where.textContent = words.showWhere;
    this.#where.addEventListener("click", () => {
      const box = this.#found?.box;
      if (box) stage.reveal(box);
    });
    this.el = element(
      "div",
      { class: "lumen-differ", hidden: "" },
      element(
        "span",
        { class: "lumen-differ-gain" },
        element("label", { for: id }, words.gain),
        this.#gain,
        this.#gainWords,
      ),
      this.#said,
      this.#where,
    );
    this.#brighten();
    state.connection.listen(() => this.#say(), signal);
    signal.addEventListener("abort", () => window.clearTimeout(this.#timer));
  }

  /** Shows how two pictures differ, or asks for that ahead. */
  show(on: boolean, left: number, right: number): void {
    this.el.hidden = !on;
    this.#pair = [left, right];
    void this.#ask();
    this.#late = false;
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      this.#late = true;
      this.#say();
    }, BUSY_MS);
    this.#say();
  }

  get #key(): string {
    return [...this.#pair].sort((one, other) => one - other).join();
  }

  get #found(): DifferenceMessage | null {
    const found = this.#state.differences.get(this.#key);
    return found?.kind === "difference" ? found : null;
  }

  async #ask(): Promise<void> {
    const { differences, requests } = this.#state;
    const key = this.#key;
    if (differences.has(key)) return;
    differences.set(key, null);
    const [left, right] = this.#pair;
    const answer = await requests.ask({ kind: "differ", left, right });
    if (answer === null) differences.delete(key);
    else differences.set(key, answer);
    this.#say();
  }

  #brighten(): void {
    const gain = 2 ** Number(this.#gain.value);
    this.#stage.el.style.setProperty("--lumen-gain", String(gain));
    const words = fill(this.#words.gainValue, { gain: String(gain) });
    setText(this.#gainWords, words);
    this.#gain.setAttribute("aria-valuetext", words);
  }

  #say(): void {
    this.#where.hidden = this.#found === null || this.#found.box === null;
    setText(this.#said, this.#sentence());
  }

  #sentence(): string {
    const words = this.#words;
    const answer = this.#state.differences.get(this.#key);
    if (answer?.kind === "error") return answer.message;
    if (!answer) {
      if (this.#state.connection.ended) return words.differLost;
      return this.#late ? words.differWaits : words.differing;
    }
    const { share, largest, exact } = answer;
    const where = this.#isPartial() ? words.where : "";
    const values = { where, largest: String(largest), share: percentWords(share, words) };
    if (share > 0) return fill(exact ? words.differ : words.differAbout, values);
    if (!exact) return fill(words.alikeAbout, values);
    return fill(largest === 0 ? words.same : words.alike, values);
  }

  /** Whether one picture lies where the other one does not. */
  #isPartial(): boolean {
    const [one, other] = this.#pair.map((place) => this.#pictures[place]?.place);
    const sides = ["left", "top", "width", "height"] as const;
    return sides.some((side) => one?.[side] !== other?.[side]);
  }
}

/** A share of pixels in words, as precisely as is of use. */
export function percentWords(share: number, words: Words): string {
  const percent = 100 * share;
  if (percent < 0.1) return words.underPercent;
  const shown = percent < 9.95 ? percent.toFixed(1) : String(Math.round(percent));
  return fill(words.percentOf, { percent: shown });
}
