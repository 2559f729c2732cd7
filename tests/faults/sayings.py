"""All that the hostile service can say: to a POST, to a status call, in place of a picture."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping

ERROR = {"error": {"code": "some_code", "message": "Some words."}}
HTML = b"<!DOCTYPE html><html><body><h1>Sign in to the hotel's network</h1></body></html>"
GARBAGE = b"\x00\x01\x02 no HTTP at all \r\n\r\n"

# Pictures are small here: what is larger than this is too large.
LARGEST_PICTURE = 150_000


@dataclass(frozen=True)
class Saying:
    """One answer, without its framing."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def _json(status: int, body: object) -> Saying:
    return Saying(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


# What is no 2xx, the same to any request: by name, status and body.
PLAIN: dict[str, Saying] = {
    **{
        f"{status} error": _json(status, ERROR)
        for status in (400, 401, 402, 403, 404, 408, 422, 429, 500, 502, 503, 504)
    },
    **{f"{status} page": Saying(status, HTML) for status in (405, 413, 429, 500, 502, 503, 520)},
    "503 detail": _json(503, {"detail": "busy"}),
    **{
        f"{status}": Saying(status, HTML, {"Location": "/v1/images/elsewhere"})
        for status in (301, 302, 307, 308)
    },
}

# 2xx answers to a POST that name no task.
NO_ID: dict[str, Saying] = {
    "page": Saying(200, HTML, {"Content-Type": "application/json"}),
    "nothing": Saying(200),
    "204": Saying(204),
    "no id": _json(200, {"status": "queued"}),
    "list": _json(200, [{"id": "listed"}]),
    "half": Saying(200, b'{"id": "halved'),
    "id 7": _json(200, {"id": 7}),
    "id null": _json(200, {"id": None}),
    "id empty": _json(200, {"id": ""}),
    "id climbs": _json(200, {"id": ".."}),
    "id control": _json(200, {"id": "a\nb"}),
    "id long": _json(200, {"id": "x" * 300}),
    "error in 200": _json(200, ERROR),
}

POSTS = ("taken", "taken late", *PLAIN, *NO_ID, "garbage")

# Addresses that are never asked, or that cannot be one.
BAD_ADDRESSES: dict[str, Any] = {
    "file": "file:///etc/passwd",
    "script": "javascript:alert(1)",
    "private": "http://10.1.2.3/1.png",
    "metadata": "http://169.254.169.254/latest/meta-data",
    "broken": "http://[::1",
    "port": "http://127.0.0.1:99999/1.png",
    "relative": "1.png",
    "words": "not an address",
}

# Succeeded, with a list of pictures that cannot be read.
NO_LIST: dict[str, Any] = {
    "no data": {},
    "data null": {"data": None},
    "data empty": {"data": []},
    "data words": {"data": "http://127.0.0.1/1.png"},
    "data without url": {"data": [{"b64_json": "AAAA"}]},
    "data numbers": {"data": [7]},
}

# Answers that tell nothing of the task: asked again.
_WORDS = ("queued", "processing", "paused")
RUNNING = (*_WORDS, "other id", "unread", "page", "list", "garbage")

ASKS = (
    *RUNNING,
    "end",
    *NO_LIST,
    *(f"address {name}" for name in BAD_ADDRESSES),
    *PLAIN,
)

_NO_PICTURE: dict[str, Saying] = {
    "page": Saying(200, HTML, {"Content-Type": "image/png"}),
    "svg": Saying(200, b"<svg xmlns='http://www.w3.org/2000/svg'/>", {"Content-Type": "image/png"}),
    "empty": Saying(200),
    "large": Saying(200, b"\x89PNG\r\n\x1a\n" + b"x" * (LARGEST_PICTURE + 1)),
    "204": Saying(204),
    "410": Saying(410, HTML),
    "packed": Saying(200, b"\x1f\x8b\x08", {"Content-Encoding": "gzip"}),
    "on to private": Saying(302, b"", {"Location": "http://10.1.2.3/1.png"}),
    "on to file": Saying(302, b"", {"Location": "file:///etc/passwd"}),
}

FETCHES = ("picture", "half", "other type", "on", "round", *_NO_PICTURE, *PLAIN, "garbage")


def to_post(say: str, task_id: str) -> Saying | None:
    """Return what a POST is answered, None for garbage."""
    if say == "garbage":
        return None
    if say.startswith("taken"):
        created = 1_700_000_000
        words = {"id": task_id, "status": "queued", "created": created, "error": None}
        return _json(201 if say == "taken late" else 200, words)
    return NO_ID.get(say) or PLAIN[say]


def to_ask(say: str, task_id: str, truth: str, addresses: list[str]) -> Saying | None:
    """Return what a status call is answered, None for garbage."""
    if say == "garbage":
        return None
    wrong = {
        "other id": _json(200, {"id": f"other-{task_id}", "status": "failed", **ERROR}),
        "unread": _json(200, {"id": task_id, "status": 3}),
        "list": _json(200, [{"id": task_id, "status": "failed"}]),
        "page": NO_ID["page"],
        **{word: _json(200, {"id": task_id, "status": word}) for word in _WORDS},
        **PLAIN,
    }
    if say in wrong:
        return wrong[say]
    done: dict[str, Any] = {"id": task_id, "status": truth}
    if truth == "failed":
        return _json(200, {**done, **ERROR})
    if truth == "cancelled":
        return _json(200, done)
    if say in NO_LIST:
        return _json(200, {**done, **NO_LIST[say]})
    if say.startswith("address "):
        addresses = [BAD_ADDRESSES[say.removeprefix("address ")], *addresses[1:]]
    return _json(200, {**done, "data": [{"url": address} for address in addresses]})


def to_fetch(say: str, picture: bytes, path: str) -> Saying | None:
    """Return what is answered to the call for a picture, None for garbage."""
    if say == "garbage":
        return None
    png = {"Content-Type": "image/png"}
    answers = {
        "picture": Saying(200, picture, png),
        "half": Saying(200, picture[: len(picture) // 2], png),
        "other type": Saying(200, picture, {"Content-Type": "text/html"}),
        "on": Saying(302, b"", {"Location": f"{path}?on"}),
        "round": Saying(302, b"", {"Location": path}),
    }
    return answers.get(say) or _NO_PICTURE.get(say) or PLAIN[say]


@cache
def picture(task: int, index: int) -> bytes:
    """Return the picture of a task, unlike all others."""
    file = io.BytesIO()
    image = Image.new("RGB", (3 + index, 2 + task), (20 * task, 50 * index, 90))
    image.save(file, "PNG")
    return file.getvalue()
