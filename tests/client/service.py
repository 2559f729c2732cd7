"""A service whose every answer a test decides: submits, statuses and pictures of made-up tasks."""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from PIL import Image

from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, Received, http

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

QUEUED, PROCESSING = {"status": "queued"}, {"status": "processing"}
FAILED = {"status": "failed", "error": {"code": "unsafe", "message": "No."}}


def png(colour: str = "red", size: tuple[int, int] = (6, 4)) -> bytes:
    """Return a small PNG of one colour."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


class Service:
    """Takes every submit as ``task-1``, ``task-2``, … and answers for them as it was told.

    Attributes
    ----------
    statuses
        By task id: the answers to its status calls, whole HTTP answers or JSON; the last one
        repeats. ``"*"`` is for tasks that are not named.
    taken
        The status in the answer to a submit.
    pictures
        By path: what a picture's address answers, one after another; the last one repeats.

    """

    def __init__(self) -> None:
        self.server: FaultServer
        self.statuses: dict[str, list[bytes | Mapping[str, Any]]] = {}
        self.pictures: dict[str, list[bytes]] = {}
        self.taken = "queued"
        self._lock = threading.Lock()
        self._taken = 0
        self._statuses_open = threading.Event()
        self._statuses_open.set()

    @contextmanager
    def holding_statuses(self) -> Iterator[None]:
        """Answer no status call inside the block: what a test does there comes before them."""
        self._statuses_open.clear()
        try:
            yield
        finally:
            self._statuses_open.set()

    def forget_tasks(self) -> None:
        """Count tasks from 1 again, as a server does that was started anew."""
        with self._lock:
            self._taken = 0

    def succeeded(self, *names: str) -> dict[str, Any]:
        """Return a status whose pictures have these names; they are red unless told otherwise."""
        for name in names:
            self.pictures.setdefault(f"/{name}", [http(200, png())])
        return {"status": "succeeded", "data": [{"url": f"{self.server.url}/{n}"} for n in names]}

    def asked(self, task_id: str) -> int:
        """Return how many status calls there were for a task."""
        return sum(
            request.method == "GET" and request.path.endswith(f"/{task_id}")
            for request in self.server.requests
        )

    def respond(self, request: Received) -> bytes:
        """Answer a request; nothing to a client that was killed before it sent one."""
        if not request.raw:
            return b""
        if request.method == "GET" and request.path.startswith("/v1/"):
            self._statuses_open.wait()
        with self._lock:
            if request.method == "POST":
                self._taken += 1
                return http(200, {"id": f"task-{self._taken}", "status": self.taken})
            task_id = request.path.rpartition("/")[2]
            if not request.path.startswith("/v1/"):
                return bytes(_next(self.pictures[request.path]))
            answer = _next(self.statuses.get(task_id) or self.statuses["*"])
        return answer if isinstance(answer, bytes) else http(200, {"id": task_id, **answer})


@contextmanager
def serving() -> Iterator[Service]:
    """Run a service for as long as the block lasts."""
    service = Service()
    with FaultServer(fault.calls(service.respond)) as server:
        service.server = server
        yield service


def _next(answers: list[Any]) -> Any:
    return answers.pop(0) if len(answers) > 1 else answers[0]
