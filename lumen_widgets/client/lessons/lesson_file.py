"""A lesson's file: a zip of one JSON and of pictures, written whole, and read as a stranger's.

Nothing in it is unpacked, no name in it becomes a path, and no picture is believed whose bytes are
not what its digest says.

::

    lesson.json                        {"lumen_lesson": 1, "tasks": [...]}, compressed
    pictures/<sha256>.<png|jpg|webp>   each once, as it is

A task is what it answers (``digest``, of the request with its pictures), what was asked for in
words (``endpoint`` and ``fields``), and its ``pictures``: each is what came (``file``) and, of a
repaint that was put back, what was made of it (``exact``). What a request was made with is in it as
a part of the digest alone.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import stat
import struct
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from lumen_widgets.core.errors import LessonError
from lumen_widgets.core.models import ENDPOINTS
from lumen_widgets.core.pictures.decoding import MAX_BYTES, UnreadablePicture
from lumen_widgets.core.pictures.downloads import FetchedPicture, look_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from lumen_widgets.core.models import Endpoint

# How a lesson's file is called, and what it is known by where a key may be typed just as well.
SUFFIX = ".lumen"

# Raised when a reader of before could not read what is written now.
VERSION = 1

# A class's lesson has some tens of pictures, of one or two megabytes each.
MAX_FILE = 512 * 1024 * 1024
MAX_PICTURES = 2000
_MAX_JSON = 8 * 1024 * 1024
_PIECE = 1024 * 1024
# zipfile reads all of the directory before it says a word: of our names this is 17 times as much.
_MAX_DIRECTORY = 4 * 1024 * 1024

_NAME = re.compile(r"pictures/([0-9a-f]{64})\.(png|jpg|webp)", re.ASCII)
_JSON_NAME = "lesson.json"
_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
_DIGEST = re.compile(r"[0-9]{1,4}:[0-9a-f]{64}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)

# The fields of a request that a lesson says; what else was in `extra` counts in the digest only.
FIELDS = ("prompt", "model", "n", "size", "resolution", "quality", "negative_prompt")
_LONGEST_TEXT = 100_000
_LONGEST_NOTE = 4_000
# Pictures of one task: the service makes four at most.
_MOST_OF_TASK = 16

# The zip's last record, without a comment, and what stands before it in one of more than 4 GB.
_END = struct.Struct("<4s4H2LH")
_END_MARK, _LARGE_MARK, _LARGE_SIZE = b"PK\x05\x06", b"PK\x06\x07", 20

# All that zipfile, and what it decompresses with, says of a file that is none or looks like one.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OverflowError,
    LookupError,
)

# In an entry's flags.
_ENCRYPTED = 0x1

# Always the same, so that the same tasks are the same file, to the bit.
_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = (stat.S_IFREG | 0o644) << 16


class LessonPicture(NamedTuple):
    """One picture of a lesson's task, by the digests of its files.

    Attributes
    ----------
    file
        Of what came.
    exact
        Of what was made of it; None where nothing was, or it is the same.
    looked_at
        Whether it was looked at outside of the mask, so that what follows is known.
    changed_outside, note
        As of a `Picture`.

    """

    file: str
    exact: str | None = None
    looked_at: bool = False
    changed_outside: float | None = None
    note: str = ""


@dataclass(frozen=True)
class LessonTask:
    """One task of a lesson.

    Attributes
    ----------
    digest
        What requests have in common that it answers.
    endpoint
        Which call made it.
    fields
        What was asked for in words, by `FIELDS`.
    pictures
        Its pictures, in their order.

    """

    digest: str
    endpoint: Endpoint
    # what somebody asked for is private: a task that is logged by accident does not carry it
    fields: Mapping[str, str | int] = field(repr=False)
    pictures: tuple[LessonPicture, ...]

    @property
    def prompt(self) -> str:
        """The prompt."""
        return str(self.fields.get("prompt", ""))


class Lesson:
    """A lesson that was read: its tasks are known, its pictures are read when they are asked for.

    Parameters
    ----------
    name
        What it is called, without any folder.
    source
        Its file, or what is in it.
    sha256
        Hex digest of the file.
    tasks
        Its tasks, in their order.
    names
        By the digest of a picture, what it is called in the file.

    """

    def __init__(
        self,
        name: str,
        source: Path | bytes,
        sha256: str,
        tasks: tuple[LessonTask, ...],
        names: Mapping[str, str],
    ) -> None:
        self.name = name
        self.sha256 = sha256
        self.tasks = tasks
        self.by_digest: dict[str, list[LessonTask]] = {}
        for task in tasks:
            self.by_digest.setdefault(task.digest, []).append(task)
        self._source = source
        self._names = names

    def picture(self, sha256: str) -> FetchedPicture:
        """Return one of its pictures, whole by its digest and as a picture.

        Raises
        ------
        LessonError
            The file is not there any more, was changed, or has something else in its place.

        """
        name = self._names[sha256]
        with _opened(self.name, self._source) as (_, archive):
            data = _read(archive, archive.getinfo(name), MAX_BYTES)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise _no_lesson(self.name, "one of its pictures is not what it was written as")
        try:
            seen = look_at(data)
        except UnreadablePicture as error:
            raise _no_lesson(self.name, f"one of its pictures is {error}") from None
        return FetchedPicture(data, seen.media_type, seen.width, seen.height, sha256)

    def __repr__(self) -> str:
        return f"<Lesson {self.name}, {len(self.tasks)} tasks>"


def read_lesson(source: Path | bytes, *, name: str, sha256: str | None = None) -> Lesson:
    """Read a lesson's file; every byte of it is looked at once.

    Parameters
    ----------
    source
        The file, or what is in it.
    name
        What it is called in words and errors.
    sha256
        What the file's digest has to be; None is any.

    Raises
    ------
    LessonError
        There is no such file, it cannot be read, it is another one than `sha256` says, or it is no
        lesson that this release reads.

    Examples
    --------
    >>> read_lesson(Path("owls.lumen"), name="owls.lumen")  # doctest: +SKIP
    <Lesson owls.lumen, 4 tasks>

    """
    with _opened(name, source) as (file, archive):
        found = _file_digest(file)
        if sha256 is not None and found != sha256:
            raise LessonError(
                f"{name} is another file than its sha256= says: {found} is its own.",
                next_step="Get the file again, or its digest from whoever made it.",
            )
        entries = _checked_entries(name, archive, file.tell())
        said = _read(archive, entries.pop(_JSON_NAME), _MAX_JSON)
        names = {match[1]: one for one in entries if (match := _NAME.fullmatch(one))}
        for digest, one in names.items():
            data = _read(archive, entries[one], MAX_BYTES)
            if hashlib.sha256(data).hexdigest() != digest:
                raise _no_lesson(name, "one of its pictures is not what it was written as")
    return Lesson(name, source, found, _read_tasks(name, said, names), names)


def write_lesson(tasks: Iterable[LessonTask], files: Mapping[str, FetchedPicture]) -> bytes:
    """Return a lesson's file: the same tasks are the same bytes, in any run.

    Parameters
    ----------
    tasks
        Its tasks, in their order.
    files
        Every picture that they name, by its digest.

    Raises
    ------
    LessonError
        They are too many, or too large.

    Examples
    --------
    >>> write_lesson([], {})[:2]
    b'PK'

    """
    listed = list(tasks)
    named = {
        sha256: None
        for task in listed
        for picture in task.pictures
        for sha256 in (picture.file, picture.exact)
        if sha256 is not None
    }
    size = sum(len(files[sha256].data) for sha256 in named)
    if len(named) > MAX_PICTURES or size > MAX_FILE - 2 * _MAX_JSON:
        raise LessonError(
            f"That is {len(named)} pictures of {size:,} bytes, and a lesson holds at most "
            f"{MAX_PICTURES} of {MAX_FILE - 2 * _MAX_JSON:,}.",
            next_step="Export fewer tasks, such as lumen.history()[:50].",
        )
    said = {"lumen_lesson": VERSION, "tasks": [_task_json(task) for task in listed]}
    text = json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    if len(text) > _MAX_JSON:
        raise LessonError(
            "The prompts of these tasks are too long for one lesson.",
            next_step="Export fewer tasks.",
        )
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr(_entry(_JSON_NAME), text, zipfile.ZIP_DEFLATED, 9)
        for sha256 in named:
            archive.writestr(_entry(_file_name(files[sha256])), files[sha256].data)
    return whole.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    # whichever system this is
    entry.create_system, entry.external_attr = 3, _MODE
    return entry


def _file_name(file: FetchedPicture) -> str:
    return f"pictures/{file.sha256}.{_SUFFIXES[file.media_type]}"


def _task_json(task: LessonTask) -> dict[str, Any]:
    pictures = []
    for one in task.pictures:
        said: dict[str, Any] = {"file": one.file}
        if one.looked_at:
            exact = {
                "file": one.exact,
                "changed_outside": one.changed_outside,
                "note": one.note or None,
            }
            said["exact"] = {name: value for name, value in exact.items() if value is not None}
        pictures.append(said)
    return {
        "digest": task.digest,
        "endpoint": task.endpoint,
        "fields": dict(task.fields),
        "pictures": pictures,
    }


@contextmanager
def _opened(name: str, source: Path | bytes) -> Iterator[tuple[BinaryIO, zipfile.ZipFile]]:
    """Open a lesson's file, and make a typed error of whatever a stranger's zip raises."""
    try:
        with _file_of(source) as file:
            _check_end(name, file)
            with zipfile.ZipFile(file) as archive:
                yield file, archive
    except FileNotFoundError:
        raise LessonError(
            f"There is no lesson {name} here.",
            next_step="Give the path of its file from the folder that this runs in.",
        ) from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise LessonError(f"The lesson {name} cannot be read: {why}.") from None
    except _DAMAGED:
        raise _no_lesson(name, "it is no zip, or a damaged one") from None


def _file_of(source: Path | bytes) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if not source.is_file():  # a pipe or a device that was put there may never end
        raise FileNotFoundError
    return source.open("rb")


def _check_end(name: str, file: BinaryIO) -> None:
    """Refuse what is too large to be looked at, before anything of it is."""
    size = file.seek(0, io.SEEK_END)
    if size > MAX_FILE:
        raise _no_lesson(name, f"it has {size:,} bytes, and none has more than {MAX_FILE:,}")
    file.seek(max(0, size - _END.size - _LARGE_SIZE))
    tail = file.read(_END.size + _LARGE_SIZE)
    if len(tail) < _END.size:
        raise _no_lesson(name, "it is no zip, or a damaged one")
    mark, *_, directory, _, comment = _END.unpack(tail[-_END.size :])
    # One that was written here ends so; zipfile would look for another end in a comment.
    if mark != _END_MARK or comment or tail[:4] == _LARGE_MARK:
        raise _no_lesson(name, "it is no zip, a damaged one, or not as a lesson is written")
    if directory > _MAX_DIRECTORY:
        raise _no_lesson(name, "it has more in it than any lesson")
    file.seek(0)


def _checked_entries(name: str, archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """Return what is in a zip of so many bytes by its names, once each is as a lesson has it."""
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in archive.infolist():
        _check_entry(name, entry)
        if entry.filename in found:
            raise _no_lesson(name, "it holds the same name twice")
        found[entry.filename] = entry
    if _JSON_NAME not in found:
        raise _no_lesson(name, f"it is a zip without {_JSON_NAME}")
    if len(found) > MAX_PICTURES + 1:
        raise _no_lesson(name, "it has more in it than any lesson")
    if sum(entry.compress_size for entry in found.values()) > size:
        raise _no_lesson(name, "what it holds overlaps")
    return found


def _check_entry(name: str, entry: zipfile.ZipInfo) -> None:
    """Refuse an entry that no lesson has."""
    is_json = entry.filename == _JSON_NAME
    # as it stands in the file: zipfile changes some names
    as_written = entry.orig_filename == entry.filename
    if not (as_written and (is_json or _NAME.fullmatch(entry.filename))):
        raise _no_lesson(name, "it holds something that no lesson has")
    if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG}:
        raise _no_lesson(name, "it holds a link, or something else that is no file")
    if entry.flag_bits & _ENCRYPTED:
        raise _no_lesson(name, "it is encrypted")
    # pictures are compressed already: so nothing in it can swell but its JSON, and that little
    stored = entry.compress_type == zipfile.ZIP_STORED
    if not (stored or (is_json and entry.compress_type == zipfile.ZIP_DEFLATED)):
        raise _no_lesson(name, "its pictures are compressed, which those of a lesson are not")
    if entry.file_size > (_MAX_JSON if is_json else MAX_BYTES):
        raise _no_lesson(name, "it holds something that is too large")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, longest: int) -> bytes:
    """Return what an entry holds; zipfile compares its checksum once it is read to its end."""
    with archive.open(entry) as file:
        data = file.read(longest + 1)
    if len(data) > longest or len(data) != entry.file_size:
        raise zipfile.BadZipFile
    return data


def _file_digest(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


def _read_tasks(name: str, said: bytes, names: Mapping[str, str]) -> tuple[LessonTask, ...]:
    try:
        whole = json.loads(said, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise _no_lesson(name, f"its {_JSON_NAME} is no JSON") from None
    version = whole.get("lumen_lesson") if isinstance(whole, dict) else None
    if type(version) is not int or version < 1:
        raise _no_lesson(name, f"its {_JSON_NAME} is not that of a lesson")
    if version > VERSION:
        raise LessonError(
            f"{name} was written by a newer release of lumen_widgets.",
            next_step="Install that release, or have the lesson written by this one.",
        )
    tasks = whole.get("tasks")
    if not isinstance(tasks, list) or len(tasks) > MAX_PICTURES:
        raise _no_lesson(name, f"its {_JSON_NAME} lists no tasks")
    try:
        return tuple(_read_task(one, names) for one in tasks)
    except (ValueError, TypeError, LookupError, AttributeError):
        raise _no_lesson(name, "one of its tasks is not as a lesson has it") from None


def _read_task(said: Any, names: Mapping[str, str]) -> LessonTask:
    """Return a task as it is said; raises ValueError, TypeError or LookupError where it is none."""
    digest, pictures = said["digest"], said["pictures"]
    if not _DIGEST.fullmatch(digest):
        raise ValueError
    if not isinstance(pictures, list) or not 1 <= len(pictures) <= _MOST_OF_TASK:
        raise ValueError
    endpoint = next((one for one in ENDPOINTS if one == said["endpoint"]), None)
    if endpoint is None:
        raise ValueError
    fields = {one: _field(said["fields"][one]) for one in FIELDS if one in said["fields"]}
    if not isinstance(fields.get("prompt"), str):
        raise TypeError
    return LessonTask(
        digest, endpoint, fields, tuple(_read_picture(one, names) for one in pictures)
    )


def _read_picture(said: Any, names: Mapping[str, str]) -> LessonPicture:
    file = _known(said["file"], names)
    made = said.get("exact")
    if made is None:
        return LessonPicture(file)
    exact = made.get("file")
    share, note = made.get("changed_outside"), made.get("note", "")
    if share is not None:
        if isinstance(share, bool) or not isinstance(share, int | float):
            raise TypeError
        if not 0 <= share <= 1:
            raise ValueError
    if not isinstance(note, str) or len(note) > _LONGEST_NOTE:
        raise ValueError
    return LessonPicture(
        file,
        None if exact is None else _known(exact, names),
        looked_at=True,
        changed_outside=None if share is None else float(share),
        note=_text(note),
    )


def _known(sha256: Any, names: Mapping[str, str]) -> str:
    if not _SHA256.fullmatch(sha256) or sha256 not in names:
        raise ValueError
    return str(sha256)


def _field(value: Any) -> str | int:
    if isinstance(value, str):
        return _text(value)
    if type(value) is not int or abs(value) > 2**53:
        raise TypeError
    return value


def _text(value: str) -> str:
    if len(value) > _LONGEST_TEXT:
        raise ValueError
    value.encode()  # half of a character raises
    return value


def _no_number(_: str) -> NoReturn:
    raise ValueError


def _no_lesson(name: str, why: str) -> LessonError:
    return LessonError(
        f"{name} is no lesson that can be read: {why}.",
        next_step="Get the file again from whoever made it; "
        'lumen.history().export("name.lumen") makes one.',
    )
