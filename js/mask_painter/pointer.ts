/* Mouse, pen and fingers on the stage. One finger paints, two move the picture; the wheel zooms once
   the stage has the focus, or with Ctrl, and scrolls the page otherwise. */
import type { Point } from "./camera";
import type { Stage } from "./stage";
import type { Hand } from "./tools";

// CSS px that a finger may have painted when the second one comes, for that to have been no stroke
const SLIP = 12;
// how much a notch of the wheel zooms
const WHEEL = 0.0015;
const PEN_ERASER = 32;
// Browsers hold moves back until just before a frame, which leaves that frame's time to draw all of
// them; raw ones come at once. Pages that are not secure, as on a hub without TLS, have none.
const RAW = "onpointerrawupdate" in window;

type Doing =
  | { kind: "painting"; pointer: number; travelled: number; at: Point }
  | { kind: "shape"; pointer: number; from: Point }
  | { kind: "moving"; pointer: number; at: Point }
  | { kind: "pinching"; fingers: Map<number, Point> };

export interface PointerHooks {
  /** Whether the space bar is down. */
  panning: () => boolean;
  /** A pointer has taken over from the keyboard's cursor. */
  pointed: (at: Point) => void;
}

export function listenToPointers(
  stage: Stage,
  hand: Hand,
  hooks: PointerHooks,
  signal: AbortSignal,
): void {
  const { el } = stage;
  const fingers = new Map<number, Point>();
  let doing: Doing | null = null;

  const capture = (event: PointerEvent) => {
    try {
      el.setPointerCapture(event.pointerId);
    } catch {
      // the pointer is gone already: its end is heard all the same
    }
  };

  const release = (pointer: number) => {
    // the browser does so by itself once the button is up; a finger may have to be let go before
    if (el.hasPointerCapture(pointer)) el.releasePointerCapture(pointer);
  };

  const showBrush = (event: PointerEvent) => {
    const mouse = event.pointerType !== "touch";
    stage.brush(hand.paints && mouse ? stage.place(event) : null, hand.radius);
  };

  const held = (event: PointerEvent) => ({ square: event.shiftKey, subtract: event.altKey });

  /** Ends what one finger was doing, since a second one is there. */
  const pinch = () => {
    if (doing?.kind === "painting") {
      if (doing.travelled < SLIP) hand.abandon();
      else hand.lift();
    }
    stage.shape(null);
    doing = { kind: "pinching", fingers: new Map(fingers) };
  };

  const press = (event: PointerEvent) => {
    const touch = event.pointerType === "touch";
    if (touch) {
      fingers.set(event.pointerId, stage.onStage(event));
      capture(event);
      if (fingers.size > 1) {
        pinch();
        return;
      }
    }
    if (doing) return;
    const middle = event.button === 1;
    const eraser = event.pointerType === "pen" && (event.buttons & PEN_ERASER) !== 0;
    if (event.button !== 0 && !middle && !eraser) return;
    if (stage.isGrip(event)) return;
    event.preventDefault();
    el.focus({ preventScroll: true });
    capture(event);
    const pointer = event.pointerId;
    const at = stage.place(event);
    hooks.pointed(at);
    if (middle || hooks.panning()) {
      doing = { kind: "moving", pointer, at: stage.onStage(event) };
      el.dataset.moving = "true";
    } else if (hand.paints || eraser) {
      doing = { kind: "painting", pointer, travelled: 0, at: stage.onStage(event) };
      hand.press(at, event.shiftKey, eraser || hand.tool === "eraser");
    } else {
      doing = { kind: "shape", pointer, from: at };
    }
    showBrush(event);
  };

  const move = (event: PointerEvent) => {
    showBrush(event);
    if (!doing) return;
    if (doing.kind === "pinching") {
      movePinch(doing.fingers, event);
      return;
    }
    if (event.pointerId !== doing.pointer) return;
    const at = stage.onStage(event);
    if (doing.kind === "painting") {
      if (!RAW) paint(event);
    } else if (doing.kind === "moving") {
      stage.camera.pan(at.x - doing.at.x, at.y - doing.at.y);
      doing.at = at;
      stage.lookSoon();
    } else {
      stage.shape(hand.shape(doing.from, stage.place(event), held(event)));
    }
  };

  const paint = (event: PointerEvent) => {
    if (doing?.kind !== "painting" || event.pointerId !== doing.pointer) return;
    if (event.pointerType === "mouse" && (event.buttons & 1) === 0) {
      // no button was said to be up, since another one is still down
      lift(event);
      return;
    }
    const events = event.getCoalescedEvents?.() ?? [];
    hand.move((events.length > 0 ? events : [event]).map((one) => stage.place(one)));
    const at = stage.onStage(event);
    doing.travelled += Math.hypot(at.x - doing.at.x, at.y - doing.at.y);
    doing.at = at;
  };

  const movePinch = (places: Map<number, Point>, event: PointerEvent) => {
    const [first, second] = [...places.keys()];
    if (first === undefined || second === undefined || !places.has(event.pointerId)) return;
    const between = () => {
      const a = places.get(first) as Point;
      const b = places.get(second) as Point;
      const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
      return { middle, apart: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) };
    };
    const before = between();
    places.set(event.pointerId, stage.onStage(event));
    const now = between();
    stage.camera.pan(now.middle.x - before.middle.x, now.middle.y - before.middle.y);
    stage.camera.zoom((stage.camera.scale * now.apart) / before.apart, now.middle);
    stage.lookSoon();
  };

  const lift = (event: PointerEvent) => {
    fingers.delete(event.pointerId);
    if (!doing) return;
    if (doing.kind === "pinching") {
      // nothing begins before all fingers are off
      if (fingers.size === 0) doing = null;
      return;
    }
    if (event.pointerId !== doing.pointer) return;
    if (doing.kind === "painting") hand.lift();
    if (doing.kind === "shape") {
      const shape = hand.shape(doing.from, stage.place(event), held(event));
      stage.shape(null);
      // a browser that takes the pointer away did not mean the place where it was
      if (shape && event.type === "pointerup") hand.put(shape);
    }
    delete el.dataset.moving;
    doing = null;
    release(event.pointerId);
  };

  el.addEventListener("pointerdown", press, { signal });
  el.addEventListener("pointermove", move, { signal });
  if (RAW)
    el.addEventListener("pointerrawupdate", (event) => paint(event as PointerEvent), { signal });
  el.addEventListener("pointerup", lift, { signal });
  el.addEventListener("pointercancel", lift, { signal });
  el.addEventListener("lostpointercapture", lift, { signal });
  el.addEventListener("pointerleave", () => stage.brush(null), { signal });
  el.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !el.contains(document.activeElement)) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      const factor = Math.exp(-event.deltaY * lines * WHEEL * (event.ctrlKey ? 4 : 1));
      stage.camera.zoom(stage.camera.scale * factor, stage.onStage(event));
      stage.lookSoon();
    },
    { signal, passive: false },
  );
  // the middle button would scroll the page, and a long press open a menu over the stroke
  const refuse = (event: MouseEvent) => {
    if (event.button !== 1 && !(event.type === "contextmenu" && doing)) return;
    event.preventDefault();
    // JupyterLab opens a menu of its own
    event.stopPropagation();
  };
  el.addEventListener("mousedown", refuse, { signal });
  el.addEventListener("contextmenu", refuse, { signal });
  signal.addEventListener("abort", () => {
    // the view goes in the middle of a stroke: it is kept
    if (doing?.kind === "painting") hand.lift();
  });
}
