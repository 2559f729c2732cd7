"""One account at one service, as this process uses it: what submits, takes up and follows tasks."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

import requests

from lumen_widgets.client import registry
from lumen_widgets.client.history import journalled
from lumen_widgets.client.history.resume import Resumed, resume
from lumen_widgets.client.history.reuse import Earlier
from lumen_widgets.client.hosting.choice import choose_hosting
from lumen_widgets.client.hosting.shelf import host
from lumen_widgets.client.hosting.uses import keeps_hosted_files
from lumen_widgets.client.spending import reservations
from lumen_widgets.core.answers import read_id
from lumen_widgets.core.errors import InvalidRequest, interrupted
from lumen_widgets.core.http.transport import Transport
from lumen_widgets.core.pictures.downloads import FetchedPicture, fetch_picture
from lumen_widgets.core.polling.poller import Follower
from lumen_widgets.core.polling.scheduler import shared_scheduler
from lumen_widgets.core.polling.status import ask_until
from lumen_widgets.core.submit import SentBefore, submit
from lumen_widgets.core.subscribers import Subscribers
from lumen_widgets.core.task import Task
from lumen_widgets.core.waiting import goes_on
from lumen_widgets.journal import JournalUnwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from lumen_widgets.client.client import LumenClient
    from lumen_widgets.client.hosting.protocol import Hosting
    from lumen_widgets.core.http.keys import Key
    from lumen_widgets.core.pictures.images import LocalPicture
    from lumen_widgets.core.request import Request
    from lumen_widgets.journal import Journal

_log = logging.getLogger("lumen_widgets")

# How many like tasks there must be before anything is said of the next one, and how many count:
# two may be flukes, and a service's pace changes with the months.
FEWEST_LIKE, MOST_LIKE = 3, 30


class Account:
    """What a client does its work with.

    Parameters
    ----------
    key
        Signs requests to its own origin.
    hosting
        Gives local pictures an address; None chooses (see `choose_hosting`).
    journal
        Where tasks are written down, None for nowhere.
    session
        The user's own session, None to make one.
    timeout
        Seconds for one submit, and for one request of any other kind.
    allow_hosts
        Hosts that result pictures may come from although they are private.

    """

    def __init__(
        self,
        key: Key,
        *,
        hosting: Hosting | None,
        journal: Journal | None,
        session: requests.Session | None,
        timeout: float,
        allow_hosts: tuple[str, ...],
    ) -> None:
        self._key = key
        self._hosting = hosting
        self._journal = journal
        # Downloads and uploads go out without a key on sessions of their own, unless the user
        # brought one: in a browser there is no other way out.
        self._session = session
        self._timeout = timeout
        self._allow_hosts = allow_hosts
        self._transport = Transport(key.origin, key, session or requests.Session())
        self._tasks: weakref.WeakValueDictionary[str, Task] = weakref.WeakValueDictionary()
        # By the journal's row, for an answer that the journal could not take down.
        self._sent: weakref.WeakValueDictionary[int, Task] = weakref.WeakValueDictionary()

    def address(self, picture: str | LocalPicture) -> str:
        """Return where the service can read a picture, which is hosted first if it is local.

        Raises
        ------
        HostingError
            If it cannot be.

        """
        if not isinstance(picture, str) and self._hosting is None:
            self._hosting = choose_hosting(self._key.origin.url, self._key, self._session)
        return host(picture, self._hosting, base_url=self._key.origin.url)

    @keeps_hosted_files
    def submit(
        self,
        request: Request,
        client: LumenClient,
        host: Callable[[], Request] | None = None,
        *,
        reuse: bool = False,
    ) -> Task:
        """Send a request and return the task that the service took; see `submit.submit`.

        With `host` it is the request with its pictures by content: `host` has them hosted, which
        the budget comes before, and returns it with their addresses. With `reuse` it is only sent
        if the same was not paid before.
        """
        if not reuse:
            return self._pay(request, client, host)
        earlier = Earlier(self, client, request, self._timeout)
        while True:
            task = earlier.look()
            if task is not None:
                return task
            # someone else may be faster between the two: then there is something to find
            with suppress(SentBefore):
                return self._pay(request, client, host, earlier.passed)

    def _pay(
        self,
        request: Request,
        client: LumenClient,
        host: Callable[[], Request] | None,
        passed: Collection[int] | None = None,
    ) -> Task:
        reservation = reservations.reserve(request)
        try:
            request = request if host is None else host()
        except BaseException:
            reservation.give_back()
            raise
        accepted = submit(
            request,
            reservation,
            transport=self._transport,
            key=self._key,
            journal=self._journal,
            timeout=self._timeout,
            passed=passed,
        )
        try:
            task = Task(
                accepted.task_id,
                client=client,
                status=accepted.status,
                request=request,
                created=accepted.created,
                submitted=time.time(),
            )
            if accepted.row is not None:
                self._sent[accepted.row] = task
            self._follow(task, accepted.row).begin()
            registry.add(task)
        except KeyboardInterrupt:
            raise interrupted(goes_on(accepted.task_id)) from None
        return task

    def take_up(self, task_id: str, client: LumenClient) -> Task:
        """Return a task by its id: the one that is followed already, or out of the journal, or new.

        Raises
        ------
        LumenError
            As `LumenClient.task` says.

        """
        if read_id({"id": task_id}) is None:
            raise InvalidRequest(
                "That is no task id.",
                next_step="Pass the id that a Task shows, as a string.",
                field="task_id",
            )
        live = self._tasks.get(task_id)
        if live is not None:
            if not live.done:
                live.watch()
            return live
        row = journalled.find(self._journal, self._key, task_id)
        if row is not None and (kept := journalled.restored(row, client)) is not None:
            return self.remember(kept)
        report = ask_until(self._transport, task_id, self._timeout, shared_scheduler())
        task = Task(
            task_id,
            client=client,
            # What the service says by now is heard next, and then also written down.
            status="queued" if row is None else row.state,
            request=journalled.request_of(row),
            created=None if row is None else row.created,
            submitted=None if row is None else row.submitted,
            age=0.0 if row is None else max(time.time() - row.submitted, 0.0),
        )
        number = journalled.adopt(self._journal, self._key, task)
        if number is None and row is not None:
            number = row.row
        self._follow(task, number).begin(report)
        registry.add(task)
        return task

    def resume(self, client: LumenClient) -> Resumed:
        """Take up the tasks that no process follows any more; see `LumenClient.resume`."""
        # Of all clients here: what another one follows has not been left by anybody.
        # What ended with an error is followed by nobody, although a variable may still hold it.
        here = [
            task
            for task in registry.known()
            if task.client.base_url == client.base_url and not (task.done and task.error)
        ]
        return resume(
            client,
            key=self._key,
            transport=self._transport,
            scheduler=shared_scheduler(),
            timeout=self._timeout,
            followed={task.id for task in here},
            follow=self._follow,
        )

    @property
    def fingerprint(self) -> str:
        """What the journal calls this account by; never the key."""
        return self._key.fingerprint

    def live(self, task_id: str | None) -> Task | None:
        """Return a task that this account holds already."""
        return None if task_id is None else self._tasks.get(task_id)

    def sent_as(self, row: int) -> Task | None:
        """Return the task that was submitted from here with that row of the journal."""
        return self._sent.get(row)

    def remember(self, task: Task) -> Task:
        """Note a task that is not followed; whoever asks for its id again gets the same one."""
        self._tasks[task.id] = task
        registry.add(task)
        return task

    def usual_seconds(self, request: Request) -> float | None:
        """Return how long like tasks took, as `LumenClient.usual_seconds` says."""
        import statistics

        if self._journal is None:
            return None
        try:
            seconds = self._journal.durations(
                origin=self._key.origin.url,
                endpoint=request.endpoint,
                body=request.body,
                limit=MOST_LIKE,
            )
        except (JournalUnwritable, TypeError, ValueError) as error:
            _log.debug("The journal cannot be asked how long tasks take: %s", error)
            return None
        return statistics.median(seconds) if len(seconds) >= FEWEST_LIKE else None

    def follow_here(self, task: Task) -> None:
        """Have a task followed in this process, if it came here from the parent by a fork.

        What follows it there, and locks that were held at that instant, are of no use here.
        """
        follower = task._follower
        if follower is None or task.done or follower.process == os.getpid():
            return
        task._changed = threading.Condition()
        task._subscribers = Subscribers()
        self._follow(task, follower.row).begin()

    def _follow(self, task: Task, row: int | None) -> Follower:
        task._follower = Follower(
            task,
            transport=self._transport,
            scheduler=shared_scheduler(),
            fetch=self._fetch,
            journal=self._journal,
            row=row,
            timeout=self._timeout,
        )
        self._tasks[task.id] = task
        return task._follower

    def _fetch(self, url: str) -> FetchedPicture:
        return fetch_picture(
            url,
            base_url=self._key.origin.url,
            allow_hosts=self._allow_hosts,
            session=self._session,
        )
