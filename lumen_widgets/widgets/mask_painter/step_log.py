"""Every step of a painter, from the browser and from Python, in the kernel's order."""

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
    from lumen_widgets.masks.mask_file import SavedMask


@dataclass(frozen=True)
class LoggedStep:
    """A step and where it was made: in a browser's copy of the mask, or by Python.

    Attributes
    ----------
    step
        The step; None if it was refused.
    copy_id
        The copy in which it was made; empty for Python.
    number
        Its number in that copy, counted from 1.

    """

    step: Step | None
    copy_id: str = ""
    number: int = 0

    @property
    def accepted(self) -> bool:
        """Whether it became part of the history."""
        return self.step is not None


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
        Tells of every step, on the thread that logged it.

    """

    def __init__(self, width: int, height: int, start: SavedMask) -> None:
        self.base = start.base
        self._history = start.history
        self._raster = Raster(width, height, start.base)
        self.changed: Signal[None] = Signal("a painter")
        self._news: list[LoggedStep] = []
        self._numbers: dict[str, int] = {}
        self._sequence = 0
        self._last = float("-inf")
        # two locks, so that a step is logged at once while the mask is being drawn
        self._changing = threading.Condition()
        self._drawing = threading.Lock()
        self._coverage: tuple[UndoHistory, float] | None = None

    @property
    def history(self) -> UndoHistory:
        """What was done and undone by now."""
        with self._changing:
            return self._history

    def add(self, step: Step) -> None:
        """Log a step of Python's."""
        with self._changing:
            self._append(LoggedStep(step))
        self.changed.send(None)

    def receive(
        self, copy_id: str, number: int, step: Step | None
    ) -> Literal["in_order", "known", "early"]:
        """Log a step that was made in a browser's copy; None is one that is refused.

        Returns
        -------
        str
            *in_order*: it is logged. *known*: it arrived before, and was logged then. *early*: one
            before it is missing, and this one is not logged.

        """
        with self._changing:
            expected = self._numbers.get(copy_id, 0) + 1
            if number != expected:
                return "known" if number < expected else "early"
            self._numbers[copy_id] = number
            self._append(LoggedStep(step, copy_id, number))
            self._last = time.monotonic()
            self._changing.notify_all()
        self.changed.send(None)
        return "in_order"

    def number_of(self, copy_id: str) -> int:
        """Return the number of the last step of a copy that was decided; 0 if there is none."""
        with self._changing:
            return self._numbers.get(copy_id, 0)

    def snapshot(self, copy_id: str) -> tuple[UndoHistory, int, int]:
        """Return the history, how many steps were decided, and the copy's last number."""
        with self._changing:
            return self._history, self._sequence, self._numbers.get(copy_id, 0)

    def news(self) -> tuple[int, list[LoggedStep]]:
        """Return how many steps were decided, and those of them since the last call of this."""
        with self._changing:
            news, self._news = self._news, []
            return self._sequence, news

    def wait(self, until: float, enough: Callable[[float, Mapping[str, int]], bool]) -> None:
        """Wait while steps arrive, until a time or until it is `enough`.

        `enough` is given the time of the last step and the last number of each copy; it is called
        with the lock held.
        """
        with self._changing:
            while not enough(self._last, self._numbers) and (left := until - time.monotonic()) > 0:
                # short, since it may be time alone that makes it enough
                self._changing.wait(min(left, 0.01))

    def mask(self, history: UndoHistory | None = None) -> NDArray[np.bool_]:
        """Return a copy of the mask as it is now, or as a history makes it."""
        with self._drawing:
            return self._raster.follow((history or self.history).done).copy()

    def coverage(self) -> float:
        """Return the part of the mask that is set, 0 to 1."""
        with self._drawing:
            history = self.history
            if self._coverage is None or self._coverage[0].done is not history.done:
                mask = self._raster.follow(history.done)
                self._coverage = history, float(mask.mean())
            return self._coverage[1]

    def _append(self, logged: LoggedStep) -> None:
        if logged.step is not None:
            self._history = self._history.after(logged.step)
        self._sequence += 1
        self._news.append(logged)
