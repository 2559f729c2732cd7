/* One gesture, one action. The first click of a double click may pay, and may move another control under
   the pointer before the second click; a key that is held down repeats, and the focus may be on another
   button by then. */
import { isModified } from "./keyboard";

// the controls that a click or Enter activates
const CONTROLS = "button, summary, label, [type=radio], [type=checkbox]";
// fields inside a label are not part of its control: a double click selects a word there
const FIELDS = "input, select, textarea";
// Milliseconds in which a second press at the same place may still be aimed at the control that was
// there at the first one: the default double-click time of operating systems.
const GESTURE_MS = 500;

/** Attribute of a control where each click of a quick series counts, as with the steps of undo. */
export const STEPWISE = "data-stepwise";

/** A press of a pointer, with the control under it and the place of that control at that time. */
interface Press {
  control: Element | null;
  box: DOMRect | undefined;
  at: number;
  /** Whether it was aimed at a control that has moved away since. */
  stale: boolean;
  /** Whether its click event has not come yet. */
  clickPending: boolean;
}

function targetOf(event: Event): Element | null {
  // inside shadow roots too: some front ends put widgets there
  const target = event.composedPath()[0] ?? event.target;
  return target instanceof Element ? target : null;
}

/** The control that an element is or is inside of; a label and its radio button are one control. */
function controlOf(target: Element | null): Element | null {
  const found = target?.closest(`${CONTROLS}, ${FIELDS}`) ?? null;
  if (!found?.matches(CONTROLS)) return null;
  return found.matches("input") ? (found.closest("label") ?? found) : found;
}

function isInside(box: DOMRect | undefined, { clientX: x, clientY: y }: PointerEvent): boolean {
  if (!box) return false;
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}

function cancel(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

/** Passes one click a gesture to the controls in `root`. Stops clicks that were aimed at a control which
    was at that place before, repeats of a key that is held, and every click while `aria-disabled`. */
export function oneActionPerGesture(root: HTMLElement, signal: AbortSignal): void {
  let last: Press | null = null;

  const pointerdown = (event: PointerEvent) => {
    // a second finger does not count as a second press
    if (!event.isPrimary) return;
    const target = targetOf(event);
    const now = event.timeStamp;
    const repeated = last !== null && now - last.at < GESTURE_MS && isInside(last.box, event);
    if (last && repeated && !last.control?.contains(target)) {
      last = { ...last, at: now, stale: true, clickPending: true };
      // the press itself must not paint, move a slider or open a list either
      if (target && root.contains(target)) cancel(event);
      return;
    }
    // Only of controls: elsewhere, two quick presses in one large element may be two actions.
    const control = controlOf(target);
    last = {
      control,
      box: control?.getBoundingClientRect(),
      at: now,
      stale: false,
      clickPending: true,
    };
  };

  const click = (event: MouseEvent) => {
    const control = controlOf(targetOf(event));
    if (!control) return;
    const pressed = last?.clickPending ? last : null;
    if (control.getAttribute("aria-disabled") === "true") cancel(event);
    // keys, assistive technology and scripts press without a pointer
    else if (event.detail === 0) return;
    else if (pressed && (pressed.stale || pressed.control !== control)) cancel(event);
    else if (event.detail > 1 && !(pressed && control.hasAttribute(STEPWISE))) cancel(event);
  };

  const keydown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    // with Ctrl or Alt the key belongs to the page, where it may run the cell: no button is pressed
    if ((event.repeat || isModified(event)) && controlOf(targetOf(event))) event.preventDefault();
  };

  // on the whole window, since the control that was there before may belong to another widget
  window.addEventListener("pointerdown", pointerdown, { capture: true, signal });
  window.addEventListener(
    "click",
    (event) => {
      const target = targetOf(event);
      if (target && root.contains(target)) click(event);
      // a label's own click on its radio button follows, without a press
      if (last && event.detail > 0) last.clickPending = false;
    },
    { capture: true, signal },
  );
  root.addEventListener("keydown", keydown, { capture: true, signal });
}
