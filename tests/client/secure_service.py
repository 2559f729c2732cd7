"""A service under whatever https address it is called, without a network between."""

from __future__ import annotations

import io
import json
import secrets
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import BaseAdapter

from lumen_widgets.client import CallableHosting, LumenClient
from tests.client.conftest import KEY
from tests.client.service import PROCESSING

if TYPE_CHECKING:
    from pathlib import Path


class SecureService(BaseAdapter):
    """Takes each submit as ``task-1``, ``task-2``, …, which are never done.

    Attributes
    ----------
    paid
        How many submits it took.

    """

    def __init__(self) -> None:
        super().__init__()
        self.paid = 0

    def client(self, url: str, journal: Path) -> LumenClient:
        """Make a client that knows it by that address."""
        session = requests.Session()
        session.mount("https://", self)
        hosting = CallableHosting(_host)
        return LumenClient(KEY, url, journal=journal, session=session, hosting=hosting)

    def send(self, request: requests.PreparedRequest, **_settings: Any) -> requests.Response:  # type: ignore[override] # none of requests' settings matters here
        """Answer a request."""
        task_id = str(request.path_url).rpartition("/")[2]
        if request.method == "POST":
            self.paid += 1
            task_id = f"task-{self.paid}"
        response = requests.Response()
        response.status_code = 200
        response.raw = io.BytesIO(json.dumps({"id": task_id, **PROCESSING}).encode())
        response.url = str(request.url)
        response.request = request
        return response

    def close(self) -> None:
        """Close nothing: nothing is open."""


def _host(_data: bytes, _media_type: str) -> str:
    return f"https://files.example/{secrets.token_hex(8)}"
