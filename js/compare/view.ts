/* One view of a comparison: how the pictures are shown, their names, the stage, and what goes with each
   way to look. */
import type { AnyModel } from "@anywidget/types";
import { leave } from "../shared/child_place";
import { element, icon, setText } from "../shared/dom";
import { oneActionPerGesture } from "../shared/gestures";
import { newId } from "../shared/ids";
import { keepKeys } from "../shared/keyboard";
import { fill } from "../shared/words";
import { STEP } from "../shared/zoom";
import { Differences } from "./differences";
import type { ComparedPicture, CompareModel, Mode } from "./messages";
import { NameRow, numbered, withKey } from "./name_row";
import { SplitLine } from "./split_line";
import { Stage } from "./stage";
import type { CompareState } from "./state";
import type { Words } from "./words";
import { ZoomTools } from "./zoom_tools";

const MODES: readonly Mode[] = ["slider", "side", "flick", "difference"];
const MODE_KEYS: Record<string, Mode> = { s: "slider", b: "side", f: "flick", d: "difference" };
/** CSS pixels that an arrow key moves zoomed pictures. */
const PAN = 60;
const PANS: Record<string, [across: number, down: number]> = {
  ArrowRight: [-PAN, 0],
  ArrowLeft: [PAN, 0],
  ArrowDown: [0, -PAN],
  ArrowUp: [0, PAN],
};
/** Percent that an arrow key moves the line of the slider. */
const LINE_STEP = 2;

/** Builds a view into `el` and keeps it up to date until `signal` aborts. */
export function showCompare(
  el: HTMLElement,
  model: AnyModel<CompareModel>,
  state: CompareState,
  words: Words,
  signal: AbortSignal,
): void {
  new CompareView(el, model, state, words, signal);
}

/** What a picture is called, in the language of the page. */
export function nameOf(picture: Pick<ComparedPicture, "name" | "relation">, words: Words): string {
  const relation = picture.relation === "" ? "" : words[picture.relation];
  return [relation, picture.name].filter((word) => word !== "").join(" ");
}

class CompareView {
  readonly #model: AnyModel<CompareModel>;
  readonly #state: CompareState;
  readonly #words: Words;
  readonly #pictures: readonly ComparedPicture[];
  readonly #names: readonly string[];
  readonly #root: HTMLElement;
  readonly #modes = new Map<Mode, HTMLInputElement>();
  /** Tells the radio buttons of several views apart. */
  readonly #group = newId();
  readonly #swap: HTMLButtonElement;
  readonly #row: NameRow;
  readonly #stage: Stage;
  readonly #line: SplitLine;
  readonly #zoomTools: ZoomTools;
  readonly #differences: Differences;
  readonly #heard = element("span", { class: "lumen-heard", role: "status" });
  readonly #hint = element("p", { class: "lumen-compare-hint" });
  readonly #lost = element("p", { class: "lumen-compare-lost", "aria-live": "polite" });
  readonly #tags: readonly HTMLElement[];
  /** The picture that is shown by turns. */
  #turn: number;
  /** Whether several traits are being written, which are shown together. */
  #writing = false;

  constructor(
    el: HTMLElement,
    model: AnyModel<CompareModel>,
    state: CompareState,
    words: Words,
    signal: AbortSignal,
  ) {
    this.#model = model;
    this.#state = state;
    this.#words = words;
    this.#pictures = model.get("_compared");
    this.#names = this.#pictures.map((one) => nameOf(one, words));
    this.#turn = model.get("right");
    const { copies, connection } = state;
    this.#stage = new Stage(
      this.#pictures,
      model.get("_frame"),
      copies,
      connection,
      words,
      {
        drawn: () => this.#drawn(),
        grab: (at) => (this.#mode === "slider" ? this.#line.grab(at) : null),
        tap: () => {
          const isFlick = this.#mode === "flick";
          if (isFlick) this.#takeTurn(1);
          return isFlick;
        },
      },
      signal,
    );
    this.#line = new SplitLine(this.#stage, words.line, () => this.#showLine());
    this.#zoomTools = new ZoomTools(this.#stage, words);
    this.#differences = new Differences(this.#pictures, state, this.#stage, words, signal);
    this.#row = new NameRow(this.#names, words, {
      choose: (left, right) => this.#choose(left, right),
      turn: (place) => this.#turnTo(place),
    });
    this.#tags = this.#names.map((name, place) => {
      const tag = element("span", { class: "lumen-pane-name", "aria-hidden": "true" });
      tag.append(...withKey(name, place));
      this.#stage.label(place, tag);
      return tag;
    });
    this.#swap = element("button", {
      type: "button",
      class: "lumen-button lumen-compare-swap",
      title: words.swap,
      "aria-label": words.swap,
      "data-stepwise": "",
    });
    this.#swap.append(icon("M2 5.5h11M10 2.5l3 3-3 3M14 10.5H3M6 7.5l-3 3 3 3"));
    this.#swap.addEventListener("click", () => this.#swapSides());
    const radios = MODES.map((mode) => this.#radio(mode));
    const group = element("div", { class: "lumen-choices", role: "radiogroup" }, ...radios);
    group.setAttribute("aria-label", words.ways);
    this.#root = element(
      "section",
      { class: "lumen lumen-compare", lang: words.lang },
      element(
        "header",
        {},
        element("span", { class: "lumen-compare-title" }, words.compare),
        group,
        this.#swap,
        this.#zoomTools.el,
      ),
      this.#lost,
      this.#row.el,
      this.#stage.el,
      this.#stage.notice,
      this.#differences.el,
      this.#hint,
      this.#heard,
    );
    this.#root.setAttribute(
      "aria-label",
      fill(words.comparison, { count: String(this.#pictures.length) }),
    );
    this.#stage.el.append(this.#line.el);
    el.replaceChildren(this.#root);
    keepKeys(this.#root, signal);
    oneActionPerGesture(this.#root, signal);
    this.#root.addEventListener("keydown", (event) => this.#keydown(event), { signal });
    for (const name of ["mode", "left", "right"] as const) {
      const show = () => {
        if (this.#writing) return;
        if (name === "right") this.#turn = model.get("right");
        this.#show();
      };
      model.on(`change:${name}`, show);
      signal.addEventListener("abort", () => model.off(`change:${name}`, show));
    }
    connection.listen(() => this.#showConnection(), signal);
    this.#showConnection();
    this.#show();
  }

  get #mode(): Mode {
    return this.#model.get("mode");
  }

  get #count(): number {
    return this.#pictures.length;
  }

  #radio(mode: Mode): HTMLElement {
    const input = element("input", { type: "radio", name: this.#group, value: mode });
    input.addEventListener("change", () => this.#write({ mode }));
    this.#modes.set(mode, input);
    return element("label", { class: "lumen-choice" }, input, this.#words[mode]);
  }

  /** Writes traits, here at once and in the kernel when that is free. */
  #write(traits: Partial<Pick<CompareModel, "mode" | "left" | "right">>): void {
    this.#writing = true;
    for (const name of ["left", "right", "mode"] as const) {
      const value = traits[name];
      if (value !== undefined && value !== this.#model.get(name)) this.#model.set(name, value);
    }
    this.#writing = false;
    this.#show();
    this.#state.connection.save();
  }

  /** Shows what the traits say. */
  #show(): void {
    const mode = this.#mode;
    const [left, right] = [this.#model.get("left"), this.#model.get("right")];
    this.#root.dataset.mode = mode;
    for (const [one, input] of this.#modes) input.checked = one === mode;
    const every = this.#names.map((_, place) => place);
    const shown = {
      slider: [right, left],
      side: every,
      flick: every,
      difference: [left, right],
    }[mode];
    // before: the line cuts what it stands between whenever the stage is drawn
    this.#line.show(mode === "slider" ? [left, right] : null);
    this.#stage.arrange({
      layout: mode === "side" ? "beside" : "upon",
      shown,
      alts: shown.map((place) => this.#alt(place)),
      ahead: every.filter((place) => !shown.includes(place)),
      blended: mode === "difference",
    });
    this.#stage.only(mode === "flick" ? this.#turn : null);
    this.#tags.forEach((tag, place) => {
      tag.toggleAttribute("data-end", mode === "slider" && place === right);
    });
    const words = this.#words;
    this.#stage.el.setAttribute(
      "aria-label",
      {
        slider: words.stageSlider,
        side: words.stageSide,
        flick: words.stageFlick,
        difference: words.stageDifference,
      }[mode],
    );
    this.#swap.hidden = mode !== "slider";
    this.#row.show(mode, left, right, this.#turn);
    this.#showLine();
    this.#differences.show(mode === "difference", left, right);
    const hints = {
      slider: words.hintSlider,
      side: words.hintSide,
      flick: words.hintFlick,
      difference: words.hintDifference,
    };
    const alone = fill(words.hintAlone, { count: String(this.#count) });
    const parts = [hints[mode], words.hintZoom, ...(mode === "flick" ? [] : [alone])];
    setText(this.#hint, parts.join(" · "));
  }

  #alt(place: number): string {
    const picture = this.#pictures[place];
    const name = this.#names[place] ?? "";
    return picture?.alt ? fill(this.#words.pictureAlt, { name, alt: picture.alt }) : name;
  }

  #drawn(): void {
    this.#zoomTools.show();
    this.#line.place();
    // how many would be there within a frame
    const ready = String(this.#stage.ready(this.#names.map((_, place) => place)));
    if (this.#stage.el.dataset.ready !== ready) this.#stage.el.dataset.ready = ready;
  }

  #showLine(): void {
    const share = Math.round(this.#line.percent);
    const left = this.#names[this.#model.get("left")] ?? "";
    const right = this.#names[this.#model.get("right")] ?? "";
    const values = { left, right, share: String(share), rest: String(100 - share) };
    this.#line.say(fill(this.#words.lineValue, values));
  }

  /** Shows two pictures left and right; one that is on the other side changes places. */
  #choose(left: number, right: number): void {
    const [before, after] = [this.#model.get("left"), this.#model.get("right")];
    if (left === right)
      this.#write(left === before ? { left: after, right } : { left, right: before });
    else this.#write({ left, right });
  }

  #swapSides(): void {
    this.#write({ left: this.#model.get("right"), right: this.#model.get("left") });
  }

  #takeTurn(by: number): void {
    this.#turnTo((this.#turn + by + this.#count) % this.#count);
  }

  #turnTo(place: number): void {
    this.#turn = place;
    setText(this.#heard, numbered(this.#names[place] ?? "", place));
    if (this.#mode === "flick") this.#show();
    else this.#write({ mode: "flick" });
  }

  #showConnection(): void {
    const { state } = this.#state.connection;
    this.#root.toggleAttribute("data-closed", state === "closed");
    setText(this.#lost, state === "live" ? "" : this.#words[state]);
  }

  #keydown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target instanceof Element ? event.target : null;
    if (target?.matches("select")) return;
    const { key } = event;
    const number = Number(key);
    const mode = MODE_KEYS[key.toLowerCase()];
    if (mode) this.#write({ mode });
    else if (key === "+" || key === "=") this.#stage.zoomBy(STEP);
    else if (key === "-") this.#stage.zoomBy(1 / STEP);
    else if (key === "Escape") leave(this.#root);
    else if (key === "0") this.#stage.fit();
    else if (key.toLowerCase() === "p") this.#stage.toPixels();
    else if (key.toLowerCase() === "x") this.#swapSides();
    else if (number >= 1 && number <= this.#count) this.#turnTo(number - 1);
    else if (!this.#arrow(event, target)) return;
    event.preventDefault();
  }

  /** Does what an arrow key or Space does; returns whether it was used. */
  #arrow(event: KeyboardEvent, target: Element | null): boolean {
    const { key } = event;
    const pan = PANS[key];
    // a radio button's, and the line's own
    const own = target?.matches("input, button") ?? false;
    if (
      pan &&
      (event.shiftKey || (!own && (this.#mode === "side" || this.#mode === "difference")))
    ) {
      this.#stage.pan(...pan);
      return true;
    }
    if (own) return false;
    const step = { ArrowRight: 1, ArrowDown: 1, " ": 1, ArrowLeft: -1, ArrowUp: -1 }[key];
    if (step === undefined) return false;
    if (this.#mode === "flick") this.#takeTurn(step);
    else if (this.#mode === "slider" && key !== " ") this.#line.step(step * LINE_STEP);
    else return false;
    return true;
  }
}
