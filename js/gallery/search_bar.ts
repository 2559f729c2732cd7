/* What is searched for in one view: words, and behind a button model, size, dates and stars. */
import { element } from "../shared/dom";
import { newId } from "../shared/ids";
import type { GallerySearch } from "./messages";
import { dayOf, isSize } from "./search";
import type { Words } from "./words";

/** Milliseconds without typing after which a search begins. */
const TYPING_MS = 200;

export class SearchBar {
  readonly el: HTMLElement;
  readonly #text: HTMLInputElement;
  readonly #model: HTMLInputElement;
  readonly #size: HTMLInputElement;
  readonly #since: HTMLInputElement;
  readonly #until: HTMLInputElement;
  readonly #starred: HTMLInputElement;
  readonly #models: HTMLDataListElement;
  readonly #sizes: HTMLDataListElement;
  readonly #sizeError: HTMLElement;
  readonly #changed: () => void;
  #timer = 0;

  constructor(words: Words, changed: () => void, signal: AbortSignal) {
    this.#changed = changed;
    const id = `lumen-${newId()}`;
    const field = (name: string, label: string, type: string) => {
      const input = element("input", {
        type,
        id: `${id}-${name}`,
        class: "lumen-input",
        autocomplete: "off",
        spellcheck: "false",
      });
      const el = element(
        "div",
        { class: "lumen-search-field" },
        element("label", { for: input.id }, label),
        input,
      );
      return { input, el };
    };
    this.#text = element("input", {
      type: "search",
      class: "lumen-input lumen-search-words",
      "aria-label": words.searchWords,
      placeholder: words.searchPlaceholder,
      dir: "auto",
    });
    const model = field("model", words.model, "text");
    const size = field("size", words.size, "text");
    const since = field("since", words.since, "date");
    const until = field("until", words.until, "date");
    this.#model = model.input;
    this.#size = size.input;
    this.#since = since.input;
    this.#until = until.input;
    this.#models = element("datalist", { id: `${id}-models` });
    this.#sizes = element("datalist", { id: `${id}-sizes` });
    model.input.setAttribute("list", this.#models.id);
    size.input.setAttribute("list", this.#sizes.id);
    this.#sizeError = element("span", { class: "lumen-field-error", id: `${id}-size-error` });
    size.input.setAttribute("aria-describedby", this.#sizeError.id);
    size.el.append(this.#sizeError);
    this.#starred = element("input", { type: "checkbox" });
    const clear = element("button", { type: "button", class: "lumen-button" }, words.clearSearch);
    clear.addEventListener("click", () => {
      this.reset();
      this.#text.focus();
    });
    const more = element(
      "details",
      { class: "lumen-search-more" },
      element("summary", { class: "lumen-button" }, words.filters),
      element(
        "div",
        { class: "lumen-search-fields" },
        model.el,
        size.el,
        since.el,
        until.el,
        clear,
        this.#models,
        this.#sizes,
      ),
    );
    const starred = element(
      "label",
      { class: "lumen-search-starred" },
      this.#starred,
      words.onlyStarred,
    );
    this.el = element(
      "div",
      { class: "lumen-search", role: "search", "aria-label": words.searchWords },
      this.#text,
      starred,
      more,
    );
    this.el.addEventListener("input", () => {
      const size = this.#size.value;
      const wrong = !isSize(size);
      this.#sizeError.textContent = wrong ? words.sizeWrong : "";
      this.#size.setAttribute("aria-invalid", String(wrong));
      window.clearTimeout(this.#timer);
      this.#timer = window.setTimeout(changed, TYPING_MS);
    });
    signal.addEventListener("abort", () => window.clearTimeout(this.#timer));
  }

  /** What is searched for; a size that is none is left out. */
  get search(): GallerySearch {
    const until = dayOf(this.#until.value, 1);
    return {
      text: this.#text.value,
      model: this.#model.value,
      size: isSize(this.#size.value) ? this.#size.value.trim() : "",
      since: dayOf(this.#since.value),
      until: until === null ? null : until - 0.001,
      starred: this.#starred.checked,
    };
  }

  /** Searches for nothing in particular. */
  reset(): void {
    for (const one of [this.#text, this.#model, this.#size, this.#since, this.#until]) {
      one.value = "";
    }
    this.#starred.checked = false;
    this.#sizeError.textContent = "";
    this.#size.setAttribute("aria-invalid", "false");
    window.clearTimeout(this.#timer);
    this.#changed();
  }

  /** Offers the models and sizes that the page knows. */
  offer(models: Iterable<string>, sizes: Iterable<string>): void {
    fillList(this.#models, models);
    fillList(this.#sizes, sizes);
  }
}

function fillList(list: HTMLDataListElement, values: Iterable<string>): void {
  const wanted = [...new Set(values)].filter(Boolean).sort();
  const there = [...list.children].map((one) => one.getAttribute("value"));
  if (wanted.join("\n") === there.join("\n")) return;
  list.replaceChildren(...wanted.map((value) => element("option", { value })));
}
