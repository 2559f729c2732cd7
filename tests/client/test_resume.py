"""Tasks whose process is gone, taken up by the next."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import LumenClient
from lumen_widgets.core import errors
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.children import in_child
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer, http
from tests.client.service import FAILED, PROCESSING, Service, png

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Connect = Callable[..., LumenClient]

SUBMIT = """
    for prompt in sys.argv[1:] or ["a cat"]:
        client.generate(prompt)
    print("sent", flush=True)
    input()
"""


def killed(home: Path, url: str, count: int = 1) -> subprocess.Popen[str]:
    """Have a process submit so many tasks and be killed."""
    child = in_child(home, url, SUBMIT.replace('["a cat"]', f'["a cat"] * {count}'))
    assert child.stdout is not None
    assert child.stdout.readline() == "sent\n"
    child.kill()
    child.communicate()
    return child


@pytest.mark.slow
def test_tasks_of_a_killed_process_come_back(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """Each is asked about once; what succeeded brings its pictures, what runs goes on."""
    service.statuses["*"] = [PROCESSING]
    killed(tmp_path / "journal", service.server.url, 3)
    before = [service.asked(f"task-{number}") for number in (1, 2, 3)]
    service.statuses["task-1"] = [service.succeeded("a")]
    service.statuses["task-2"] = [FAILED]
    service.statuses["task-3"] = [PROCESSING, service.succeeded("b")]
    tasks = connect(service.server.url).resume()

    assert [task.id for task in tasks] == ["task-1", "task-2", "task-3"]
    assert [task.request.prompt for task in tasks] == ["a cat"] * 3
    assert [picture.bytes for picture in tasks[0].wait(30)] == [png()]
    with pytest.raises(errors.TaskFailed):
        tasks[1].wait(30)
    assert len(tasks[2].wait(30)) == 1
    after = [service.asked(f"task-{number}") for number in (1, 2, 3)]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 2]
    assert len(service.server.posts) == 3
    # it is over now, and stays over
    assert connect(service.server.url).resume() == []


@pytest.mark.slow
def test_one_picture_of_two_is_missing(service: Service, connect: Connect, tmp_path: Path) -> None:
    """A task that succeeded counts as unfinished until all of its pictures are kept."""
    service.statuses["*"] = [service.succeeded("a", "b")]
    service.pictures["/b"] = [http(404)]
    code = """
        try:
            client.generate("a cat", n=2).wait(30)
        except Exception as error:
            print(type(error).__name__, flush=True)
    """
    child = in_child(tmp_path / "journal", service.server.url, code)
    assert child.communicate(timeout=60)[0] == "DownloadError\n"
    service.pictures["/b"] = [http(200, png("blue"))]
    (task,) = connect(service.server.url).resume()

    assert [picture.bytes for picture in task.wait(30)] == [png(), png("blue")]
    assert connect(service.server.url).resume() == []


@pytest.mark.slow
def test_fewer_pictures_than_asked_for(service: Service, connect: Connect, tmp_path: Path) -> None:
    """A task is whole with the pictures that the service made, however many were asked for."""
    service.statuses["*"] = [service.succeeded("a")]
    child = in_child(
        tmp_path / "journal", service.server.url, 'client.generate("a cat", n=4).wait(30)'
    )
    child.communicate(timeout=60)
    client = connect(service.server.url)

    assert child.returncode == 0
    assert client.resume() == []
    assert len(client.generate("a cat", n=4, reuse=True).wait(0)) == 1


@pytest.mark.slow
def test_one_that_the_service_does_not_know(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """A task that is not found has its error, and the others come all the same."""
    service.statuses["*"] = [PROCESSING]
    killed(tmp_path / "journal", service.server.url, 3)
    service.statuses["*"] = [service.succeeded("a")]
    service.statuses["task-2"] = [http(404)]
    tasks = connect(service.server.url).resume()
    for task in LumenClient.as_completed(tasks, 30):
        assert isinstance(task.error, errors.NotFound) == (task.id == "task-2")


@pytest.mark.slow
def test_a_service_that_is_down_is_ridden_out(connect: Connect, tmp_path: Path) -> None:
    """Without an answer the tasks come back at once, and are asked about again and again."""
    with FaultServer(fault.task("t", PROCESSING)) as server:
        killed(tmp_path / "journal", server.url)
        url, port = server.url, server.port
    began = time.monotonic()
    (task,) = connect(url, timeout=600.0).resume()
    assert time.monotonic() - began < 100
    with pytest.raises(errors.WaitTimeout):
        task.wait(0.3)
    with FaultServer(fault.task("t", FAILED), port=port), pytest.raises(errors.TaskFailed):
        task.wait(60)


@pytest.mark.slow
def test_hundreds_do_not_wait_for_each_other(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """However many there are, the call returns before they have been asked about."""
    service.statuses["*"] = [PROCESSING]
    killed(tmp_path / "journal", service.server.url)
    with contextlib.closing(sqlite3.connect(tmp_path / "journal" / "journal.sqlite3")) as file:
        for number in range(300):
            file.execute(
                "INSERT INTO tasks (origin, account, endpoint, body, task_id, state, submitted,"
                " owner) SELECT origin, account, endpoint, body, ?, state, submitted, owner"
                " FROM tasks LIMIT 1",
                (f"more-{number}",),
            )
        file.commit()
    asked = len(service.server.requests)
    tasks = connect(service.server.url).resume()

    assert len(tasks) == 301
    assert len(service.server.requests) - asked < 100


@pytest.mark.slow
def test_two_that_resume_at_once_share(service: Service, tmp_path: Path) -> None:
    """Each task goes to one of several processes that resume at the same moment."""
    service.statuses["*"] = [PROCESSING]
    killed(tmp_path / "journal", service.server.url, 8)
    code = """
        input()
        tasks = client.resume()
        print(*(task.id for task in tasks), flush=True)
        input()
    """
    children = [in_child(tmp_path / "journal", service.server.url, code) for _ in range(3)]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    taken = [child.stdout.readline().split() for child in children if child.stdout is not None]
    for child in children:
        child.kill()
        child.communicate()

    assert sorted(task_id for some in taken for task_id in some) == [
        f"task-{number}" for number in range(1, 9)
    ]


@pytest.mark.slow
def test_what_lives_is_let_be(service: Service, connect: Connect, tmp_path: Path) -> None:
    """Tasks of a process that lives, of another key and of another service are not taken."""
    service.statuses["*"] = [PROCESSING]
    child = in_child(tmp_path / "journal", service.server.url, SUBMIT)
    assert child.stdout is not None
    child.stdout.readline()
    try:
        assert connect(service.server.url).resume() == []
    finally:
        child.kill()
        child.communicate()
    other = LumenClient(f"{KEY}other", service.server.url, journal=tmp_path / "journal")
    assert other.resume() == []
    assert connect("http://127.0.0.1:1").resume() == []
    assert len(connect(service.server.url).resume()) == 1


def test_followed_here_already(service: Service, connect: Connect) -> None:
    """A process does not take up what it follows, nor what it stopped watching."""
    service.statuses["*"] = [PROCESSING]
    client = connect(service.server.url)
    tasks = [client.generate("a cat"), client.generate("a dog")]
    tasks[1].stop_watching()

    assert client.resume() == []
    assert connect(service.server.url).resume() == []


def test_an_interrupted_submit_is_taken_up(service: Service, connect: Connect) -> None:
    """A task of this very process that no variable holds, as after Ctrl-C, is taken up as well."""
    service.statuses["*"] = [service.succeeded("a")]
    client = connect(service.server.url)
    assert client.journal is not None
    row = client.journal.insert_request(
        origin=client.base_url,
        account=client.fingerprint,
        endpoint="generations",
        body={"prompt": "a cat"},
    )
    client.journal.mark_accepted(row, task_id="t", created=None, status="queued")
    (task,) = client.resume()

    assert len(task.wait(30)) == 1


@pytest.mark.slow
def test_what_could_not_be_asked_about_is_taken_up_again(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """A task that is not followed since the service refused to say is taken up by the next call."""
    service.statuses["*"] = [PROCESSING]
    killed(tmp_path / "journal", service.server.url)
    service.statuses["*"] = [http(401)]
    client = connect(service.server.url)
    (held,) = client.resume()
    with pytest.raises(errors.AuthenticationError):
        held.wait(30)
    service.statuses["*"] = [service.succeeded("a")]
    (task,) = client.resume()

    assert len(task.wait(30)) == 1
    assert client.task(task.id) is task
    assert client.resume() == []


@pytest.mark.slow
def test_a_lost_request_is_never_sent_again(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """What was killed between question and answer is named, with its request, and left alone."""
    with FaultServer(fault.stalls) as server:
        child = in_child(tmp_path / "journal", server.url, 'client.generate("a cat")')
        while not server.posts:
            assert child.poll() is None
        child.kill()
        child.communicate()
        client = connect(server.url)
        resumed = client.resume()
        assert resumed == []
        assert [row.body["prompt"] for row in resumed.unknown_outcomes] == ["a cat"]
        assert len(server.requests) == 1


def test_a_process_elsewhere_says_that_it_follows(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """While tasks are asked about, the journal hears of it, so that no other machine takes them."""
    service.statuses["*"] = [PROCESSING]
    now = 0.0
    journal = Journal(tmp_path / "journal", clock=lambda: now)
    client = connect(service.server.url, journal=journal)
    task = client.generate("a cat")
    path = tmp_path / "journal" / "journal.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.execute("UPDATE processes SET seen = 0")
        file.commit()
        now = 60.0
        task.refresh()
        deadline = time.monotonic() + 30
        while file.execute("SELECT seen FROM processes").fetchone() == (0.0,):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        # seen from another machine
        (mark,) = file.execute("SELECT mark FROM processes").fetchone()
        file.execute("UPDATE processes SET mark = ?", (json.dumps(["far", *json.loads(mark)[1:]]),))
        file.commit()
    assert Journal(tmp_path / "journal").claim(origin=service.server.url, account="x") == []
    account = client.fingerprint
    assert Journal(tmp_path / "journal").claim(origin=service.server.url, account=account) == []


def test_without_a_journal_there_is_nothing_to_know(connect: Connect) -> None:
    """A client without a journal says why it cannot."""
    with pytest.raises(errors.InvalidRequest, match="journal=False"):
        connect("http://127.0.0.1:1", journal=False).resume()


def test_a_damaged_journal_is_an_error(connect: Connect, tmp_path: Path) -> None:
    """A journal that cannot be read says what to do about it."""
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "journal.sqlite3").write_bytes(b"no database at all" * 100)
    with pytest.raises(errors.JournalError, match="Nothing could be taken up") as caught:
        connect("http://127.0.0.1:1").resume()
    assert "move it away" in caught.value.next_step
