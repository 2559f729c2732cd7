from __future__ import annotations

import threading
import warnings
from typing import TYPE_CHECKING, Any

import ipycanvas
import numpy as np
import pytest

from lumen_widgets.client import InvalidRequest
from lumen_widgets.core.pictures.decoding import decode
from lumen_widgets.core.pictures.masks import LocalMask, read_mask
from lumen_widgets.masks import Clear, Ellipse, Invert, Polygon, Rectangle, Stroke
from tests.conditions import PATIENCE
from tests.widgets.painters import HEIGHT, WIDTH, open_widgets, painter_of

if TYPE_CHECKING:
    from collections.abc import Callable


def test_code_paints_without_a_browser() -> None:
    """Every operation changes the mask at once, in picture pixels from the top left corner."""
    painter = painter_of()
    painter.rectangle(10, 5, 20, 10)
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[5:15, 10:30] = True
    assert np.array_equal(painter.array, expected)

    painter.rectangle(0, 0, 15, 40, mode="subtract")
    expected[:, :15] = False
    assert np.array_equal(painter.array, expected)
    painter.invert()
    assert np.array_equal(painter.array, ~expected)
    painter.clear()
    assert not painter.array.any()


def test_strokes_ellipses_and_polygons_are_in_the_mask() -> None:
    """Points may be any pairs; an eraser takes out what it passes over."""
    painter = painter_of()
    painter.stroke([(10, 20), (50, 20)], radius=6)
    assert painter.array[20, 30]
    painter.stroke(np.array([[30, 20]]), 3, erase=True)
    assert not painter.array[20, 30]
    painter.ellipse(0, 0, 60, 40, mode="intersect")
    assert painter.array[20, 12]
    painter.polygon(((x, y) for x, y in [(0, 0), (60, 0), (0, 40)]), mode="add")

    assert painter.array[0, 0]
    assert [*map(type, painter.operations)] == [Stroke, Stroke, Ellipse, Polygon]


def test_undo_and_redo_take_one_call_each() -> None:
    """Back to nothing and forth to everything; with nothing left nothing happens."""
    painter = painter_of()
    masks = [painter.array]
    done: list[Callable[[], None]] = [
        lambda: painter.rectangle(0, 0, 30, 30),
        painter.invert,
        lambda: painter.stroke([(9, 9)], 5),
        painter.clear,
        painter.clear,
    ]
    for do in done:
        do()
        masks.append(painter.array)
    for mask in masks[-2::-1]:
        painter.undo()
        assert np.array_equal(painter.array, mask)
    painter.undo()
    assert painter.operations == ()
    for mask in masks[1:]:
        painter.redo()
        assert np.array_equal(painter.array, mask)
    painter.redo()
    assert [*map(type, painter.operations)] == [Rectangle, Invert, Stroke, Clear, Clear]


def test_the_mask_is_the_same_in_every_form() -> None:
    """As a PIL image of one bit, an array, a file, and what a call is given."""
    painter = painter_of()
    painter.ellipse(7, 3, 31, 22)
    array = painter.array

    assert array.dtype == np.bool_
    assert array.shape == (HEIGHT, WIDTH)
    assert (painter.mask.mode, painter.mask.size) == ("1", (WIDTH, HEIGHT))
    assert np.array_equal(np.asarray(painter.mask), array)
    media_type, image, _ = decode(painter.mask_png())
    assert (media_type, image.mode) == ("image/png", "1")
    assert np.array_equal(np.asarray(image), array)
    handed_on = painter.__lumen_mask__()
    assert handed_on.dtype == np.bool_
    assert np.array_equal(handed_on, array)


def test_a_call_never_decodes_what_was_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file for the service, the share and the thumbnail are made of the painter's pixels."""
    painter = painter_of()
    painter.rectangle(0, 0, 60, 10)

    def refuse(*_: object) -> None:
        raise AssertionError("a file was decoded")

    with monkeypatch.context() as patch:
        patch.setattr("PIL.ImageFile.ImageFile.load", refuse)
        read = read_mask(painter)

    assert isinstance(read, LocalMask)
    assert read.repaint.share == painter.coverage == 0.25
    assert np.array_equal(np.asarray(decode(read.data)[1]), painter.array)


def test_what_was_handed_out_is_a_copy() -> None:
    """Whoever writes to an array paints nothing, and keeps it while painting goes on."""
    painter = painter_of()
    array, image = painter.array, painter.mask
    array[:] = True
    assert not painter.array.any()
    before = painter.array
    painter.rectangle(0, 0, 60, 40)

    assert not before.any()
    assert image.getextrema() == (0, 0)
    assert painter.array.all()


def test_coverage_is_the_part_that_is_painted() -> None:
    """From 0 to 1, counted exactly, and right after every step."""
    painter = painter_of()
    assert painter.coverage == 0.0
    painter.rectangle(0, 0, 60, 10)
    assert painter.coverage == 0.25
    painter.undo()
    assert painter.coverage == 0.0
    painter.redo()
    assert painter.coverage == 0.25
    painter.invert()
    assert painter.coverage == 0.75


def test_the_operations_are_those_that_make_the_mask() -> None:
    """What was undone is not among them; the list cannot be changed from outside."""
    painter = painter_of()
    painter.rectangle(1, 2, 3, 4, "subtract")
    painter.clear()
    painter.undo()
    (only,) = painter.operations

    assert isinstance(only, Rectangle)
    assert (only.x, only.y, only.width, only.height, only.mode) == (1, 2, 3, 4, "subtract")


_BAD: dict[str, Callable[[Any], object]] = {
    "no points": lambda painter: painter.stroke([], 3),
    "no pairs": lambda painter: painter.stroke([1, 2], 3),
    "not a number": lambda painter: painter.stroke([(float("nan"), 1)], 3),
    "far away": lambda painter: painter.stroke([(1e300, 1)], 3),
    "no radius": lambda painter: painter.stroke([(1, 1)], 0),
    "words": lambda painter: painter.rectangle("left", 0, 1, 1),
    "no width": lambda painter: painter.rectangle(0, 0, -1, 1),
    "infinite": lambda painter: painter.ellipse(0, 0, float("inf"), 1),
    "mode": lambda painter: painter.ellipse(0, 0, 1, 1, mode="xor"),
    "two corners": lambda painter: painter.polygon([(0, 0), (1, 1)]),
    "erase": lambda painter: painter.stroke([(1, 1)], 3, erase=None),
}


@pytest.mark.parametrize("name", _BAD)
def test_bad_numbers_are_refused_and_leave_no_step(name: str) -> None:
    """The call says what to give; mask and undo steps are as before, and nothing is warned of."""
    painter = painter_of()
    painter.rectangle(0, 0, 5, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InvalidRequest, match=r"Give|not a number of pixels") as caught:
            _BAD[name](painter)

    assert caught.value.field == "mask"
    assert len(painter.operations) == 1
    assert painter.array.sum() == 25


def test_a_painter_says_in_a_line_what_it_is() -> None:
    """Size and how much is painted, for front ends that cannot show it."""
    painter = painter_of()
    painter.rectangle(0, 0, 60, 10)

    assert repr(painter) == "Lumen mask painter · 60 x 40 · 25.0 % painted"


def test_listeners_hear_every_step_until_they_leave() -> None:
    """One call a step, on the thread that took it in, with the mask as it is by then."""
    painter = painter_of()
    heard: list[tuple[float, int]] = []
    leave = painter.on_change(lambda: heard.append((painter.coverage, threading.get_ident())))
    painter.rectangle(0, 0, 60, 20)
    painter.undo()
    assert heard == [(0.5, threading.get_ident()), (0.0, threading.get_ident())]

    leave()
    leave()
    painter.clear()
    assert len(heard) == 2


def test_a_listener_that_fails_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """What it raises is logged; the step is in, and the others are told."""
    painter = painter_of()
    heard: list[float] = []

    def fail() -> None:
        raise ZeroDivisionError

    painter.on_change(fail)
    painter.on_change(lambda: heard.append(painter.coverage))
    painter.rectangle(0, 0, 60, 20)

    assert heard == [0.5]
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [
        ZeroDivisionError
    ]


def test_a_listener_may_leave_or_paint_while_it_is_told() -> None:
    """Neither disturbs the others, and nothing waits for itself."""
    painter = painter_of()
    heard: list[str] = []

    def once() -> None:
        leave()
        heard.append("once")
        painter.invert()

    leave = painter.on_change(once)
    painter.on_change(lambda: heard.append("always"))
    painter.clear()

    assert sorted(heard) == ["always", "always", "once"]
    assert painter.coverage == 1.0


def test_many_threads_may_paint_at_once() -> None:
    """No step is lost, and the mask is that of all of them."""
    painter = painter_of()

    def paint(row: int) -> None:
        for column in range(20):
            painter.rectangle(column, row, 1, 1)
            assert painter.coverage > 0

    threads = [threading.Thread(target=paint, args=(row,)) for row in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert len(painter.operations) == 120
    assert painter.array.sum() == 120


def test_the_free_layer_is_an_ipycanvas_and_in_no_mask() -> None:
    """All of ipycanvas can be drawn on it, in picture pixels; the mask does not change."""
    painter = painter_of()
    assert isinstance(painter.canvas, ipycanvas.Canvas)
    painter.canvas.fill_style = "#00ff00"
    painter.canvas.fill_rect(0, 0, 60, 40)

    assert painter.coverage == 0.0


def test_closing_takes_everything_from_the_page_and_keeps_the_mask() -> None:
    """No view stays behind in the kernel; the mask can still be asked for, and painted on."""
    before = open_widgets()
    painter = painter_of()
    painter.rectangle(0, 0, 60, 20)
    assert len(open_widgets()) > len(before)
    painter.close()

    assert open_widgets() <= before
    painter.invert()
    assert painter.coverage == 0.5
    assert np.array_equal(painter.__lumen_mask__(), painter.array)
    painter.close()
