"""Every step of a painter, from the browser and from Python, in the kernel's order."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from lumen_widgets.core.locks import Condition
from lumen_widgets.core.signal import Signal, forked
from lumen_widgets.masks import Raster

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from lumen_widgets.client.exact.wish import Sides
    from lumen_widgets.masks import Operation, Step, UndoHistory
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


@dataclass(frozen=True)
class LeftMask:
    """What was done in a painter that is closed, and on which picture.

    Attributes
    ----------
    picture, base
        What it was done on.
    operations
        What was painted.
    sides
        How far the picture was to grow.

    """

    picture: str
    base: NDArray[np.bool_] | None
    operations: tuple[Operation, ...]
    sides: Sides


class StepLog:
    """What was done to a mask, and the mask that follows from it; safe to use from any thread.

    Parameters
    ----------
    width, height
        Of the mask, in pixels.
    start
        What it begins with.
    picture
        What tells the picture from others.

    Attributes
    ----------
    changed : Signal
        Tells of every step, on the thread that logged it.
    offered : LeftMask or None
        What another painter of this picture left, to be taken over.

    """

    def __init__(self, width: int, height: int, start: SavedMask, picture: str = "") -> None:
        self._base = start.base
        self._packed_base: NDArray[np.uint8] | None = None
        self.offered: LeftMask | None = None
        self._picture = picture
        self._history = start.history
        self._size = width, height
        self._raster: Raster | None = Raster(width, height, start.base)
        self.changed: Signal[None] = Signal("a painter")
        self._news: list[LoggedStep] = []
        self._numbers: dict[str, int] = {}
        self._sequence = 0
        self._last = float("-inf")
        self._coverage: tuple[UndoHistory, float] | None = None
        self._free_locks()
        forked.connect_method(self._free_locks)

    def _free_locks(self, _: None = None) -> None:
        """Begin with free locks, as in a forked child, which other threads' locks would stop."""
        # two, so that a step is logged at once while the mask is being drawn
        self._changing = Condition()
        self._drawing = threading.Lock()

    @property
    def base(self) -> NDArray[np.bool_] | None:
        """What the mask began with; None is nothing."""
        # in this order: another thread may pack it now
        base, packed = self._base, self._packed_base
        if base is not None or packed is None:
            return base
        width, height = self._size
        return np.unpackbits(packed, count=width * height).reshape(height, width).astype(bool)

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

    def leave(self, sides: Sides) -> LeftMask | None:
        """Return what is painted, and `sides`, or else what was offered here and not taken over."""
        done, offered = self.history.done, self.offered
        if not done and not any(sides):
            return offered
        kept = done or (offered.operations if offered is not None else ())
        return LeftMask(self._picture, self.base, kept, sides)

    def take(self, left: LeftMask) -> bool:
        """Offer what another painter left, if it fits and nothing else is offered yet."""
        base = self.base
        same = base is left.base or (
            base is not None and left.base is not None and np.array_equal(base, left.base)
        )
        if self.offered is not None or left.picture != self._picture or not same:
            return False
        # one copy of it is enough
        self.offered = replace(left, base=base)
        return True

    def take_over(self) -> LeftMask | None:
        """Do all steps that are offered, if nothing was done here; return what was offered then."""
        with self._changing:
            left = self.offered
            if left is None or self._history.done:
                return None
            for operation in left.operations:
                self._append(LoggedStep(operation))
        self.changed.send(None)
        return left

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

    @property
    def sequence(self) -> int:
        """How many steps were decided."""
        with self._changing:
            return self._sequence

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
            return self._draw(history or self.history).copy()

    def coverage(self) -> float:
        """Return the part of the mask that is set, 0 to 1."""
        with self._drawing:
            history = self.history
            if self._coverage is None or self._coverage[0].done is not history.done:
                self._coverage = history, float(self._draw(history).mean())
            return self._coverage[1]

    def follow(self) -> None:
        """Keep what is drawn from here on, and draw no more than what comes to it."""
        with self._drawing:
            if self._raster is None:
                self._base, self._packed_base = self.base, None
                self._raster = Raster(*self._size, self._base)

    def rest(self) -> None:
        """Let go of what is drawn: a mask that is asked for after this is drawn for itself."""
        with self._drawing:
            self._raster = None
            if self._base is not None:
                self._packed_base, self._base = np.packbits(self._base), None

    def _draw(self, history: UndoHistory) -> NDArray[np.bool_]:
        return (self._raster or Raster(*self._size, self.base)).follow(history.done)

    def _append(self, logged: LoggedStep) -> None:
        if logged.step is not None:
            self._history = self._history.after(logged.step)
        self._sequence += 1
        self._news.append(logged)
