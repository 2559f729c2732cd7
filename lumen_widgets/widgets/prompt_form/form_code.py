"""What a form would send, as code: its pictures are named as the form has them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from lumen_widgets.client import InvalidRequest
from lumen_widgets.client.exact.wish import Wish
from lumen_widgets.core.call import is_data_uri
from lumen_widgets.core.models import INPAINT
from lumen_widgets.core.pictures.sources import is_url
from lumen_widgets.notebook.as_code import CodeOf, account_note, curl_call, python_call
from lumen_widgets.notebook.code_call import CodeCall, CodePicture, hide_addresses, may_be_shown
from lumen_widgets.notebook.code_text import python_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumen_widgets.notebook.account import Account
    from lumen_widgets.widgets.prompt_form.checks import FormValues


def form_code(
    values: FormValues,
    account: Account,
    *,
    errors: Mapping[str, str],
    names: Mapping[int, str],
    open_painting: object = None,
) -> CodeOf:
    """Return the call that a form would make.

    Parameters
    ----------
    values
        What it holds.
    account
        Whose credits it spends.
    errors
        What is wrong with its fields, by their names: it would not send this.
    names
        What its pictures are called, by their `id`.
    open_painting
        What the painter shows that is open in it.

    """
    notes = [f"Not sent like this. {field}: {message}" for field, message in errors.items()]
    images = [
        _picture(one, f"form.images[{at}]", names.get(id(one), ""))
        for at, one in zip(values.places, values.images, strict=True)
    ]
    mask = values.mask
    is_open = mask is not None and mask is open_painting
    place = "form.painter" if is_open else "form.mask"
    call = CodeCall(
        values.endpoint,
        values.prompt,
        hide_addresses(values.given(), "form"),
        images,
        None if mask is None else _picture(mask, place, names.get(id(mask), "")),
        _wish(values),
        notes,
    )
    service, sandbox = account.client.base_url, account.is_sandbox
    return CodeOf(
        python_call(call, notes=account_note(account)), curl_call(call, service, sandbox=sandbox)
    )


def _picture(source: Any, place: str, name: str) -> CodePicture:
    """Return a picture as code names it: by address or path, or where the form has it."""
    if isinstance(source, str) and is_url(source):
        if may_be_shown(source):
            return CodePicture(python_text(source.strip()), source.strip())
        return CodePicture(place, what=f"{name}, whose address may be signed and is not shown")
    what = f"{name} is only here" if name else "it is only here"
    if isinstance(source, str | os.PathLike):
        path = _text(source)
        # the text of a path may be read as an address; one that is none of those taken is refused
        # by the form, and may be signed all the same
        address = "://" in path if isinstance(source, str) else ":" in path
        if path and not address and not is_data_uri(path):
            return CodePicture(python_text(path), what=what)
    return CodePicture(place, what=what)


def _text(path: str | os.PathLike[Any]) -> str:
    try:
        return os.fsdecode(path)
    except Exception:  # noqa: BLE001 # an object of the user's may raise anything: it stays in the form
        return ""


def _wish(values: FormValues) -> Wish | None:
    try:
        wish = values.wish
    except InvalidRequest:
        # it is said above the call what is wrong; the call says it too
        return Wish(values.exact, values.crop, values.sides if values.extends else None)
    return Wish() if wish is None and values.endpoint == INPAINT else wish
