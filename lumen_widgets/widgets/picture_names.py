"""What a widget calls a picture: its index, as in a contact sheet's margin, and its prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.notebook.cell import shortened

if TYPE_CHECKING:
    from lumen_widgets.client import Picture

# characters of a name, as of an alt text
_LENGTH = 300


def picture_name(picture: Picture) -> str:
    """Return a picture's name: ``[2] a cute cat``, and of an only picture its prompt alone.

    In any language it is the same, and it says where the picture is in Python.

    Examples
    --------
    >>> picture_name(cats[2])  # doctest: +SKIP
    '[2] a cute cat'

    """
    return indexed_name(picture.index, picture.count, picture.prompt or "")


def indexed_name(index: int, count: int, prompt: str) -> str:
    """Return the name of a picture that is not read yet, as `picture_name` does.

    Examples
    --------
    >>> indexed_name(2, 4, "a cute cat")
    '[2] a cute cat'

    """
    place = "" if count == 1 and prompt.strip() else f"[{index}]"
    return shortened(f"{place} {prompt}", _LENGTH)
