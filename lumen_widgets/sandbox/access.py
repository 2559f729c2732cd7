"""Who may call: the middleware that lets in calls to loopback alone, and the check of the key."""

from __future__ import annotations

import hmac
import logging
import time
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from lumen_widgets.sandbox.errors import Refusal
from lumen_widgets.sandbox.loopback import is_loopback_host

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# HTTP's first number for a call that was not carried out.
_REFUSED = 400

# Letters of a method that are logged: no method of HTTP's has more.
_LONGEST_METHOD = 7

log = logging.getLogger(__name__)


class LoopbackOnly:
    """Refuses a call whose Host is not loopback, and logs each that asks for or changes something.

    A web page can make its own name resolve to 127.0.0.1 and then call this server as if it were
    its own ("DNS rebinding"); its name in the Host header gives it away. No CORS header is ever
    sent either: programs call the sandbox, pages have no reason to.

    Parameters
    ----------
    app
        The application behind it.

    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        if scope["type"] != "http":
            return
        began = time.perf_counter()
        status = 0

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            if _host_is_loopback(scope):
                await self._app(scope, receive, note_status)
            else:
                refusal = Refusal(400, "invalid_host", "the sandbox answers on 127.0.0.1 only")
                await error_response(refusal)(scope, receive, note_status)
        finally:
            # The name of what answered, never the path or a header: those may hold a key.
            name = getattr(scope.get("endpoint"), "__name__", "-")
            spent = 1000 * (time.perf_counter() - began)
            # A poller's questions would fill the log with nothing.
            level = (
                logging.DEBUG if scope["method"] == "GET" and status < _REFUSED else logging.INFO
            )
            # anybody may send one that is as long as a head
            method = scope["method"][:_LONGEST_METHOD]
            log.log(level, "%s %s %d %.1f ms", method, name, status, spent)


def require_key(request: Request, api_key: str) -> None:
    """Let a call with the sandbox's key pass; raises `Refusal` (401) for any other."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    # Compared as bytes: text with letters beyond ASCII cannot be compared in constant time.
    if scheme.lower() != "bearer" or not hmac.compare_digest(
        key.strip().encode(), api_key.encode()
    ):
        raise Refusal(401, "unauthorized", "the API key is missing or wrong")


def error_response(refusal: Refusal) -> JSONResponse:
    """Return the answer that a refusal is."""
    headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else {}  # noqa: PLR2004 - HTTP's number for this header
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    content = {"error": {"code": refusal.code, "message": refusal.message}}
    return JSONResponse(content, refusal.status, headers)


def _host_is_loopback(scope: Scope) -> bool:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1:
        return False
    host = hosts[0].decode("latin-1")
    # "[::1]:80" has its colons within brackets; any other host ends at its first colon.
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return is_loopback_host(name)
