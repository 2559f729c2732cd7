"""Pictures of the journal as a notebook has them, and what was asked for to have them."""

from __future__ import annotations

import gc
import hashlib
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lumen_widgets.client import DataURIHosting, InvalidRequest, JournalError, LumenClient, Picture
from lumen_widgets.journal import Journal
from lumen_widgets.notebook.current_journal import current_journal
from lumen_widgets.notebook.kept_pictures import picture_of, request_of_picture
from tests.client.redrawing import RedrawingModel, disc, file_of, landscape
from tests.client.service import serving
from tests.conditions import until
from tests.notebook.journal_rows import wrote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = "sk-lumen-local-0123456789"


@pytest.fixture
def repainted() -> Iterator[Callable[[], Picture]]:
    """Return what repaints a landscape, by a client whose journal is the user's own."""
    with serving() as service:
        model = RedrawingModel(service)

        def repaint() -> Picture:
            client = LumenClient(KEY, service.server.url, hosting=model.uploads)
            with service.holding_statuses():
                task = client.inpaint("a lake", landscape(), disc())
                service.statuses["*"] = [model.answer()]
            return task.wait(60)[0]

        yield repaint


def look(picture: Picture) -> tuple[Any, ...]:
    """Return all that is known of a picture but its task."""
    raw = (picture.raw.sha256, picture.raw.bytes, picture.raw.width)
    known = (picture.changed_outside, picture.note, picture.alt, picture.media_type)
    return (picture.sha256, picture.bytes, picture.width, picture.height, *known, *raw)


def test_a_picture_of_a_task_that_is_here_is_that_very_one(
    repainted: Callable[[], Picture],
) -> None:
    """Its task too: what is done with it is done with the task's own."""
    picture = repainted()
    (key,) = Journal().find_by_sha256(picture.sha256)

    assert picture_of(Journal(), key) is picture
    assert Journal().find_by_sha256(picture.raw.sha256) == [key]


def test_later_it_is_the_same_without_a_task(repainted: Callable[[], Picture]) -> None:
    """As exact as it was, with what came; no client here knows its task."""
    picture = repainted()
    before = look(picture)
    (key,) = Journal().find_by_sha256(picture.sha256)
    ended = weakref.ref(picture.task)
    del picture
    until(lambda: gc.collect() is not None and ended() is None)

    found = picture_of(Journal(), key)
    assert found.task is None
    assert look(found) == before


@pytest.mark.parametrize("missing", ["raw", "exact"])
def test_one_file_of_a_repaint_is_enough(repainted: Callable[[], Picture], missing: str) -> None:
    """The exact picture is whole without what came, and what came is better than nothing."""
    picture = repainted()
    exact, raw = picture.sha256, picture.raw.sha256
    (row_number, index) = Journal().find_by_sha256(exact)[0]
    ended = weakref.ref(picture.task)
    del picture
    until(lambda: gc.collect() is not None and ended() is None)
    (row,) = Journal().rows_by_number([row_number])
    (row.pictures[0] if missing == "raw" else row.derived[0]).path.unlink()

    found = picture_of(Journal(), (row_number, index))
    assert found.sha256 == (exact if missing == "raw" else raw)
    assert hashlib.sha256(found.bytes).hexdigest() == found.sha256
    assert bool(found.note) == (missing == "raw")


def test_what_is_not_on_this_disk_says_so() -> None:
    """A file that is gone or was changed, a row that was forgotten, a place that it never had."""
    row, other = wrote("a cat", kept=2), wrote("a dog", kept=1)
    journal = Journal()
    gone, changed = journal.kept_pictures([(row, 0), (row, 1)])
    gone.path.unlink()
    changed.path.write_bytes(b"another file")
    journal.forget([other])

    for key in [(row, 0), (row, 1)]:
        with pytest.raises(JournalError, match="not on this disk") as caught:
            picture_of(journal, key)
        assert caught.value.task_id == f"t{row}"
    for key in [(row, 2), (other, 0), (7, 0)]:
        with pytest.raises(JournalError, match="any more"):
            picture_of(journal, key)


def test_a_picture_has_the_words_of_its_task() -> None:
    """Its place, and the prompt, as the task's own pictures have them."""
    row = wrote("a cat", kept=2)
    picture = picture_of(Journal(), (row, 1))

    assert picture.alt == "Picture 2 of 2: a cat"
    assert picture.task is None
    assert (picture.width, picture.height) == (300, 200)


def test_what_was_asked_for(repainted: Callable[[], Picture], tmp_path: Path) -> None:
    """By the picture or its digest, of what is shown or of what came; its task's own if it is here.

    A picture that no task made, and a task of which only the id is known, have none.
    """
    picture = repainted()
    assert picture.task is not None
    assert request_of_picture(picture, None) is picture.task.request
    lonely = Picture(
        picture.bytes,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        sha256=picture.sha256,
    )
    for one in (lonely, picture.sha256, picture.raw.sha256):
        found = request_of_picture(one, Journal())
        assert found is not None
        assert (found.prompt, found.endpoint) == ("a lake", "inpaint")
        assert found.recipe is not None
        assert request_of_picture(one, None) is None
        assert request_of_picture(one, Journal(tmp_path / "another")) is None


def test_the_newest_task_that_made_it_counts() -> None:
    """Of several tasks that made the same picture; one that is known by its id alone is none."""
    journal, data = Journal(), file_of(np.zeros((4, 6, 3), np.uint8))
    sha256 = hashlib.sha256(data).hexdigest()
    rows = [wrote("older"), wrote("newer")]
    rows.append(
        journal.find_or_insert_task(origin="o", account="a", task_id="t", status="succeeded")
    )
    for row in rows:
        journal.store_picture(
            row, 0, data, sha256=sha256, media_type="image/png", width=6, height=4
        )

    assert journal.find_by_sha256(sha256)[0] == (rows[-1], 0)
    found = request_of_picture(sha256, journal)
    assert found is not None
    assert found.prompt == "newer"


def test_a_journal_that_cannot_be_used_is_an_error_of_ours() -> None:
    """Damaged, or of a later release: what to do next is said."""
    row = wrote("a cat", kept=1)
    journal = Journal()
    (journal.home / "journal.sqlite3").write_bytes(b"something else" * 1000)

    for attempt in (
        lambda: picture_of(journal, (row, 0)),
        lambda: request_of_picture("00", journal),
    ):
        with pytest.raises(JournalError, match="damaged"):
            attempt()


def test_whose_journal_it_is() -> None:
    """The client's that is given; a client without one has no pictures to look for."""
    client = LumenClient(KEY, "http://127.0.0.1:9", hosting=DataURIHosting(10**7))
    assert current_journal(client) is client.journal
    assert current_journal().home == Journal().home

    with pytest.raises(InvalidRequest, match="no journal") as caught:
        current_journal(LumenClient(KEY, "http://127.0.0.1:9", journal=False))
    assert caught.value.field == "client"
