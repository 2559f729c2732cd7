"""The examples of the service's public page, run by a shell as they stand there.

``page_examples.txt`` holds their text as the page has it, separated by blank lines. Only host, key
and picture URLs are replaced; the id, which the page shortens, is that of the first example's task.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conditions import until
from tests.sandbox_server.pictures import encoded, half_mask

if TYPE_CHECKING:
    from tests.sandbox_server.real_server import RealServer
    from tests.sandbox_server.receiver import Receiver

SUBMIT, STATUS, EDIT, INPAINT, WEBHOOK = (
    (Path(__file__).parent / "page_examples.txt").read_text("utf-8").strip().split("\n\n")
)


@pytest.fixture(scope="module")
def path_with_curl(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a PATH that has curl, one of our own where the machine has none."""
    if shutil.which("curl"):
        return os.environ["PATH"]
    folder = tmp_path_factory.mktemp("bin")
    program = Path(__file__).parent / "curl.py"
    (folder / "curl").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{program}" "$@"\n')
    (folder / "curl").chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def run(example: str, server: RealServer, path: str, **urls: str) -> Any:
    """Run one of the page's examples; return what it printed, as JSON."""
    text = example.replace("https://lumen.mengfanlab.top", server.url)
    text = text.replace("sk-lumen-•••", server.api_key)
    for name, url in urls.items():
        old = {"cat": "https://your.img/cat.png", "photo": "https://your.img/photo.png",
               "mask": "https://your.img/mask.png", "callback": "https://your.app/callback",
               "id": "a1b2c3..."}[name]  # fmt: skip
        assert old in text
        text = text.replace(old, url)
    assert "https://" not in text
    done = subprocess.run(
        ["bash", "-c", text], env={"PATH": path}, capture_output=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


@pytest.mark.slow
def test_submit_and_status(server: RealServer, path_with_curl: str) -> None:
    """The first two examples: queued at once, and then asked for until it has succeeded."""
    task = run(SUBMIT, server, path_with_curl)
    assert set(task) == {"id", "status", "created"}
    server.ended(task["id"])
    ended = run(STATUS, server, path_with_curl, id=task["id"])
    assert (ended["id"], ended["status"], len(ended["data"])) == (task["id"], "succeeded", 1)


@pytest.mark.slow
def test_edit(server: RealServer, path_with_curl: str) -> None:
    """Image to image, with a prompt in Chinese."""
    task = run(EDIT, server, path_with_curl, cat=server.upload(encoded((96, 96))))
    assert server.ended(task["id"])["status"] == "succeeded"


@pytest.mark.slow
def test_inpaint(server: RealServer, path_with_curl: str) -> None:
    """Inpainting, with a prompt in Chinese."""
    photo, mask = server.upload(encoded()), server.upload(half_mask())
    task = run(INPAINT, server, path_with_curl, photo=photo, mask=mask)
    assert server.ended(task["id"])["status"] == "succeeded"


@pytest.mark.slow
def test_webhook(server: RealServer, receiver: Receiver, path_with_curl: str) -> None:
    """The end arrives, signed with the example's secret, as the page's own lines verify it."""
    task = run(WEBHOOK, server, path_with_curl, callback=receiver.url)
    until(lambda: receiver.got)
    headers, body = receiver.got[0]
    expected = "sha256=" + hmac.new(b"your-secret", body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(headers["X-Lumen-Signature"], expected)
    assert json.loads(body)["id"] == task["id"]


def test_our_own_curl_does_the_same(server: RealServer, tmp_path: Path) -> None:
    """The stand-in for machines without curl runs the first example too."""
    (tmp_path / "curl").write_text(
        f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).parent / "curl.py"}" "$@"\n'
    )
    (tmp_path / "curl").chmod(0o755)
    task = run(SUBMIT, server, f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert task["status"] == "queued"
