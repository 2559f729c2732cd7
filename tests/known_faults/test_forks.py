"""A process forked while another of its threads is inside of SQLite."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.client.children import in_child
from tests.client.conftest import KEY
from tests.client.service import QUEUED, Service

if TYPE_CHECKING:
    from pathlib import Path

# The forked child says what came of its submit, and leaves. One that could not submit is killed:
# only of one that could is it asked whether it ends by itself.
FORK = f"""
    import os, select, signal, threading, time
    from tests.known_faults.slow_sqlite import Opening

    client.generate("the first, which makes the file")
    client = LumenClient({KEY!r}, client.base_url, journal=client.journal.home, timeout=2.0)
    opening = Opening()
    opening.install()
    threading.Thread(target=client.generate, args=("a dog",)).start()
    opening.parked.wait(60)

    said, saying = os.pipe()
    child = os.fork()
    if not child:
        try:
            client.generate("a fox")
            os.write(saying, b"sent")
        except Exception as error:
            os.write(saying, type(error).__name__.encode())
        sys.exit()
    opening.forked.set()

    def ended():
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if os.waitpid(child, os.WNOHANG)[0]:
                return True
            time.sleep(0.01)
        return False

    heard = select.select([said], [], [], 60)[0]
    words = os.read(said, 100).decode() if heard else "silence"
    if words == "sent" and ended():
        words += " and ended"
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    print(words, flush=True)
"""


@pytest.mark.full
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="attack 8: the child has SQLite's locks as another thread held them at the fork",
)
def test_a_child_submits_and_ends(service: Service, tmp_path: Path) -> None:
    """A child that was forked at any instant submits as its parent does, and then ends."""
    service.statuses["*"] = [QUEUED]
    process = in_child(tmp_path / "journal", service.server.url, FORK)
    words, _ = process.communicate(timeout=180)
    if not words or words == "silence\n":
        pytest.fail("the program did not do what this test is about")

    assert words == "sent and ended\n"
    assert len(service.server.posts) == 3
