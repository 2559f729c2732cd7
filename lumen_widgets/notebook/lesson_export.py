"""A lesson that is made of the history: listed first, with its pictures and size, then written."""

from __future__ import annotations

import hashlib
import html
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.client import InvalidRequest, LessonError
from lumen_widgets.client.history.account_journal import (
    request_of,
    shown_picture,
    stored_pictures,
)
from lumen_widgets.client.lessons.lesson_file import (
    FIELDS,
    SUFFIX,
    LessonPicture,
    LessonTask,
    write_lesson,
)
from lumen_widgets.core.answers import SUCCEEDED
from lumen_widgets.core.call import DIGEST_VERSION, digest_of
from lumen_widgets.core.fields import PICTURE_FIELDS
from lumen_widgets.core.pictures.decoding import media_type_of
from lumen_widgets.core.pictures.downloads import FetchedPicture
from lumen_widgets.core.pictures.picture import path_to_write, write_file
from lumen_widgets.core.request import read_flag
from lumen_widgets.core.words import (
    as_written,
    format_count,
    holds_key,
    literal,
    short_repr,
    strip_controls,
)
from lumen_widgets.journal import SHORTENED
from lumen_widgets.notebook.cell import data_uri, shortened
from lumen_widgets.notebook.history_entry import HistoryEntry

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from lumen_widgets.client import Picture
    from lumen_widgets.journal import JournalRow

# Tasks whose pictures a cell shows; the words of all are listed, since all would be given away.
_PICTURED = 100
# Characters of a prompt in a line of text.
_PROMPT = 72

_CELL = 'align="left" valign="top" style="text-align:left;vertical-align:top"'
_WRAP = _CELL[:-1] + ';overflow-wrap:anywhere"'

_HOLDS = (
    "In it are the words and choices of these requests, and their pictures: as they came, and as "
    "they were put back (a repaint shows what is around its mask). No key, account, address or "
    "path is in it, and no file that you gave."
)


class LeftOut(NamedTuple):
    """A request that the lesson does not hold.

    Attributes
    ----------
    entry
        The request.
    why
        Why not, in words.

    """

    entry: HistoryEntry
    why: str


@dataclass(frozen=True, repr=False)
class LessonExport:
    """What a lesson's file would hold, or holds; a table in a cell.

    Attributes
    ----------
    name
        The file's name.
    tasks
        What it says of each of its tasks, oldest first.
    entries
        The same as the history has them.
    left_out
        Those that are not, each with the reason.
    pictures
        How many picture files.
    size
        Bytes of the file.
    sha256
        Hex digest of the file: what ``lumen.use(…, sha256=…)`` takes.
    written
        Whether it was written.

    """

    name: str
    tasks: Sequence[LessonTask] = field(default=())
    entries: Sequence[HistoryEntry] = field(default=())
    left_out: Sequence[LeftOut] = field(default=())
    pictures: int = 0
    size: int = 0
    sha256: str = ""
    written: bool = False

    def __repr__(self) -> str:
        """Return a line for each request, for front ends without HTML."""
        lines = [self._summary]
        lines += [f"  {_words(one)}: {shortened(one.prompt, _PROMPT)}" for one in self.tasks]
        if self.left_out:
            lines.append("Left out:")
            lines += [f"  {one.why}: {_prompt(one.entry)}" for one in self.left_out]
        return strip_controls("\n".join([*lines, _HOLDS, self._next]))

    def _repr_html_(self) -> str:
        listed = enumerate(zip(self.tasks, self.entries, strict=True))
        rows = "".join(_row(*one, pictured=at < _PICTURED) for at, one in listed)
        head = "".join(f'<th scope="col" {_CELL}>{name}</th>' for name in ("Pictures", "Request"))
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        left = "".join(
            f"<li>{_escaped(one.why)}: {_escaped(_prompt(one.entry))}</li>" for one in self.left_out
        )
        parts = [
            f"<p><b>{_escaped(self._summary)}</b></p>",
            table if rows else "",
            f"<p>Left out:</p><ul>{left}</ul>" if left else "",
            f"<p>{_escaped(_HOLDS)}</p><p>{_escaped(self._next)}</p>",
        ]
        return as_written("".join(parts))

    @property
    def _summary(self) -> str:
        verb = "holds" if self.written else "would hold"
        tasks, pictures = format_count(len(self.tasks), "task"), self.pictures
        size = f"{self.size / 1e6:.1f} MB ({self.size:,} bytes)"
        return f"{self.name} {verb} {tasks}, {format_count(pictures, 'picture')}, {size}"

    @property
    def _next(self) -> str:
        if self.written:
            return (
                f"Use it with lumen.use({literal(self.name)}), or from an address with "
                f'sha256="{self.sha256}".'
            )
        if not self.tasks:
            return "Nothing was written: there is no task in it."
        return "Nothing was written yet: the same call with confirm=True writes it."


def export(
    rows: Iterable[JournalRow], path: str | os.PathLike[str], *, confirm: bool
) -> LessonExport:
    """List what a lesson of these tasks would hold, and write it if that is confirmed.

    Parameters
    ----------
    rows
        The journal's rows, oldest first.
    path
        Where to.
    confirm
        Whether to write it.

    Raises
    ------
    InvalidRequest
        The path does not end in ``.lumen``, or there is nothing to write.
    LessonError
        It is too large, or cannot be written.

    """
    confirmed, target = read_flag("confirm", confirm), _read_path(path)
    kept, left_out, tasks = [], [], []
    files: dict[str, FetchedPicture] = {}
    known = set[tuple[object, ...]]()
    for row in rows:
        entry = HistoryEntry(row)
        try:
            task, found = _as_task(row)
        except _Unfit as unfit:
            left_out.append(LeftOut(entry, str(unfit)))
            continue
        if (task.digest, *task.pictures) in known:
            if row.origin.startswith("lesson:"):
                continue  # a lesson gave it again: it is no other work
            left_out.append(LeftOut(entry, "the same request with the same pictures is in it"))
            continue
        known.add((task.digest, *task.pictures))
        kept.append(entry)
        tasks.append(task)
        files |= {one.sha256: one for one in found}
    if confirmed and not tasks:
        raise InvalidRequest(
            "There is no task that a lesson could hold, so nothing was written.",
            next_step="lumen.history(…).export(…) without confirm= says why each was left out.",
        )
    data = write_lesson(tasks, files)
    if confirmed:
        try:
            write_file(target, data)
        except OSError as error:
            raise LessonError(
                f"{target.name} cannot be written: {error.strerror or type(error).__name__}. "
                "A file that was there before is as it was.",
                next_step="Give a path in a folder that you can write to, with room for "
                f"{len(data):,} bytes.",
            ) from None
    return LessonExport(
        target.name,
        tasks,
        kept,
        left_out,
        len(files),
        len(data),
        hashlib.sha256(data).hexdigest(),
        written=confirmed,
    )


class _Unfit(Exception):
    """A request that a lesson cannot hold; the text says why."""


def _as_task(row: JournalRow) -> tuple[LessonTask, list[FetchedPicture]]:
    """Return a row as a lesson's task, with the files of its pictures."""
    entry, request = HistoryEntry(row), request_of(row)
    if entry.state != SUCCEEDED:
        raise _Unfit(entry.state)
    digest, fields = _digest(row), _fields(row)
    if not request.prompt:
        raise _Unfit("what it was asked for is not known here")
    if any(isinstance(one, str) and holds_key(one) for one in fields.values()):
        raise _Unfit("there seems to be a key in its words")
    came = stored_pictures(row)
    if not came:
        raise _Unfit("its pictures are not all here")
    shown = [shown_picture(row, one) for one in came]
    pictures = tuple(_as_picture(one) for one in shown)
    files = [_as_file(one) for one in (*came, *shown)]
    return LessonTask(digest, request.endpoint, fields, pictures), files


def _digest(row: JournalRow) -> str:
    """Return what a row's request is known by, whichever service took it."""
    if row.digest is not None and row.digest.startswith(f"{DIGEST_VERSION}:"):
        return row.digest
    # An earlier release's has the service in it. Without a picture, all of the request is here.
    whole = row.recipe is None and row.endpoint is not None and SHORTENED not in str(row.body)
    if whole and PICTURE_FIELDS.isdisjoint(row.body):
        return digest_of(request_of(row))
    raise _Unfit("an earlier release made it, which did not write down what its pictures were")


def _fields(row: JournalRow) -> dict[str, str | int]:
    """Return what was asked for in words: of a crop or an extension not the size that followed."""
    follows = row.recipe is not None and row.recipe.digest is not None
    return {
        name: row.body[name]
        for name in FIELDS
        if _is_plain(row.body.get(name)) and not (follows and name == "size")
    }


def _is_plain(value: object) -> bool:
    return isinstance(value, str) or type(value) is int


def _as_picture(shown: Picture) -> LessonPicture:
    came = shown.raw
    looked_at = came is not shown or shown.changed_outside is not None or bool(shown.note)
    return LessonPicture(
        came.sha256,
        None if came is shown else shown.sha256,
        looked_at=looked_at,
        changed_outside=shown.changed_outside,
        note=shown.note,
    )


def _as_file(picture: Picture) -> FetchedPicture:
    return FetchedPicture(
        picture.bytes, picture.media_type, picture.width, picture.height, picture.sha256
    )


def _read_path(path: str | os.PathLike[str]) -> Path:
    target = path_to_write(path)
    if target.suffix.lower() != SUFFIX:
        raise InvalidRequest(
            f"{short_repr(target.name)} is no lesson's name, which ends in {SUFFIX}.",
            next_step=f"Write export({literal(target.stem[:_PROMPT] + SUFFIX)}).",
            field="path",
        )
    return target


def _row(task: LessonTask, entry: HistoryEntry, *, pictured: bool) -> str:
    copies = entry.small_copies() if pictured else []
    pictures = " ".join(
        f'<img src="{data_uri(data, media_type_of(data) or "")}" alt="{_escaped(alt)}">'
        for data, alt in copies
    )
    prompt = f'<b dir="auto">{_escaped(task.prompt)}</b>'
    return (
        f"<tr><td {_CELL}>{pictures}</td><td {_WRAP}>{prompt}<br>{_escaped(_words(task))}</td></tr>"
    )


def _words(task: LessonTask) -> str:
    """Return what was asked for beside the prompt, as the file says it."""
    said = [str(value) for name, value in task.fields.items() if name != "prompt"]
    return " · ".join([task.endpoint, *said])


def _prompt(entry: HistoryEntry) -> str:
    return shortened(entry.prompt, _PROMPT) or "(not known here)"


def _escaped(text: str) -> str:
    return html.escape(strip_controls(text), quote=True)
