/* Keeps the keys that a widget uses from the page around it. JupyterLab looks at every key before the
   widget does: in a notebook, Enter on a button would open the cell, X cut it and arrows leave it.
   VS Code hears, after the widget, whatever reaches the window, and does not ask whether it was
   used: Ctrl+Enter would run the cell again, B insert one and X cut one. */

// the attribute at which Lumino, JupyterLab's toolkit, stops looking for shortcuts
const KEPT = "data-lm-suppress-shortcuts";

export const MAC = /mac|iphone|ipad/i.test(navigator.platform);

// What types, moves, chooses or cancels. Tab is not among them, since it leaves, nor are function
// keys, which are the page's or the browser's everywhere.
const PLAIN =
  /^(?:.|Enter|Escape|Backspace|Delete|Insert|Home|End|Page(?:Up|Down)|Arrow(?:Up|Down|Left|Right)|Dead|Process|Compose|Unidentified)$/u;
// what Ctrl or Cmd makes of a key in a text: clipboard, undo, words and lines; with Shift, some of the
// letters are the page's
const EDITING = /^(?:[acvxyz]|Backspace|Delete|Insert|Home|End|Arrow(?:Up|Down|Left|Right))$/i;
const PAGES_WITH_SHIFT = /^[acxy]$/i;

const TYPELESS = "button, checkbox, color, file, image, radio, range, reset, submit"
  .split(", ")
  .map((type) => `[type=${type}]`);
const TEXT = `textarea, input:not(${TYPELESS.join(", ")})`;

/** Whether a key belongs to an input method, which makes letters of several keys. */
export function isComposing(event: KeyboardEvent): boolean {
  // the key that ends a composition comes as 229 where it is no longer said to compose
  return event.isComposing || event.keyCode === 229;
}

/** Whether Ctrl, Cmd or Alt is held: such a key is the page's, unless a widget names it. */
export function isModified(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey;
}

/** Whether a key changes a text or moves in it, where one is typed. */
function isTyping(event: KeyboardEvent): boolean {
  if (!(event.target instanceof Element && event.target.matches(TEXT))) return false;
  // Windows says Ctrl and Alt of AltGr, with which many keyboards type @ or {
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

/** Keeps keys without Ctrl, Alt or Meta for `root`, and those that edit a text; with one, they are
    the page's: Ctrl+S saves. `ours` names more keys that the widget uses. */
export function keepKeys(
  root: HTMLElement,
  signal: AbortSignal,
  ours: (event: KeyboardEvent) => boolean = () => false,
): void {
  const isKept = (event: KeyboardEvent) => isUsed(event) || ours(event);
  const decide = (event: KeyboardEvent) => {
    const { target } = event;
    if (!(target instanceof HTMLElement) || !root.contains(target)) return;
    // on the element itself, since that is where Lumino begins to look
    if (isKept(event)) target.setAttribute(KEPT, "true");
    else target.removeAttribute(KEPT);
  };
  // before JupyterLab, which listens on the document
  window.addEventListener("keydown", decide, { capture: true, signal });

  // which keys are down whose way ended here, so that nobody outside hears them come up alone
  const down = new Set<string>();
  const end = (event: KeyboardEvent) => {
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
  // on the way up, where everything of the widget has heard them
  for (const type of ["keydown", "keypress", "keyup"] as const) {
    root.addEventListener(type, end, { signal });
  }
}

/** Has Enter in a field submit its form, which JupyterLab's page does not do by itself. */
export function submitByEnter(input: HTMLInputElement): void {
  onEnter(input, () => input.form?.requestSubmit());
}

/** Calls `done` when Enter ends what is typed in a field: once, however long it is held. */
export function onEnter(input: HTMLInputElement, done: () => void): void {
  input.addEventListener("keydown", (event) => {
    // with Ctrl it is another key: a form's own, or the page's
    if (event.key !== "Enter" || isComposing(event) || isModified(event)) return;
    event.preventDefault();
    if (!event.repeat) done();
  });
}
