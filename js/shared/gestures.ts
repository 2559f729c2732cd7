/* Has one gesture do one thing. The first click of a double one may pay, and move something else under
   the pointer for the second; a key that is held comes again and again, and the focus may have moved on
   to another button meanwhile. */
import { isModified } from "./keyboard";

// what a click or Enter does something to
const CONTROLS = "button, summary, label, [type=radio], [type=checkbox]";
// within which, text fields and sliders are no part of the control: double clicks select words there
const OTHERS = "input, select, textarea";
// Milliseconds in which a second press at a place may still be meant for what was there at the first:
// what systems count as a double click by default.
const GESTURE_MS = 500;

/** Marks a control of which each click of a quick series is meant, as the steps of undo are. */
export const STEPWISE = "data-stepwise";

/** A press of a pointer, and where what it met was at that time. */
interface Press {
  on: Element | null;
  box: DOMRect | undefined;
  at: number;
  /** Whether it was meant for something that was there before. */
  stray: boolean;
  /** Whether the click that it makes is still to come. */
  open: boolean;
}

function targetOf(event: Event): Element | null {
  // inside of shadow roots too, in which some front ends put widgets
  const target = event.composedPath()[0] ?? event.target;
  return target instanceof Element ? target : null;
}

/** The control that an element is, or is in; a label and its radio button are one. */
function controlOf(target: Element | null): Element | null {
  const found = target?.closest(`${CONTROLS}, ${OTHERS}`) ?? null;
  if (!found?.matches(CONTROLS)) return null;
  return found.matches("input") ? (found.closest("label") ?? found) : found;
}

function isIn(box: DOMRect | undefined, { clientX: x, clientY: y }: PointerEvent): boolean {
  if (!box) return false;
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}

function swallow(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

/** Lets the controls in `root` hear one click a gesture, and none that was meant for what stood in
    their place before; nor keys that are held down, nor anything while `aria-disabled`. */
export function oneThingAGesture(root: HTMLElement, signal: AbortSignal): void {
  let last: Press | null = null;

  const press = (event: PointerEvent) => {
    // a second finger is no second press
    if (!event.isPrimary) return;
    const target = targetOf(event);
    const now = event.timeStamp;
    const again = last !== null && now - last.at < GESTURE_MS && isIn(last.box, event);
    if (last && again && !last.on?.contains(target)) {
      last = { ...last, at: now, stray: true, open: true };
      // nor may it paint, move a slider or open a list
      if (target && root.contains(target)) swallow(event);
      return;
    }
    // Of controls alone: elsewhere, two quick presses in one large element may well be two things.
    const on = controlOf(target);
    last = { on, box: on?.getBoundingClientRect(), at: now, stray: false, open: true };
  };

  const click = (event: MouseEvent) => {
    const control = controlOf(targetOf(event));
    if (!control) return;
    const pressed = last?.open ? last : null;
    if (control.getAttribute("aria-disabled") === "true") swallow(event);
    // keys, assistive technology and scripts press without a pointer
    else if (event.detail === 0) return;
    else if (pressed && (pressed.stray || pressed.on !== control)) swallow(event);
    else if (event.detail > 1 && !(pressed && control.hasAttribute(STEPWISE))) swallow(event);
  };

  const hold = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    // with Ctrl or Alt it is the page's key, which may run the cell: it should not press as well
    if ((event.repeat || isModified(event)) && controlOf(targetOf(event))) event.preventDefault();
  };

  // everywhere, since what was there before may have been of another widget
  window.addEventListener("pointerdown", press, { capture: true, signal });
  window.addEventListener(
    "click",
    (event) => {
      const target = targetOf(event);
      if (target && root.contains(target)) click(event);
      // a label's own click on its radio button comes after it, without a press
      if (last && event.detail > 0) last.open = false;
    },
    { capture: true, signal },
  );
  root.addEventListener("keydown", hold, { capture: true, signal });
}
