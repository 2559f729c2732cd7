"""Several pictures of a task, or of a list, in a cell: one look at all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import lumen_widgets as lumen
from lumen_widgets.core.request import Request
from lumen_widgets.notebook.calls import follow_later
from lumen_widgets.notebook.cell_status import CellStatus
from tests.client.service import png
from tests.conditions import until
from tests.staged import StagedTask, use_offline_account

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumen_widgets.client import LumenError
    from tests.notebook.conftest import Published

_LOST = lumen.DownloadError("A picture is gone.")


def cats(count: int, indices: Sequence[int] | None = None) -> lumen.Pictures:
    """Return pictures of a task that has so many, of which some may be missing."""
    data = png(size=(40, 30))
    return lumen.Pictures(
        lumen.Picture(
            data,
            media_type="image/png",
            width=40,
            height=30,
            sha256="a" * 64,
            index=index,
            count=count,
            prompt="a cat",
        )
        for index in (range(count) if indices is None else indices)
    )


def ended(
    pictures: lumen.Pictures, error: LumenError | None = None, name: str = "t1"
) -> lumen.Task:
    """Return a task that has succeeded with these pictures, though one may have been lost."""
    use_offline_account()
    request = Request("generations", {"prompt": "a cat", "model": "m", "n": 4})
    staged = StagedTask(name, request)
    staged.state.set_pictures(pictures)
    staged.state.finish(error, "succeeded")
    return staged.task


def lines(*indices: int, count: int = 4) -> str:
    """Return the words of a sheet with these pictures of a task."""
    return "\n".join(f"[{index}] Picture {index + 1} of {count}: a cat" for index in indices)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (None, [lines(0, 1, 2, 3)]),
        (1, [f"Picture {number} of 4: a cat" for number in (1, 2, 3, 4)]),
        (3, [lines(0, 1, 2, 3)]),
    ],
)
def test_pictures_of_a_task_are_one_output_unless_asked_otherwise(
    columns: int | None, words: list[str], published: Published
) -> None:
    """`lumen.show` of a task makes one sheet, and with one column an output for each picture."""
    lumen.show(ended(cats(4)), columns=columns)

    assert published.pictures() == words


def test_each_of_several_tasks_has_a_sheet_under_its_heading(published: Published) -> None:
    """Pictures of different tasks are not mixed, and a task with one picture shows that."""
    tasks = [ended(cats(2), name="t1"), ended(cats(1), name="t2")]
    arrived = list(lumen.stream(tasks))

    assert [picture.count for picture in arrived] == [2, 2, 1]
    assert published.pictures() == [lines(0, 1, count=2), "Picture 1 of 1: a cat"]
    assert published.texts(1) == ["a cat"]


def test_pictures_are_shown_by_their_places_in_the_list(published: Published) -> None:
    """What is given is what indices count: a picture, a list, or anything that yields them."""
    four = cats(4)
    lumen.show(four[2])
    lumen.show(four[1:3])
    lumen.show((one for one in four[2:]), columns=2)
    lumen.show([four[3], four[0]], columns=1)
    lumen.show([])

    assert published.pictures() == [
        "Picture 3 of 4: a cat",
        "[0] Picture 2 of 4: a cat\n[1] Picture 3 of 4: a cat",
        "[0] Picture 3 of 4: a cat\n[1] Picture 4 of 4: a cat",
        "Picture 4 of 4: a cat",
        "Picture 1 of 4: a cat",
    ]


def test_a_long_list_in_columns_takes_sheets_that_go_on_counting(published: Published) -> None:
    """Three in a row stay large, so that a list of twenty needs more than one sheet."""
    large = png(size=(1200, 1200))
    many = [
        lumen.Picture(large, media_type="image/png", width=1200, height=1200, sha256="b" * 64)
        for _ in range(20)
    ]
    lumen.show(many, columns=3)

    first, second, third = published.pictures()
    assert [len(one.splitlines()) for one in (first, second, third)] == [9, 9, 2]
    assert second.startswith("[9] ")


def test_a_script_is_shown_no_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    """There is no cell, and nothing is printed."""
    lumen.show(cats(2))

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("columns", [0, -1, 1.5, True, "2"])
def test_columns_are_a_whole_number(columns: Any) -> None:
    """What cannot be a number of pictures is refused before anything is shown."""
    with pytest.raises(lumen.InvalidRequest, match="how many pictures stand in a row") as caught:
        lumen.show(cats(2), columns=columns)
    assert caught.value.field == "columns"


def test_tasks_and_pictures_together_are_refused() -> None:
    """The one is waited for, the other is there; what to do is said."""
    with pytest.raises(lumen.InvalidRequest, match="Show them one after the other"):
        lumen.show([ended(cats(2)), cats(1)[0]])


@pytest.mark.parametrize("kept", [[0, 2], [2]])
def test_good_pictures_keep_their_index_where_others_are_lost(
    kept: list[int], published: Published
) -> None:
    """A sheet says which of a task's pictures these are, also where there is only one."""
    task = ended(cats(4, kept), _LOST)
    with pytest.raises(lumen.DownloadError):
        lumen.show(task)
    assert list(lumen.stream(task, errors="skip")) == task.pictures

    assert published.pictures() == [lines(*kept)] * 2


@pytest.mark.parametrize(("kept", "error"), [([0, 1, 2, 3], None), ([1, 3], _LOST)])
def test_a_call_that_does_not_wait_has_one_place_for_all_pictures(
    kept: list[int], error: LumenError | None, published: Published
) -> None:
    """Its words give way to the sheet once the task has ended, and the summary says the rest."""
    account = use_offline_account()
    request = Request("generations", {"prompt": "a cat", "model": "m", "n": 4})
    staged = StagedTask("t1", request, status="processing")
    follow_later(staged.task, CellStatus(account))
    assert published.texts(1)[0].startswith("4 pictures appear here as soon as")

    staged.state.set_pictures(cats(4, kept))
    staged.state.finish(error, "succeeded")
    staged.state.signal.send(staged.task)
    until(published.pictures, "the sheet")
    assert published.pictures() == [lines(*kept)]
    assert published.texts(1)[-1] == lines(*kept)
    said = "Only 2 pictures" if error else "Succeeded"
    until(lambda: said in published.texts(0)[-1], "the summary")


def test_a_call_whose_task_fails_says_so_in_its_one_place(published: Published) -> None:
    """Where several pictures were to appear, one line says that there is none."""
    account = use_offline_account()
    request = Request("generations", {"prompt": "a cat", "model": "m", "n": 4})
    staged = StagedTask("t1", request, status="processing")
    follow_later(staged.task, CellStatus(account))
    staged.state.finish(lumen.TaskFailed("It failed."), "failed")
    staged.state.signal.send(staged.task)

    until(lambda: published.texts(1)[-1] == "✗ No picture.", "what became of it")
    assert published.pictures() == []
