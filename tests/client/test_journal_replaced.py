"""The journal's file moved away, deleted or put back while tasks run."""

from __future__ import annotations

import json
import shutil
import threading
import warnings
from functools import partial
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, Received, http
from tests.client.journal_file import JournalFile
from tests.client.service import PROCESSING, Service, png
from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumen_widgets.client import LumenClient

    Connect = Callable[..., LumenClient]

CAT, DOG = png("red"), png("blue")


def restore(path: Path) -> None:
    """Put back a copy that was made before the task was submitted, as a backup program does."""
    shutil.copy2(path.with_name("backup"), path)


def link_elsewhere(path: Path) -> None:
    """Have the folder's name lead to another folder."""
    path.parent.rename(path.parent.with_name("before"))
    path.parent.with_name("elsewhere").mkdir()
    path.parent.symlink_to(path.parent.with_name("elsewhere"))


# What our own advice for a damaged file is, and what else may happen to a file.
WAYS: dict[str, Callable[[Path], object]] = {
    "moved away": lambda path: path.rename(path.with_name("damaged")),
    "deleted": lambda path: path.unlink(),
    "restored": restore,
    "another folder": link_elsewhere,
}


def replaced(service: Service, connect: Connect, home: Path, way: str) -> None:
    """Have a cat's task run while the file is replaced, then submit a dog, then end the cat's."""
    service.pictures["/cat"], service.pictures["/dog"] = [http(200, CAT)], [http(200, DOG)]
    service.statuses["*"] = [PROCESSING]
    journal = JournalFile(home)
    Journal(home).heartbeat()
    shutil.copy2(journal.path, journal.path.with_name("backup"))
    cat = connect(service.server.url).generate("a cat")
    until(lambda: journal.states() == ["processing"], "the cat is under way")
    WAYS[way](journal.path)
    dog = connect(service.server.url).generate("a dog")
    until(lambda: journal.states() == ["processing"], "the dog is under way")
    if [cat.id, dog.id] != ["task-1", "task-2"]:
        pytest.fail("not submitted in this order")
    service.statuses["task-1"] = [service.succeeded("cat")]
    if [picture.bytes for picture in cat.wait(30)] != [CAT]:
        pytest.fail("the cat's own task has lost its picture")


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_task_writes_to_no_row_of_another(
    service: Service, connect: Connect, tmp_path: Path, way: str
) -> None:
    """What comes of a task whose row went with the old file changes no row of the new one."""
    replaced(service, connect, tmp_path / "journal", way)
    journal = JournalFile(tmp_path / "journal")

    assert journal.ask("SELECT task_id, state, settled FROM tasks") == [("task-2", "processing", 0)]
    assert journal.ask("SELECT * FROM pictures") == []


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_no_one_is_given_the_pictures_of_another_task(
    service: Service, connect: Connect, tmp_path: Path, way: str
) -> None:
    """`reuse=True` gives back what the same request brought, not what another one did."""
    replaced(service, connect, tmp_path / "journal", way)
    service.statuses["task-2"] = [service.succeeded("dog")]
    again = connect(service.server.url).generate("a dog", reuse=True)

    assert [picture.bytes for picture in again.wait(30)] == [DOG]
    assert again.id == "task-2"
    assert len(service.server.posts) == 2


class Slow:
    """A service that answers a submit of a prompt once it is told to."""

    def __init__(self) -> None:
        self.told = {"a cat": threading.Event(), "a dog": threading.Event()}

    def respond(self, request: Received) -> bytes:
        """Answer a request."""
        if request.method != "POST":
            return http(200, {"id": request.path.rpartition("/")[2], "status": "queued"})
        prompt = str(request.body["prompt"])
        self.told[prompt].wait(60)
        return http(200, {"id": f"id of {prompt}", "status": "queued"})


def _posted(server: FaultServer, count: int) -> bool:
    return len(server.posts) == count


def test_an_answer_goes_to_no_row_of_another(connect: Connect, tmp_path: Path) -> None:
    """An id whose row went with the old file is told in a warning; the new row gets its own id."""
    journal, slow = JournalFile(tmp_path / "journal"), Slow()
    with (
        FaultServer(fault.calls(slow.respond)) as server,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        threads = {}
        for number, prompt in enumerate(slow.told, 1):
            client = connect(server.url, timeout=60.0)
            threads[prompt] = threading.Thread(target=client.generate, args=(prompt,))
            threads[prompt].start()
            until(partial(_posted, server, number), "it is sent")
            if prompt == "a cat":
                journal.path.rename(journal.path.with_name("damaged"))
        for prompt, thread in threads.items():
            slow.told[prompt].set()
            thread.join(60)
    rows = journal.ask("SELECT body, task_id FROM tasks")

    assert [(json.loads(body)["prompt"], task_id) for body, task_id in rows] == [
        ("a dog", "id of a dog")
    ]
    assert [str(one.message) for one in caught if "id of a cat" in str(one.message)]
