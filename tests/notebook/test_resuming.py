"""What a killed kernel left, in the cells of the next one."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
import textwrap
import threading
from typing import TYPE_CHECKING, Any

import pytest

import lumen_widgets as lumen
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer
from tests.client.service import FAILED, PROCESSING, Service, serving
from tests.conditions import PATIENCE, until
from tests.notebook.executed import execute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

EVIL = "<b onclick=alert(1)>a cat</b>"

# waits in a cell until the pictures of `task` stand where they belong; what else is told of a task
# before its end is not waited for
UNTIL_SHOWN = """
import threading
from lumen_widgets.notebook.publisher import publisher
shown = threading.Event()
task.subscribe(lambda task: task.done and publisher.run_soon(shown.set, 0.5))
if task.done:
    publisher.run_soon(shown.set, 0.5)
task.wait()
assert shown.wait(PATIENCE)
""".replace("PATIENCE", str(PATIENCE))


@pytest.fixture
def service() -> Iterator[Service]:
    """Run a service whose answers the test decides."""
    with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMEN_API_KEY", KEY)


def killed(url: str, code: str, *, when: Callable[[], object] = lambda: True) -> None:
    """Run code with a client in a process that is killed once it is over and this holds."""
    begin = f"from lumen_widgets import LumenClient\nclient = LumenClient({KEY!r}, {url!r})\n"
    end = '\nprint("over", flush=True)\ninput()'
    child = subprocess.Popen(
        [sys.executable, "-c", begin + textwrap.dedent(code) + end],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "over"
    until(when)
    child.kill()
    child.communicate()


def executed(url: str, folder: Path, *cells: str) -> list[list[Any]]:
    """Run cells in a kernel, and return the outputs of each."""
    first = f"import lumen_widgets as lumen\nlumen.use(lumen.LumenClient({KEY!r}, {url!r}))\n0"
    notebook = execute([first, *cells], folder, allow_errors=True)
    return [cell.outputs for cell in notebook.cells[1:]]


def words(outputs: list[Any]) -> str:
    """Return the words of a cell's outputs."""
    return "\n".join(
        output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs
    )


def pictures(outputs: list[Any]) -> int:
    """Return how many pictures a cell shows."""
    return sum(
        bool({"image/png", "image/jpeg"} & set(output.get("data", {}))) for output in outputs
    )


def test_a_new_kernel_shows_what_the_old_one_left(service: Service, tmp_path: Path) -> None:
    """Done ones show their pictures, failures stand in their place, running ones arrive later."""
    service.statuses["*"] = [PROCESSING]
    killed(service.server.url, f"for _ in range(3): client.generate({EVIL!r})")
    service.statuses["task-1"] = [service.succeeded("a")]
    service.statuses["task-2"] = [FAILED]
    ends, waits = service.succeeded("b"), tmp_path / "a cell waits"

    def end() -> None:
        # what the kernel says between two cells, nobody hears
        until(waits.exists)
        service.statuses["task-3"] = [ends]

    ending = threading.Thread(target=end)
    ending.start()
    resumed, waited, again = executed(
        service.server.url,
        tmp_path,
        "tasks = lumen.resume()",
        f"open({str(waits)!r}, 'w').close()\ntask = tasks[2]\n{UNTIL_SHOWN}\nlen(tasks)",
        "lumen.resume()",
    )
    ending.join()
    page = json.dumps(resumed)

    assert pictures(resumed) == 2
    assert "Took up 3 tasks: 1 done, 1 failed or not found, 1 still running" in words(resumed)
    assert "✗" in words(resumed)
    assert words(resumed).count("a cat") >= 3
    assert "&lt;b onclick" in page
    assert not any("<b onclick" in o.get("data", {}).get("text/html", "") for o in resumed)
    assert words(waited).endswith("3")
    assert "Nothing to take up" in words(again)
    assert len(service.server.posts) == 3


def test_lost_requests_are_named_and_not_sent(tmp_path: Path) -> None:
    """A request that was on its way when its kernel died is told with its time and what to do."""
    with FaultServer(fault.stalls) as server:
        killed(
            server.url,
            f"""
            import threading
            threading.Thread(target=client.generate, args=({EVIL!r},), daemon=True).start()
            """,
            when=lambda: server.posts,
        )
        (outputs, listed) = executed(
            server.url, tmp_path, "lumen.resume()", "lumen.history(state='unknown')"
        )
        assert "1 request of unknown outcome" in words(outputs)
        assert "console" in words(outputs)
        assert 'lumen.history(state="unknown")' in words(outputs)
        assert EVIL in words(outputs)
        assert not any("<b onclick" in o.get("data", {}).get("text/html", "") for o in outputs)
        assert "not known whether it was taken" in listed[-1]["data"]["text/html"]
        assert len(server.posts) == 1


def test_a_second_run_of_all_cells_pays_nothing(service: Service, tmp_path: Path) -> None:
    """In a new kernel the same cells show the same pictures, and say that nothing was spent."""
    service.statuses["*"] = [service.succeeded("a")]
    cells = (
        "lumen.generate('a cat', reuse=True)",
        f"task = lumen.generate('a fox', reuse=True, wait=False)\n{UNTIL_SHOWN}",
    )
    first = executed(service.server.url, tmp_path, *cells)
    second = executed(service.server.url, tmp_path, *cells)

    assert len(service.server.posts) == 2
    for outputs in (*first, *second):
        assert pictures(outputs) == 1
    assert not any("nothing spent here" in words(outputs) for outputs in first)
    for outputs in second:
        assert "nothing spent here: submitted before, on 20" in words(outputs)
        assert "credits spent" not in words(outputs)


def test_a_script_takes_up_without_output(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    """Outside a notebook the same call returns the tasks, and prints nothing."""
    service.statuses["*"] = [PROCESSING]
    killed(service.server.url, 'client.generate("a cat")')
    service.statuses["*"] = [service.succeeded("a")]
    (task,) = lumen.resume(lumen.LumenClient(KEY, service.server.url))

    assert len(task.wait(PATIENCE)) == 1
    assert capsys.readouterr().out == ""


def test_many_that_run_leave_the_cell_readable(service: Service, tmp_path: Path) -> None:
    """A cell has places for twenty running tasks; the others are counted, and can be shown."""
    service.statuses["*"] = [PROCESSING]
    killed(service.server.url, 'client.generate("a cat")')
    with contextlib.closing(sqlite3.connect(Journal().home / "journal.sqlite3")) as file:
        for number in range(24):
            file.execute(
                "INSERT INTO tasks (origin, account, endpoint, body, task_id, state, submitted,"
                " owner) SELECT origin, account, endpoint, body, ?, state, submitted, owner"
                " FROM tasks LIMIT 1",
                (f"more-{number}",),
            )
        file.commit()
    (outputs,) = executed(service.server.url, tmp_path, "tasks = lumen.resume()")

    assert words(outputs).count("picture appears here") == 20
    assert "… and 5 more that still run" in words(outputs)
    assert "25 still running" in words(outputs)


def test_a_damaged_journal_in_a_cell(service: Service, tmp_path: Path) -> None:
    """Each call says in its cell what is wrong and what to do; nothing is sent."""
    journal = Journal()
    journal.insert_request(origin="o", account="a", endpoint="edits", body={})
    (journal.home / "journal.sqlite3").write_bytes(b"something else" * 2000)
    cells = executed(
        service.server.url,
        tmp_path,
        "lumen.generate('a cat')",
        "lumen.generate('a cat', reuse=True)",
        "lumen.resume()",
        "lumen.history()",
    )
    errors = [next(o for o in outputs if o.output_type == "error") for outputs in cells]

    assert [error.ename for error in errors] == ["JournalError"] * 4
    assert all("move it away" in "".join(error.traceback) for error in errors)
    assert all("nothing was spent" in words(outputs) for outputs in cells[:2])
    assert service.server.requests == []
