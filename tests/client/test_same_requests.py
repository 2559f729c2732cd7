"""Which requests are the same to ``reuse=True``, and which are not."""

from __future__ import annotations

from functools import partialmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest

from tests.client.journal_file import JournalFile
from tests.client.png_files import (
    COLOUR,
    DEEP,
    DEEPER,
    PLAIN,
    PROFILES,
    REPACKED,
    SIDE,
    WIDE,
)
from tests.client.secure_service import SecureService

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient, Task

URL = "https://lumen.example"

ARRAY = np.full((SIDE, SIDE, 3), tuple(COLOUR), np.uint8)
MASK = np.eye(SIDE, dtype=bool)


def edits(service: SecureService, home: Path, *pictures: Any) -> list[str]:
    """Edit each of the pictures in the same way with ``reuse=True``; return the tasks' ids."""
    client = service.client(URL, home)
    return [client.edit("snow", picture, reuse=True).id for picture in pictures]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(PLAIN, WIDE, id="cICP"),
        pytest.param(DEEP, DEEPER, id="16 bits"),
        pytest.param(PLAIN, REPACKED, id="packed in another way"),
        pytest.param(*PROFILES, id="ICC"),
        pytest.param(ARRAY, np.full_like(ARRAY, 7), id="arrays"),
        pytest.param(ARRAY, PIL.Image.fromarray(ARRAY).convert("RGBA"), id="modes"),
    ],
)
def test_other_files_are_other_requests(tmp_path: Path, one: Any, other: Any) -> None:
    """A file counts by its bytes, and samples by what they are: what differs is paid anew."""
    ids = edits(SecureService(), tmp_path, one, other, one, other)

    assert ids == ["task-1", "task-2"] * 2


def test_the_same_samples_are_the_same_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An array or PIL picture is told by its samples, in whatever file another Pillow packs it."""
    service, picture = SecureService(), PIL.Image.fromarray(ARRAY)
    ids = edits(service, tmp_path, ARRAY, picture, ARRAY.copy())
    save = PIL.Image.Image.save
    monkeypatch.setattr(PIL.Image.Image, "save", partialmethod(save, compress_level=0))

    ids += edits(service, tmp_path, ARRAY, picture)

    assert ids == ["task-1"] * 5


EARLIER: dict[str, Callable[[LumenClient], Task]] = {
    "words": lambda client: client.generate("a cat", size="16:9", reuse=True),
    "8 bits": lambda client: client.edit("snow", PLAIN, reuse=True),
    "array": lambda client: client.edit("snow", ARRAY, reuse=True),
    "cICP": lambda client: client.edit("snow", WIDE, reuse=True),
    "16 bits": lambda client: client.edit("snow", DEEP, reuse=True),
    "ICC": lambda client: client.edit("snow", PROFILES[0], reuse=True),
}


@pytest.mark.parametrize(
    ("call", "task_id"),
    [
        ("words", "words"),
        ("8 bits", "eight"),
        ("array", "eight"),
        # what an earlier release did not tell apart is not joined on its word
        ("cICP", "task-1"),
        ("16 bits", "task-1"),
        ("ICC", "task-1"),
    ],
)
def test_what_an_earlier_release_paid(tmp_path: Path, call: str, task_id: str) -> None:
    """Its digests count where they said enough: without pictures, and for plain ones of 8 bits."""
    journal = JournalFile(tmp_path)
    journal.write((Path(__file__).parents[1] / "journal" / "version_2.sql").read_text("utf-8"))
    service = SecureService()

    assert EARLIER[call](service.client(URL, tmp_path)).id == task_id
    assert service.paid == (1 if task_id == "task-1" else 0)


@pytest.mark.parametrize("spelling", [":443", ".", ".:443"])
def test_one_service_in_other_words(tmp_path: Path, spelling: str) -> None:
    """The port that https has anyway, and a name's last dot, make no other service of it."""
    service = SecureService()
    first = service.client(URL, tmp_path).generate("a cat")
    again = service.client(URL + spelling, tmp_path).generate("a cat", reuse=True)

    assert again.id == first.id
    assert service.paid == 1
