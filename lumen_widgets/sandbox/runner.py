"""The server's process: a socket, the web application on it, the worker, and their orderly end.

This is the one module that needs a machine with sockets and processes, and so the only one that
imports uvicorn and multiprocessing.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import secrets
import signal
import socket
import sqlite3
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from lumen_widgets.sandbox.app import UPLOAD_SECONDS, create_app
from lumen_widgets.sandbox.errors import SandboxError
from lumen_widgets.sandbox.fetching import Fetcher
from lumen_widgets.sandbox.home import Home, Running, open_home
from lumen_widgets.sandbox.logs import logging_to
from lumen_widgets.sandbox.picture_store import PictureStore
from lumen_widgets.sandbox.server_info import ServerInfo
from lumen_widgets.sandbox.store import Store
from lumen_widgets.sandbox.version import version
from lumen_widgets.sandbox.webhooks import deliver_due
from lumen_widgets.sandbox.worker import WorkerRenderer

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


def serve(
    port: int = 0, home: Path | str | None = None, *, idle_seconds: float | None = None
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

    Raises
    ------
    SandboxError
        If the folder or the port cannot be used.

    Examples
    --------
    >>> serve(port=8080, home="my-sandbox")
    {"url": "http://127.0.0.1:8080", "api_key": "sk-lumen-local-…"}

    """
    folder = open_home(home)
    with ExitStack() as stack:
        stack.enter_context(_private_files())
        listener = stack.enter_context(_listening(port))
        store = stack.enter_context(_opened_store(folder))
        stack.enter_context(logging_to(folder.log))
        info = ServerInfo(
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
            api_key=f"sk-lumen-local-{secrets.token_urlsafe(24)}",
            results=PictureStore(folder.folder("pictures")),
            uploads=PictureStore(folder.folder("uploads")),
            version=version(),
        )
        for pictures in (info.results, info.uploads):
            # A runtime folder is often in memory: it must not fill up with old pictures.
            pictures.prune(before=time.time() - UPLOAD_SECONDS)
        fetcher = Fetcher({info.result_url(""): info.results, info.upload_url(""): info.uploads})
        renderer = WorkerRenderer(
            multiprocessing.get_context("spawn"), store, fetcher, info.results, folder.log
        )
        stack.callback(renderer.close)
        for task in store.recover():
            renderer.enqueue(task)
        app = _TimedApp(create_app(store, time.time, renderer, info))
        asyncio.run(_Server(folder, listener, store, info, app, idle_seconds).run())


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

    async def run(self) -> None:
        server = uvicorn.Server(
            uvicorn.Config(
                self.app,
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=_SHUTDOWN,
            )
        )
        with _signals_stop_the_server():
            serving = asyncio.create_task(server.serve(sockets=[self.listener]))
            while not (server.started or serving.done()):  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0)
            self._announce()
            delivery: asyncio.Task[None] | None = None
            while not serving.done():
                now = time.time()
                self.store.advance(now)
                if (delivery is None or delivery.done()) and self.store.deliveries_due(now):
                    delivery = asyncio.create_task(self._deliver(server))
                server.should_exit |= self._is_idle()
                tick = _BUSY_TICK if self.store.unfinished() else _IDLE_TICK
                await asyncio.wait({serving}, timeout=tick)
            if delivery is not None:
                await delivery
            self.folder.remove_running()
            await serving

    def _announce(self) -> None:
        self.app.last_call = time.monotonic()
        info = self.info
        self.folder.write_running(Running(info.version, info.base_url, info.api_key, os.getpid()))
        print(json.dumps({"url": info.base_url, "api_key": info.api_key}), flush=True)  # noqa: T201 - what the command is for

    def _is_idle(self) -> bool:
        if self.idle_seconds is None or self.store.unfinished():
            return False
        return time.monotonic() - self.app.last_call > self.idle_seconds

    async def _deliver(self, server: uvicorn.Server) -> None:
        await asyncio.to_thread(
            deliver_due, self.store, time.time, self.info.result_url, lambda: server.should_exit
        )


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    # The protocol is named because asyncio switches Nagle's delay off only where it is: without,
    # each answer takes 44 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with listener:
        if os.name == "posix":
            # Elsewhere this would let two servers have the same port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
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
