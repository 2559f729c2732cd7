"""One request of the history: what was asked for, what became of it, and its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumen_widgets.client import InvalidRequest, Pictures
from lumen_widgets.client.history.account_journal import (
    read_stored_picture,
    request_of,
    shown_picture,
)
from lumen_widgets.client.spending.prices import credits_of
from lumen_widgets.core.answers import CANCELLED, FAILED, SUCCEEDED
from lumen_widgets.core.pictures.picture import alt_text
from lumen_widgets.core.words import local_time, one_line, strip_controls
from lumen_widgets.notebook.account import current
from lumen_widgets.notebook.cell import advising_cells
from lumen_widgets.notebook.small_copies import small_copy

if TYPE_CHECKING:
    from datetime import datetime

    from lumen_widgets.client import LumenClient, Request, Task
    from lumen_widgets.journal import JournalRow


@dataclass(frozen=True, repr=False)
class HistoryEntry:
    """One request that was, or may have been, sent."""

    _row: JournalRow

    @property
    def id(self) -> str | None:
        """The service's id of the task; None where it gave none, or its answer was lost."""
        return self._row.task_id

    @property
    def when(self) -> datetime:
        """When it was submitted, in this machine's time zone."""
        return local_time(self._row.submitted)

    @property
    def request(self) -> Request:
        """What was asked for, as it was sent; ``client.submit`` sends it, and pays, again."""
        return request_of(self._row)

    @property
    def prompt(self) -> str:
        """The prompt; empty for a task that was taken up by its id alone."""
        return self.request.prompt

    @property
    def model(self) -> str:
        """The model code."""
        return self.request.model

    @property
    def origin(self) -> str:
        """Which service it was sent to."""
        return self._row.origin

    @property
    def seconds(self) -> float | None:
        """How long the task took; None where it was not watched from beginning to end."""
        return self._row.seconds

    @property
    def credits(self) -> float | None:
        """What it cost by `lumen.prices`; 0 if it cost nothing, None if that is not known."""
        if self.state in {"failed", "refused"} or self.origin.startswith("lesson:"):
            return 0.0
        return credits_of(self.request)

    @property
    def state(self) -> str:
        """How it stands, in one word.

        ``succeeded``, ``failed``, ``cancelled``; ``running``, as far as it was last heard;
        ``refused`` (it was not taken); ``sending``; ``unknown`` (it may have been taken); or
        ``dismissed``, by `History.dismiss`.
        """
        if self._row.dismissed:
            return "dismissed"
        if self._row.outcome_unknown:
            return "unknown"
        if self._row.state in {SUCCEEDED, FAILED, CANCELLED}:
            return self._row.state
        if self._row.task_id is not None:
            return "running"
        return self._row.state

    @property
    def words(self) -> str:
        """How it stands, as a phrase, with what to do where there is something to do."""
        row, state = self._row, self.state
        if state == SUCCEEDED and len(row.pictures) < row.picture_count:
            return "succeeded, pictures not all here: lumen.resume()"
        error = row.error or {}
        why = {
            FAILED: one_line(error.get("message")) or one_line(error.get("code")),
            "refused": one_line(row.reason),
        }.get(state)
        words = {
            "unknown": "not known whether it was taken: look in the service's console",
            CANCELLED: "cancelled by the service",
            "running": f"running when last heard of ({one_line(row.state)})",
            "refused": "not taken",
            "sending": "being sent",
            "dismissed": f"dismissed (last heard: {one_line(row.state)})",
        }.get(state, state)
        return f"{words}: {why}" if why else words

    @property
    def pictures(self) -> Pictures:
        """Its pictures, read from disk; those that are not there, or were changed, are left out."""
        read = (read_stored_picture(self._row, kept) for kept in self._row.pictures)
        return Pictures(shown_picture(self._row, one) for one in read if one is not None)

    def small_copies(self) -> list[tuple[bytes, str]]:
        """Return its pictures in small, each with its words; the same as `pictures` has."""
        prompt, count = self.prompt or None, len(self._row.pictures)
        made = ((small_copy(self._row, one), one.index) for one in self._row.pictures)
        return [(data, alt_text(at, count, prompt)) for data, at in made if data is not None]

    def note_of(self, index: int) -> str:
        """Return what was put back of one of its pictures, or why nothing was; "" for nothing."""
        facts = (one.facts for one in self._row.derived if one.index == index)
        return str(next(facts, {}).get("note", ""))

    def task(self, client: LumenClient | None = None) -> Task:
        """Take the task up, as ``client.task(id)`` does; never another one that has its id since.

        Parameters
        ----------
        client
            Whose task it is; None is the account in use.

        Raises
        ------
        InvalidRequest
            It has no id, or was sent to another service than the client's.
        LumenError
            As for `LumenClient.task`.

        """
        if self.id is None:
            raise InvalidRequest(
                f"This request has no task that could be taken up: {self.words}.",
                next_step="Submit its request again, once you know that it was not paid.",
            )
        chosen = current(client).client
        if chosen.base_url != self.origin:
            raise InvalidRequest(
                f"This task is at {self.origin}, and the client's service is {chosen.base_url}.",
                next_step="Pass a client of that service.",
                field="client",
            )
        with advising_cells():
            return chosen.take_up(self._row)

    def __repr__(self) -> str:
        """Leave out the prompt: a repr ends in logs."""
        name = f"{self.id or '(no task)'} {one_line(self.state)}"
        return strip_controls(f"<HistoryEntry {name} {self.when:%Y-%m-%d %H:%M}>")
