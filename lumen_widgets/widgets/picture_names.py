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
    prompt = picture.prompt or ""
    index = "" if picture.count == 1 and prompt.strip() else f"[{picture.index}]"
    return shortened(f"{index} {prompt}", _LENGTH)
