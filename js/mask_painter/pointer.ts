/* Mouse, pen and touch on the stage. One finger paints, two pan and zoom the picture; the wheel zooms
   while the stage has the focus, or with Ctrl, and scrolls the page otherwise. */
import type { Point } from "./camera";
import type { Stage } from "./stage";
import type { Tools } from "./tools";

// CSS px: a shorter stroke is cancelled when a second finger touches, since a pinch was meant
const MAX_SLIP = 12;
// zoom factor (as an exponent) of a pixel of wheel movement
const WHEEL_ZOOM = 0.0015;
const PEN_ERASER = 32;
// Browsers hold pointermove back until just before a frame, which leaves little time to draw all of
// them; pointerrawupdate comes at once. Pages without TLS, as on some hubs, do not have it.
const RAW = "onpointerrawupdate" in window;

type Gesture =
  | { kind: "painting"; pointer: number; travelled: number; at: Point }
  | { kind: "shape"; pointer: number; from: Point }
  | { kind: "panning"; pointer: number; at: Point }
  | { kind: "pinching"; touches: Map<number, Point> };

export interface PointerHooks {
  /** Whether the space bar is down. */
  panning: () => boolean;
  /** A pointer is used at a point, instead of the keyboard cursor. */
  pointerUsed: (at: Point) => void;
}

export function listenToPointers(
  stage: Stage,
  tools: Tools,
  hooks: PointerHooks,
  signal: AbortSignal,
): void {
  const { el } = stage;
  const touches = new Map<number, Point>();
  let gesture: Gesture | null = null;

  const capture = (event: PointerEvent) => {
    try {
      el.setPointerCapture(event.pointerId);
    } catch {
      // the pointer is gone already: its pointerup or pointercancel still comes
    }
  };

  const release = (pointer: number) => {
    // browsers release it by themselves on pointerup, but not before
    if (el.hasPointerCapture(pointer)) el.releasePointerCapture(pointer);
  };

  const showBrush = (event: PointerEvent) => {
    const mouse = event.pointerType !== "touch";
    stage.showBrush(tools.paints && mouse ? stage.picturePoint(event) : null, tools.radius);
  };

  const modifiers = (event: PointerEvent) => ({ square: event.shiftKey, subtract: event.altKey });

  /** Ends the gesture of the first finger, and starts a pinch. */
  const startPinch = () => {
    if (gesture?.kind === "painting") {
      if (gesture.travelled < MAX_SLIP) tools.cancelStroke();
      else tools.commitStroke();
    }
    stage.showShape(null);
    gesture = { kind: "pinching", touches: new Map(touches) };
  };

  const pointerdown = (event: PointerEvent) => {
    const touch = event.pointerType === "touch";
    if (touch) {
      touches.set(event.pointerId, stage.stagePoint(event));
      capture(event);
      if (touches.size > 1) {
        startPinch();
        return;
      }
    }
    if (gesture) return;
    const middle = event.button === 1;
    const eraser = event.pointerType === "pen" && (event.buttons & PEN_ERASER) !== 0;
    if (event.button !== 0 && !middle && !eraser) return;
    if (stage.isResizeHandle(event)) return;
    event.preventDefault();
    el.focus({ preventScroll: true });
    capture(event);
    const pointer = event.pointerId;
    const at = stage.picturePoint(event);
    hooks.pointerUsed(at);
    if (middle || hooks.panning()) {
      gesture = { kind: "panning", pointer, at: stage.stagePoint(event) };
      el.dataset.moving = "true";
    } else if (tools.paints || eraser) {
      gesture = { kind: "painting", pointer, travelled: 0, at: stage.stagePoint(event) };
      tools.beginStroke(at, event.shiftKey, eraser || tools.tool === "eraser");
    } else {
      gesture = { kind: "shape", pointer, from: at };
    }
    showBrush(event);
  };

  const pointermove = (event: PointerEvent) => {
    showBrush(event);
    if (!gesture) return;
    if (gesture.kind === "pinching") {
      movePinch(gesture.touches, event);
      return;
    }
    if (event.pointerId !== gesture.pointer) return;
    const at = stage.stagePoint(event);
    if (gesture.kind === "painting") {
      if (!RAW) paint(event);
    } else if (gesture.kind === "panning") {
      stage.camera.pan(at.x - gesture.at.x, at.y - gesture.at.y);
      gesture.at = at;
      stage.renderSoon();
    } else {
      stage.showShape(
        tools.shapeBetween(gesture.from, stage.picturePoint(event), modifiers(event)),
      );
    }
  };

  const paint = (event: PointerEvent) => {
    if (gesture?.kind !== "painting" || event.pointerId !== gesture.pointer) return;
    if (event.pointerType === "mouse" && (event.buttons & 1) === 0) {
      // no pointerup came, since another button is still down
      pointerup(event);
      return;
    }
    const events = event.getCoalescedEvents?.() ?? [];
    tools.extendStroke(
      (events.length > 0 ? events : [event]).map((one) => stage.picturePoint(one)),
    );
    const at = stage.stagePoint(event);
    gesture.travelled += Math.hypot(at.x - gesture.at.x, at.y - gesture.at.y);
    gesture.at = at;
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
    places.set(event.pointerId, stage.stagePoint(event));
    const now = between();
    stage.camera.pan(now.middle.x - before.middle.x, now.middle.y - before.middle.y);
    stage.camera.zoom((stage.camera.scale * now.apart) / before.apart, now.middle);
    stage.renderSoon();
  };

  const pointerup = (event: PointerEvent) => {
    touches.delete(event.pointerId);
    if (!gesture) return;
    if (gesture.kind === "pinching") {
      // no new gesture before all fingers are up
      if (touches.size === 0) gesture = null;
      return;
    }
    if (event.pointerId !== gesture.pointer) return;
    if (gesture.kind === "painting") tools.commitStroke();
    if (gesture.kind === "shape") {
      const shape = tools.shapeBetween(gesture.from, stage.picturePoint(event), modifiers(event));
      stage.showShape(null);
      // after a pointercancel, the last place was not chosen by the user
      if (shape && event.type === "pointerup") tools.apply(shape);
    }
    delete el.dataset.moving;
    gesture = null;
    release(event.pointerId);
  };

  el.addEventListener("pointerdown", pointerdown, { signal });
  el.addEventListener("pointermove", pointermove, { signal });
  if (RAW)
    el.addEventListener("pointerrawupdate", (event) => paint(event as PointerEvent), { signal });
  el.addEventListener("pointerup", pointerup, { signal });
  el.addEventListener("pointercancel", pointerup, { signal });
  el.addEventListener("lostpointercapture", pointerup, { signal });
  el.addEventListener("pointerleave", () => stage.showBrush(null), { signal });
  el.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !el.contains(document.activeElement)) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      const factor = Math.exp(-event.deltaY * lines * WHEEL_ZOOM * (event.ctrlKey ? 4 : 1));
      stage.camera.zoom(stage.camera.scale * factor, stage.stagePoint(event));
      stage.renderSoon();
    },
    { signal, passive: false },
  );
  // the middle button would scroll the page, and a long press would open a menu over the stroke
  const preventDefaults = (event: MouseEvent) => {
    if (event.button !== 1 && !(event.type === "contextmenu" && gesture)) return;
    event.preventDefault();
    // JupyterLab opens a menu of its own
    event.stopPropagation();
  };
  el.addEventListener("mousedown", preventDefaults, { signal });
  el.addEventListener("contextmenu", preventDefaults, { signal });
  signal.addEventListener("abort", () => {
    // the view is removed during a stroke: the stroke is kept
    if (gesture?.kind === "painting") tools.commitStroke();
  });
}
