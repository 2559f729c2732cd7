"""What stays of a painting: the picture with the mask on it, its share, and the mask as code."""

from __future__ import annotations

import base64
import math
import os
import textwrap
from pathlib import PurePath, PureWindowsPath
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import PIL.ImageChops
import PIL.ImageFilter

from lumen_widgets.core.call import is_data_uri
from lumen_widgets.core.pictures.sources import is_url
from lumen_widgets.masks import Clear, Ellipse, Invert, Polygon, Rectangle, Stroke
from lumen_widgets.notebook.cell_status import share_words
from lumen_widgets.notebook.code_text import python_comment, python_text
from lumen_widgets.widgets.static_form import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from lumen_widgets.masks import Operation
    from lumen_widgets.widgets.mask_painter.painting import Painting
    from lumen_widgets.widgets.static_form import StaticParts

# px of the picture's longer side, at most and at least: one of a few pixels is shown pixel by pixel
_LONGEST, _SHORTEST = 512, 128
# the overlay is seen on any picture, however faint it was while somebody painted
_LEAST_OPACITY = 0.35
_COLOR, _OPACITY = "#e0218a", 0.5
# characters of the operations, and of the mask's file in base64: what is longer is not read by
# anybody, and a file says it as well
_MOST_CALLS, _MOST_FILE = 4000, 24_000
_WIDTH = 88


def add_painting(
    parts: StaticParts,
    painting: Painting,
    *,
    color: str = _COLOR,
    opacity: float = _OPACITY,
    maker: str = "painter = lumen.MaskPainter",
) -> None:
    """Add what stays of a painting to a static form.

    Parameters
    ----------
    parts
        The form.
    painting
        The painting.
    color, opacity
        Of the overlay, as a painter has them.
    maker
        The call that the code makes it with.

    """
    mask = painting.array
    share = float(mask.mean())
    picture = shown_picture(painting, mask, color, opacity)
    name = painting.picture.alt or "Picture"
    words = f"{share_words(share)} is painted" if mask.any() else "nothing is painted"
    parts.add_picture(picture, f"{name}; {words}, in colour" if mask.any() else f"{name}; {words}")
    sides = {name: pixels for name, pixels in painting.sides.items() if pixels}
    if sides:
        grown = ", ".join(f"{pixels} px on the {name}" for name, pixels in sides.items())
        parts.add_words(f"New ground: {grown}.")
    code = mask_code(painting, maker)
    if code is None:
        parts.add_words("The mask is too long for code: painter.save keeps it in a file.")
    elif mask.any() or sides:
        parts.add_code("The same again, as code:", code)


def shown_picture(
    painting: Painting, mask: NDArray[np.bool_], color: str, opacity: float
) -> PIL.Image.Image:
    """Return the picture with its mask as an overlay, of at most 512 px."""
    picture = decoded(painting.picture.file)
    picture.thumbnail((_LONGEST, _LONGEST), PIL.Image.Resampling.LANCZOS)
    if max(picture.size) < _SHORTEST:
        times = math.ceil(_SHORTEST / max(picture.size))
        picture = picture.resize(
            (picture.width * times, picture.height * times), PIL.Image.Resampling.NEAREST
        )
    if not mask.any():
        return picture
    kind = PIL.Image.Resampling
    # each pixel has its share of what is painted in it; where there are more, each its own
    resample = kind.BOX if picture.width <= mask.shape[1] else kind.NEAREST
    painted = PIL.Image.fromarray(mask.astype(np.uint8) * 255).resize(picture.size, resample)
    inside = painted.filter(PIL.ImageFilter.MinFilter(3))
    strength = max(_LEAST_OPACITY, opacity)
    # its edge is seen on a picture of its own colour too
    cover = PIL.ImageChops.lighter(
        painted.point([round(value * strength) for value in range(256)]),
        PIL.ImageChops.subtract(painted, inside),
    )
    colored = picture.copy()
    colored.paste(color, (0, 0, *picture.size))
    return PIL.Image.composite(colored, picture, cover)


def mask_code(painting: Painting, maker: str) -> str | None:
    """Return the painting as code that makes the same pixels; None if that is too long.

    Where there are few operations it is these, else the mask as a file. A picture is named by its
    file's name, without its folder, or is whatever the reader calls ``picture``.
    """
    steps = painting.steps
    base, operations = steps.base, steps.history.done
    name, note = _picture_name(painting)
    lines = ["import lumen_widgets as lumen", *note, ""]
    holder = maker.partition(" = ")[0]
    calls = [f"{holder}.{_call(one)}" for one in operations]
    if base is None and sum(map(len, calls)) <= _MOST_CALLS:
        lines += [f"{maker}({name})", *(_wrapped(one) for one in calls)]
    else:
        file = base64.b64encode(painting.mask_png()).decode("ascii")
        if len(file) > _MOST_FILE:
            return None
        quoted = "\n".join(f'    "{line}"' for line in textwrap.wrap(file, _WIDTH - 6))
        lines[0] = f"import base64\n\n{lines[0]}"
        lines += [f"mask = base64.b64decode(\n{quoted}\n)", f"{maker}({name}, mask)"]
    if sides := {side: pixels for side, pixels in painting.sides.items() if pixels}:
        lines.append(f"{holder}.sides = {sides}".replace("'", '"'))
    return "\n".join(lines)


def _call(operation: Operation) -> str:
    if isinstance(operation, Stroke):
        erase = ", erase=True" if operation.erase else ""
        return f"stroke([{_points(operation.points)}], {_number(operation.radius)}{erase})"
    if isinstance(operation, Polygon):
        return f"polygon([{_points(operation.points)}]{_mode(operation.mode)})"
    if isinstance(operation, Rectangle | Ellipse):
        name = "rectangle" if isinstance(operation, Rectangle) else "ellipse"
        box = operation.x, operation.y, operation.width, operation.height
        return f"{name}({', '.join(map(_number, box))}{_mode(operation.mode)})"
    return {Invert: "invert()", Clear: "clear()"}[type(operation)]


def _mode(mode: str) -> str:
    return "" if mode == "add" else f', mode="{mode}"'


def _points(points: Iterable[Any]) -> str:
    # each number as short as it is still the same float32
    pairs = ((f"{_short(x)}, {_short(y)}") for x, y in points)
    return ", ".join(f"({pair})" for pair in pairs)


def _short(number: np.float32) -> str:
    return np.format_float_positional(number, unique=True, trim="-")


def _number(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else repr(float(number))


def _wrapped(call: str) -> str:
    """Return a call in lines that can be read, each point whole."""
    if len(call) <= _WIDTH:
        return call
    start, end = call.index("[") + 1, call.rindex("]")
    # a space within a point is none at which to begin a line
    points = call[start:end].replace("), (", ")|(").replace(", ", ",\u00a0").replace(")|(", "), (")
    lines = textwrap.wrap(points, _WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    inside = "\n".join(f"    {line}" for line in lines).replace("\u00a0", " ")
    return f"{call[:start]}\n{inside}\n{call[end:]}"


def _picture_name(painting: Painting) -> tuple[str, list[str]]:
    """Return how code names the picture, and what is to be said of that before."""
    source: object = painting.image
    if isinstance(source, str | os.PathLike) and not (
        isinstance(source, str) and (is_url(source) or is_data_uri(source) or "://" in source)
    ):
        try:
            path = os.fsdecode(source)
        except Exception:  # noqa: BLE001 # an object of the user's may raise anything
            path = ""
        if path:
            return python_text(_relative(path)), []
    what = painting.picture.alt or "what was painted on"
    return "picture", [python_comment(f"picture is {what}")]


def _relative(path: str) -> str:
    """Return a path that says nothing of the machine: as it is given, or the file's name alone."""
    windows = PureWindowsPath(path)
    is_here = not (PurePath(path).is_absolute() or windows.anchor or path.startswith("~"))
    return path if is_here else (windows.name or "picture")
