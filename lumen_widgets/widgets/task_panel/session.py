"""What one task panel and the pages that show it say to each other.

Every request of a page is answered, with words if it fails. What a page sends is not trusted to be
well-formed. Nothing here takes time: what does is done on another thread. Only the publisher's
thread sends, but for `retire`: it sends the last rows on the thread that calls it, which is the
cell's where a cell waits.
"""

from __future__ import annotations

import base64
import threading
import time
import weakref
from collections import deque
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from lumen_widgets.client import InvalidRequest, LumenError
from lumen_widgets.core.log import Log
from lumen_widgets.core.polling.scheduler import start_thread
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.widgets.task_panel.messages import (
    DoneMessage,
    ErrorMessage,
    FoundMessage,
    RowError,
    RowsMessage,
    SnapshotMessage,
    Thumbnail,
    ThumbnailsMessage,
)
from lumen_widgets.widgets.task_panel.rows import fitting
from lumen_widgets.widgets.work_queue import work_queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from anywidget import AnyWidget

    from lumen_widgets.client import Task
    from lumen_widgets.notebook.submission import Submission
    from lumen_widgets.widgets.task_panel.messages import TaskRow
    from lumen_widgets.widgets.task_panel.row import PanelRow, TaskName
    from lumen_widgets.widgets.task_panel.rows import PanelRows

# seconds after which a row that was sent is sent again, for a view that was loading; counted from
# the sending, so that what was sent together is repeated together
_REPEATS = (1.0, 3.0)
# masks that come along with rows at once: as many rows as a screen shows; of more, views ask
_MASKS_TOGETHER = 8
# thumbnails that one message brings: a view fills from the top while the others are drawn
_THUMBNAILS_TOGETHER = 6
# rows that one request may name: more than any screen shows
_MOST_ROWS = 200
# bytes of the rows in one message: some sixty with the longest prompts
_MESSAGE_BYTES = 200_000
# of one filter: whoever pastes a prompt finds it, and Chinese has no spaces
_MOST_WORDS = 300
_LONGEST_WORD = 1000
# filters that may wait to be looked for; each view asks for one at a time
_MOST_SEARCHES = 16
_GROUPS = ("all", "running", "finished", "bad", "open")
# seconds that a retired panel waits for the hello of a view, which a cell that blocks holds back
_LAST_HELLO = 10.0

_log = Log(__name__)

# the newest try of each task or call that a panel was told to try again: another panel may show it
# too; used by the publisher's thread alone
_tries: weakref.WeakValueDictionary[TaskName, Submission] = weakref.WeakValueDictionary()
# the last of them, which hold their pictures: no panel holds a try once its pictures are drawn, and
# one that is gone would be paid again from a panel that had no news of it
_newest_tries: deque[Submission] = deque(maxlen=8)


class PanelSession:
    """Takes in what pages ask of a panel, and sends them the rows that changed.

    Parameters
    ----------
    panel
        The panel, which sends. Before it is open and after it is closed nothing is sent.
    rows
        Its rows.

    """

    def __init__(self, panel: AnyWidget, rows: PanelRows) -> None:
        self._panel = panel
        self._rows = rows
        self._lock = threading.Lock()
        # when each row is to be sent, and after which seconds again, by its key
        self._due: dict[str, tuple[float, tuple[float, ...]]] = {}
        # whether a row has changed that is not sent, since no page may know it
        self._more = False
        # filters that are looked for
        self._searches = 0
        # rows whose mask a view has had
        self._masked: set[str] = set()
        self._sequence = 0
        self._views: set[str] = set()
        # the answers to actions, None until there is one: a request that arrives twice is done, and
        # paid, once
        self._done: dict[str, Mapping[str, Any] | None] = {}
        # by a row's key, that of the row in which it was last tried again
        self._tried: dict[str, str] = {}
        self._retired = False
        # weakly: a row tells its panel's rows of what it hears, and these no closed panel
        rows.changed.connect_method(self._schedule)

    def receive(self, _: Any, content: Any, __: Any) -> None:
        """Take in a message of a page.

        That is done on the publisher's thread, where no Ctrl-C comes. What it interrupts here is
        not begun, and the page sends it again.
        """
        if isinstance(content, dict):
            publisher.run_soon(partial(self._take_in, content))

    def begin(self) -> None:
        """Send rows from here on: of those that there are, the ones that the panel's state has."""
        newest = {row["key"] for row in self._rows.newest()}
        with self._lock:
            self._due = {key: due for key, due in self._due.items() if key in newest}
        self._publish_soon()

    def refresh(self, rows: Iterable[PanelRow]) -> None:
        """Have rows sent that changed together; pages ask for the older ones that they show."""
        self._schedule_newest(rows, () if self._views else _REPEATS)
        self._publish_soon()

    def retire(self) -> None:
        """Send the last state of every row, and close the panel once no view shows it any more.

        It is sent before this returns, on the caller's thread, because the caller then replaces the
        panel in its cell by a summary.
        """
        with self._lock:
            self._retired = True
        # a wait for a task may end before this panel has the news of its end
        self._schedule_newest(self._rows.all(), ())
        self._publish()
        publisher.run_soon(self._close_if_unseen, after=_LAST_HELLO)

    def close(self) -> None:
        """Leave out what is yet to be sent."""
        publisher.forget(self)

    def _schedule(self, row: PanelRow) -> None:
        """Have a row sent that changed, on whichever thread that happened."""
        with self._lock:
            self._due[row.key] = time.monotonic(), () if self._views else _REPEATS
        if row.ended:
            work_queue.run_soon(row.draw)
        self._publish_soon()

    def _schedule_newest(self, rows: Iterable[PanelRow], repeats: tuple[float, ...]) -> None:
        # before the lock is taken: a new row is scheduled while the rows are locked
        newest = {row["key"] for row in self._rows.newest()}
        now = time.monotonic()
        with self._lock:
            for row in rows:
                if row.key in newest:
                    self._due[row.key] = now, repeats
                else:
                    self._more = True

    def _publish_soon(self) -> None:
        publisher.run_soon(self._publish)

    def _close_if_unseen(self) -> None:
        with self._lock:
            over = self._retired and not self._views
        if not over or self._panel.comm is None:
            return
        if self._rows.totals()["running"] == 0:
            self._panel.close()

    # what pages ask for

    def _take_in(self, content: Mapping[str, Any]) -> None:
        kind = content.get("kind")
        if kind == "bye" and isinstance(view := content.get("view"), str):
            with self._lock:
                self._views.discard(view)
            self._close_if_unseen()
        request = content.get("request")
        if not isinstance(request, str):
            return
        if request in self._done:
            # a page that was reloaded sends an action again, as it does not know the answer
            if kind == "act" and (answer := self._done[request]) is not None:
                self._reply(lambda: answer)
            return
        if kind in ("act", "take_up"):
            self._done[request] = None
        try:
            self._carry_out(kind, request, content)
        except LumenError as error:
            self._refuse(request, error)

    def _carry_out(self, kind: object, request: str, content: Mapping[str, Any]) -> None:
        if kind == "hello":
            view = _text(content, "view")
            with self._lock:
                self._views.add(view)
            self._reply(partial(self._newest, request))
        elif kind == "read":
            self._reply(partial(self._asked, request, _keys(content)))
        elif kind == "find":
            self._find(request, _text(content, "group"), _words(content))
        elif kind == "look":
            self._answer_look(request, _keys(content))
        elif kind == "act":
            row, action = self._row(content), _text(content, "action")
            self._act(request, row, action, content.get("seen"))
        elif kind == "take_up":
            row, task_id = self._row(content), _text(content, "id").strip()
            # the service is asked, for as long as one request may take
            take_up = partial(self._take_up, request, row, task_id)
            start_thread(take_up, "lumen-take-up", "asking about the task")
        else:
            raise InvalidRequest(f"The panel does not know the request {kind!r}.")

    def _find(self, request: str, group: str, words: Sequence[str]) -> None:
        if group not in _GROUPS:
            raise InvalidRequest(f"The panel does not know the filter {group!r}.")
        with self._lock:
            if self._searches == _MOST_SEARCHES:
                raise InvalidRequest(
                    "Too many filters are looked for.", next_step="Filter again in a moment."
                )
            self._searches += 1
        work_queue.run_soon(partial(self._answer_find, request, group, words), urgent=True)

    def _answer_find(self, request: str, group: str, words: Sequence[str]) -> None:
        with self._lock:
            self._searches -= 1
            sequence = self._sequence
        found = base64.b64encode(self._rows.matching(group, words)).decode()
        message = FoundMessage(kind="found", sequence=sequence, rows=found, request=request)
        self._reply(lambda: message)

    def _act(self, request: str, row: PanelRow, action: str, seen: object) -> None:
        made: str | None = None
        tried = self._tried.get(row.key)
        if action == "stop":
            row.stop()
        elif action == "watch":
            row.watch()
        elif action == "again" and tried is not None and _is_unseen(tried, seen):
            # Two tabs show one panel: while the kernel is busy, a click in one is not seen in the
            # other.
            made = tried
        elif action == "again" and (known := self._tried_elsewhere(row, seen)) is not None:
            made = self._tried[row.key] = known
        elif action == "again" and "again" in row.current()["actions"]:
            submission = row.again()
            if submission is not None:
                made = self._rows.add(submission)
                if made is not None:
                    self._tried[row.key] = made
                _tries[row.source_name] = submission
                _newest_tries.append(submission)
                submission.start()
        else:
            raise InvalidRequest(
                "That cannot be done any more.", next_step="Look at how the task stands now."
            )
        self._confirm(request, made)

    def _tried_elsewhere(self, row: PanelRow, seen: object) -> str | None:
        """Return the row of another panel's try of this row, where the page cannot know that.

        It may be under way, have succeeded or be of unknown outcome: only one that was refused, or
        whose task has failed, is plainly over. It gets a row here, so that the next click is meant
        as another try.
        """
        call = _tries.get(row.source_name)
        if call is None or call.account.client is not row.client:
            return None
        task = call.task
        has_failed = task is not None and task.error is not None and not task.may_go_on
        if has_failed or call.state == "refused":
            return None
        if (known := self._rows.key_of(call)) is not None:
            return known if _is_unseen(known, seen) else None
        return self._rows.add(call)

    def _take_up(self, request: str, row: PanelRow, task_id: str) -> None:
        """Ask the service for a task, and have it take the row of the call that it came from."""
        try:
            row.follow(self._found(row, task_id))
        except LumenError as error:
            self._refuse(request, error)
        except Exception as error:  # noqa: BLE001 # whatever it is, the page waits for an answer
            _log.exception("a task could not be taken up")
            self._refuse(request, LumenError(f"That failed here ({type(error).__name__})."))
        else:
            self._confirm(request, row.key)

    def _found(self, row: PanelRow, task_id: str) -> Task:
        """Return the task of this id, if it can be the one that the row's call made.

        Raises
        ------
        LumenError
            It cannot be, or the service does not say.

        """
        call = row.submission
        if call is None or row.name is not None:
            raise InvalidRequest("This row has its task already.")
        # a panel of every task gets the news of the task before this has it
        row.wanted = task_id
        try:
            task = call.account.client.task(task_id)
        except BaseException:
            row.wanted = None
            raise
        if self._rows.has(task):
            row.wanted = None
            raise InvalidRequest(
                f"The task {task.id} has a row of its own.",
                next_step="Look in the service's console for another one.",
            )
        return task

    def _answer_look(self, request: str, keys: Sequence[str]) -> None:
        step = _THUMBNAILS_TOGETHER
        parts = [keys[start : start + step] for start in range(0, len(keys), step)]
        # of urgent work, what is added last is done first
        for part in reversed(parts):
            work_queue.run_soon(partial(self._draw, request, part), urgent=True)

    def _draw(self, request: str, keys: Sequence[str]) -> None:
        drawn: list[Thumbnail] = []
        for key in keys:
            row = self._rows.get(key)
            if row is not None:
                row.draw()
                if row.thumbnail is not None:
                    drawn.append(Thumbnail(key=key, of="picture", data=row.thumbnail))
                if row.mask is not None:
                    drawn.append(Thumbnail(key=key, of="mask", data=row.mask))
        message = ThumbnailsMessage(kind="thumbnails", thumbnails=drawn, request=request)
        self._reply(lambda: message)

    def _row(self, content: Mapping[str, Any]) -> PanelRow:
        row = self._rows.get(_text(content, "key"))
        if row is None:
            raise InvalidRequest("The panel has no such row.", next_step="Reload the page.")
        return row

    # what pages are sent

    def _confirm(self, request: str, key: str | None) -> None:
        message = DoneMessage(kind="done", key=key, request=request)
        self._done[request] = message
        self._reply(lambda: message)

    def _refuse(self, request: str, error: LumenError) -> None:
        words = RowError(message=error.message, next_step=error.next_step)
        message = ErrorMessage(kind="error", error=words, request=request)
        if request in self._done:
            self._done[request] = message
        self._reply(lambda: message)

    def _reply(self, message: Callable[[], Mapping[str, Any]]) -> None:
        """Have the publisher send what this returns, which is made when it is sent."""
        publisher.run_soon(partial(self._answer, message))

    def _answer(self, message: Callable[[], Mapping[str, Any]]) -> None:
        """Send what a page asked for, from the publisher's thread."""
        if self._panel.comm is not None:
            self._panel.send(message())

    def _newest(self, request: str) -> SnapshotMessage:
        """Return the newest rows, in answer to a hello."""
        message = self._snapshot(request, self._rows.newest())
        # a page that was loading may have missed what became of the others
        message["more"] = len(message["rows"]) < message["totals"]["rows"]
        return message

    def _asked(self, request: str, keys: Sequence[str]) -> SnapshotMessage:
        """Return rows that a page asked for, as many as a message may hold."""
        rows = (row.current() for key in keys if (row := self._rows.get(key)) is not None)
        return self._snapshot(request, fitting(rows, _MESSAGE_BYTES))

    def _snapshot(self, request: str, rows: list[TaskRow]) -> SnapshotMessage:
        return SnapshotMessage(
            kind="snapshot",
            sequence=self._sequence,
            rows=rows,
            more=False,
            totals=self._rows.totals(),
            request=request,
        )

    def _publish(self) -> None:
        """Send the rows that are due, from the publisher's thread or that of `retire`."""
        if self._panel.comm is None:
            return
        now = time.monotonic()
        with self._lock:
            ready = [key for key, (at, _) in self._due.items() if at <= now]
            for key in ready:
                _, repeats = self._due.pop(key)
                if repeats:
                    self._due[key] = now + repeats[0], repeats[1:]
            more, self._more = self._more, False
            upcoming = min((at for at, _ in self._due.values()), default=None)
            self._sequence += 1
        rows = [row for key in ready if (row := self._rows.get(key)) is not None]
        rows.sort(key=lambda row: int(row.key))
        current = fitting((row.current() for row in reversed(rows)), _MESSAGE_BYTES)[::-1]
        left, rows = rows[: len(rows) - len(current)], rows[len(rows) - len(current) :]
        if left:
            more = True
            with self._lock:
                for row in left:
                    self._due.pop(row.key, None)
        if rows or more:
            # first, so that no view looks for what is on its way
            self._send_masks(rows)
            self._panel.send(
                RowsMessage(
                    kind="rows",
                    sequence=self._sequence,
                    rows=current,
                    more=more,
                    # last: what changes from here on is sent again, and counted then
                    totals=self._rows.totals(),
                )
            )
        if upcoming is not None:
            publisher.run_soon(self._publish, after=upcoming - now)

    def _send_masks(self, rows: Sequence[PanelRow]) -> None:
        """Send the masks of the newest of these tasks that still run and of which no view knows."""
        new = (
            Thumbnail(key=row.key, of="mask", data=mask)
            for row in reversed(rows)
            if not row.ended and row.key not in self._masked and (mask := row.mask)
        )
        masks = list(islice(new, _MASKS_TOGETHER))
        if masks:
            self._panel.send(ThumbnailsMessage(kind="thumbnails", thumbnails=masks, request=""))
        if self._views:
            self._masked.update(mask["key"] for mask in masks)


def _text(content: Mapping[str, Any], name: Literal["view", "key", "action", "id", "group"]) -> str:
    value = content.get(name)
    if not isinstance(value, str):
        raise InvalidRequest(f"The request has no {name}.")
    return value


def _is_unseen(key: str, seen: object) -> bool:
    """Say whether a page that knows no row from `seen` on does not know that one."""
    return isinstance(seen, int) and seen <= int(key)


def _keys(content: Mapping[str, Any]) -> list[str]:
    """Return the rows that a request names, each once."""
    keys = content.get("keys")
    if not isinstance(keys, list):
        raise InvalidRequest("The request has no keys.")
    return list(dict.fromkeys(key for key in keys[:_MOST_ROWS] if isinstance(key, str)))


def _words(content: Mapping[str, Any]) -> list[str]:
    """Return the words of a filter."""
    words = content.get("words")
    if not isinstance(words, list) or len(words) > _MOST_WORDS:
        raise InvalidRequest(f"A filter has {_MOST_WORDS} words at most.")
    if not all(isinstance(word, str) and len(word) <= _LONGEST_WORD for word in words):
        raise InvalidRequest(f"A word of a filter has {_LONGEST_WORD} letters at most.")
    return words
