"""The pictures that a form's submits have made in this session, for the strip under its button."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumen_widgets.notebook.current_journal import ask_journal
from lumen_widgets.notebook.kept_pictures import picture_of
from lumen_widgets.widgets.picture_names import picture_name
from lumen_widgets.widgets.prompt_form.messages import FormResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient, Picture
    from lumen_widgets.notebook.submission import Submission
    from lumen_widgets.widgets.prompt_form.checks import FormValues

# pictures that are shown: a strip of more is a gallery
MOST_RESULTS = 60


@dataclass(frozen=True)
class Result:
    """One picture that a submit has made.

    Attributes
    ----------
    values
        What the form held when it was sent.
    shown
        As pages know it.
    place
        Its submit's number, later ones first, and its place among that one's pictures.
    picture
        Returns the picture, None once nothing else holds it.

    """

    values: FormValues
    shown: FormResult
    place: tuple[int, int]
    picture: Callable[[], Picture | None]


class Results:
    """The newest pictures of one form; safe to use from any thread.

    A picture's bytes are held by others alone: where nothing does any more, it is read from the
    journal. Without a journal they are held here.

    Parameters
    ----------
    client
        Whose journal has the pictures.

    """

    def __init__(self, client: LumenClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._results: deque[Result] = deque(maxlen=MOST_RESULTS)
        self._sent: weakref.WeakKeyDictionary[Submission, FormValues] = weakref.WeakKeyDictionary()
        # of each submission, how many of its pictures are here
        self._taken: weakref.WeakKeyDictionary[Submission, int] = weakref.WeakKeyDictionary()
        self._count = self._submits = 0

    def note_sent(self, submission: Submission, values: FormValues) -> None:
        """Note what is being sent."""
        with self._lock:
            self._sent[submission] = values

    def take(self, submission: Submission) -> bool:
        """Take the pictures that a submission has made; say whether there are new ones."""
        task = submission.task
        pictures = [] if task is None or not task.done else list(task.pictures)
        with self._lock:
            values = self._sent.get(submission)
            new = pictures[self._taken.get(submission, 0) :]
            if values is None or not new:
                return False
            self._taken[submission] = len(pictures)
            self._submits += 1
            for picture in new:
                self._count += 1
                self._results.append(self._result(picture, values))
        return True

    def shown(self) -> tuple[list[FormResult], int]:
        """Return the pictures as pages know them, and how many there were in all.

        Those of the newest submit come first, in their own order.
        """
        with self._lock:
            ordered = sorted(self._results, key=lambda one: one.place)
            return [one.shown for one in ordered], self._count

    def find(self, sha256: str) -> Picture | None:
        """Return a picture by its digest: one of these, or any in the journal; may read a file.

        Raises
        ------
        JournalError
            The journal cannot be read, or the picture's file is gone.

        """
        result = self.get(sha256)
        if result is not None and (held := result.picture()) is not None:
            return held
        journal = self._client.journal
        if journal is None:
            return None
        keys = ask_journal(lambda: journal.find_by_sha256(sha256))
        return picture_of(journal, keys[0]) if keys else None

    def get(self, sha256: str) -> Result | None:
        """Return the newest of these pictures that has a digest."""
        with self._lock:
            found = (one for one in reversed(self._results) if one.shown["sha256"] == sha256)
            return next(found, None)

    def _result(self, picture: Picture, values: FormValues) -> Result:
        held: Callable[[], Picture | None] = (
            (lambda: picture) if self._client.journal is None else weakref.ref(picture)
        )
        n = values.fields.get("n")
        shown = FormResult(
            key=str(self._count),
            sha256=picture.sha256,
            name=picture_name(picture),
            width=picture.width,
            height=picture.height,
            model=values.fields["model"],
            count=n if isinstance(n, int) else 1,
        )
        return Result(values, shown, (-self._submits, picture.index), held)
