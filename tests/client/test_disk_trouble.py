"""A disk that is full, locked, damaged, read-only or gone: before a POST, and after it.

Before it nothing is sent. After it one warning says so, and the pictures still arrive.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.client import LumenClient
from lumen_widgets.core import errors
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer, Received, http
from tests.client.service import Service, png
from tests.client.stale_folder import make_stale
from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Connect = Callable[..., LumenClient]

FULL = """
    import os, resource
    def fill():
        size = os.path.getsize(os.path.join(sys.argv[2], "journal.sqlite3"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
"""


def child(home: Path, url: str, code: str) -> subprocess.Popen[str]:
    """Start a process with a client of that service and journal."""
    begin = f"""
    import sys
    from lumen_widgets.client import LumenClient, LumenError
    client = LumenClient({KEY!r}, sys.argv[1], journal=sys.argv[2], timeout=10.0)
    """
    script = "".join(textwrap.dedent(part) for part in (begin, FULL, code))
    return subprocess.Popen(
        [sys.executable, "-c", script, url, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def impatient(tmp_path: Path) -> Journal:
    """Return the journal of `connect`, waiting for a lock of others no longer than a blink."""
    return Journal(tmp_path / "journal", busy_timeout=0.05)


@pytest.fixture(params=["locked", "damaged", "vanished", "stale"])
def trouble(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], None]]:
    """Return what brings the journal into trouble."""
    path = tmp_path / "journal" / "journal.sqlite3"
    with contextlib.ExitStack() as stack:

        def lock() -> None:
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            stack.callback(connection.close)
            connection.execute("BEGIN EXCLUSIVE")

        def damage() -> None:
            path.write_bytes(b"something else" * 2000)

        def vanish() -> None:
            shutil.rmtree(path.parent)

        yield {
            "locked": lock,
            "damaged": damage,
            "vanished": vanish,
            "stale": lambda: make_stale(monkeypatch, path.parent),
        }[request.param]


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was warned of."""
    return [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]


def test_after_the_submit_pictures_still_arrive(
    service: Service,
    connect: Connect,
    impatient: Journal,
    trouble: Callable[[], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever happens to the journal of a paid task, its pictures are there, and one warning."""
    pause = threading.Event()
    real = service.respond

    def respond(request: Received) -> bytes:
        if request.method == "GET":
            pause.wait(30)
        return real(request)

    with FaultServer(fault.calls(respond)) as server:
        service.server = server
        service.statuses["*"] = [service.succeeded("a", "b", "c")]
        task = connect(server.url, journal=impatient).generate("a cat", n=3)
        trouble()
        pause.set()
        assert [picture.bytes for picture in task.wait(30)] == [png()] * 3
    (said,) = complaints(caplog)
    assert "save()" in said


def test_while_it_is_sent(
    connect: Connect,
    impatient: Journal,
    trouble: Callable[[], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A journal that breaks between question and answer costs no id: the task is returned."""

    def respond(request: Received) -> bytes:
        if request.method == "POST":
            trouble()
        return http(200, {"id": "t", "status": "queued"})

    with FaultServer(fault.calls(respond)) as server:
        client = connect(server.url, journal=impatient)
        with pytest.warns(UserWarning, match="taken the task t") as caught:
            task = client.generate("a cat")
        task.stop_watching()
    assert task.id == "t"
    assert len(caught) == 1


def test_an_id_that_a_network_folder_does_not_take_is_written_later(
    connect: Connect, tmp_path: Path
) -> None:
    """One that can for a moment not even be asked whether the journal is there."""
    with pytest.MonkeyPatch.context() as patch:

        def respond(_: Received) -> bytes:
            make_stale(patch, tmp_path / "journal")
            return http(200, {"id": "t", "status": "queued"})

        with FaultServer(fault.calls(respond)) as server:
            client = connect(server.url)
            with pytest.warns(UserWarning, match="taken the task t"):
                client.generate("a cat").stop_watching()
            with pytest.raises(errors.JournalError, match="Stale"):
                client.resume()
    assert client.journal is not None
    journal = client.journal
    until(lambda: journal.rows()[0].task_id == "t", "the id is written")


@pytest.mark.slow
def test_before_the_submit_nothing_is_sent(
    service: Service, connect: Connect, impatient: Journal, tmp_path: Path
) -> None:
    """A journal that is damaged or locked is an error with advice, and no request goes out."""
    service.statuses["*"] = [service.succeeded("a")]
    client = connect(service.server.url, journal=impatient)
    client.generate("a cat").wait(30)
    asked = len(service.server.requests)
    path = tmp_path / "journal" / "journal.sqlite3"
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    calls: list[Callable[[], object]] = [
        lambda: client.generate("a dog"),
        lambda: client.generate("a cat", reuse=True),
        client.resume,
    ]
    for call in calls:
        with pytest.raises(errors.JournalError, match="Another program has held it"):
            call()
    lock.close()
    path.write_bytes(b"something else" * 2000)
    for call in calls:
        with pytest.raises(errors.JournalError, match="damaged"):
            call()

    assert len(service.server.requests) == asked


@pytest.mark.slow
def test_a_full_disk_before_the_submit(service: Service, tmp_path: Path) -> None:
    """What cannot be written down is not sent."""
    service.statuses["*"] = [service.succeeded("a")]
    code = """
        client.generate("a cat").wait(30)
        fill()
        for reuse in (False, True):
            try:
                client.generate("x" * 100_000, reuse=reuse)
            except LumenError as error:
                print(type(error).__name__, error)
    """
    said, _ = child(tmp_path / "journal", service.server.url, code).communicate(timeout=60)
    lines = said.splitlines()

    assert len(lines) == 2
    assert all(line.startswith("JournalError Nothing was sent") for line in lines)
    assert len(service.server.posts) == 1


@pytest.mark.slow
def test_a_full_disk_after_the_submit(service: Service, tmp_path: Path) -> None:
    """On a disk that is full by then, the pictures arrive in memory, and one warning says so."""
    service.pictures["/a"] = [http(200, png("red", (900, 900)))]
    service.statuses["*"] = [service.succeeded("a", "a", "a")]
    code = """
        task = client.generate("a cat", n=3)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        print([len(picture.bytes) for picture in task.wait(30)])
    """
    said, warned = child(tmp_path / "journal", service.server.url, code).communicate(timeout=60)

    assert said.strip() == str([len(png("red", (900, 900)))] * 3)
    assert warned.count("The journal") + warned.count("was not kept") >= 1
    assert len(warned.strip().splitlines()) == 1


@pytest.mark.slow
def test_a_full_disk_between_question_and_answer(tmp_path: Path) -> None:
    """A disk that fills up while the request is on its way loses no id: a warning names it."""
    full = threading.Event()

    def respond(request: Received) -> bytes:
        if request.method == "POST":
            full.wait(30)
        return http(200, {"id": "paid-1", "status": "queued"})

    with FaultServer(fault.calls(respond)) as server:
        code = """
        import threading
        def fill_soon():
            while not client.journal.rows():
                pass
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
            print("full", flush=True)
        threading.Thread(target=fill_soon).start()
        print(client.generate("a cat").id)
        """
        process = child(tmp_path / "journal", server.url, code)
        assert process.stdout is not None
        assert process.stdout.readline() == "full\n"
        full.set()
        said, warned = process.communicate(timeout=60)

    assert said == "paid-1\n"
    assert "paid-1" in warned
    assert "journal" in warned


@pytest.mark.slow
def test_a_home_that_may_not_be_written(service: Service, tmp_path: Path) -> None:
    """In a read-only home nothing is sent, and the error says which folder it is."""
    (tmp_path / "journal").mkdir()
    code = """
        os.setegid(65534) if os.getuid() == 0 else None
        os.seteuid(65534) if os.getuid() == 0 else os.chmod(sys.argv[2], 0o555)
        try:
            client.generate("a cat")
        except LumenError as error:
            print(type(error).__name__, error)
    """
    said, _ = child(tmp_path / "journal", service.server.url, code).communicate(timeout=60)
    (tmp_path / "journal").chmod(0o755)

    assert said.startswith("JournalError Nothing was sent")
    assert str(tmp_path / "journal") in said
    assert service.server.requests == []


@pytest.mark.parametrize("given", ["~no-such-user/x", "a\0b"])
def test_a_home_that_is_no_path(given: str) -> None:
    """The argument that names it is to blame, and nothing is sent."""
    with pytest.raises(errors.InvalidRequest, match="no folder's path") as caught:
        LumenClient(KEY, "http://127.0.0.1:1", journal=given)
    assert caught.value.field == "journal"


def test_a_lumen_home_that_is_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the variable."""
    monkeypatch.setenv("LUMEN_HOME", "~no-such-user/x")
    with pytest.raises(errors.JournalError, match="LUMEN_HOME"):
        LumenClient(KEY, "http://127.0.0.1:1")


def test_without_a_journal_nothing_is_said(
    service: Service, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that keeps none warns of none."""
    service.statuses["*"] = [service.succeeded("a")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        task: Any = connect(service.server.url, journal=False).generate("a cat")
        assert len(task.wait(30)) == 1
    assert complaints(caplog) == []
