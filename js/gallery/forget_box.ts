/* Forgetting: what would go is said first, and nothing goes before that is agreed to. */
import { element } from "../shared/dom";
import { numberWords } from "../shared/numbers";
import { fill } from "../shared/words";
import { awaited, type GalleryRequests } from "./answers";
import { countWords } from "./counts";
import type { ForgotMessage, Refusal } from "./messages";
import type { Words } from "./words";

const REASONS: Record<Refusal["reason"], keyof Words> = {
  running: "keptRunning",
  sending: "keptSending",
  unknown: "keptUnknown",
  incomplete: "keptIncomplete",
  gone: "keptGone",
};

export class ForgetBox {
  /** The question, beside the buttons that it belongs to. */
  readonly el = element("div", { class: "lumen-forget", hidden: "" });
  /** The button that begins. */
  readonly button: HTMLButtonElement;
  readonly #question = element("p", { "aria-live": "polite" });
  readonly #yes: HTMLButtonElement;
  readonly #no: HTMLButtonElement;
  readonly #words: Words;
  readonly #requests: GalleryRequests;
  readonly #chosen: () => string[];
  readonly #done: () => void;
  #keys: string[] = [];

  /** `chosen` returns the keys of what would be forgotten; `done` is called once something is. */
  constructor(words: Words, requests: GalleryRequests, chosen: () => string[], done: () => void) {
    this.#words = words;
    this.#requests = requests;
    this.#chosen = chosen;
    this.#done = done;
    this.button = element("button", { type: "button", class: "lumen-button" }, words.forget);
    this.#yes = element(
      "button",
      { type: "button", class: "lumen-button lumen-forget-yes" },
      words.forgetNow,
    );
    this.#no = element("button", { type: "button", class: "lumen-button" }, words.keep);
    this.el.append(
      this.#question,
      element("div", { class: "lumen-forget-buttons" }, this.#no, this.#yes),
    );
    this.button.addEventListener("click", () => void this.#ask());
    this.#no.addEventListener("click", () => this.#leave());
    this.#yes.addEventListener("click", () => void this.#forget());
    this.el.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.#leave();
    });
  }

  /** Asks nothing any more, since something else is chosen. */
  reset(): void {
    this.el.hidden = true;
    this.#question.textContent = "";
  }

  async #ask(): Promise<void> {
    this.#keys = this.#chosen();
    this.#open("", false);
    const { tasks, pictures, unknown } = (await this.#send(false)) ?? {};
    if (tasks === undefined) return;
    const words = this.#words;
    if (tasks === 0) return this.#open(words.forgetNothing, false);
    const asked = fill(words.forgetAsk, this.#counts(tasks, pictures ?? 0));
    const others = unknown ? fill(words.forgetUnknown, { count: numberWords(unknown) }) : "";
    this.#open([asked, others].filter(Boolean).join(" "), true);
    // what changes nothing has the focus
    this.#no.focus();
  }

  async #forget(): Promise<void> {
    this.#yes.hidden = true;
    const answer = await this.#send(true);
    if (answer === null) return;
    const words = this.#words;
    const kept = answer.refused.map(({ prompt, reason }) =>
      fill(words.refused, { prompt, reason: words[REASONS[reason]] }),
    );
    const gone = fill(words.forgotten, this.#counts(answer.tasks, answer.pictures));
    this.#open([...(answer.tasks > 0 ? [gone] : []), ...kept].join(" "), false);
    this.#no.focus();
    if (answer.tasks > 0) this.#done();
  }

  async #send(confirmed: boolean): Promise<ForgotMessage | null> {
    const words = this.#words;
    const asked = this.#requests.ask({ kind: "forget", keys: this.#keys, confirmed });
    const answer = await awaited<ForgotMessage>(asked, (late) => {
      if (late) this.#open(words.forgetWaits, false);
    });
    if (answer?.kind === "forgot") return answer;
    const failed = answer ? `${answer.message} ${answer.next_step}`.trim() : words.forgetLost;
    this.#open(failed, false);
    return null;
  }

  #counts(tasks: number, pictures: number): { tasks: string; pictures: string } {
    const words = this.#words;
    return {
      tasks: countWords(tasks, words.oneTask, words.manyTasks),
      pictures: countWords(pictures, words.onePicture, words.manyPictures),
    };
  }

  #open(text: string, asking: boolean): void {
    this.el.hidden = false;
    this.#question.textContent = text;
    this.#yes.hidden = !asking;
    this.#no.hidden = text === "";
    this.#no.textContent = asking ? this.#words.keep : this.#words.understood;
  }

  #leave(): void {
    const had = this.el.contains(document.activeElement);
    this.reset();
    if (had) this.button.focus();
  }
}
