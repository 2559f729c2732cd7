"""The same over real sockets and in real time: every way to poll at once, against one server."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from lumen_widgets.client import Request, WebhookReceiver
from lumen_widgets.client.webhooks.deliveries import WebhookOption
from lumen_widgets.core.http.keys import Key
from lumen_widgets.core.http.origin import Origin
from lumen_widgets.core.http.transport import Transport
from lumen_widgets.core.options import Options
from lumen_widgets.core.pictures.downloads import FetchedPicture
from lumen_widgets.core.polling.pace import Paces
from lumen_widgets.core.polling.poller import TaskPoller
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.task import TaskState
from tests.client.service import png
from tests.simulation import KEY, Measured, PaceEach, Seen, measured
from tests.webhooks.calling import body_of, call

if TYPE_CHECKING:
    from collections.abc import Sequence
    from http.server import HTTPServer

    from lumen_widgets.client import Task
    from lumen_widgets.core.polling.pace import Pace

_PICTURE = png()

# Seconds between two submits of one way to poll.
_GAP = 1.0


class _Server(ThreadingHTTPServer):
    """Answers for tasks that end at their times; it is asked for nothing but their state."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tasks: dict[str, Seen] = {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # an answer in two pieces would wait for the client's acknowledgement
    wbufsize = -1

    def do_GET(self) -> None:
        """Say how the task is."""
        task_id = urlsplit(self.path).path.rpartition("/")[2]
        seen, now = _tasks_of(self.server)[task_id], time.monotonic()
        seen.asked.append(now)
        over = {"status": "succeeded", "data": [{"url": "http://127.0.0.1/picture"}]}
        answer = over if now >= seen.ends else {"status": "processing"}
        body = json.dumps({"id": task_id, **answer}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


def _tasks_of(server: HTTPServer | object) -> dict[str, Seen]:
    assert isinstance(server, _Server)
    return server.tasks


class _PaceOfAll(Paces):
    """Gives all tasks one pace, which has learnt how long like tasks took."""

    def __init__(self, kind: type[Pace], before: Sequence[float]) -> None:
        super().__init__()
        self._pace = kind(is_local=False)
        self._pace.learn(before)

    def of(self, _origin: Origin, _request: Request) -> Pace:
        """Return that pace."""
        return self._pace


class _Way:
    """One way to poll, with a scheduler of its own, and its tasks."""

    def __init__(self, name: str, server: _Server, paces: Paces, hook: str | None) -> None:
        self.tasks: list[Task] = []
        self._name = name
        self._server = server
        self._body = {} if hook is None else {"webhook_url": hook}
        self._scheduler = Scheduler(paces=paces)
        session = requests.Session()
        session.trust_env = False
        # on this machine, but asked at the service's pace
        origin = Origin(f"http://127.0.0.1:{server.server_port}", "127.0.0.1", is_loopback=False)
        self._transport = Transport(origin, Key(KEY, origin), session)

    def begin(self, seconds: float) -> Task:
        """Have one more task followed, which the service takes at this moment."""
        request = Request("generations", self._body)
        # names that need no escaping in an address
        task_id = f"{self._name.replace(' ', '-').replace(',', '')}-{len(self.tasks)}"
        state = TaskState(task_id, request, origin=self._transport.origin.url, status="queued")
        # each way to poll has threads and a pace of its own
        use_scheduler(self._scheduler)
        poller = TaskPoller(
            state,
            Options([WebhookOption()]),
            transport=self._transport,
            fetch=_fetch_nothing,
            timeout=30.0,
        )
        task = poller.task
        seen = self._server.tasks[task_id] = Seen(time.monotonic() + seconds)

        def note(task: Task) -> None:
            if task.done:
                seen.known = min(seen.known, time.monotonic())

        task.subscribe(note)
        self.tasks.append(task)
        return poller.start()

    def measured(self) -> Measured:
        """Return what following them took."""
        return measured([self._server.tasks[task.id] for task in self.tasks])


def _fetch_nothing(_url: str, **_: object) -> FetchedPicture:
    """Have the picture at once: fetching it is not what is measured."""
    return FetchedPicture(_PICTURE, "image/png", 6, 4, hashlib.sha256(_PICTURE).hexdigest())


def follow_for_real(
    ways: dict[str, tuple[type[Pace], Sequence[float]]], times: Sequence[float], told: str
) -> dict[str, Measured]:
    """Follow tasks that take these times, in each way at once.

    Parameters
    ----------
    ways
        By name: the kind of pace, and how long like tasks took before, where it learns.
    times
        In seconds, the same for each.
    told
        The one way whose tasks the server tells a receiver of.

    """
    server = _Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with WebhookReceiver() as receiver:
        made = {}
        for name, (kind, before) in ways.items():
            paces = _PaceOfAll(kind, before) if before else PaceEach(kind)
            made[name] = _Way(name, server, paces, receiver.url if name == told else None)
        timers = []
        start = time.monotonic()
        for number, seconds in enumerate(times):
            threading.Event().wait(max(0.0, start + number * _GAP - time.monotonic()))
            for name, way in made.items():
                task = way.begin(seconds)
                if name == told:
                    timer = threading.Timer(seconds, call, (receiver, body_of(task.id)))
                    timer.start()
                    timers.append(timer)
        for way in made.values():
            for task in way.tasks:
                task.wait(120)
        # the last news may still be on their way to what notes them
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and any(s.known > 1e300 for s in server.tasks.values()):
            threading.Event().wait(0.01)
    server.shutdown()
    server.server_close()
    return {name: way.measured() for name, way in made.items()}
