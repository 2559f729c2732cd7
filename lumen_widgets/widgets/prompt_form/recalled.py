"""What a form would hold to ask once more for a picture, and what of that cannot come back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from lumen_widgets.client import JournalError, Picture, Request
from lumen_widgets.client.exact.recipe import Ingredients, read_recipe
from lumen_widgets.core.callback import SECRET_FIELD, URL_FIELD
from lumen_widgets.core.fields import PICTURE_FIELDS
from lumen_widgets.core.models import EDIT, GENERATE, INPAINT, MODELS, VERBS
from lumen_widgets.core.parameters import A1111
from lumen_widgets.core.pictures.addresses import is_loopback_url
from lumen_widgets.core.pictures.images import file_digest
from lumen_widgets.core.pictures.sources import is_url
from lumen_widgets.widgets.browser_values import checked
from lumen_widgets.widgets.picture_names import picture_name
from lumen_widgets.widgets.prompt_form.checks import SIDES, FormValues, values_of
from lumen_widgets.widgets.prompt_form.uploads import PictureFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from traitlets import HasTraits

    from lumen_widgets.core.parameters import FoundProvenance
    from lumen_widgets.core.recipe import RecipeFile
    from lumen_widgets.notebook.journal_pictures import JournalPictures

# what comes back of a request's own fields; a webhook is no part of the picture
_BODY = ("prompt", "negative_prompt", "model", "n", "size", "resolution", "quality")
# all that comes back, in the order in which it is shown
RECALLED = (*_BODY, "extra", "images", "mask", "exact", "crop", *SIDES)
# what a form holds where nothing was asked
_NOTHING: dict[str, Any] = {
    **dict.fromkeys(_BODY),
    "prompt": "",
    "extra": None,
    "images": (),
    "mask": None,
    "exact": True,
    "crop": None,
    **dict.fromkeys(SIDES, 0),
}
# how much of a mask's surroundings the form sends where it was not told otherwise
_USUAL_CROP = 0.5
# the pictures of a request that come back by fields of their own; any others were in extra
_OWN_PICTURES: dict[str, set[str]] = {EDIT: {"image_urls"}, INPAINT: {"image_urls", "mask_url"}}
# what the journal has in place of an address with a picture in it begins so
_SHORTENED = "data:,sha256="


class Recalled(NamedTuple):
    """What a form would hold.

    Attributes
    ----------
    fields
        Values by the names of traits, all of `RECALLED` but those that a form cannot hold.
    lost
        What cannot come back, or not as it was, each as a sentence.

    """

    fields: dict[str, Any]
    lost: tuple[str, ...] = ()

    def values(self, form: HasTraits) -> FormValues:
        """Return what a form of these fields would send, without a webhook."""
        fields = {**self.fields, "webhook_url": None}
        extra = fields["extra"]
        fields["_extra_text"] = json.dumps(extra) if extra else ""
        return values_of(form, fields)


class Sources:
    """Where pictures that a request was made with are found again.

    Parameters
    ----------
    journal
        The journal that says what it was made with.
    find
        Returns a picture of ours by its digest, None if it is not to be had.

    """

    def __init__(self, journal: JournalPictures, find: Callable[[str], Picture | None]) -> None:
        self._journal = journal
        self._find = find

    def find(self, sha256: str) -> Picture | None:
        """Return a picture of ours; None also where its file is gone."""
        try:
            return self._find(sha256)
        except JournalError:
            return None

    def made_from(self, picture: Picture) -> list[str]:
        """Return the digests of the pictures that a picture was made from, as the journal has it.

        Raises
        ------
        JournalError
            The journal cannot be read.

        """
        return self._journal.made_with(picture)

    def made_from_row(self, row_number: int) -> list[str]:
        """Return the digests of the pictures that a request was made with, by its row.

        Raises
        ------
        JournalError
            The journal cannot be read.

        """
        return self._journal.made_from(row_number)


def recalled_request(
    form: HasTraits,
    request: Request,
    sources: Sources,
    made_from: Callable[[], list[str]],
) -> Recalled:
    """Return what a form would hold to make a request that is known from its task or the journal.

    Parameters
    ----------
    form
        The form, whose traits say which values they take.
    request
        The request.
    sources
        Where the pictures that it was made with are found again.
    made_from
        Returns the digests of these, as the journal has them; asked only where that is needed.

    Raises
    ------
    JournalError
        The journal cannot be read.

    """
    body = request.body
    written = {name: body[name] for name in _BODY if body.get(name) is not None}
    taken, wrong = checked(form, written, _BODY)
    lost = [f"{name}: {message}" for name, message in wrong.items()]
    fields = {**_NOTHING, **taken}
    if "model" not in taken:
        # a form has one in any case
        del fields["model"]
        lost.append("The request named no model that the form can hold: it keeps its own.")
    fields["extra"], unsaid = _extra_of(request)
    lost += unsaid
    if request.endpoint == EDIT:
        fields["images"], unsaid = _references(request, sources, made_from)
        lost += unsaid
    elif request.endpoint == INPAINT:
        repaint, unsaid = _repaint(request, sources, made_from)
        fields |= repaint
        lost += unsaid
    return Recalled(fields, tuple(lost))


def recalled_stated(form: HasTraits, found: FoundProvenance, sources: Sources) -> Recalled:
    """Return what a form would hold by what a picture's file says, which may be anybody's.

    Parameters
    ----------
    form, sources
        As for `recalled_request`.
    found
        What the file says. What it was made from it only names: none of that is taken.

    """
    made, settings = found.made, dict(found.made.settings)
    lost = []
    if made.source == A1111 and settings.get("model") not in MODELS:
        other = settings.pop("model", "")
        lost += [f"Its model is another program's: {other}."] if other else []
    fields, unsaid = recalled_request(form, Request(GENERATE, settings), sources, list)
    lost += unsaid
    if made.call not in {"", VERBS[GENERATE]}:
        for name in ("images", "mask", "exact", "crop", *SIDES):
            del fields[name]
        lost.append("What it was made from is not in its file: add that again.")
    lost += [f"The extra field {name} is not in its file." for name in made.left_out]
    return Recalled(fields, tuple(lost))


def recalled_values(values: FormValues, request: Request | None) -> Recalled:
    """Return what a form would hold to send once more what it sent itself.

    Parameters
    ----------
    values
        What it held.
    request
        What came of that, if it is known: a mask that was painted on since comes back as it was.

    """
    fields: dict[str, Any] = {**_NOTHING, "prompt": values.prompt}
    fields |= {name: values.fields.get(name) for name in (*_BODY[1:], "extra")}
    fields |= {"images": values.images, "mask": values.mask, "exact": values.exact}
    fields |= {"crop": values.crop, **values.sides._asdict()}
    lost = []
    if hasattr(values.mask, "__lumen_mask__"):
        kept = None if request is None else _kept(request)[1]
        if kept is not None:
            fields["mask"] = kept
        else:
            lost.append("The mask comes back as its painter has it now.")
    return Recalled(fields, tuple(lost))


def _extra_of(request: Request) -> tuple[dict[str, Any] | None, list[str]]:
    """Return what else was in a request, but for pictures and a webhook."""
    body = request.body
    known = {*_BODY, *PICTURE_FIELDS, URL_FIELD, SECRET_FIELD}
    rest = {name: value for name, value in body.items() if name not in known}
    kept = {name: value for name, value in rest.items() if _SHORTENED not in json.dumps(value)}
    lost = [
        f"The extra field {name} held a picture, which is not kept." for name in rest.keys() - kept
    ]
    # without it, another request would be paid as the same one
    if body.keys() & PICTURE_FIELDS - _OWN_PICTURES.get(request.endpoint, set()):
        lost.append("A picture that was named in extra does not come back.")
    return kept or None, lost


def _references(
    request: Request, sources: Sources, made_from: Callable[[], list[str]]
) -> tuple[tuple[Any, ...], list[str]]:
    """Return the reference pictures of an edit, those that are to be had."""
    addresses = request.body.get("image_urls")
    addresses = addresses if isinstance(addresses, list) else []
    digests = [
        file_digest(request.content_by_url.get(one, "")) if isinstance(one, str) else None
        for one in addresses
    ]
    if not any(digests):
        digests = list(made_from())
    found: list[Any] = [None if one is None else sources.find(one) for one in digests]
    if not found:
        # without any file of ours, each is an address, which may be of a host that has it no more
        found = [one if _is_lasting(one) else None for one in addresses]
    kept = tuple(one for one in found if one is not None)
    return kept, _missing(max(len(addresses), len(found)) - len(kept))


def _is_lasting(address: object) -> bool:
    """Say whether the user may have given an address: not signed, nor a sandbox's upload."""
    if not (isinstance(address, str) and is_url(address)) or is_loopback_url(address):
        return False
    return not any(mark in address for mark in "?#@")


def _missing(count: int) -> list[str]:
    if count <= 0:
        return []
    words = "1 reference picture does" if count == 1 else f"{count} reference pictures do"
    why = "given by address or as pixels, no picture of ours, or its file is gone"
    return [f"{words} not come back ({why}): add it again."]


def _repaint(
    request: Request, sources: Sources, made_from: Callable[[], list[str]]
) -> tuple[dict[str, Any], list[str]]:
    """Return picture, mask and wishes of a repaint, as far as they were kept."""
    source, mask = _kept(request)
    lost: list[str] = []
    digests = made_from() or [
        digest
        for content in request.content_by_url.values()
        if (digest := file_digest(content)) is not None
    ]
    own = next((found for one in digests if (found := sources.find(one)) is not None), None)
    image = own or source
    if image is None:
        lost.append("The picture that was repainted does not come back: it was not kept here.")
    fields: dict[str, Any] = {"images": () if image is None else (image,), "mask": mask}
    # without anything that was kept for it, it came as the model made it
    fields["exact"] = request.recipe is not None
    made = Ingredients()
    if request.recipe is not None:
        try:
            made = read_recipe(request.recipe)
        except (ValueError, TypeError):
            lost.append("What was kept for this repaint was written by another release.")
    if made.sides is not None:
        return {**fields, "mask": None, "size": None, **made.sides._asdict()}, lost
    if mask is None:
        lost.append("The mask does not come back: it was not kept here.")
    if made.box is not None:
        fields |= {"crop": made.crop, "size": None}
    if made.box is not None and made.crop is None:
        lost.append("How much around the mask was sent was not kept: it is half of the mask's box.")
        fields["crop"] = _USUAL_CROP
    return fields, lost


def _kept(request: Request) -> tuple[PictureFile | None, PictureFile | None]:
    """Return source and mask of a repaint, where their files were kept and are there."""
    if request.recipe is None:
        return None, None
    files = request.recipe.files
    return _file(files.get("source"), "source"), _file(files.get("mask"), "mask")


def _file(kept: RecipeFile | None, name: str) -> PictureFile | None:
    try:
        if kept is None:
            return None
        return PictureFile(kept.data, f"{name}.{kept.media_type.rpartition('/')[2]}")
    except OSError:
        return None


def is_same(name: str, one: Any, other: Any) -> bool:
    """Say whether two values of a field are the same; pictures are compared by their files."""
    if name == "images":
        same_length = len(one) == len(other)
        return same_length and all(map(_is_same_picture, one, other))
    if name == "mask":
        return _is_same_picture(one, other)
    if name == "crop":
        return bool(one == other)
    return bool((one or None) == (other or None))


def _is_same_picture(one: Any, other: Any) -> bool:
    if isinstance(one, Picture) and isinstance(other, Picture):
        return one.sha256 == other.sha256
    if isinstance(one, bytes | str) and isinstance(other, bytes | str):
        return one == other
    return one is other


def in_words(name: str, value: Any) -> str:
    """Return a field's value for people; an empty text is nothing."""
    if name == "images":
        return ", ".join(_picture_words(one) for one in value)
    if name == "mask":
        return "" if value is None else _picture_words(value)
    if name == "extra":
        return json.dumps(value, ensure_ascii=False) if value else ""
    if name in SIDES and not value:
        return ""
    return "" if value is None else str(value)


def _picture_words(source: Any) -> str:
    if isinstance(source, Picture):
        return picture_name(source)
    return source.name if isinstance(source, PictureFile) else type(source).__name__
