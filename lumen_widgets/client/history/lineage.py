"""Which pictures a call is made with, by the bytes that were given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.core.pictures.images import file_digest
from lumen_widgets.core.recipe import SOURCE

if TYPE_CHECKING:
    from lumen_widgets.core.call import Call


def pictures_of(call: Call) -> list[str]:
    """Return the hex digests of the files that a call is made with, in their order.

    They are those of the bytes that the caller gave, also of a `Picture` that travels by its
    address, before anything was turned, cropped or extended. A mask is none of them; nor is what is
    given by another address, or as pixels, which have no file.

    A request that is sent again, and that was a repaint, has in place of them the source that was
    kept for it.
    """
    named = call.by_content.body.get("image_urls")
    contents = named if isinstance(named, list) else []
    digests = [file_digest(one) for one in contents if isinstance(one, str)]
    found = [digest for digest in digests if digest is not None]
    again = call.by_content.recipe
    if again is None or found:
        return found
    source = again.files.get(SOURCE)
    return [] if source is None else [source.sha256]
