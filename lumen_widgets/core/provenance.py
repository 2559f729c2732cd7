"""How the pictures of a request were made: what of it may be written into a file for others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lumen_widgets.core.callback import SECRET_FIELD, URL_FIELD
from lumen_widgets.core.fields import PICTURE_FIELDS
from lumen_widgets.core.models import EDIT, INPAINT, VERBS
from lumen_widgets.core.pictures.addresses import is_loopback_url
from lumen_widgets.core.pictures.provenance.record import (
    EXTEND,
    LESSON,
    LONGEST_NAME,
    SANDBOX,
    SERVICE,
    SIDE_NAMES,
    Provenance,
)
from lumen_widgets.core.recipe import CROP, MASK, SIDES
from lumen_widgets.core.request import SETTINGS, settings_of
from lumen_widgets.core.words import clean

if TYPE_CHECKING:
    from lumen_widgets.core.request import Request

_KNOWN_FIELDS = {*SETTINGS, *PICTURE_FIELDS, URL_FIELD, SECRET_FIELD}


def provenance_of(request: Request, *, task_id: str, origin: str) -> Provenance:
    """Return how the pictures of a request were made.

    Parameters
    ----------
    request
        What was asked for; without fields where only the id is known.
    task_id
        The service's id.
    origin
        The service's address, which is not kept.

    Examples
    --------
    >>> from lumen_widgets.core.request import Request
    >>> request = Request("generations", {"model": "gpt-image-2-low", "prompt": "a cat"})
    >>> provenance_of(request, task_id="a1b2c3", origin="https://lumen.example").call
    'generate'

    """
    source = SANDBOX if is_loopback_url(origin) else SERVICE
    if origin.startswith(f"{LESSON}:"):
        source = LESSON
    named = clean(task_id)[:LONGEST_NAME]
    if not request.body:
        return Provenance(task_id=named, source=source)
    settings = settings_of(request.body)
    recipe = request.recipe
    if recipe is not None and recipe.digest is not None:
        # it follows from the part that was sent
        settings.pop("size", None)
    known = Provenance(
        VERBS[request.endpoint],
        settings,
        named,
        source,
        request.made_from,
        _images(request),
        left_out=tuple(
            clean(name)[:LONGEST_NAME] for name in request.body if name not in _KNOWN_FIELDS
        ),
    )
    return known if request.endpoint != INPAINT else _repaint(known, request)


def _images(request: Request) -> int:
    """Return how many pictures an edit was given, where not all of them had a file."""
    given = request.body.get("image_urls")
    count = len(given) if request.endpoint == EDIT and isinstance(given, list) else 0
    return count if count > len(request.made_from) else 0


def _repaint(known: Provenance, request: Request) -> Provenance:
    recipe = request.recipe
    address = request.body.get("mask_url")
    content = request.content_by_url.get(address, "") if isinstance(address, str) else ""
    if recipe is None:
        return replace(known, mask=content if content.startswith("mask:") else "", exact=False)
    sides, crop = recipe.details.get(SIDES), recipe.details.get(CROP)
    if isinstance(sides, list):
        grown = {
            name: pixels
            for name, pixels in zip(SIDE_NAMES, sides, strict=False)
            if isinstance(pixels, int) and pixels > 0
        }
        return replace(known, call=EXTEND, sides=grown)
    mask = recipe.files.get(MASK)
    return replace(
        known,
        mask="" if mask is None else mask.sha256,
        exact=True,
        crop=crop if isinstance(crop, int | float) else None,
    )
