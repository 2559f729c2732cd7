"""The operations that were done and undone: a mask and its displays are derived from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from lumen_widgets.masks.operations import Operation

Step: TypeAlias = "Operation | Literal['undo', 'redo']"


@dataclass(frozen=True)
class UndoHistory:
    """What was done to a mask and what can be redone; each step gives a new history.

    Attributes
    ----------
    done
        The operations that make the mask, first to last.
    undone
        The operations that redo brings back, the next one last.

    Examples
    --------
    >>> from lumen_widgets.masks import Invert
    >>> UndoHistory().after(Invert()).after("undo").done
    ()

    """

    done: tuple[Operation, ...] = ()
    undone: tuple[Operation, ...] = ()

    def after(self, step: Step) -> UndoHistory:
        """Return the history after a step; undo and redo with nothing left return this one."""
        if step == "undo":
            if not self.done:
                return self
            return UndoHistory(self.done[:-1], (*self.undone, self.done[-1]))
        if step == "redo":
            if not self.undone:
                return self
            return UndoHistory((*self.done, self.undone[-1]), self.undone[:-1])
        return UndoHistory((*self.done, step))
