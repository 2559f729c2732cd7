"""The sandbox's application in this process: no socket, no thread, and a clock that tests move."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lumen_widgets.sandbox.app import Aside, create_app, in_line
from lumen_widgets.sandbox.picture_store import PictureStore
from lumen_widgets.sandbox.server_info import ServerInfo
from lumen_widgets.sandbox.server_settings import Settings
from lumen_widgets.sandbox.store import Store
from lumen_widgets.sandbox.tasks import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.types import ASGIApp, Message

    from lumen_widgets.sandbox.tasks import Task

KEY = "sk-lumen-local-for-tests"
ORIGIN = "http://127.0.0.1:4000"
LATENCY = 10.0


@dataclass
class Answer:
    """What the application answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body's JSON."""
        return json.loads(self.body)


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        """Return unix seconds."""
        return self.now


@dataclass
class Collector:
    """A renderer that only notes what it was given; the test says when it is drawn."""

    store: Store
    tasks: list[Task] = field(default_factory=list)
    workers: int | None = None

    def enqueue(self, task: Task) -> None:
        """Note a task."""
        self.tasks.append(task)

    def set_workers(self, count: int) -> None:
        """Note how many are to draw."""
        self.workers = count

    def finish(self, outcome: Outcome | None = None) -> None:
        """Say that all tasks are drawn."""
        for task in self.tasks:
            self.store.record(task.id, outcome or Outcome(pictures=("a.png",) * task.spec.n))
        self.tasks.clear()


class InProcess:
    """A sandbox without a server."""

    def __init__(
        self,
        folder: Path,
        database: Path | str = ":memory:",
        *,
        store: type[Store] = Store,
        aside: Aside = in_line,
    ) -> None:
        self.clock = Clock()
        self.store = store(database, now=self.clock.now)
        self.renderer = Collector(self.store)
        results, uploads = (PictureStore(folder / name) for name in ("results", "uploads"))
        for pictures in (results, uploads):
            pictures.folder.mkdir(exist_ok=True)
        self.info = ServerInfo(ORIGIN, KEY, results, uploads, version="1.2.3")
        settings = Settings(latency=(LATENCY, LATENCY))
        self.app = create_app(
            self.store, self.clock, self.renderer, self.info, settings, aside=aside
        )

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        query: str = "",
    ) -> Answer:
        """Make a call with the key; a body that is not bytes is sent as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Host": "127.0.0.1:4000", "Authorization": f"Bearer {KEY}", **(headers or {})}
        return step(self.app, method, path, sent, b"" if body is None else raw, query=query)

    def submit(self, call: str = "generations", **body: Any) -> Answer:
        """Submit a task, by default one that is accepted."""
        body = {"model": "gpt-image-2-low", "prompt": "a cat", **body}
        return self.call("POST", f"/v1/images/{call}", body)

    def status(self, task_id: str) -> Any:
        """Return the answer to the status call."""
        return self.call("GET", f"/v1/images/generations/{task_id}").json()

    def set(self, **changes: Any) -> Answer:
        """Change settings."""
        return self.call("POST", "/sandbox/settings", changes)

    def account(self) -> Any:
        """Return the account."""
        return self.call("GET", "/sandbox/account").json()


def step(
    app: ASGIApp,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    *,
    query: str = "",
) -> Answer:
    """Make a call by stepping through the application without an event loop.

    An application that waited for anything would yield, and fail here.
    """
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "scheme": "http",
        "http_version": "1.1",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    coroutine: Any = app(scope, receive, send)
    try:
        coroutine.send(None)
    except StopIteration:
        start, *rest = messages
        return Answer(
            start["status"],
            {name.decode(): value.decode() for name, value in start["headers"]},
            b"".join(message.get("body", b"") for message in rest),
        )
    raise AssertionError("the application waits for something")
