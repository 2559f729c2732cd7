/* Keeps plain keys for the widget that has the focus. JupyterLab looks at every key before the
   widget does: in a notebook, Enter on a button would open the cell, X cut it and arrows leave it. */

// the attribute at which Lumino, JupyterLab's toolkit, stops looking for shortcuts
const KEPT = "data-lm-suppress-shortcuts";

function isOurs(event: KeyboardEvent): boolean {
  return !(event.ctrlKey || event.metaKey || event.altKey);
}

/** Keeps keys without Ctrl, Alt or Meta for `root`; with one, they are JupyterLab's: Ctrl+S saves.
    `ours` says of a key that it is to be kept instead. */
export function keepKeys(root: HTMLElement, signal: AbortSignal, ours = isOurs): void {
  const decide = (event: KeyboardEvent) => {
    const { target } = event;
    if (!(target instanceof HTMLElement) || !root.contains(target)) return;
    // on the element itself, since that is where Lumino begins to look
    if (ours(event)) target.setAttribute(KEPT, "true");
    else target.removeAttribute(KEPT);
  };
  // before JupyterLab, which listens on the document
  window.addEventListener("keydown", decide, { capture: true, signal });
}

/** Has Enter in a field submit its form, which JupyterLab's page does not do by itself. */
export function submitByEnter(input: HTMLInputElement): void {
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    input.form?.requestSubmit();
  });
}
