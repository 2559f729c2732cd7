"""A task that outlives its cell: its pictures arrive where the cell left room for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.core.words import literal
from lumen_widgets.notebook.cell import Output, note, picture_bundle
from lumen_widgets.notebook.publisher import publisher

if TYPE_CHECKING:
    from lumen_widgets.client import Task
    from lumen_widgets.notebook.status import Status

# a place that shows nothing yet
_EMPTY = {"text/plain": ""}


class Background:
    """The places of one task's pictures in the cell that submitted it.

    Parameters
    ----------
    task
        The task; it is followed by its client.
    status
        The cell's status, which shows the live panel from here on.

    """

    def __init__(self, task: Task, status: Status) -> None:
        self._task = task
        self._status = status
        status.follow([task])
        # without n the service decides, and the page says that it decides for one
        expected = task.request.n or 1
        what = "1 picture appears" if expected == 1 else f"{expected} pictures appear"
        first = note(
            f"{what} here as soon as the task has ended. From another session:",
            code=f"lumen.show({literal(task.id)})",
        )
        self._places = [Output(first), *(Output(_EMPTY) for _ in range(expected - 1))]
        self._stop_listening = task.subscribe(lambda _: publisher.mark(self._deliver))
        # the task may have ended before anybody listened
        publisher.mark(self._deliver)

    def _deliver(self) -> None:
        if not self._task.done or not self._places:
            return
        self._stop_listening()
        places, self._places = self._places, []
        pictures = self._task.pictures
        for place, picture in zip(places, pictures, strict=False):
            place.replace(*picture_bundle(picture))
        for place in places[len(pictures) :]:
            # the status above says why
            place.replace(note("✗ No picture."))
        left = len(pictures) - len(places)
        self._status.end(
            explain=True,
            more=f"{left} more arrived: lumen.show({literal(self._task.id)})" if left > 0 else "",
        )
