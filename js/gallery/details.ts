/* All that is known of one picture, beside its large view: what its tile says at once, the rest once the
   kernel has told it. */
import { element } from "../shared/dom";
import { numberWords } from "../shared/numbers";
import { fill } from "../shared/words";
import { countWords } from "./counts";
import type { GalleryItem, PictureDetails, PictureLink } from "./messages";
import type { Words } from "./words";

const MADE_BY = ["generations", "edits", "inpaint"] as const;

export interface DetailsHooks {
  /** The address of a tile in this page, if it is here. */
  tile(sha256: string): string | undefined;
  follow(link: PictureLink): void;
}

export class Details {
  readonly el: HTMLElement;
  readonly #facts = element("dl", { class: "lumen-details-facts" });
  readonly #notes = element("p", { class: "lumen-details-note", "aria-live": "polite" });
  readonly #words: Words;
  readonly #hooks: DetailsHooks;
  readonly #images = new Map<string, HTMLImageElement>();

  constructor(words: Words, hooks: DetailsHooks) {
    this.#words = words;
    this.#hooks = hooks;
    this.el = element(
      "section",
      { class: "lumen-details", "aria-label": words.details, tabindex: "0" },
      this.#facts,
      this.#notes,
    );
  }

  /** The pictures that stand in the details as links. */
  get linked(): string[] {
    return [...this.#images.keys()];
  }

  /** Shows a picture: `details` is null while they are not here, for which `note` has the reason. */
  show(item: GalleryItem, details: PictureDetails | null, note: string): void {
    const words = this.#words;
    this.#images.clear();
    this.#facts.replaceChildren();
    const prompt = details?.prompt || item.prompt;
    const number = fill(words.noPrompt, { number: String(item.index + 1) });
    this.#add(words.prompt, text(prompt || number, "lumen-details-prompt"));
    if (details?.negative_prompt) this.#add(words.negativePrompt, text(details.negative_prompt));
    const endpoint = MADE_BY.find((one) => one === details?.endpoint);
    if (endpoint) this.#add(words.madeBy, words[endpoint]);
    this.#add(words.modelLabel, details?.model || item.model);
    const asked = [details?.size || item.size, details?.resolution, details?.quality];
    this.#add(words.asked, asked.filter(Boolean).join(" · "));
    this.#add(words.pixels, `${item.width} × ${item.height}`);
    const when = details?.when ?? item.when;
    if (when !== null) this.#add(words.when, new Date(when * 1000).toLocaleString(words.lang));
    if (details) this.#addTold(details);
    this.#add(words.file, code(item.sha256));
    this.#notes.textContent = note || (details && !details.known ? words.notInJournal : "");
    this.refresh();
  }

  /** Shows the tiles of links that have arrived. */
  refresh(): void {
    for (const [sha256, image] of this.#images) {
      const url = this.#hooks.tile(sha256);
      if (url !== undefined && image.getAttribute("src") !== url) image.src = url;
      image.hidden = url === undefined;
    }
  }

  #addTold(details: PictureDetails): void {
    const words = this.#words;
    if (details.seconds !== null) {
      this.#add(words.took, fill(words.seconds, { seconds: details.seconds.toFixed(1) }));
    }
    if (details.credits !== null) this.#add(words.credits, numberWords(details.credits));
    this.#add(words.service, details.host);
    this.#add(words.task, details.task && code(details.task));
    this.#add(words.putBack, details.note);
    this.#addLinks(words.madeFrom, details.made_from, details.lost);
    this.#addLinks(words.ledTo, details.led_to, 0);
  }

  #add(name: string, value: string | Node): void {
    if (value === "") return;
    this.#facts.append(element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  }

  #addLinks(name: string, links: PictureLink[], lost: number): void {
    if (links.length === 0 && lost === 0) return;
    const words = this.#words;
    const list = element("ul", { class: "lumen-details-links" });
    for (const link of links) {
      const { item } = link;
      const image = element("img", { alt: "", hidden: "" });
      this.#images.set(item.sha256, image);
      const prompt = item.prompt || fill(words.noPrompt, { number: String(item.index + 1) });
      const button = element(
        "button",
        { type: "button", class: "lumen-button lumen-details-link" },
        image,
        element("span", { dir: "auto" }, prompt),
      );
      button.addEventListener("click", () => this.#hooks.follow(link));
      list.append(element("li", {}, button));
    }
    if (lost > 0) list.append(element("li", {}, countWords(lost, words.oneLost, words.manyLost)));
    this.#add(name, list);
  }
}

function text(value: string, name = ""): HTMLElement {
  return element("span", { dir: "auto", class: name }, value);
}

function code(value: string): HTMLElement {
  return element("code", {}, value);
}
