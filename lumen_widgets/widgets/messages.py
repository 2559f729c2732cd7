"""What the kernel and the browser say to each other; `js/messages.ts` is the other side of it.

A test holds the names of both sides alike.
"""

from __future__ import annotations

from typing import Literal, TypedDict


class RowError(TypedDict):
    """What went wrong with a task, and what to do next."""

    message: str
    next_step: str


class TaskRow(TypedDict):
    """One task as a panel shows it."""

    key: str  # which row of this panel; never shown
    id: str  # the service's id of the task
    status: str  # the service's word
    running: bool  # whether something will still happen by itself
    prompt: str
    model: str
    elapsed: float | None  # seconds from the submit until now, or until the end, where known
    arrived: int  # how many of its pictures are here
    thumbnail: str | None  # the first picture, at most 96 px, as a data: URL
    error: RowError | None


class RowsMessage(TypedDict):
    """Kernel → browser: the rows that changed."""

    kind: Literal["rows"]
    sequence: int
    rows: list[TaskRow]


class SnapshotMessage(TypedDict):
    """Kernel → browser: every row, in answer to a hello."""

    kind: Literal["snapshot"]
    sequence: int
    rows: list[TaskRow]
    request: str


class HelloMessage(TypedDict):
    """Browser → kernel: a view is there and asks for every row."""

    kind: Literal["hello"]
    request: str
    view: str


class ByeMessage(TypedDict):
    """Browser → kernel: a view is gone."""

    kind: Literal["bye"]
    view: str
