"""The API key: found once, checked before it can reach a header, and never shown again."""

from __future__ import annotations

import hashlib
import os
import warnings
from typing import TYPE_CHECKING, NoReturn

from requests.auth import AuthBase

from lumen_widgets.client.errors import AuthenticationError, MissingKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest

    from lumen_widgets.client.origin import Origin

# The page writes every key as sk-lumen-…; another prefix is more likely a mix-up than an error.
USUAL_PREFIX = "sk-lumen-"

# Sets the journal's fingerprints apart from any other use of a key's hash.
FINGERPRINT_PREFIX = b"lumen_widgets account\0"

# What stands where a server's answer repeated the key.
HIDDEN = b"[key]"


class Key(AuthBase):
    """An API key that signs requests to one origin and cannot be read back by accident.

    It is no attribute, has a closed ``repr`` and cannot be pickled, so that neither a traceback
    that prints locals nor a saved notebook can hold it.

    Parameters
    ----------
    value
        The key: printable ASCII without spaces.
    origin
        The only origin whose requests are signed.

    Examples
    --------
    >>> from lumen_widgets.client.origin import read_origin
    >>> Key("sk-lumen-example", read_origin("https://lumen.mengfanlab.top"))
    <Key for https://lumen.mengfanlab.top>

    """

    __slots__ = ("_hide", "_sign", "fingerprint", "origin")

    def __init__(self, value: str, origin: Origin) -> None:
        secret = value.encode("ascii")
        self.origin = origin
        self.fingerprint = hashlib.sha256(FINGERPRINT_PREFIX + secret).hexdigest()[:16]
        # Closures, not attributes: vars(), repr and pickle have nothing to show.
        self._sign: Callable[[], str] = lambda: f"Bearer {value}"
        self._hide: Callable[[bytes], bytes] = lambda text: text.replace(secret, HIDDEN)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request, unless it goes anywhere but to the key's own origin."""
        if request.url is not None and self.origin.holds(request.url):
            request.headers["Authorization"] = self._sign()
        return request

    def hide(self, text: bytes) -> bytes:
        """Return `text` with the key blotted out: some servers repeat a key that they refuse."""
        return self._hide(text)

    def __repr__(self) -> str:
        """Name the origin only: a repr ends in notebooks and logs."""
        return f"<Key for {self.origin}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A Lumen API key cannot be pickled: make a new LumenClient where it is needed."
        )


def find_key(api_key: str | None) -> str:
    """Return the key that was given, else the one in ``LUMEN_API_KEY``, stripped and checked.

    Parameters
    ----------
    api_key
        The key, or None to look in the environment.

    Raises
    ------
    MissingKey
        If neither holds anything.
    AuthenticationError
        If the key has characters that no key has; its value is in no message.

    Examples
    --------
    >>> find_key(" sk-lumen-example ")
    'sk-lumen-example'

    """
    value = os.environ.get("LUMEN_API_KEY", "") if api_key is None else api_key
    if not isinstance(value, str):
        raise AuthenticationError(
            f"The API key is a {type(value).__name__}, not text.",
            next_step="Pass the key as a string.",
        )
    value = value.strip()
    if not value:
        raise MissingKey(
            "No API key was found.",
            next_step="Set LUMEN_API_KEY, or pass api_key= to LumenClient.",
        )
    # A bad character would make the HTTP library print the whole header in its error.
    if not all("!" <= character <= "~" for character in value):
        raise AuthenticationError(
            "The API key has a space, a line break or a non-ASCII character in it.",
            next_step="Copy the key again from the service's console.",
        )
    if not value.startswith(USUAL_PREFIX):
        warnings.warn(
            f"The API key does not begin with {USUAL_PREFIX}: is it one of this service?",
            stacklevel=3,
        )
    return value
