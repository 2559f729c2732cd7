/* The elements of one row in one view: the task's status and its actions. */

import { isFree } from "../shared/account";
import { CopyButton } from "../shared/copy_button";
import { element, icon, setText } from "../shared/dom";
import { newId } from "../shared/ids";
import type { Answer } from "./answers";
import { BUSY_MS } from "./row_requests";
import type { KnownRow, Thumbnails } from "./rows";
import {
  arrivedWords,
  chargeWords,
  elapsedWords,
  estimateWords,
  ICONS,
  pictureWords,
  repaintWords,
  statusWords,
  toneOf,
  troubleWords,
} from "./status";
import { TakeUp } from "./take_up";
import type { Words } from "./words";

export type Action = "stop" | "watch" | "again";

/** What a row's buttons do. */
export interface RowActions {
  act(key: string, action: Action): Promise<Answer>;
  takeUp(key: string, id: string): Promise<Answer>;
}

export class RowView {
  readonly el = element("article", { class: "lumen-task", role: "article", tabindex: "-1" });
  readonly #icon = element("span", { class: "lumen-task-icon" });
  readonly #state = element("span", { class: "lumen-task-state", id: `lumen-${newId()}` });
  readonly #elapsed = element("span", { class: "lumen-task-elapsed" });
  readonly #usual = element("span", { class: "lumen-task-usual" });
  readonly #prompt = element("p", { class: "lumen-task-prompt", dir: "auto", lang: "" });
  readonly #model = element("span");
  readonly #id = element("span", { class: "lumen-task-id" });
  readonly #more = element("span");
  readonly #error = element("p", { class: "lumen-task-error", hidden: "" });
  readonly #trouble = element("p", { class: "lumen-task-trouble", dir: "auto", hidden: "" });
  readonly #pictureNotice = element("p", { class: "lumen-task-pictures", dir: "auto", hidden: "" });
  readonly #code = element("code");
  readonly #show = element("p", { class: "lumen-task-show", hidden: "" });
  readonly #notice = element("p", { class: "lumen-task-notice", hidden: "" });
  readonly #thumbnail = element("img", { class: "lumen-task-thumbnail", hidden: "" });
  readonly #mask = element("img", { class: "lumen-task-mask", hidden: "" });
  readonly #watch = element("button", { type: "button", class: "lumen-button", hidden: "" });
  readonly #again = element("button", { type: "button", class: "lumen-button", hidden: "" });
  readonly #actions: HTMLElement;
  readonly #copyId: CopyButton;
  readonly #copyCode: CopyButton;
  readonly #takeUp: TakeUp;
  readonly #words: Words;
  readonly #key: string;
  #watchAction: Action = "stop";

  /** Until it is updated, a view says that its row is loading. */
  constructor(key: string, words: Words, actions: RowActions) {
    this.#key = key;
    this.#words = words;
    this.#elapsed.title = words.elapsed;
    this.#mask.alt = words.mask;
    this.#state.textContent = words.loading;
    this.#copyId = new CopyButton(words.copyId, words);
    this.#copyId.el.hidden = true;
    this.#copyCode = new CopyButton(words.copyCode, words);
    this.#takeUp = new TakeUp(words, (id) => this.#wait(actions.takeUp(key, id)));
    this.#watch.addEventListener("click", () => this.#run(actions, this.#watch, this.#watchAction));
    this.#again.addEventListener("click", () => this.#run(actions, this.#again, "again"));
    this.#actions = element("span", { class: "lumen-task-actions" }, this.#watch, this.#again);
    this.#prompt.id = `lumen-${newId()}`;
    this.el.setAttribute("aria-labelledby", `${this.#state.id} ${this.#prompt.id}`);
    this.#show.append(this.#code, this.#copyCode.el);
    this.el.append(
      this.#icon,
      element(
        "div",
        { class: "lumen-task-body" },
        element(
          "div",
          { class: "lumen-task-line" },
          element(
            "span",
            { class: "lumen-task-how" },
            this.#state,
            " ",
            this.#elapsed,
            " ",
            this.#usual,
          ),
          this.#actions,
        ),
        this.#prompt,
        element(
          "p",
          { class: "lumen-task-facts" },
          this.#model,
          this.#id,
          this.#copyId.el,
          this.#more,
        ),
        this.#error,
        this.#trouble,
        this.#pictureNotice,
        this.#show,
        this.#takeUp.el,
        this.#notice,
      ),
      element("span", { class: "lumen-task-small" }, this.#thumbnail, this.#mask),
    );
  }

  /** Shows a row; `host` is empty unless the panel's rows have several. */
  update(row: KnownRow, elapsed: number | null, thumbnails: Thumbnails, host: string): void {
    const words = this.#words;
    const tone = toneOf(row);
    if (this.el.dataset.tone !== tone) {
      this.el.dataset.tone = tone;
      this.#icon.replaceChildren(icon(...ICONS[tone]));
    }
    this.el.dataset.status = row.status;
    setText(this.#state, statusWords(row, words));
    setText(this.#usual, estimateWords(row, words));
    setText(this.#prompt, row.prompt || row.id);
    setText(this.#model, row.id && row.model ? `${row.model} · ` : row.model);
    setText(this.#id, row.id);
    this.#copyId.text = row.id;
    this.#copyId.el.hidden = row.id === "";
    const facts = [
      repaintWords(row.repaints, words),
      arrivedWords(row, words),
      chargeWords(row, words),
      host,
    ];
    setText(this.#more, ["", ...facts.filter(Boolean)].join(" · "));
    this.tick(row, elapsed);
    this.#error.hidden = row.error === null;
    setText(this.#error, row.error ? `${row.error.message} ${row.error.next_step}` : "");
    this.#trouble.hidden = row.trouble === "";
    setText(this.#trouble, troubleWords(row, words));
    this.#pictureNotice.hidden = row.notice === "";
    setText(this.#pictureNotice, row.notice);
    this.#show.hidden = row.id === "" || row.status !== "succeeded";
    this.#copyCode.text = `lumen.show(${JSON.stringify(row.id)})`;
    setText(this.#code, this.#copyCode.text);
    this.#thumbnail.alt = row.arrived > 1 ? pictureWords(row.arrived, words) : words.thumbnail;
    setPicture(this.#thumbnail, thumbnails.picture);
    setPicture(this.#mask, thumbnails.mask);
    this.#showActions(row);
  }

  tick(row: KnownRow, elapsed: number | null): void {
    setText(this.#elapsed, elapsedWords(row, elapsed, this.#words));
  }

  /** Whether Tab stops at this row's controls: only one row of a list does. */
  setTabbable(yes: boolean): void {
    const index = yes ? 0 : -1;
    this.el.tabIndex = index;
    for (const inner of this.el.querySelectorAll<HTMLElement>("button, input")) {
      inner.tabIndex = index;
    }
  }

  #showActions(row: KnownRow): void {
    const words = this.#words;
    const focused = this.el.contains(document.activeElement);
    this.#watchAction = row.actions.includes("watch") ? "watch" : "stop";
    setText(this.#watch, this.#watchAction === "watch" ? words.watch : words.stop);
    this.#watch.hidden = !row.actions.includes(this.#watchAction);
    setText(this.#again, isFree(row.host) ? words.againSandbox : words.again);
    this.#again.hidden = !row.actions.includes("again");
    this.#takeUp.el.hidden = !row.actions.includes("take_up");
    this.#actions.hidden = this.#watch.hidden && this.#again.hidden;
    // the control with the focus may be hidden now
    const active = document.activeElement;
    if (focused && active instanceof HTMLElement && active.closest("[hidden]")) this.el.focus();
  }

  async #run(actions: RowActions, button: HTMLElement, action: Action): Promise<void> {
    if (button.getAttribute("aria-disabled") === "true") return;
    // not `disabled`, which would take the focus away
    button.setAttribute("aria-disabled", "true");
    const { key, error } = await this.#wait(actions.act(this.#key, action));
    button.removeAttribute("aria-disabled");
    if (error) this.#showNotice(`${error.message} ${error.next_step}`);
    else if (key !== null && action === "again") this.#showNotice(this.#words.sentAgain);
  }

  /** Waits for an answer; shows that the kernel is busy if it takes long. */
  async #wait(answer: Promise<Answer>): Promise<Answer> {
    this.#showNotice("");
    const timer = window.setTimeout(() => this.#showNotice(this.#words.busy), BUSY_MS);
    const known = await answer;
    window.clearTimeout(timer);
    this.#showNotice("");
    return known;
  }

  #showNotice(text: string): void {
    this.#notice.textContent = text;
    this.#notice.hidden = text === "";
  }
}

function setPicture(img: HTMLImageElement, data: string | undefined): void {
  img.hidden = data === undefined;
  if (data !== undefined && img.src !== data) img.src = data;
}
