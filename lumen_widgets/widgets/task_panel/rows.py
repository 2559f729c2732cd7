"""The rows of one panel, what it counts over them, and which fit a filter."""

from __future__ import annotations

import json
import threading
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.core.signal import Signal
from lumen_widgets.notebook.submission import Submission
from lumen_widgets.widgets.task_panel.messages import Thumbnail, Totals
from lumen_widgets.widgets.task_panel.row import PanelRow, TaskName
from lumen_widgets.widgets.work_queue import work_queue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lumen_widgets.client import Task
    from lumen_widgets.notebook.kept_task import KeptTask
    from lumen_widgets.widgets.task_panel.messages import Group, TaskRow

# bytes of the rows that a page gets with the panel's state, several screens full: with the bundle,
# and with the spaces of a saved notebook, a panel stays below 100 kB however many rows it has
_STATE_BYTES = 30_000
# and of the thumbnails that come with them, so that all of it stays below that
_THUMBNAIL_BYTES = 16_000


class _Share(NamedTuple):
    """What a row adds to the totals; few rows differ in it."""

    group: Group
    pictures: int
    charged: bool
    credits: float | None
    host: str


class PanelRows:
    """The rows of one panel, oldest first; safe to use from any thread.

    Attributes
    ----------
    changed : Signal
        Tells of each row that is new or changed, on the thread on which that happened. The rows may
        be locked then, so what is connected must not wait for another thread that uses them.

    """

    def __init__(self) -> None:
        self.changed: Signal[PanelRow] = Signal("the rows of a panel")
        # reentrant, since a row that is being made reports its first state
        self._lock = threading.RLock()
        self._rows: dict[str, PanelRow] = {}
        self._names: dict[tuple[str, str], set[TaskName]] = {}
        # rows that are new or changed since the totals were taken last
        self._uncounted: dict[str, PanelRow] = {}
        # held while they are counted; nothing else waits for it
        self._counting = threading.Lock()
        self._shares: dict[str, _Share] = {}
        self._kinds: dict[_Share, _Share] = {}
        self._counts: Counter[_Share] = Counter()

    def add(self, source: Task | KeptTask | Submission) -> str | None:
        """Make a row of a source, and return its key; None if it has one already."""
        with self._lock:
            task = source.task if isinstance(source, Submission) else source
            if task is not None and self.has(task):
                return None
            if source in [row.submission for row in self._rows.values()]:
                return None
            key = str(len(self._rows))
            row = PanelRow(key, source, self._report)
            self._rows[key] = row
        self._report(row)
        return key

    def get(self, key: str) -> PanelRow | None:
        """Return the row of a key, if there is one."""
        with self._lock:
            return self._rows.get(key)

    def has(self, task: Task | KeptTask) -> bool:
        """Say whether a task has a row."""
        with self._lock:
            name = TaskName.of(task)
            return any(name.fits(one) for one in self._names.get((name.origin, name.id), ()))

    def key_of(self, call: Submission) -> str | None:
        """Return the key of the row of a call or of its task, if it has one."""
        name = None if call.task is None else TaskName.of(call.task)
        return next(
            (
                row.key
                for row in self.all()
                if row.submission is call
                or (name is not None and row.name is not None and row.name.fits(name))
            ),
            None,
        )

    def all(self) -> list[PanelRow]:
        """Return every row."""
        with self._lock:
            return list(self._rows.values())

    def current(self) -> list[TaskRow]:
        """Return what the panel says of every row now."""
        return [row.current() for row in self.all()]

    def newest(self) -> list[TaskRow]:
        """Return what the panel says now of the newest rows, as many as a page gets unasked."""
        rows = reversed(self.all())
        return fitting((row.current() for row in rows), _STATE_BYTES)[::-1]

    def thumbnails(self) -> list[Thumbnail]:
        """Return the newest thumbnails that are drawn, as many as a page gets unasked."""
        found: list[Thumbnail] = []
        left = _THUMBNAIL_BYTES
        for row in reversed(self.all()):
            if row.thumbnail is not None:
                left -= len(row.thumbnail)
                if left < 0:
                    break
                found.append(Thumbnail(key=row.key, of="picture", data=row.thumbnail))
        return found

    def totals(self) -> Totals:
        """Return what the panel counts over all rows; takes no longer for many than for few."""
        with self._counting:
            with self._lock:
                changed, self._uncounted = self._uncounted, {}
            for key, row in changed.items():
                self._count(key, _share(row.current()))
            shares = [(share, count) for share, count in self._counts.items() if count]
        totals = Totals(
            rows=0,
            running=0,
            finished=0,
            bad=0,
            open=0,
            pictures=0,
            credits=0,
            unpriced=False,
            hosts=sorted({share.host for share, _ in shares}),
        )
        for share, count in shares:
            totals["rows"] += count
            totals[share.group] += count
            totals["pictures"] += share.pictures * count
            if share.charged:
                totals["credits"] += (share.credits or 0) * count
                totals["unpriced"] |= share.credits is None
        return totals

    def matching(self, group: str, words: Sequence[str]) -> bytes:
        """Return a bit for each row, whether it fits a filter, as `FoundMessage` says; takes time.

        Parameters
        ----------
        group
            A row's group, or ``"all"``.
        words
            In lower case; each must be in a row's prompt, model, id or host.

        """
        rows = self.all()
        bits = bytearray((len(rows) + 7) // 8)
        for number, row in enumerate(rows):
            told = row.current()
            searched = f"{told['prompt']} {told['model']} {told['id']} {told['host']}".lower()
            if group in ("all", told["group"]) and all(word in searched for word in words):
                bits[number // 8] |= 1 << number % 8
        return bytes(bits)

    def count_anew(self, model: str) -> list[PanelRow]:
        """Return the rows of a model whose price has changed, which the totals then count."""
        rows = [row for row in self.all() if row.current()["model"] == model]
        with self._lock:
            self._uncounted.update((row.key, row) for row in rows)
        return rows

    def _count(self, key: str, share: _Share) -> None:
        before = self._shares.get(key)
        if before is not None:
            self._counts[before] -= 1
        self._counts[share] += 1
        # equal ones are one object, of which there are few
        self._shares[key] = self._kinds.setdefault(share, share)

    def _report(self, row: PanelRow) -> None:
        with self._lock:
            self._uncounted[row.key] = row
            has_new_task = False
            if (name := row.name) is not None:
                names = self._names.setdefault((name.origin, name.id), set())
                has_new_task = name not in names
                names.add(name)
        if has_new_task:
            work_queue.run_soon(row.look_up_usual)
        self.changed.send(row)


def fitting(rows: Iterable[TaskRow], most: int) -> list[TaskRow]:
    """Return rows from the first on while their bytes are no more than `most`; one in any case."""
    chosen: list[TaskRow] = []
    for row in rows:
        # as it travels, and as a notebook is saved
        most -= len(json.dumps(row, ensure_ascii=False).encode())
        if most < 0 and chosen:
            break
        chosen.append(row)
    return chosen


def _share(row: TaskRow) -> _Share:
    # the sandbox charges nothing
    charged = row["charge"] == "charged" and row["host"] != ""
    return _Share(row["group"], row["arrived"], charged, row["credits"], row["host"])
