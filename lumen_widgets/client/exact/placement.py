"""Where the pixels of a result belong in its source, as its size alone says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumen_widgets.client.exact.resampling import Box, Size

# Models answer in multiples of 8 to 64 pixels. Multiples of 64 changed a ratio by up to 2.6 %; what
# differs by more is another picture.
_LARGEST_RATIO = 1.03


class NotAlignable(Exception):
    """A result cannot be put back into its source.

    Attributes
    ----------
    reason
        Why, as a sentence for the user.

    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Placement:
    """A way to lay a result on its source: ``result = source * scale + start``.

    Attributes
    ----------
    scale
        Pixels of the result per pixel of the source, across and down.
    start
        Where in the result the source's upper left corner is, in pixels.

    """

    scale: tuple[float, float]
    start: tuple[float, float] = (0.0, 0.0)

    def box(self, box: Box) -> Box:
        """Return where in the result a box of the source is."""
        left, top, right, bottom = box
        (across, down), (x, y) = self.scale, self.start
        return left * across + x, top * down + y, right * across + x, bottom * down + y

    def covered(self, size: Size) -> Box:
        """Return what of the source a result of a size shows, as a box of the source."""
        (across, down), (x, y) = self.scale, self.start
        return -x / across, -y / down, (size[0] - x) / across, (size[1] - y) / down

    def moved(self, drift: tuple[float, float]) -> Placement:
        """Return the placement of a result whose content stands so far to the right and down."""
        return Placement(self.scale, (self.start[0] + drift[0], self.start[1] + drift[1]))


def placements(source: Size, result: Size) -> list[Placement]:
    """Return how a result may lie on its source, the likeliest first.

    Where the ratios differ, a model has either stretched the picture or cut off what was too much
    on two sides.

    Raises
    ------
    NotAlignable
        The ratios differ by more than 3 %.

    """
    across, down = result[0] / source[0], result[1] / source[1]
    ratio = max(across, down) / min(across, down)
    # a short side is a whole number of pixels, however long the other one is
    rounded = min(abs(result[0] - source[0] * down), abs(result[1] - source[1] * across)) < 1
    if ratio > _LARGEST_RATIO and not rounded:
        raise NotAlignable(
            f"The model answered with {result[0]} x {result[1]} pixels for {source[0]} x "
            f"{source[1]}: proportions that differ by more than 3 % are those of another picture."
        )
    stretched = Placement((across, down))
    if across == down or rounded:
        return [stretched]
    scale = max(across, down)
    start = (result[0] - source[0] * scale) / 2, (result[1] - source[1] * scale) / 2
    return [stretched, Placement((scale, scale), start)]
