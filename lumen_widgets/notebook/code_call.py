"""A call with names for what code cannot or must not hold: pictures, and addresses with a query."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lumen_widgets.core.call import is_data_uri
from lumen_widgets.core.callback import URL_FIELD
from lumen_widgets.core.pictures.sources import is_url
from lumen_widgets.notebook.code_text import python_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumen_widgets.client.exact.wish import Wish
    from lumen_widgets.core.models import Endpoint

# Python's parser takes about four times as many brackets within each other.
_MOST_NESTED = 50


@dataclass(frozen=True)
class CodePicture:
    """A picture or a mask, as code names it.

    Attributes
    ----------
    python
        An expression; "" for a name that is to be filled in.
    url
        Its address, where that may be shown; "" for none.
    what
        What it is, for those who fill it in.

    """

    python: str = ""
    url: str = ""
    what: str = ""


@dataclass(frozen=True)
class Unwritten:
    """A value that is not written into code: an address with a query, or what is nested too deep.

    Attributes
    ----------
    python
        An expression for it; "" for a name that is to be filled in.

    """

    python: str = ""


@dataclass(frozen=True)
class CodeCall:
    """A call, with names for what cannot be written down.

    Attributes
    ----------
    endpoint
        ``"generations"``, ``"edits"`` or ``"inpaint"``.
    prompt
        The prompt.
    fields
        The keywords of every call that are given; `hide_addresses` has looked at them.
    images, mask
        The pictures.
    wish
        What a repaint wants.
    notes
        What is to be said first, each a sentence.

    """

    endpoint: Endpoint
    prompt: str
    fields: Mapping[str, Any] = field(repr=False)
    images: Sequence[CodePicture] = ()
    mask: CodePicture | None = None
    wish: Wish | None = None
    notes: Sequence[str] = ()


def may_be_shown(url: str) -> bool:
    """Say whether code may have an address in it: not one that may be signed, or has a password.

    Examples
    --------
    >>> may_be_shown("https://example.org/cat.png"), may_be_shown("https://example.org/cat?sig=1")
    (True, False)

    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or "@" in parts.netloc)
    return plain and "?" not in url and "#" not in url and url.isprintable()


def hide_addresses(fields: Mapping[str, Any], holder: str = "") -> dict[str, Any]:
    """Return keywords of a call with an `Unwritten` for each address that may not be shown.

    Parameters
    ----------
    fields
        The keywords that are given.
    holder
        An expression for what has these fields as attributes, such as ``"form"``; "" for nothing.

    """

    def hidden(value: Any, path: str, depth: int = 0) -> Any:
        if depth > _MOST_NESTED:
            return Unwritten(path)
        if isinstance(value, str):
            shown = not is_data_uri(value) if not is_url(value) else may_be_shown(value)
            return value if shown else Unwritten(path)
        if isinstance(value, dict):
            return {
                name: hidden(one, path and f"{path}[{python_text(name)}]", depth + 1)
                for name, one in value.items()
            }
        if isinstance(value, list | tuple):
            return [
                hidden(one, path and f"{path}[{at}]", depth + 1) for at, one in enumerate(value)
            ]
        return value

    looked_at = (URL_FIELD, "extra")
    return {
        name: hidden(value, holder and f"{holder}.{name}") if name in looked_at else value
        for name, value in fields.items()
    }
