"""What a cell says of a picture that was put back."""

from __future__ import annotations

import numpy as np
import pytest

from lumen_widgets.client.exact.alignment import Alignment
from lumen_widgets.client.exact.colour import NO_SHIFT, Colours
from lumen_widgets.client.exact.description import described
from lumen_widgets.client.exact.placement import Placement
from lumen_widgets.client.exact.put_back import PutBack

_SHIFTED = Colours((1.1, 1.0, 0.95), (-3.0, 0.0, 2.0))


def _put_back(
    changed: float | None,
    *,
    colours: bool = False,
    drift: tuple[float, float] = (0.0, 0.0),
    size: tuple[int, int] = (300, 200),
    outside: bool = True,
) -> PutBack:
    alignment = Alignment(drift, _SHIFTED if colours else NO_SHIFT, Placement((1.0, 1.0)))
    return PutBack(np.zeros((200, 300, 3), np.uint8), alignment, changed, size, outside)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (
            _put_back(0.34, colours=True, drift=(1.6, -1.2)),
            (
                "The model shifted the colours and moved the picture by 2 px, which is undone, and "
                "redrew 34 % of what you did not paint; that is as it was."
            ),
        ),
        (
            _put_back(0.004, colours=True, drift=(0.2, 0.1), size=(768, 512)),
            (
                "The model answered in 768 x 512 instead of 300 x 200 pixels, shifted the colours "
                "and moved the picture by less than 1 px, which is undone, and redrew less than "
                "1 % of what you did not paint; that is as it was."
            ),
        ),
        (
            _put_back(0.0, size=(768, 512)),
            (
                "The model answered in 768 x 512 instead of 300 x 200 pixels, which is undone; "
                "what you did not paint is as it was."
            ),
        ),
        (
            _put_back(0.0, drift=(3.0, 0.0)),
            (
                "The model moved the picture by 3 px, which is undone; what you did not paint is "
                "as it was."
            ),
        ),
        (
            _put_back(0.999),
            "The model redrew more than 99 % of what you did not paint; that is as it was.",
        ),
        (
            _put_back(1.0),
            "The model redrew 100 % of what you did not paint; that is as it was.",
        ),
        (_put_back(0.0), "What you did not paint is as it was."),
        (_put_back(None), "What you did not paint is as it was."),
        (
            _put_back(None, size=(768, 512), outside=False),
            "The model answered in 768 x 512 instead of 300 x 200 pixels, which is undone.",
        ),
        (_put_back(None, outside=False), "All of the picture was repainted."),
    ],
)
def test_a_sentence_says_what_was_put_back(made: PutBack, words: str) -> None:
    """It says what the model did, what of it is undone, and that the rest is as it was."""
    assert described(made) == words


def test_a_sentence_can_name_what_was_kept() -> None:
    """An extension speaks of the picture that was there."""
    assert described(_put_back(0.5), "the old picture") == (
        "The model redrew 50 % of the old picture; that is as it was."
    )
