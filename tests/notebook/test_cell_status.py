"""The words that a cell keeps of its tasks once they have ended."""

from __future__ import annotations

import base64
import dataclasses
import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest

from lumen_widgets.client import DownloadError, LumenClient, Task, TaskFailed
from lumen_widgets.core.pictures.repaint import Repaint
from lumen_widgets.core.request import Request
from lumen_widgets.notebook.account import account_of
from lumen_widgets.notebook.cell_status import summary, task_heading
from lumen_widgets.widgets import TaskPanel
from tests.conditions import PATIENCE
from tests.staged import StagedTask, use_offline_account

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandboxes import SandboxServer

_IMAGE = re.compile(
    r'<img alt="([^"]*)" align="middle" border="1" src="data:image/png;base64,([^"]*)">'
)


@pytest.fixture
def client(sandbox: SandboxServer) -> LumenClient:
    """Return a client of the run's sandbox."""
    return LumenClient(sandbox.api_key, sandbox.url)


def _inpaint(client: LumenClient) -> tuple[Task, np.ndarray]:
    mask = np.zeros((64, 80), bool)
    mask[:8, :39] = True
    picture = np.full((64, 80, 3), 200, np.uint8)
    task = client.inpaint("a corgi", picture, mask)
    task.wait(PATIENCE)
    return task, mask


@pytest.mark.slow
def test_what_a_repaint_changed_is_said_and_shown(client: LumenClient) -> None:
    """The share stands in the words, and the mask in small beside them, with an alternative."""
    task, mask = _inpaint(client)
    bundle = summary([task], account_of(client))
    first, second = bundle["text/plain"].splitlines()
    assert first.startswith("✓ Succeeded after ")
    assert second == "Repaints 6.1 % of the picture"
    found = _IMAGE.search(bundle["text/html"])
    assert found is not None
    assert found[1] == "Mask: white is repainted"
    shown = np.asarray(PIL.Image.open(io.BytesIO(base64.b64decode(found[2]))))
    assert np.array_equal(shown > 0, mask)
    assert bundle["text/html"].endswith("> Repaints 6.1 % of the picture</p>")


@pytest.mark.slow
def test_each_of_several_repaints_says_it_above_its_pictures(client: LumenClient) -> None:
    """The summary counts them, and the heading of each is its prompt and what it repaints."""
    task, _ = _inpaint(client)
    other = client.generate("a <fox>")
    other.wait(PATIENCE)
    both = summary([task, other], account_of(client))

    assert both["text/plain"].startswith("2 of 2 tasks succeeded")
    assert "Repaints" not in both["text/plain"]
    assert task_heading(task)["text/plain"] == "a corgi\nRepaints 6.1 % of the picture"
    assert task_heading(other)["text/plain"] == "a <fox>"
    assert ">a &lt;fox&gt;</p>" in task_heading(other)["text/html"]


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (1 / 4096**2, "less than 0.1 % of the picture"),
        (0.00099, "less than 0.1 % of the picture"),
        (0.001, "0.1 % of the picture"),
        (0.05, "5 % of the picture"),
        (0.1234, "12.3 % of the picture"),
        (0.99999, "99.9 % of the picture"),
        (1.0, "the whole picture"),
    ],
)
def test_little_is_not_nothing_and_nearly_all_is_not_all(share: float, words: str) -> None:
    """A share reads as what it is, at either end."""
    request = Request("inpaint", {"prompt": "x", "model": "m"}, repaint=Repaint(share, b""))
    task = StagedTask("a", request).task

    assert task_heading(task)["text/plain"] == f"x\nRepaints {words}"


def test_a_task_that_goes_on_is_told_how_to_take_it_up_and_what_it_repaints() -> None:
    """The code to copy stays in its own place."""
    client = LumenClient("sk-lumen-test", "http://127.0.0.1:9", journal=False)
    request = Request("inpaint", {"prompt": "x", "model": "m"}, repaint=Repaint(0.5, b"\0"))
    task = StagedTask("t1", request).task
    known = summary([task], account_of(client))
    task.request = dataclasses.replace(request, repaint=None)
    unknown = summary([task], account_of(client))

    assert known["text/plain"].splitlines()[1:] == ["Repaints 50 % of the picture"]
    assert '>lumen.show(&quot;t1&quot;)</code></p><p><img alt="' in known["text/html"]
    assert unknown["text/plain"].endswith('in a cell: lumen.show("t1")')


@pytest.mark.slow
@pytest.mark.parametrize("how", [{}, {"exact": False}, {"crop": 0.5}])
def test_a_repaint_that_is_reused_shows_the_mask_of_the_first_run(
    sandbox: SandboxServer, tmp_path: Path, how: dict[str, Any]
) -> None:
    """A kernel that restarted has the task from the journal, which keeps no mask in small."""
    picture, mask = np.full((64, 80, 3), 200, np.uint8), np.zeros((64, 80), bool)
    mask[:32, :32] = True
    shown = []
    for _ in range(2):
        client = LumenClient(sandbox.api_key, sandbox.url, journal=tmp_path)
        task = client.inpaint("a corgi", picture, mask, reuse=True, **how)
        task.wait(PATIENCE)
        bundle = summary([task], account_of(client))
        panel = TaskPanel([task])
        row = panel.get_state("_rows")["_rows"][0]
        panel.close()
        shown.append((_IMAGE.findall(bundle["text/html"]), row["repaints"], task.reused))

    first, again = shown
    assert (first[2], again[2]) == (False, True)
    assert first[0] == again[0]
    assert len(first[0]) == 1
    assert first[1] == again[1]


def test_a_cell_that_stopped_waiting_in_an_outage_says_why() -> None:
    """Else it looks as if the task itself took so long."""
    account = use_offline_account()
    staged = StagedTask("t1", Request("generations", {"prompt": "a fox", "model": "m"}))
    staged.state.lasting_trouble = "The service asks to wait."
    words = summary([staged.task], account)["text/plain"]
    assert "The service asks to wait. The task goes on" in words


@pytest.mark.parametrize("status", ["queued", "processing", "succeeded"])
def test_what_did_not_fail_is_not_crossed_out_as_such(status: str) -> None:
    """Its pictures are what is missing: "✗ Succeeded" would say both."""
    account = use_offline_account()
    staged = StagedTask("t1", Request("generations", {"prompt": "a fox", "model": "m"}))
    staged.state.status = status
    staged.state.done = True
    for pictures, words in (([], "✗ No pictures"), ([object()], "✗ Only 1 picture")):
        staged.state.error = DownloadError("The picture did not come.", pictures=pictures)
        shown = summary([staged.task], account)["text/plain"]
        assert shown.startswith(words)
        assert status not in shown.lower()


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_task_that_failed_is_said_to_have(status: str) -> None:
    """As the service says it."""
    account = use_offline_account()
    staged = StagedTask("t1", Request("generations", {"prompt": "a fox", "model": "m"}))
    staged.state.status, staged.state.done = status, True
    staged.state.error = TaskFailed("It went wrong.")
    assert summary([staged.task], account)["text/plain"].startswith(f"✗ {status.capitalize()}")
