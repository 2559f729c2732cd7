/* Hides what a widget has left in the notebook for when there is no kernel, as long as a live view of it
   is in that notebook. By a rule of the page, so that it holds whenever the front end renders that output,
   and for no other output than the one with the widget's own mark. */
import { newId } from "./ids";

const MARK = /^[0-9a-f]{32}$/;
// JupyterLab's page may show a copy of the notebook beside it, in which nothing is live
const NOTEBOOK = ".jp-NotebookPanel, .jp-LinkedOutputView";

/** Hides the static form with this mark until `signal` aborts. */
export function hideStaticForm(mark: unknown, el: Element, signal: AbortSignal): void {
  if (typeof mark !== "string" || !MARK.test(mark)) return;
  const style = el.ownerDocument.createElement("style");
  const hide = (within: string) => {
    const form = `.lumen-static-${mark}`;
    // JupyterLab and Notebook leave a line of space around an output in which nothing is seen. A rule of
    // its own, since a browser without :has() leaves out all of the one that has it.
    style.textContent = `${within} ${form} { display: none }
${within} .jp-OutputArea-child:has(> .jp-OutputArea-output > ${form}) { display: none }`;
  };
  hide("");
  el.ownerDocument.head.append(style);

  // a view may be put into its notebook only once it is drawn
  const name = `data-lumen-${newId()}`;
  let notebook: Element | null = null;
  const look = () => {
    const now = el.closest(NOTEBOOK);
    if (now === null || now === notebook) return;
    notebook?.removeAttribute(name);
    notebook = now;
    notebook.setAttribute(name, "");
    hide(`[${name}]`);
  };
  look();
  const observer = new ResizeObserver(look);
  observer.observe(el);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    notebook?.removeAttribute(name);
    style.remove();
  });
}
