"""The way to the service and back: signed requests out, capped answers in, nothing repeated."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import zlib
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NewConnectionError
from urllib3.response import HTTPResponse

from lumen_widgets.core.errors import redact
from lumen_widgets.core.http.connection import (
    HTTP_ERRORS,
    ForeignError,
    NotProvenError,
    SendGuard,
    SentOnce,
    guarded_copy,
    read_header,
    read_pieces,
    reading,
    send_through,
)
from lumen_widgets.core.signal import forked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests.adapters import BaseAdapter

    from lumen_widgets.core.http.keys import Key
    from lumen_widgets.core.http.origin import Origin

# Answers are a few hundred bytes of JSON; a page of HTML from a proxy may be some hundred kB.
MAX_ANSWER_BYTES = 1 << 20

# What zlib unpacks; whatever else a body is packed with, it stays packed, and is read as no answer.
_ZLIB = frozenset({"gzip", "x-gzip", "deflate"})

# With 32 zlib tells gzip and its own kind apart; some servers leave the head of both out.
_ZLIB_KINDS = (32 + zlib.MAX_WBITS, -zlib.MAX_WBITS)

# Where services and the proxies before them put the id that support asks for.
_REQUEST_ID_HEADERS = ("X-Request-Id", "Request-Id", "X-Amzn-RequestId", "CF-Ray")

# What to say of an error, by the kind of it or of what it wraps; the first that fits.
_WORDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (SentOnce, "the connection was lost, and the session's adapter wanted to send it once more"),
    (
        NotProvenError,
        "the server there did not prove that it is the sandbox, which must be started again",
    ),
    (
        requests.exceptions.InvalidSchema,
        "a SOCKS proxy is set without the package PySocks, or the session has no adapter for it",
    ),
    (
        (requests.exceptions.InvalidURL, LocationParseError),
        "its address, or that of the proxy which is set, cannot be used",
    ),
    (requests.exceptions.InvalidHeader, "a header of the session cannot be sent"),
    (socket.gaierror, "its name could not be resolved"),
    (requests.exceptions.ProxyError, "the proxy refused or failed"),
    (http.client.RemoteDisconnected, "the connection was closed without an answer"),
    (ConnectionRefusedError, "the connection was refused"),
    ((ConnectionResetError, BrokenPipeError), "the connection was reset"),
    (requests.ConnectTimeout, "no connection in time"),
    ((requests.Timeout, TimeoutError), "no answer in time"),
    ((ssl.SSLError, requests.exceptions.SSLError), "TLS failed"),
    (
        (requests.exceptions.ChunkedEncodingError, http.client.IncompleteRead),
        "the connection ended before the answer did",
    ),
)


class NotSentError(Exception):
    """Not one byte of the request was written.

    Parameters
    ----------
    why
        Why not, in words.
    is_lasting
        Whether it is a setting's fault, such as a proxy's address, which no second try mends.

    """

    def __init__(self, why: str, *, is_lasting: bool = False) -> None:
        super().__init__(why)
        self.is_lasting = is_lasting


class NoAnswerError(Exception):
    """The request may have been written, and no answer can be had."""


@dataclass(frozen=True)
class Answer:
    """What came back: status, the headers that count, and as much of the body as could be read."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def json(self, *, guess: bool = False) -> Any:
        """Return the body as JSON, or None where it is none.

        Bytes that are no text count for one letter each: a message that was cut within a letter
        takes neither a task's id nor its status along. What an object says twice, in two ways, it
        does not say: parsers differ in which of both they take. With `guess` it is the last.
        """
        try:
            text = self.body.decode(json.detect_encoding(self.body), "replace")
            return json.loads(text, object_pairs_hook=dict if guess else _said_once)
        except (ValueError, RecursionError):
            return None

    @property
    def request_id(self) -> str | None:
        """The service's id of the request, if it gave one that can be printed."""
        for name in _REQUEST_ID_HEADERS:
            value = self.headers.get(name, "")
            if value and value.isascii() and value.isprintable():
                return value[:100]
        return None


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    doubtful = {name for name, value in pairs if value != found[name]}
    return {name: value for name, value in found.items() if name not in doubtful}


class Transport:
    """Sends requests to one origin.

    Redirects are never followed, the environment's proxies are used (never for loopback), a
    netrc file is never read.

    Parameters
    ----------
    origin
        Where requests go.
    key
        Signs them; a sandbox's is sent to no server that has not proved that it knows it.
    session
        Brings adapters, proxies, headers and TLS settings; its connection pools are left alone.

    """

    def __init__(self, origin: Origin, key: Key, session: requests.Session) -> None:
        self.origin = origin
        self.key = key
        self._session = session
        self._pooled: tuple[BaseAdapter, BaseAdapter] | None = None
        # else requests reads the whole environment, twice, for proxies that are not used here
        self._proxies = {"no_proxy": origin.host} if origin.is_loopback else {}
        forked.connect_method(self.after_fork)

    def after_fork(self, _: None) -> None:
        """Read no answer from a connection of the parent."""
        self._pooled = None

    def get(self, *path: str, deadline: float) -> Answer:
        """Ask for ``/path``, on a kept connection if there is one.

        Raises
        ------
        NotSentError, NoAnswerError
            If no answer came by `deadline` (as `time.monotonic` counts).

        """
        url = self._url(path)
        return self._send("GET", url, None, self._pooled_adapter(url), SendGuard(deadline))

    def post(self, *path: str, body: bytes, guard: SendGuard) -> Answer:
        """Send JSON text to ``/path`` on a connection of its own.

        A pooled connection that a middlebox has dropped looks just like a request that was
        accepted before the connection was lost; only a fresh one tells them apart.

        Raises
        ------
        NotSentError
            If certainly nothing left: then, and only then, it may be sent again.
        NoAnswerError
            If something may have left, and no answer can be had.

        """
        url = self._url(path)
        adapter = self._adapter(url)
        if getattr(getattr(adapter, "send", None), "__func__", None) is not HTTPAdapter.send:
            # One of the user's own may send it elsewhere, as through another adapter inside of it:
            # until a connection reports, what left is not known.
            try:
                guard.watch(watched=False)
            except ConnectTimeoutError:
                raise NotSentError("no connection in time") from None
        if not isinstance(adapter, HTTPAdapter):
            return self._send("POST", url, body, adapter, guard)
        with closing(guarded_copy(adapter)) as fresh:
            return self._send("POST", url, body, fresh, guard)

    def _url(self, path: tuple[str, ...]) -> str:
        """Return the URL of a path, each segment percent-encoded."""
        return "/".join((self.origin.url, *(quote(segment, safe="") for segment in path)))

    def _adapter(self, url: str) -> BaseAdapter:
        try:
            return self._session.get_adapter(url)
        except requests.exceptions.InvalidSchema as error:
            raise NotSentError(describe(error), is_lasting=True) from None

    def _pooled_adapter(self, url: str) -> BaseAdapter:
        adapter = self._adapter(url)
        if not isinstance(adapter, HTTPAdapter):
            return adapter
        if self._pooled is None or self._pooled[0] is not adapter:
            self._pooled = adapter, guarded_copy(adapter)
        return self._pooled[1]

    def _send(
        self, method: str, url: str, body: bytes | None, adapter: BaseAdapter, guard: SendGuard
    ) -> Answer:
        headers = {
            "Accept": "application/json",
            # A compressed answer could unpack to anything; these are small.
            "Accept-Encoding": "identity",
            "User-Agent": "lumen_widgets",
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            prepared = self._session.prepare_request(
                requests.Request(method, url, headers=headers, data=body, auth=self.key)
            )
            found = self._session.merge_environment_settings(
                url, self._proxies, stream=True, verify=None, cert=None
            )
        except HTTP_ERRORS as error:
            raise NotSentError(describe(error), is_lasting=isinstance(error, ValueError)) from None
        failure: NotSentError | NoAnswerError
        guard.verify = self.key.verify if self.key.is_sandbox else None
        try:
            response = send_through(
                adapter,
                guard,
                prepared,
                verify=found["verify"],
                cert=found["cert"],
                proxies={} if self.origin.is_loopback else found["proxies"],
            )
        except HTTP_ERRORS as error:
            if guard.surely_unsent or (not guard.sent and _never_connected(error)):
                failure = NotSentError(describe(error), is_lasting=isinstance(error, ValueError))
            else:
                failure = NoAnswerError(describe(error))
        except BaseException as error:
            # It was cancelled, or ended with its thread: only a connection that reports, or the
            # error itself, can tell that nothing left.
            if not (guard.surely_unsent or _never_connected(error)):
                guard.sent = True
            # Below are frames with the request's headers in them.
            redact(error)
            raise
        else:
            # There is an answer: it left, whatever can be read of what an adapter returns.
            guard.sent = True
            with reading(response):
                return self._read(response)
        finally:
            # The one is signed, the other may hold a webhook's secret.
            del prepared, body
        # Raised out here, so that the library's error, which has the request, is not its context.
        raise failure

    def _read(self, response: requests.Response) -> Answer:
        # Headers and body without the key: servers that refuse one like to repeat it.
        headers = {
            name: self.key.hide(value.encode("utf-8", "replace")).decode("utf-8", "replace")
            for name in (*_REQUEST_ID_HEADERS, "Retry-After", "Location")
            if (value := read_header(response, name)) is not None
        }
        body = _in_utf8(read_body(response))
        return Answer(response.status_code, headers, self.key.hide(body))


def read_body(response: requests.Response) -> bytes:
    """Return a response's body, at most `MAX_ANSWER_BYTES` of it, however it is packed.

    A body that breaks off still says something: what came before is returned. One that was
    compressed although nobody asked for it, as some proxies do, is unpacked here and up to the same
    size; urllib3, in some of its versions, would unpack all that a server likes.
    """
    body = bytearray()
    with suppress(*HTTP_ERRORS):
        for piece in read_pieces(response):
            body += piece
            if len(body) > MAX_ANSWER_BYTES:
                break
    packing = (read_header(response, "Content-Encoding") or "").strip().lower()
    if packing not in _ZLIB or not isinstance(response.raw, HTTPResponse):
        return bytes(body)
    for kind in _ZLIB_KINDS:
        with suppress(zlib.error):
            return zlib.decompressobj(kind).decompress(body, MAX_ANSWER_BYTES)
    return bytes(body)


def _in_utf8(body: bytes) -> bytes:
    """Return JSON of another encoding in UTF-8, so that secrets are found in it."""
    encoding = json.detect_encoding(body)
    if encoding.startswith("utf-8"):
        return body
    text = body.decode(encoding, "replace")
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return body
    return text.encode("utf-8", "replace")


def describe(error: BaseException) -> str:
    """Return what went wrong in a few words of our own.

    The error's own text may hold URLs with passwords of a proxy, or headers.

    Examples
    --------
    >>> describe(ConnectionRefusedError())
    'the connection was refused'

    """
    causes = _causes(error)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate was not accepted: {cause.verify_message}"
    for kinds, words in _WORDS:
        if any(isinstance(cause, kinds) for cause in causes):
            return words
    kind = type(error.__cause__ if isinstance(error, ForeignError) else error)
    return f"the connection failed ({kind.__name__})"


def _never_connected(error: BaseException) -> bool:
    """Say whether the kind of an error alone tells that no connection was ever opened."""
    return isinstance(error, requests.ConnectTimeout) or any(
        isinstance(cause, NewConnectionError | ConnectTimeoutError) for cause in _causes(error)
    )


def _causes(error: BaseException) -> list[BaseException]:
    """Return an error and what it wraps, in `args`, ``reason`` or as its cause, outermost first.

    One of the user's own may not let itself be looked at; then it wraps nothing.
    """
    found: list[BaseException] = []
    todo: list[Any] = [error]
    while todo and len(found) < 20:  # noqa: PLR2004 -- chains are 3 or 4 deep; this ends a loop
        one = todo.pop(0)
        if isinstance(one, BaseException) and all(one is not other for other in found):
            found.append(one)
            with suppress(Exception):
                todo += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return found
