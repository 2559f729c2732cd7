"""What a form takes up of the work before it: pictures, rows of tasks, and the last request.

It is read on the widgets' worker, a journal that is locked a few times; a task that is to be
followed is claimed on a thread of its own, since that waits for the journal. What changes the form
is done on the publisher's thread.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from lumen_widgets.client import LumenError, Task
from lumen_widgets.client.history.account_journal import request_of
from lumen_widgets.core.log import Log
from lumen_widgets.core.polling.scheduler import start_thread
from lumen_widgets.core.words import strip_controls
from lumen_widgets.notebook.cell import shortened
from lumen_widgets.notebook.last_work import (
    known_tasks,
    lost_call,
    read_last_work,
    take_up_tasks,
)
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.widgets.base import weakly
from lumen_widgets.widgets.prompt_form.recalled import RECALLED, Recalled, is_same
from lumen_widgets.widgets.work_queue import work_queue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumen_widgets.client import LumenClient
    from lumen_widgets.notebook.kept_task import KeptTask
    from lumen_widgets.notebook.last_work import LastWork
    from lumen_widgets.notebook.submission import Submission
    from lumen_widgets.widgets.prompt_form.strip import Strip

# seconds after which a journal that could not be read is tried again
_LATE = (0.5, 2.0, 5.0)
# characters of a prompt by which a request is recognised
_NAME_LENGTH = 40

_log = Log(__name__)


class EarlierWork:
    """The work before one form, taken up once.

    Parameters
    ----------
    form
        The form, whose fields the last request comes back into.
    client
        Whose work it is.
    strip
        What has the form's pictures and settings.
    show
        Shows tasks and calls in the form's panel; called on the publisher's thread.

    """

    def __init__(
        self,
        form: Any,
        client: LumenClient,
        strip: Strip,
        show: Callable[[Sequence[Task | KeptTask | Submission]], None],
    ) -> None:
        self._form = form
        self._client = client
        self._strip = strip
        self._show = show
        self._begun = False
        self._stops: list[Callable[[], None]] = []

    def take_up(self) -> None:
        """Take it up in the background, once however often this is called."""
        if not self._begun:
            self._begun = True
            work_queue.run_soon(partial(self._read, _LATE))

    def close(self) -> None:
        """Leave out what is yet to be done; tasks that are followed go on."""
        work_queue.forget(self)
        publisher.forget(self)
        while self._stops:
            self._stops.pop()()

    def _read(self, late: Sequence[float]) -> None:
        try:
            work = read_last_work(self._client)
            recalled = self._recalled(work)
            known = known_tasks(self._client, work.tasks)
        except LumenError as error:
            if late:
                work_queue.run_soon(partial(self._read, late[1:]), after=late[0])
            else:
                self._say(_words(error))
            return
        except Exception as error:  # noqa: BLE001 # a damaged file may hold anything
            self._say(_unforeseen(error))
            return
        if recalled is not None:
            publisher.run_soon(partial(self._fill, *recalled))
        # the pictures at once, whatever has to be waited for
        self._put_in_strip(known)
        if None not in known:
            self._list(work, known)
            return
        try:
            start_thread(partial(self._claim, work, known), "lumen-take-up", "earlier tasks")
        except LumenError as error:
            self._list(work, known)
            self._say(_words(error))

    def _claim(self, work: LastWork, known: Sequence[Task | KeptTask | None]) -> None:
        """Have those tasks followed that no process follows; it may wait for the journal."""
        error = ""
        try:
            known = take_up_tasks(self._client, work.tasks)
        except LumenError as failed:
            error = _words(failed)
        except Exception as failed:  # noqa: BLE001 # what is known is shown all the same
            error = _unforeseen(failed)
        self._put_in_strip(known)
        self._list(work, known)
        if error:
            self._say(error)

    def _put_in_strip(self, tasks: Sequence[Task | KeptTask | None]) -> None:
        for age, task in enumerate(tasks, 1):
            if task is None:
                continue
            if isinstance(task, Task) and not task.done:
                self._stops.append(task.subscribe(partial(weakly(self._hear), age)))
            # after it: it may have ended in between
            self._hear(age, task)

    def _hear(self, age: int, task: Task | KeptTask) -> None:
        """Take in what a task has made, on whichever thread it is heard."""
        self._strip.note_earlier(task, age)

    def _list(self, work: LastWork, tasks: Sequence[Task | KeptTask | None]) -> None:
        """Have the tasks and the requests of unknown outcome shown, oldest first."""
        entries: dict[int, Task | KeptTask | Submission] = {
            row.number: lost_call(self._client, row, work.unknown_count) for row in work.unknown
        }
        for row, task in zip(work.tasks, tasks, strict=True):
            if task is not None:
                entries[row.number] = task
        ordered = [entries[number] for number in sorted(entries)]
        publisher.run_soon(partial(self._show_all, ordered))

    def _show_all(self, entries: Sequence[Task | KeptTask | Submission]) -> None:
        """Show what has no row yet, on the publisher's thread."""
        own = self._strip.results.has_sent
        new = [entry for entry in entries if not own(entry.correlation_id)]
        if new and self._form.comm is not None:
            self._show(new)

    def _say(self, words: str) -> None:
        """Have the form say why something is not there, after what came back by then."""
        publisher.run_soon(partial(self._strip.recalls.refuse, words))

    def _recalled(self, work: LastWork) -> tuple[str, Recalled] | None:
        """Return a name for the last request, and what the form would hold for it."""
        row = work.request
        if row is None:
            return None
        request = request_of(row)
        name = shortened(strip_controls(request.prompt), _NAME_LENGTH) or request.model
        return name, self._strip.recalled_row(row.number, request)

    def _fill(self, name: str, recalled: Recalled) -> None:
        """Bring the last request back, unless a field is set already, on the publisher's thread."""
        if self._form.comm is not None and is_as_new(self._form):
            self._strip.recalls.bring_back(name, recalled)


def is_as_new(form: Any) -> bool:
    """Say whether a form holds in each field that may come back what a new one holds."""
    # as it was typed: JSON with a slip in it is in no other field
    names = (*RECALLED, "_extra_text")
    return all(is_same(name, getattr(form, name), form.trait_defaults(name)) for name in names)


def _unforeseen(error: Exception) -> str:
    _log.exception("what was done last could not be taken up")
    return f"What was done last could not be taken up ({type(error).__name__})."


def _words(error: LumenError) -> str:
    return f"What was done last is not all here. {error.message} {error.next_step}".rstrip()
