/* One reference picture in a form: its thumbnail, name, size and buttons. */
import { element, icon } from "../shared/dom";
import { isModified } from "../shared/keyboard";
import { fill } from "../shared/words";
import { button } from "./controls";
import type { FormPicture } from "./messages";
import { shownName, type Upload } from "./uploads";
import type { Words } from "./words";

const EARLIER = ["M8 13V3", "M4 7l4-4 4 4"];
const LATER = ["M8 3v10", "M4 9l4 4 4-4"];
const REMOVE = ["M4 4l8 8", "M12 4l-8 8"];
const BACK = ["M6 3L2 7l4 4", "M2 7h8a4 4 0 0 1 0 7H7"];
const PICTURE = ["M2 3h12v10H2z", "M2 11l4-4 3 3 2-2 3 3", "M10.5 6v.1"];

/** How a reference picture has to do with painting: it is not painted on while nothing is painted, or
    its painter is being opened, open or closed, or it is left out, as another is painted on. */
export type Painted = "not" | "opening" | "open" | "closed" | "out";

/** What a row's buttons do. */
export interface PictureActions {
  /** Absent for a mask. */
  paint?: (key: string) => void;
  /** Absent where there is no order: the mask is one. */
  move?: (key: string, by: number) => void;
  remove: (key: string) => void;
  /** Brings the settings of a picture of ours back, by its digest. */
  recall?: (sha256: string) => void;
}

export class PictureRow {
  readonly el = element("li", { class: "lumen-picture" });
  readonly #words: Words;
  readonly #frame = element("span", { class: "lumen-thumb" }, icon(...PICTURE));
  readonly #name = element("span", { class: "lumen-picture-name", dir: "auto" });
  readonly #facts = element("span", { class: "lumen-picture-facts" });
  readonly #earlier: HTMLButtonElement | null = null;
  readonly #later: HTMLButtonElement | null = null;
  readonly #remove: HTMLButtonElement;
  readonly #paint: HTMLButtonElement | null = null;
  readonly #recall: HTMLButtonElement;
  #ours = "";
  #thumbnail: string | null = null;

  constructor(key: string, words: Words, actions: PictureActions) {
    this.#words = words;
    const tools = element("span", { class: "lumen-picture-tools" });
    const { move, paint } = actions;
    if (paint) {
      this.#paint = button(words.paint, () => paint(key));
      this.#paint.classList.add("lumen-paint");
      tools.append(this.#paint);
    }
    if (move) {
      this.#earlier = button(words.earlier, () => move(key, -1), icon(...EARLIER));
      this.#later = button(words.later, () => move(key, 1), icon(...LATER));
      tools.append(this.#earlier, this.#later);
    }
    this.#recall = button(words.actRecall, () => actions.recall?.(this.#ours), icon(...BACK));
    this.#recall.hidden = true;
    tools.append(this.#recall);
    this.#remove = button(words.remove, () => actions.remove(key), icon(...REMOVE));
    tools.append(this.#remove);
    tools.addEventListener("keydown", (event) => {
      if (isModified(event)) return;
      if (event.key === "ArrowUp" && move) move(key, -1);
      else if (event.key === "ArrowDown" && move) move(key, 1);
      // a repeated key would remove the next picture too, which gets the focus
      else if (event.key === "Delete" && !event.repeat) actions.remove(key);
      else return;
      event.preventDefault();
    });
    const text = element("span", { class: "lumen-picture-text" }, this.#name, this.#facts);
    this.el.append(this.#frame, text, tools);
  }

  update(picture: FormPicture, place: number, count: number, painted: Painted = "not"): void {
    const { name } = picture;
    const words = this.#words;
    this.el.classList.toggle("lumen-picture-out", painted === "out");
    this.#paint?.setAttribute("aria-label", fill(words.paintOn, { name }));
    this.#paint?.setAttribute("aria-expanded", String(painted === "open"));
    this.#paint?.setAttribute("aria-disabled", String(painted === "opening"));
    this.#name.textContent = name;
    this.el.classList.toggle("lumen-picture-bad", picture.error !== "");
    const size = picture.width > 0 ? `${picture.width} × ${picture.height}` : words.byAddress;
    const known = picture.width > 0 || picture.thumbnail !== null || picture.name.includes(" · ");
    const facts = {
      not: size,
      opening: words.opening,
      open: fill(words.repainted, { size }),
      closed: fill(words.repainted, { size }),
      out: words.leftOut,
    }[painted];
    const isKnown = known || painted !== "not";
    this.#facts.textContent = picture.error || (isKnown ? facts : words.looking);
    this.#show(picture.thumbnail, fill(words.number, { number: String(place + 1) }));
    const label = (made: HTMLButtonElement | null, sentence: string) => {
      made?.setAttribute("aria-label", fill(sentence, { name }));
      if (made) made.title = fill(sentence, { name });
    };
    label(this.#earlier, words.earlier);
    label(this.#later, words.later);
    label(this.#remove, words.remove);
    this.#ours = picture.ours;
    this.#recall.hidden = picture.ours === "";
    label(this.#recall, words.actRecallOf);
    // not `disabled`, which would drop the focus when a picture is moved to the end
    this.#earlier?.setAttribute("aria-disabled", String(place === 0));
    this.#later?.setAttribute("aria-disabled", String(place === count - 1));
  }

  focus(): void {
    this.#remove.focus();
  }

  focusPaint(): void {
    this.#paint?.focus();
  }

  #show(thumbnail: string | null, alt: string): void {
    if (thumbnail === this.#thumbnail) return;
    this.#thumbnail = thumbnail;
    const shown = thumbnail === null ? icon(...PICTURE) : element("img", { alt, src: thumbnail });
    this.#frame.replaceChildren(shown);
  }
}

/** A row for a file that is being uploaded, with a preview. */
export function uploadRow(upload: Upload, words: Words, preview: string): HTMLElement {
  const share = Math.floor(upload.share * 100);
  const facts = fill(words.sending, { share: String(share) });
  return element(
    "li",
    { class: "lumen-picture lumen-picture-coming" },
    element("span", { class: "lumen-thumb" }, element("img", { alt: "", src: preview })),
    element(
      "span",
      { class: "lumen-picture-text" },
      element("span", { class: "lumen-picture-name", dir: "auto" }, shownName(upload.file)),
      element("span", { class: "lumen-picture-facts" }, facts),
      element("progress", { max: "100", value: String(share), "aria-label": facts }),
    ),
  );
}
