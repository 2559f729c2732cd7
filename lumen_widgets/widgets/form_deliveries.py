"""What a form submitted and what becomes of it: its task, and its pictures in the form's cell."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lumen_widgets.client import InvalidRequest, Pictures, TaskCancelled, TaskFailed
from lumen_widgets.notebook.cell import picture_bundle
from lumen_widgets.notebook.cell_status import task_heading
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.notebook.submission import Submission

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from lumen_widgets.client import LumenClient, Task
    from lumen_widgets.notebook.account import Account
    from lumen_widgets.notebook.cell import Cell
    from lumen_widgets.widgets.form_checks import Values

    class Form(Protocol):
        """The form that is told."""

        def sent(self, submission: Submission, task: Task) -> None:
            """Take in that a submission became a task."""

        def ended(self, submission: Submission, pictures: Pictures) -> None:
            """Take in the pictures of a submission."""

        def refused(self, error: InvalidRequest) -> None:
            """Take in that a submission was refused for one of its fields."""


class Delivery:
    """One submission on its way to its pictures.

    Parameters
    ----------
    submission
        The submission, not started yet.
    form
        Told on the publisher's thread, the only one that may speak to a browser.
    cell
        Where the pictures go.

    """

    def __init__(self, submission: Submission, form: Form, cell: Cell | None) -> None:
        self._submission = submission
        self._form = form
        self._cell = cell
        self._lock = threading.Lock()
        self._task: Task | None = None
        self._shown = 0
        self._stop: Callable[[], None] | None = submission.subscribe(
            lambda _: publisher.mark(self._look)
        )

    @property
    def over(self) -> bool:
        """Whether nothing more is expected of it."""
        return self._stop is None

    def end(self) -> None:
        """Listen no more; the task itself goes on."""
        with self._lock:
            stop, self._stop = self._stop, None
        if stop is not None:
            stop()

    def _look(self) -> None:
        """See how far it is, on the publisher's thread."""
        task, error = self._submission.task, self._submission.error
        if self._stop is None:
            return
        if task is None:
            if isinstance(error, InvalidRequest):
                self._form.refused(error)
            if error is not None:
                self.end()
            return
        if self._task is None:
            self._task = task
            self._stop()
            # a task that fetches its last pictures after an error tells so too
            self._stop = task.subscribe(lambda _: publisher.mark(self._look))
            self._form.sent(self._submission, task)
        if task.done:
            self._deliver(task)

    def _deliver(self, task: Task) -> None:
        pictures = task.pictures
        if self._cell is not None and len(pictures) > self._shown:
            if not self._shown:
                self._cell.append(task_heading(task))
            for picture in pictures[self._shown :]:
                self._cell.append(*picture_bundle(picture))
        self._shown = max(self._shown, len(pictures))
        if pictures:
            self._form.ended(self._submission, pictures)
        if task.error is None or isinstance(task.error, TaskFailed | TaskCancelled):
            self.end()


def submission_of(values: Values, secret: str, account: Account) -> Submission:
    """Return the call that a form's values make, not started yet."""
    fields = values.given()
    if "webhook_url" in fields:
        fields["webhook_secret"] = secret

    def call(client: LumenClient, correlation_id: str) -> Task:
        try:
            return client.call(
                values.endpoint,
                values.prompt,
                images=values.images,
                mask=values.mask,
                correlation_id=correlation_id,
                **fields,
            )
        except InvalidRequest as error:
            # a form keeps the picture of a repaint among the references of an edit
            error.field = "images" if error.field == "image" else error.field
            raise

    return Submission(call, account=account, prompt=values.prompt, model=values.model)
