"""A copy of a picture file that says how it was made, by itself or by a sidecar beside it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.pictures.decoding import UnreadablePicture
from lumen_widgets.core.pictures.provenance.embedding import Notes, with_notes
from lumen_widgets.core.pictures.provenance.infotext import infotext
from lumen_widgets.core.pictures.provenance.record import json_text
from lumen_widgets.core.words import holds_key

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from lumen_widgets.core.pictures.provenance.record import Provenance

# The name of our own in a sidecar, beside the digest of the file that it is about.
OURS, FILE = "lumen_widgets", "file"

# Bytes of a sidecar that are read: what is longer was not written here.
LONGEST_SIDECAR = 8 << 20


class NotedCopy(NamedTuple):
    """A file, and its sidecar where the file must stay as it is.

    Attributes
    ----------
    data
        The picture file.
    sidecar
        What stands beside it; None for nothing.

    """

    data: bytes
    sidecar: bytes | None = None


def noted_copy(
    data: bytes,
    media_type: str,
    made: Provenance,
    *,
    sha256: str,
    index: int,
    size: tuple[int, int],
) -> NotedCopy:
    """Return a picture file with what is known of how it was made; its pixels are not touched.

    Parameters
    ----------
    data, media_type
        The file.
    made
        How it was made.
    sha256
        Hex digest of the picture, also where `data` was converted from it.
    index
        Its place among the pictures of its task, from 0.
    size
        Its width and height in pixels.

    Raises
    ------
    InvalidRequest
        There seems to be a key in what was asked for.

    """
    said = made.as_json(sha256=sha256, index=index)
    notes = Notes(json_text(said), _as_a1111(said, size), made.is_repaint)
    if holds_key(notes.ours):
        raise InvalidRequest(
            "There seems to be a key in the words that this picture was made with; nothing was "
            "written.",
            next_step="Save it without provenance.",
            field="provenance",
        )
    try:
        noted = with_notes(data, media_type, notes)
    except UnreadablePicture:
        noted = None  # built as no program of ours would: it stays as it is
    if noted is not None:
        return NotedCopy(noted)
    beside = {FILE: hashlib.sha256(data).hexdigest(), OURS: said}
    return NotedCopy(data, (json.dumps(beside, ensure_ascii=False, indent=2) + "\n").encode())


def sidecar_of(path: Path) -> Path:
    """Return where the sidecar of a picture file is.

    Examples
    --------
    >>> from pathlib import Path
    >>> sidecar_of(Path("cat.png")).name
    'cat.png.json'

    """
    return path.with_name(f"{path.name}.json")


def check_sidecar(path: Path) -> None:
    """Check that a sidecar may be written there: no other file is overwritten for it.

    Raises
    ------
    InvalidRequest
        There is something that is no sidecar of ours.
    OSError
        It cannot be read.

    """
    try:
        with path.open("rb") as file:
            there = file.read(LONGEST_SIDECAR)
    except FileNotFoundError:
        return
    said = loaded_json(there)
    if not (isinstance(said, dict) and FILE in said and isinstance(said.get(OURS), dict)):
        raise InvalidRequest(
            f"The picture is signed (C2PA) or has no room, so that how it was made would stand in "
            f"{path.name} beside it, and there is such a file, which is not of that kind. Nothing "
            "was written.",
            next_step="Save the picture under another name.",
            field="path",
        )


def loaded_json(text: str | bytes) -> Any:
    """Return JSON; None for what is none, or is nested deeper than Python goes."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _as_a1111(said: dict[str, Any], size: tuple[int, int]) -> str:
    """Return the text that A1111's web UI would write, with what is known here of its settings."""
    width, height = size
    settings = {
        "Size": f"{width}x{height}",
        "Model": said.get("model"),
        "Task": said.get("task_id"),
        "Source": said.get("source"),
        "Version": f"lumen_widgets {said.get('version', '')}".strip(),
    }
    given = {name: str(value) for name, value in settings.items() if value}
    return infotext(str(said.get("prompt", "")), str(said.get("negative_prompt", "")), given)
