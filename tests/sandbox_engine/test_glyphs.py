from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumen_widgets.sandbox.engine.glyph import glyph, glyph_codes, render_glyph
from lumen_widgets.sandbox.engine.lexicon import nouns
from lumen_widgets.sandbox.engine.outline import read_outlines

pytestmark = pytest.mark.slow


def test_every_glyph_of_the_pack_can_be_drawn() -> None:
    """Each drawing's paths are read, and fill a visible part of its square."""
    for code in sorted(glyph_codes()):
        assert all(shape.outlines for shape in glyph(code).shapes), code
        covered = np.asarray(render_glyph(code, 24).getchannel("A"), np.float64).sum() / 255
        assert covered > 20, code


def test_every_noun_has_a_glyph() -> None:
    """No word of the pack names a drawing that is not there."""
    assert set(nouns().values()) == glyph_codes()


@pytest.mark.parametrize(
    ("data", "corners"),
    [
        ("M0 0h10v10H0z", 100.0),
        ("m5 5 10 0 0 10-10 0z", 100.0),
        ("M0 0L10,0 10,10 0,10Z", 100.0),
        ("M-10 0a10 10 0 0 1 20 0a10 10 0 01-20 0z", 314.16),
        ("M0 0q10 0 10 10t-10 10z", 166.67),
        ("M0 0C0 10 10 10 10 0s0-10-10 0z", 105.0),
        ("M0 0h20v20h-20zM5 5v10h10v-10z", 300.0),
    ],
)
def test_paths_enclose_their_area(data: str, corners: float) -> None:
    """Every kind of path command leads where SVG says: the enclosed area is the known one."""
    area = 0.0
    for outline in read_outlines(data):
        points = np.array(outline.polygon(scale=50)) / 50
        x, y = points[:, 0], points[:, 1]
        area += float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
    assert abs(area) == pytest.approx(corners, rel=2e-3)


@pytest.mark.parametrize("data", ["M0 0 L", "M0", "0 0 10 10", "M0 0 B 1 2", "M0 0 a1 1 0 0"])
def test_broken_paths_are_refused(data: str) -> None:
    """Text that is not path data raises a ValueError, never anything else."""
    with pytest.raises(ValueError, match="path"):
        read_outlines(data)


def test_a_hole_in_a_shape_stays_open() -> None:
    """A doughnut's middle is transparent at any size: inner curves are holes, not paint."""
    for size in (32, 96, 600):
        alpha = np.asarray(render_glyph("1f4bf", size))
        middle = alpha[alpha.shape[0] // 2 - 1, alpha.shape[1] // 2 - 1, 3]
        assert middle in {0, 255}


@settings(max_examples=15, deadline=None)
@given(st.integers(8, 300))
def test_a_glyph_fits_its_square(size: int) -> None:
    """A drawing is never larger than the square that was asked for, and never empty."""
    picture = render_glyph("1f408", size)
    assert 0 < picture.width <= size
    assert 0 < picture.height <= size
