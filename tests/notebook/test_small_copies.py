"""The small copies beside kept pictures, which lists show: what befalls one is never an error."""

from __future__ import annotations

import base64
import os
import re
import stat
import threading
from typing import TYPE_CHECKING, Any

import pytest

import lumen_widgets as lumen
from lumen_widgets.journal import Journal
from lumen_widgets.journal.picture_files import store_small_copy
from tests.client.test_kept_pictures import DAMAGE
from tests.conditions import PATIENCE
from tests.notebook.journal_rows import wrote

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandboxes import SandboxServer


def shown() -> list[bytes]:
    """Return the pictures of the history's table."""
    html = lumen.history()._repr_html_()
    return [base64.b64decode(one) for one in re.findall(r"base64,([^\"]+)", html)]


def copies() -> list[Path]:
    """Return the files of the small copies."""
    return sorted((Journal().home / "pictures").glob("*/*.small"))


def picture_files() -> list[Path]:
    """Return the files of the kept pictures."""
    return [picture.path for row in Journal().rows() for picture in row.pictures]


def test_a_picture_is_decoded_for_the_first_list_only(decodes: list[str]) -> None:
    """Every later list shows the same, and opens none of the pictures."""
    for number in range(3):
        wrote(f"cat {number}", kept=1)
    first = shown()
    assert len(decodes) == 3
    assert shown() == first
    assert len(decodes) == 3


@pytest.mark.slow
@pytest.mark.usefixtures("published")
def test_a_cell_lays_it_beside_the_picture_that_it_shows(
    sandbox: SandboxServer, decodes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a cell has shown is in the history without being decoded once more."""
    stored = threading.Event()

    def store(*arguments: Any) -> None:
        store_small_copy(*arguments)
        stored.set()

    monkeypatch.setattr("lumen_widgets.notebook.small_copies.store_small_copy", store)
    client = lumen.LumenClient(sandbox.api_key, sandbox.url)
    lumen.generate("a fox", size="256x192", client=client)
    assert stored.wait(PATIENCE)

    assert len(shown()) == 1
    assert len(decodes) == 1


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_one_is_made_again(decodes: list[str], how: str) -> None:
    """The list is as it was, and the copy is right again."""
    wrote("a cat", kept=1)
    before = shown()
    (path,) = copies()
    DAMAGE[how](path)

    assert shown() == before
    decodes.clear()
    assert shown() == before
    assert decodes == []
    assert path.is_file()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_nobody_else_can_read_it() -> None:
    """It is as private as its picture."""
    wrote("a cat", kept=1)
    shown()

    assert [stat.S_IMODE(path.stat().st_mode) for path in copies()] == [0o600]


def test_where_none_can_be_written_pictures_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is full or read only costs time, and no picture."""

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("lumen_widgets.notebook.small_copies.store_small_copy", refuse)
    wrote("a cat", kept=2, n=2)

    assert len(shown()) == 2
    assert copies() == []


@pytest.mark.parametrize("how", ["another byte", "shorter", "empty", "deleted", "a folder"])
def test_it_does_not_stand_in_for_a_picture_that_was_changed(how: str) -> None:
    """What the history cannot give back it does not show."""
    wrote("a cat", kept=1)
    assert len(shown()) == 1
    (picture,) = picture_files()
    DAMAGE[how](picture)

    assert shown() == []
    assert lumen.history()[0].pictures == []


def test_one_of_another_picture_is_not_shown() -> None:
    """Files that were mixed up do not mix up the list."""
    wrote("a cat", kept=1)
    wrote("a dog", kept=1)
    before, (one, other) = shown(), copies()
    one.write_bytes(other.read_bytes())

    assert shown() == before


def test_it_goes_with_its_picture() -> None:
    """Pruning leaves nothing of a picture behind, and says how much room that made."""
    wrote("old", kept=1, days=40)
    wrote("new", kept=1)
    shown()
    (new, old) = picture_files()
    freed = old.stat().st_size + old.with_suffix(".small").stat().st_size
    pruned = lumen.history().prune(older_than="30 days")

    assert (pruned.pictures, pruned.bytes) == (1, freed)
    assert copies() == [new.with_suffix(".small")]


def test_a_tile_goes_with_its_picture_too() -> None:
    """What a gallery has laid beside a picture is deleted and counted with it."""
    wrote("old", kept=1, days=40)
    (picture,) = picture_files()
    row = Journal().rows()[0].pictures[0]
    store_small_copy(picture, row.sha256, b"a tile", "tile")
    freed = picture.stat().st_size + picture.with_suffix(".tile").stat().st_size
    assert lumen.history().disk_use.bytes == freed
    pruned = lumen.history().prune(older_than="30 days")

    assert (pruned.pictures, pruned.bytes) == (1, freed)
    assert list(picture.parent.iterdir()) == []


def test_it_counts_where_pictures_are_limited() -> None:
    """A limit in bytes is one for pictures and their copies together."""
    wrote("a cat", kept=1)
    (picture,) = picture_files()
    most = picture.stat().st_size
    assert lumen.history().prune(max_bytes=most).tasks == 0
    shown()

    assert lumen.history().prune(max_bytes=most).tasks == 1
    assert copies() == []


def test_none_is_left_of_a_picture_that_was_pruned_meanwhile() -> None:
    """Who stores a copy too late leaves no file behind."""
    wrote("a cat", kept=1)
    row = Journal().rows()[0]
    picture = row.pictures[0]
    lumen.history().prune(max_bytes=0)
    with pytest.raises(OSError, match=picture.sha256):
        store_small_copy(picture.path, picture.sha256, b"too late")

    assert list(picture.path.parent.iterdir()) == []
