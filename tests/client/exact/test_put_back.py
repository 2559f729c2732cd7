"""A result in its source, whatever their sizes: outside of the mask nothing differs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from lumen_widgets.client.exact.placement import NotAlignable
from lumen_widgets.client.exact.put_back import put_back

pytestmark = pytest.mark.slow

SOME = settings(max_examples=100, deadline=None)
MANY = settings(max_examples=1500, deadline=None)

MASKS = ("one pixel", "all", "none", "islands", "border", "noise", "middle", "all but one")
# how a file's pixels come: JPEG and palette are made into colours before
KINDS = ("noise", "smooth", "like it", "JPEG", "palette")


class Case:
    """A source, a mask and a result, made from a few numbers that Hypothesis can make smaller."""

    def __init__(
        self,
        size: tuple[int, int],
        result_size: tuple[int, int],
        mask: str,
        kind: str,
        alphas: tuple[bool, bool] = (False, False),
        *,
        seed: int = 0,
    ) -> None:
        draws = np.random.default_rng(seed)
        width, height = size
        self.source = draws.integers(0, 256, (height, width, 3 + alphas[0]), np.uint8)
        if kind != "noise":
            self.source = _smooth(self.source, draws)
        self.mask = _mask(mask, width, height, draws)
        self.result = _result(kind, self.source, result_size, draws)
        if alphas[1]:
            alpha = draws.integers(0, 256, self.result.shape[:2], np.uint8)
            self.result = np.dstack([self.result, alpha])
        self.words = f"{size} {result_size} {mask} {kind} {alphas} {seed}"

    def __repr__(self) -> str:
        return self.words


def _smooth(pixels: np.ndarray, draws: np.random.Generator) -> np.ndarray:
    height, width, channels = pixels.shape
    few = draws.integers(0, 256, (5, 5, channels), np.uint8)
    return np.asarray(Image.fromarray(few).resize((width, height), Image.Resampling.BICUBIC))


def _mask(kind: str, width: int, height: int, draws: np.random.Generator) -> np.ndarray:
    mask = np.zeros((height, width), bool)
    y, x = int(draws.integers(height)), int(draws.integers(width))
    match kind:
        case "one pixel":
            mask[y, x] = True
        case "all":
            mask[:] = True
        case "islands":
            for _ in range(5):
                top, left = int(draws.integers(height)), int(draws.integers(width))
                mask[top : top + height // 6 + 1, left : left + width // 9 + 1] = True
        case "border":
            mask[: y + 1, x:] = True
        case "noise":
            mask = draws.random((height, width)) < 0.4
        case "middle":
            mask[height // 4 : -(height // 4) or None, width // 5 : -(width // 5) or None] = True
        case "all but one":
            mask[:] = True
            mask[y, x] = False
    return mask


def _result(
    kind: str, source: np.ndarray, size: tuple[int, int], draws: np.random.Generator
) -> np.ndarray:
    image = Image.fromarray(np.ascontiguousarray(source[..., :3])).resize(size)
    match kind:
        case "noise":
            return draws.integers(0, 256, (size[1], size[0], 3), np.uint8)
        case "palette":
            return np.asarray(image.quantize(16).convert("RGB"))
        case "JPEG":
            return np.asarray(image) // 2 + np.uint8(30)
    return np.asarray(image)


@st.composite
def cases(draw: st.DrawFn, longest: int = 90) -> Case:
    """Draw a case whose result has its source's proportions, at any size."""
    sides = st.integers(1, longest)
    size = draw(sides), draw(sides)
    scale = draw(st.sampled_from((0.25, 0.5, 0.97, 1.0, 1.0, 1.3, 2.0, 4.0)))
    result_size = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    if not _fits(size, result_size):
        result_size = size
    alphas = draw(st.booleans()), draw(st.booleans())
    mask, kind = draw(st.sampled_from(MASKS)), draw(st.sampled_from(KINDS))
    return Case(size, result_size, mask, kind, alphas, seed=draw(st.integers(0, 2**16)))


def _fits(size: tuple[int, int], result_size: tuple[int, int]) -> bool:
    across, down = result_size[0] / size[0], result_size[1] / size[1]
    return max(across, down) <= 1.03 * min(across, down)


def holds(case: Case) -> None:
    """Check all that is promised of any source, mask and result."""
    before = case.source.copy(), case.mask.copy(), case.result.copy()
    made = put_back(case.source, case.mask, case.result)
    pasted = put_back(case.source, case.mask, case.result, blends=False)

    assert made.pixels.shape == case.source.shape
    for one in (made, pasted):
        assert np.array_equal(one.pixels[~case.mask], case.source[~case.mask])
        assert one.changed_outside is None or 0 <= one.changed_outside <= 1
    if case.mask.all():
        assert made.changed_outside is None
        assert not made.alignment.has_drift
        assert not made.alignment.has_shifted_colours
    again = put_back(case.source, case.mask, case.result)
    assert np.array_equal(again.pixels, made.pixels)
    assert (again.alignment, again.changed_outside) == (made.alignment, made.changed_outside)
    for then, now in zip(before, (case.source, case.mask, case.result), strict=True):
        assert np.array_equal(then, now)


@SOME
@given(case=cases())
@example(case=Case((1, 1), (1, 1), "all", "noise"))
@example(case=Case((1, 1), (1024, 1024), "all", "smooth", (True, False)))
@example(case=Case((600, 300), (1024, 512), "islands", "like it", (True, True), seed=1))
@example(case=Case((517, 389), (1024, 768), "middle", "JPEG", seed=2))
@example(case=Case((2000, 4), (2000, 4), "noise", "noise", (False, True), seed=3))
def test_outside_of_the_mask_nothing_differs(case: Case) -> None:
    """Whatever the sizes, the mask and the result, the rest is the source's, bit for bit."""
    holds(case)


@pytest.mark.full
@MANY
@given(case=cases(longest=700))
def test_outside_of_a_thousand_masks_nothing_differs(case: Case) -> None:
    """The same for larger pictures, and for long enough to meet what is rare."""
    holds(case)


@pytest.mark.full
@pytest.mark.parametrize(
    ("size", "result_size"),
    [
        ((20_000, 10), (10_000, 5)),
        ((10, 20_000), (10, 20_000)),
        ((4096, 4096), (1024, 1024)),
        ((4096, 4096), (4096, 4096)),
        ((4095, 2731), (1248, 832)),
    ],
)
@pytest.mark.parametrize("mask", ["one pixel", "islands", "middle", "noise"])
def test_outside_of_a_large_mask_nothing_differs(
    size: tuple[int, int], result_size: tuple[int, int], mask: str
) -> None:
    """The same for the largest pictures, and the longest ones."""
    holds(Case(size, result_size, mask, "smooth", seed=5))


@SOME
@given(case=cases())
def test_a_blend_only_keeps_some_of_the_source(case: Case) -> None:
    """With a blend each masked pixel lies between the source and what it is without one."""
    if case.source.shape[2] == 4 or case.result.shape[2] == 4:
        return  # what is seen lies between; straight colours need not
    made = put_back(case.source, case.mask, case.result).pixels.astype(int)
    pasted = put_back(case.source, case.mask, case.result, blends=False).pixels.astype(int)

    assert (made >= np.minimum(case.source, pasted)).all()
    assert (made <= np.maximum(case.source, pasted)).all()


def test_without_shifts_a_result_of_the_same_size_is_taken_as_it_is() -> None:
    """Inside the mask a model that obeys leaves its own pixels, bit for bit."""
    draws = np.random.default_rng(3)
    source = draws.integers(0, 256, (200, 300, 3), np.uint8)
    mask = np.zeros((200, 300), bool)
    mask[50:150, 40:260] = True
    result = np.where(mask[..., None], draws.integers(0, 256, source.shape, np.uint8), source)
    made = put_back(source, mask, result, blends=False)

    assert np.array_equal(made.pixels, result)
    assert made.changed_outside == 0
    assert not made.alignment.has_drift
    assert not made.alignment.has_shifted_colours


def test_inside_the_mask_alpha_is_the_results() -> None:
    """A model may make transparent what it paints; one without alpha paints what can be seen."""
    source = np.full((60, 60, 4), (10, 20, 30, 40), np.uint8)
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:50] = True
    seen = np.full((60, 60, 3), 200, np.uint8)
    clear = np.dstack([seen, np.full((60, 60), 7, np.uint8)])

    assert (put_back(source, mask, seen).pixels[30, 30] == (200, 200, 200, 255)).all()
    assert (put_back(source, mask, clear).pixels[30, 30] == (200, 200, 200, 7)).all()
    opaque = put_back(np.ascontiguousarray(source[..., :3]), mask, clear).pixels[30, 30]
    assert (opaque == np.rint(np.array([10, 20, 30]) * 248 / 255 + 200 * 7 / 255)).all()


def test_colours_that_nobody_saw_stay_unseen() -> None:
    """Where a source is clear, its edge gets no fringe of the colour that it has there."""
    source = np.zeros((80, 80, 4), np.uint8)
    mask = np.zeros((80, 80), bool)
    mask[20:60, 20:60] = True
    result = np.full((40, 40, 3), 220, np.uint8)
    made = put_back(source, mask, result).pixels

    assert (made[mask][:, :3] == 220).all()
    assert made[mask][:, 3].min() < 50


@pytest.mark.parametrize("result_size", [(1024, 1056), (100, 200), (512, 530)])
def test_a_result_of_other_proportions_is_refused(result_size: tuple[int, int]) -> None:
    """The reason says both sizes."""
    source, mask = np.zeros((256, 256, 3), np.uint8), np.ones((256, 256), bool)
    result = np.zeros((result_size[1], result_size[0], 3), np.uint8)

    with pytest.raises(NotAlignable) as caught:
        put_back(source, mask, result)
    assert "{} x {}".format(*result_size) in caught.value.reason
    assert "256 x 256" in caught.value.reason


@pytest.mark.parametrize(
    ("source", "mask", "result"),
    [
        (np.zeros((4, 4), np.uint8), np.ones((4, 4), bool), np.zeros((4, 4, 3), np.uint8)),
        (np.zeros((4, 4, 3), np.uint8), np.ones((4, 5), bool), np.zeros((4, 4, 3), np.uint8)),
        (np.zeros((4, 4, 3), np.uint8), np.ones((4, 4), np.uint8), np.zeros((4, 4, 3), np.uint8)),
        (np.zeros((4, 4, 3), np.uint8), np.ones((4, 4), bool), np.zeros((4, 4, 3))),
        (np.zeros((0, 4, 3), np.uint8), np.ones((0, 4), bool), np.zeros((4, 4, 3), np.uint8)),
    ],
)
def test_arrays_that_are_none_of_these_are_refused(
    source: np.ndarray, mask: np.ndarray, result: np.ndarray
) -> None:
    """Nothing is made of what is not a picture and its mask."""
    with pytest.raises(ValueError, match="is no"):
        put_back(source, mask, result)
