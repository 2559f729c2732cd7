"""A task: what was asked for, how far the service says it is, and in the end its pictures.

`TaskState` is what is known of it. Its poller and the poller's downloader write it; that of a task
which the journal has complete is written once, before anything else has it. `Task` is what a user
holds: it reads the state, and has its `Watcher`, the poller, do the rest. It knows neither the
client nor its options.
"""

from __future__ import annotations

import copy
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from lumen_widgets.core.answers import TERMINAL
from lumen_widgets.core.errors import LumenError, TaskCancelled, TaskFailed, interrupted
from lumen_widgets.core.locks import Condition
from lumen_widgets.core.log import Log
from lumen_widgets.core.pictures.picture import Pictures
from lumen_widgets.core.provenance import provenance_of
from lumen_widgets.core.signal import Signal, forked
from lumen_widgets.core.waiting import check_wait_timeout, stopped_waiting, timed_out, wait_slice

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from lumen_widgets.core.pictures.cell_result import ShownHere
    from lumen_widgets.core.pictures.picture import Picture
    from lumen_widgets.core.pictures.provenance.record import Provenance
    from lumen_widgets.core.pictures.repaint import Repaint
    from lumen_widgets.core.request import Request

_log = Log()

Outcome = tuple[LumenError | None, Pictures]


class Watcher(Protocol):
    """What looks after one task, as the task sees it: a `TaskPoller`."""

    @property
    def watching(self) -> bool:
        """Whether it polls the task, or fetches its pictures."""

    def refresh(self) -> None:
        """Ask once, on the caller's thread; raises as `Task.refresh` says."""

    def watch(self) -> None:
        """Take the task up again, unless it is watched or has ended for good."""

    def stop(self) -> None:
        """Poll no more until `watch`."""


class TaskState:
    """What is known of one task: read from anywhere, written as this file's first lines say.

    Parameters
    ----------
    task_id
        The service's id.
    request
        What was asked for; without fields for a task that is known by its id alone.
    origin
        The service's address.
    status
        Its word so far.
    created
        When, in unix seconds, as the service said; None if it did not.
    submitted
        When it was submitted, in unix seconds by this machine's clock; None if that is not known.
    age
        For how many seconds it has been known; None if not all of it was seen.
    cost
        Says what a request costs, None where that is not known.
    correlation_id
        What the call that submitted it was known by; None if it was not submitted here.

    Attributes
    ----------
    changed : Condition
        Guards all of it, and is notified when the task is done.
    signal : Signal
        Tells of each change.

    """

    def __init__(
        self,
        task_id: str,
        request: Request,
        *,
        origin: str,
        status: str,
        created: float | None = None,
        submitted: float | None = None,
        age: float | None = 0.0,
        cost: Callable[[Request], float | None] = lambda _: None,
        correlation_id: str | None = None,
    ) -> None:
        self.cost = cost
        self.correlation_id = correlation_id
        self.id = task_id
        self.request = request
        self.origin = origin
        self.status = status
        self.created = created
        self.submitted = submitted
        self.error: LumenError | None = None
        # Why the service cannot be asked at the moment, in words; None while it can.
        self.trouble: str | None = None
        # The same where it lasts: not of one question that failed.
        self.lasting_trouble: str | None = None
        self.notice: str | None = None
        self.done = False
        self.pictures = Pictures()
        # The cell in which they come by themselves.
        self.shown: ShownHere | None = None
        self.began = None if age is None else time.monotonic() - age
        self.ended: float | None = None
        self.changed = Condition()
        self.signal: Signal[Task] = Signal(f"the task {task_id}")
        # Whether a wait has raised the error.
        self.was_raised = False
        # Whether its id is another task's by now: what the service says of it is not of this one.
        self.is_closed = False
        forked.connect_method(self.after_fork)

    def set_status(self, status: str) -> bool:
        """Note the service's word; return whether it is a new one. The last word stays the last."""
        with self.changed:
            if self.status in TERMINAL or status == self.status:
                return False
            self.status = status
            return True

    def set_pictures(self, pictures: Sequence[Picture]) -> None:
        """Note the pictures that are here."""
        with self.changed:
            self.pictures = Pictures(pictures)

    def note(self, notice: str) -> None:
        """Note what the user should know although the task goes well."""
        if notice != self.notice:
            _log.warning("The task %s: %s", self.id, notice)
        self.notice = notice

    def finish(
        self,
        error: LumenError | None = None,
        status: str | None = None,
        seconds: float | None = None,
    ) -> None:
        """Note that it is done: with an error if it did not deliver, and the seconds that it took.

        `status` is the service's last word where that was not set before.
        """
        with self.changed:
            if status is not None and self.status not in TERMINAL:
                self.status = status
            self.error = error
            self.done = True
            self.ended = time.monotonic()
            self.was_raised = False
            if seconds is not None:
                self.began = self.ended - seconds
            self.changed.notify_all()

    def reopen(self) -> bool:
        """Be not done any more; return False, and change nothing, if there is no more to come."""
        with self.changed:
            if self.done and not self.may_go_on:
                return False
            self.error = None
            self.done = False
            self.ended = None
            return True

    @property
    def may_go_on(self) -> bool:
        """Whether it is done for now, with an error that is not the task's own end."""
        final = TaskFailed | TaskCancelled
        return not (self.is_closed or self.error is None or isinstance(self.error, final))

    def close(self, error: LumenError) -> bool:
        """Have what may go on not do so any more, for that reason; return whether it might have."""
        with self.changed:
            if not (self.done and self.may_go_on):
                return False
            self.error, self.is_closed = error, True
            return True

    def outcome(self) -> Outcome | None:
        """Return what to raise and the pictures, once done.

        Both are copies: each raise adds to an error, and a user may add to a list.
        """
        with self.changed:
            if not self.done:
                return None
            self.was_raised = self.was_raised or self.error is not None
            return copy.copy(self.error), self.copies()

    def copies(self) -> Pictures:
        """Return the pictures; not as a result too in the cell in which they come."""
        pictures = Pictures(self.pictures)
        if self.shown is not None:
            pictures.suppress_display(self.shown)
        return pictures

    def after_fork(self, _: None) -> None:
        """Begin anew with a free lock, and without the parent's subscribers."""
        self.changed = Condition()
        self.signal.clear()


class Task:
    """One task of the service.

    Made by `LumenClient`, looked after in the background, and safe to use from any thread.

    Parameters
    ----------
    state
        What is known of it.
    watcher
        What looks after it; None where nothing more will come.

    Attributes
    ----------
    id : str
        The service's id.
    request : Request
        What was asked for; without fields for a task that was taken up by its id alone.
    origin : str
        The service's address.
    created : float or None
        When, in unix seconds, as the service said; None if it did not.
    submitted : float or None
        When it was submitted, in unix seconds by this machine's clock; None if that is not known.
    reused : bool
        Whether a call with ``reuse=True`` returned it, and so paid nothing.
    correlation_id : str or None
        What the call that submitted it was known by; None if it was not submitted here.

    Examples
    --------
    >>> task = client.generate("a cute cat on a windowsill", n=2)  # doctest: +SKIP
    >>> task.wait()  # doctest: +SKIP
    [<Picture 1 of 2, 1024 x 1024, image/png>, <Picture 2 of 2, 1024 x 1024, image/png>]

    """

    def __init__(self, state: TaskState, watcher: Watcher | None = None) -> None:
        self.id = state.id
        self.request = state.request
        self.origin = state.origin
        self.created = state.created
        self.submitted = state.submitted
        self.reused = False
        self.correlation_id = state.correlation_id
        self._state = state
        self._watcher = watcher

    @property
    def status(self) -> str:
        """The service's word: queued, processing, succeeded, failed, cancelled, or a new one."""
        return self._state.status

    @property
    def done(self) -> bool:
        """Whether it ended and its pictures are here, or are not to be had."""
        return self._state.done

    @property
    def watched(self) -> bool:
        """Whether it is looked after: until it is done or `stop_watching` is called."""
        return self._watcher is not None and not self.done and self._watcher.watching

    @property
    def error(self) -> LumenError | None:
        """What `wait` raises, None while there is nothing to raise."""
        return self._state.error

    @property
    def may_go_on(self) -> bool:
        """Whether `watch`, or another `wait`, may still bring what `error` says is missing."""
        return self._state.may_go_on

    @property
    def trouble(self) -> str | None:
        """Why the service cannot be asked at the moment, in words; None while it can."""
        return self._state.trouble

    @property
    def lasting_trouble(self) -> str | None:
        """As `trouble`, once more than a single question failed; the same words while it lasts."""
        return self._state.lasting_trouble

    @property
    def notice(self) -> str | None:
        """What to know of its pictures although nothing failed, in words; None for nothing.

        Of repaints: what was put back in them, or why nothing was.
        """
        state = self._state
        said = dict.fromkeys(one.note for one in state.pictures if one.note)
        words = [state.notice, *said] if len(said) < 2 else [state.notice, *_numbered(state)]  # noqa: PLR2004 -- several that differ
        return " ".join(filter(None, words)) or None

    @property
    def pictures(self) -> Pictures:
        """The pictures that are here already, in the service's order; a list to do anything with.

        What is done to it changes neither the task nor what ``reuse=True`` gives back.
        """
        return self._state.copies()

    @property
    def credits(self) -> float | None:
        """What it costs by the price list (`lumen.prices`), None if the list does not say."""
        return self._state.cost(self.request)

    @property
    def provenance(self) -> Provenance:
        """How its pictures were made, as `Picture.save` can write it into a file."""
        return provenance_of(self.request, task_id=self.id, origin=self.origin)

    @property
    def elapsed(self) -> float | None:
        """Seconds from the submit until it was done, or now; None if the start is not known."""
        with self._state.changed:
            if self._state.began is None:
                return None
            ended = self._state.ended
            return (time.monotonic() if ended is None else ended) - self._state.began

    @property
    def ended(self) -> float | None:
        """When it was done, as `time.monotonic` counts; None before."""
        return self._state.ended

    def outcome(self) -> Outcome | None:
        """Return the error that `wait` would raise, if any, and the pictures; None before the end.

        Examples
        --------
        >>> error, pictures = task.outcome()  # doctest: +SKIP

        """
        return self._state.outcome()

    def wait(self, timeout: float | None = None) -> Pictures:
        """Wait until the task is done and return its pictures.

        Nothing is asked of the service here: a background thread does that. After a
        `DownloadError`, or where following had stopped, another `wait` takes it up again.

        Parameters
        ----------
        timeout
            Seconds to wait; None waits as long as it takes.

        Raises
        ------
        TaskFailed, TaskCancelled
            If it ended so, by the service's word.
        DownloadError
            If some picture could not be fetched; ``.pictures`` has the others.
        AuthenticationError, NotFound, UpstreamError, InvalidRequest, InsufficientCredits
            If the service refuses to say how the task is: the task itself may go on.
        WaitTimeout
            If it is not done in time; the task goes on.
        KeyboardInterrupt
            On Ctrl-C, with a message that names the task; the task goes on.

        Examples
        --------
        >>> task.wait(timeout=60)[0].save("cat.png")  # doctest: +SKIP

        """
        state = self._state
        try:
            limit = check_wait_timeout(timeout)
            deadline = None if limit is None else time.monotonic() + limit
            self._take_up()
            with state.changed:
                while (outcome := state.outcome()) is None:
                    left = wait_slice(deadline)
                    if left <= 0:
                        raise timed_out([self.id], limit, self.trouble)
                    state.changed.wait(left)
        except KeyboardInterrupt:
            raise interrupted(stopped_waiting(self.id)) from None
        return _pictures_of(outcome)

    def __await__(self) -> Generator[Any, None, Pictures]:
        """Wait in asyncio, as ``await task``: like `wait`, without holding up the event loop.

        Cancelling it stops the waiting only, as Ctrl-C does with `wait`.
        """
        return self._arrival().__await__()

    def refresh(self) -> Task:
        """Ask the service once, now, and return the task itself.

        A task that ended is not asked about again.

        Raises
        ------
        AuthenticationError, NotFound, InvalidRequest, InsufficientCredits
            If the service refuses to say.
        ServiceUnreachable, RateLimited, UpstreamError
            If no answer came within the client's time-out.

        Examples
        --------
        >>> task.refresh().status  # doctest: +SKIP
        'processing'

        """
        if self._watcher is not None and not self.done:
            self._watcher.refresh()
        return self

    def stop_watching(self) -> None:
        """Ask the service no more about this task; the task itself goes on and may be charged.

        Its id and what is known of it stay, subscribers are told, and a `wait` for it goes on
        waiting: `watch`, or another `wait`, takes it up again. Once it has succeeded its pictures
        are fetched all the same, since their addresses may not last. There is no call to cancel
        a task.

        Examples
        --------
        >>> task.stop_watching()  # doctest: +SKIP

        """
        if self._watcher is not None and not self.done:
            self._watcher.stop()

    def watch(self) -> None:
        """Take it up again after `stop_watching`, or where following had stopped with an error.

        It returns at once. A task that is watched, or has ended for good, stays as it is.

        Examples
        --------
        >>> task.watch()  # doctest: +SKIP

        """
        if self._watcher is not None:
            self._watcher.watch()

    def note_repaint(self, repaint: Repaint | None) -> None:
        """Note what it repaints, from a call for the same: a journal does not have that."""
        if repaint is not None and self.request.repaint is None:
            self.request = self._state.request = replace(self.request, repaint=repaint)

    def close(self, error: LumenError) -> None:
        """Have it not go on any more, for that reason; one that goes on, or has ended, stays so."""
        if self._state.close(error):
            self._state.signal.send(self)

    def suppress_display(self, shown: ShownHere) -> None:
        """Have its pictures show nothing as the result of a cell in which they come by themselves.

        Parameters
        ----------
        shown
            That cell.

        Examples
        --------
        >>> task.suppress_display(ShownHere())  # doctest: +SKIP

        """
        self._state.shown = shown

    def subscribe(self, fn: Callable[[Task], None]) -> Callable[[], None]:
        """Have `fn` called with this task after every change of its state, pictures or watching.

        Parameters
        ----------
        fn
            Called on a background thread, so it should take no time; what it raises is logged.
            Calls may come late or merged: look at the task, do not count them.

        Returns
        -------
        Callable
            Ends the subscription; calling it again does nothing.

        Examples
        --------
        >>> unsubscribe = task.subscribe(lambda task: print(task.status))  # doctest: +SKIP

        """
        return self._state.signal.connect(fn)

    def __repr__(self) -> str:
        """Say id and status; no prompt and no address, since a repr ends in notebooks."""
        return f"<Task {self.id} {self.status}{'' if self.done else ' …'}>"

    def _mime_(self) -> tuple[str, str]:
        """Return what marimo shows, whose outputs are not replaced once the task has ended."""
        return "text/plain", f"{self!r}: its wait(), in another cell, shows its pictures."

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"A Task cannot be pickled; keep its id ({self.id}), for client.task(id).")

    def _take_up(self) -> None:
        """Resume what is not watched, or stopped with an error that a wait has raised before."""
        if not self.done or self._state.was_raised:
            self.watch()

    async def _arrival(self) -> Pictures:
        import asyncio  # loaded only where a task is awaited

        loop = asyncio.get_running_loop()
        changed = asyncio.Event()

        def notify(_: Task) -> None:
            with suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(changed.set)

        self._take_up()
        unsubscribe = self.subscribe(notify)
        try:
            while (outcome := self._state.outcome()) is None:
                await changed.wait()
                changed.clear()
        finally:
            unsubscribe()
        return _pictures_of(outcome)


def _numbered(state: TaskState) -> list[str]:
    """Return what is to be known of each picture, with its number."""
    return [f"Picture {one.index + 1}: {one.note}" for one in state.pictures if one.note]


def _pictures_of(outcome: Outcome) -> Pictures:
    error, pictures = outcome
    if error is not None:
        raise error
    return pictures
