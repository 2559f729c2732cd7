/* A painter's controls: tools, size, undo and other changes, zoom, and the overlay's colour. */
import { element, icon } from "../shared/dom";
import { STEPWISE } from "../shared/gestures";
import { newId } from "../shared/ids";
import { fill } from "../shared/words";
import type { Mode } from "./operations";
import type { Tool, Tools } from "./tools";
import { MIN_RADIUS } from "./tools";
import type { Words } from "./words";

// of the size slider, each by the same factor
const SLIDER_STEPS = 1000;

const TOOLS: [Tool, string, string[]][] = [
  [
    "brush",
    "B",
    ["M13.5 2.5L7 9", "M7 9c-2-1-4 0-4 2.5 0 1-.5 1.5-1.5 2 3.5 1 6.5 0 6.5-2.5 0-1-.4-1.6-1-2z"],
  ],
  ["eraser", "E", ["M9.5 2.5l4 4-6.5 7h-3l-2-2z", "M6 6l4.5 4.5", "M8 13.5h6"]],
  ["rectangle", "R", ["M2.5 3.5h11v9h-11z"]],
  ["ellipse", "O", ["M2.5 8a5.5 4.5 0 1 0 11 0a5.5 4.5 0 1 0-11 0"]],
];
const MODES: Mode[] = ["add", "subtract", "intersect"];
const ICONS = {
  undo: ["M6 3L2.5 6.5L6 10", "M2.5 6.5h7a4 4 0 0 1 0 7H6"],
  redo: ["M10 3l3.5 3.5L10 10", "M13.5 6.5h-7a4 4 0 0 0 0 7H10"],
  zoomOut: ["M3.5 8h9"],
  zoomIn: ["M3.5 8h9", "M8 3.5v9"],
};

export interface ToolbarActions {
  undo: () => void;
  redo: () => void;
  invert: () => void;
  clear: () => void;
  zoomOut: () => void;
  zoomIn: () => void;
  fit: () => void;
  actual: () => void;
  peek: (on: boolean) => void;
  /** The button that shows handles at the picture's sides. */
  extend: HTMLButtonElement;
  /** Shows the brush while its size is changed. */
  sizing: (on: boolean) => void;
}

export class Toolbar {
  readonly el: HTMLElement;
  readonly #tools: Tools;
  readonly #words: Words;
  readonly #toolInputs = new Map<Tool, HTMLInputElement>();
  readonly #modeInputs = new Map<Mode, HTMLInputElement>();
  readonly #size: HTMLInputElement;
  readonly #sizeWords = element("output", { class: "lumen-painter-size-words" });
  readonly #brushOnly: HTMLElement;
  readonly #shapesOnly: HTMLElement;
  readonly #color: HTMLInputElement;
  readonly #opacity: HTMLInputElement;
  readonly #undo: HTMLButtonElement;
  readonly #redo: HTMLButtonElement;

  constructor(tools: Tools, words: Words, actions: ToolbarActions) {
    this.#tools = tools;
    this.#words = words;
    this.#size = element("input", { type: "range", min: "0", max: String(SLIDER_STEPS) });
    this.#size.addEventListener("input", () => {
      this.#showSize(this.sliderRadius);
      actions.sizing(true);
    });
    // one message when the slider is released, none while it moves
    this.#size.addEventListener("change", () => {
      tools.choose("radius", this.sliderRadius);
      actions.sizing(false);
    });
    this.#color = element("input", { type: "color", "aria-label": words.color });
    this.#color.title = words.color;
    this.#color.addEventListener("change", () => tools.choose("color", this.#color.value));
    this.#opacity = element("input", {
      type: "range",
      min: "0.1",
      max: "1",
      step: "0.05",
      "aria-label": words.opacity,
    });
    this.#opacity.title = words.opacity;
    this.#opacity.addEventListener("change", () => {
      tools.choose("opacity", this.#opacity.valueAsNumber);
    });
    this.#undo = stepwiseButton(words.undo, actions.undo, ICONS.undo, "Ctrl+Z");
    this.#redo = stepwiseButton(words.redo, actions.redo, ICONS.redo, "Ctrl+Shift+Z");
    this.#brushOnly = element(
      "label",
      { class: "lumen-painter-size" },
      words.size,
      this.#size,
      this.#sizeWords,
    );
    this.#shapesOnly = this.#radios("mode", words.mode, MODES, this.#modeInputs, (mode) => [
      element("span", {}, words[mode]),
    ]);
    const toolRadios = this.#radios(
      "tool",
      words.tools,
      TOOLS.map(([tool]) => tool),
      this.#toolInputs,
      (tool) => {
        const [, key, paths] = TOOLS.find(([name]) => name === tool) as (typeof TOOLS)[number];
        const drawn = element("span", { class: "lumen-painter-icon" }, icon(...paths));
        drawn.title = `${words[tool]} (${key})`;
        return [drawn, element("span", { class: "lumen-heard" }, words[tool])];
      },
    );
    this.el = element(
      "div",
      { class: "lumen-painter-tools" },
      toolRadios,
      this.#brushOnly,
      this.#shapesOnly,
      group(
        words.changes,
        this.#undo,
        this.#redo,
        button(words.invert, actions.invert, null, "I"),
        button(words.clear, actions.clear, null, "Delete"),
      ),
      actions.extend,
      group(
        words.view,
        stepwiseButton(words.zoomOut, actions.zoomOut, ICONS.zoomOut, "-"),
        stepwiseButton(words.zoomIn, actions.zoomIn, ICONS.zoomIn, "+"),
        button(words.fit, actions.fit, null, "0"),
        button(words.actual, actions.actual, null, "1"),
        this.#color,
        this.#opacity,
        peekButton(words, actions.peek),
      ),
    );
    this.update();
  }

  /** Shows the chosen tool and settings, and whether undo and redo are possible. */
  update(): void {
    const { tool, mode, radius } = this.#tools;
    for (const [name, input] of this.#toolInputs) input.checked = name === tool;
    for (const [name, input] of this.#modeInputs) input.checked = name === mode;
    this.#brushOnly.hidden = !this.#tools.paints;
    this.#shapesOnly.hidden = this.#tools.paints;
    this.#size.value = String(this.#stepOf(radius));
    this.#showSize(radius);
    const { done, undone } = this.#tools.mask.history;
    // not `disabled`, which would drop the focus: the next key would then go to the notebook
    this.#undo.setAttribute("aria-disabled", String(done.length === 0));
    this.#redo.setAttribute("aria-disabled", String(undone.length === 0));
  }

  showMaskStyle(color: string, opacity: number): void {
    this.#color.value = color;
    this.#opacity.value = String(opacity);
  }

  #radios<Name extends string>(
    what: "tool" | "mode",
    label: string,
    names: readonly Name[],
    inputs: Map<Name, HTMLInputElement>,
    content: (name: Name) => Node[],
  ): HTMLElement {
    const el = element("div", {
      class: "lumen-painter-radios",
      role: "radiogroup",
      "aria-label": label,
    });
    const shared = `lumen-${newId()}`;
    for (const name of names) {
      const input = element("input", { type: "radio", name: shared, value: name });
      input.addEventListener("change", () => this.#tools.choose(what, name as never));
      inputs.set(name, input);
      el.append(element("label", { class: "lumen-painter-radio" }, input, ...content(name)));
    }
    return el;
  }

  get #maxDiameter(): number {
    const { width, height } = this.#tools.mask.raster;
    return Math.max(width, height, 2);
  }

  /** The radius that the slider stands at. */
  get sliderRadius(): number {
    const part = this.#size.valueAsNumber / SLIDER_STEPS;
    const size = 2 * MIN_RADIUS * (this.#maxDiameter / (2 * MIN_RADIUS)) ** part;
    // a whole number of pixels: smaller differences are not visible
    return Math.max(MIN_RADIUS, Math.round(size) / 2);
  }

  #stepOf(radius: number): number {
    const part = Math.log(radius / MIN_RADIUS) / Math.log(this.#maxDiameter / (2 * MIN_RADIUS));
    return Math.round(SLIDER_STEPS * Math.min(Math.max(part, 0), 1));
  }

  #showSize(radius: number): void {
    const count = String(Math.round(20 * radius) / 10);
    this.#sizeWords.value = fill(this.#words.pixels, { count });
    this.#size.setAttribute("aria-valuetext", this.#sizeWords.value);
  }
}

function group(label: string, ...controls: Node[]): HTMLElement {
  return element(
    "div",
    { class: "lumen-painter-group", role: "group", "aria-label": label },
    ...controls,
  );
}

function button(
  label: string,
  action: () => void,
  paths: string[] | null,
  key: string,
): HTMLButtonElement {
  const made = element("button", { type: "button", class: "lumen-button" });
  if (paths) {
    made.append(icon(...paths));
    made.setAttribute("aria-label", label);
    made.classList.add("lumen-painter-icon-button");
  } else {
    made.append(label);
  }
  made.title = `${label} (${key})`;
  made.addEventListener("click", action);
  return made;
}

/** A button where each click of a quick series counts. */
function stepwiseButton(...described: Parameters<typeof button>): HTMLButtonElement {
  const made = button(...described);
  made.setAttribute(STEPWISE, "");
  return made;
}

/** A button that hides the mask while it is held, by pointer or by key. */
function peekButton(words: Words, peek: (on: boolean) => void): HTMLButtonElement {
  const made = element("button", { type: "button", class: "lumen-button" }, words.peek);
  made.title = `${words.peekHelp} (P)`;
  const set = (on: boolean) => {
    made.setAttribute("aria-pressed", String(on));
    peek(on);
  };
  set(false);
  made.addEventListener("pointerdown", () => set(true));
  for (const end of ["pointerup", "pointercancel", "pointerleave", "blur"]) {
    made.addEventListener(end, () => set(false));
  }
  made.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    set(true);
  });
  made.addEventListener("keyup", () => set(false));
  return made;
}
