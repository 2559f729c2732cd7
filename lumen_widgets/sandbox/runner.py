"""The server's process: a socket, the web application on it, the workers, and their orderly end.

This is the one module that needs a machine with sockets and processes, and so the only one that
imports uvicorn and multiprocessing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import os
import signal
import socket
import sqlite3
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from lumen_widgets.sandbox.app import create_app
from lumen_widgets.sandbox.connection_limits import ConnectionLimits
from lumen_widgets.sandbox.errors import SandboxError
from lumen_widgets.sandbox.fetching import Fetcher
from lumen_widgets.sandbox.home import Home, Running, open_home, unusable
from lumen_widgets.sandbox.logs import logging_to
from lumen_widgets.sandbox.marked_answers import ABORT
from lumen_widgets.sandbox.picture_store import PictureStore
from lumen_widgets.sandbox.server_info import UPLOAD_SECONDS, ServerInfo
from lumen_widgets.sandbox.server_settings import Settings
from lumen_widgets.sandbox.store import Store
from lumen_widgets.sandbox.version import version
from lumen_widgets.sandbox.webhooks import deliver_due
from lumen_widgets.sandbox.worker import Worker
from lumen_widgets.sandbox.worker_pool import WorkerPool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

# How often the clock is looked at, in seconds: while tasks run, so that a webhook is on time, and
# while nothing does.
_BUSY_TICK = 0.05
_IDLE_TICK = 0.5
# How long an answer in work may take once the server is to end, in seconds.
_SHUTDOWN = 2

log = logging.getLogger(__name__)

# uvicorn warns of each request that is not HTTP: a log that anybody can fill is of no use.
_quiet_log = logging.getLogger(f"{__name__}.http")
_quiet_log.setLevel(logging.ERROR)


def serve(
    port: int = 0,
    home: Path | str | None = None,
    *,
    idle_seconds: float | None = None,
    limits: ConnectionLimits | None = None,
) -> None:
    """Run a sandbox in this process until SIGTERM or SIGINT.

    Once it answers it prints one line of JSON: ``{"url": …, "api_key": …}``.

    Parameters
    ----------
    port
        On 127.0.0.1; 0 takes a free one.
    home
        Its folder, for itself alone; None is the user's own.
    idle_seconds
        End after so long without a call; None is never.
    limits
        Of the connections; None is the usual ones.

    Raises
    ------
    SandboxError
        If the folder or the port cannot be used.

    Examples
    --------
    >>> serve(port=8080, home="my-sandbox")
    {"url": "http://127.0.0.1:8080", "api_key": "sk-lumen-sandbox-…"}

    """
    folder = open_home(home)
    with ExitStack() as stack:
        stack.enter_context(_private_files())
        listener = stack.enter_context(_listening(port))
        store = stack.enter_context(_opened_store(folder))
        try:
            stack.enter_context(logging_to(folder.log))
            info = ServerInfo(
                base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
                api_key=folder.key(),
                results=PictureStore(folder.folder("pictures")),
                uploads=PictureStore(folder.folder("uploads")),
                version=version(),
            )
        except OSError as error:
            raise unusable(folder.path, error) from None
        for pictures in (info.results, info.uploads):
            # A runtime folder is often in memory: it must not fill up with old pictures.
            pictures.prune(before=time.time() - UPLOAD_SECONDS)
        fetcher = Fetcher({info.result_url(""): info.results, info.upload_url(""): info.uploads})
        settings = Settings()
        renderer = WorkerPool(
            partial(
                Worker, multiprocessing.get_context("spawn"), fetcher, info.results, folder.log
            ),
            store,
            fetcher,
            info.results,
            settings.workers,
        )
        stack.callback(renderer.close)
        for task in store.recover():
            renderer.enqueue(task)
        app = _TimedApp(
            create_app(store, time.time, renderer, info, settings, aside=asyncio.to_thread)
        )
        fitted = (limits or ConnectionLimits()).fitted()
        asyncio.run(_Server(folder, listener, store, info, app, idle_seconds, fitted).run())


@dataclass
class _TimedApp:
    """The application, and when it was last called (on the monotonic clock)."""

    app: ASGIApp
    last_call: float = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, and note when it came."""
        self.last_call = time.monotonic()
        await self.app(scope, receive, send)


@dataclass
class _Server:
    """One server from its first answer to its end."""

    folder: Home
    listener: socket.socket
    store: Store
    info: ServerInfo
    app: _TimedApp
    idle_seconds: float | None
    limits: ConnectionLimits

    async def run(self) -> None:
        server = uvicorn.Server(
            uvicorn.Config(
                self.app,
                loop="asyncio",
                http=_limited_connection(self.limits),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=self.limits.backlog,
                h11_max_incomplete_event_size=self.limits.max_head_bytes,
                timeout_graceful_shutdown=_SHUTDOWN,
            )
        )
        with _signals_stop_the_server():
            serving = asyncio.create_task(server.serve(sockets=[self.listener]))
            while not (server.started or serving.done()):  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0)
            failure: OSError | None = None
            opened: os.stat_result | None = None
            try:
                opened = self.folder.database.stat()
                self._announce()
            except OSError as error:
                failure, server.should_exit = error, True
            delivery: asyncio.Task[None] | None = None
            while not serving.done():
                tick = _IDLE_TICK
                # A full disk ends no server: there may be room again, and it says what is wrong.
                with _logged_errors():
                    now = time.time()
                    self.store.advance(now)
                    if (delivery is None or delivery.done()) and self.store.deliveries_due(now):
                        delivery = asyncio.create_task(self._deliver(server))
                    server.should_exit |= self._is_idle()
                    self._keep_running_file(opened)
                    tick = _BUSY_TICK if self.store.unfinished() else _IDLE_TICK
                await asyncio.wait({serving}, timeout=tick)
            if delivery is not None:
                with _logged_errors():
                    await delivery
            with _logged_errors():
                self.folder.remove_running()
            await serving
            if failure is not None:
                raise unusable(self.folder.path, failure)

    def _announce(self) -> None:
        self.app.last_call = time.monotonic()
        info = self.info
        self.folder.write_running(self._running())
        print(json.dumps({"url": info.base_url, "api_key": info.api_key}), flush=True)  # noqa: T201 - what the command is for

    def _running(self) -> Running:
        info = self.info
        return Running(info.version, info.base_url, info.api_key, os.getpid())

    def _keep_running_file(self, opened: os.stat_result | None) -> None:
        """Write the runtime file again if it was deleted: without it no notebook finds the server.

        Not where the whole folder was: the next server's is in its place.
        """
        database = self.folder.database
        if opened is None or self.folder.read_running() is not None or not database.exists():
            return
        if os.path.samestat(opened, database.stat()):
            self.folder.write_running(self._running())

    def _is_idle(self) -> bool:
        if self.idle_seconds is None or self.store.unfinished():
            return False
        return time.monotonic() - self.app.last_call > self.idle_seconds

    async def _deliver(self, server: uvicorn.Server) -> None:
        await asyncio.to_thread(
            deliver_due, self.store, time.time, self.info.result_url, lambda: server.should_exit
        )


def _limited_connection(limits: ConnectionLimits) -> type[H11Protocol]:
    """Return the class of the connections of one server, for uvicorn."""
    return type("Connection", (_LimitedConnection,), {"limits": limits, "waiting": {}})


class _LimitedConnection(H11Protocol):
    """A connection that ends in time, and of which there is a limited number.

    uvicorn waits without end for a head or a body that comes byte by byte, and for a client that
    does not read. Anybody on this machine may connect, also without the key; with these limits
    they can neither use up the files of this process nor keep the user's own calls out.
    """

    limits: ClassVar[ConnectionLimits]
    # Those that have no call in work, or one whose answer is not read, the oldest first.
    waiting: ClassVar[dict[asyncio.Protocol, asyncio.Transport]]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.logger = _quiet_log
        self.app = partial(self._call_app, self.app)
        self._timer: asyncio.TimerHandle | None = None
        self._timed: object = None

    async def _call_app(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call, with what an answer needs that is a lost connection."""
        scope.setdefault("extensions", {})[ABORT] = self.transport.abort
        await app(scope, receive, send)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in the class above
        super().connection_made(transport)
        self.waiting[self] = transport
        self._end_in(self.limits.head_seconds)
        if len(self.connections) > self.limits.max_connections:
            self.waiting.pop(next(iter(self.waiting))).abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._sort()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.get_write_buffer_size():
            self._end_in(self.limits.head_seconds)
        self._sort()

    def send_400_response(self, msg: str) -> None:
        # A call that breaks off in its body may be in work, or answered. uvicorn would answer it
        # once more, and what h11 raises then fills the log.
        cycle: Any = self.cycle  # None before the first call, which its type does not say
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
        with suppress(h11.LocalProtocolError):  # answered before, or a HEAD
            super().send_400_response(msg)
        self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._sort()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._sort()

    def _sort(self) -> None:
        """Keep the time of a new call, and note whether there is one in work."""
        cycle: Any = self.cycle  # None before the first call, which its type does not say
        if cycle is not self._timed:
            self._timed = cycle
            if not cycle.response_complete:
                self._end_in(self.limits.call_seconds)
        if cycle is None or cycle.response_complete or self.flow.write_paused:
            if not self.transport.is_closing():
                self.waiting.setdefault(self, self.transport)
        else:
            self.waiting.pop(self, None)

    def _end_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # Not closed: that would wait until the other side has read what is still to be sent.
        self._timer = self.loop.call_later(seconds, self.transport.abort)


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    # The protocol is named because asyncio switches Nagle's delay off only where it is: without,
    # each answer takes 44 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with listener:
        if os.name == "posix":
            # Elsewhere this would let two servers have the same port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        elif sys.platform == "win32":
            # There another user's program could have the same port, and get the calls.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise SandboxError(
                f"Port {port} cannot be used ({error}). Port 0 takes a free one."
            ) from None
        yield listener


@contextmanager
def _opened_store(folder: Home) -> Iterator[Store]:
    try:
        store = Store(folder.database, now=time.time())
    except sqlite3.Error as error:
        raise SandboxError(
            f"The sandbox cannot use its database {folder.database} ({error})."
            " If another sandbox runs in that folder, use that one or choose another folder;"
            " if none does, delete the folder."
        ) from None
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _logged_errors() -> Iterator[None]:
    """Log that a file cannot be written, and go on."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        log.error("the folder cannot be written: %s", error)  # noqa: TRY400 - where is plain


@contextmanager
def _private_files() -> Iterator[None]:
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _signals_stop_the_server() -> Iterator[None]:
    """Let uvicorn's handlers stop the server, and what it raises again afterwards do no more."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, lambda _number, _frame: None)
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
