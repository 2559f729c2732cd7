/* The reference pictures of a form, or its mask: dropped, pasted, chosen, or named by address. */
import { element, icon } from "../shared/dom";
import { onEnter } from "../shared/keyboard";
import { fill } from "../shared/words";
import { button, Field } from "./controls";
import type { FormPicture } from "./messages";
import { PaintedMask } from "./painted_mask";
import { type Painted, PictureRow, uploadRow } from "./picture_row";
import type { FormState } from "./state";
import { type Place, refusal, shownName } from "./uploads";
import type { Words } from "./words";

const ADD = ["M8 3v10", "M3 8h10"];
const LINK = [
  "M6.5 9.5l3-3",
  "M7 5l1.5-1.5a2.8 2.8 0 0 1 4 4L11 9",
  "M9 11l-1.5 1.5a2.8 2.8 0 0 1-4-4L5 7",
];

function isAddress(text: string): boolean {
  return /^data:image\//i.test(text) || (/^https?:\/\/\S+$/i.test(text) && URL.canParse(text));
}

/** What the buttons for painting do. */
export interface PaintingActions {
  /** Opens the painter on a picture, or closes it where it is open on that one. */
  toggle: (key: string) => void;
  discard: () => void;
  /** Takes the focus back to where the painter is opened: what had it has gone with the mask. */
  left: (key: string) => void;
}

export class PictureField {
  readonly field: Field;
  readonly place: Place;
  readonly #words: Words;
  readonly #state: FormState;
  readonly #announce: (text: string) => void;
  readonly #list = element("ul", { class: "lumen-pictures" });
  readonly #rows = new Map<string, PictureRow>();
  readonly #previews = new Map<string, string>();
  readonly #file: HTMLInputElement;
  readonly #choose: HTMLButtonElement;
  readonly #link: HTMLButtonElement;
  readonly #address: HTMLInputElement;
  readonly #box: HTMLElement;
  readonly #drop = element("span", { class: "lumen-drop-words" });
  readonly #addressField: Field;
  readonly #reason = element("p", { class: "lumen-reason", hidden: "" });
  readonly #painting: PaintingActions;
  readonly #paintedMask: PaintedMask;
  /** The picture that was painted on last. */
  #paintedKey = "";
  #recall: (sha256: string) => void = () => {};
  #addError = "";
  #disabledReason = "";
  #disabled = false;

  constructor(
    id: string,
    place: Place,
    state: FormState,
    words: Words,
    announce: (text: string) => void,
    painting: PaintingActions,
  ) {
    this.place = place;
    this.#painting = painting;
    this.#paintedMask = new PaintedMask(
      words,
      () => painting.toggle(state.painted?.key ?? ""),
      () => painting.discard(),
    );
    this.#state = state;
    this.#words = words;
    this.#announce = announce;
    const many = place === "images";
    this.#file = element("input", {
      type: "file",
      accept: "image/png,image/jpeg,image/webp",
      hidden: "",
      tabindex: "-1",
      "aria-label": many ? words.choose : words.chooseOne,
    });
    this.#file.multiple = many;
    this.#file.addEventListener("change", () => {
      this.add([...(this.#file.files ?? [])]);
      this.#file.value = "";
    });
    this.#choose = button("", () => this.#file.click());
    this.#choose.append(icon(...ADD), many ? words.choose : words.chooseOne);
    this.#link = button(words.address, () => this.#toggle(), icon(...LINK));
    this.#link.setAttribute("aria-expanded", "false");
    this.#address = element("input", {
      class: "lumen-input",
      type: "url",
      placeholder: "https://…",
      autocomplete: "off",
    });
    onEnter(this.#address, () => this.#addAddress());
    const line = element("div", { class: "lumen-address-line" });
    this.#addressField = new Field(`${id}-address`, words.address, this.#address);
    line.append(
      this.#addressField.el,
      button(words.addressAdd, () => this.#addAddress()),
    );
    this.#box = element("div", { class: "lumen-address", hidden: "" }, line);
    this.#drop.textContent = words.drop;
    const control = element(
      "div",
      { class: "lumen-drop" },
      this.#list,
      element("div", { class: "lumen-drop-line" }, this.#choose, this.#link, this.#drop),
      this.#file,
      this.#box,
      this.#reason,
    );
    const [label, hint] = many ? [words.images, words.imagesHint] : [words.mask, words.maskHint];
    this.field = new Field(id, label, control, { group: true, hint });
    this.#acceptDrops(control);
  }

  /** Disables the field for a reason, or enables it if the reason is empty; `instead` offers a model
      that accepts pictures. `shown` is false where an error gives the same reason. */
  disable(reason: string, instead: HTMLElement | null = null, shown = true): void {
    this.#reason.hidden = reason === "" || !shown;
    if (reason === this.#disabledReason) return;
    this.#disabledReason = reason;
    this.#disabled = reason !== "";
    this.#choose.disabled = this.#link.disabled = this.#disabled;
    this.#drop.hidden = this.#disabled;
    if (this.#disabled) this.#box.hidden = true;
    this.#reason.replaceChildren(reason, ...(instead ? [" ", instead] : []));
  }

  /** Adds other ways to a picture, after those of this field. */
  offer(...ways: HTMLElement[]): void {
    this.#link.after(...ways);
  }

  /** Has `recall` called with the digest of a picture whose settings are to come back. */
  recalls(recall: (sha256: string) => void): void {
    this.#recall = recall;
  }

  /** Shows the pictures and the uploads. */
  show(pictures: FormPicture[]): void {
    const { painted, closing, model } = this.#state;
    const isOpen = model.get("painter") !== null;
    if (painted) this.#paintedKey = painted.key;
    const rows = pictures.map((picture, place) => {
      if (this.place === "mask" && painted?.own) {
        this.#paintedMask.update(picture, isOpen, closing || this.#state.opening !== "");
        return this.#paintedMask.el;
      }
      const row = this.#rows.get(picture.key) ?? this.#newRow(picture.key);
      row.update(picture, place, pictures.length, this.#paintedOf(picture.key));
      return row.el;
    });
    const keys = new Set(pictures.map(({ key }) => key));
    for (const key of [...this.#rows.keys()]) if (!keys.has(key)) this.#rows.delete(key);
    const uploads = this.#state.uploads.all.filter(({ place }) => place === this.place);
    const ids = new Set(uploads.map(({ id }) => id));
    for (const [id, url] of this.#previews) {
      if (ids.has(id)) continue;
      URL.revokeObjectURL(url);
      this.#previews.delete(id);
    }
    const all = [
      ...rows,
      ...uploads.map((one) => uploadRow(one, this.#words, this.#preview(one.id, one.file))),
    ];
    const focused = document.activeElement;
    const inMask = this.#paintedMask.el.contains(focused);
    this.#list.replaceChildren(...all);
    // a row that was moved keeps the focus
    if (focused instanceof HTMLElement && this.#list.contains(focused)) focused.focus();
    // a painter in which nothing is painted leaves no mask as it closes
    else if (inMask) this.#painting.left(this.#paintedKey);
    this.#list.hidden = all.length === 0;
    if (this.place === "images") this.field.hint(all.length === 0 ? this.#words.imagesHint : "");
    else this.field.hint(painted?.own ? "" : this.#words.maskHint);
  }

  focusPaint(key: string): void {
    const row = this.#rows.get(key);
    if (row) row.focusPaint();
    else this.focus();
  }

  #paintedOf(key: string): Painted {
    const { painted, opening, model } = this.#state;
    if (this.place === "mask") return "not";
    if (opening === key) return "opening";
    if (painted === null) return "not";
    if (painted.key !== key) return "out";
    return model.get("painter") !== null && painted.own ? "open" : "closed";
  }

  /** Shows the kernel's error; an error while adding a picture is shown in its place. */
  error(text: string): void {
    this.field.error(this.#addError || text);
  }

  focus(): void {
    if (this.#choose.disabled) this.#reason.querySelector("button")?.focus();
    else this.#choose.focus();
  }

  /** Uploads files that were chosen, dropped or pasted. */
  add(files: File[]): void {
    if (this.#disabled) return;
    this.#addError = "";
    for (const file of this.place === "mask" ? files.slice(0, 1) : files) void this.#send(file);
    this.error("");
  }

  async #send(file: File): Promise<void> {
    const words = this.#words;
    const why = refusal(file);
    const name = shownName(file);
    const sentences = { type: words.wrongType, size: words.wrongSize, empty: words.wrongEmpty };
    if (why !== null) {
      this.#refuse(fill(sentences[why], { name }));
      return;
    }
    const reason = await this.#state.uploads.add(this.place, file);
    if (reason === "") this.#announce(fill(words.added, { name }));
    else this.#refuse(fill(words.notTaken, { name, reason }));
  }

  #refuse(text: string): void {
    this.#addError = text;
    this.error("");
    this.#announce(text);
  }

  #toggle(): void {
    this.#box.hidden = !this.#box.hidden;
    this.#link.setAttribute("aria-expanded", String(!this.#box.hidden));
    if (!this.#box.hidden) this.#address.focus();
  }

  #addAddress(): void {
    const url = this.#address.value.trim();
    const fine = isAddress(url);
    this.#addressField.error(fine ? "" : this.#words.addressWrong);
    if (!fine) return;
    if (this.#isLost()) return;
    this.#addError = "";
    this.#state.addAddress(this.place, url);
    this.#address.value = "";
    this.#toggle();
    this.#link.focus();
  }

  /** Whether nothing can be changed any more, which is then said. */
  #isLost(): boolean {
    const { ended } = this.#state.connection;
    if (ended) this.#announce(this.#words.actionLost);
    return ended;
  }

  #newRow(key: string): PictureRow {
    const row = new PictureRow(key, this.#words, {
      remove: (gone) => this.#remove(gone),
      recall: (sha256) => this.#recall(sha256),
      ...(this.place === "images"
        ? {
            move: (moved, by) => this.#move(moved, by),
            paint: (painted) => this.#painting.toggle(painted),
          }
        : {}),
    });
    this.#rows.set(key, row);
    return row;
  }

  #move(key: string, by: number): void {
    const images = this.#state.images;
    const to = images.findIndex((one) => one.key === key) + by;
    const moved = images.find((one) => one.key === key);
    if (moved === undefined || to < 0 || to >= images.length || this.#isLost()) return;
    this.#state.send({ kind: "move", key, to });
    this.#announce(fill(this.#words.moved, { name: moved.name, number: String(to + 1) }));
  }

  #remove(key: string): void {
    if (this.#isLost()) return;
    const keys = [...this.#rows.keys()];
    const next = keys[keys.indexOf(key) + 1] ?? keys[keys.indexOf(key) - 1];
    const { images, mask } = this.#state;
    const gone = (mask ? [...images, mask] : images).find((one) => one.key === key);
    this.#addError = "";
    this.#state.send({ kind: "remove", key });
    this.#announce(fill(this.#words.removed, { name: gone?.name ?? "" }));
    const row = next === undefined ? undefined : this.#rows.get(next);
    if (row) row.focus();
    else this.#choose.focus();
  }

  #preview(id: string, file: File): string {
    const known = this.#previews.get(id) ?? URL.createObjectURL(file);
    this.#previews.set(id, known);
    return known;
  }

  #acceptDrops(control: HTMLElement): void {
    const over = (event: DragEvent, there: boolean) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      // otherwise the browser would open the file in place of the notebook
      event.preventDefault();
      event.stopPropagation();
      control.classList.toggle("lumen-drop-over", there && !this.#disabled);
    };
    control.addEventListener("dragenter", (event) => over(event, true));
    control.addEventListener("dragover", (event) => over(event, true));
    control.addEventListener("dragleave", (event) => over(event, false));
    control.addEventListener("drop", (event) => {
      over(event, false);
      this.add([...(event.dataTransfer?.files ?? [])]);
    });
  }
}
