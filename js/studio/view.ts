/* One view of a Studio: a header, the form, and beside it the part that was chosen; where there is no room
   for two columns, one of them at a time. */
import type { AnyModel, Host } from "@anywidget/types";
import { accountWords, isFree } from "../shared/account";
import type { Connection } from "../shared/connection";
import { element, setText } from "../shared/dom";
import {
  type FormExports,
  type FormPlaces,
  LENT_PARTS,
  type LentPart,
} from "../shared/form_exports";
import { oneActionPerGesture } from "../shared/gestures";
import { newId } from "../shared/ids";
import { isComposing, isModified, keepKeys } from "../shared/keyboard";
import { Slot } from "../shared/slot";
import { fill } from "../shared/words";
import { Border } from "./border";
import { keepLayout, keptLayout, type Layout } from "./kept_layout";
import { KeySheet, withControl } from "./key_sheet";
import type { StudioModel } from "./messages";
import { spendingWords } from "./spending";
import { Tabs } from "./tabs";
import type { Words } from "./words";

type Place = LentPart | "form";

/** How what was sent last stands, as long as no picture of it is here. */
interface Sent {
  state: "running" | "ended";
  sentence: string;
}

/** CSS pixels from which form and part stand side by side. */
const WIDE = 860;
/** What types text, where a question mark is one. */
const TEXT =
  "input:not([type=radio], [type=checkbox], [type=range], [type=file]), textarea, select";
/** Parts that have a tab only while they are open. */
const ON_DEMAND = new Set<Place>(["painter", "compare"]);

function isPart(name: string): name is LentPart {
  return LENT_PARTS.some((part) => part === name);
}

export class StudioView {
  readonly el: HTMLElement;
  readonly #model: AnyModel<StudioModel>;
  readonly #connection: Connection;
  readonly #words: Words;
  readonly #slot: Slot;
  readonly #form: HTMLElement;
  /** What the form is rendered into; null while there is none. */
  #root: HTMLElement | null = null;
  #exports: FormExports | null = null;
  readonly #panels = new Map<LentPart, HTMLElement>();
  readonly #body = element("div", { class: "lumen-studio-body" });
  readonly #tabs: Tabs<Place>;
  readonly #border: Border;
  readonly #keys: KeySheet;
  readonly #spending = element("span", { class: "lumen-studio-spending" });
  readonly #lost = element("p", { class: "lumen-studio-lost", role: "alert", hidden: "" });
  readonly #layout: Layout;
  readonly #open = new Set<LentPart>();
  /** The part that was in view before one that is open on demand. */
  #before: LentPart = "results";
  #isWide = true;
  /** Whether the form was rendered: what opens from then on was opened by somebody. */
  #isReady = false;
  /** How what was sent last stands; null where nothing was whose pictures have not come. */
  #awaited: Sent | null = null;

  constructor(
    model: AnyModel<StudioModel>,
    connection: Connection,
    words: Words,
    host: Host,
    signal: AbortSignal,
  ) {
    this.#model = model;
    this.#connection = connection;
    this.#words = words;
    this.#layout = keptLayout(model.get("_studio"));
    const id = `lumen-studio-${newId()}`;
    this.#form = element("div", { class: "lumen-studio-form", id: `${id}-form` });
    const tabs: { name: Place; label: string; panel: HTMLElement }[] = [
      { name: "form", label: words.form, panel: this.#form },
    ];
    for (const part of LENT_PARTS) {
      const panel = element("div", {
        class: "lumen-studio-part",
        id: `${id}-${part}`,
        role: "tabpanel",
        "data-part": part,
      });
      this.#panels.set(part, panel);
      tabs.push({ name: part, label: words[part], panel });
    }
    this.#tabs = new Tabs(words.parts, tabs, words.news, (name) => this.#choose(name));
    this.#border = new Border(this.#form, words.border, (share) => this.#setShare(share), signal);
    this.#keys = new KeySheet(words);
    const account = model.get("_host");
    const keys = element("button", { type: "button", class: "lumen-button" }, words.keys, " ");
    keys.append(element("kbd", {}, "?"));
    keys.setAttribute("aria-keyshortcuts", "?");
    keys.addEventListener("click", () => this.#keys.toggle());
    this.#body.append(this.#form, this.#border.el, this.#tabs.el, ...this.#panels.values());
    this.el = element(
      "section",
      { class: "lumen lumen-studio", "aria-label": words.title, lang: words.lang },
      element(
        "header",
        {},
        element("span", { class: "lumen-studio-title" }, words.title),
        element(
          "span",
          { class: "lumen-account", "data-sandbox": String(isFree(account)) },
          accountWords(account, words),
        ),
        this.#spending,
        keys,
      ),
      this.#lost,
      this.#body,
      this.#keys.el,
    );
    this.#slot = new Slot(this.#form, host, signal);
    this.#listen(signal);
    this.#showSpending();
    this.#showConnection();
    this.#showLayout();
  }

  /** Shows the form; call it while the view is in the page. */
  show(): void {
    this.#measure();
    void this.#showForm();
  }

  #listen(signal: AbortSignal): void {
    const model = this.#model;
    for (const [trait, show] of [
      ["form", () => void this.#showForm()],
      ["_spending", () => this.#showSpending()],
    ] as const) {
      model.on(`change:${trait}`, show);
      signal.addEventListener("abort", () => model.off(`change:${trait}`, show));
    }
    this.#connection.listen(() => this.#showConnection(), signal);
    const observer = new ResizeObserver(() => this.#measure());
    observer.observe(this.el);
    signal.addEventListener("abort", () => observer.disconnect());
    // before the widgets in it, which keep their keys to themselves
    this.el.addEventListener("keydown", (event) => this.#keydown(event), { capture: true });
    // Ctrl+Enter runs the cell in JupyterLab: whatever has the focus, that would be another Studio
    keepKeys(this.el, signal, ({ key }) => key === "Enter" || key === "F6");
    oneActionPerGesture(this.el, signal);
  }

  async #showForm(): Promise<void> {
    const words = this.#words;
    const ref = this.#model.get("form");
    this.#isReady = false;
    this.#exports = this.#root = null;
    this.#awaited = null;
    const say = (text: string) =>
      this.#form.replaceChildren(element("p", { class: "lumen-studio-nothing" }, text));
    this.#open.clear();
    for (const part of LENT_PARTS) this.#showNothing(part);
    this.#showLayout();
    if (ref === null) {
      await this.#slot.show(null);
      say(words.noForm);
      return;
    }
    try {
      await this.#slot.show<FormExports>(ref, (exports, root) => {
        this.#exports = exports;
        this.#root = root;
        exports.lend(root, this.#places);
      });
    } catch (error) {
      if (ref !== this.#model.get("form")) return;
      say(fill(words.unseen, { reason: error instanceof Error ? error.message : String(error) }));
      return;
    }
    if (ref !== this.#model.get("form")) return;
    this.#isReady = true;
    this.#showLayout();
  }

  get #places(): FormPlaces {
    const elements: Partial<Record<LentPart, HTMLElement>> = {};
    for (const [part, panel] of this.#panels) {
      const place = element("div", { class: "lumen-studio-place" });
      panel.querySelector(".lumen-studio-place")?.remove();
      panel.append(place);
      elements[part] = place;
    }
    return {
      elements: elements as Record<LentPart, HTMLElement>,
      opened: (part, isOpen) => this.#opened(part, isOpen),
      lead: (name) => this.#choose(name),
      sent: () => this.#sent({ state: "running", sentence: "" }),
      awaited: (state, sentence) => this.#sent(state === "" ? null : { state, sentence }),
      arrived: () => this.#arrived(),
    };
  }

  #opened(part: LentPart, isOpen: boolean): void {
    if (isOpen === this.#open.has(part)) return;
    const had = this.#layout.part === part;
    if (isOpen) this.#open.add(part);
    else this.#open.delete(part);
    this.#showNothing(part);
    if (this.#isReady && ON_DEMAND.has(part)) {
      if (!isOpen && had) this.#layout.part = this.#before;
      // what Python opens is shown, unless somebody is at work there
      const shows = isOpen && !this.#isUsed;
      if (shows) this.#setPart(part);
      if (shows && !this.#isWide) this.#layout.isFormInFront = false;
      this.#tabs.mark(part, isOpen && !this.#isInView(part));
    }
    this.#showLayout();
  }

  /** Whether somebody is at work beside the form; in one column, also in the form. */
  get #isUsed(): boolean {
    const active = document.activeElement;
    const places = [...this.#panels.values(), ...(this.#isWide ? [] : [this.#form])];
    return places.some((one) => one.contains(active));
  }

  #isInView(part: LentPart): boolean {
    return this.#shown === part && (this.#isWide || !this.#layout.isFormInFront);
  }

  #sent(sent: Sent | null): void {
    this.#awaited = sent;
    this.#showNothing("results");
  }

  #arrived(): void {
    this.#sent(null);
    if (this.#isInView("results")) return;
    // one column is not taken from under somebody who types
    if (this.#isWide && !this.#isUsed) this.#choose("results");
    else this.#tabs.mark("results", true);
  }

  /** Brings a part or the form into view. */
  #choose(name: Place): void {
    const layout = this.#layout;
    if (name === "form") layout.isFormInFront = true;
    else {
      layout.isFormInFront = false;
      this.#setPart(name);
      if (name === "gallery" && !this.#open.has("gallery")) this.#exports?.openGallery();
    }
    this.#tabs.mark(name, false);
    this.#showLayout();
    keepLayout(this.#model.get("_studio"), layout);
  }

  #setPart(part: LentPart): void {
    const before = this.#shown;
    if (!ON_DEMAND.has(before)) this.#before = before;
    this.#layout.part = part;
  }

  #setShare(share: number | null): void {
    this.#layout.share = share;
    this.#showLayout();
    keepLayout(this.#model.get("_studio"), this.#layout);
  }

  /** The part that is in view beside the form: what was chosen, as far as it is open. */
  get #shown(): LentPart {
    const { part } = this.#layout;
    if (!isPart(part) || (ON_DEMAND.has(part) && !this.#open.has(part))) return "results";
    return part;
  }

  #measure(): void {
    const width = this.el.clientWidth;
    const isWide = width >= WIDE;
    // not in the page, or in a tab that is not shown
    if (width === 0 || isWide === this.#isWide) return;
    this.#isWide = isWide;
    // the tabs stand before what they show: beside the form, or over all
    if (isWide) this.#border.el.after(this.#tabs.el);
    else this.#body.prepend(this.#tabs.el);
    this.#showLayout();
  }

  #showLayout(): void {
    const { isFormInFront, share } = this.#layout;
    const isWide = this.#isWide;
    const shown = this.#shown;
    this.el.dataset.layout = isWide ? "wide" : "narrow";
    const inFront: Place = !isWide && isFormInFront ? "form" : shown;
    this.#form.hidden = !isWide && inFront !== "form";
    if (isWide) this.#form.removeAttribute("role");
    else this.#form.setAttribute("role", "tabpanel");
    this.#border.el.hidden = !isWide;
    this.#body.toggleAttribute("data-beside-form", isWide);
    for (const [part, panel] of this.#panels) panel.hidden = part !== inFront;
    this.#tabs.show(inFront, (name) => {
      if (name === "form") return !isWide;
      return !ON_DEMAND.has(name) || this.#open.has(name);
    });
    this.#body.style.setProperty("--lumen-studio-share", share === null ? "" : String(share));
    this.#body.toggleAttribute("data-moved", share !== null);
  }

  /** Says in a part that has nothing to show why, and what to do. */
  #showNothing(part: LentPart): void {
    const panel = this.#panels.get(part);
    panel?.querySelector(".lumen-studio-nothing")?.remove();
    if (this.#open.has(part) || !panel) return;
    const words = this.#words;
    const said: Partial<Record<LentPart, string[]>> = {
      results: this.#resultsWords,
      gallery: [this.#connection.ended ? words.endedGallery : words.noGallery],
      tasks: [words.noTasks],
    };
    const [first = "", ...more] = said[part] ?? [];
    if (first === "") return;
    const nothing = element("div", { class: "lumen-studio-nothing" }, element("p", {}, first));
    nothing.append(...more.map((text) => element("p", {}, text)));
    panel.prepend(nothing);
  }

  /** Why there are no pictures yet: nothing was sent, or how what was sent last stands. */
  get #resultsWords(): string[] {
    const words = this.#words;
    const { state, sentence } = this.#awaited ?? { state: "", sentence: "" };
    if (state === "ended") return [words.failedResults, sentence, words.failedResultsHint];
    if (this.#connection.ended)
      return state === "" ? [words.endedResults] : [words.endedResults, words.endedSent];
    if (state === "running") return [words.sentResults, sentence || words.sentResultsHint];
    return [words.noResults, fill(words.noResultsHint, { key: withControl("↵") })];
  }

  #showSpending(): void {
    const [spending, host] = [this.#model.get("_spending"), this.#model.get("_host")];
    setText(this.#spending, spendingWords(spending, host, this.#words));
  }

  #showConnection(): void {
    const { state } = this.#connection;
    this.#lost.hidden = state === "live";
    setText(this.#lost, state === "live" ? "" : this.#words[state]);
    for (const part of LENT_PARTS) this.#showNothing(part);
  }

  #keydown(event: KeyboardEvent): void {
    const { key, target } = event;
    if (isModified(event) || isComposing(event) || event.repeat) return;
    if (key === "F6" && !this.#keys.isOpen) this.#goOn();
    else if (key === "?" && !(target instanceof Element && target.matches(TEXT)))
      this.#keys.toggle();
    else return;
    event.preventDefault();
  }

  /** From the form to the part beside it, and back. */
  #goOn(): void {
    const exports = this.#exports;
    if (exports === null || this.#root === null) return;
    if (!this.#form.contains(document.activeElement)) {
      this.#choose("form");
      exports.focus(this.#root, "form");
      return;
    }
    const part = this.#shown;
    this.#choose(part);
    if (!exports.focus(this.#root, part)) this.#tabs.focus(part);
  }
}
