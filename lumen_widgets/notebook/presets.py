"""Presets: settings by name, in ``presets.json`` in ``LUMEN_HOME``, for every notebook of a user.

What is in them is the caller's choice. The file is read whenever it is asked for, since another
notebook may have written it; one that cannot be read is put aside before it would be replaced.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from lumen_widgets.client import InvalidRequest, JournalError
from lumen_widgets.core.pictures.picture import write_file
from lumen_widgets.core.words import strip_controls
from lumen_widgets.journal import Journal
from lumen_widgets.notebook.current_journal import ask_journal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FILE = "presets.json"
_VERSION = 1
# a file that is larger was not written here
_MOST_BYTES = 4 * 1024 * 1024
_NAME_LENGTH = 80
_MOST_PRESETS = 200

_lock = threading.RLock()


class Presets:
    """The presets of a user.

    Parameters
    ----------
    home
        The folder; None is ``LUMEN_HOME``, else the platform's.

    Raises
    ------
    JournalError
        ``LUMEN_HOME`` can be no folder.

    """

    def __init__(self, home: Path | None = None) -> None:
        self._home = ask_journal(Journal).home if home is None else home
        self._path = self._home / _FILE

    def read(self) -> dict[str, dict[str, Any]]:
        """Return all presets by name, sorted; none where the file is not there or is damaged."""
        try:
            if self._path.stat().st_size > _MOST_BYTES:
                return {}
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        kept = found.get("presets") if isinstance(found, dict) else None
        if not isinstance(kept, dict):
            return {}
        return {
            name: kept[name]
            for name in sorted(kept, key=str.casefold)
            if isinstance(kept[name], dict) and name == _clean(name)
        }

    def save(self, name: str, values: Mapping[str, Any]) -> None:
        """Keep values, which JSON can carry, under a name, in place of those that had it.

        Raises
        ------
        InvalidRequest
            The name is empty, or there are too many, or they are too long.
        JournalError
            The file cannot be written.

        """
        clean = _clean(name)
        if not clean:
            raise InvalidRequest("A preset needs a name.", next_step="Type one.", field="name")
        with _lock:
            presets = self.read()
            if len(presets | {clean: {}}) > _MOST_PRESETS:
                raise InvalidRequest(
                    f"There are {_MOST_PRESETS} presets already.", next_step="Delete some."
                )
            self._write({**presets, clean: dict(values)})

    def delete(self, name: str) -> None:
        """Delete a preset, if there is one of that name.

        Raises
        ------
        JournalError
            The file cannot be written.

        """
        with _lock:
            presets = self.read()
            if presets.pop(name, None) is not None:
                self._write(presets)

    def _write(self, presets: Mapping[str, Any]) -> None:
        content = {"version": _VERSION, "presets": presets}
        # half of a character stays the escape that JSON has for it
        data = json.dumps(content, ensure_ascii=False, indent=1).encode(errors="backslashreplace")
        if len(data) > _MOST_BYTES:
            # it would not be read any more
            raise InvalidRequest(
                f"The presets would take more than {_MOST_BYTES >> 20} MiB.",
                next_step="Delete some, or shorten the prompt.",
            )
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._is_damaged():
                self._path.replace(self._path.with_suffix(".damaged.json"))
            write_file(self._path, data)
        except OSError as error:
            raise JournalError(
                f"The presets cannot be written: {error.strerror or type(error).__name__}.",
                next_step=f"Look at {self._path}.",
            ) from None

    def _is_damaged(self) -> bool:
        """Say whether there is a file that is none of presets: somebody may want it back."""
        if not self._path.exists():
            return False
        try:
            if self._path.stat().st_size > _MOST_BYTES:
                return True
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return True
        return not isinstance(found, dict) or not isinstance(found.get("presets"), dict)


def _clean(name: str) -> str:
    """Return a name as it is shown: one line, without marks that cannot be seen."""
    return " ".join(strip_controls(name).split())[:_NAME_LENGTH].strip()
