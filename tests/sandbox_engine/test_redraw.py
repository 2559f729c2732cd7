"""A model that redraws the whole picture when it repaints a part of it, as real ones do."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageFilter

from lumen_widgets.sandbox.engine import DrawingError, Job, Redrawing, draw
from tests.sandbox_engine.files import decode, photo, png, with_chunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = (320, 256)
NO_GRAIN = Redrawing(grain=0)


def textured(size: tuple[int, int] = SIZE, seed: int = 0) -> Image.Image:
    """Make a picture with detail everywhere, as a photograph has, and no level near the ends."""
    rng = np.random.default_rng(seed)
    detail = Image.fromarray(rng.integers(0, 256, (size[1], size[0]), np.uint8))
    soft = np.asarray(detail.filter(ImageFilter.GaussianBlur(3)), np.float32) - 127
    levels = 64 + np.asarray(photo(size, seed), np.float32) / 2 + 2 * soft[..., None]
    return Image.fromarray(np.clip(levels, 40, 215).astype(np.uint8))


def box_mask(
    size: tuple[int, int] = SIZE, box: tuple[int, int, int, int] | None = None
) -> NDArray[np.bool_]:
    """Return a mask, shape (height, width), that is True in a box; by default its middle."""
    width, height = size
    left, top, right, bottom = box or (width // 4, height // 4, width * 3 // 4, height * 3 // 4)
    mask = np.zeros((height, width), bool)
    mask[top:bottom, left:right] = True
    return mask


def job(
    source: Image.Image | bytes,
    mask: NDArray[np.bool_],
    prompt: str = "a red fox",
    *,
    seed: int = 3,
    size: tuple[int, int] = SIZE,
    redrawing: Redrawing = NO_GRAIN,
) -> Job:
    """Return the job of a redraw."""
    file = source if isinstance(source, bytes) else png(source)
    masked = png(Image.fromarray(mask))
    return Job("inpaint", prompt, seed, size, images=(file,), mask=masked, redrawing=redrawing)


def levels(picture: Image.Image) -> NDArray[np.float32]:
    """Return a picture's levels."""
    return np.asarray(picture, np.float32)


def undone(picture: Image.Image) -> NDArray[np.float32]:
    """Return a picture's levels with the drift and the colours undone that its file speaks of."""
    said = json.loads(picture.info["lumen:alteration"])
    colours = (levels(picture) - said["offset"]) / said["gain"]
    right, down = said["drift"]
    width, height = picture.size
    # what leaves the picture at one side does not come back: those few pixels are left out
    box = (6 + right, 6 + down, width - 6 + right, height - 6 + down)
    planes = [
        Image.fromarray(np.ascontiguousarray(colours[..., k], np.float32)).resize(
            (width - 12, height - 12), Image.Resampling.BICUBIC, box
        )
        for k in range(3)
    ]
    whole = np.full(colours.shape, np.nan, np.float32)
    whole[6:-6, 6:-6] = np.stack([np.asarray(plane) for plane in planes], axis=-1)
    return whole


def test_all_that_was_to_be_kept_comes_back_a_little_different() -> None:
    """No part of it is spared, and none is so different that it is another picture."""
    source, mask = textured(), box_mask()
    for redrawing in (NO_GRAIN, Redrawing()):
        result = decode(draw(job(source, mask, redrawing=redrawing)).png)
        change = np.abs(levels(result) - levels(source)).max(axis=-1)
        outside = ~mask
        assert (change[outside] > 0).mean() > 0.98
        for rows in np.array_split(np.where(outside, change, np.nan), 8):
            for part in np.array_split(rows, 8, axis=1):
                assert not (np.isfinite(part).any() and np.nanmean(part) < 1)
        assert change[outside].mean() < 40


@pytest.mark.parametrize("seed", range(4))
def test_its_file_says_how_far_it_moved_and_what_the_colours_became(seed: int) -> None:
    """With that undone, what was to be kept is what it was but for a soft blur."""
    source, mask = textured(seed=seed), box_mask()
    result = decode(draw(job(source, mask, seed=seed)).png)
    said = json.loads(result.info["lumen:alteration"])

    assert 0.99 < np.hypot(*said["drift"]) < 2.01
    assert all(0.9 < gain < 1.1 and gain != 1 for gain in said["gain"])
    assert all(1 < abs(offset) < 9 for offset in said["offset"])
    blurred = levels(source.filter(ImageFilter.GaussianBlur(said["blur"])))
    outside = ~mask & np.isfinite(undone(result)[..., 0])
    assert np.abs(undone(result) - blurred)[outside].mean() < 1.5
    assert np.abs(levels(result) - blurred)[outside].mean() > 4


def test_what_it_paints_joins_its_surroundings() -> None:
    """Along the mask's edge, just inside, is still what was there; in its middle something new."""
    source = textured((512, 512))
    mask = box_mask((512, 512), (120, 120, 392, 392))
    result = decode(draw(job(source, mask, size=(512, 512))).png)
    change = np.abs(undone(result) - levels(source)).mean(axis=-1)

    inner = box_mask((512, 512), (123, 123, 389, 389))
    middle = box_mask((512, 512), (160, 160, 352, 352))
    assert change[mask & ~inner].mean() < change[~mask & np.isfinite(change)].mean() + 1
    assert change[middle].mean() > 15


def test_new_ground_is_like_what_is_around_it() -> None:
    """Where the prompt names nothing, colours go on and there is detail, as there is around."""
    source, mask = textured(), box_mask()
    result = undone(decode(draw(job(source, mask, "remove")).png))
    before, after = levels(source)[mask], result[mask]
    assert np.abs(before.mean(axis=0) - after.mean(axis=0)).max() < 25
    assert after.std() > before.std() / 3


def test_a_noun_is_painted_where_all_is_new() -> None:
    """The prompt's subject stands in the masked part."""
    source, mask = textured(), box_mask()
    plain, fox = (
        levels(decode(draw(job(source, mask, prompt)).png)) for prompt in ("remove", "a red fox")
    )
    # another prompt moves and tints the picture otherwise: only the middle is all red
    middle = box_mask(SIZE, (130, 100, 190, 156))
    redness = [picture[..., 0] - picture[..., 2] for picture in (plain, fox)]
    assert redness[1][middle].mean() > redness[0][middle].mean() + 40


def test_a_noun_stands_whole_in_the_largest_of_several_parts() -> None:
    """And not across all of them, cut off at each."""
    source = Image.new("RGB", SIZE, (90, 140, 90))
    large, small = (140, 40, 300, 200), (10, 180, 90, 246)
    result = undone(
        decode(draw(job(source, box_mask(SIZE, large) | box_mask(SIZE, small), "a red rose")).png)
    )
    red = result[..., 0] - result[..., 1] > 60
    assert red[box_mask(SIZE, large)].sum() > 400
    assert not red[~box_mask(SIZE, (156, 56, 284, 184))].any()


def test_the_fine_edge_of_a_mask_is_lost() -> None:
    """Masks that differ only by less than a block of pixels give the same picture to the bit."""
    source = textured()
    square = box_mask(SIZE, (80, 64, 240, 192))
    ragged = square.copy()
    rng = np.random.default_rng(0)
    ragged[64:192, 80:240] &= rng.random((128, 160)) < 0.7
    ragged[64:192:8, 80:240:8] = True

    assert draw(job(source, square)).png == draw(job(source, ragged)).png
    wider = square | box_mask(SIZE, (60, 64, 240, 192))
    assert draw(job(source, square)).png != draw(job(source, wider)).png


@pytest.mark.parametrize("box", [(100, 100, 101, 101), (40, 60, 280, 63), (200, 3, 209, 250)])
def test_a_small_or_thin_mask_is_repainted_too(box: tuple[int, int, int, int]) -> None:
    """One pixel or a thin line is not lost, and only what is near it is painted over."""
    source = Image.new("RGB", SIZE, (200, 60, 60))
    source.paste((60, 60, 200), box)
    mask = box_mask(SIZE, box)
    result = undone(decode(draw(job(source, mask, "remove")).png))
    shown = mask & np.isfinite(result[..., 0])
    assert result[shown][:, 2].mean() < 130  # the blue is gone
    left, top, right, bottom = box
    near = box_mask(SIZE, (max(0, left - 24), max(0, top - 24), right + 24, bottom + 24))
    far = ~near & np.isfinite(result[..., 0])
    assert np.abs(result - (200, 60, 60))[far].max() < 4


def test_a_mask_that_is_the_whole_picture_gives_the_prompt_s_own() -> None:
    """There is nothing to keep then."""
    result = decode(draw(job(textured(), np.ones((256, 320), bool), "a cat at night")).png)
    assert levels(result).mean() < 110


@pytest.mark.slow
def test_the_same_seed_gives_the_same_picture_and_another_another() -> None:
    """In drift and colours too."""
    source, mask = textured(), box_mask()
    first, same, other = (
        draw(job(source, mask, seed=seed, redrawing=Redrawing(changed=0.2))).png
        for seed in (3, 3, 4)
    )
    assert first == same
    drifts = [json.loads(decode(file).info["lumen:alteration"])["drift"] for file in (first, other)]
    assert drifts[0] != drifts[1]


def test_without_grain_all_else_is_as_with_it() -> None:
    """The grain alone can be turned off, for those who measure sharpness."""
    source, mask = textured(), box_mask()
    files = [decode(draw(job(source, mask, redrawing=Redrawing(grain))).png) for grain in (0, 6)]
    said = [json.loads(file.info["lumen:alteration"]) for file in files]
    assert {**said[0], "grain": 6} == said[1]
    difference = levels(files[1]) - levels(files[0])
    assert abs(difference.mean()) < 0.1
    assert difference.std() == pytest.approx(6, abs=0.3)


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_so_much_of_the_rest_is_painted_as_something_else(share: float) -> None:
    """The share that was asked for is other than it was, beyond drift, colours and blur."""
    source, mask = textured((640, 512)), box_mask((640, 512), (240, 200, 400, 320))
    result = decode(draw(job(source, mask, size=(640, 512), redrawing=Redrawing(0, share))).png)
    change = np.abs(undone(result) - levels(source)).max(axis=-1)
    kept = ~box_mask((640, 512), (216, 176, 424, 344)) & np.isfinite(change)
    # a change may by chance come out much as it was
    assert share * 0.75 < (change[kept] > 12).mean() < share + 0.05


@pytest.mark.parametrize("size", [(1024, 1024), (240, 320), (16, 16), (16, 1024), (1360, 768)])
def test_it_answers_in_the_size_that_it_was_told(size: tuple[int, int]) -> None:
    """Whatever the picture's own is."""
    drawing = draw(job(textured(), box_mask(), size=size))
    picture = decode(drawing.png)
    assert picture.size == (drawing.width, drawing.height) == size
    assert picture.mode == "RGB"


def test_it_is_labelled_as_a_preview() -> None:
    """In its file, as every repaint of the sandbox is, with what was done to it."""
    picture = decode(draw(job(textured(), box_mask(), redrawing=Redrawing(2, 0.25))).png)
    assert "sandbox preview (not the model)" in picture.info["Software"]
    assert (picture.info["prompt"], picture.info["seed"]) == ("a red fox", "3")
    assert set(json.loads(picture.info["lumen:plan"])) == {"plan"}
    said = json.loads(picture.info["lumen:alteration"])
    assert (said["grain"], said["changed"]) == (2, 0.25)


def odd_sources() -> dict[str, tuple[bytes, tuple[int, int]]]:
    """Return files that are seldom thought of."""
    sixteen = Image.fromarray(np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16))
    turned, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    photo((48, 64)).save(turned, "PNG", exif=exif)
    one = photo((64, 48))
    return {
        "1x1": (png(Image.new("RGB", (1, 1), "teal")), (1, 1)),
        "20000x10": (png(photo((20_000, 10))), (20_000, 10)),
        "10x20000": (png(photo((10, 20_000))), (10, 20_000)),
        "RGBA": (png(photo((64, 48), channels=4)), (64, 48)),
        "palette": (png(one.quantize(16)), (64, 48)),
        "too many transparencies": (
            with_chunk(png(one.quantize(16)), b"tRNS", bytes(400)), (64, 48),
        ),
        "16-bit": (png(sixteen), (64, 48)),
        "1-bit": (png(one.convert("1")), (64, 48)),
        "grey with alpha": (png(one.convert("LA")), (64, 48)),
        "on its side": (turned.getvalue(), (64, 48)),
    }  # fmt: skip


@pytest.mark.parametrize("name", odd_sources())
@pytest.mark.parametrize("all_of_it", [True, False])
def test_no_picture_breaks_it(name: str, *, all_of_it: bool) -> None:
    """Tiny, long, transparent, in a palette, of 16 bits: it answers in RGB as ever."""
    file, (width, height) = odd_sources()[name]
    mask = np.zeros((height, width), bool)
    mask[height // 2 :, width // 2 :] = True
    picture = decode(draw(job(file, mask | all_of_it, redrawing=Redrawing(3, 0.5))).png)
    assert (picture.size, picture.mode) == (SIZE, "RGB")


def test_what_is_transparent_comes_out_on_white() -> None:
    """As a model sees it that knows no transparency."""
    source = Image.new("RGBA", SIZE, (255, 0, 0, 0))
    result = undone(decode(draw(job(source, box_mask())).png))
    assert np.nanmin(result[~box_mask()]) > 225


@pytest.mark.parametrize(
    ("mask", "code"),
    [(np.zeros((256, 320), bool), "empty_mask"), (np.ones((9, 9), bool), "mask_size_mismatch")],
)
def test_a_mask_that_cannot_be_meant_is_refused(mask: NDArray[np.bool_], code: str) -> None:
    """As where the rest is kept."""
    with pytest.raises(DrawingError) as raised:
        draw(job(textured(), mask))
    assert raised.value.code == code
