"""The exact picture: made of what the service sent, the source and the mask, from their files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.client.exact.crop import Box
from lumen_widgets.client.exact.description import described
from lumen_widgets.client.exact.ground import new_ground, with_sides
from lumen_widgets.client.exact.placement import NotAlignable
from lumen_widgets.client.exact.put_back import put_back
from lumen_widgets.client.exact.recipe import read_recipe
from lumen_widgets.core.log import Log
from lumen_widgets.core.pictures.colours import by_profiles
from lumen_widgets.core.pictures.decoding import UnreadablePicture, bits_of, decode, plain, turned
from lumen_widgets.core.pictures.downloads import FetchedPicture
from lumen_widgets.core.pictures.images import has_colours_of, png_of
from lumen_widgets.core.pictures.masks import mask_image
from lumen_widgets.core.pictures.recent_pixels import recent_pixels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from lumen_widgets.client.exact.recipe import Ingredients
    from lumen_widgets.core.pictures.picture import Picture
    from lumen_widgets.core.recipe import Recipe

_log = Log()

# Of the longer side: an answer that halves it is worth a word on `crop`.
_HALVED = 0.5

# Rows that are compared at once.
_ROWS = 256

_AS_SENT = "This is the picture as the service sent it:"
_AGAIN = "taken up by its id in another session, the task is put back again."


class _Source(NamedTuple):
    """The picture that is repainted.

    Attributes
    ----------
    pixels
        uint8 of shape (height, width, 3 or 4).
    image
        As it was decoded, for what it says of its colours.
    words
        What of the file the result cannot have.

    """

    pixels: NDArray[np.uint8]
    image: Image
    words: str


def exact_picture(raw: Picture, recipe: Recipe) -> Picture:
    """Return the exact picture of one that came; or that one, with the reason why there is none.

    Parameters
    ----------
    raw
        What the service sent.
    recipe
        What `ExactOption` wrote down.

    Notes
    -----
    The file is a PNG of the source's size and colour profile. Where the service sent just that, and
    changed nothing outside of the mask, it is what the service sent.

    """
    try:
        given = read_recipe(recipe)
    except (ValueError, TypeError):
        return _as_sent(raw, "what was kept for it was written by another release.")
    if given.reason:
        return _as_sent(raw, given.reason)
    try:
        return _made(raw, given)
    except NotAlignable as error:
        reason = error.reason
    except UnreadablePicture as error:
        reason = f"a file that it is made with is {error}."
    except FileNotFoundError:
        reason = "the source or the mask that was kept for it is not there any more, or changed."
    except OSError as error:
        why = error.strerror or type(error).__name__
        reason = f"the source or the mask that was kept for it cannot be read now ({why}); {_AGAIN}"
    except MemoryError:
        reason = f"memory ran out as it was put back; {_AGAIN}"
    except Exception as error:  # noqa: BLE001 -- whatever it is, what was paid is given
        _log.exception("A picture could not be put back.")
        reason = f"putting it back failed here ({type(error).__name__})."
    return _as_sent(raw, reason)


def _made(raw: Picture, given: Ingredients) -> Picture:
    import numpy as np

    if given.source is None:
        raise FileNotFoundError("its source")
    source = _read_source(given.source.data, was_inks=given.was_inks)
    height, width = source.pixels.shape[:2]
    if given.sides is not None:
        whole = with_sides(source.pixels, given.sides)
        mask = new_ground(given.sides, width, height)
    elif given.mask is not None:
        whole, mask = source.pixels, np.asarray(mask_image(given.mask.data))
    else:
        raise FileNotFoundError("its mask")
    box = given.box or Box(0, 0, mask.shape[1], mask.shape[0])
    place = np.s_[box.top : box.bottom, box.left : box.right]
    came = turned(recent_pixels().decode(raw.bytes).image)
    result = _result(came, source.image)
    if _is_left_alone(result, whole, mask):
        has_outside = not mask.all()
        # in a file that says something else of colours the same numbers are seen as others
        is_same = raw.media_type == "image/png" and has_colours_of(came, source.image)
        return raw.derived(
            _png_file(result, source.image) if has_outside and not is_same else None,
            changed_outside=0.0 if has_outside else None,
            note=source.words,
        )
    found = put_back(whole[place], mask[place], result, blends=given.sides is None)
    if given.box is None:
        whole = found.pixels
    else:
        whole[place] = found.pixels
    kept = "what you did not paint" if given.sides is None else "what was there before"
    said = described(found, kept, asked=given.asked)
    words = [said, source.words, _crop_words(given, raw, box)]
    return raw.derived(
        _png_file(whole, source.image),
        changed_outside=found.changed_outside,
        note=" ".join(filter(None, words)),
    )


def _png_file(pixels: NDArray[np.uint8], source: Image) -> FetchedPicture:
    """Return pixels as a file whose colours are the source's."""
    file, (height, width) = png_of(pixels, source), pixels.shape[:2]
    return FetchedPicture(file, "image/png", width, height, hashlib.sha256(file).hexdigest())


def _is_left_alone(
    result: NDArray[np.uint8], whole: NDArray[np.uint8], mask: NDArray[np.bool_]
) -> bool:
    """Say whether a result is the picture itself outside of the mask, to the bit."""
    if result.shape != whole.shape:
        return False
    for top in range(0, len(mask), _ROWS):
        rows = slice(top, top + _ROWS)
        if ((result[rows] != whole[rows]).any(axis=2) & ~mask[rows]).any():
            return False
    return True


def _read_source(data: bytes, *, was_inks: bool) -> _Source:
    """Return the picture that is repainted, as the eight bits of red, green and blue it is sent in.

    Its file stands upright: `LocalPicture` says so.
    """
    image = decode(data).image
    words = ""
    if bits_of(data) > 8:  # noqa: PLR2004 -- bits a sample
        words = "The source has 16 bits a colour, of which the result keeps 8."
    elif was_inks or image.mode == "CMYK":
        words = "The source is in CMYK; the result is in RGB, as it was repainted."
    return _Source(_rgb(image), image, words)


def _result(image: Image, source: Image) -> NDArray[np.uint8]:
    """Return the pixels of an upright picture that the service sent, in the source's colours."""
    given, wanted = (one.info.get("icc_profile") or None for one in (image, source))
    if given is not None and given != wanted:
        seen = plain(image)
        return _rgb(by_profiles(seen, given, wanted) or seen)
    return _rgb(image)


def _rgb(image: Image) -> NDArray[np.uint8]:
    import numpy as np

    seen = plain(image)
    mode = "RGBA" if seen.mode in {"LA", "RGBA"} else "RGB"
    return np.array(seen if seen.mode == mode else seen.convert(mode))


def _crop_words(given: Ingredients, raw: Picture, box: Box) -> str:
    """Return what keeps detail, where the service answered in half of the source's size or less."""
    if given.box is not None or given.sides is not None:
        return ""
    if max(raw.width, raw.height) > _HALVED * max(box.width, box.height):
        return ""
    return (
        f"The service answered in {raw.width} x {raw.height} pixels: crop=0.5 sends only what is "
        "around the mask, and keeps more detail."
    )


def _as_sent(raw: Picture, reason: str) -> Picture:
    return raw.derived(changed_outside=None, note=f"{_AS_SENT} {reason}")
