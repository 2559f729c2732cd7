"""What a form leaves in its cell of the pictures that it made."""

from __future__ import annotations

import io
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import PIL.Image
import pytest

from lumen_widgets.client import DownloadError, Picture
from lumen_widgets.core.request import Request
from lumen_widgets.notebook.submission import Submission
from lumen_widgets.widgets import PromptForm, TaskPanel
from lumen_widgets.widgets.prompt_form.submission_display import SubmissionDisplay
from tests.client.service import png
from tests.conditions import until
from tests.staged import StagedTask, use_offline_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.widgets.panels import Browser
    from tests.widgets.quiet_service import QuietService


class RecordingCell:
    """Stands for a form's cell: notes what is added to it."""

    def __init__(self) -> None:
        self.bundles: list[dict[str, Any]] = []

    def append(self, bundle: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        """Note an output."""
        assert isinstance(metadata or {}, dict)
        self.bundles.append(bundle)

    def texts(self) -> list[str]:
        """Return the words of each output."""
        return [bundle["text/plain"] for bundle in self.bundles]


def picture(index: int, count: int = 3) -> Picture:
    """Return one of a task's pictures."""
    return Picture(
        png(size=(400, 300)),
        media_type="image/png",
        width=400,
        height=300,
        sha256="a" * 64,
        index=index,
        count=count,
        prompt="a cat",
    )


def staged() -> StagedTask:
    """Return a task that runs."""
    request = Request("generations", {"prompt": "a cat", "model": "m", "n": 3})
    return StagedTask("t1", request, status="processing")


def display(task: StagedTask, cell: Any, **options: Any) -> SubmissionDisplay:
    """Have what becomes of a submission shown in a cell, once it has its task."""
    submission = Submission(
        lambda *_: task.task, account=use_offline_account(), prompt="a cat", model="m"
    )
    made = SubmissionDisplay(submission, cell, lambda _: None, **options)
    submission.start()
    until(lambda: submission.task, "the task")
    return made


def test_a_forms_pictures_are_one_sheet_and_one_that_comes_later_is_shown_by_itself() -> None:
    """What was lost at first is added with its own index, and nothing is shown twice."""
    task, cell = staged(), RecordingCell()
    display(task, cell)
    first, lost, last = (picture(index) for index in range(3))
    task.state.set_pictures([first, last])
    task.state.finish(DownloadError("A picture is gone."), "succeeded")
    task.state.signal.send(task.task)
    until(lambda: len(cell.bundles) == 2, "the sheet of those that are here")
    task.state.set_pictures([first, lost, last])
    task.state.finish()
    task.state.signal.send(task.task)
    until(lambda: len(cell.bundles) == 3, "the last one")

    assert cell.texts() == [
        "a cat",
        "[0] Picture 1 of 3: a cat\n[2] Picture 3 of 3: a cat",
        "[1] Picture 2 of 3: a cat",
    ]


def test_a_form_that_is_not_static_leaves_no_picture_in_its_cell() -> None:
    """It is over all the same: neither pictures nor a heading of them."""
    task, cell = staged(), RecordingCell()
    shown = display(task, cell, shows=lambda: False)
    task.state.set_pictures([picture(index) for index in range(3)])
    task.state.finish(None, "succeeded")
    task.state.signal.send(task.task)
    until(lambda: shown.over, "the end")

    assert cell.bundles == []


def test_static_is_said_when_a_form_is_made_or_later_and_holds_for_its_panel(
    service: QuietService,
) -> None:
    """A page cannot change it: what a saved notebook holds is its author's to say."""
    form = PromptForm(service.client(), static=False)
    assert form.panel is not None
    assert (form.static, form.panel.static) == (False, False)
    form.static = True
    assert form.panel.static
    form.set_state({"static": False})
    form.panel.set_state({"static": False})

    assert (form.static, form.panel.static) == (True, True)
    form.close()


@pytest.mark.usefixtures("_offline_account")
def test_a_row_of_several_pictures_has_a_small_sheet_of_all(
    show: Callable[..., Browser],
) -> None:
    """At most 96 pixels of it, however many there are."""
    task = staged()
    browser = show([task.task])
    task.state.set_pictures([picture(index) for index in range(3)])
    task.state.finish(None, "succeeded")
    task.state.signal.send(task.task)
    browser.ended("0")
    (small,) = browser.ask("look", keys=["0"])["thumbnails"]
    image = PIL.Image.open(io.BytesIO(b64decode(small["data"].partition(",")[2])))

    # two beside each other, and one below
    assert image.size == (96, 72)
    assert len(small["data"]) < 4000


@pytest.mark.usefixtures("_offline_account")
def test_a_panels_state_has_thumbnails_unless_it_may_leave_none(
    show: Callable[..., Browser],
) -> None:
    """A page that opens a static panel shows them without asking; a saved notebook has them."""
    task = staged()
    browser = show([task.task])
    panel: TaskPanel = browser.panel
    assert panel.get_state()["_thumbnails"] == []
    task.state.set_pictures([picture(index) for index in range(3)])
    task.state.finish(None, "succeeded")
    task.state.signal.send(task.task)
    browser.ended("0")
    drawn = browser.ask("look", keys=["0"])["thumbnails"]

    assert panel.get_state()["_thumbnails"] == drawn
    panel.static = False
    state = panel.get_state()
    assert state["_thumbnails"] == []
    del state["_esm"], state["_css"]
    assert "data:image" not in str(state)
