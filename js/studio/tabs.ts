/* The tabs of the parts: arrows go through those that there are, and show them at once. */
import { element, setText } from "../shared/dom";
import { isModified } from "../shared/keyboard";

export interface Tab<Name extends string> {
  name: Name;
  label: string;
  panel: HTMLElement;
}

export class Tabs<Name extends string> {
  readonly el: HTMLElement;
  readonly #tabs = new Map<Name, { tab: HTMLButtonElement; news: HTMLElement }>();
  readonly #newWords: string;
  readonly #chosen: (name: Name) => void;

  /** `newWords` say aloud that there is something new; `chosen` is called with the tab that was pressed. */
  constructor(label: string, tabs: Tab<Name>[], newWords: string, chosen: (name: Name) => void) {
    this.#newWords = newWords;
    this.#chosen = chosen;
    this.el = element("div", { class: "lumen-studio-tabs", role: "tablist", "aria-label": label });
    for (const { name, label: words, panel } of tabs) {
      const news = element("span", { class: "lumen-heard" });
      const tab = element(
        "button",
        {
          type: "button",
          class: "lumen-studio-tab",
          role: "tab",
          id: `${panel.id}-tab`,
          "aria-controls": panel.id,
          "data-tab": name,
        },
        words,
        news,
      );
      tab.addEventListener("click", () => chosen(name));
      panel.setAttribute("aria-labelledby", tab.id);
      this.#tabs.set(name, { tab, news });
      this.el.append(tab);
    }
    this.el.addEventListener("keydown", (event) => this.#keydown(event));
  }

  /** Shows which tab is chosen, and which there are. */
  show(name: Name, isThere: (name: Name) => boolean): void {
    for (const [one, { tab }] of this.#tabs) {
      tab.hidden = !isThere(one);
      tab.setAttribute("aria-selected", String(one === name));
      tab.tabIndex = one === name ? 0 : -1;
    }
  }

  /** Marks a tab behind which there is something new, or nothing new any more. */
  mark(name: Name, isNew: boolean): void {
    const found = this.#tabs.get(name);
    if (!found) return;
    found.tab.toggleAttribute("data-new", isNew);
    setText(found.news, isNew ? ` (${this.#newWords})` : "");
  }

  focus(name: Name): void {
    this.#tabs.get(name)?.tab.focus();
  }

  #keydown(event: KeyboardEvent): void {
    if (isModified(event)) return;
    const names = [...this.#tabs].filter(([, { tab }]) => !tab.hidden).map(([name]) => name);
    const at = names.findIndex((name) => this.#tabs.get(name)?.tab === event.target);
    const forward = getComputedStyle(this.el).direction === "rtl" ? -1 : 1;
    const steps: Record<string, number> = {
      ArrowRight: at + forward,
      ArrowLeft: at - forward,
      Home: 0,
      End: names.length - 1,
    };
    const to = steps[event.key];
    const name = to === undefined || at < 0 ? undefined : names.at(to % names.length);
    if (name === undefined) return;
    event.preventDefault();
    this.#chosen(name);
    this.focus(name);
  }
}
