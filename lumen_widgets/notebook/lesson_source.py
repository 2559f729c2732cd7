"""Where a lesson comes from: a file on this machine, or an address that is asked for it once."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lumen_widgets.client import DownloadError, InvalidRequest, LessonError
from lumen_widgets.client.lessons.lesson_file import MAX_FILE, SUFFIX, read_lesson
from lumen_widgets.core.pictures.downloads import DownloadLimits, DownloadWords, fetch_file
from lumen_widgets.core.pictures.picture import path_to_write
from lumen_widgets.core.words import strip_controls
from lumen_widgets.journal import JournalUnusable
from lumen_widgets.notebook.fetched_lessons import keep, kept_path, note_use

if TYPE_CHECKING:
    from pathlib import Path

    from lumen_widgets.client.lessons.lesson_file import Lesson

# Seconds for all of it: a classroom shares one line, and 30 MB are 15 Mbit/s for that long.
_LIMITS = DownloadLimits(max_bytes=MAX_FILE, seconds=600.0)

_WORDS = DownloadWords("The lesson", "The lesson's address")

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)

# What a lesson's name has that an address, a page or a terminal would read in its own way.
_READ_OTHERWISE = re.compile(r"[\s/\\?#@:<>&\"'%\[\]]+")
_LONGEST_NAME = 60


def is_lesson(which: object) -> bool:
    """Say whether what `lumen.use` was given is a lesson: a path, or an address.

    Text that is neither may be a slip or a key.

    Examples
    --------
    >>> is_lesson("owls.lumen"), is_lesson("sandbox")
    (True, False)

    """
    if isinstance(which, os.PathLike):
        return True
    return isinstance(which, str) and (_is_address(which) or _is_path(which))


def open_lesson(which: str | os.PathLike[str], sha256: object = None) -> Lesson:
    """Return the lesson that is at a path or an address.

    Parameters
    ----------
    which
        A path, from the folder that the kernel runs in, or an ``https:`` address.
    sha256
        What its digest has to be; None is any, which only a path may be.

    Raises
    ------
    InvalidRequest
        `sha256` is no digest, or is missing.
    LessonError
        There is no such lesson, or it cannot be read or fetched.

    Examples
    --------
    >>> open_lesson("owls.lumen")  # doctest: +SKIP
    <Lesson owls.lumen, 4 tasks>

    """
    digest = _read_sha256(sha256)
    if isinstance(which, str) and _is_address(which):
        return _fetched(which.strip(), digest)
    path = path_to_write(which)
    # absolute, so that a later change of folder does not move it
    return read_lesson(path.absolute(), name=_name(path.name), sha256=digest)


def _fetched(url: str, sha256: str | None) -> Lesson:
    """Return the lesson at an address: once it was fetched, it is here and needs no network."""
    if sha256 is None:
        raise InvalidRequest(
            "A lesson at an address is only taken with sha256=, so that it is the one that its "
            "author made.",
            next_step='Write lumen.use("https://…", sha256="…"): export() says the digest when it '
            "writes a lesson, and so do `sha256sum owls.lumen` on Linux, `shasum -a 256` on a Mac "
            "and `certutil -hashfile owls.lumen SHA256` on Windows.",
            field="sha256",
        )
    name = _name(_last_part(url))
    kept = _kept_path(sha256)
    if kept is not None:
        with suppress(LessonError):  # damaged, or none yet: it is fetched
            lesson = read_lesson(kept, name=name, sha256=sha256)
            note_use(kept)
            return lesson
    try:
        # only an address on this machine, typed in here, may lead to this machine
        data = fetch_file(url, _WORDS, base_url=url, limits=_LIMITS)
    except DownloadError as error:
        raise LessonError(
            error.message,
            next_step="Try again, or get the file another way and give its path.",
            status=error.status,
        ) from None
    lesson = read_lesson(data, name=name, sha256=sha256)
    if kept is not None:
        with suppress(OSError):  # in memory it is as good, until the kernel ends
            keep(kept, data)
    return lesson


def _kept_path(sha256: str) -> Path | None:
    """Return where a lesson that was fetched is kept; None where nothing can be."""
    try:
        return kept_path(sha256)
    except JournalUnusable:
        return None


def _read_sha256(sha256: object) -> str | None:
    if sha256 is None:
        return None
    text = sha256.strip().lower() if isinstance(sha256, str) else ""
    if _SHA256.fullmatch(text):
        return text
    raise InvalidRequest(
        "sha256 is not 64 hexadecimal digits.",
        next_step="Copy what export() said when it wrote the lesson.",
        field="sha256",
    )


def _is_address(text: str) -> bool:
    return text.strip().lower().startswith(("https://", "http://"))


def _is_path(text: str) -> bool:
    return text.strip().lower().endswith(SUFFIX)


def _last_part(url: str) -> str:
    try:
        parts = urlsplit(url)
        return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.hostname or ""
    except ValueError:
        return ""


def _name(text: str) -> str:
    """Return what a lesson is called wherever it is named: in forms, in the history, in errors."""
    plain = _READ_OTHERWISE.sub("-", strip_controls(text)).strip("-.")
    return plain[:_LONGEST_NAME] or f"lesson{SUFFIX}"
