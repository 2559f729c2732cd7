"""Every step of a painter, its pages' and Python's, in the kernel's order."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lumen_widgets.core.signal import Signal
from lumen_widgets.masks import Raster

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from lumen_widgets.masks import Step, UndoHistory
    from lumen_widgets.masks.mask_file import MaskDocument


@dataclass(frozen=True)
class LoggedStep:
    """A step and where it was made: on a page, with its number there, or by Python."""

    step: Step | None
    page: str = ""
    number: int = 0
    taken: bool = True


class StepLog:
    """What was done to a mask, and the mask that follows from it; safe to use from any thread.

    Parameters
    ----------
    width, height
        Of the mask, in pixels.
    start
        What it begins with.

    Attributes
    ----------
    changed : Signal
        Tells of every step, on the thread that took it in.

    """

    def __init__(self, width: int, height: int, start: MaskDocument) -> None:
        self.base = start.base
        self._history = start.history
        self._raster = Raster(width, height, start.base)
        self.changed: Signal[None] = Signal("a painter")
        self._news: list[LoggedStep] = []
        self._numbers: dict[str, int] = {}
        self._sequence = 0
        self._last = float("-inf")
        # two locks, so that a step is taken in at once while the mask is being worked out
        self._changing = threading.Condition()
        self._drawing = threading.Lock()
        self._share: tuple[UndoHistory, float] | None = None

    @property
    def history(self) -> UndoHistory:
        """What was done and undone by now."""
        with self._changing:
            return self._history

    def add(self, step: Step) -> None:
        """Take in a step of Python's."""
        with self._changing:
            self._enter(LoggedStep(step))
        self.changed.send(None)

    def take(self, page: str, number: int, step: Step | None) -> Literal["taken", "known", "early"]:
        """Take in a page's step, or note that it was refused.

        Returns
        -------
        str
            *known*: it arrived before, and was taken in once. *early*: one before it is missing.

        """
        with self._changing:
            expected = self._numbers.get(page, 0) + 1
            if number != expected:
                return "known" if number < expected else "early"
            self._numbers[page] = number
            self._enter(LoggedStep(step, page, number, taken=step is not None))
            self._last = time.monotonic()
            self._changing.notify_all()
        self.changed.send(None)
        return "taken"

    def number_of(self, page: str) -> int:
        """Return the number of a page's last step that was taken in."""
        with self._changing:
            return self._numbers.get(page, 0)

    def moment(self, page: str) -> tuple[UndoHistory, int, int]:
        """Return the history, how many steps it took, and the last of them that is the page's."""
        with self._changing:
            return self._history, self._sequence, self._numbers.get(page, 0)

    def news(self) -> tuple[int, list[LoggedStep]]:
        """Return what was taken in since this was asked last, and how many steps that makes."""
        with self._changing:
            news, self._news = self._news, []
            return self._sequence, news

    def wait(self, until: float, enough: Callable[[float, Mapping[str, int]], bool]) -> None:
        """Wait while steps arrive, until a time or until it is `enough`.

        `enough` is given the time of the last step and each page's last number; it is called with
        the lock held.
        """
        with self._changing:
            while not enough(self._last, self._numbers) and (left := until - time.monotonic()) > 0:
                # short, since it may be time alone that makes it enough
                self._changing.wait(min(left, 0.01))

    def mask(self, history: UndoHistory | None = None) -> NDArray[np.bool_]:
        """Return a copy of the mask as it is now, or as it was at a moment."""
        with self._drawing:
            return self._raster.follow((history or self.history).done).copy()

    def share(self) -> float:
        """Return the part of the mask that is set, 0 to 1."""
        with self._drawing:
            history = self.history
            if self._share is None or self._share[0].done is not history.done:
                mask = self._raster.follow(history.done)
                self._share = history, float(mask.mean())
            return self._share[1]

    def _enter(self, logged: LoggedStep) -> None:
        if logged.step is not None:
            self._history = self._history.after(logged.step)
        self._sequence += 1
        self._news.append(logged)
