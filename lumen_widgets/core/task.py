"""A task: what was asked for, how far the service says it is, and in the end its pictures."""

from __future__ import annotations

import copy
import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn

from lumen_widgets.client.arguments import wait_timeout
from lumen_widgets.client.spending.prices import cost_of
from lumen_widgets.core.answers import TERMINAL
from lumen_widgets.core.awaiting import arrival
from lumen_widgets.core.errors import (
    DownloadError,
    LumenError,
    TaskCancelled,
    TaskFailed,
    interrupted,
)
from lumen_widgets.core.pictures.picture import Pictures
from lumen_widgets.core.subscribers import Subscribers
from lumen_widgets.core.waiting import goes_on, lean, not_yet

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from lumen_widgets.client.client import LumenClient
    from lumen_widgets.core.pictures.picture import Picture
    from lumen_widgets.core.polling.poller import Follower
    from lumen_widgets.core.request import Request


class Task:
    """One task of the service.

    Made by `LumenClient`, followed by a background thread, and safe to use from any thread.

    Attributes
    ----------
    id : str
        The service's id.
    request : Request
        What was asked for; without fields for a task that was taken up by its id alone.
    created : float or None
        When, in unix seconds, as the service said; None if it did not.
    submitted : float or None
        When it was submitted, in unix seconds by this machine's clock; None if nobody here knows.
    reused : bool
        Whether a call with ``reuse=True`` returned it, and so paid nothing.
    client : LumenClient
        The client that follows it.

    Examples
    --------
    >>> task = client.generate("a cute cat on a windowsill", n=2)  # doctest: +SKIP
    >>> task.wait()  # doctest: +SKIP
    [<Picture 1 of 2, 1024 x 1024, image/png>, <Picture 2 of 2, 1024 x 1024, image/png>]

    """

    def __init__(
        self,
        task_id: str,
        *,
        client: LumenClient,
        status: str,
        request: Request,
        created: float | None = None,
        submitted: float | None = None,
        age: float | None = 0.0,
    ) -> None:
        self.id = task_id
        self.client = client
        self.request = request
        self.created = created
        self.submitted = submitted
        self.reused = False
        self._changed = threading.Condition()
        self._status = status
        self._error: LumenError | None = None
        self._told = False
        # Why the service cannot be asked at the moment, in words; None while it can.
        self._trouble: str | None = None
        self._done = False
        self._pictures = Pictures()
        self._began = None if age is None else time.monotonic() - age
        self._ended: float | None = None
        self._subscribers = Subscribers()
        self._follower: Follower | None = None

    @property
    def status(self) -> str:
        """The service's word: queued, processing, succeeded, failed, cancelled, or a new one."""
        return self._status

    @property
    def done(self) -> bool:
        """Whether it ended and its pictures are here, or are not to be had."""
        return self._done

    @property
    def watched(self) -> bool:
        """Whether it is being followed: until it is done or `stop_watching` is called."""
        return self._follower is not None and not self._done and not self._follower.paused

    @property
    def error(self) -> LumenError | None:
        """What `wait` raises, None while there is nothing to raise."""
        return self._error

    @property
    def pictures(self) -> Pictures:
        """The pictures that are here already, in the service's order."""
        return self._pictures

    @property
    def credits(self) -> float | None:
        """What it costs by the price list (`lumen.prices`), None if the list does not say."""
        return None if (cost := cost_of(self.request)) is None else float(cost)

    @property
    def elapsed(self) -> float | None:
        """Seconds from the submit until it was done, or until now; None if nobody saw all of it."""
        with self._changed:
            if self._began is None:
                return None
            return (time.monotonic() if self._ended is None else self._ended) - self._began

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
        try:
            limit = wait_timeout(timeout)
            deadline = None if limit is None else time.monotonic() + limit
            self._take_up()
            with self._changed:
                while (came := self._outcome()) is None:
                    left = lean(deadline)
                    if left <= 0:
                        raise not_yet([self], limit)
                    self._changed.wait(left)
        except KeyboardInterrupt:
            raise interrupted(goes_on(self.id)) from None
        error, pictures = came
        if error is not None:
            raise error
        return pictures

    def __await__(self) -> Generator[Any, None, Pictures]:
        """Wait in asyncio, as ``await task``; see `arrival`."""
        return arrival(self).__await__()

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
        self.client._account.follow_here(self)
        if self._follower is not None and not self._done:
            self._follower.ask_now()
        return self

    def stop_watching(self) -> None:
        """Ask the service no more about this task; the task itself goes on and may be charged.

        Its id and what is known of it stay, subscribers are told, and nobody who waits for it is
        woken: `watch`, or another `wait`, takes it up again. Once it has succeeded its pictures
        are fetched all the same, since their addresses may not last. There is no call to cancel
        a task.

        Examples
        --------
        >>> task.stop_watching()  # doctest: +SKIP

        """
        if self._follower is not None and not self._done:
            self._follower.pause()

    def watch(self) -> None:
        """Take it up again after `stop_watching`, or where following had stopped with an error.

        It returns at once. A task that is watched, or has ended for good, stays as it is.

        Examples
        --------
        >>> task.watch()  # doctest: +SKIP

        """
        self.client._account.follow_here(self)
        if self._follower is not None and not self.watched:
            self._follower.resume()

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
        return self._subscribers.add(fn)

    def __repr__(self) -> str:
        """Say id and status; no prompt and no address, since a repr ends in notebooks."""
        return f"<Task {self.id} {self._status}{'' if self._done else ' …'}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"A Task cannot be pickled; keep its id ({self.id}), for client.task(id).")

    def _take_up(self) -> None:
        """Resume what is not watched, or stopped with an error that was told to someone before."""
        if not self._done or self._told:
            self.watch()

    def _outcome(self) -> tuple[LumenError | None, Pictures] | None:
        """Return what to raise and the pictures, once done; a copy, since each raise adds to it."""
        with self._changed:
            if not self._done:
                return None
            self._told = self._told or self._error is not None
            return copy.copy(self._error), self._pictures

    def _hear(self, status: str) -> bool:
        """Note the service's word; return whether it is a new one. The last word stays the last."""
        with self._changed:
            if self._status in TERMINAL or status == self._status:
                return False
            self._status = status
            return True

    def _hold(self, pictures: Sequence[Picture]) -> None:
        with self._changed:
            self._pictures = Pictures(pictures)

    def _finish(
        self,
        error: LumenError | None = None,
        status: str | None = None,
        seconds: float | None = None,
    ) -> None:
        with self._changed:
            if status is not None and self._status not in TERMINAL:
                self._status = status
            if self.reused and isinstance(error, DownloadError):
                error.next_step += " Calling it without reuse=True has it made, and paid, anew."
            self._error = error
            self._told = False
            self._done = True
            self._ended = time.monotonic()
            if seconds is not None:
                self._began = self._ended - seconds
            self._changed.notify_all()

    def _reopen(self) -> bool:
        """Be not done any more; return False, and change nothing, if there is no more to come."""
        with self._changed:
            final = TaskFailed | TaskCancelled
            if self._done and (self._error is None or isinstance(self._error, final)):
                return False
            self._error = None
            self._done = False
            self._ended = None
            return True

    def _announce(self) -> None:
        """Call the subscribers, on whichever background thread this is."""
        self._subscribers.call(self)
