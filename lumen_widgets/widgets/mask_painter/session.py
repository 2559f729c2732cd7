"""The messages between one mask painter and the browsers that show it, about one painting.

Each model in each browser tab has a copy of the mask (`js/mask_painter/mask_copy.ts`), with an id
of its own. The way of a stroke from one tab to another: the copy that a view paints in draws the
stroke at once, tells its other views by `listen`, without the kernel, and sends the message `step`.
Here `receive` hands the step to `StepLog.receive`, which logs it and sends `StepLog.changed`. With
that, the publisher's thread runs `_publish`, at most four times a second, which sends the message
`decided` to every tab. There `#confirm` makes a step of its own a confirmed one, or adds the step
of another copy or of Python, and `#rebuild` draws the mask of confirmed and pending steps.
"""

from __future__ import annotations

import threading
import time
import uuid
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from lumen_widgets.masks import MaskError
from lumen_widgets.masks.wire import pack, unpack
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.widgets.mask_painter.messages import (
    AskMessage,
    DecidedMessage,
    DecidedStep,
    MaskSnapshotMessage,
    PictureMessage,
    ResendMessage,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anywidget import AnyWidget

    from lumen_widgets.masks import Step
    from lumen_widgets.widgets.mask_painter.painting import Painting


@dataclass(frozen=True)
class WaitLimits:
    """How long a call that wants the mask waits for what is still being painted, in seconds."""

    quiet: float = 0.1
    """Painting has paused once there was no step for so long. A stroke's message was measured to
    come up to some tens of milliseconds after the cell that wants it."""

    answer: float = 2.0
    """A browser may take so long to answer with the number of its last step, on a busy machine.
    After that its tab counts as closed, and is not waited for."""

    longest: float = 5.0
    """Painting that never pauses keeps a call waiting for so long at most."""


class PainterSession:
    """Receives what is painted in browsers, and sends each what was painted elsewhere.

    It goes on when its painter shows another painting: a page may still have steps for this one.

    Parameters
    ----------
    painter
        The painter, which sends; not held.
    painting
        What is painted; it holds this, so only its parts are held here.
    limits
        How long `wait_until_quiet` waits.

    Attributes
    ----------
    shown : bool
        Whether the painter shows the painting now.
    ended : bool
        Whether the painter is closed.

    """

    def __init__(
        self,
        painter: AnyWidget,
        painting: Painting,
        limits: WaitLimits | None = None,
    ) -> None:
        self.shown = self.ended = False
        self._painter = weakref.ref(painter)
        self._id = painting.id
        self._log = painting.steps
        self._ground = painting.ground
        self._file = painting.picture.file
        self._limits = limits or WaitLimits()
        # the ids of the copies that ever said hello: no message tells that a tab was closed
        self._copies: set[str] = set()
        self._answers: dict[str, dict[str, int]] = {}
        # the copy that was made or painted in last
        self._latest = ""
        # the threads that receive messages: while the only one waits, no message can arrive
        self._receivers: set[int] = set()
        # weakly, since the log also serves where no painter shows it
        self._log.changed.connect_method(self._publish_soon)

    def receive(self, _: Any, content: Any, buffers: Any) -> None:
        """Handle a message; what a browser sends is not trusted to be well-formed."""
        self._receivers.add(threading.get_ident())
        if not isinstance(content, dict):
            return
        copy_id, number = content.get("copy_id"), content.get("number")
        if not isinstance(copy_id, str) or not copy_id:
            return
        match content.get("kind"):
            case "hello":
                self._copies.add(copy_id)
                self._latest = copy_id
                self._send_snapshot(copy_id)
            case "step" if isinstance(number, int):
                self._latest = copy_id
                self._receive_step(copy_id, number, content.get("step"), list(buffers or ()))
            case "up_to" if isinstance(number, int):
                answers = self._answers.get(str(content.get("request")))
                if answers is not None:
                    answers[copy_id] = number
            case "sides" if isinstance(number, int):
                self._ground.receive(copy_id, number, content.get("sides"))
            case kind:
                self._take_in(kind, copy_id)

    def _take_in(self, kind: object, copy_id: str) -> None:
        """Take in what a copy says of itself, or asks for."""
        match kind:
            case "left":
                self._copies.discard(copy_id)
                self._latest = "" if self._latest == copy_id else self._latest
            case "take_over":
                self._take_over()
            case "picture":
                message = PictureMessage(kind="picture", painting=self._id, copy_id=copy_id)
                self._send(message, buffers=[self._file])

    def wait_until_quiet(self) -> None:
        """Wait until painting pauses, so that the last stroke before a call is in the mask.

        Messages may be received on another thread while this waits, or only after it: that differs
        from kernel to kernel.
        """
        if not self._copies or not self._is_open:
            return
        began = time.monotonic()
        limits = self._limits
        receives_meanwhile = bool(self._receivers - {threading.get_ident()})
        request = uuid.uuid4().hex
        answers: dict[str, int] = {}
        self._answers[request] = answers

        def enough(last: float, numbers: Mapping[str, int]) -> bool:
            now = time.monotonic()
            if now - max(began, last) < limits.quiet:
                return False
            # a list of its own, since another browser may answer now
            answered = list(answers.items())
            if any(numbers.get(copy_id, 0) < number for copy_id, number in answered):
                return False
            # the answer of an idle tab does not stand for the tab that is painted in
            latest = not self._latest or self._latest in answers
            return latest or not receives_meanwhile or now - began > limits.answer

        try:
            self._send(AskMessage(kind="ask", painting=self._id, request=request))
            self._log.wait(began + limits.longest, enough)
        finally:
            del self._answers[request]

    def close(self) -> None:
        """Leave out what is yet to be sent, as the painter is closed."""
        self.ended = True
        publisher.forget(self)

    @property
    def _is_open(self) -> bool:
        painter = self._painter()
        return painter is not None and painter.comm is not None

    def _send(
        self,
        message: MaskSnapshotMessage | DecidedMessage | ResendMessage | AskMessage | PictureMessage,
        buffers: list[bytes] | None = None,
    ) -> None:
        painter = self._painter()
        if painter is not None and painter.comm is not None:
            painter.send(message, buffers=buffers)

    def _take_over(self) -> None:
        left = self._log.take_over()
        if left is None:
            return
        if any(left.sides) and not any(self._ground.sides):
            self._ground.set(left.sides)
        if not left.operations:
            # no step of it shows that it was taken
            painter = self._painter()
            if painter is not None and self.shown:
                painter.set_trait("_offer", value=False)

    def _publish_soon(self, _: None) -> None:
        publisher.run_soon(self._publish)

    def _send_snapshot(self, copy_id: str) -> None:
        history, sequence, number = self._log.snapshot(copy_id)
        objects, points = pack((*history.done, *history.undone))
        base = self._log.base
        done = len(history.done)
        self._send(
            MaskSnapshotMessage(
                kind="snapshot",
                painting=self._id,
                copy_id=copy_id,
                sequence=sequence,
                number=number,
                done=cast("list[Any]", objects[:done]),
                undone=cast("list[Any]", objects[done:]),
            ),
            buffers=[points, b"" if base is None else np.packbits(base).tobytes()],
        )

    def _receive_step(self, copy_id: str, number: int, content: object, buffers: list[Any]) -> None:
        step: Step | None
        try:
            (step,) = unpack([content], memoryview(buffers[0]) if buffers else b"")
        except (MaskError, TypeError):
            step = None
        if self._log.receive(copy_id, number, step) == "early":
            missing = self._log.number_of(copy_id) + 1
            self._send(
                ResendMessage(kind="resend", painting=self._id, copy_id=copy_id, number=missing)
            )

    def _publish(self) -> None:
        """Send what is new, from the publisher's thread."""
        sequence, news = self._log.news()
        if not news or not self._copies:
            return
        # a copy has its own steps: only the other copies need them
        steps_to_send = [
            logged.step if self._copies - {logged.copy_id} else None for logged in news
        ]
        objects, points = pack(step for step in steps_to_send if step is not None)
        wires = iter(cast("list[Mapping[str, Any]]", objects))
        steps = [
            DecidedStep(
                copy_id=logged.copy_id,
                number=logged.number,
                accepted=logged.accepted,
                step=None if step is None else cast("Any", next(wires)),
            )
            for logged, step in zip(news, steps_to_send, strict=True)
        ]
        self._send(
            DecidedMessage(kind="decided", painting=self._id, sequence=sequence, steps=steps),
            buffers=[points],
        )
