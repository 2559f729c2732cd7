"""What a form submits, and what becomes of it: its task, and its pictures in the form's cell."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lumen_widgets.client import InvalidRequest, Picture
from lumen_widgets.notebook.cell import picture_bundles
from lumen_widgets.notebook.cell_status import task_heading
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.notebook.submission import Submission

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient, Task
    from lumen_widgets.notebook.account import Account
    from lumen_widgets.notebook.cell import Cell
    from lumen_widgets.notebook.output_widget import HeldOutput
    from lumen_widgets.widgets.prompt_form.checks import FormValues


class SubmissionDisplay:
    """Shows what becomes of one submission of a form.

    Parameters
    ----------
    submission
        The submission, not started yet.
    cell
        Where the pictures go: a cell, or a place inside an `ipywidgets.Output`.
    changed
        Called with the submission when there is news of it, on the publisher's thread, the only one
        that may speak to a browser.
    shows
        Says whether the pictures are shown there, once they are here.

    """

    def __init__(
        self,
        submission: Submission,
        cell: Cell | HeldOutput,
        changed: Callable[[Submission], None],
        shows: Callable[[], bool] = lambda: True,
    ) -> None:
        self._submission = submission
        self._cell = cell
        self._changed = changed
        self._shows = shows
        self._lock = threading.Lock()
        self._task: Task | None = None
        self._shown = set[Picture]()
        self._unsubscribe: Callable[[], None] | None = submission.subscribe(
            lambda _: publisher.run_soon(self._update)
        )

    @property
    def over(self) -> bool:
        """Whether nothing more is expected of it."""
        return self._unsubscribe is None

    def end(self) -> None:
        """End the subscription; the task itself goes on."""
        with self._lock:
            unsubscribe, self._unsubscribe = self._unsubscribe, None
        if unsubscribe is not None:
            unsubscribe()

    def _update(self) -> None:
        """Show how far it is, on the publisher's thread."""
        task = self._submission.task
        if self._unsubscribe is None:
            return
        if task is None and self._submission.error is not None:
            self.end()
        if task is not None and self._task is None:
            self._task = task
            self._unsubscribe()
            # a task that fetches its last pictures after an error sends that as news too
            self._unsubscribe = task.subscribe(lambda _: publisher.run_soon(self._update))
        if task is not None and task.done:
            self._show_pictures(task)
        self._changed(self._submission)

    def _show_pictures(self, task: Task) -> None:
        # after an error the last ones may be fetched once the others are shown
        pictures = [one for one in task.pictures if one not in self._shown and self._shows()]
        if pictures and not self._shown:
            self._cell.append(task_heading(task))
        self._shown.update(pictures)
        for bundle in picture_bundles(pictures, of_task=True):
            self._cell.append(*bundle)
        if not task.may_go_on:
            self.end()


def submission_of(
    values: FormValues, secret: str, account: Account, submit_id: str | None
) -> Submission:
    """Return the call that a form's values make, not started yet; an id is made up for None."""
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
                wish=values.wish,
                correlation_id=correlation_id,
                **fields,
            )
        except InvalidRequest as error:
            # a form keeps the picture of a repaint among the references of an edit
            error.field = "images" if error.field == "image" else error.field
            raise

    return Submission(
        call,
        account=account,
        prompt=values.prompt,
        model=values.fields["model"],
        correlation_id=submit_id,
    )
