"""A service behind a `requests` session: it takes every submit, and every task ends at once."""

from __future__ import annotations

import io
import itertools
import json
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter

from lumen_widgets.client import LumenClient
from lumen_widgets.client.hosting.protocol import HostedFile

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cret-of-a-webhook"  # noqa: S105 # a test's own


class QuietService(BaseAdapter):
    """Answers what a client asks, without a socket.

    Attributes
    ----------
    submits
        The path and body of each submit.
    status
        How every task ends.
    accepts, refuses
        Whether a submit gets an answer that can be read, and whether that is a refusal.

    """

    def __init__(self) -> None:
        super().__init__()
        self.status = "failed"
        self.accepts, self.refuses = True, False
        self.submits: list[tuple[str, dict[str, Any]]] = []
        self._numbers = itertools.count(1)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Take a submit, or say how a task ended."""
        path = urlsplit(str(request.url)).path
        if request.method == "POST":
            self.submits.append((path, json.loads(request.body or b"{}")))
            if self.refuses:
                return _answer(request, {"error": {"code": "bad", "message": "No."}}, 400)
            if not self.accepts:
                return _answer(request, {}, 500)
            return _answer(request, {"id": f"task-{next(self._numbers)}", "status": "queued"})
        task_id = path.rpartition("/")[2]
        error = {"code": "unsafe", "message": "No."}
        return _answer(request, {"id": task_id, "status": self.status, "error": error})

    def close(self) -> None:
        """Close nothing."""

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
        """Host a picture, as `Hosting` does."""
        return HostedFile(f"https://pictures.example.org/{digest}")

    def client(
        self, journal: Path | Literal[False] = False, key: str = "sk-lumen-test"
    ) -> LumenClient:
        """Return a client; a new one with the journal of another is as a new kernel's."""
        session = requests.Session()
        session.mount("https://", self)
        return LumenClient(
            key,
            "https://lumen.example.org",
            session=session,
            hosting=self,
            journal=journal,
        )


def _answer(
    request: requests.PreparedRequest, body: dict[str, Any], status: int = 200
) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers["Content-Type"] = "application/json"
    response.raw = io.BytesIO(json.dumps(body).encode())
    response.request = request
    response.url = str(request.url)
    return response
