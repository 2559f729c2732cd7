"""How long hosted files stay: as long as a task may need them, and not for ever."""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.client import HostedFile, HostingError, LumenClient
from lumen_widgets.client.hosting.upload_cache import (
    UploadCache,
    shared_upload_cache,
    use_upload_cache,
)
from lumen_widgets.core import errors
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer
from tests.client.service import FAILED, QUEUED, Service, serving
from tests.client_files import s3_store
from tests.client_files.hosted import MemoryHosting, host, local
from tests.client_files.samples import gradient
from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.client_files.s3_store import Store

pytestmark = pytest.mark.slow

CANCELLED = {"status": "cancelled"}


@pytest.fixture
def at_once() -> None:
    """Have files deleted as soon as they have no holder, and not minutes later."""
    use_upload_cache(UploadCache(grace_period=0.0))


@pytest.fixture
def service() -> Iterator[Service]:
    """Run a service whose answers the test decides."""
    with serving() as running:
        yield running


@pytest.fixture
def connect(tmp_path: Path) -> Callable[..., LumenClient]:
    """Make clients."""

    def make(url: str, hosting: Any, timeout: float = 10.0) -> LumenClient:
        return LumenClient(
            "sk-lumen-key", url, hosting=hosting, journal=tmp_path / "journal", timeout=timeout
        )

    return make


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("end", [FAILED, CANCELLED])
def test_a_file_goes_when_the_last_of_its_tasks_has_ended(
    service: Service, connect: Callable[..., LumenClient], end: dict[str, Any]
) -> None:
    """One that two tasks read stays until both have ended, and then it is deleted."""
    hosting = MemoryHosting()
    service.statuses["*"] = [QUEUED]
    client = connect(service.server.url, hosting)
    first, second = (client.edit(word, gradient()) for word in ("snow", "rain"))
    service.statuses["task-1"] = [end]
    with pytest.raises(errors.LumenError):
        first.wait(20)
    until(lambda: not first.watched)
    assert not hosting.removed.acquire(timeout=0.3)
    assert (len(hosting.there), hosting.puts) == (1, 1)

    service.statuses["task-2"] = [end]
    with pytest.raises(errors.LumenError):
        second.wait(20)
    assert hosting.removed.acquire(timeout=20)
    assert hosting.there == set()


@pytest.mark.usefixtures("at_once")
def test_a_file_of_a_refused_submit_goes(
    connect: Callable[..., LumenClient],
) -> None:
    """What the service refused will not be read: the file is deleted."""
    hosting = MemoryHosting()
    refusal = fault.http(400, {"error": {"code": "bad", "message": "no"}})
    with FaultServer(fault.sends(refusal)) as server, pytest.raises(errors.InvalidRequest):
        connect(server.url, hosting).edit("snow", gradient())
    assert hosting.removed.acquire(timeout=20)
    assert hosting.there == set()


@pytest.mark.usefixtures("at_once")
def test_a_file_goes_when_the_second_one_cannot_be_hosted(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A submit that fails half way through its uploads leaves nothing behind."""

    class Half(MemoryHosting):
        def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
            if self.puts:
                raise OSError("full")
            return super().put(data, media_type, digest)

    hosting = Half()
    with pytest.raises(HostingError):
        connect(service.server.url, hosting).edit("snow", [gradient(), gradient(50)])
    assert hosting.removed.acquire(timeout=20)
    assert (hosting.there, service.server.posts) == (set(), [])


@pytest.mark.usefixtures("at_once")
def test_a_file_stays_while_nobody_knows(
    connect: Callable[..., LumenClient],
) -> None:
    """After a lost answer the service may still read the file: it is left to expire."""
    hosting = MemoryHosting()
    lost = pytest.raises(errors.SubmitOutcomeUnknown)
    with FaultServer(fault.drops_after_reading) as server, lost:
        connect(server.url, hosting).edit("snow", gradient())
    assert not hosting.removed.acquire(timeout=0.5)
    assert len(hosting.there) == 1


def test_fifty_tasks_share_one_upload(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """A picture in a loop is uploaded once, although each task ends before the next begins."""
    hosting = MemoryHosting(lasts=7200)
    service.statuses["*"] = [FAILED]
    client = connect(service.server.url, hosting)
    for number in range(50):
        client.edit(f"snow {number}", gradient())
    assert (hosting.puts, len(service.server.posts)) == (1, 50)


@pytest.mark.usefixtures("at_once")
def test_a_request_whose_file_is_gone_is_not_sent_again(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """Paying for a picture that the service cannot read any more is refused with the way out."""
    hosting = MemoryHosting()
    service.statuses["*"] = [FAILED]
    client = connect(service.server.url, hosting)
    task = client.edit("snow", gradient())
    assert hosting.removed.acquire(timeout=20)
    with pytest.raises(HostingError, match="nothing was sent"):
        client.submit(task.request)
    assert len(service.server.posts) == 1


def test_a_request_that_is_sent_again_needs_its_file_again(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """As long as the file is there the request can be sent again, and the file stays for it."""
    hosting = MemoryHosting()
    service.statuses["*"] = [FAILED]
    service.statuses["task-2"] = [QUEUED]
    client = connect(service.server.url, hosting)
    task = client.edit("snow", gradient())
    with pytest.raises(errors.TaskFailed):
        task.wait(20)
    again = client.submit(task.request)
    shared_upload_cache().delete_idle()
    assert len(hosting.there) == 1
    service.statuses["task-2"] = [FAILED]
    with pytest.raises(errors.TaskFailed):
        again.wait(20)
    assert hosting.removed.acquire(timeout=20)


@pytest.mark.usefixtures("at_once")
def test_a_file_that_cannot_be_deleted_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """The log says so without the address, once, and the call notices nothing."""
    hosting = MemoryHosting(error=OSError("SENTINEL"))
    for width in (40, 41):
        host(local(width), hosting)
        assert hosting.removed.acquire(timeout=20)
    until(lambda: caplog.records)
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(told) == 1
    assert "SENTINEL" not in caplog.text


def run(program: str, *, seconds: float = 60.0) -> tuple[str, float]:
    """Run a script in an interpreter of its own; return its output, and how long it took."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout, time.monotonic() - began


def test_the_files_of_a_script_go_with_it(service: Service, store: Store, tmp_path: Path) -> None:
    """A script that ends right after its task leaves no file of it in the store."""
    service.statuses["*"] = [FAILED]
    run(f"""
        import numpy, lumen_widgets as lumen
        hosting = lumen.FsspecHosting("s3://{s3_store.BUCKET}", storage_options={store.options!r})
        client = lumen.LumenClient(
            "sk-lumen-key", {service.server.url!r}, hosting=hosting, journal={str(tmp_path)!r}
        )
        try:
            client.edit("snow", numpy.zeros((8, 8), "uint8")).wait(30)
        except lumen.TaskFailed:
            pass
    """)
    assert store.puts() == 1
    assert store.names() == []


def test_the_files_of_tasks_that_go_on_stay(service: Service, store: Store, tmp_path: Path) -> None:
    """A script that ends before its task leaves the file, which the service may still read."""
    service.statuses["*"] = [QUEUED]
    run(f"""
        import numpy, lumen_widgets as lumen
        hosting = lumen.FsspecHosting("s3://{s3_store.BUCKET}", storage_options={store.options!r})
        lumen.LumenClient(
            "sk-lumen-key", {service.server.url!r}, hosting=hosting, journal={str(tmp_path)!r}
        ).edit("snow", numpy.zeros((8, 8), "uint8"))
    """)
    assert len(store.names()) == 1


def test_an_interpreter_that_ends_does_not_wait_for_a_host_that_hangs() -> None:
    """A host that does not answer a deletion delays the end by some seconds at most."""
    said, seconds = run("""
        import threading, numpy
        from lumen_widgets.client import HostedFile
        from lumen_widgets.core.pictures.images import read_picture
        from lumen_widgets.client.hosting.lease import Lease

        def remove():
            print("asked", flush=True)
            threading.Event().wait()

        class Hanging:
            def put(self, data, media_type, digest):
                return HostedFile("https://files.example/1", None, remove)

        lease = Lease()
        picture = read_picture(numpy.zeros((8, 8), "uint8"))
        lease.address(picture, Hanging(), "https://lumen.example")
        lease.release()
    """)
    assert said == "asked\n"
    assert seconds < 30
