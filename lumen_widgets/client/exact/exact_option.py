"""The exact repaint as an option: what is needed is kept before the POST, and put back after it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lumen_widgets.client.exact.crop import crop_box, whole_size
from lumen_widgets.client.exact.ground import check_sides, extended, sent_ground
from lumen_widgets.client.exact.recipe import Ingredients
from lumen_widgets.core.call import fields_digest
from lumen_widgets.core.errors import DownloadError, InvalidRequest
from lumen_widgets.core.models import MODELS, Model
from lumen_widgets.core.options import Option
from lumen_widgets.core.pictures.images import (
    LocalPicture,
    content_of,
    from_bytes,
    from_image,
    upright_image,
    without_loss,
)
from lumen_widgets.core.pictures.masks import (
    LocalMask,
    check_pair,
    local_mask,
    mask_image,
    read_mask,
)
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.pictures.recent_pixels import recent_pixels

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from lumen_widgets.client.exact.crop import SentSize
    from lumen_widgets.client.exact.wish import Sides, Wish
    from lumen_widgets.core.call import Call
    from lumen_widgets.core.pictures.downloads import FetchedPicture
    from lumen_widgets.core.recipe import Recipe
    from lumen_widgets.core.request import Request

# What a model can do of which nothing is known.
_UNKNOWN = Model(frozenset())


class ExactOption(Option):
    """Puts back what lies outside of a repaint's mask.

    Parameters
    ----------
    request
        What is sent: one that was prepared before has its recipe.
    wish
        What the call wants; None for a task that was submitted earlier.
    fetch
        Fetches a picture that is given by its address; raises DownloadError.

    """

    def __init__(
        self,
        request: Request,
        wish: Wish | None = None,
        *,
        fetch: Callable[[str], FetchedPicture],
    ) -> None:
        self._recipe = request.recipe
        self._wish = wish
        self._fetch = fetch

    def check(self, call: Call) -> None:
        """Refuse what cannot be cropped or extended, as far as its pictures are here."""
        import numpy as np

        wish = self._wish
        if wish is None or (wish.crop is None and wish.sides is None):
            return
        name = "crop" if wish.sides is None else "extend"
        if not _names_its_pictures(call):
            raise InvalidRequest(
                f"extra names other pictures than those of the call, which {name} cannot change.",
                next_step="Leave image, image_urls and mask_url out of extra.",
                field="extra",
            )
        if call.by_content.body.get("size") is not None:
            raise InvalidRequest(
                f"{name} sets the size of what is sent by itself.",
                next_step="Leave out size.",
                field="size",
            )
        source, mask = self._known(call)
        if source is not None and wish.sides is not None:
            check_sides(wish.sides, source.width, source.height)
            whole_size(*check_sides(wish.sides, source.width, source.height), _model(call))
        if mask is not None and wish.crop is not None:
            crop_box(np.asarray(mask_image(mask.data)), wish.crop, _model(call))

    def prepare(self, call: Call) -> None:
        """Fetch what is given by address, and change what is sent where only a part is."""
        wish = self._wish
        if wish is None or not wish.exact or not _names_its_pictures(call):
            return
        try:
            source, mask = self._read(call)
        except DownloadError as error:
            if wish.crop is not None or wish.sides is not None:
                raise InvalidRequest(
                    f"The picture at its address is needed here. {error.message} Nothing was sent.",
                    next_step="Pass the picture itself, as a file or bytes, or an address that "
                    "can be read from here.",
                    field="image",
                ) from None
            why = f"the picture at its address could not be read here. {error.message}"
            recipe = Ingredients(reason=why).recipe()
        else:
            recipe = self._changed(call, wish, source, mask)
        call.request = call.request.with_recipe(recipe)

    def record(self, call: Call) -> None:
        """Hold what the journal keeps in place of what is in memory."""
        self._recipe = call.request.recipe

    def derive(self, picture: Picture) -> Picture | None:
        """Return the exact picture, unless it was made before."""
        if self._recipe is None or was_looked_at(picture):
            return None
        from lumen_widgets.client.exact.exact_picture import exact_picture

        return exact_picture(picture, self._recipe)

    def _known(self, call: Call) -> tuple[LocalPicture | None, LocalMask | None]:
        """Return picture and mask of a call, those that are here."""
        found = [
            from_bytes(given.bytes, "a Picture")
            if isinstance(given, Picture) and isinstance(read, str)
            else read
            for given, read in call.sources
        ]
        source = next((one for one in found[:1] if isinstance(one, LocalPicture)), None)
        mask = next((one for one in found[1:] if isinstance(one, LocalMask)), None)
        return source, mask

    def _read(self, call: Call) -> tuple[LocalPicture, LocalMask | None]:
        """Return picture and mask of a call, fetched where they are given by address."""
        source, mask = self._known(call)
        addresses = [read for _, read in call.sources]
        if source is None:
            source = from_bytes(self._fetch(str(addresses[0])).data, "the picture at its address")
        if mask is None and len(addresses) > 1:
            read = read_mask(self._fetch(str(addresses[1])).data)
            mask = read if isinstance(read, LocalMask) else None
        if mask is not None:
            check_pair(source, mask)
        return without_loss(source), mask

    @staticmethod
    def _changed(call: Call, wish: Wish, source: LocalPicture, mask: LocalMask | None) -> Recipe:
        """Have a call send what is wanted, and return what the exact picture is made with."""
        import numpy as np

        if wish.sides is not None:
            size = _extend(call, source, wish.sides)
            asked = (size.width, size.height)
            return Ingredients(
                source, sides=wish.sides, asked=asked, was_inks=source.was_inks
            ).recipe(call.digest, fields_digest(call.request))
        assert mask is not None  # noqa: S101 -- an inpaint has one
        if wish.crop is None:
            return Ingredients(source, mask, was_inks=source.was_inks).recipe()
        bits = np.asarray(mask_image(mask.data))
        box, size = crop_box(bits, wish.crop, _model(call))
        image = upright_image(recent_pixels().decode(source.data).image, "a picture")
        part = image.crop((box.left, box.top, box.right, box.bottom))
        _send(call, part, bits[box.top : box.bottom, box.left : box.right], size)
        asked = (size.width, size.height)
        return Ingredients(
            source, mask, box, asked=asked, crop=wish.crop, was_inks=source.was_inks
        ).recipe(call.digest, fields_digest(call.request))


def was_looked_at(picture: Picture) -> bool:
    """Say whether something is known of what lies outside of a repaint's mask in a picture."""
    return picture.raw is not picture or picture.changed_outside is not None or bool(picture.note)


def _extend(call: Call, source: LocalPicture, sides: Sides) -> SentSize:
    """Have a call send a picture with new ground, and return in which size."""
    import numpy as np
    import PIL.Image

    size = whole_size(*check_sides(sides, source.width, source.height), _model(call))
    image = upright_image(recent_pixels().decode(source.data).image, "a picture")
    mode = "RGBA" if image.mode in {"LA", "RGBA"} else "RGB"
    canvas = PIL.Image.fromarray(extended(np.array(image.convert(mode)), sides))
    canvas.info = image.info
    _send(call, canvas, sent_ground(sides, source.width, source.height), size)
    return size


def _send(call: Call, image: Image, mask: NDArray[np.bool_], size: SentSize) -> None:
    """Have a call send a picture and a mask in that size."""
    import numpy as np
    import PIL.Image
    from PIL.Image import Resampling

    pixels = (size.width, size.height)
    part = from_image(image.resize(pixels, Resampling.LANCZOS), "a picture")
    # whatever is a little painted is sent as painted: what is put back is decided here
    share = PIL.Image.fromarray(mask).convert("L").resize(pixels, Resampling.BOX)
    area = local_mask(np.asarray(share) > 0)
    call.pictures |= {part.content: part, area.content: area}
    body = {
        **call.request.body,
        "image_urls": [part.content],
        "mask_url": area.content,
        "size": size.size,
    }
    call.request = replace(call.request, body=body)


def _names_its_pictures(call: Call) -> bool:
    """Say whether a call sends the pictures that it was given, and `extra` no others."""
    given = [content_of(*source) for source in call.sources]
    body = call.by_content.body
    named = [*body.get("image_urls", ()), *filter(None, [body.get("mask_url")])]
    return given == named and "image" not in body


def _model(call: Call) -> Model:
    """Return what is known of a call's model."""
    return MODELS.get(call.by_content.model, _UNKNOWN)
