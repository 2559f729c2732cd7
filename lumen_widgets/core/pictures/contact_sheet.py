"""Several pictures as one: a contact sheet, with the index of each in the margin above it."""

from __future__ import annotations

import base64
import io
from itertools import accumulate, groupby
from math import ceil
from typing import TYPE_CHECKING, NamedTuple, Protocol

from lumen_widgets.core.words import strip_controls, without_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

# Long side in pixels. The sheet is stored in the notebook: four pictures take less in it than three
# display copies, and at the size at which it is shown a dense screen has no pixel to spare.
LONG_SIDE = 1536

# Long side in a cell, in CSS pixels: all of a sheet fits a laptop's screen, and a sheet of the full
# size is sharp on a dense one.
_SHOWN = 768

# Pixels at the full size, so half of it in CSS pixels there; a smaller sheet has smaller ones.
_LABEL, _GAP = 26, 16
# Between a label and its picture, so that it is nearer to that than to the one above.
_LABEL_GAP = 4
# A sheet of few pixels is shown pixel by pixel, where half of the label can still be read.
_SMALLEST_LABEL = 0.5

# A grey that glares neither on a white page nor on a black one, neutral since it lies beside
# colours; what is written on it has a contrast of 5.4.
_GROUND, _INK = (108, 108, 108), (255, 255, 255)

# How much smaller pictures may become so that more of them stand side by side: two squares or two
# of 4:3 do, two of 3:2 or 16:9 stand one above the other, where they are half as large again.
_WORTH_A_ROW = 1.35
# And so that another row goes onto the sheet, where the user said how many stand in one.
_WORTH_A_SHEET = 1.2

# Decoding takes most of the time, and goes on beside other threads; more of them at once would only
# take more memory, of which a picture of 8192 x 8192 needs 256 MiB.
_AT_ONCE = 2

# Of a JPEG, as a single picture's copy has it: below this, gradients begin to band.
_QUALITY = 88
# Of a PNG: in less than half of the time that zlib's own level takes, for a twentieth more bytes.
_PACKING = 4

# How much wider than high a sheet of many may be.
_WIDEST = 2.5
# Labels of this share of their size are none.
_NO_LABEL = 0.05

# What a screen reader should have to read out of prompts at most.
_ALT_LENGTH, _SHORTEST_PROMPT = 600, 20


# Code points up to here are Latin-1, which each of Pillow's own fonts has.
_BEYOND_FONT = 0x100


class SheetPicture(Protocol):
    """What a sheet has to know of a picture; a `Picture` is one."""

    width: int
    height: int
    index: int
    count: int
    prompt: str | None

    @property
    def alt(self) -> str:
        """What to say in place of it."""

    def as_shown(self, long_side: int) -> tuple[Image, bytes | None]:
        """Return its pixels, reduced, and the colour profile that is still to be applied."""


class ContactSheet(NamedTuple):
    """One picture of several.

    Attributes
    ----------
    data
        The file.
    media_type
        ``image/jpeg``, or ``image/png`` where there is any transparency.
    width, height
        In pixels.

    """

    data: bytes
    media_type: str
    width: int
    height: int

    @property
    def shown_width(self) -> int:
        """The width in a cell, in CSS pixels."""
        return max(1, round(self.width * min(1, _SHOWN / max(self.width, self.height))))


def contact_sheet(
    pictures: Sequence[SheetPicture],
    indices: Sequence[int] | None = None,
    *,
    columns: int | None = None,
    names: Sequence[str] | None = None,
) -> ContactSheet:
    """Return one picture of several, of at most 1536 pixels on its long side.

    Parameters
    ----------
    pictures
        One at least. None is enlarged, and each keeps its shape.
    indices
        What stands above each, in brackets; None is its place among them.
    columns
        How many stand side by side; None is as it suits their number and shapes.
    names
        What stands above each in place of its index, where the font has the letters for all.

    Returns
    -------
    ContactSheet
        The sheet. It carries no metadata, and its colours are as a browser shows those of the
        originals (`to_srgb`).

    Raises
    ------
    ValueError
        There is no picture.

    Examples
    --------
    >>> sheet = contact_sheet(cats)  # doctest: +SKIP
    >>> Path("cats.jpg").write_bytes(sheet.data)  # doctest: +SKIP

    """
    if not pictures:
        raise ValueError("no picture was given for a contact sheet")
    sizes = _sizes(pictures)
    if names is None or not all(map(_can_be_drawn, names)):
        names = [f"[{index}]" for index in (range(len(pictures)) if indices is None else indices)]
    spacing = _spacing(1.0, _labels(names, 1.0))
    across = min(columns or _columns(sizes, spacing, LONG_SIDE), len(sizes))
    # what is shown pixel by pixel needs labels of half the size
    scale = max(_SMALLEST_LABEL, min(1.0, _natural_side(sizes, across) / LONG_SIDE))
    labels = _labels(names, scale)
    # of thousands, labels of that size would leave no room for a picture
    while scale > _NO_LABEL and _longest(sizes, across, _spacing(scale, labels), LONG_SIDE) < 1:
        scale *= 0.7
        labels = _labels(names, scale)
    return _drawn(pictures, across, _spacing(scale, labels), LONG_SIDE, labels)


def small_sheet(pictures: Sequence[SheetPicture], long_side: int = 96) -> tuple[bytes, str]:
    """Return a sheet for a list, small enough to travel in a widget's state, without indices.

    Returns
    -------
    tuple of bytes and str
        The file, and its media type, as for `contact_sheet`.

    """
    across = min(_columns(_sizes(pictures), _SMALL, long_side), len(pictures))
    sheet = _drawn(pictures, across, _SMALL, long_side, [])
    return sheet.data, sheet.media_type


def sheet_bundle(
    pictures: Sequence[SheetPicture],
    indices: Sequence[int] | None = None,
    *,
    columns: int | None = None,
    names: Sequence[str] | None = None,
) -> tuple[dict[str, str], dict[str, dict[str, str | int]]]:
    """Return the mimebundle of a contact sheet, and its metadata with the alt text; never HTML.

    Parameters
    ----------
    pictures, indices, columns, names
        As for `contact_sheet`; names are said in the alt text too.

    """
    sheet = contact_sheet(pictures, indices, columns=columns, names=names)
    places = range(len(pictures)) if indices is None else indices
    words, alt = sheet_words(pictures, places), sheet_alt(pictures, places)
    if names is not None:
        named = [f"[{place}] {name}" for place, name in zip(places, names, strict=True)]
        words = "\n".join(f"{name}: {one.alt}" for name, one in zip(named, pictures, strict=True))
        alt = ", ".join(named)
    return (
        {sheet.media_type: base64.b64encode(sheet.data).decode("ascii"), "text/plain": words},
        {sheet.media_type: {"alt": alt, "width": sheet.shown_width}},
    )


def sheet_words(pictures: Sequence[SheetPicture], indices: Sequence[int]) -> str:
    """Return a line for each picture: ``[0] Picture 1 of 2: a cute cat``."""
    return "\n".join(f"[{place}] {one.alt}" for place, one in zip(indices, pictures, strict=True))


def sheet_alt(pictures: Sequence[SheetPicture], indices: Sequence[int]) -> str:
    """Return what to say in place of a sheet: each picture by name, each prompt once.

    Neighbours of the same prompt share it: ``[0] Picture 1 of 2, [1] Picture 2 of 2: a cute cat``.
    """
    named = list(zip(indices, pictures, strict=True))
    groups = [(prompt, list(group)) for prompt, group in groupby(named, lambda one: one[1].prompt)]
    most = max(_SHORTEST_PROMPT, _ALT_LENGTH // len(groups))
    said = []
    for prompt, group in groups:
        each = (f"[{place}] Picture {one.index + 1} of {one.count}" for place, one in group)
        names = ", ".join(each)
        words = without_keys(" ".join(strip_controls(prompt or "").split()))
        words = words if len(words) <= most else f"{words[: most - 1]}…"
        said.append(f"{names}: {words}" if words else names)
    return "; ".join(said)


def sheets_of(pictures: Sequence[SheetPicture], columns: int | None) -> list[range]:
    """Return which pictures go onto one sheet together, as their places.

    Parameters
    ----------
    pictures
        What is to be shown.
    columns
        How many stand side by side: as many rows share a sheet as leave the pictures about as large
        as one row would be by itself. None puts all onto one.

    """
    count = len(pictures)
    step = max(count, 1)
    if columns is not None and columns < count:
        sizes, spacing = _sizes(pictures), _spacing(1.0, [])
        alone = _longest(sizes[:columns], columns, spacing, LONG_SIDE)
        step = columns
        while step < count and alone <= _WORTH_A_SHEET * _longest(
            sizes[: step + columns], columns, spacing, LONG_SIDE
        ):
            step += columns
    return [range(start, min(start + step, count)) for start in range(0, count, step)]


class _Spacing(NamedTuple):
    """What lies between pictures, in pixels.

    Attributes
    ----------
    gap, edge
        Between two pictures, and around all.
    label, label_width
        The line above each picture, with what is below it, and the width of the widest label.

    """

    gap: int
    edge: int
    label: int = 0
    label_width: int = 0


# in a list's small picture, where every pixel counts
_SMALL = _Spacing(gap=2, edge=0)


def _spacing(scale: float, labels: Sequence[Image]) -> _Spacing:
    return _Spacing(
        gap=max(1, round(_GAP * scale)),
        edge=max(1, round(_GAP * scale)),
        label=max(1, round((_LABEL + _LABEL_GAP) * scale)),
        label_width=max((label.width for label in labels), default=0),
    )


def _sizes(pictures: Sequence[SheetPicture]) -> list[tuple[int, int]]:
    return [(picture.width, picture.height) for picture in pictures]


def _columns(sizes: Sequence[tuple[int, int]], spacing: _Spacing, side: int) -> int:
    """Return how many pictures should stand side by side."""
    count = len(sizes)
    if count == 4:  # noqa: PLR2004  the number that most tasks have: two by two, whatever their shape
        return 2
    width, height = _cell(sizes, 1.0)
    found: dict[int, float] = {}
    for columns in range(1, count + 1):
        rows = ceil(count / columns)
        has_a_gap = 2 * (count - (rows - 1) * columns) < columns
        is_a_strip = count > 3 and columns * width > _WIDEST * rows * height  # noqa: PLR2004  three may be one
        if columns == 1 or not (has_a_gap or is_a_strip):
            found[columns] = _longest(sizes, columns, spacing, side)
    enough = max(found.values()) / _WORTH_A_ROW
    return max(columns for columns, longest in found.items() if longest >= enough)


def _cell(sizes: Sequence[tuple[int, int]], longest: float) -> tuple[float, float]:
    """Return the width and height that hold each picture, reduced to a long side."""
    return (
        longest * max(width / max(width, height) for width, height in sizes),
        longest * max(height / max(width, height) for width, height in sizes),
    )


def _natural_side(sizes: Sequence[tuple[int, int]], columns: int) -> float:
    """Return the long side of all pictures beside each other, of which none is reduced."""
    width, height = _cell(sizes, max(max(size) for size in sizes))
    return max(columns * width, ceil(len(sizes) / columns) * height)


def _longest(sizes: Sequence[tuple[int, int]], columns: int, spacing: _Spacing, side: int) -> float:
    """Return which long side pictures can have at most; less than 1 where they do not fit."""
    rows = ceil(len(sizes) / columns)
    width, height = _cell(sizes, 1.0)
    across = (side - 2 * spacing.edge - (columns - 1) * spacing.gap) / columns
    down = (side - 2 * spacing.edge - (rows - 1) * spacing.gap) / rows - spacing.label
    if across < spacing.label_width:
        return 0.0
    return min(float(max(max(size) for size in sizes)), across / width, down / height)


def _drawn(
    pictures: Sequence[SheetPicture],
    columns: int,
    spacing: _Spacing,
    side: int,
    labels: Sequence[Image],
) -> ContactSheet:
    import PIL.Image

    longest = max(1, int(_longest(_sizes(pictures), columns, spacing, side)))
    tiles, profiles = zip(*_tiles(pictures, longest), strict=True)
    # each column is as wide as its widest picture, each row as high as its highest
    count = len(tiles)
    widths = [
        max(spacing.label_width, *(tile.width for tile in tiles[column::columns]))
        for column in range(columns)
    ]
    heights = [
        spacing.label + max(tile.height for tile in tiles[start : start + columns])
        for start in range(0, count, columns)
    ]
    lefts = list(accumulate([spacing.edge, *(width + spacing.gap for width in widths)]))
    tops = list(accumulate([spacing.edge, *(height + spacing.gap for height in heights)]))
    size = (lefts.pop() - spacing.gap + spacing.edge, tops.pop() - spacing.gap + spacing.edge)

    has_alpha = any(tile.mode == "RGBA" for tile in tiles)
    sheet = PIL.Image.new("RGBA" if has_alpha else "RGB", size, _GROUND)
    for place, tile in enumerate(tiles):
        left, top = lefts[place % columns], tops[place // columns]
        # with its alpha as it is: behind what is transparent is the page, as behind one picture
        sheet.paste(tile, (left, top + spacing.label))
        if labels:
            sheet.paste(_INK, (left, top), labels[place])
    media_type = "image/png" if has_alpha else "image/jpeg"
    # one that could not be applied is passed on where it is that of all
    profile = profiles[0] if len(set(profiles)) == 1 else None
    file = io.BytesIO()
    settings = {"quality": _QUALITY} if not has_alpha else {"compress_level": _PACKING}
    sheet.save(file, media_type[6:].upper(), icc_profile=profile, **settings)
    return ContactSheet(file.getvalue(), media_type, *size)


def _tiles(pictures: Sequence[SheetPicture], longest: int) -> list[tuple[Image, bytes | None]]:
    """Return each picture reduced to a long side, and the profile that is still to be applied."""

    def draw(picture: SheetPicture) -> tuple[Image, bytes | None]:
        return picture.as_shown(longest)

    try:
        # not loaded while the program ends, by which time it has no threads either
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_AT_ONCE, "lumen-sheet") as pool:
            return list(pool.map(draw, pictures))
    except RuntimeError:  # there are no threads (in a browser), or no more of them
        return [draw(picture) for picture in pictures]


def _labels(names: Sequence[str], scale: float) -> list[Image]:
    """Return what the ink of each label covers."""
    from PIL import ImageFont

    height = max(1, round(_LABEL * scale))
    try:
        font = ImageFont.load_default(height)
    except ImportError:  # a Pillow that was built without FreeType
        font = ImageFont.load_default()
    return [_label(name, font, height) for name in names]


def _can_be_drawn(name: str) -> bool:
    """Say whether Pillow's own font has the letters of a name: those of western languages."""
    return name.isprintable() and all(ord(letter) < _BEYOND_FONT for letter in name) and name != ""


def _label(name: str, font: FreeTypeFont | ImageFont, height: int) -> Image:
    import PIL.Image
    from PIL import ImageDraw

    left, top, right, bottom = (round(edge) for edge in font.getbbox(name))
    image = PIL.Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(image).text((-left, -top), name, fill=255, font=font)
    # in a font of one size, all are as large
    return image.resize((max(1, round(image.width * height / image.height)), height))
