"""A request that was sent, as the call that it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from lumen_widgets.client import LumenError
from lumen_widgets.client.exact.recipe import read_recipe
from lumen_widgets.client.exact.wish import Wish
from lumen_widgets.core.callback import SECRET_FIELD, URL_FIELD
from lumen_widgets.core.fields import Fields
from lumen_widgets.core.models import EDIT, GENERATE, INPAINT
from lumen_widgets.core.pictures.addresses import is_loopback_url
from lumen_widgets.core.pictures.images import file_digest
from lumen_widgets.core.pictures.sources import is_url
from lumen_widgets.core.request import check_fields
from lumen_widgets.journal.picture_files import picture_path
from lumen_widgets.notebook.code_call import CodeCall, CodePicture, hide_addresses, may_be_shown
from lumen_widgets.notebook.code_text import python_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lumen_widgets.client import Request
    from lumen_widgets.client.exact.recipe import Ingredients
    from lumen_widgets.core.recipe import RecipeFile


def call_of(request: Request, home: Path | None = None, made_from: Sequence[str] = ()) -> CodeCall:
    """Return the call that made a request, as far as that is known.

    Parameters
    ----------
    request
        The request.
    home
        The journal's folder, where pictures of ours and sources of repaints are kept.
    made_from
        Hex digests of the files that it was made with, as far as they are known.

    """
    body = dict(request.body)
    prompt = str(body.pop("prompt", ""))
    images = _take_images(body, request, home, made_from)
    mask: CodePicture | None = None
    wish: Wish | None = None
    notes: list[str] = []
    if request.endpoint == INPAINT:
        wish = Wish(exact=False)
        if isinstance(url := body.get("mask_url"), str):
            del body["mask_url"]
            mask = _picture_at(url, request, home, "a mask")
        if (made := _ingredients(request)) is not None:
            wish, notes = _wish_of(made)
            images = images if made.source is None else [_kept(made.source, home, "the picture")]
            mask = mask if made.mask is None else _kept(made.mask, home, "the mask")
            if made.box is not None or made.sides is not None:
                # it follows from the part that was sent
                body.pop("size", None)
    fields: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for name, value in body.items():
        (fields if _is_keyword(name, value) else extra)[name] = value
    if extra:
        fields["extra"] = extra
    shown = hide_addresses(fields)
    return CodeCall(request.endpoint, prompt, shown, images, mask, wish, notes)


def _take_images(
    body: dict[str, Any], request: Request, home: Path | None, made_from: Sequence[str]
) -> list[CodePicture]:
    """Return the pictures of a request, and take them out of its body."""
    urls = body.get("image_urls")
    if request.endpoint == GENERATE:
        return []
    if not isinstance(urls, list) or not urls or not all(isinstance(one, str) for one in urls):
        return [CodePicture(what="a picture that is not known")]
    # of what is repainted there is one, whatever `extra` said
    if request.endpoint == EDIT or len(urls) == 1:
        del body["image_urls"]
    # where some were given by an address, the files are fewer, and it is not said which they are
    files = made_from if len(made_from) == len(urls) else [""] * len(urls)
    return [
        _picture_at(one, request, home, "a picture", file)
        for one, file in zip(urls, files, strict=True)
    ]


def _ingredients(request: Request) -> Ingredients | None:
    try:
        return None if request.recipe is None else read_recipe(request.recipe)
    except (ValueError, TypeError):
        return None  # written as this release cannot read it


def _wish_of(made: Ingredients) -> tuple[Wish, list[str]]:
    """Return what was wanted of a repaint, and what is to be said of that."""
    if made.sides is not None:
        return Wish(sides=made.sides), []
    if made.box is not None and made.crop is None:
        return Wish(crop=0.5), ["Which crop was asked for is not known: this is a usual one."]
    return Wish(crop=made.crop), []


def _is_keyword(name: str, value: Any) -> bool:
    """Say whether a field of a body is what a keyword of the call says; else `extra` said it."""
    if name in {"model", URL_FIELD}:
        return isinstance(value, str)
    if name not in Fields.__annotations__ or name in {"extra", "reuse", SECRET_FIELD}:
        return False
    try:
        fields = cast("Fields", {"model": "any", name: value})
        return bool(check_fields(GENERATE, "any", fields)[name] == value)
    except LumenError:
        return False


def _picture_at(
    url: str, request: Request, home: Path | None, thing: str, digest: str = ""
) -> CodePicture:
    """Return what is at an address of a request; `digest` is its file's, where that is known."""
    content = request.content_by_url.get(url, f"file:{digest}" if digest else url)
    found = file_digest(content)
    path = None if found is None else kept_path(home, found)
    if path is not None:
        return CodePicture(python_text(str(path)), what=f"it is kept as {path.name}")
    # The address of what was hosted for a call does not last; a journal does not say which was, and
    # on this machine it is a sandbox's upload.
    given = url in request.content_by_url or not is_loopback_url(url)
    if content != url or not is_url(url) or not given:
        return CodePicture(what=f"{thing} that was given as a file or an array, and is not kept")
    if may_be_shown(url):
        return CodePicture(python_text(url), url)
    return CodePicture(what=f"{thing} at {_host(url)}, whose address may be signed")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "some host"
    except ValueError:
        return "some host"


def _kept(file: RecipeFile, home: Path | None, thing: str) -> CodePicture:
    """Return a file that the journal has kept for putting a repaint back."""
    path = kept_path(home, file.sha256)
    if path is None:
        return CodePicture(what=f"{thing} that was given, which is not kept here")
    return CodePicture(python_text(str(path)), what=f"{thing} is kept as {path.name}")


def kept_path(home: Path | None, sha256: str) -> Path | None:
    """Return where the journal has a picture's file, None if it has not."""
    if home is None:
        return None
    paths = (picture_path(home, sha256, kind) for kind in ("image/png", "image/jpeg", "image/webp"))
    return next((path for path in paths if path.is_file()), None)
