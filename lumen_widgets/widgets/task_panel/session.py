"""What a task panel does when a browser asks: each request is answered, with words if it fails.

What a browser sends is not trusted to be well-formed. Nothing here takes time: what does is done
on another thread, and only the publisher sends.
"""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol

from lumen_widgets.client import InvalidRequest, LumenError
from lumen_widgets.widgets.task_panel.messages import (
    DoneMessage,
    ErrorMessage,
    RowError,
    Thumbnail,
    ThumbnailsMessage,
)
from lumen_widgets.widgets.work_queue import work_queue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lumen_widgets.client import Task
    from lumen_widgets.notebook.submission import Submission
    from lumen_widgets.widgets.task_panel.messages import SnapshotMessage
    from lumen_widgets.widgets.task_panel.row_source import TaskEntry

# thumbnails that one message brings: a view fills from the top while the others are drawn
_TOGETHER = 6
# rows that one request may name: more than any screen shows
_MOST_ROWS = 200

_log = logging.getLogger(__name__)


class Panel(Protocol):
    """The panel, as far as its requests need it."""

    acts: set[str]

    def saw(self, view: str, *, there: bool) -> None:
        """Note that a view is there, or gone."""

    def reply(self, message: Callable[[], Mapping[str, Any]]) -> None:
        """Have the publisher send what this returns."""

    def snapshot(self, request: str) -> SnapshotMessage:
        """Return every row, in answer to this request."""

    def entry(self, key: str) -> TaskEntry | None:
        """Return what stands behind a row."""

    def enter(self, source: Submission) -> str | None:
        """Give a submission a row, and return its key."""

    def shows(self, task: Task) -> bool:
        """Say whether a task has a row."""


def answer(panel: Panel, content: object) -> None:
    """Carry out what a browser sent."""
    if not isinstance(content, dict):
        return
    kind = content.get("kind")
    if kind == "bye" and isinstance(view := content.get("view"), str):
        panel.saw(view, there=False)
    request = content.get("request")
    if not isinstance(request, str) or request in panel.acts:
        return
    if kind in ("act", "take_up"):
        panel.acts.add(request)
    try:
        _carry_out(panel, kind, request, content)
    except LumenError as error:
        _refuse(panel, request, error)


def _carry_out(panel: Panel, kind: object, request: str, content: Mapping[str, Any]) -> None:
    if kind == "hello":
        panel.saw(_text(content, "view"), there=True)
        panel.reply(partial(panel.snapshot, request))
    elif kind == "look":
        keys = content.get("keys")
        if not isinstance(keys, list):
            raise InvalidRequest("The request has no keys.")
        _look(panel, request, [key for key in keys if isinstance(key, str)][:_MOST_ROWS])
    elif kind == "act":
        _act(panel, request, _entry(panel, content), _text(content, "action"))
    elif kind == "take_up":
        entry, task_id = _entry(panel, content), _text(content, "id").strip()
        # the service is asked, for as long as one request may take
        threading.Thread(
            target=_take_up,
            args=(panel, request, entry, task_id),
            name="lumen-take-up",
            daemon=True,
        ).start()
    else:
        raise InvalidRequest(f"The panel does not know the request {kind!r}.")


def _act(panel: Panel, request: str, entry: TaskEntry, action: str) -> None:
    made: str | None = None
    if action == "stop":
        entry.stop()
    elif action == "watch":
        entry.watch()
    elif action == "again" and "again" in entry.row()["actions"]:
        submission = entry.again()
        if submission is not None:
            made = panel.enter(submission)
            submission.start()
    else:
        raise InvalidRequest(
            "That cannot be done any more.", next_step="Look at how the task stands now."
        )
    _done(panel, request, made)


def _take_up(panel: Panel, request: str, entry: TaskEntry, task_id: str) -> None:
    """Ask the service for a task, and have it take the row of the call that it came from."""
    try:
        entry.follow(_found(panel, entry, task_id))
    except LumenError as error:
        _refuse(panel, request, error)
    except Exception as error:  # noqa: BLE001 # whatever it is, the browser waits for an answer
        _log.exception("a task could not be taken up")
        _refuse(panel, request, LumenError(f"That failed here ({type(error).__name__})."))
    else:
        _done(panel, request, entry.key)


def _found(panel: Panel, entry: TaskEntry, task_id: str) -> Task:
    """Return the task of this id, if it can be the one that the entry's call made.

    Raises
    ------
    LumenError
        It cannot be, or the service does not say.

    """
    call = entry.submission
    if call is None or entry.name is not None:
        raise InvalidRequest("This row has its task already.")
    # a panel of every task hears of it before this does
    entry.wanted = task_id
    task = call.account.client.task(task_id)
    if panel.shows(task):
        raise InvalidRequest(
            f"The task {task.id} has a row of its own.",
            next_step="Look in the service's console for another one.",
        )
    return task


def _look(panel: Panel, request: str, keys: Sequence[str]) -> None:
    parts = [keys[start : start + _TOGETHER] for start in range(0, len(keys), _TOGETHER)]
    # what is added last is done first
    for part in reversed(parts):
        work_queue.mark(partial(_draw, panel, request, part), urgent=True)


def _draw(panel: Panel, request: str, keys: Sequence[str]) -> None:
    drawn: list[Thumbnail] = []
    for key in keys:
        entry = panel.entry(key)
        if entry is not None:
            entry.draw()
            if entry.thumbnail is not None:
                drawn.append(Thumbnail(key=key, of="picture", data=entry.thumbnail))
            if entry.mask is not None:
                drawn.append(Thumbnail(key=key, of="mask", data=entry.mask))
    message = ThumbnailsMessage(kind="thumbnails", thumbnails=drawn, request=request)
    panel.reply(lambda: message)


def _done(panel: Panel, request: str, key: str | None) -> None:
    message = DoneMessage(kind="done", key=key, request=request)
    panel.reply(lambda: message)


def _refuse(panel: Panel, request: str, error: LumenError) -> None:
    words = RowError(message=error.message, next_step=error.next_step)
    message = ErrorMessage(kind="error", error=words, request=request)
    panel.reply(lambda: message)


def _entry(panel: Panel, content: Mapping[str, Any]) -> TaskEntry:
    entry = panel.entry(_text(content, "key"))
    if entry is None:
        raise InvalidRequest("The panel has no such row.", next_step="Reload the page.")
    return entry


def _text(content: Mapping[str, Any], name: Literal["view", "key", "action", "id"]) -> str:
    value = content.get(name)
    if not isinstance(value, str):
        raise InvalidRequest(f"The request has no {name}.")
    return value
