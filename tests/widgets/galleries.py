"""A gallery's messages as a browser sees them, and a journal with pictures, without a service."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from typing import TYPE_CHECKING, Any

from PIL import Image

from lumen_widgets.client import LumenClient, Picture
from lumen_widgets.notebook.account import use
from tests.conditions import PATIENCE
from tests.widgets.comms import PageComm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumen_widgets.journal import Journal
    from lumen_widgets.widgets import Gallery

ORIGIN = "http://127.0.0.1:9"
KEY = "sk-lumen-example"


class Page:
    """Stands where the browser is: hears what a gallery sends, and asks as a page would."""

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery
        self.heard: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self.comm = PageComm(gallery)
        self.comm.answer = self._hear

    @property
    def first(self) -> dict[str, Any]:
        """What a page gets that shows the gallery now."""
        first: dict[str, Any] = self.gallery.get_state("_first")["_first"]
        return first

    def say(self, content: object) -> None:
        """Send a message, whether it will be answered or not."""
        self.comm.say(content)

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a request, and return its answer."""
        request = f"request-{len(self.heard)}-{time.monotonic()}"
        self.say({"kind": kind, "request": request, **fields})
        found: dict[str, Any] = self.until(
            lambda: next((one for one in self.heard if one.get("request") == request), {})
        )
        return found

    def find(self, **search: Any) -> dict[str, Any]:
        """Search, and return what was found."""
        every = {"text": "", "model": "", "size": "", "since": None, "until": None}
        return self.ask("find", search={**every, "starred": False, **search})

    def act(self, action: str, *sha256: str) -> dict[str, Any]:
        """Do something with pictures, and return what came of it."""
        return self.ask("picture_action", action=action, sha256=[*sha256], seen=0, host=None)

    def prompts(self, **search: Any) -> list[str]:
        """Return the prompts of what a search finds."""
        return [item["prompt"] for item in self.find(**search)["items"]]

    def until(self, found: Callable[[], Any]) -> Any:
        """Wait until something is there, and return it."""
        with self._news:
            there = self._news.wait_for(found, PATIENCE)
            assert there, self.heard
        return there

    def _hear(self, message: dict[str, Any]) -> None:
        with self._news:
            self.heard.append(message)
            self._news.notify_all()


def file_of(number: int, width: int = 24, height: int = 16) -> bytes:
    """Return a small picture that no other number has."""
    colour = (number % 256, number // 256 % 256, 90)
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()


def keep(
    journal: Journal,
    prompt: str,
    number: int,
    *,
    count: int = 1,
    model: str = "m",
    width: int = 24,
    height: int = 16,
    state: str = "succeeded",
    made_from: tuple[str, ...] = (),
    endpoint: str = "generations",
) -> list[str]:
    """Write down a task with its pictures; return their digests."""
    row = journal.insert_request(
        origin=ORIGIN,
        account="a",
        endpoint=endpoint,
        body={"prompt": prompt, "model": model, "n": count},
        made_from=made_from,
    )
    journal.mark_accepted(row, task_id=f"task-{row}", created=None, status="queued")
    digests = []
    for index in range(count):
        data = file_of(1000 * number + index, width, height)
        digests.append(hashlib.sha256(data).hexdigest())
        journal.store_picture(
            row,
            index,
            data,
            sha256=digests[-1],
            media_type="image/png",
            width=width,
            height=height,
        )
    if state != "queued":
        journal.record_status(row, status=state, error=None, seconds=2.5)
    return digests


def use_journal(home: Path) -> Journal:
    """Choose an account whose service is never called, with a journal; return the journal."""
    client = LumenClient(KEY, ORIGIN, journal=home)
    use(client)
    assert client.journal is not None
    return client.journal


def loose(number: int, prompt: str | None = None) -> Picture:
    """Return a picture that no journal has, as one of another machine."""
    data = file_of(number)
    return Picture(
        data,
        media_type="image/png",
        width=24,
        height=16,
        sha256=hashlib.sha256(data).hexdigest(),
        prompt=prompt,
    )
