"""What the user's own code for logs and warnings raises, as on a stream that was closed."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, NoReturn

import pytest

from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, Received, http
from tests.client.journal_file import JournalFile
from tests.client.service import png

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lumen_widgets.client import LumenClient
    from tests.client.service import Service

LISTED = 6


class Closed(logging.Handler):
    """Writes to what was closed."""

    def emit(self, record: logging.LogRecord) -> NoReturn:
        """Raise, as a file does."""
        raise ValueError(f"I/O operation on closed file: {record.levelname}")


@pytest.fixture
def closed() -> Iterator[None]:
    """Have the package's log written to what was closed."""
    handler, logger = Closed(), logging.getLogger("lumen_widgets")
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)


class Exiting(logging.Handler):
    """Ends the program, or a test, with the first line that it gets."""

    def emit(self, record: logging.LogRecord) -> NoReturn:
        """Raise what is no Exception."""
        raise SystemExit(record.levelname)


def test_a_log_that_exits_ends_no_wait(
    service: Service, connect: Callable[..., LumenClient], request: pytest.FixtureRequest
) -> None:
    """It is called on a thread in the background, where it can end nothing."""
    handler, logger = Exiting(), logging.getLogger("lumen_widgets")
    logger.addHandler(handler)
    request.addfinalizer(lambda: logger.removeHandler(handler))
    service.statuses["*"] = [service.succeeded(*map(str, range(LISTED)))]
    task = connect(service.server.url).generate("a cat")

    assert [picture.bytes for picture in task.wait(30)] == [png()] * 4


@pytest.mark.usefixtures("closed")
def test_a_log_that_cannot_be_written_ends_no_wait(
    service: Service, connect: Callable[..., LumenClient]
) -> None:
    """The pictures of a task of which something is to be logged are there all the same."""
    service.statuses["*"] = [service.succeeded(*map(str, range(LISTED)))]
    task = connect(service.server.url).generate("a cat")

    assert [picture.bytes for picture in task.wait(30)] == [png()] * 4
    assert f"lists {LISTED} pictures" in (task.notice or "")


@pytest.mark.usefixtures("closed")
@pytest.mark.slow
def test_a_warning_that_cannot_be_shown_costs_no_task(
    connect: Callable[..., LumenClient], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paid task is returned though the warning that the journal misses its id raises."""
    journal = JournalFile(tmp_path / "journal")

    def respond(request: Received) -> bytes:
        if request.method == "POST":
            journal.hold()
        return http(200, {"id": "paid-1", "status": "processing"})

    def fail(*_: object, **__: object) -> NoReturn:
        raise ValueError("I/O operation on closed file")

    impatient = Journal(tmp_path / "journal", busy_timeout=0.1)
    with FaultServer(fault.calls(respond)) as server, warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", fail)
        assert connect(server.url, journal=impatient).generate("a cat").id == "paid-1"
        journal.let_go()


def test_what_is_logged_names_the_line_that_logs_it(
    service: Service, connect: Callable[..., LumenClient], caplog: pytest.LogCaptureFixture
) -> None:
    """And not that of the log itself."""
    service.statuses["*"] = [service.succeeded(*map(str, range(LISTED)))]
    connect(service.server.url).generate("a cat").wait(30)
    (said,) = (one for one in caplog.records if "no more than" in one.getMessage())

    assert (said.name, said.filename, said.funcName) == ("lumen_widgets", "task.py", "note")
