"""A painter as ipycanvas makes it easy: callbacks for events of the mouse, which draw lines.

Undo is a list of strokes, drawn anew.
"""

from __future__ import annotations

from playwright.sync_api import TimeoutError as TooLateError

from tests.bench.painter_drivers import HEIGHT, RADIUS, WIDTH, PainterDriver

# longest that drawings may take to come after the mouse has stopped, with the kernel asleep before
_PATIENCE_MS = 60_000.0

_IPYCANVAS = f"""import time
from ipycanvas import Canvas, hold_canvas

canvas = Canvas(width={WIDTH}, height={HEIGHT}, layout=dict(width="{WIDTH}px"))
canvas.line_width, canvas.line_cap, canvas.line_join = {2 * RADIUS}, "round", "round"
modes = {{"b": "source-over", "e": "destination-out"}}
mode, strokes, down = modes["b"], [], False

def on_down(x, y):
    global down
    down = True
    strokes.append((mode, [(x, y)]))
    canvas.global_composite_operation = mode
    canvas.stroke_line(x, y, x, y)

def on_move(x, y):
    if down:
        points = strokes[-1][1]
        canvas.stroke_line(*points[-1], x, y)
        points.append((x, y))

def on_up(x, y):
    global down
    down = False

def on_key(key, shift, ctrl, meta):
    global mode
    mode = modes.get(key, mode)
    if key == "z" and ctrl and strokes:
        strokes.pop()
        with hold_canvas(canvas):
            canvas.clear()
            for composite, points in strokes:
                canvas.global_composite_operation = composite
                canvas.stroke_lines(points)

canvas.on_mouse_down(on_down)
canvas.on_mouse_move(on_move)
canvas.on_mouse_up(on_up)
canvas.on_key_down(on_key)
canvas"""

# What is drawn arrives on a canvas that is in no page, by `lineTo` at the place of an event or, for
# an undo, after `clearRect`; the one in the page is then copied from it.
_WATCH_IPYCANVAS = """() => {
  const log = window.lumenLog = [];
  const waiting = new Map();
  const undos = [];
  let arrived = [];
  window.lumenWaiting = () => waiting.size + undos.length;
  const name = (x, y) => `${x.toFixed(3)} ${y.toFixed(3)}`;
  const listen = (type, note) => window.addEventListener(type, (event) => {
    if (event.target.matches?.("canvas.lm-Widget")) note(event);
  }, { capture: true });
  const point = (event) => {
    if (event.buttons !== 1) return;
    const { target, type, timeStamp } = event;
    const box = target.getBoundingClientRect();
    const x = target.width * (event.clientX - box.left) / box.width;
    const y = target.height * (event.clientY - box.top) / box.height;
    const heard = { type, key: "", part: window.lumenPart };
    waiting.set(name(x, y), { heard, timeStamp, time: performance.now() });
    log.push({ what: "heard", ...heard });
  };
  listen("mousedown", point);
  listen("mousemove", point);
  listen("keydown", ({ key, type, timeStamp }) => {
    if (key !== "z") return;
    const heard = { type, key, part: window.lumenPart };
    undos.push({ heard, timeStamp, time: performance.now() });
    log.push({ what: "heard", ...heard });
  });
  const { prototype } = CanvasRenderingContext2D;
  const { lineTo, clearRect, drawImage } = prototype;
  prototype.lineTo = function (x, y) {
    lineTo.call(this, x, y);
    const event = waiting.get(name(x, y));
    if (!event || this.canvas.isConnected) return;
    waiting.delete(name(x, y));
    arrived.push(event);
  };
  prototype.clearRect = function (...words) {
    clearRect.apply(this, words);
    if (!this.canvas.isConnected && undos.length > 0) arrived.push(undos.shift());
  };
  prototype.drawImage = function (...words) {
    drawImage.apply(this, words);
    if (!this.canvas.isConnected) return;
    const now = performance.now();
    for (const { heard, timeStamp, time } of arrived) {
      const inside = window.event?.timeStamp === timeStamp;
      log.push({ what: "drawn", ...heard, inside, age: now - timeStamp, work: now - time });
    }
    arrived = [];
  };
}"""
_ALL_DRAWN = "() => window.lumenWaiting() === 0"


class IpycanvasDriver(PainterDriver):
    """Works a plain ipycanvas whose callbacks draw."""

    name = f"ipycanvas callbacks, {WIDTH} x {HEIGHT}"
    _cell = _IPYCANVAS
    _shown = "canvas.lm-Widget"
    _moves = "mousemove"

    def watch(self) -> None:
        """Note from now on what the page hears and draws."""
        self.page.evaluate(_WATCH_IPYCANVAS)

    def wait_drawn(self) -> None:
        """Wait until everything that was heard is drawn, or is taken never to be."""
        try:
            self.page.wait_for_function(_ALL_DRAWN, polling=50, timeout=_PATIENCE_MS)
        except TooLateError:
            # the table says how many were drawn, and of how many
            return
