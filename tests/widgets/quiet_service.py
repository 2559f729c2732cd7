"""A service behind a `requests` session: it takes every submit, and every task ends at once."""

from __future__ import annotations

import io
import itertools
import json
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter

from lumen_widgets.client import LumenClient
from lumen_widgets.client.hosting.protocol import HostedFile

SECRET = "s3cret-of-a-webhook"  # noqa: S105 # a test's own


class QuietService(BaseAdapter):
    """Answers what a client asks, without a socket.

    Attributes
    ----------
    submits
        The path and body of each submit.
    status
        How every task ends.

    """

    def __init__(self) -> None:
        super().__init__()
        self.status = "failed"
        self.submits: list[tuple[str, dict[str, Any]]] = []
        self._numbers = itertools.count(1)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Take a submit, or say how a task ended."""
        path = urlsplit(str(request.url)).path
        if request.method == "POST":
            self.submits.append((path, json.loads(request.body or b"{}")))
            return _answer(request, {"id": f"task-{next(self._numbers)}", "status": "queued"})
        task_id = path.rpartition("/")[2]
        error = {"code": "unsafe", "message": "No."}
        return _answer(request, {"id": task_id, "status": self.status, "error": error})

    def close(self) -> None:
        """Close nothing."""

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
        """Host a picture, as `Hosting` does."""
        return HostedFile(f"https://pictures.example.org/{digest}")

    def client(self) -> LumenClient:
        """Return a client of this service."""
        session = requests.Session()
        session.mount("https://", self)
        return LumenClient(
            "sk-lumen-test",
            "https://lumen.example.org",
            session=session,
            hosting=self,
            journal=False,
        )


def _answer(request: requests.PreparedRequest, body: dict[str, Any]) -> requests.Response:
    response = requests.Response()
    response.status_code = 200
    response.headers["Content-Type"] = "application/json"
    response.raw = io.BytesIO(json.dumps(body).encode())
    response.request = request
    response.url = str(request.url)
    return response
