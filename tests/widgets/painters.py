"""What tests of the mask painter share: painters, and the pages that show them."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np

from lumen_widgets.masks.wire import pack, unpack
from lumen_widgets.widgets import MaskPainter
from tests.conditions import PATIENCE, until
from tests.widgets.comms import PageComm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumen_widgets.masks import Operation, Step

WIDTH, HEIGHT = 60, 40
PICTURE = np.full((HEIGHT, WIDTH, 3), (200, 120, 40), np.uint8)


# every widget that was made since this file was imported, and is still held
_made: weakref.WeakSet[ipywidgets.Widget] = weakref.WeakSet()
ipywidgets.Widget.on_widget_constructed(_made.add)


def painter_of(mask: Any = None) -> MaskPainter:
    """Return a painter of a small picture."""
    return MaskPainter(PICTURE, mask)


def open_widgets(kind: type[ipywidgets.Widget] = ipywidgets.Widget) -> set[str]:
    """Return the ids of the widgets of a kind that are open."""
    return {one.model_id for one in set(_made) if isinstance(one, kind) and one.comm is not None}


class Wire(PageComm):
    """Everything that a painter sends, and the way to it."""

    def __init__(self, painter: Any) -> None:
        super().__init__(painter)
        self.painter = painter

    def say(self, content: object, buffers: Sequence[bytes] | None = ()) -> None:
        """Say something about what the painter shows, unless it names another painting."""
        if isinstance(content, dict) and isinstance(self.painter, MaskPainter):
            content = {"painting": self.painter.painting.id, **content}
        super().say(content, buffers)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the messages of a kind."""
        return [content for content, _ in list(self.sent) if content["kind"] == kind]

    def buffers(self, kind: str) -> list[bytes]:
        """Return the buffers of the last message of a kind."""
        return next(found for content, found in reversed(self.sent) if content["kind"] == kind)


class Page:
    """A page that shows a painter, without its screen; its name is the id of its copy."""

    def __init__(self, wire: Wire, name: str = "a") -> None:
        self.wire = wire
        self.name = name
        self.number = 0

    def hello(self) -> dict[str, Any]:
        """Say hello, and return the snapshot that answers."""
        self.wire.say({"kind": "hello", "copy_id": self.name})
        snapshot = self.wire.of("snapshot")[-1]
        assert snapshot["copy_id"] == self.name
        return snapshot

    def message(self, step: Step, number: int | None = None) -> tuple[dict[str, Any], list[bytes]]:
        """Return the message for a step; its number is the next one unless given."""
        if number is None:
            self.number += 1
            number = self.number
        (wire,), points = pack([step])
        return {"kind": "step", "copy_id": self.name, "number": number, "step": wire}, [points]

    def do(self, step: Step, number: int | None = None) -> None:
        """Do something, and tell the kernel."""
        content, points = self.message(step, number)
        self.wire.say(content, points)

    def later(self, seconds: float, step: Step) -> threading.Timer:
        """Do something on another thread, after a moment."""
        content, points = self.message(step)
        timer = threading.Timer(seconds, self.wire.say, (content, points))
        timer.start()
        return timer

    def decided(self) -> list[dict[str, Any]]:
        """Return every step that the pages were told of."""
        return [step for message in self.wire.of("decided") for step in message["steps"]]

    def told(self, count: int) -> list[dict[str, Any]]:
        """Wait until the pages were told of so many steps, and return them."""
        until(lambda: len(self.decided()) >= count, f"pages told of {count} steps")
        return self.decided()


def elsewhere(fn: Callable[[], object]) -> None:
    """Run something on another thread, to its end."""
    thread = threading.Thread(target=fn)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def steps_of(objects: Any, points: bytes) -> list[Any]:
    """Return the steps of a message."""
    return unpack(objects, points)


def kinds(operations: tuple[Operation, ...] | list[Any]) -> list[str]:
    """Return the kind of each operation, as it travels."""
    return [one["kind"] for one in pack(operations)[0]]
