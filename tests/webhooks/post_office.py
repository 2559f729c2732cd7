"""What lies between the service and a receiver: a tunnel that a test can do anything with."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from requests.adapters import BaseAdapter, HTTPAdapter

from tests.webhooks.calling import request, send, status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

    from lumen_widgets.client import WebhookReceiver


@dataclass
class Letter:
    """One delivery of the service, as it came."""

    path: str
    headers: list[str]
    body: bytes

    def deliver(self, receiver: WebhookReceiver) -> int:
        """Pass it on, byte for byte, and return what the receiver answers."""
        return status_of(send(receiver, request(receiver, self.body, self.headers, path=self.path)))


@dataclass
class PostOffice:
    """Takes every delivery of the service and has `deal` decide what becomes of it."""

    url: str
    deal: Callable[[Letter], int] = lambda _letter: 204
    letters: list[Letter] = field(default_factory=list)
    answered: int = 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    office: PostOffice


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Take a delivery."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        own = ("Host", "Content-Length", "Connection")
        headers = [f"{name}: {value}" for name, value in self.headers.items() if name not in own]
        letter = Letter(self.path, headers, body)
        self.server.office.letters.append(letter)
        self.send_response(self.server.office.deal(letter))
        self.end_headers()
        self.server.office.answered += 1

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""


@contextmanager
def working() -> Iterator[PostOffice]:
    """Take deliveries while the block runs."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.office = PostOffice(f"http://127.0.0.1:{server.server_port}/tunnel")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.office
        server.shutdown()
        thread.join()


class Counted(BaseAdapter):
    """Sends what it is given, and counts the questions about tasks."""

    def __init__(self, before_the_answer: Callable[[], object] | None = None) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._times: list[float] = []
        self._before_the_answer = before_the_answer
        self._inner = HTTPAdapter()

    def send(self, request: requests.PreparedRequest, *args: Any, **named: Any) -> Any:
        """Send a request; a submit's answer waits for `before_the_answer`."""
        path = str(request.path_url)
        if request.method == "GET" and path.startswith("/v1/"):
            self._times.append(time.monotonic())
            self.asked.append(path.rpartition("/")[2])
        answer = self._inner.send(request, *args, **named)
        if request.method == "POST" and self._before_the_answer is not None:
            self._before_the_answer()
        return answer

    def pauses(self, task_id: str) -> list[float]:
        """Return the seconds between each question about a task and the next one."""
        asked = list(zip(self.asked, self._times, strict=False))
        times = [at for about, at in asked if about == task_id]
        return [later - earlier for earlier, later in pairwise(times)]

    def close(self) -> None:
        """Close its connections."""
        self._inner.close()
