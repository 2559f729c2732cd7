"""What a task panel sends of masks: the share with the row, the mask in small to who needs it."""

from __future__ import annotations

import base64
import io
import itertools
import json
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest

from lumen_widgets.core.pictures.masks import LocalMask, read_mask
from lumen_widgets.core.request import Request
from lumen_widgets.widgets.task_panel import session
from tests.conditions import PATIENCE
from tests.staged import StagedTask
from tests.widgets.forms import MASK, PICTURE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumen_widgets.client import LumenClient
    from tests.sandboxes import SandboxServer
    from tests.widgets.panels import Browser

pytestmark = pytest.mark.slow

_SHARE = float(MASK.mean())


def _masks(browser: Browser) -> list[dict[str, Any]]:
    """Return every mask that the panel has sent."""
    messages = [one for one in browser.heard if one["kind"] == "thumbnails"]
    return [small for one in messages for small in one["thumbnails"] if small["of"] == "mask"]


def _forget(browser: Browser) -> None:
    """Forget what was heard, with nothing left that the publisher had begun to send."""
    browser.ask("nothing that a panel knows")
    browser.heard.clear()


def _change_of_one(browser: Browser, tasks: Sequence[StagedTask]) -> list[dict[str, Any]]:
    """Change one task after the other until one is sent alone, and return what was sent of it.

    The first ones may be sent just when the rows of before are repeated.
    """
    for key, task in enumerate(tasks):
        _forget(browser)
        task.hear("processing")
        browser.state(str(key), "processing")
        _, rows = heard = browser.heard[:2]
        if [row["key"] for row in rows.get("rows", ())] == [str(key)]:
            return heard
    raise AssertionError("no change was sent alone")


def _staged(number: int, *, lines: int = 0) -> StagedTask:
    mask = np.zeros((1024, 1024), bool)
    mask[: lines or 8 * (number + 1)] = True
    read = read_mask(mask)
    assert isinstance(read, LocalMask)
    request = Request(
        "inpaint", {"prompt": f"picture {number}", "model": "m"}, repaint=read.repaint
    )
    return StagedTask(f"task-{number}", request)


def test_the_mask_is_shown_while_the_task_runs_and_afterwards(
    sandbox: SandboxServer, client: LumenClient, show: Callable[..., Browser]
) -> None:
    """Its thumbnail is there to look for before the picture's is, and beside it later."""
    with sandbox.drawing_held():
        browser = show([client.inpaint("a corgi", PICTURE, MASK)])
        assert browser.until(browser.row)["repaints"] == _SHARE
        first = browser.ask("look", keys=["0"])["thumbnails"]
    row = browser.ended("0")
    later = browser.ask("look", keys=["0"])["thumbnails"]

    assert [small["of"] for small in first] == ["mask"]
    assert [small["of"] for small in later] == ["picture", "mask"]
    assert (row["status"], row["repaints"]) == ("succeeded", _SHARE)
    header, _, data = later[1]["data"].partition(",")
    assert header == "data:image/png;base64"
    shown = np.asarray(PIL.Image.open(io.BytesIO(base64.b64decode(data))))
    assert np.array_equal(shown > 0, MASK)
    # the panel has let go of the task by now; nothing of its mask is in what is saved
    assert "data:" not in json.dumps(browser.panel.get_state("_rows"))


def test_what_was_put_back_is_said_with_the_row_once_there_is_a_picture(
    sandbox: SandboxServer, client: LumenClient, show: Callable[..., Browser]
) -> None:
    """In the sentence of its cell; nothing before, and it stays when the task is let go of."""
    with sandbox.drawing_held():
        task = client.inpaint("a corgi", PICTURE, MASK, crop=0.5)
        browser = show([task])
        before = browser.until(browser.row)["notice"]
    row = browser.ended("0")
    browser.ask("look", keys=["0"])

    assert before == ""
    assert row["notice"] == task.notice
    assert "is as it was" in row["notice"]
    assert [one["notice"] for one in browser.state_rows()] == [task.notice]


@pytest.mark.usefixtures("_offline_account")
def test_the_mask_of_a_task_that_runs_comes_before_anybody_looks(
    show: Callable[..., Browser],
) -> None:
    """A kernel that runs a cell answers no look, so it comes with the row; once, to a view."""
    staged = _staged(3)
    browser = show([staged.task])
    browser.until(browser.row)
    kinds = [message["kind"] for message in browser.heard]
    assert kinds[:2] == ["thumbnails", "rows"]
    assert browser.heard[0]["request"] == ""

    browser.ask("hello", view="v")
    for status in ("processing", "polishing", "framing"):
        staged.hear(status)
        browser.state("0", status)
        _forget(browser)
    staged.hear("drying")
    browser.state("0", "drying")
    assert _masks(browser) == []


@pytest.mark.usefixtures("_offline_account")
def test_a_change_of_a_repaint_costs_as_many_bytes_with_many_rows_as_with_few(
    show: Callable[..., Browser],
) -> None:
    """One row and its mask are sent, whatever else the panel holds, and no mask with other rows."""
    sizes = []
    for count in (10, 100):
        tasks = [_staged(number, lines=48) for number in range(count)]
        browser = show([one.task for one in tasks])
        browser.state(str(count - 1), "queued")
        masks, rows = _change_of_one(browser, tasks)
        assert [mask["key"] for mask in masks["thumbnails"]] == [rows["rows"][0]["key"]]
        sizes.append(len(json.dumps(masks)))
        browser.panel.close()

    assert sizes[0] == sizes[1]


@pytest.mark.usefixtures("_offline_account")
def test_of_many_tasks_at_once_only_the_masks_of_the_newest_come_unasked(
    show: Callable[..., Browser],
) -> None:
    """What a screen shows comes at once; the others are looked for when they are scrolled to."""
    browser = show([_staged(number).task for number in range(40)])
    browser.until(browser.row)
    first = next(message for message in browser.heard if message["kind"] == "thumbnails")

    assert [small["key"] for small in first["thumbnails"]] == [str(39 - n) for n in range(8)]
    (asked,) = browser.ask("look", keys=["0"])["thumbnails"]
    assert (asked["key"], asked["of"]) == ("0", "mask")


@pytest.mark.usefixtures("_offline_account")
def test_rows_that_were_given_together_are_repeated_together(
    show: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view that was loading gets them as one that was there: the masks of the newest, and all.

    On a busy machine each row takes its time to be made, as by this clock.
    """
    late = itertools.count()
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + 0.02 * next(late))
    monkeypatch.setattr(session, "time", clock)
    browser = show([_staged(number).task for number in range(12)])
    browser.until(lambda: [one for one in browser.heard if one["kind"] == "rows"][1:])
    for heard in [one for one in browser.heard if one["kind"] == "rows"][:2]:
        assert len(heard["rows"]) == 12


def test_a_task_that_failed_keeps_its_mask_and_so_does_its_next_try(
    client: LumenClient, show: Callable[..., Browser]
) -> None:
    """Both rows say what they repaint."""
    task = client.inpaint("a corgi", PICTURE, MASK, model="sandbox-always-fails")
    browser = show([task])
    assert browser.state("0", "failed")["repaints"] == _SHARE
    answer = browser.ask("act", key="0", action="again")
    assert browser.state(answer["key"], "failed")["repaints"] == _SHARE
    smalls = browser.ask("look", keys=["0", "1"])["thumbnails"]

    assert [(small["key"], small["of"]) for small in smalls] == [("0", "mask"), ("1", "mask")]


def test_a_row_without_a_known_mask_says_nothing_of_it(
    client: LumenClient, show: Callable[..., Browser]
) -> None:
    """A prompt repaints nothing, and of a mask that is an address nobody here knows the share."""
    first = client.inpaint("a corgi", PICTURE, MASK)
    url = first.request.body["mask_url"]
    tasks = [client.generate("a fox"), client.inpaint("a corgi", PICTURE, url)]
    browser = show(tasks)
    for task in (first, *tasks):
        task.wait(PATIENCE)
    rows = [browser.ended(key) for key in ("0", "1")]

    assert [row["repaints"] for row in rows] == [None, None]
    assert _masks(browser) == []
