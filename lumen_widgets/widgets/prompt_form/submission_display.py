"""What a form submitted and what becomes of it: its task, and its pictures in the form's cell."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lumen_widgets.client import InvalidRequest
from lumen_widgets.notebook.cell import picture_bundle
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.notebook.status import heading
from lumen_widgets.notebook.submission import Submission
from lumen_widgets.widgets.task_panel.row_source import resumable

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient, Task
    from lumen_widgets.notebook.account import Account
    from lumen_widgets.notebook.cell import Cell
    from lumen_widgets.widgets.prompt_form.checks import Values


class Delivery:
    """One submission on its way to its pictures.

    Parameters
    ----------
    submission
        The submission, not started yet.
    cell
        Where the pictures go.
    changed
        Called with the submission when there is news of it, on the publisher's thread, the only one
        that may speak to a browser.

    """

    def __init__(
        self, submission: Submission, cell: Cell, changed: Callable[[Submission], None]
    ) -> None:
        self._submission = submission
        self._cell = cell
        self._changed = changed
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
        task = self._submission.task
        if self._stop is None:
            return
        if task is None and self._submission.error is not None:
            self.end()
        if task is not None and self._task is None:
            self._task = task
            self._stop()
            # a task that fetches its last pictures after an error tells so too
            self._stop = task.subscribe(lambda _: publisher.mark(self._look))
        if task is not None and task.done:
            self._deliver(task)
        self._changed(self._submission)

    def _deliver(self, task: Task) -> None:
        pictures = task.pictures
        if pictures and not self._shown:
            self._cell.append(heading(task))
        for picture in pictures[self._shown :]:
            self._cell.append(*picture_bundle(picture))
        self._shown = max(self._shown, len(pictures))
        if not resumable(task):
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
