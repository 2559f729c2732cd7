/* How a view extends its picture: whether handles and numbers are shown, room for new ground on the stage,
   and the size that comes of it in words. */
import { element, setText } from "../shared/dom";
import { newId } from "../shared/ids";
import { extendedSize, NO_SIDES, SideNumbers, sameSides } from "../shared/side_numbers";
import { fill } from "../shared/words";
import { ExtendHandles } from "./extend_handles";
import type { SidesCopy } from "./sides_copy";
import type { Stage } from "./stage";
import type { Words } from "./words";

export class Extending {
  /** Lies over the stage. */
  readonly layer: HTMLElement;
  /** The four numbers. */
  readonly numbers: HTMLElement;
  /** Shows and hides handles and numbers. */
  readonly button: HTMLButtonElement;
  readonly #fields: SideNumbers;
  readonly #handles: ExtendHandles;
  readonly #size = element("span", { class: "lumen-painter-extended", "aria-hidden": "true" });
  readonly #sentence = element("span", { class: "lumen-heard" });
  readonly #stage: Stage;
  readonly #copy: SidesCopy;
  readonly #words: Words;

  /** `changed` is called after each change, in progress or not. */
  constructor(
    stage: Stage,
    copy: SidesCopy,
    words: Words,
    changed: () => void,
    signal: AbortSignal,
  ) {
    this.#stage = stage;
    this.#copy = copy;
    this.#words = words;
    this.#handles = new ExtendHandles(stage, copy, words, signal);
    this.layer = element("div", { class: "lumen-painter-extending" }, this.#size, this.#handles.el);
    let typing = false;
    this.#fields = new SideNumbers(words, {
      typed: (sides) => {
        typing = sides !== null;
        if (sides) copy.preview(sides);
        else copy.cancel();
      },
      changed: (sides) => {
        typing = false;
        copy.preview(sides);
        copy.commit();
      },
    });
    // the view is removed while a number is typed: what is shown stays, and counts
    signal.addEventListener("abort", () => typing && copy.commit());
    this.numbers = this.#fields.el;
    this.numbers.id = `lumen-${newId()}`;
    this.button = element(
      "button",
      { type: "button", class: "lumen-button", "aria-controls": this.numbers.id },
      words.extend,
    );
    this.button.title = words.extendHelp;
    this.button.addEventListener("click", () => this.show(!this.#shown));
    copy.listen(() => {
      this.#update();
      changed();
    }, signal);
    this.show(!sameSides(copy.sides, NO_SIDES));
    this.#update();
  }

  /** The size of the extended picture in words; empty where nothing is added. */
  get size(): string {
    const { sides } = this.#copy;
    if (sameSides(sides, NO_SIDES)) return "";
    const { width, height } = extendedSize(this.#stage.camera.picture, sides);
    return fill(this.#words.sidesSize, { width: String(width), height: String(height) });
  }

  /** What is added, in a sentence. */
  get sentence(): string {
    const extended = this.size;
    return extended ? fill(this.#words.extended, { extended }) : this.#words.notExtended;
  }

  get #shown(): boolean {
    return !this.#handles.el.hidden;
  }

  /** Shows handles and numbers, with room around the picture, or hides them. What is added stays. */
  show(shown: boolean): void {
    const { camera } = this.#stage;
    this.button.setAttribute("aria-pressed", String(shown));
    this.#handles.el.hidden = !shown;
    this.numbers.hidden = !shown;
    camera.roomy = shown;
    if (shown || camera.fitted) camera.fit();
    this.#stage.render();
  }

  /** Puts handles and words where the camera has brought the picture. */
  place(): void {
    this.#handles.update();
  }

  #update(): void {
    const { camera } = this.#stage;
    camera.ground = this.#copy.sides;
    setText(this.#size, this.size);
    setText(this.#sentence, this.sentence);
    this.#size.hidden = this.size === "";
    this.#sentence.hidden = this.size === "";
    this.#fields.show(this.#copy.sides, camera.picture);
    // not under the hand, unless the edge would leave the view
    if (this.#handles.lost || (camera.fitted && !this.#handles.dragging)) {
      camera.fit();
      this.#stage.renderSoon();
    }
    // at once, also where the frame is yet to come
    this.#stage.drawGround();
    this.place();
  }
}
