"""A picture file: pixels in and out of PNG, JPEG and WebP, and what a job makes of them."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, PngImagePlugin

from lumen_widgets.sandbox.engine.composition import Composition
from lumen_widgets.sandbox.engine.edit import repaint, replan
from lumen_widgets.sandbox.engine.field import opaque
from lumen_widgets.sandbox.engine.inpaint import inpaint
from lumen_widgets.sandbox.engine.job import Drawing, DrawingError
from lumen_widgets.sandbox.engine.label import draw_label
from lumen_widgets.sandbox.engine.plan import read_prompt
from lumen_widgets.sandbox.engine.png import write_png
from lumen_widgets.sandbox.engine.redraw import redraw
from lumen_widgets.sandbox.orientation import upright

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lumen_widgets.sandbox.engine.alteration import Alteration
    from lumen_widgets.sandbox.engine.job import Job

_SOFTWARE = "lumen_widgets sandbox preview (not the model)"
_FORMATS = ("PNG", "JPEG", "WEBP")
# A white that repaints is 128 and above, as in the API's masks.
_REPAINTED = 128
# Of a palette.
_MOST_COLOURS = 256
# A longer text chunk than a plan ever is was not written here; Pillow itself stops at a megabyte.
_LONGEST_PLAN = 20_000


def picture_of(job: Job) -> Drawing:
    """Carry out a job; see `lumen_widgets.sandbox.engine.draw`."""
    plan = read_prompt(job.prompt)
    if job.negative_prompt:
        plan = plan.without(read_prompt(job.negative_prompt))
    composition = Composition.of_prompt(plan, job.prompt, job.seed)
    alteration = None
    if job.mode == "generate":
        picture = composition.render(job.size)
        draw_label(picture, job.seed)
    elif job.mode == "edit":
        picture, composition = _edited(job, composition)
        draw_label(picture, job.seed)
    elif job.redrawing is None:
        # no label: outside the mask nothing may change, and inside it would hide the result
        source = _source(job)
        picture = inpaint(source, _hole(job, source.size), composition)
    else:
        # no label either: it would count as one more thing that was redrawn, in the next repaint of
        # this picture too. The file says what was done.
        source = opaque(_first(job))
        hole = _hole(job, source.size)
        picture, alteration = redraw(source, hole, composition, job.size, job.redrawing)
    return _drawing(job, picture, composition, plan.recognised, alteration)


def _edited(job: Job, wish: Composition) -> tuple[Image.Image, Composition]:
    source = _first(job)
    old = _stored(source)
    if old is None:
        return repaint(source, wish, job.size), wish
    composition = replan(old, wish)
    return composition.render(job.size), composition


def _first(job: Job) -> Image.Image:
    if not job.images:
        raise DrawingError("missing_image", f"There is no picture to {job.mode}.")
    return _open(job.images[0], "images")


def _source(job: Job) -> Image.Image:
    picture = _first(job)
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _hole(job: Job, size: tuple[int, int]) -> NDArray[np.bool_]:
    if job.mask is None:
        raise DrawingError("missing_mask", "Inpainting needs a mask.")
    mask = _open(job.mask, "mask")
    if mask.size != size:
        raise DrawingError(
            "mask_size_mismatch",
            f"The mask has {mask.width}x{mask.height} pixels, the picture {size[0]}x{size[1]}.",
        )
    hole = np.asarray(mask.convert("L")) >= _REPAINTED
    if not hole.any():
        raise DrawingError("empty_mask", "The mask has no white pixel: nothing would be repainted.")
    return hole


def _open(data: bytes, name: str) -> Image.Image:
    """Decode a file completely, so that nothing of it can fail later, and turn it upright."""
    try:
        with warnings.catch_warnings():
            # odd metadata is no reason to refuse a picture, nor to speak of it in the server's log
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data), formats=_FORMATS)
            picture.load()
    # Pillow's decoders raise nearly anything on a broken file: OSError, SyntaxError, ValueError, …
    except Exception as error:
        raise _undecodable(name) from error
    if picture.mode == "P" and picture.palette is None:
        # its table of colours is missing
        raise _undecodable(name)
    transparency = picture.info.get("transparency")
    if isinstance(transparency, bytes) and len(transparency) > _MOST_COLOURS:
        # A browser leaves it out; Pillow keeps it, and could not convert the picture.
        del picture.info["transparency"]
    seen = upright(picture)
    if seen.mode.startswith("I"):
        # 16 bits of grey. Pillow would cut off what is above 255, and so make nearly all white.
        seen = Image.fromarray((np.asarray(seen) >> 8).astype(np.uint8))
    return seen


def _undecodable(name: str) -> DrawingError:
    words = f"{name}: not a PNG, JPEG or WebP file that can be decoded."
    return DrawingError("undecodable_image", words)


def _stored(picture: Image.Image) -> Composition | None:
    """Return the composition that a picture of this engine carries; None in any other picture."""
    text = picture.info.get("lumen:plan")
    if not isinstance(text, str) or len(text) > _LONGEST_PLAN:
        return None
    try:
        return Composition.from_json(text)
    except ValueError:
        return None


def _drawing(
    job: Job,
    picture: Image.Image,
    composition: Composition,
    recognised: tuple[str, ...],
    alteration: Alteration | None,
) -> Drawing:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Software", _SOFTWARE)
    chunks.add_itxt("prompt", job.prompt)
    chunks.add_text("seed", str(job.seed))
    plan = composition.to_json(with_seeds=job.mode != "inpaint")
    chunks.add_itxt("lumen:plan", plan)
    if alteration is not None:
        chunks.add_text("lumen:alteration", alteration.to_json())
    return Drawing(write_png(picture, chunks), picture.width, picture.height, recognised)
