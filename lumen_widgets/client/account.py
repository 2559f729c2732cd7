"""One account at one service, as this process uses it: what submits, takes up and follows tasks."""

from __future__ import annotations

import hashlib
import logging
import time
import weakref
from typing import TYPE_CHECKING

import requests

from lumen_widgets.client import registry, reservations
from lumen_widgets.client.answers import CANCELLED, FAILED, SUCCEEDED, failure_of, read_id
from lumen_widgets.client.asking import ask_until
from lumen_widgets.client.downloads import FetchedPicture, fetch_picture
from lumen_widgets.client.errors import InvalidRequest, interrupted
from lumen_widgets.client.follower import Follower
from lumen_widgets.client.hosting import find_hosting, host
from lumen_widgets.client.leaning import goes_on
from lumen_widgets.client.models import ENDPOINTS, GENERATE
from lumen_widgets.client.pictures import Picture
from lumen_widgets.client.request import Request
from lumen_widgets.client.scheduler import shared_scheduler
from lumen_widgets.client.submit import submit
from lumen_widgets.client.task import Task
from lumen_widgets.client.transport import Transport
from lumen_widgets.journal import JournalUnwritable

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client.client import LumenClient
    from lumen_widgets.client.hosting import Hosting
    from lumen_widgets.client.images import LocalPicture
    from lumen_widgets.client.keys import Key
    from lumen_widgets.journal import Journal, JournalRow

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
        Gives local pictures an address; None looks for a sandbox's uploads.
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

    def address(self, picture: str | LocalPicture) -> str:
        """Return where the service can read a picture, which is hosted first if it is local.

        Raises
        ------
        HostingError
            If it cannot be.

        """
        if not isinstance(picture, str) and self._hosting is None:
            self._hosting = find_hosting(self._key.origin.url, self._key, self._session)
        return host(picture, self._hosting)

    def submit(
        self, request: Request, client: LumenClient, host: Callable[[], Request] | None = None
    ) -> Task:
        """Send a request and return the task that the service took; see `submit.submit`.

        With `host` it is the request without its pictures: `host` has them hosted, which the
        budget comes before, and returns the whole of it.
        """
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
        )
        try:
            task = Task(
                accepted.task_id,
                client=client,
                status=accepted.status,
                request=request,
                created=accepted.created,
            )
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
        row = self._find(task_id)
        if row is not None and (kept := self._out_of_journal(row, task_id, client)) is not None:
            return kept
        report = ask_until(self._transport, task_id, self._timeout, shared_scheduler())
        task = Task(
            task_id,
            client=client,
            # What the service says by now is heard next, and then also written down.
            status="queued" if row is None else row.state,
            request=_request_of(row),
            created=None if row is None else row.created,
            age=0.0 if row is None else max(time.time() - row.submitted, 0.0),
        )
        number = self._adopt(task) if row is None else row.row
        self._follow(task, number).begin(report)
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

    def _find(self, task_id: str) -> JournalRow | None:
        if self._journal is None:
            return None
        try:
            return self._journal.find(
                origin=self._key.origin.url, account=self._key.fingerprint, task_id=task_id
            )
        except JournalUnwritable as error:
            # The service knows the task too: a broken journal does not stand in the way.
            _log.warning("The journal cannot be asked for %s: %s", task_id, error)
            return None

    def _adopt(self, task: Task) -> int | None:
        if self._journal is None:
            return None
        try:
            return self._journal.adopt(
                origin=self._key.origin.url,
                account=self._key.fingerprint,
                task_id=task.id,
                status=task.status,
            )
        except JournalUnwritable as error:
            _log.warning("The journal does not know %s: %s", task.id, error)
            return None

    def _out_of_journal(self, row: JournalRow, task_id: str, client: LumenClient) -> Task | None:
        """Return a task that needs no network any more, or None."""
        task = Task(
            task_id,
            client=client,
            status=row.state,
            request=_request_of(row),
            created=row.created,
            age=None,
        )
        # another process may have seen its end
        reservations.hear(self._key.origin.url, task_id, row.state)
        if row.state in {FAILED, CANCELLED}:
            task._finish(failure_of(task_id, row.state, dict(row.error or {})), seconds=row.seconds)
            return self._remembered(task)
        if row.state != SUCCEEDED:
            return None
        pictures = _kept_pictures(row, task)
        if pictures is None:
            return None
        task._hold(pictures)
        task._finish(seconds=row.seconds)
        return self._remembered(task)

    def _remembered(self, task: Task) -> Task:
        """Note a task that is not followed; whoever asks for its id again gets the same one."""
        self._tasks[task.id] = task
        registry.add(task)
        return task


def _kept_pictures(row: JournalRow, task: Task) -> list[Picture] | None:
    """Return a task's pictures from disk, or None if one is missing or is not what it was."""
    if [kept.index for kept in row.pictures] != list(range(len(row.pictures))):
        return None
    if len(row.pictures) < task.request.n:
        return None
    pictures = []
    for kept in row.pictures:
        try:
            data = kept.path.read_bytes()
        except OSError:
            return None
        if hashlib.sha256(data).hexdigest() != kept.sha256:
            return None
        pictures.append(
            Picture(
                data,
                media_type=kept.media_type,
                width=kept.width,
                height=kept.height,
                sha256=kept.sha256,
                index=kept.index,
                count=len(row.pictures),
                prompt=task.request.prompt or None,
                task=task,
            )
        )
    return pictures


def _request_of(row: JournalRow | None) -> Request:
    """Return what was asked for, which is nothing where a task is known by its id alone."""
    if row is None:
        return Request(GENERATE, {})
    endpoint = next((one for one in ENDPOINTS if one == row.endpoint), GENERATE)
    return Request(endpoint, dict(row.body))
