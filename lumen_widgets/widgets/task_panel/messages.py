"""What the kernel and a task panel say to each other.

`js/task_panel/messages.ts` is the other side; a test holds the names of both alike.
"""

from __future__ import annotations

from typing import Literal, TypedDict

# what can be done about a row
Action = Literal["stop", "watch", "again", "take_up"]
# what is known of a row's credits
Charge = Literal["pending", "charged", "refunded", "unknown", "none"]
# which filter shows a row, beside the one for all; `open` are those that the user may go on with
Group = Literal["running", "finished", "bad", "open"]


class RowError(TypedDict):
    """What went wrong, and what to do next."""

    message: str
    next_step: str


class TaskRow(TypedDict):
    """One task, or one call that is not a task yet, as a panel shows it."""

    key: str  # which row of this panel: "0" is the first that it got, "1" the next; never shown
    id: str  # the service's id of the task, empty while there is none
    status: str  # the service's word, or sending, refused, unknown while there is no task
    running: bool  # whether something will still happen by itself
    watched: bool  # whether it is asked about, if it has not ended
    group: Group
    prompt: str
    model: str
    host: str  # who charges for it, as `host_of` says it: a host's name, or empty for the sandbox
    elapsed: float | None  # seconds from the submit until now, or until the end, where known
    usual: float | None  # seconds that like tasks took so far, where enough is known
    arrived: int  # how many of its pictures are here
    pictured: bool  # whether there is a thumbnail to ask for
    repaints: float | None  # share of the picture, up to 1, where the mask is known
    credits: float | None  # what it costs, where known
    charge: Charge
    actions: list[Action]  # what can be done about it now
    error: RowError | None
    trouble: str  # why the service says nothing of it at the moment; empty while it does
    notice: str  # what to know of its pictures, as what was put back in them; empty for nothing


class Totals(TypedDict):
    """What the panel counts over all of its rows, whichever a page knows."""

    rows: int
    running: int
    finished: int
    bad: int
    open: int
    pictures: int
    credits: float  # charged and not refunded, as far as prices are known
    unpriced: bool  # whether a task was charged whose price is not known
    hosts: list[str]  # who charges for the rows, each once


class Thumbnail(TypedDict):
    """The picture of a row, several as a small sheet, or its mask; at most 96 px."""

    key: str
    of: Literal["picture", "mask"]
    data: str  # a data: URL


class RowsMessage(TypedDict):
    """Kernel → browser: the rows that changed, and those that are new."""

    kind: Literal["rows"]
    sequence: int
    rows: list[TaskRow]
    more: bool  # whether rows that are not in it have changed too: a page reads those it shows
    totals: Totals


class SnapshotMessage(TypedDict):
    """Kernel → browser: rows as they are: the newest after a hello, those of a read after it.

    There may be fewer than were asked for, but one at least of those that the panel has.
    """

    kind: Literal["snapshot"]
    sequence: int
    rows: list[TaskRow]
    more: bool  # as of a rows message
    totals: Totals
    request: str


class FoundMessage(TypedDict):
    """Kernel → browser: which rows fit a filter."""

    kind: Literal["found"]
    sequence: int  # of what was sent before it was looked
    rows: str  # a bit for each row, in base64: bit `key % 8`, from the lowest, of byte `key // 8`
    request: str


class ThumbnailsMessage(TypedDict):
    """Kernel → browser: thumbnails that a view looked for, or the masks of new tasks."""

    kind: Literal["thumbnails"]
    thumbnails: list[Thumbnail]
    request: str  # empty for those that no view asked for


class DoneMessage(TypedDict):
    """Kernel → browser: a request was carried out; it may have made a row."""

    kind: Literal["done"]
    key: str | None
    request: str


class ErrorMessage(TypedDict):
    """Kernel → browser: a request could not be carried out, and why."""

    kind: Literal["error"]
    error: RowError
    request: str


class HelloMessage(TypedDict):
    """Browser → kernel: a view is there and asks for the newest rows."""

    kind: Literal["hello"]
    request: str
    view: str


class ByeMessage(TypedDict):
    """Browser → kernel: a view is gone."""

    kind: Literal["bye"]
    view: str


class ReadMessage(TypedDict):
    """Browser → kernel: a view shows these rows, or is about to, and does not know them."""

    kind: Literal["read"]
    request: str
    keys: list[str]


class FindMessage(TypedDict):
    """Browser → kernel: a view filters its rows, of which it does not know all.

    A row fits if it is of the group and its prompt, model, id and host hold every word.
    """

    kind: Literal["find"]
    request: str
    group: Literal["all", "running", "finished", "bad", "open"]
    words: list[str]  # in lower case


class LookMessage(TypedDict):
    """Browser → kernel: a view shows these rows and lacks their thumbnails."""

    kind: Literal["look"]
    request: str
    keys: list[str]


class ActMessage(TypedDict):
    """Browser → kernel: stop watching a task, watch it again, or send the same request again."""

    kind: Literal["act"]
    request: str
    key: str
    action: Literal["stop", "watch", "again"]
    seen: int  # one more than the newest row that the page knew when this was pressed


class TakeUpMessage(TypedDict):
    """Browser → kernel: the id that the service's console shows for a call of unknown outcome."""

    kind: Literal["take_up"]
    request: str
    key: str
    id: str
