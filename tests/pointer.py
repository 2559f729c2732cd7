"""A hand on a painter, and what can be seen of it from outside: input, messages, and drawing.

The mouse is the browser's own input, by DevTools. Messages are read off the wire, frame by frame.
"""

from __future__ import annotations

import base64
import json
import struct
import time
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from playwright.sync_api import Page

Place: TypeAlias = tuple[float, float]
MouseEvent: TypeAlias = dict[str, Any]

_BINARY_FRAME = 2
# where JupyterLab's binary frames have what: parts in this order, each from one offset to the next
_HEADER, _CONTENT = 1, 4
# seconds between the presses of a double click, which systems take for one up to half a second
_QUICK = 0.1

# Notes in `lumenLog` what pressed pointers and keys tell a painter's stage, and each drawing of its
# mask. `window.event` is there only while a handler of that very event runs.
_WATCH = """() => {
  const log = window.lumenLog = [];
  const times = new WeakMap();
  for (const type of ["pointerdown", "pointerrawupdate", "pointerup", "keydown"]) {
    window.addEventListener(type, (event) => {
      const { key = "", buttons = 1, target } = event;
      times.set(event, performance.now());
      if (target.closest?.(".lumen-painter-stage") && (buttons || type === "pointerup"))
        log.push({ what: "heard", type, key, part: window.lumenPart });
    }, { capture: true });
  }
  const { prototype } = CanvasRenderingContext2D;
  const put = prototype.putImageData;
  prototype.putImageData = function (...words) {
    put.apply(this, words);
    const now = performance.now();
    const { canvas } = this;
    if (!canvas.matches(".lumen-painter-overlay")) return;
    const event = window.event;
    const points = event?.getCoalescedEvents?.() ?? [];
    const first = Math.min(...[event, ...points].map((one) => one?.timeStamp));
    const box = canvas.getBoundingClientRect();
    const across = canvas.width / box.width;
    const alpha = event?.clientX === undefined ? -1 : this.getImageData(
      (event.clientX - box.left) * across, (event.clientY - box.top) * across, 1, 1).data[3];
    log.push({
      what: "drawn", type: event?.type ?? "", key: event?.key ?? "", part: window.lumenPart,
      inside: Boolean(event), alpha, points: Math.max(1, points.length),
      age: event ? now - first : -1, work: event ? now - times.get(event) : -1,
    });
  };
}"""


class Noted(NamedTuple):
    """An event that reached a painter, or a drawing of its mask.

    Attributes
    ----------
    what
        ``"heard"`` or ``"drawn"``.
    type
        The event, of a drawing the one that it answers; empty if that is not known.
    key
        Of a key event.
    part
        What `begin` was given last before the event.
    inside
        Of a drawing, whether it was done by a handler of that event, before the browser went on.
    alpha
        Of a drawing, the mask's opacity under the pointer right afterwards, 0 to 255; -1 where
        there is no pointer.
    points
        How many places the browser put together into the event.
    age
        Of a drawing, milliseconds since the hand was at the first of them.
    work
        Of a drawing, milliseconds since the page heard of the event.

    """

    what: str
    type: str
    key: str
    part: str
    inside: bool = False
    alpha: int = -1
    points: int = 1
    age: float = -1.0
    work: float = -1.0


def watch_drawing(page: Page) -> None:
    """Note from now on what reaches the painters of a page, and when they draw."""
    begin(page, "")
    page.evaluate(_WATCH)


def begin(page: Page, part: str) -> None:
    """Give what happens from now on a name, by which it is told apart in what was noted."""
    page.evaluate("(part) => { window.lumenPart = part; }", part)


def noted(page: Page) -> list[Noted]:
    """Return what was noted since this was asked last."""
    return [Noted(**entry) for entry in page.evaluate("() => window.lumenLog.splice(0)")]


class Message(NamedTuple):
    """A message about a widget that a page sent: an update of traits, or one of the widget's own.

    Attributes
    ----------
    method
        ``"update"`` or ``"custom"``.
    kind
        What the widget calls its own message; empty for an update.
    size
        Bytes of the whole frame.
    number
        What the widget counts it by; 0 where it does not.

    """

    method: str
    kind: str
    size: int
    number: int


class Wire:
    """The widget messages that a page sends to its kernel.

    Parameters
    ----------
    page
        The page; what it sent before is not known.

    """

    def __init__(self, page: Page) -> None:
        self._messages: list[Message] = []
        self._session = page.context.new_cdp_session(page)
        self._session.on("Network.webSocketFrameSent", self._hear)
        self._session.send("Network.enable")

    def sent(self) -> list[Message]:
        """Return what was sent since this was asked last, in order."""
        # what the page's process told before it answers this has been heard when it has
        self._session.send("Runtime.evaluate", {"expression": "0"})
        messages, self._messages = self._messages, []
        return messages

    def _hear(self, event: dict[str, Any]) -> None:
        frame = event["response"]
        if frame["opcode"] == _BINARY_FRAME:
            data = base64.b64decode(frame["payloadData"])
            header, content = (_part(data, number) for number in (_HEADER, _CONTENT))
        else:
            data = frame["payloadData"].encode()
            message = json.loads(data)
            header, content = message.get("header", {}), message.get("content", {})
        if header.get("msg_type") == "comm_msg":
            said = content["data"].get("content", {})
            kind, number = said.get("kind", ""), said.get("number", 0)
            self._messages.append(Message(content["data"]["method"], kind, len(data), number))


class Pointer:
    """A mouse that waits until the page has dealt with each event."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)

    def play(self, events: Iterable[MouseEvent]) -> None:
        """Carry out events, one after the other."""
        for event in events:
            self._session.send("Input.dispatchMouseEvent", event)


def drag(path: Sequence[Place]) -> list[MouseEvent]:
    """Return the events of a stroke: down at the first place, up at the last."""
    return [
        _event("mouseMoved", path[0]),
        _event("mousePressed", path[0], button="left", buttons=1, clickCount=1),
        *(_event("mouseMoved", place, button="left", buttons=1) for place in path[1:]),
        _event("mouseReleased", path[-1], button="left", clickCount=1),
    ]


def double_click(place: Place) -> list[MouseEvent]:
    """Return the events of a quick double click, which say themselves when they happened.

    Otherwise it is as quick as the machine.
    """
    began = time.time() - 2 * _QUICK

    def click(count: int, at: float) -> list[MouseEvent]:
        said: dict[str, Any] = {"button": "left", "clickCount": count, "timestamp": at}
        pressed = _event("mousePressed", place, **said | {"buttons": 1})
        return [pressed, _event("mouseReleased", place, **said)]

    moved = _event("mouseMoved", place, timestamp=began)
    return [moved, *click(1, began), *click(2, began + _QUICK)]


def hover(path: Iterable[Place]) -> list[MouseEvent]:
    """Return the events of a mouse whose button is up."""
    return [_event("mouseMoved", place) for place in path]


def _event(kind: str, place: Place, **more: Any) -> MouseEvent:
    return {"type": kind, "x": place[0], "y": place[1], "button": "none", "buttons": 0} | more


def _part(data: bytes, number: int) -> dict[str, Any]:
    """Return one of the JSON parts of a frame of the protocol v1.kernel.websocket.jupyter.org."""
    (count,) = struct.unpack_from("<Q", data)
    offsets = struct.unpack_from(f"<{count}Q", data, 8)
    found: dict[str, Any] = json.loads(data[offsets[number] : offsets[number + 1]])
    return found
