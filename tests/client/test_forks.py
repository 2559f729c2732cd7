"""Tasks in a forked child of the process that submitted them, as multiprocessing makes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.client.children import in_child
from tests.client.service import PROCESSING, Service

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
