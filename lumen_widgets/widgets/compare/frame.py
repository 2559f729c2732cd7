"""One frame for pictures of any sizes, and where each lies in it: what belongs together meets."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.widgets.compare.messages import FramePlace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumen_widgets.client.exact.wish import Sides

# models round sides to multiples of 8 or 16: as far as this off, it is the same picture
SAME_PROPORTIONS = 0.03
# a frame of the proportions of one picture is left where it would show another on less of itself
_LEAST_SHARE = 0.5


class Frame(NamedTuple):
    """A frame, and the places in it.

    Attributes
    ----------
    width, height
        In pixels of the finest picture.
    places
        Where each picture lies.
    inside
        The places of pictures that lie where another one shows the same.

    """

    width: float
    height: float
    places: list[FramePlace]
    inside: frozenset[int]

    def is_filled_by(self, *pictures: int) -> bool:
        """Say whether pictures show the same, so that one may lie upon the other."""
        return all(
            place in self.inside
            or (self.places[place]["width"], self.places[place]["height"])
            == (self.width, self.height)
            for place in pictures
        )


def common_frame(
    sizes: Sequence[tuple[int, int]], extended: Mapping[int, tuple[int, Sides]] | None = None
) -> Frame:
    """Lay pictures into one frame.

    Parameters
    ----------
    sizes
        Width and height of each, in pixels.
    extended
        By the place of an extended picture: the place of what it was made from, and its new ground.

    Returns
    -------
    Frame
        Pictures of the frame's proportions, within 3 %, fill it; others are fitted in, centred. The
        source of an extended picture lies where it lies in that.

    Examples
    --------
    >>> common_frame([(100, 50), (50, 50)]).places[1]
    {'left': 25.0, 'top': 0.0, 'width': 50.0, 'height': 50.0}

    """
    inside = {source: place for place, (source, _) in (extended or {}).items()}
    # what lies in another one has no say
    ratios = [width / height for place, (width, height) in enumerate(sizes) if place not in inside]
    ratio = _ratio(ratios or [width / height for width, height in sizes])
    relative = [_fitted(width / height, ratio) for width, height in sizes]
    for place, (source, sides) in (extended or {}).items():
        if inside.get(source) == place:
            relative[source] = _inside(relative[place], sizes[source], sides)
    # so that the finest has a pixel of its own for each of the frame's
    width = max(sizes[at][0] / one["width"] for at, one in enumerate(relative))
    height = width / ratio
    return Frame(
        width,
        height,
        [
            FramePlace(
                left=one["left"] * width,
                top=one["top"] * height,
                width=one["width"] * width,
                height=one["height"] * height,
            )
            for one in relative
        ],
        frozenset(inside),
    )


def _ratio(ratios: Sequence[float]) -> float:
    """Return the proportions in which the picture that is shown smallest is largest."""

    def least_share(ratio: float) -> float:
        return min(min(one, ratio) / max(one, ratio) for one in ratios)

    best = max(ratios, key=least_share)
    return best if least_share(best) >= _LEAST_SHARE else sqrt(min(ratios) * max(ratios))


def _fitted(ratio: float, of_frame: float) -> FramePlace:
    """Return a place in a frame of 1 x 1, of a picture of these proportions."""
    if abs(ratio / of_frame - 1) <= SAME_PROPORTIONS:
        return FramePlace(left=0.0, top=0.0, width=1.0, height=1.0)
    width, height = min(1.0, ratio / of_frame), min(1.0, of_frame / ratio)
    return FramePlace(left=(1 - width) / 2, top=(1 - height) / 2, width=width, height=height)


def _inside(around: FramePlace, size: tuple[int, int], sides: Sides) -> FramePlace:
    """Return where a picture lies in the one that goes on beyond its edges."""
    across = around["width"] / (sides.left + size[0] + sides.right)
    down = around["height"] / (sides.top + size[1] + sides.bottom)
    return FramePlace(
        left=around["left"] + sides.left * across,
        top=around["top"] + sides.top * down,
        width=size[0] * across,
        height=size[1] * down,
    )
