/* Keeps the keys that a widget uses from the page around it. JupyterLab looks at every key before the
   widget does: in a notebook, Enter on a button would open the cell, X cut it and arrows leave it.
   VS Code handles, after the widget, every key event that reaches the window, also one that was used:
   Ctrl+Enter would run the cell again, B insert one and X cut one. */

// the attribute at which Lumino, JupyterLab's toolkit, stops looking for shortcuts
const KEPT = "data-lm-suppress-shortcuts";
// on an event that a widget keeps: a widget inside of another one has a bundle of its own
const KEPT_EVENT = Symbol.for("lumen_widgets.kept");

export const MAC = /mac|iphone|ipad/i.test(navigator.platform);

// Keys that type, move, choose or cancel. Without Tab, which leaves the widget, and function keys, which
// belong to the page or the browser everywhere.
const PLAIN =
  /^(?:.|Enter|Escape|Backspace|Delete|Insert|Home|End|Page(?:Up|Down)|Arrow(?:Up|Down|Left|Right)|Dead|Process|Compose|Unidentified)$/u;
// with Ctrl or Cmd in a text field: clipboard, undo, words and lines; with Shift too, some of the
// letters belong to the page
const EDITING = /^(?:[acvxyz]|Backspace|Delete|Insert|Home|End|Arrow(?:Up|Down|Left|Right))$/i;
const PAGES_WITH_SHIFT = /^[acxy]$/i;

const TYPELESS = "button, checkbox, color, file, image, radio, range, reset, submit"
  .split(", ")
  .map((type) => `[type=${type}]`);
const TEXT = `textarea, input:not(${TYPELESS.join(", ")})`;

/** Whether a key belongs to an input method, which composes a character of several keys. */
export function isComposing(event: KeyboardEvent): boolean {
  // the key that ends a composition has code 229 where `isComposing` is already false
  return event.isComposing || event.keyCode === 229;
}

/** Whether Ctrl, Cmd or Alt is held: such a key belongs to the page, unless a widget names it. */
export function isModified(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey;
}

/** Whether a key edits the text of a field or moves the caret in it. */
function isTyping(event: KeyboardEvent): boolean {
  if (!(event.target instanceof Element && event.target.matches(TEXT))) return false;
  // Windows reports AltGr, with which many keyboards type @ or {, as Ctrl and Alt
  if (event.getModifierState("AltGraph")) return true;
  if (event.altKey && !MAC) return false;
  if (event.ctrlKey || event.metaKey) {
    return EDITING.test(event.key) && !(event.shiftKey && PAGES_WITH_SHIFT.test(event.key));
  }
  // Option types letters
  return PLAIN.test(event.key);
}

function isUsed(event: KeyboardEvent): boolean {
  if (isComposing(event)) return true;
  return (!isModified(event) && PLAIN.test(event.key)) || isTyping(event);
}

/** Keeps for `root` the keys without Ctrl, Alt or Meta, and those that edit a text. With a modifier, keys
    belong to the page: Ctrl+S saves. `alsoUsed` names more keys that the widget uses. */
export function keepKeys(
  root: HTMLElement,
  signal: AbortSignal,
  alsoUsed: (event: KeyboardEvent) => boolean = () => false,
): void {
  const isKept = (event: KeyboardEvent) => isUsed(event) || alsoUsed(event);
  const decide = (event: KeyboardEvent) => {
    const { target } = event;
    if (!(target instanceof HTMLElement) || !root.contains(target)) return;
    const marked = event as KeyboardEvent & { [KEPT_EVENT]?: boolean };
    if (isKept(event)) marked[KEPT_EVENT] = true;
    // on the element itself, where Lumino begins its search
    if (marked[KEPT_EVENT]) target.setAttribute(KEPT, "true");
    else target.removeAttribute(KEPT);
  };
  // before JupyterLab, which listens on the document
  window.addEventListener("keydown", decide, { capture: true, signal });

  // keys that are down and whose keydown was stopped here: their keyup is stopped too
  const down = new Set<string>();
  const stop = (event: KeyboardEvent) => {
    if (event.type === "keyup") {
      if (down.delete(event.code)) event.stopPropagation();
      return;
    }
    if (!isKept(event)) {
      down.delete(event.code);
      return;
    }
    down.add(event.code);
    event.stopPropagation();
  };
  // in the bubbling phase, after every listener inside the widget
  for (const type of ["keydown", "keypress", "keyup"] as const) {
    root.addEventListener(type, stop, { signal });
  }
}

/** Makes Enter in a field submit its form, which does not happen by itself in JupyterLab. */
export function submitByEnter(input: HTMLInputElement): void {
  onEnter(input, () => input.form?.requestSubmit());
}

/** Calls `done` when Enter is pressed in a field: once, however long it is held. */
export function onEnter(input: HTMLInputElement, done: () => void): void {
  input.addEventListener("keydown", (event) => {
    // with Ctrl it is another shortcut: the form's own, or the page's
    if (event.key !== "Enter" || isComposing(event) || isModified(event)) return;
    event.preventDefault();
    if (!event.repeat) done();
  });
}
