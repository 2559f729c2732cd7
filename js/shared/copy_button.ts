/* A small button that copies a text and shows the result in its label. */

import { copyText } from "./clipboard";
import { element, icon } from "./dom";

const SHEETS = ["M6 5.5h7v8H6z", "M10 5.5v-3H3v8h3"];
const TICK = ["M3.5 8.5l3 3 6-7"];
// long enough to be noticed, short enough to be over before the next copy
const SHOWN_MS = 2000;

export const COPY_ENGLISH = {
  copied: "Copied",
  notCopied: "Select it and press Ctrl or Cmd and C",
};

export type CopyWords = typeof COPY_ENGLISH;

export const COPY_CHINESE: CopyWords = {
  copied: "已复制",
  notCopied: "请选中后按 Ctrl 或 Cmd 加 C",
};

export class CopyButton {
  readonly el: HTMLButtonElement;
  /** What is copied; empty for nothing yet. */
  text = "";
  #timer = 0;

  constructor(label: string, words: CopyWords) {
    this.el = element("button", { type: "button", class: "lumen-copy", "aria-label": label });
    this.el.title = label;
    this.el.append(icon(...SHEETS));
    this.el.addEventListener("click", async () => {
      if (this.text === "") return;
      const done = await copyText(this.text);
      this.#show(done ? words.copied : words.notCopied, done ? TICK : SHEETS);
      window.clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#show(label, SHEETS), SHOWN_MS);
    });
  }

  #show(label: string, paths: string[]): void {
    this.el.setAttribute("aria-label", label);
    this.el.title = label;
    this.el.replaceChildren(icon(...paths));
    this.el.toggleAttribute("data-copied", paths === TICK);
  }
}
