"""Lessons of small pictures, for tests that read one."""

from __future__ import annotations

import hashlib
import io
import json
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

import PIL.Image

from lumen_widgets.client.lessons.lesson_file import LessonPicture, LessonTask, write_lesson
from lumen_widgets.core.call import digest_of
from lumen_widgets.core.pictures.downloads import FetchedPicture
from lumen_widgets.core.request import build

if TYPE_CHECKING:
    from collections.abc import Mapping

MODEL = "gpt-image-2-low"


def picture(colour: str, kind: str = "PNG") -> FetchedPicture:
    """Return a picture of one colour, 6 x 4 pixels."""
    file = io.BytesIO()
    PIL.Image.new("RGB", (6, 4), colour).save(file, kind)
    data = file.getvalue()
    sha256 = hashlib.sha256(data).hexdigest()
    return FetchedPicture(data, f"image/{kind.lower()}", 6, 4, sha256)


def lesson(pictures: Mapping[str, list[str]]) -> bytes:
    """Return a lesson of prompts, each with the colours of its tasks' pictures, one a task."""
    files = {colour: picture(colour) for colours in pictures.values() for colour in colours}
    tasks = [
        LessonTask(
            digest_of(build("generations", {"model": MODEL, "prompt": prompt})),
            "generations",
            {"prompt": prompt, "model": MODEL},
            (LessonPicture(files[colour].sha256),),
        )
        for prompt, colours in pictures.items()
        for colour in colours
    ]
    return write_lesson(tasks, {one.sha256: one for one in files.values()})


def unpacked(data: bytes) -> dict[str, bytes]:
    """Return what is in a lesson, by the names."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def packed(entries: Mapping[Any, bytes], compression: int = 0) -> bytes:
    """Return a zip of these entries, by their names or what it says of them, in their order."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", compression) as archive:
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def with_json(data: bytes, change: Mapping[str, Any]) -> bytes:
    """Return a lesson whose JSON says something else."""
    entries = unpacked(data)
    said = {**json.loads(entries["lesson.json"]), **change}
    return packed({**entries, "lesson.json": json.dumps(said).encode()})
