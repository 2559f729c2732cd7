"""One submit that does not block: first it is being sent, then it is a task, or it was refused."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from lumen_widgets.core.errors import LumenError
from lumen_widgets.core.signal import Signal
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

    Attributes
    ----------
    correlation_id : str
        Identifies this call before there is a task.
    task : Task or None
        The task, once the service has taken it.
    error : LumenError or None
        Why there is none.

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
    ) -> None:
        self.account = account
        self.prompt = prompt
        self.model = model
        self.correlation_id = uuid4().hex
        self.task: Task | None = None
        self.error: LumenError | None = None
        self._submit = submit
        self._changed: Signal[Submission] = Signal("a submission")
        self._started_at = time.monotonic()
        self._ended_at: float | None = None

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
        """Send it; returns at once."""
        self._started_at = time.monotonic()
        # the client posts on a thread that outlives an exit: this one only waits for it
        threading.Thread(target=self._run, name="lumen-submission", daemon=True).start()

    def subscribe(self, fn: Callable[[Submission], None]) -> Callable[[], None]:
        """Have `fn` called with this submission when its state changes, on its own thread.

        Returns what ends the subscription.
        """
        return self._changed.connect(fn)

    def again(self) -> Submission:
        """Return a new submission of the same call, which is not started and would pay again."""
        return Submission(self._submit, account=self.account, prompt=self.prompt, model=self.model)

    def _run(self) -> None:
        try:
            self.account = accounts.with_running_server(self.account)
            self.task = self._submit(self.account.client, self.correlation_id)
        except LumenError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 # an exception on this thread would reach no caller
            self.error = LumenError(
                f"{type(error).__name__}: {error}",
                next_step="It is not known whether anything was sent: look in the service's "
                "console before you try again.",
                may_have_cost=True,
            )
        self._ended_at = time.monotonic()
        self._changed.send(self)
