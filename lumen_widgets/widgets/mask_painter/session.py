"""What one mask painter and the pages that show it say to each other."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from lumen_widgets.masks import MaskError
from lumen_widgets.masks.wire import pack, unpack
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.widgets.mask_painter.messages import (
    AppliedMessage,
    AppliedStep,
    AskMessage,
    MaskSnapshotMessage,
    PaintedPictureMessage,
    ResendMessage,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anywidget import AnyWidget

    from lumen_widgets.masks import Step
    from lumen_widgets.widgets.mask_painter.picture import PaintedPicture
    from lumen_widgets.widgets.mask_painter.step_log import StepLog


@dataclass(frozen=True)
class WaitLimits:
    """How long a call that wants the mask waits for what is still being painted, in seconds."""

    quiet: float = 0.1
    """Painting has paused once there was no step for so long. A stroke's message was measured to
    come up to some tens of milliseconds after the cell that wants it."""

    answer: float = 2.0
    """A page may take so long to say how far it is, on a busy machine. After that it is taken for
    one that was closed, which never answers."""

    longest: float = 5.0
    """Painting that never pauses keeps a call waiting for so long at most."""


class PainterSession:
    """Takes in what pages paint, and sends each what was painted elsewhere.

    Parameters
    ----------
    painter
        The painter, which sends.
    log
        Its steps.
    picture
        What is painted on.
    limits
        How long `settle` waits.

    """

    def __init__(
        self,
        painter: AnyWidget,
        log: StepLog,
        picture: PaintedPicture,
        limits: WaitLimits | None = None,
    ) -> None:
        self._painter = painter
        self._log = log
        self._picture = picture
        self._limits = limits or WaitLimits()
        self._pages: set[str] = set()
        self._answers: dict[str, dict[str, int]] = {}
        # the page that was opened or painted in last
        self._latest = ""
        # the threads that take in messages: while the only one waits, no message can arrive
        self._receivers: set[int] = set()
        log.changed.connect(lambda _: publisher.run_soon(self._publish))

    def receive(self, _: Any, content: Any, buffers: Any) -> None:
        """Take in a message; what a browser sends is not trusted to be well-formed."""
        self._receivers.add(threading.get_ident())
        if not isinstance(content, dict):
            return
        page, number = content.get("page"), content.get("number")
        if not isinstance(page, str) or not page:
            return
        match content.get("kind"):
            case "hello":
                self._pages.add(page)
                self._latest = page
                self._send_history(page)
            case "step" if isinstance(number, int):
                self._latest = page
                self._take(page, number, content.get("step"), list(buffers or ()))
            case "up_to" if isinstance(number, int):
                answers = self._answers.get(str(content.get("request")))
                if answers is not None:
                    answers[page] = number
            case "want_picture":
                self._send_picture(page)

    def settle(self) -> None:
        """Wait until painting pauses, so that the last stroke before a call is in the mask.

        Messages may be taken in on another thread while this waits, or only after it: that differs
        from kernel to kernel.
        """
        if not self._pages or self._painter.comm is None:
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
            # a copy, since another page may answer now
            answered = list(answers.items())
            if any(numbers.get(page, 0) < number for page, number in answered):
                return False
            # the answer of an idle page does not stand for the page that is painted on
            return self._latest in answers or not receives_meanwhile or now - began > limits.answer

        try:
            self._painter.send(AskMessage(kind="ask", request=request))
            self._log.wait(began + limits.longest, enough)
        finally:
            del self._answers[request]

    def _send_history(self, page: str) -> None:
        history, sequence, number = self._log.moment(page)
        objects, points = pack((*history.done, *history.undone))
        base = self._log.base
        done = len(history.done)
        self._painter.send(
            MaskSnapshotMessage(
                kind="snapshot",
                page=page,
                sequence=sequence,
                number=number,
                done=cast("list[Any]", objects[:done]),
                undone=cast("list[Any]", objects[done:]),
            ),
            buffers=[points, b"" if base is None else np.packbits(base).tobytes()],
        )

    def _take(self, page: str, number: int, content: object, buffers: list[Any]) -> None:
        step: Step | None
        try:
            (step,) = unpack([content], memoryview(buffers[0]) if buffers else b"")
        except (MaskError, TypeError):
            step = None
        if self._log.take(page, number, step) == "early":
            missing = self._log.number_of(page) + 1
            self._painter.send(ResendMessage(kind="resend", page=page, number=missing))

    def _publish(self) -> None:
        """Send what is new, from the publisher's thread."""
        sequence, news = self._log.news()
        if not news or not self._pages or self._painter.comm is None:
            return
        # a page knows its own steps: they are sent back only where another page needs them
        steps_to_send = [logged.step if {logged.page} != self._pages else None for logged in news]
        objects, points = pack(step for step in steps_to_send if step is not None)
        wires = iter(cast("list[Mapping[str, Any]]", objects))
        steps = [
            AppliedStep(
                page=logged.page,
                number=logged.number,
                taken=logged.taken,
                step=None if step is None else cast("Any", next(wires)),
            )
            for logged, step in zip(news, steps_to_send, strict=True)
        ]
        self._painter.send(
            AppliedMessage(kind="applied", sequence=sequence, steps=steps), buffers=[points]
        )

    def _send_picture(self, page: str) -> None:
        self._painter.send(
            PaintedPictureMessage(
                kind="picture", page=page, media_type=f"image/{self._picture.format}"
            ),
            buffers=[self._picture.file],
        )
