"""A service on this machine whose tasks take a known time, in the API of each client.

Lumen's own, and those that openai (`videos`), replicate (`predictions`) and fal-client (its queue)
speak, as their released sources read them. Nothing is drawn. The n-th submit gets the n-th time,
whoever sends it, so that each client has the same tasks.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

# Lumen's addresses have this origin, since on loopback its client asks more often.
LUMEN_ORIGIN = "https://198.18.0.1"

_State = Literal["queued", "running", "over"]


@dataclass
class FakeTask:
    """One task, as the service saw it; times in seconds of `time.monotonic`.

    Attributes
    ----------
    ends
        When it is over.
    asked
        When questions about it arrived; of those after its end only the first one.
    requests
        All calls about it, the submit and the fetching of a result's JSON included.

    """

    ends: float
    asked: list[float] = field(default_factory=list)
    requests: int = 1


class FakeService(ThreadingHTTPServer):
    """Answers on a port of its own for as long as the block lasts.

    Parameters
    ----------
    times
        Seconds that each task takes.
    picture
        The file that Lumen's tasks make.

    Attributes
    ----------
    tasks
        By id, in the order of the submits.
    url
        Where it is.

    """

    daemon_threads = True
    # thirty connections in one moment: the usual five would have the rest try again after a second
    request_queue_size = 256

    def __init__(self, times: Sequence[float], picture: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tasks: dict[str, FakeTask] = {}
        self.picture = picture
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._times = iter(times)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown()
        self.server_close()

    def submit(self) -> str:
        """Begin a task, and return its id."""
        now = time.monotonic()
        with self._lock:
            task_id = f"task-{len(self.tasks) + 1}"
            self.tasks[task_id] = FakeTask(now + next(self._times))
        return task_id

    def ask(self, task_id: str, *, is_question: bool) -> _State:
        """Note a call about a task, and return its state."""
        now, task = time.monotonic(), self.tasks[task_id]
        task.requests += 1
        if is_question and (not task.asked or task.asked[-1] < task.ends):
            task.asked.append(now)
        return "over" if now >= task.ends else "running"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # an answer in two pieces would wait for the client's acknowledgement
    wbufsize = -1
    server: FakeService

    def do_POST(self) -> None:
        """Take a task."""
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        _, speak = _api(self.path)
        self._answer(_json(speak(self.server.submit(), "queued", self.server.url)))

    def do_GET(self) -> None:
        """Say how a task is, or what became of it; or give the picture."""
        path = self.path.partition("?")[0]
        if path == "/picture":
            self._answer(self.server.picture, "image/png")
            return
        prefix, speak = _api(path)
        task_id, _, what = path.removeprefix(f"{prefix}/").partition("/")
        is_question = speak is not _fal or what == "status"
        state = self.server.ask(task_id, is_question=is_question)
        self._answer(_json(speak(task_id, state, self.server.url)))

    def log_message(self, *_words: object) -> None:
        """Say nothing."""

    def _answer(self, body: bytes, media_type: str = "application/json") -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _lumen(task_id: str, state: _State, _url: str) -> dict[str, Any]:
    words = {"queued": "queued", "running": "processing", "over": "succeeded"}
    over = {"data": [{"url": f"{LUMEN_ORIGIN}/picture"}]} if state == "over" else {}
    return {"id": task_id, "status": words[state], **over}


def _openai(task_id: str, state: _State, _url: str) -> dict[str, Any]:
    words = {"queued": "queued", "running": "in_progress", "over": "completed"}
    return {
        "id": task_id,
        "object": "video",
        "status": words[state],
        "created_at": 0,
        "model": "sora-2",
        "progress": 0,
        "seconds": "4",
        "size": "1280x720",
    }


def _replicate(task_id: str, state: _State, url: str) -> dict[str, Any]:
    words = {"queued": "starting", "running": "processing", "over": "succeeded"}
    return {
        "id": task_id,
        "model": "fake/fake",
        "version": "1",
        "status": words[state],
        "input": {},
        "output": [f"{url}/picture"] if state == "over" else None,
        "logs": "",
        "error": None,
        "metrics": None,
        "created_at": "2026-01-01T00:00:00Z",
        "started_at": None,
        "completed_at": None,
        "urls": {"get": f"{url}/v1/predictions/{task_id}", "cancel": f"{url}/none"},
    }


def _fal(task_id: str, state: _State, url: str) -> dict[str, Any]:
    words = {"queued": "IN_QUEUE", "running": "IN_PROGRESS", "over": "COMPLETED"}
    place = f"{url}/fake/fake/requests/{task_id}"
    return {
        "status": words[state],
        "request_id": task_id,
        "queue_position": 0,
        "response_url": place,
        "status_url": f"{place}/status",
        "cancel_url": f"{place}/cancel",
        "logs": None,
        "metrics": {},
        "images": [{"url": f"{url}/picture"}],
    }


# How each API answers, by where its tasks are; a queue's submit goes to the part before /requests.
_APIS: dict[str, Callable[[str, _State, str], dict[str, Any]]] = {
    "/v1/images/generations": _lumen,
    "/v1/videos": _openai,
    "/v1/predictions": _replicate,
    "/fake/fake/requests": _fal,
}


def _api(path: str) -> tuple[str, Callable[[str, _State, str], dict[str, Any]]]:
    for prefix, speak in _APIS.items():
        if path.startswith(prefix.removesuffix("/requests")):
            return prefix, speak
    raise ValueError(path)


def _json(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode()
