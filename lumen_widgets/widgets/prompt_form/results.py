"""The pictures for the strip under a form's button: its submits' own, and those taken up before."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumen_widgets.client import Picture
from lumen_widgets.notebook.current_journal import ask_journal
from lumen_widgets.notebook.journal_pictures import JournalPictures
from lumen_widgets.notebook.kept_pictures import picture_of
from lumen_widgets.widgets.picture_names import indexed_name, picture_name
from lumen_widgets.widgets.prompt_form.messages import FormResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient, Request, Task
    from lumen_widgets.notebook.kept_pictures import DerivedPicture, StoredPicture
    from lumen_widgets.notebook.kept_task import KeptTask
    from lumen_widgets.notebook.submission import Submission
    from lumen_widgets.widgets.prompt_form.checks import FormValues

# pictures that are shown: a strip of more is a gallery
MOST_RESULTS = 60


@dataclass(frozen=True)
class Result:
    """One picture that a submit has made, or a task before the form.

    Attributes
    ----------
    values
        What the form held when it was sent; None where the form did not send it.
    shown
        As pages know it.
    place
        Where it stands: its submit's number, later ones first and earlier tasks last, and its place
        among that one's pictures.
    picture
        Returns the picture, None once nothing else holds it.

    """

    values: FormValues | None
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
        # in their order
        self._results: list[Result] = []
        self._sent: weakref.WeakKeyDictionary[Submission, FormValues] = weakref.WeakKeyDictionary()
        # of each submission, how many of its pictures are here
        self._taken: weakref.WeakKeyDictionary[Submission, int] = weakref.WeakKeyDictionary()
        # what the form's own calls are known by; of each task before it, how many pictures are here
        self._own: set[str] = set()
        self._earlier: dict[tuple[str, str | None], int] = {}
        self._count = self._submits = 0

    def note_sent(self, submission: Submission, values: FormValues) -> None:
        """Note what is being sent."""
        with self._lock:
            self._sent[submission] = values
            self._own.add(submission.correlation_id)

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
                n, model = values.fields.get("n"), values.fields["model"]
                shown = self._shown(picture, picture_name(picture), model, n)
                place = -self._submits, picture.index
                self._add(Result(values, shown, place, self._held(picture)))
        return True

    def has_sent(self, correlation_id: str | None) -> bool:
        """Say whether a call is one of the form's own."""
        with self._lock:
            return correlation_id in self._own

    def take_earlier(self, task: Task | KeptTask, age: int) -> bool:
        """Take the pictures of a task that was not sent from here; say whether there are new ones.

        Of a task that the journal has, no file is read.

        Parameters
        ----------
        task
            The task; again, once it has more pictures.
        age
            How many tasks were later, from 1: where its pictures stand.

        """
        name = task.id, task.correlation_id
        with self._lock:
            if not task.done or task.correlation_id in self._own:
                return False
            new = list(task.pictures)[self._earlier.get(name, 0) :]
            self._earlier[name] = len(task.pictures)
            found = [self._earlier_result(task, one, age) for one in new if _is_here(one)]
            for result in found:
                self._add(result)
        return bool(found)

    def shown(self) -> tuple[list[FormResult], int]:
        """Return the pictures as pages know them, and how many there were in all.

        Those of the newest submit come first, in their own order.
        """
        with self._lock:
            return [one.shown for one in self._results], self._count

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
            return next((one for one in self._results if one.shown["sha256"] == sha256), None)

    def tile(self, sha256: str) -> bytes | None:
        """Return a picture's small copy from beside its file; None where it is held, or has none.

        Raises
        ------
        JournalError
            The journal cannot be read.

        """
        result = self.get(sha256)
        if result is not None and result.picture() is not None:
            return None
        return JournalPictures(self._client.journal).tile(sha256)

    def _add(self, result: Result) -> None:
        """Put a picture in its place; the lock is held."""
        self._results.append(result)
        self._results.sort(key=lambda one: one.place)
        del self._results[MOST_RESULTS:]

    def _earlier_result(
        self, task: Task | KeptTask, picture: Picture | StoredPicture | DerivedPicture, age: int
    ) -> Result:
        """Return a picture of a task that was not sent from here; the lock is held."""
        request: Request = task.request
        name = indexed_name(picture.index, len(task.pictures), request.prompt)
        shown = self._shown(picture, name, request.model, request.body.get("n"))
        held = self._held(picture) if isinstance(picture, Picture) else lambda: None
        return Result(None, shown, (age, picture.index), held)

    def _held(self, picture: Picture) -> Callable[[], Picture | None]:
        return (lambda: picture) if self._client.journal is None else weakref.ref(picture)

    def _shown(
        self, picture: Picture | StoredPicture | DerivedPicture, name: str, model: str, n: object
    ) -> FormResult:
        """Return what pages know of a new picture; the lock is held."""
        self._count += 1
        return FormResult(
            key=str(self._count),
            sha256=picture.sha256,
            name=name,
            width=picture.width,
            height=picture.height,
            model=model,
            count=n if isinstance(n, int) and not isinstance(n, bool) else 1,
        )


def _is_here(picture: Picture | StoredPicture | DerivedPicture) -> bool:
    """Say whether there is something to show: the file of a picture may have been removed."""
    return isinstance(picture, Picture) or picture.path.is_file()
