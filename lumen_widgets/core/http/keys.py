"""The API key: found once, checked before it can reach a header, and never shown again."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import importlib.util
import json
import os
import re
import secrets
import sys
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NoReturn

from requests.auth import AuthBase

from lumen_widgets.core.errors import AuthenticationError, LumenError, MissingKey, warn
from lumen_widgets.core.http.connection import NotProvenError
from lumen_widgets.core.words import encodings, spellings, take_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest

    from lumen_widgets.core.http.connection import Verify
    from lumen_widgets.core.http.origin import Origin

# Of the environment variable and of the secret in Colab.
NAME = "LUMEN_API_KEY"

# ``keyring set lumen_widgets api_key`` puts it there.
KEYRING_SERVICE, KEYRING_USER = "lumen_widgets", "api_key"

# The API documentation writes every key as sk-lumen-…; another prefix is more likely a mix-up than
# an error.
USUAL_PREFIX = "sk-lumen-"

# Of the keys that a sandbox makes up, which no other server on this machine is ever sent.
SANDBOX_PREFIX = "sk-lumen-sandbox-"

# Sets the journal's fingerprints apart from any other use of a key's hash.
FINGERPRINT_PREFIX = b"lumen_widgets account\0"

# What stands where a server's answer repeated the key.
HIDDEN = b"[key]"

# Fewer characters are no secret, and blotting each of them out would garble a task's id.
SHORTEST_HIDDEN = 8

# Servers take 8 kB for all headers; what is longer is a file pasted by mistake.
LONGEST = 4096

# A key that stands in many cells is one mistake: said once in a process.
_warned: set[str] = set()


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

    Attributes
    ----------
    fingerprint
        What the journal knows the account by.
    is_sandbox
        Whether it is a sandbox's on this machine.
    verify
        Lets a server pass that proves that it knows the key, as a sandbox does; raises
        `NotProvenError` for any other. The key itself is not sent.
    hide
        Returns its argument with the key blotted out: some servers repeat a key that they refuse.
    is_in
        Says whether the key stands in a text as it is.

    Examples
    --------
    >>> from lumen_widgets.core.http.origin import read_origin
    >>> Key("sk-lumen-example", read_origin("https://lumen.mengfanlab.top"))
    <Key for https://lumen.mengfanlab.top>

    """

    __slots__ = ("_sign", "fingerprint", "hide", "is_in", "is_sandbox", "origin", "verify")

    def __init__(self, value: str, origin: Origin) -> None:
        self.origin = origin
        secret = value.encode("ascii")
        self.fingerprint = hashlib.sha256(FINGERPRINT_PREFIX + secret).hexdigest()[:16]
        self.is_sandbox = origin.is_loopback and value.startswith(SANDBOX_PREFIX)
        # Closures, not attributes: vars(), repr and pickle have nothing to show.
        self.verify: Verify = lambda origin, ask: _verify(secret, origin, ask)
        self._sign: Callable[[], str] = lambda: f"Bearer {value}"
        self.hide: Callable[[bytes], bytes] = lambda text: text
        self.is_in: Callable[[bytes], bool] = lambda text: False  # noqa: ARG005 -- no secret
        if len(value) >= SHORTEST_HIDDEN:
            self.is_in = lambda text: secret in text
            # made for the first answer, and once: it takes as long as all else of an answer
            forms = cache(lambda: _forms(value))
            self.hide = lambda text: take_out(text, forms(), HIDDEN)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request, unless it goes anywhere but to the key's own origin."""
        if request.url is not None and self.origin.holds(request.url):
            request.headers["Authorization"] = self._sign()
        return request

    def __repr__(self) -> str:
        """Name the origin only: a repr ends in notebooks and logs."""
        return f"<Key for {self.origin}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A Lumen API key cannot be pickled: make a new LumenClient where it is needed."
        )


def _verify(secret: bytes, origin: str, ask: Callable[[str], bytes]) -> None:
    """Ask a server for an HMAC of a fresh number and of the address that the question goes to.

    A sandbox may be killed, and another user's program may get its port; with the address in it,
    that program cannot have the question answered by a sandbox at another port.
    """
    nonce = secrets.token_hex(16)
    try:
        said = json.loads(ask(f"/healthz?nonce={nonce}"))["proof"]
        text = f"lumen-sandbox\0{origin}\0{nonce}".encode()
        expected = hmac.new(secret, text, "sha256").hexdigest()
        if not hmac.compare_digest(str(said).encode(), expected.encode()):
            raise NotProvenError("another answer")
    except (http.client.HTTPException, ValueError, LookupError, TypeError, RecursionError):
        raise NotProvenError("no such answer") from None


def read_key(api_key: str | None, origin: Origin) -> Key:
    """Return the key that was given, else the first one found, stripped and checked, as a `Key`.

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
            _warn_of(value)
            return Key(value, origin)
    finally:
        del api_key, value
    raise wrong


def look_for_key() -> str:
    """Return the first key that is found, with whatever spaces there are around it.

    Raises
    ------
    MissingKey
        If no place has one; the message names them all.

    """
    for source in (partial(os.environ.get, NAME), _keyring, _colab):
        value = source()
        if isinstance(value, str) and value.strip():
            return value
    raise _missing("No API key was found.")


def _keyring() -> Any:
    """Ask the system's keyring, where the package for it is installed."""
    # Each of its many backends raises in its own way: locked, headless, refused.
    with suppress(Exception):
        if "keyring" in sys.modules or importlib.util.find_spec("keyring"):
            keyring: Any = importlib.import_module("keyring")
            return keyring.get_password(KEYRING_SERVICE, KEYRING_USER)
    return None


def _colab() -> Any:
    """Ask Colab's secrets; a kernel there has loaded the module by itself."""
    if "google.colab" not in sys.modules:
        return None
    try:
        return importlib.import_module("google.colab.userdata").get(NAME)
    except Exception as error:  # noqa: BLE001 -- its errors cannot be imported elsewhere
        if type(error).__name__ != "NotebookAccessError":
            return None
        raise _missing(
            f"No API key was found. Colab has a secret {NAME}, but this notebook may not read "
            'it: switch "Notebook access" on beside it.'
        ) from None


def _missing(message: str) -> MissingKey:
    return MissingKey(
        message,
        next_step=f"Set {NAME}, store it with 'keyring set {KEYRING_SERVICE} {KEYRING_USER}', "
        "or pass api_key= to LumenClient. "
        'In a notebook, lumen.use("service") asks for it without keeping it.',
    )


def _wrong(value: object) -> LumenError | None:
    """Return what is wrong with a key, without its value."""
    if not isinstance(value, str):
        return AuthenticationError(
            f"The API key is a {type(value).__name__}, not text.",
            next_step="Pass the key as a string.",
        )
    if not value.strip():
        return MissingKey(
            "The API key that was given is empty.",
            next_step=f"Set {NAME} and leave api_key= out, or pass a key.",
        )
    # A bad character would make the HTTP library print the whole header in its error.
    if not all("!" <= character <= "~" for character in value.strip()):
        flaw = "a space, a line break or a non-ASCII character in it"
    elif len(value) > LONGEST:
        flaw = f"more than {LONGEST} characters"
    else:
        return None
    return AuthenticationError(
        f"The API key has {flaw}.", next_step="Copy the key again from the service's console."
    )


def _warn_of(value: str) -> None:
    """Warn of a key that looks like another service's, or that stands in a cell that was run.

    Of all places a cell is the one that is saved, shared and committed.
    """
    if "literal" not in _warned and any(value in cell for cell in _cells()):
        _warned.add("literal")
        warn(
            "The API key stands in a cell of this notebook, so it is now in IPython's history "
            "and will be saved in the notebook's file. Remove it from the cell, pass "
            f'os.environ["{NAME}"] or let lumen.use("service") ask for it, and replace the key '
            "in the service's console if the notebook was ever shared.",
            secret=value,
        )
    if not value.startswith(USUAL_PREFIX):
        warn(
            f"The API key does not begin with {USUAL_PREFIX}: is it one of this service?",
            secret=value,
        )


def _cells() -> list[str]:
    """Return the cells that were run in this session, oldest first; none outside IPython."""
    # Asked only if it is loaded already: a script never pays for IPython.
    ipython = sys.modules.get("IPython")
    get: Callable[[], Any] | None = getattr(ipython, "get_ipython", None)
    shell = None if get is None else get()
    cells = getattr(getattr(shell, "history_manager", None), "input_hist_raw", None)
    return [cell for cell in cells or () if isinstance(cell, str)]


def _forms(value: str) -> tuple[re.Pattern[bytes], ...]:
    """Return what finds a key in a server's words: whole, encoded, or its beginning and stars."""
    # Some services blot out the middle of the key that they refuse, and leave the rest.
    begun = value[: len(USUAL_PREFIX) + 8] if value.startswith(USUAL_PREFIX) else value
    # The last ends where the whole key may go on: only once all of that is taken out.
    return (
        re.compile(spellings(value)),
        re.compile(b"|".join(encodings(value))),
        re.compile(spellings(begun) + rb"[A-Za-z0-9_*.\-]{0,1000}"),
    )
