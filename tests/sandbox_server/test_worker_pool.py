"""The pool of workers: who draws what, how many at once, and what comes of a task."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.sandbox import worker_pool
from lumen_widgets.sandbox.fetching import Fetcher
from lumen_widgets.sandbox.picture_store import PictureStore
from lumen_widgets.sandbox.task_spec import TaskSpec
from lumen_widgets.sandbox.tasks import Outcome, Task
from lumen_widgets.sandbox.worker_pool import WorkerPool, _Room
from tests.conditions import until
from tests.sandbox_server.pictures import encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

OWN = "http://127.0.0.1:4000/pictures/"
FAILED = Outcome(code="worker_crashed", message="the process that drew this task ended")


@dataclass
class Staff:
    """Workers without processes: what they are given waits until the test says what comes of it."""

    results: PictureStore
    can_start: Callable[[], bool] = lambda: True
    recorded: dict[str, Outcome] = field(default_factory=dict)
    present: list[_Worker] = field(default_factory=list)
    drawing: deque[tuple[Task, list[Outcome]]] = field(default_factory=deque)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def make(self) -> Any:
        """Make a worker."""
        worker = _Worker(self)
        self.present.append(worker)
        return worker

    def record(self, task_id: str, outcome: Outcome) -> None:
        """Note what came of a task, as the store does."""
        self.recorded[task_id] = outcome

    def finish(self, task: Task | None = None, outcome: Outcome | None = None) -> None:
        """Have a task drawn, by default the one that was begun first."""
        with self.changed:
            place = next(k for k, (at, _) in enumerate(self.drawing) if task in {None, at})
            at, said = self.drawing[place]
            del self.drawing[place]
            said.append(outcome or Outcome(pictures=self.kept(at)))
            self.changed.notify_all()

    def kept(self, task: Task) -> tuple[str, ...]:
        """Keep as many pictures as a task has; the side of each is its seed."""
        seeds = range(task.spec.seed, task.spec.seed + task.spec.n)
        return tuple(self.results.keep(encoded((seed, seed))) for seed in seeds)


@dataclass(eq=False)
class _Worker:
    staff: Staff
    closed: bool = False

    def start(self) -> bool:
        return self.staff.can_start()

    def carry_out(self, task: Task, room: Callable[[int], AbstractContextManager[None]]) -> Outcome:
        said: list[Outcome] = []
        with room(1), self.staff.changed:
            self.staff.drawing.append((task, said))
            self.staff.changed.wait_for(lambda: said or self.closed)
        return said[0] if said else FAILED

    def close(self) -> None:
        with self.staff.changed:
            self.closed = True
            if self in self.staff.present:
                self.staff.present.remove(self)
            self.staff.changed.notify_all()


@pytest.fixture
def staff(tmp_path: Path) -> Staff:
    """Return workers without processes."""
    return Staff(PictureStore(tmp_path))


@contextmanager
def pooled(staff: Staff, workers: int) -> Iterator[WorkerPool]:
    """Run a pool of them while the block runs."""
    fetcher = Fetcher({OWN: staff.results})
    store: Any = staff
    pool = WorkerPool(staff.make, store, fetcher, staff.results, workers)
    try:
        yield pool
    finally:
        pool.close()
    assert not staff.present


def task(name: str, **fields: Any) -> Task:
    """Make a task of one picture, unless the fields say otherwise."""
    spec = {"mode": "generate", "model": "m", "prompt": "", "n": 1, "seed": 1, "size": (9, 9)}
    return Task(name, "queued", 0, TaskSpec(**{**spec, **fields}))


def seeds(staff: Staff) -> list[list[int]]:
    """Return the seeds of the pictures that are drawn at this moment, worker by worker."""
    return [list(range(at.spec.seed, at.spec.seed + at.spec.n)) for at, _ in staff.drawing]


def test_the_pictures_of_one_task_are_drawn_at_once(staff: Staff) -> None:
    """Each by a worker of its own; they come in their order, whichever is drawn first."""
    with pooled(staff, 4) as pool:
        pool.enqueue(task("a", n=4, seed=5))
        until(lambda: sorted(seeds(staff)) == [[5], [6], [7], [8]])
        for seed in (8, 6, 7, 5):
            (at,) = (at for at, _ in staff.drawing if at.spec.seed == seed)
            assert not staff.recorded
            staff.finish(at)
        until(lambda: staff.recorded)
        stored = [staff.results.read(name) for name in staff.recorded["a"].pictures]
        assert stored == [encoded((seed, seed)) for seed in (5, 6, 7, 8)]


def test_workers_are_started_as_they_are_needed(staff: Staff) -> None:
    """One is there from the start; there are never more than pictures to draw, nor than may be."""
    with pooled(staff, 3) as pool:
        assert len(staff.present) == 1
        pool.enqueue(task("a"))
        until(lambda: len(staff.drawing) == 1)
        assert len(staff.present) == 1
        for name in "bcde":
            pool.enqueue(task(name))
        until(lambda: len(staff.drawing) == 3)
        assert len(staff.present) == 3
        assert {at.id for at, _ in staff.drawing} == {"a", "b", "c"}
        for _ in range(5):
            until(lambda: staff.drawing)
            staff.finish()
        until(lambda: set(staff.recorded) == set("abcde"))
        assert len(staff.present) == 3


def test_workers_that_have_nothing_to_draw_end(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their memory is given back; one stays, so that the next picture starts at once."""
    monkeypatch.setattr(worker_pool, "IDLE_SECONDS", 0.05)
    with pooled(staff, 3) as pool:
        pool.enqueue(task("a", n=3))
        until(lambda: len(staff.drawing) == 3)
        for _ in range(3):
            staff.finish()
        until(lambda: len(staff.present) == 1)
        pool.enqueue(task("b", n=2))
        until(lambda: len(staff.drawing) == 2)


def test_the_number_of_workers_is_changed_while_they_draw(staff: Staff) -> None:
    """More begin with what waits; those too many finish what they are at and end."""
    with pooled(staff, 1) as pool:
        pool.enqueue(task("a", n=4))
        until(lambda: len(staff.drawing) == 1)
        pool.set_workers(3)
        until(lambda: len(staff.drawing) == 3)
        pool.set_workers(1)
        assert len(staff.drawing) == 3
        staff.finish()
        staff.finish()
        until(lambda: len(staff.present) == 1)
        assert len(staff.drawing) == 1
        staff.finish()
        until(lambda: len(staff.drawing) == 1)
        staff.finish()
        until(lambda: len(staff.recorded["a"].pictures) == 4 if staff.recorded else False)


def test_a_picture_that_fails_fails_its_task_alone(staff: Staff) -> None:
    """What was drawn of the task is deleted, what was not begun is not drawn, others go on."""
    with pooled(staff, 2) as pool:
        pool.enqueue(task("a", n=4))
        pool.enqueue(task("b", seed=50))
        until(lambda: len(staff.drawing) == 2)
        staff.finish(outcome=FAILED)
        until(lambda: [50] in seeds(staff))
        assert not staff.recorded
        (at,) = (at for at, _ in staff.drawing if at.id == "a")
        staff.finish(at)
        until(lambda: staff.recorded)
        assert staff.recorded == {"a": FAILED}
        assert not list(staff.results.folder.iterdir())
        staff.finish()
        until(lambda: len(staff.recorded) == 2)
        assert not staff.recorded["b"].failed


def test_a_worker_that_cannot_be_started_leaves_its_work_to_the_others(staff: Staff) -> None:
    """On a machine that is out of memory, tasks take longer and do not fail."""
    with pooled(staff, 4) as pool:
        pool.enqueue(task("a", n=4))
        until(lambda: len(staff.drawing) == 4)
        staff.can_start = lambda: len(staff.present) == 1
        for _ in range(4):
            staff.finish()
        until(lambda: len(staff.present) == 1)
        pool.enqueue(task("b", n=3))
        for _ in range(3):
            until(lambda: staff.drawing)
            staff.finish()
        until(lambda: len(staff.recorded) == 2)
        assert not staff.recorded["b"].failed


def test_a_source_of_another_server_is_asked_for_once(staff: Staff) -> None:
    """An edit of the sandbox's own pictures is shared out, one of others' is drawn by one worker.

    An address that gives its picture once would else fail the second one.
    """
    own, others = OWN + "a.png", "http://127.0.0.1:9/a.png"
    with pooled(staff, 4) as pool:
        pool.enqueue(task("a", mode="edit", n=2, images=(own,)))
        pool.enqueue(task("b", mode="inpaint", n=2, seed=50, images=(own,), mask=others))
        until(lambda: sorted(seeds(staff)) == [[1], [2], [50, 51]])


def test_a_pool_that_is_closed_records_nothing(staff: Staff) -> None:
    """What was in work is as it was in the store: the next server takes it up."""
    with pooled(staff, 2) as pool:
        pool.enqueue(task("a", n=3))
        until(lambda: len(staff.drawing) == 2)
    assert not staff.recorded


def test_room_is_taken_in_turn_and_never_twice() -> None:
    """Large pictures wait for small ones and are not overtaken; what is too large has it all."""
    room = _Room(10)
    inside: list[int] = []
    most = [0]
    lock, go = threading.Lock(), threading.Semaphore(0)

    def take(pixels: int) -> None:
        with room.taken(pixels):
            with lock:
                inside.append(pixels)
                most[0] = max(most[0], sum(min(one, 10) for one in inside))
            go.acquire()
            with lock:
                inside.remove(pixels)

    def begin(pixels: int) -> threading.Thread:
        thread = threading.Thread(target=take, args=(pixels,))
        thread.start()
        return thread

    threads = [begin(4)]
    until(lambda: inside == [4])
    threads.append(begin(99))
    until(lambda: len(room._waiting) == 1)
    threads.append(begin(3))
    until(lambda: len(room._waiting) == 2)
    assert inside == [4]
    go.release()
    until(lambda: inside == [99])
    go.release()
    until(lambda: inside == [3])
    go.release()
    for thread in threads:
        thread.join()
    assert most == [10]
