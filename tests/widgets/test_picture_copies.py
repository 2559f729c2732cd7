"""Copies of pictures that pages ask for: what is sent, in which order, and what is said instead."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any

import pytest
from anywidget import AnyWidget

from lumen_widgets.client import LumenError, Picture
from lumen_widgets.core.pictures.decoding import decode
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.widgets.picture_copies import PictureCopies
from tests.client.service import png
from tests.conditions import PATIENCE, until
from tests.widgets.comms import PageComm

if TYPE_CHECKING:
    from collections.abc import Iterator


def picture(data: bytes, size: tuple[int, int] = (640, 320)) -> Picture:
    """Return a picture of no task."""
    digest = hashlib.sha256(data).hexdigest()
    return Picture(data, media_type="image/png", width=size[0], height=size[1], sha256=digest)


class Page:
    """A page that asks for copies, and the pictures that it can have."""

    def __init__(self) -> None:
        self.pictures: dict[str, Picture | Exception] = {}
        # what is asked for waits here
        self.gate = threading.Event()
        self.gate.set()
        self.asked: list[str] = []
        self.tiles: dict[str, bytes] = {}
        self._widget = AnyWidget()
        self._comm = PageComm(self._widget)
        self.copies = PictureCopies(self._widget, self._find, self.tiles.get)

    def add(self, colour: str) -> str:
        """Have a picture, and return its sha256."""
        made = picture(png(colour, (640, 320)))
        self.pictures[made.sha256] = made
        return made.sha256

    def want(self, *wanted: tuple[str, str], view: str = "view") -> None:
        """Say what a view wants."""
        copies = [{"sha256": sha256, "copy": copy} for sha256, copy in wanted]
        assert self.copies.receive({"kind": "wants", "view": view, "copies": copies})

    def has_read(self) -> None:
        """Wait until all that views said was read."""
        read = threading.Event()
        publisher.run_soon(read.set)
        assert read.wait(PATIENCE)

    def got(self, count: int) -> list[tuple[dict[str, Any], list[bytes]]]:
        """Wait for so many copies, and return them."""
        return until(lambda: self._comm.sent if len(self._comm.sent) >= count else None)

    def _find(self, sha256: str) -> Picture | None:
        self.asked.append(sha256)
        self.gate.wait()
        found = self.pictures.get(sha256)
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def page() -> Iterator[Page]:
    """Return a page; close its copies in the end."""
    made = Page()
    yield made
    made.gate.set()
    made.copies.close()


def test_each_copy_is_as_large_as_its_name_says(page: Page) -> None:
    """A tile has at most 320 px, a display copy is a cell's, and the file is whole."""
    sha256 = page.add("red")
    page.want((sha256, "tile"), (sha256, "display"), (sha256, "original"))
    (tile, display, original) = page.got(3)

    assert [one["copy"] for one, _ in (tile, display, original)] == ["tile", "display", "original"]
    assert [one["media_type"] for one, _ in (tile, original)] == ["image/jpeg", "image/png"]
    assert decode(tile[1][0]).image.size == (320, 160)
    assert decode(display[1][0]).image.size == (640, 320)
    assert original[1] == [png("red", (640, 320))]


def test_a_view_that_scrolled_on_waits_for_what_it_shows_alone(page: Page) -> None:
    """What a view wanted before and wants no more is not made."""
    first, passed, last = (page.add(colour) for colour in ("red", "green", "blue"))
    page.gate.clear()
    page.want((first, "tile"), (passed, "tile"))
    until(lambda: page.asked)
    page.want((last, "tile"))
    page.want((first, "display"), view="another view")
    page.has_read()
    page.gate.set()
    sent = page.got(3)

    assert {(one["sha256"], one["copy"]) for one, _ in sent[1:]} == {
        (last, "tile"),
        (first, "display"),
    }
    assert passed not in page.asked


def test_two_views_that_want_one_copy_are_sent_it_once(page: Page) -> None:
    """A message goes to all pages that show the widget."""
    one, other = page.add("red"), page.add("blue")
    page.gate.clear()
    page.want((other, "tile"))
    until(lambda: page.asked)
    page.want((one, "tile"), view="left")
    page.want((one, "tile"), (one, "display"), view="right")
    page.has_read()
    page.gate.set()
    page.got(3)

    assert page.asked.count(one) == 2


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "not here any more"),
        (LumenError("The journal is of a later release."), "later release"),
        (OSError(5, "Input/output error"), "cannot be read: Input/output error"),
        (ZeroDivisionError(), "cannot be shown (ZeroDivisionError)"),
        (picture(b"no picture"), "cannot be read"),
    ],
)
def test_why_there_is_no_copy_is_said_in_words(page: Page, found: Any, words: str) -> None:
    """A page that waits for a picture is told what became of it."""
    page.pictures["a"] = found
    page.want(("a", "display"))
    ((message, buffers),) = page.got(1)

    assert words in message["error"]
    assert buffers == []


def test_a_tile_that_lies_beside_its_file_is_sent_without_the_picture(page: Page) -> None:
    """Scrolling through a history decodes no originals."""
    page.tiles["a"] = png()
    page.want(("a", "tile"))

    assert page.got(1)[0][1] == [png()]
    assert page.asked == []


def test_what_is_not_well_formed_is_left_out(page: Page) -> None:
    """A page of another release, or a hostile one, stops nothing."""
    sha256 = page.add("red")
    for wrong in (None, 3, [3, {}, {"sha256": sha256, "copy": "huge"}, {"sha256": 3, "copy": []}]):
        assert page.copies.receive({"kind": "wants", "view": "view", "copies": wrong})
    assert page.copies.receive({"kind": "wants", "view": {}, "copies": []})
    assert not page.copies.receive({"kind": "hello"})
    page.want((sha256, "tile"))

    assert len(page.got(1)) == 1


def test_nothing_is_sent_once_it_is_closed(page: Page) -> None:
    """A closed widget's page asks in vain."""
    sha256 = page.add("red")
    page.gate.clear()
    page.want((sha256, "tile"), (sha256, "display"))
    until(lambda: page.asked)
    page.copies.close()
    page.gate.set()
    other = Page()
    other.want((other.add("blue"), "tile"))

    assert len(other.got(1)) == 1
    assert page.asked == [sha256]
    other.copies.close()
