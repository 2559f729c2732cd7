"""One row of a panel: a call that is being sent, and then the task that it became."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple, cast

from lumen_widgets.client import LumenClient, LumenError, Task
from lumen_widgets.client.spending.prices import credits_of
from lumen_widgets.core.log import Log
from lumen_widgets.core.pictures.contact_sheet import small_sheet
from lumen_widgets.core.pictures.picture import thumbnail
from lumen_widgets.core.words import strip_controls, without_keys
from lumen_widgets.notebook.account import account_of, account_of_task
from lumen_widgets.notebook.cell import data_uri
from lumen_widgets.notebook.kept_task import KeptTask
from lumen_widgets.notebook.submission import Submission
from lumen_widgets.widgets.task_panel.messages import (
    Action,
    Charge,
    Group,
    RowError,
    TaskRow,
)
from lumen_widgets.widgets.tasks import host_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumen_widgets.core.request import Request

# px of a thumbnail's longer side: the most that a widget may carry of a picture
_THUMBNAIL = 96
# what travels of a prompt, a model, a notice or what went wrong: a row shows two lines of a prompt,
# eight with the focus
_LONGEST = 1000

_log = Log(__name__)


class TaskName(NamedTuple):
    """What identifies a task: its origin, its id there, and the call that had the id."""

    origin: str
    id: str
    correlation_id: str | None

    @classmethod
    def of(cls, task: Task | KeptTask) -> TaskName:
        """Return a task's name."""
        return cls(task.origin, task.id, task.correlation_id)

    def fits(self, other: TaskName) -> bool:
        """Say whether both name one task, as far as it is known by which call it was submitted.

        A server of one's own may give an id again once its task has ended.
        """
        return (self.origin, self.id) == (other.origin, other.id) and (
            None in {self.correlation_id, other.correlation_id}
            or self.correlation_id == other.correlation_id
        )


class PanelRow:
    """A task or call with what a panel says of it; safe to use from any thread.

    It holds its task, and with it the pictures, only until the task has plainly ended and its
    thumbnail is drawn: a panel that shows a thousand tasks keeps no thousand pictures alive.

    Parameters
    ----------
    key
        Which row of its panel.
    source
        A task, which may be over and as the journal has it, or a submission that may become one.
    changed
        Called with this row after every change, on the thread on which it happened.

    Attributes
    ----------
    task : Task or KeptTask or None
        The task, while there is one and it is still needed.
    submission : Submission or None
        The call that made it, where that is known.
    thumbnail : str or None
        The picture as a ``data:`` URL, once it is drawn; of several a small sheet.
    usual : float or None
        Seconds that like tasks took, once that is looked up.
    name : TaskName or None
        What identifies its task, once there is one.
    wanted : str or None
        The id that is being taken up for it.

    """

    def __init__(
        self,
        key: str,
        source: Task | KeptTask | Submission,
        changed: Callable[[PanelRow], None],
    ) -> None:
        self.key = key
        self.task: Task | KeptTask | None = None
        self.submission: Submission | None = None
        self.thumbnail: str | None = None
        self.usual: float | None = None
        self.wanted: str | None = None
        self.name: TaskName | None = None
        self._client: LumenClient | None = None
        self._request: Request | None = None
        self._last: TaskRow | None = None
        self._undrawable = False
        self._changed = changed
        self._lock = threading.Lock()
        self._unsubscribe: Callable[[], None] = lambda: None
        if isinstance(source, Submission):
            self.submission = source
            self._host = host_of(source.account)
            self._unsubscribe = source.subscribe(lambda _: self._show_call_outcome())
            # it may have been sent before this subscribed
            self._show_call_outcome()
        else:
            self._host = host_of(
                account_of(source.client)
                if isinstance(source, KeptTask)
                else account_of_task(source)
            )
            self.follow(source)

    @property
    def mask(self) -> str | None:
        """What its task repaints, in small, as a ``data:`` URL; None where that is not known."""
        # a task's own first: a call for the same may have told it since
        request = self._request if self.task is None else self.task.request
        repaint = None if request is None else request.repaint
        return None if repaint is None else data_uri(repaint.thumbnail)

    @property
    def source_name(self) -> TaskName:
        """What identifies its task, or its call before there is one, in any panel."""
        call = self.submission
        return self.name or TaskName("", "", None if call is None else call.correlation_id)

    @property
    def client(self) -> LumenClient | None:
        """Whose credits another try of it spends."""
        return self._client if self.submission is None else self.submission.account.client

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it by itself or by its actions but another try."""
        if self._last is not None:
            return True
        return self.task is not None and self.task.done and not self.task.may_go_on

    @property
    def unfinished(self) -> bool:
        """Whether it waits for something: news of the task, or what the user does about it."""
        if self.task is None and self._last is None and self.submission is not None:
            # one of an earlier kernel is found again by whoever looks into the journal
            unknown = self.submission.state == "unknown" and not self.submission.is_earlier
            return unknown or self.submission.state == "sending"
        return not self.ended

    def takes(self, task: Task) -> bool:
        """Show a task if it is the one of this row's call; return whether it is."""
        call = self.submission
        if call is None or self.name is not None:
            return False
        if task.correlation_id == call.correlation_id:
            self.follow(task)
            return True
        # What takes it up for this row shows it then.
        return self.wanted == task.id

    def follow(self, task: Task | KeptTask) -> None:
        """Show this task from here on."""
        with self._lock:
            if self.name is not None:
                return
            self.name = TaskName.of(task)
            self._request, self.task = task.request, task
            self._unsubscribe()
            if isinstance(task, KeptTask):
                self._client = task.client
            else:
                self._client = LumenClient.of(task)
                self._unsubscribe = task.subscribe(lambda _: self._changed(self))
        self._changed(self)

    def close(self) -> None:
        """End the subscription to the task or call."""
        self._unsubscribe()

    def draw(self) -> None:
        """Draw the thumbnail if there is something to draw; takes time."""
        task = self.task
        if task is None or not task.done:
            return
        if task.pictures and self.thumbnail is None and not self._undrawable:
            try:
                drawn = _drawn(task)
                self._undrawable = drawn is None
                self.thumbnail = None if drawn is None else data_uri(*drawn)
            except Exception:  # noqa: BLE001 # a picture that cannot be drawn is still a picture
                self._undrawable = True
                _log.exception("no thumbnail could be drawn of the task %s", task.id)
        if self.ended:
            self._let_go(task)

    def look_up_usual(self) -> None:
        """Look up how long like tasks took; takes time."""
        task = self.task
        client = self._client
        if task is not None and client is not None and not task.done and self.usual is None:
            self.usual = client.usual_seconds(task.request)
            if self.usual is not None:
                self._changed(self)

    def stop(self) -> None:
        """Stop asking about the task."""
        if isinstance(self.task, Task):
            self.task.stop_watching()
            self._changed(self)

    def watch(self) -> None:
        """Ask about the task again."""
        if isinstance(self.task, Task):
            self.task.watch()
            self._changed(self)

    def again(self) -> Submission | None:
        """Return a new, unstarted submission of the same request; None where it is not known."""
        if self.submission is not None:
            return self.submission.again()
        request, client = self._request, self._client
        if request is None or client is None or not request.body:
            return None
        return Submission(
            lambda renewed, name: renewed.submit(request, correlation_id=name),
            account=account_of(client),
            prompt=request.prompt,
            model=request.model,
        )

    def current(self) -> TaskRow:
        """Return what the panel says of it now."""
        task, last, request = self.task, self._last, self._request
        if task is not None:
            return self._task_row(task)
        if last is None or request is None:
            return self._call_row()
        # what it costs follows the price list, also after its end
        return {**last, "credits": credits_of(request)}

    def _show_call_outcome(self) -> None:
        """Show the task that the call became, or why it became none."""
        call = self.submission
        if call is not None and call.task is not None:
            self.follow(call.task)
        elif call is not None and call.error is not None:
            self._changed(self)

    def _let_go(self, task: Task | KeptTask) -> None:
        with self._lock:
            self._last, self._request = self._task_row(task), task.request
            self._unsubscribe()
            # what ends a subscription holds its task
            self._unsubscribe = lambda: None
            self.task = None
            # the call holds its task too; a row that failed may still be tried again
            if self.submission is not None:
                self.submission = self.submission.again()

    def _call_row(self) -> TaskRow:
        call = cast("Submission", self.submission)  # a row without a task has a call
        state = call.state
        running = state in {"sending", "sent"}
        charges: dict[str, Charge] = {"refused": "none", "unknown": "unknown"}
        actions: dict[str, list[Action]] = {"refused": ["again"], "unknown": ["take_up"]}
        return TaskRow(
            key=self.key,
            id="",
            # between the answer and its task there is nothing to say
            status="sending" if state == "sent" else state,
            running=running,
            watched=True,
            group=_group(state, call.error, [], running=running),
            prompt=_short(call.prompt),
            model=_short(call.model),
            host=self._host,
            elapsed=None if call.is_earlier else call.elapsed,
            usual=None,
            arrived=0,
            pictured=False,
            repaints=None,
            credits=None,
            charge=charges.get(state, "pending"),
            actions=actions.get(state, []),
            error=_words(call.error),
            trouble="",
            notice="",
        )

    def _task_row(self, task: Task | KeptTask) -> TaskRow:
        call, done, watched = self.submission, task.done, task.watched
        going = not done and watched
        error, actions = task.error, self._actions(task)
        repaint = task.request.repaint
        prompt = task.request.prompt or (call.prompt if call is not None else "")
        return TaskRow(
            key=self.key,
            id=task.id,
            status=task.status,
            running=going,
            watched=watched,
            group=_group(task.status, error, actions, running=going),
            prompt=_short(prompt),
            model=_short(task.request.model or (call.model if call is not None else "")),
            host=self._host,
            # it is not known when a task that is not watched ends
            elapsed=task.elapsed if done or watched else None,
            usual=self.usual if going else None,
            arrived=len(task.pictures),
            pictured=done and bool(task.pictures) and not self._undrawable,
            repaints=None if repaint is None else repaint.share,
            credits=task.credits,
            charge=_charge(task),
            actions=actions,
            error=_words(error),
            trouble=_short(task.lasting_trouble or "") if going else "",
            notice=_short(task.notice or ""),
        )

    def _actions(self, task: Task | KeptTask) -> list[Action]:
        if not task.done:
            return ["stop"] if task.watched else ["watch"]
        if task.may_go_on:
            return ["watch"]
        known = self.submission is not None or bool(task.request.body)
        return ["again"] if task.error is not None and known else []


def _drawn(task: Task | KeptTask) -> tuple[bytes, str] | None:
    """Return a task's pictures in small, and the media type; None if no file of them is here."""
    if isinstance(task, KeptTask):
        return task.thumbnail(_THUMBNAIL)
    pictures = task.pictures
    if len(pictures) > 1:
        return small_sheet(pictures, _THUMBNAIL)
    return thumbnail(pictures[0], _THUMBNAIL)


def _charge(task: Task | KeptTask) -> Charge:
    """Return what is known of its price: the page promises a refund for failed tasks alone."""
    known: dict[str, Charge] = {"failed": "refunded", "cancelled": "unknown"}
    return known.get(task.status, "charged")


def _group(
    status: str, error: LumenError | None, actions: Sequence[Action], *, running: bool
) -> Group:
    if running:
        return "running"
    if status == "succeeded" and error is None:
        return "finished"
    # of a call of unknown outcome the user may learn the task's id
    return "open" if status == "unknown" or "watch" in actions else "bad"


def _words(error: LumenError | None) -> RowError | None:
    if error is None:
        return None
    return RowError(message=_short(error.message), next_step=_short(error.next_step))


def _short(text: str) -> str:
    # a panel's state, with the newest rows, may be saved: no key that was pasted into a prompt
    return without_keys(strip_controls(text))[:_LONGEST]
