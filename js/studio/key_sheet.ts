/* The sheet of keys: a dialog over the page, by the places where each key is used. */
import { element } from "../shared/dom";
import { newId } from "../shared/ids";
import { MAC } from "../shared/keyboard";
import type { Words } from "./words";

type Row = [keys: string[], meaning: string];

/** Ctrl with a key, as this machine's keyboard has it. */
export function withControl(key: string): string {
  return MAC ? `⌘ ${key}` : `Ctrl + ${key}`;
}

function rows(words: Words): [string, Row[]][] {
  const arrows = ["←", "→"];
  return [
    [
      words.groupAll,
      [
        [["?"], words.keyHelp],
        [["F6"], words.keyAreas],
        [arrows, words.keyTabs],
        [arrows, words.keyBorder],
      ],
    ],
    [
      words.groupForm,
      [
        [[withControl("↵")], words.keySend],
        [["↑", "↓"], words.keyEarlier],
      ],
    ],
    [
      words.groupResults,
      [
        [[...arrows, "Home", "End"], words.keyNext],
        [["Enter"], words.keyLarge],
        [["M"], words.keyMask],
        [["V"], words.keyCompare],
        [["R"], words.keyReference],
        [["E"], words.keyExtend],
        [["B"], words.keyRecall],
        [["S", "*", "C"], words.keyFile],
        [["+", "−", "0", "1"], words.keyZoom],
        [["Shift + ←"], words.keyPan],
      ],
    ],
    [
      words.groupPainter,
      [
        [["B", "E", "R", "O"], words.keyTools],
        [["←", "→", "↑", "↓"], words.keyCursor],
        [["Enter"], words.keyDab],
        [["[", "]"], words.keySize],
        [[withControl("Z"), withControl("Shift + Z")], words.keyUndo],
        [["I", "Delete"], words.keyInvert],
        [[words.space, "P"], words.keyView],
      ],
    ],
    [
      words.groupCompare,
      [
        [["S", "B", "F", "D"], words.keyWays],
        [arrows, words.keyLine],
        [["1", "X"], words.keyAlone],
        [["1", "=", "2"], words.keyVote],
        [["Esc"], words.keyLeave],
      ],
    ],
    [
      words.groupGallery,
      [
        [["Enter"], words.keyOpen],
        [[words.space], words.keyMark],
      ],
    ],
  ];
}

export class KeySheet {
  readonly el: HTMLDialogElement;

  constructor(words: Words) {
    const title = element("h2", { id: `lumen-${newId()}` }, words.keysTitle);
    const close = element("button", { type: "button", class: "lumen-button" }, words.keysClose);
    close.addEventListener("click", () => this.el.close());
    const groups = rows(words).map(([name, keys]) =>
      element(
        "section",
        {},
        element("h3", {}, name),
        element("dl", {}, ...keys.map(([pressed, meaning]) => keyRow(pressed, meaning))),
      ),
    );
    this.el = element(
      "dialog",
      { class: "lumen-studio-keys", "aria-labelledby": title.id },
      element("div", { class: "lumen-studio-keys-head" }, title, close),
      element(
        "div",
        {
          class: "lumen-studio-keys-scroll",
          tabindex: "0",
          role: "group",
          "aria-label": words.keys,
        },
        element("div", { class: "lumen-studio-keys-groups" }, ...groups),
      ),
    );
    // a click beside the sheet
    this.el.addEventListener("click", (event) => {
      if (event.target === this.el) this.el.close();
    });
  }

  get isOpen(): boolean {
    return this.el.open;
  }

  toggle(): void {
    if (this.el.open) this.el.close();
    else this.el.showModal();
  }
}

function keyRow(keys: string[], meaning: string): HTMLElement {
  const pressed = keys.flatMap((key) => [element("kbd", {}, key), " "]);
  return element("div", {}, element("dt", {}, ...pressed), element("dd", {}, meaning));
}
