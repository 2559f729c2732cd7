/* The filters of a view: by status, with the number of rows of each, and by text. */
import { element } from "../shared/dom";
import { newId } from "../shared/ids";
import type { Totals } from "./messages";
import { type Filter, GROUPS, type Group } from "./rows";
import type { Words } from "./words";

export class Toolbar {
  readonly el: HTMLElement;
  readonly search: HTMLInputElement;
  readonly #chips = new Map<Group, { el: HTMLElement; input: HTMLInputElement; count: Element }>();

  constructor(words: Words, changed: () => void) {
    const group = `lumen-${newId()}`;
    const chips = element("div", {
      class: "lumen-chips",
      role: "radiogroup",
      "aria-label": words.states,
    });
    for (const name of GROUPS) {
      const input = element("input", { type: "radio", name: group, value: name });
      input.checked = name === "all";
      input.addEventListener("change", changed);
      const count = element("span", { class: "lumen-chip-count" });
      const el = element("label", { class: "lumen-chip" }, input, words[name], " ", count);
      el.dataset.group = name;
      this.#chips.set(name, { el, input, count });
      chips.append(el);
    }
    this.search = element("input", {
      type: "search",
      class: "lumen-input lumen-tasks-search",
      "aria-label": words.filter,
      placeholder: words.search,
      dir: "auto",
    });
    this.search.addEventListener("input", changed);
    this.el = element("div", { class: "lumen-tasks-tools", hidden: "" }, chips, this.search);
  }

  get filter(): Filter {
    let group: Group = "all";
    for (const [name, { input }] of this.#chips) if (input.checked) group = name;
    return { group, words: this.search.value.toLowerCase().split(/\s+/).filter(Boolean) };
  }

  /** Clears the filters. */
  reset(): void {
    const all = this.#chips.get("all");
    if (all) all.input.checked = true;
    this.search.value = "";
    this.focus();
  }

  /** Focuses the chip that is chosen. */
  focus(): void {
    for (const { input } of this.#chips.values()) if (input.checked) input.focus();
  }

  update(totals: Totals): void {
    for (const [name, { el, input, count }] of this.#chips) {
      count.textContent = String(name === "all" ? totals.rows : totals[name]);
      // rarely used: shown only where there is such a row
      el.hidden = name === "open" && totals.open === 0 && !input.checked;
    }
  }
}
