"""A kept picture whose file was damaged on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumen_widgets.journal import Journal
from tests.client.fault_server import http
from tests.client.service import Service, png

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumen_widgets.client import LumenClient

    Connect = Callable[..., LumenClient]

NOT_FOUND = http(404, {"error": {"code": "not_found", "message": "No such task."}})


def damaged(path: Path) -> None:
    """Change one byte of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def kept(home: Path) -> Path:
    """Return the one file that a journal keeps."""
    (row,) = Journal(home).rows()
    (picture,) = row.pictures
    return picture.path


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="attack 12: a file of the right length is taken for whole and not written again",
)
def test_a_damaged_file_is_put_right(service: Service, connect: Connect, tmp_path: Path) -> None:
    """What `reuse=True` fetches again in place of a damaged picture mends the file."""
    service.statuses["*"] = [service.succeeded("a")]
    connect(service.server.url).generate("a cat").wait(30)
    damaged(kept(tmp_path / "journal"))
    pictures = connect(service.server.url).generate("a cat", reuse=True).wait(30)
    if [picture.bytes for picture in pictures] != [png()]:
        pytest.fail("the picture was not fetched again")

    assert kept(tmp_path / "journal").read_bytes() == png()
    # and so it outlives the service's own
    service.statuses["*"] = [NOT_FOUND]
    again = connect(service.server.url).generate("a cat", reuse=True)
    assert [picture.bytes for picture in again.wait(30)] == [png()]
    assert len(service.server.posts) == 1


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="attack 12: a file of the right length is taken for whole and not written again",
)
def test_the_same_picture_of_another_task_puts_it_right(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """Two tasks with one picture share its file, and the second mends what befell the first."""
    service.statuses["*"] = [service.succeeded("a")]
    client = connect(service.server.url)
    client.generate("a cat").wait(30)
    path = kept(tmp_path / "journal")
    damaged(path)
    client.generate("the same cat").wait(30)

    assert path.read_bytes() == png()
