"""One submit that does not block: first it is being sent, then it is a task, or it was refused."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from lumen_widgets.core.errors import LumenError, SubmitOutcomeUnknown, may_have_cost
from lumen_widgets.core.options import SentMeanwhile
from lumen_widgets.core.polling.scheduler import start_thread
from lumen_widgets.core.signal import Signal
from lumen_widgets.core.submit import unrecorded_error
from lumen_widgets.core.words import format_time, sentence
from lumen_widgets.journal import JournalUnusable
from lumen_widgets.notebook.account import accounts

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient, Task
    from lumen_widgets.notebook.account import Account


class Submission:
    """A call of the client, made on a thread of its own; safe to look at from any thread.

    Parameters
    ----------
    submit
        What to call with a client and the call's correlation id, which the task then has too; it
        returns the task that the service took.
    account
        Whose credits are spent.
    prompt, model
        What users recognise the call by before there is a task.
    correlation_id
        What is given to `submit`; None makes one up. Under one that is given nothing is sent twice:
        if the journal has it, from a kernel before this one, its task is taken up instead.

    Attributes
    ----------
    correlation_id : str
        Identifies this call before there is a task; it is in the journal before anything is sent.
    task : Task or None
        The task, once the service has taken it.
    error : LumenError or None
        Why there is none.
    is_earlier : bool
        Whether it is a call of an earlier kernel, known from the journal alone (`lost`).

    Examples
    --------
    >>> sent = Submission(
    ...     lambda client, name: client.call("generations", "a fox", correlation_id=name),
    ...     account=account,
    ...     prompt="a fox",
    ...     model="m",
    ... )  # doctest: +SKIP
    >>> sent.start()  # doctest: +SKIP

    """

    def __init__(
        self,
        submit: Callable[[LumenClient, str], Task],
        *,
        account: Account,
        prompt: str,
        model: str,
        correlation_id: str | None = None,
    ) -> None:
        self.account = account
        self.prompt = prompt
        self.model = model
        self.correlation_id = correlation_id or uuid4().hex
        self.task: Task | None = None
        self.error: LumenError | None = None
        self.is_earlier = False
        # an id that was just made up can be in no journal
        self._may_be_sent = correlation_id is not None
        self._submit = submit
        # free until it is sent
        self._unsent = threading.Lock()
        self._changed: Signal[Submission] = Signal("a submission")
        self._started_at = time.monotonic()
        self._ended_at: float | None = None

    @classmethod
    def lost(
        cls,
        submit: Callable[[LumenClient, str], Task],
        error: LumenError,
        *,
        account: Account,
        prompt: str,
        model: str,
        correlation_id: str | None = None,
    ) -> Submission:
        """Return a call of an earlier kernel whose answer was lost: nothing sends it any more.

        Parameters
        ----------
        submit
            As for others; only `again` uses it.
        error
            Why there is no task.
        account, prompt, model, correlation_id
            As for others.

        Examples
        --------
        >>> Submission.lost(submit, error, account=account, prompt="", model="m").state
        'unknown'

        """
        call = cls(
            submit, account=account, prompt=prompt, model=model, correlation_id=correlation_id
        )
        call.is_earlier, call.error = True, error
        call._unsent.acquire()
        call._ended_at = call._started_at
        return call

    def __repr__(self) -> str:
        """Say how far it is; no prompt and no address, since a repr ends in notebooks."""
        return f"<Submission {self.state}{'' if self.task is None else f': {self.task!r}'}>"

    @property
    def state(self) -> Literal["sending", "sent", "refused", "unknown"]:
        """How far it is; *unknown* means that it may have been paid."""
        if self.task is not None:
            return "sent"
        if self.error is None:
            return "sending"
        return "unknown" if self.error.may_have_cost else "refused"

    @property
    def elapsed(self) -> float:
        """Seconds from the start until the service's answer, or until now."""
        return (time.monotonic() if self._ended_at is None else self._ended_at) - self._started_at

    def start(self) -> None:
        """Send it, once however often this is called; returns at once."""
        if self._unsent.locked():
            return
        self._started_at = time.monotonic()
        # the client posts on a thread that outlives an exit: this one only waits for it
        purpose = "the request; nothing was sent and nothing spent"
        try:
            start_thread(self._run, "lumen-submission", purpose)
        except LumenError as error:
            self.error = error
            self._end()

    def subscribe(self, fn: Callable[[Submission], None]) -> Callable[[], None]:
        """Have `fn` called with this submission when its state changes, on its own thread.

        Returns what ends the subscription.
        """
        return self._changed.connect(fn)

    def again(self) -> Submission:
        """Return a new submission of the same call, which is not started and would pay again."""
        return Submission(self._submit, account=self.account, prompt=self.prompt, model=self.model)

    def _run(self) -> None:
        # Ctrl-C may have left open whether an earlier start began
        if not self._unsent.acquire(blocking=False):
            return
        try:
            self.account = accounts.with_running_server(self.account)
            client = self.account.client
            try:
                self.task = self._find_or_submit(client)
            except SentMeanwhile:
                # by another kernel, between the two: then there is an answer to find
                self.task = self._find_or_submit(client)
        except LumenError as error:
            self.error = error
        except BaseException as error:  # noqa: BLE001 # whatever is raised on this thread reaches no caller
            may_be_paid = may_have_cost(error)
            self.error = LumenError(
                f"{type(error).__name__}: {error}",
                next_step="It is not known whether anything was sent: look in the service's "
                "console before you try again."
                if may_be_paid
                else "Nothing was sent, and nothing spent.",
                may_have_cost=may_be_paid,
            )
        self._end()

    def _find_or_submit(self, client: LumenClient) -> Task:
        sent = _sent_before(client, self.correlation_id) if self._may_be_sent else None
        return sent or self._submit(client, self.correlation_id)

    def _end(self) -> None:
        self._ended_at = time.monotonic()
        self._changed.send(self)


def _sent_before(client: LumenClient, correlation_id: str) -> Task | None:
    """Return the task of a call that an earlier kernel sent; None if nothing was sent or taken.

    Raises
    ------
    SubmitOutcomeUnknown
        It was sent, and what became of it is not known here.
    JournalError
        The journal cannot be read, so nothing is sent either.

    """
    if client.journal is None:
        return None
    try:
        row = client.journal.find_submit(correlation_id)
    except JournalUnusable as error:
        raise unrecorded_error(str(error)) from None
    # with an id it was taken, whatever the service calls its state
    if row is None or (row.state == "refused" and row.task_id is None):
        return None
    why = f"whether {row.origin} took it is not known"
    if row.task_id is not None and row.account == client.fingerprint:
        try:
            return client.take_up(row)
        except LumenError as error:
            why = f"its task {row.task_id} cannot be taken up: {error.message}"
    elif row.task_id is not None:
        why = f"its task {row.task_id} belongs to another key, at {row.origin}"
    raise SubmitOutcomeUnknown(
        f"This was sent before, {format_time(row.submitted)}, and {sentence(why)} "
        "It was not sent again.",
        next_step="Look in lumen.history(), or in the service's console, before you submit it "
        "anew.",
        task_id=row.task_id,
        may_have_cost=True,
    )
