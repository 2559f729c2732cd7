"""Tasks in a forked child of the process that submitted them, as multiprocessing makes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.client.children import in_child
from tests.client.conftest import KEY
from tests.client.service import PROCESSING, QUEUED, Service

if TYPE_CHECKING:
    from pathlib import Path

FORKED = """
    import os
    tasks = [client.generate("a cat"), client.generate("a dog")]
    child = os.fork()
    if not child:
        print(len({}), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print([len(task.wait(30)) for task in tasks], flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize(
    "use",
    [
        "tasks[0].wait(30)",
        "client.task(tasks[1].id).wait(30)",
        "list(client.as_completed(tasks, 30)) and tasks[1].pictures",
        "tasks[0].refresh().wait(30)",
    ],
)
def test_a_child_follows_its_parents_tasks_itself(
    service: Service, tmp_path: Path, use: str
) -> None:
    """What follows a task in the parent is not there in the child, and a wait ends all the same."""
    service.statuses["*"] = [*[PROCESSING] * 6, service.succeeded("a")]
    child = in_child(tmp_path / "journal", service.server.url, FORKED.format(use))

    assert child.communicate(timeout=90)[0].splitlines() == ["1", "[1, 1]"]
    assert len(service.server.posts) == 2


# The forked child says what came of its submit, and leaves. One that could not submit is killed:
# only of one that could is it asked whether it ends by itself.
FORK = f"""
    import os, select, signal, threading, time
    from tests.client.slow_sqlite import Opening

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
def test_a_child_submits_and_ends(service: Service, tmp_path: Path) -> None:
    """A child that was forked at any instant submits as its parent does, and then ends."""
    service.statuses["*"] = [QUEUED]
    process = in_child(tmp_path / "journal", service.server.url, FORK)
    words, _ = process.communicate(timeout=180)

    assert words == "sent and ended\n"
    assert len(service.server.posts) == 3


NO_ROOM = """
    import os, tempfile
    client.generate("the first, which makes the file")
    tempfile.tempdir = os.path.join(client.journal.home, "nowhere")
    child = os.fork()
    if not child:
        print(client.generate("a fox").id, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_submits_without_a_folder_for_temporary_files(
    service: Service, tmp_path: Path
) -> None:
    """As where that disk is full, and the journal's own is not."""
    service.statuses["*"] = [QUEUED]
    process = in_child(tmp_path / "journal", service.server.url, NO_ROOM)
    words, _ = process.communicate(timeout=60)

    assert words == "task-2\n"


# Threads that submit all the time, and children forked meanwhile that submit once and end.
BUSY_FORKS = """
    import os, signal, threading, time
    import lumen_widgets as lumen

    lumen.prices["gpt-image-2-low"] = 1.0
    lumen.budget(credits=1e6)
    client.generate("the first, which makes the file")
    stop = threading.Event()

    def busy():
        while not stop.is_set():
            client.generate("a dog")

    def ended(child):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return "hung"

    threads = [threading.Thread(target=busy) for _ in range(2)]
    for thread in threads:
        thread.start()
    said = []
    for number in range(CHILDREN):
        child = os.fork()
        if not child:
            try:
                client.generate("a fox")
            except BaseException:
                sys.exit(1)
            sys.exit(0)
        said.append(ended(child))
    stop.set()
    for thread in threads:
        thread.join()
    print(set(said), flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_children_forked_at_any_moment_submit_and_end(service: Service, tmp_path: Path) -> None:
    """However busy the other threads of a parent are, each child submits once, and ends."""
    service.statuses["*"] = [QUEUED]
    code = BUSY_FORKS.replace("CHILDREN", "20")
    process = in_child(tmp_path / "journal", service.server.url, code)

    assert process.communicate(timeout=180)[0] == "{0}\n"
    foxes = [post for post in service.server.posts if post.body["prompt"] == "a fox"]
    assert len(foxes) == 20


# A thread of the user's own is inside of SQLite, of which the journal knows nothing.
FOREIGN = f"""
    import os, sqlite3, threading
    from tests.client.slow_sqlite import Opening

    # makes the file; a task would have threads that may be the first to come
    client.journal.insert_request(origin="", account="", endpoint="generations", body={{}})
    client = LumenClient({KEY!r}, client.base_url, journal=client.journal.home, timeout=2.0)
    opening = Opening()
    opening.install()
    threading.Thread(target=sqlite3.connect, args=(":memory:",), daemon=True).start()
    opening.parked.wait(60)
    child = os.fork()
    if not child:
        try:
            client.generate("a fox")
        except Exception as error:
            print(type(error).__name__, flush=True)
        sys.exit()
    os.waitpid(child, 0)
    opening.forked.set()
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_without_sqlite_says_so_and_ends(service: Service, tmp_path: Path) -> None:
    """Where SQLite hangs in a child for what others did in its parent, nothing is sent."""
    service.statuses["*"] = [QUEUED]
    process = in_child(tmp_path / "journal", service.server.url, FOREIGN)

    assert process.communicate(timeout=120)[0] == "JournalError\n"
    assert service.server.posts == []


# A call whose thread has a signal handler fork on the main thread, which waits for that thread.
FORKED_BY_A_HANDLER = """
    import os, signal, time
    import requests
    from lumen_widgets.client import LumenError
    from lumen_widgets.journal import JournalUnusable
    from lumen_widgets.journal.database import shielded

    forked = []

    def have_it_forked():
        if not forked:
            os.kill(os.getpid(), signal.SIGUSR1)
        while not forked:
            time.sleep(0.01)

    class Adapter(requests.adapters.HTTPAdapter):
        def send(self, *arguments, **settings):
            have_it_forked()
            return super().send(*arguments, **settings)

    signal.signal(signal.SIGUSR1, lambda *_: forked.append(os.fork()))
    session = requests.Session()
    session.mount("http://", Adapter())
    slow = LumenClient(KEY, client.base_url, journal=client.journal, session=session)
    try:
        CALL
        said = "made"
    except (LumenError, JournalUnusable) as error:
        said = "in the parent" if "in the parent" in str(error) else repr(error)
    if not forked[0]:
        print("child:", said, flush=True)
        os._exit(0)
    end = time.monotonic() + 30
    while os.waitpid(forked[0], os.WNOHANG)[0] == 0:
        if time.monotonic() > end:
            print("the child hangs", flush=True)
            os.kill(forked[0], signal.SIGKILL)
            os.waitpid(forked[0], 0)
            break
        time.sleep(0.01)
    print("parent:", said, flush=True)
    os._exit(0)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("call", ["shielded(have_it_forked)()", 'slow.generate("a cat")'])
def test_a_child_that_a_signal_handler_forks_is_told(
    service: Service, tmp_path: Path, call: str
) -> None:
    """What the interrupted call waits for is in the parent alone; it is sent once."""
    service.statuses["*"] = [QUEUED]
    code = FORKED_BY_A_HANDLER.replace("CALL", call).replace("KEY", repr(KEY))
    process = in_child(tmp_path / "journal", service.server.url, code)
    words, _ = process.communicate(timeout=120)

    assert words == "child: in the parent\nparent: made\n"
    assert len(service.server.posts) == ("slow" in call)
