"""By how much two pictures differ: counted in pixels, in the frame in which both lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from lumen_widgets.widgets.compare.messages import FramePlace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lumen_widgets.client import Picture
    from lumen_widgets.widgets.compare.compared import Compared

# of 255: what a model that redraws a picture leaves as it was differs by less, and no eye sees it
VISIBLE = 8
# pixels of the longer side, where two pictures have to be brought to one size
_LONGEST = 1024
# rows that are compared at once: of a large picture, all of them would be several copies of it
_ROWS = 256
# of a pixel: what arithmetic adds to a whole number
_WHOLE = 1e-3

_Box: TypeAlias = tuple[int, int, int, int]


class Difference(NamedTuple):
    """By how much two pictures differ, where both cover the frame.

    Attributes
    ----------
    share
        Of the pixels, those of which a channel differs by more than 8 of 255: 0 to 1.
    largest
        Difference of a channel, of 255.
    exact
        Whether it was counted pixel by pixel, in the files themselves.
    box
        In which all those pixels lie, in the frame; None where there are none.

    """

    share: float
    largest: int
    exact: bool
    box: FramePlace | None


def difference(compared: Compared, left: int, right: int) -> Difference:
    """Compare two pictures; takes a moment, some 0.3 s of 4096 x 4096 pixels.

    Raises
    ------
    UnreadablePicture
        The file of one cannot be decoded.

    """
    places = [compared.items[place]["place"] for place in (left, right)]
    pictures = [compared.pictures[place] for place in (left, right)]
    common = _overlap(*places)
    if common is None:
        return Difference(0.0, 0, exact=True, box=None)
    first_box, second_box = (
        _pixel_box(picture, place, common) for picture, place in zip(pictures, places, strict=True)
    )
    if first_box is not None and second_box is not None and _size(first_box) == _size(second_box):
        first, second = _pixels(pictures[0], first_box), _pixels(pictures[1], second_box)
        return _compare(first, second, common, exact=True)
    scale = min(1.0, _LONGEST / max(common["width"], common["height"]))
    size = max(1, round(common["width"] * scale)), max(1, round(common["height"] * scale))
    first, second = (
        _part(picture, place, common, size) for picture, place in zip(pictures, places, strict=True)
    )
    return _compare(first, second, common, exact=False)


def _compare(
    first: NDArray[np.uint8], second: NDArray[np.uint8], common: FramePlace, *, exact: bool
) -> Difference:
    height, width = first.shape[:2]
    count, largest = 0, 0
    rows, columns = np.zeros(height, bool), np.zeros(width, bool)
    for top in range(0, height, _ROWS):
        part = slice(top, top + _ROWS)
        apart = np.maximum(first[part], second[part]) - np.minimum(first[part], second[part])
        by_pixel = apart.max(axis=2)
        seen = by_pixel > VISIBLE
        largest = max(largest, int(by_pixel.max()))
        count += int(np.count_nonzero(seen))
        rows[part] = seen.any(axis=1)
        columns |= seen.any(axis=0)
    if count == 0:
        return Difference(0.0, largest, exact, None)
    (tops,), (lefts,) = rows.nonzero(), columns.nonzero()
    across, down = common["width"] / width, common["height"] / height
    box = FramePlace(
        left=common["left"] + int(lefts[0]) * across,
        top=common["top"] + int(tops[0]) * down,
        width=(int(lefts[-1]) + 1 - int(lefts[0])) * across,
        height=(int(tops[-1]) + 1 - int(tops[0])) * down,
    )
    return Difference(count / (width * height), largest, exact, box)


def _overlap(one: FramePlace, other: FramePlace) -> FramePlace | None:
    left, top = max(one["left"], other["left"]), max(one["top"], other["top"])
    right = min(one["left"] + one["width"], other["left"] + other["width"])
    bottom = min(one["top"] + one["height"], other["top"] + other["height"])
    if right <= left or bottom <= top:
        return None
    return FramePlace(left=left, top=top, width=right - left, height=bottom - top)


def _pixel_box(picture: Picture, place: FramePlace, common: FramePlace) -> _Box | None:
    """Return the part of a picture that lies in both, None where that is not of whole pixels."""
    across, down = picture.width / place["width"], picture.height / place["height"]
    edges = (
        (common["left"] - place["left"]) * across,
        (common["top"] - place["top"]) * down,
        (common["left"] + common["width"] - place["left"]) * across,
        (common["top"] + common["height"] - place["top"]) * down,
    )
    left, top, right, bottom = map(round, edges)
    whole = all(abs(edge - round(edge)) < _WHOLE for edge in edges)
    return (left, top, right, bottom) if whole else None


def _size(box: _Box) -> tuple[int, int]:
    left, top, right, bottom = box
    return right - left, bottom - top


def _pixels(picture: Picture, box: _Box) -> NDArray[np.uint8]:
    """Return a part of a picture as it is seen, with its alpha."""
    image, _ = picture.as_shown(max(picture.width, picture.height))
    return np.asarray(image.convert("RGBA").crop(box))


def _part(
    picture: Picture, place: FramePlace, common: FramePlace, size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Return the part of a picture that lies in both, in this size."""
    from PIL.Image import Resampling

    image, _ = picture.as_shown(2 * _LONGEST)
    across, down = image.width / place["width"], image.height / place["height"]
    left, top = (common["left"] - place["left"]) * across, (common["top"] - place["top"]) * down
    box = (left, top, left + common["width"] * across, top + common["height"] * down)
    inside = (
        max(0.0, box[0]),
        max(0.0, box[1]),
        min(float(image.width), box[2]),
        min(float(image.height), box[3]),
    )
    return np.asarray(image.convert("RGBA").resize(size, Resampling.BOX, box=inside))
