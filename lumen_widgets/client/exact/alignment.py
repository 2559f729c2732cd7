"""How a result lies on its source, and its pixels with what the model shifted undone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lumen_widgets.client.exact.agreement import still_alike
from lumen_widgets.client.exact.colour import Colours, colours_between
from lumen_widgets.client.exact.comparison import surroundings
from lumen_widgets.client.exact.drift import NO_DRIFT, drift_between, is_nearer, residual
from lumen_widgets.client.exact.placement import placements
from lumen_widgets.client.exact.resampling import resampled

if TYPE_CHECKING:
    from lumen_widgets.client.exact.comparison import Seen, Surroundings
    from lumen_widgets.client.exact.placement import Placement
    from lumen_widgets.client.exact.resampling import Box, Filter, Pixels, Size


# A drift is a pixel of a picture that is made so much smaller, or less.
_SHRINK = 4


@dataclass(frozen=True)
class Alignment:
    """What was found and is undone.

    Attributes
    ----------
    drift
        How far the result's content stands to the right and down, in pixels of the result; (0, 0)
        where none was found, or undoing it did not help.
    colours
        What undoes the shift of the colours; `NO_SHIFT` where they were left.
    placement
        Where the result lies, drift left out.

    """

    drift: tuple[float, float]
    colours: Colours
    placement: Placement

    @property
    def gains(self) -> tuple[float, float, float]:
        """What a channel of the result is multiplied by; 1 where the colours were left."""
        return self.colours.gains

    @property
    def offsets(self) -> tuple[float, float, float]:
        """What is then added to it; 0 where the colours were left."""
        return self.colours.offsets

    @property
    def has_drift(self) -> bool:
        """Whether a drift is undone."""
        return self.drift != NO_DRIFT

    @property
    def has_shifted_colours(self) -> bool:
        """Whether a shift of colours is undone."""
        return bool(self.colours)

    def undone(self, result: Pixels, box: Box, size: Size, by: Filter = "LANCZOS") -> Pixels:
        """Return what the result shows in a box of its source, at a size, with all of this undone.

        Parameters
        ----------
        result
            Of shape (height, width, 3 or 4).
        box
            Left, top, right and bottom, in pixels of the source.
        size
            Width and height of what is returned.
        by
            The filter.

        """
        tables = self.colours.tables(result.shape[2])
        return resampled(
            result, self.placement.moved(self.drift).box(box), size, tables=tables, by=by
        )


def aligned(seen: Seen, source_size: Size, result: Pixels) -> Alignment:
    """Find how a result lies on its source.

    Raises
    ------
    NotAlignable
        It has other proportions.

    """
    size = result.shape[1], result.shape[0]
    found = [_moved_back(seen, result, placement) for placement in placements(source_size, size)]
    # the one that leaves less outside; the first, stretched, where that cannot be told
    best = min(found, key=lambda one: one.residual)
    return Alignment(best.drift, colours_between(best.alike), best.placement)


@dataclass(frozen=True)
class _MovedBack:
    """A placement and its drift.

    Attributes
    ----------
    alike
        Source and result, drift undone, where nothing was painted over.
    residual
        How far both differ in all that lies outside.

    """

    placement: Placement
    drift: tuple[float, float]
    alike: Surroundings
    residual: float


def _moved_back(seen: Seen, result: Pixels, placement: Placement) -> _MovedBack:
    around = surroundings(seen, result, placement)
    alike = _only_alike(around)
    if drift := drift_between(alike):
        x, y = drift.right * around.scale[0], drift.down * around.scale[1]
        moved = surroundings(seen, result, placement, (x, y))
        alike_moved = _only_alike(moved)
        # what shows the same in one of both ways
        either = alike.outside | alike_moved.outside
        before, after = (residual(replace(one, outside=either)) for one in (around, moved))
        if is_nearer(after, before):
            return _MovedBack(placement, (x, y), alike_moved, residual(moved) or 0.0)
    return _MovedBack(placement, NO_DRIFT, alike, residual(around) or 0.0)


def _only_alike(around: Surroundings) -> Surroundings:
    """Return the surroundings with only that as their outside which nothing was painted over."""
    return replace(around, outside=still_alike(around, _SHRINK))
