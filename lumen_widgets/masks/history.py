"""What was done and undone: the truth about a mask, from which everything else follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from lumen_widgets.masks.operations import Operation

Step: TypeAlias = "Operation | Literal['undo', 'redo']"


@dataclass(frozen=True)
class History:
    """One moment in the making of a mask; every step leads to another one.

    Attributes
    ----------
    done
        The operations that make the mask, first to last.
    undone
        Those that redo brings back, the next one last.

    Examples
    --------
    >>> from lumen_widgets.masks import Invert
    >>> History().after(Invert()).after("undo").done
    ()

    """

    done: tuple[Operation, ...] = ()
    undone: tuple[Operation, ...] = ()

    def after(self, step: Step) -> History:
        """Return the moment after a step; undo and redo with nothing left change nothing."""
        if step == "undo":
            if not self.done:
                return self
            return History(self.done[:-1], (*self.undone, self.done[-1]))
        if step == "redo":
            if not self.undone:
                return self
            return History((*self.done, self.undone[-1]), self.undone[:-1])
        return History((*self.done, step))
