"""Where the service calls when a task has ended, and the secret that it signs the call with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal
from unicodedata import normalize
from urllib.parse import urlsplit

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.pictures.sources import is_url
from lumen_widgets.core.words import clean, encodings, spellings, take_out

if TYPE_CHECKING:
    from collections.abc import Callable

URL_FIELD, SECRET_FIELD = "webhook_url", "webhook_secret"

# What stands where a service's answer repeated the secret.
HIDDEN = "[webhook secret]"

# Fewer letters in base64 may stand in any word.
SHORTEST_ENCODED = 8

# Unicode's: an address, a database or a Mac may write the same letters in another one.
_NORMAL_FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")


class Secret:
    """A webhook's secret on its way into one request: sent, and otherwise never seen.

    It has a closed ``repr``, is no attribute, and is left behind by a copy that is pickled.

    Parameters
    ----------
    value
        The secret; text, or whatever JSON value came in `extra`.

    Examples
    --------
    >>> Secret("hush")
    <webhook secret>

    """

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        # A closure, not an attribute: a debugger's or traceback's list of values shows nothing.
        self._value: Callable[[], Any] = lambda: value

    def put_into(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a request's body with the secret in it, as it is sent."""
        return {**body, SECRET_FIELD: self._value()}

    def hide(self, text: bytes) -> bytes:
        """Return a service's words without the secret: some repeat what they refuse."""
        value = self._value()
        if not isinstance(value, str) or not value:
            return text
        # also without what is left out where words are shown in one line, and with its accents
        # apart from their letters or in one with them
        seen = dict.fromkeys(
            normalize(form, one)
            for one in (value, value.strip(), clean(value))
            for form in _NORMAL_FORMS
            if one
        )
        forms = [re.compile(spellings(one)) for one in (value, *seen)]
        for one in seen:
            if len(one) >= SHORTEST_ENCODED:
                forms += map(re.compile, encodings(one))
        return take_out(text, forms, HIDDEN.encode())

    def __repr__(self) -> str:
        return "<webhook secret>"

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()


def check_callback(url: object, secret: object) -> None:
    """Check a webhook's address and secret: both or neither, as the API documentation says.

    Parameters
    ----------
    url
        An http or https address.
    secret
        Text that is not empty.

    Raises
    ------
    InvalidRequest
        If one is missing or is not as above. Neither is repeated: an address may be signed.

    """
    if url is not None and not is_address(url):
        raise InvalidRequest(
            "webhook_url is not an http or https address.",
            next_step="Give an address that the service can reach, such as "
            "https://example.org/lumen.",
            field=URL_FIELD,
        )
    if secret is not None:
        check_secret(secret)
    if (url is None) != (secret is None):
        given, missing = (URL_FIELD, SECRET_FIELD) if secret is None else (SECRET_FIELD, URL_FIELD)
        raise InvalidRequest(
            f"{given} is given without {missing}.",
            next_step="Give both, or neither: the service signs its calls with the secret.",
            field=missing,
        )


def is_address(url: object) -> bool:
    """Say whether it is an http or https address that a service could call.

    Examples
    --------
    >>> is_address("https://example.org/lumen"), is_address("example.org")
    (True, False)

    """
    if not isinstance(url, str) or not is_url(url) or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        # Reading the port checks it.
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def check_secret(secret: object) -> None:
    """Check a webhook's secret.

    Raises
    ------
    InvalidRequest
        If it is no text, is blank, or has half of a character in it. It is not repeated.

    """
    try:
        good = isinstance(secret, str) and bool(secret.strip()) and bool(secret.encode())
    except UnicodeEncodeError:
        good = False
    if not good:
        raise InvalidRequest(
            "webhook_secret is empty or is not text.",
            next_step="Make one up that cannot be guessed, such as secrets.token_hex(32).",
            field=SECRET_FIELD,
        )
