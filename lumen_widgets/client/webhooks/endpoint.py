"""The web server of a webhook receiver: one path on loopback, one POST a connection, empty answers.

The one module of the client that imports a web server. uvicorn and starlette are installed for the
sandbox anyway, and well maintained: they handle malformed requests. What they do not limit is
limited here: the size of a body, and the time and the number of connections.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
import socket
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import h11
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from lumen_widgets.core.errors import LumenError
from lumen_widgets.core.polling.scheduler import start_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from lumen_widgets.client.webhooks.settings import ReceiverSettings

# Seconds that `stop` waits for the thread, which checks ten times a second whether it should exit.
_STOP_TIMEOUT = 5.0

# uvicorn warns of each request that is not HTTP, and without a handler a warning is printed into
# the cell, where it does not belong.
_log = logging.getLogger(__name__)
_log.setLevel(logging.ERROR)


def listen(port: int, backlog: int) -> socket.socket:
    """Return a socket that listens on 127.0.0.1.

    Parameters
    ----------
    port
        0 takes a free one.
    backlog
        How many connections may wait for the thread.

    Raises
    ------
    LumenError
        If the port cannot be used.

    """
    # The protocol is named because asyncio switches Nagle's delay off only where it is: without,
    # each answer takes 44 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            # Elsewhere this would let two servers have the same port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        # From here on calls wait for the thread instead of being refused.
        listener.listen(backlog)
    except OSError as error:
        listener.close()
        raise LumenError(
            f"The webhook receiver cannot use port {port} ({error}).",
            next_step="Give another one, or leave port out for a free one.",
        ) from None
    return listener


class Endpoint:
    """A server that runs in a daemon thread, from its making until `stop`.

    Parameters
    ----------
    listener
        What `listen` returned; closed at the end.
    token
        The last part of the only path.
    receive
        Called with body, signature and timestamp of a call; says whether it was the service's.
        It must take no time.
    settings
        Limits and times.

    """

    def __init__(
        self,
        listener: socket.socket,
        token: str,
        receive: Callable[[bytes, str, str], bool],
        settings: ReceiverSettings,
    ) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                _Application(token, receive, settings.max_body_bytes),
                loop="asyncio",
                http=_limited_connection(settings),
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                # False would switch off the log of another server in this process; see below.
                access_log=True,
                proxy_headers=False,
                server_header=False,
                date_header=False,
            )
        )
        # A daemon: an interpreter that exits does not wait for calls.
        purpose = "the webhook receiver, which does not run"
        try:
            self._thread = start_thread(partial(self._run, listener), "lumen-webhooks", purpose)
        except BaseException:
            listener.close()
            raise

    def stop(self) -> None:
        """Accept no more calls and end the thread."""
        self._server.should_exit = True
        self._thread.join(_STOP_TIMEOUT)

    def _run(self, listener: socket.socket) -> None:
        with listener:
            asyncio.run(self._server.serve(sockets=[listener]))


class _Application:
    """Answers a call with a status code and an empty body."""

    def __init__(
        self, token: str, receive: Callable[[bytes, str, str], bool], max_body_bytes: int
    ) -> None:
        self._token = token.encode()
        self._receive = receive
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            status = await self._status(Request(scope, receive))
        except ClientDisconnect:
            return
        # A connection for each call: then the time of a connection is that of a call, and bytes
        # after a body are never read as a second call.
        headers = {"Connection": "close"}
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = "POST"
        await Response(status_code=status, headers=headers)(scope, receive, send)

    async def _status(self, request: Request) -> int:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > self._max_body_bytes:
                return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        signatures = request.headers.getlist("x-lumen-signature")
        timestamps = request.headers.getlist("x-lumen-timestamp")
        # The service sends one of each; of two, one was added on the way.
        if len(signatures) != 1 or len(timestamps) > 1:
            return HTTPStatus.UNAUTHORIZED
        verified = self._receive(body, signatures[0], timestamps[0] if timestamps else "")
        return HTTPStatus.NO_CONTENT if verified else HTTPStatus.UNAUTHORIZED

    def _refusal(self, request: Request) -> int | None:
        """Return what to answer before a byte of the body is read, None to read it."""
        # Only the last part counts: a tunnel or a proxy may keep or drop what comes before it. The
        # token is a secret, so it is compared in constant time too.
        last = request.scope["path"].rpartition("/")[2]
        if not hmac.compare_digest(last.encode("utf-8", "surrogatepass"), self._token):
            return HTTPStatus.NOT_FOUND
        if request.method != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        headers = request.headers
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            # Nothing is ever unpacked: a few bytes may unpack to gigabytes.
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        length = headers.get("content-length")
        if length is not None and "transfer-encoding" in headers:
            # Two ways to say where the body ends are two bodies, one for each server on the way.
            return HTTPStatus.BAD_REQUEST
        too_long = length is not None and int(length) > self._max_body_bytes
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_long else None


def _limited_connection(settings: ReceiverSettings) -> type[H11Protocol]:
    """Return the class of connections that end in time, and of which there is a limited number."""

    class Connection(H11Protocol):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self.logger = _log
            # A line of that log has the path, which is a secret.
            self.access_log = False
            self._timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in the class above
            super().connection_made(transport)
            if len(self.connections) > settings.max_connections:
                transport.abort()
                return
            self._timer = self.loop.call_later(settings.call_timeout, transport.abort)

        def connection_lost(self, exc: Exception | None) -> None:
            if self._timer is not None:
                self._timer.cancel()
            super().connection_lost(exc)

        def send_400_response(self, msg: str) -> None:
            # A call that breaks off in its body may be in work, or answered. uvicorn would answer
            # it once more, and what h11 raises then is printed into the cell.
            cycle: Any = self.cycle  # None before the first call, which its type does not say
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
            with suppress(h11.LocalProtocolError):  # answered before, or a HEAD
                super().send_400_response(msg)
            self.transport.close()

        def shutdown(self) -> None:
            # The receiver stops: what is still being sent would not be read.
            self.transport.abort()

    return Connection
