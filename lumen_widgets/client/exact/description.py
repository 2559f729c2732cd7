"""What was put back, in one sentence for a cell."""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumen_widgets.client.exact.put_back import PutBack
    from lumen_widgets.client.exact.resampling import Size


def described(
    put_back: PutBack, kept: str = "what you did not paint", *, asked: Size | None = None
) -> str:
    """Return a sentence about what the model did, and what became of it.

    Parameters
    ----------
    put_back
        A result in its source.
    kept
        How to name what lies outside of the mask.
    asked
        Width and height that the model was asked for; None for those of the source.

    Examples
    --------
    >>> described(put_back(source, mask, result))
    'The model shifted the colours and moved the picture by 2 px, which is undone, and redrew 34 %
    of what you did not paint; that is as it was.'

    """
    undone = _and(_undone(put_back, asked))
    did = f"The model {undone}, which is undone" if undone else ""
    if not put_back.has_outside:
        return f"{did}." if did else "All of the picture was repainted."
    if put_back.changed_outside:
        redrew = f"redrew {_percent(put_back.changed_outside)} of {kept}; that is as it was."
        return f"{did}, and {redrew}" if did else f"The model {redrew}"
    return f"{did}; {kept} is as it was." if did else f"{kept[0].upper()}{kept[1:]} is as it was."


def _undone(put_back: PutBack, asked: Size | None) -> list[str]:
    width, height = asked or put_back.pixels.shape[1::-1]
    said = []
    if put_back.result_size != (width, height):
        answered = "{} x {}".format(*put_back.result_size)
        said.append(f"answered in {answered} instead of {width} x {height} pixels")
    if put_back.alignment.has_shifted_colours:
        said.append("shifted the colours")
    if put_back.alignment.has_drift:
        pixels = round(hypot(*put_back.alignment.drift))
        said.append(f"moved the picture by {pixels or 'less than 1'} px")
    return said


def _and(parts: list[str]) -> str:
    *first, last = parts or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _percent(share: float) -> str:
    percent = f"{share:.0%}".removesuffix("%")
    rounded_off = {"0": "less than 1 %", "100": "100 %" if share == 1 else "more than 99 %"}
    return rounded_off.get(percent, f"{percent} %")
