"""The API key: found once, checked before it can reach a header, and never shown again."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

from requests.auth import AuthBase

from lumen_widgets.core.errors import AuthenticationError, MissingKey
from lumen_widgets.core.http.key_sources import look_for_key, warn_of_literal, warn_without

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest

    from lumen_widgets.core.http.origin import Origin

# The page writes every key as sk-lumen-…; another prefix is more likely a mix-up than an error.
USUAL_PREFIX = "sk-lumen-"

# Sets the journal's fingerprints apart from any other use of a key's hash.
FINGERPRINT_PREFIX = b"lumen_widgets account\0"

# What stands where a server's answer repeated the key.
HIDDEN = b"[key]"

# Fewer characters are no secret, and blotting each of them out would garble a task's id.
SHORTEST_HIDDEN = 8

# Servers take 8 kB for all headers; what is longer is a file pasted by mistake.
LONGEST = 4096


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
    >>> from lumen_widgets.core.http.origin import read_origin
    >>> Key("sk-lumen-example", read_origin("https://lumen.mengfanlab.top"))
    <Key for https://lumen.mengfanlab.top>

    """

    __slots__ = ("_hide", "_sign", "fingerprint", "origin")

    def __init__(self, value: str, origin: Origin) -> None:
        self.origin = origin
        secret = value.encode("ascii")
        self.fingerprint = hashlib.sha256(FINGERPRINT_PREFIX + secret).hexdigest()[:16]
        # Closures, not attributes: vars(), repr and pickle have nothing to show.
        self._sign: Callable[[], str] = lambda: f"Bearer {value}"
        self._hide: Callable[[bytes], bytes] = lambda text: text
        if len(value) >= SHORTEST_HIDDEN:
            forms = _forms(value)
            self._hide = lambda text: forms.sub(HIDDEN, text)

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


def read_key(api_key: str | None, origin: Origin) -> Key:
    """Return the key that was given, else the first one found, stripped, checked and sealed.

    No frame of ours keeps it as a plain string once this has ended or raised: tools that print
    the locals of a traceback (rich, cgitb, error reporters) would show it.

    Parameters
    ----------
    api_key
        The key, or None to look in ``LUMEN_API_KEY``, the system's keyring and Colab's secrets.
    origin
        The only origin whose requests it signs.

    Raises
    ------
    MissingKey
        If there is none.
    AuthenticationError
        If the key has characters that no key has; its value is in no message.

    Examples
    --------
    >>> from lumen_widgets.core.http.origin import read_origin
    >>> read_key(" sk-lumen-example ", read_origin("https://lumen.mengfanlab.top"))
    <Key for https://lumen.mengfanlab.top>

    """
    value: Any = None
    try:
        value = look_for_key() if api_key is None else api_key
        wrong = _wrong(value)
        if wrong is None:
            value = value.strip()
            warn_of_literal(value)
            if not value.startswith(USUAL_PREFIX):
                warn_without(
                    value,
                    f"The API key does not begin with {USUAL_PREFIX}: is it one of this service?",
                )
            return Key(value, origin)
    finally:
        # Also where a warning is raised as an error.
        del api_key, value
    raise wrong


def _wrong(value: object) -> MissingKey | AuthenticationError | None:
    """Return what is wrong with a key, without its value."""
    if not isinstance(value, str):
        return AuthenticationError(
            f"The API key is a {type(value).__name__}, not text.",
            next_step="Pass the key as a string.",
        )
    if not value.strip():
        return MissingKey(
            "The API key that was given is empty.",
            next_step="Set LUMEN_API_KEY and leave api_key= out, or pass a key.",
        )
    # A bad character would make the HTTP library print the whole header in its error.
    if not all("!" <= character <= "~" for character in value.strip()):
        return AuthenticationError(
            "The API key has a space, a line break or a non-ASCII character in it.",
            next_step="Copy the key again from the service's console.",
        )
    if len(value) > LONGEST:
        return AuthenticationError(
            f"The API key has more than {LONGEST} characters.",
            next_step="Copy the key again from the service's console.",
        )
    return None


def _forms(value: str) -> re.Pattern[bytes]:
    """Return what finds a key in a server's words: whole, encoded, or its beginning and stars."""
    whole = {
        value,
        quote(value, safe=""),
        json.dumps(value)[1:-1],
        base64.b64encode(value.encode()).decode().rstrip("="),
    }
    # Some services blot out the middle of the key that they refuse, and leave the rest.
    begun = value[: len(USUAL_PREFIX) + 8] if value.startswith(USUAL_PREFIX) else value
    patterns = [re.escape(form.encode()) for form in sorted(whole, key=len, reverse=True)]
    patterns.append(re.escape(begun.encode()) + rb"[A-Za-z0-9_*.\-]*")
    return re.compile(b"|".join(patterns))
