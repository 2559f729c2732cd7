"""What one task panel and the pages that show it say to each other.

Every request of a page is answered, with words if it fails. What a page sends is not trusted to be
well-formed. Nothing here takes time: what does is done on another thread. Only the publisher's
thread sends, but for `retire`: it sends the last rows on the thread that calls it, which is the
cell's where a cell waits.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from lumen_widgets.client import InvalidRequest, LumenError
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.widgets.task_panel.messages import (
    DoneMessage,
    ErrorMessage,
    RowError,
    RowsMessage,
    SnapshotMessage,
    Thumbnail,
    ThumbnailsMessage,
)
from lumen_widgets.widgets.work_queue import work_queue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anywidget import AnyWidget

    from lumen_widgets.client import Task
    from lumen_widgets.widgets.task_panel.row import PanelRow
    from lumen_widgets.widgets.task_panel.rows import PanelRows

# seconds after a change at which its row is sent: at once, and again for a view that was loading
_REPEATS = (0.0, 1.0, 4.0)
# masks that come along with rows at once: as many rows as a screen shows; of more, views ask
_MASKS_TOGETHER = 8
# thumbnails that one message brings: a view fills from the top while the others are drawn
_THUMBNAILS_TOGETHER = 6
# rows that one request may name: more than any screen shows
_MOST_ROWS = 200
# seconds that a retired panel waits for the hello of a view, which a cell that blocks holds back
_LAST_HELLO = 10.0

_log = logging.getLogger(__name__)


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
        # the times at which each row is to be sent, by its key
        self._due: dict[str, list[float]] = {}
        # rows whose mask a view has had
        self._masked: set[str] = set()
        self._sequence = 0
        self._views: set[str] = set()
        # actions that were carried out: a request that arrives twice is done, and paid, once
        self._done: set[str] = set()
        self._retired = False
        rows.changed.connect(self._schedule)

    def receive(self, _: Any, content: Any, __: Any) -> None:
        """Take in a message of a page."""
        if not isinstance(content, dict):
            return
        kind = content.get("kind")
        if kind == "bye" and isinstance(view := content.get("view"), str):
            with self._lock:
                self._views.discard(view)
            self._close_if_unseen()
        request = content.get("request")
        if not isinstance(request, str) or request in self._done:
            return
        if kind in ("act", "take_up"):
            self._done.add(request)
        try:
            self._carry_out(kind, request, content)
        except LumenError as error:
            self._refuse(request, error)

    def publish_soon(self) -> None:
        """Have the rows that are due sent."""
        publisher.run_soon(self._publish)

    def retire(self) -> None:
        """Send the last state of every row, and close the panel once no view shows it any more.

        It is sent before this returns, on the caller's thread, because the caller then replaces the
        panel in its cell by a summary.
        """
        # before the lock is taken: a new row is scheduled while the rows are locked
        now = {row.key: [time.monotonic()] for row in self._rows.all()}
        with self._lock:
            self._retired = True
            # a wait for a task may end before this panel has the news of its end
            self._due |= now
        self._publish()
        publisher.run_soon(self._close_if_unseen, after=_LAST_HELLO)

    def _schedule(self, row: PanelRow) -> None:
        """Have a row sent that changed, on whichever thread that happened."""
        now = time.monotonic()
        with self._lock:
            repeats = _REPEATS[:1] if self._views else _REPEATS
            self._due[row.key] = [now + delay for delay in repeats]
        if row.ended:
            work_queue.run_soon(row.draw)
        self.publish_soon()

    def _close_if_unseen(self) -> None:
        with self._lock:
            over = self._retired and not self._views
        if not over or self._panel.comm is None:
            return
        if not any(row["running"] for row in self._rows.current()):
            self._panel.close()

    # what pages ask for

    def _carry_out(self, kind: object, request: str, content: Mapping[str, Any]) -> None:
        if kind == "hello":
            view = _text(content, "view")
            with self._lock:
                self._views.add(view)
            self._reply(partial(self._snapshot, request))
        elif kind == "look":
            keys = content.get("keys")
            if not isinstance(keys, list):
                raise InvalidRequest("The request has no keys.")
            self._answer_look(request, [key for key in keys if isinstance(key, str)][:_MOST_ROWS])
        elif kind == "act":
            self._act(request, self._row(content), _text(content, "action"))
        elif kind == "take_up":
            row, task_id = self._row(content), _text(content, "id").strip()
            # the service is asked, for as long as one request may take
            threading.Thread(
                target=self._take_up,
                args=(request, row, task_id),
                name="lumen-take-up",
                daemon=True,
            ).start()
        else:
            raise InvalidRequest(f"The panel does not know the request {kind!r}.")

    def _act(self, request: str, row: PanelRow, action: str) -> None:
        made: str | None = None
        if action == "stop":
            row.stop()
        elif action == "watch":
            row.watch()
        elif action == "again" and "again" in row.current()["actions"]:
            submission = row.again()
            if submission is not None:
                made = self._rows.add(submission)
                submission.start()
        else:
            raise InvalidRequest(
                "That cannot be done any more.", next_step="Look at how the task stands now."
            )
        self._confirm(request, made)

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
        task = call.account.client.task(task_id)
        if self._rows.has(task):
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
        self._reply(lambda: message)

    def _refuse(self, request: str, error: LumenError) -> None:
        words = RowError(message=error.message, next_step=error.next_step)
        message = ErrorMessage(kind="error", error=words, request=request)
        self._reply(lambda: message)

    def _reply(self, message: Callable[[], Mapping[str, Any]]) -> None:
        """Have the publisher send what this returns, which is made when it is sent."""
        publisher.run_soon(partial(self._answer, message))

    def _answer(self, message: Callable[[], Mapping[str, Any]]) -> None:
        """Send what a page asked for, from the publisher's thread."""
        if self._panel.comm is not None:
            self._panel.send(message())

    def _snapshot(self, request: str) -> SnapshotMessage:
        """Return every row, in answer to this request."""
        return SnapshotMessage(
            kind="snapshot", sequence=self._sequence, rows=self._rows.current(), request=request
        )

    def _publish(self) -> None:
        """Send the rows that are due, from the publisher's thread or that of `retire`."""
        if self._panel.comm is None:
            return
        now = time.monotonic()
        with self._lock:
            ready = [key for key, times in self._due.items() if times[0] <= now]
            for key in ready:
                self._due[key] = [at for at in self._due[key] if at > now]
            self._due = {key: times for key, times in self._due.items() if times}
            upcoming = min((times[0] for times in self._due.values()), default=None)
            self._sequence += 1
        rows = [row for key in ready if (row := self._rows.get(key)) is not None]
        if rows:
            # first, so that no view looks for what is on its way
            self._send_masks(rows)
            current = [row.current() for row in rows]
            self._panel.send(RowsMessage(kind="rows", sequence=self._sequence, rows=current))
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


def _text(content: Mapping[str, Any], name: Literal["view", "key", "action", "id"]) -> str:
    value = content.get(name)
    if not isinstance(value, str):
        raise InvalidRequest(f"The request has no {name}.")
    return value
