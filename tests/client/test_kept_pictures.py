"""Kept pictures whose files are not what they were."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

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


def change_a_byte(path: Path) -> None:
    """Leave the file as long as it was."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def put_a_folder(path: Path) -> None:
    """Put a folder there, with a file that is somebody's."""
    path.unlink()
    path.mkdir()
    (path / "notes.txt").write_text("theirs")


def put_a_link(path: Path) -> None:
    """Put a link there, to a file that is somebody's."""
    other = path.with_name("theirs.png")
    other.write_bytes(png("blue"))
    path.unlink()
    path.symlink_to(other)


def put_a_dead_link(path: Path) -> None:
    """Put a link there that leads nowhere."""
    path.unlink()
    path.symlink_to(path.with_name("gone.png"))


def put_a_pipe(path: Path) -> None:
    """Put something there that a reader would wait for without end."""
    path.unlink()
    os.mkfifo(path)


def lock(path: Path) -> None:
    """Change a byte, and leave the file to be read only."""
    change_a_byte(path)
    path.chmod(0o400)


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "another byte": change_a_byte,
    "shorter": lambda path: os.truncate(path, 20),
    "empty": lambda path: os.truncate(path, 0),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "deleted": lambda path: path.unlink(),
    "not readable": lambda path: path.chmod(0),
    "not writable": lock,
    "a folder": put_a_folder,
    "a link": put_a_link,
    "a dead link": put_a_dead_link,
    "a pipe": put_a_pipe,
}


def kept(home: Path) -> Path:
    """Return the one file that a journal keeps."""
    (path,) = {picture.path for row in Journal(home).rows() for picture in row.pictures}
    return path


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_file_is_put_right(
    service: Service, connect: Connect, tmp_path: Path, how: str
) -> None:
    """What `reuse=True` fetches again mends the file, and so it outlives the service's own."""
    service.statuses["*"] = [service.succeeded("a")]
    connect(service.server.url).generate("a cat").wait(30)
    path = kept(tmp_path / "journal")
    DAMAGE[how](path)
    pictures = connect(service.server.url).generate("a cat", reuse=True).wait(30)

    assert [picture.bytes for picture in pictures] == [png()]
    assert path.read_bytes() == png()
    service.statuses["*"] = [NOT_FOUND]
    again = connect(service.server.url).generate("a cat", reuse=True)
    assert [picture.bytes for picture in again.wait(30)] == [png()]
    assert len(service.server.posts) == 1


@pytest.mark.slow
@pytest.mark.parametrize("how", DAMAGE)
def test_the_same_picture_of_another_task_puts_it_right(
    service: Service, connect: Connect, tmp_path: Path, how: str
) -> None:
    """Two tasks with one picture share its file, and the second mends what befell the first."""
    service.statuses["*"] = [service.succeeded("a")]
    client = connect(service.server.url)
    client.generate("a cat").wait(30)
    path = kept(tmp_path / "journal")
    DAMAGE[how](path)
    client.generate("the same cat").wait(30)

    assert path.read_bytes() == png()


@pytest.mark.slow
def test_what_lies_in_its_place_is_not_deleted(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """A folder or a link's target may be somebody's: they are put aside, and left as they are."""
    service.statuses["*"] = [service.succeeded("a")]
    client = connect(service.server.url)
    client.generate("a cat").wait(30)
    path = kept(tmp_path / "journal")
    put_a_link(path)
    client.generate("a second cat").wait(30)
    put_a_folder(path)
    client.generate("a third cat").wait(30)

    assert path.with_name("theirs.png").read_bytes() == png("blue")
    assert [found.read_text() for found in path.parent.glob("**/notes.txt")] == ["theirs"]


@pytest.mark.slow
def test_a_folder_in_a_picture_s_place_does_not_stop_pruning(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """The rows and all other files go; the folder stays."""
    service.statuses["*"] = [service.succeeded("a"), service.succeeded("b")]
    service.pictures["/b"] = [http(200, png("blue"))]
    client = connect(service.server.url)
    client.generate("a cat").wait(30)
    path = kept(tmp_path / "journal")
    client.generate("another cat").wait(30)
    put_a_folder(path)
    journal = Journal(tmp_path / "journal")
    other = next(
        picture.path for row in journal.rows() for picture in row.pictures if picture.path != path
    )

    assert journal.prune([row.number for row in journal.rows()], before=float("inf")).tasks == 2
    assert path.is_dir()
    assert not other.exists()
