"""The hostile service itself: real sockets, a thread a connection, and a play to be played."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.faults import sayings, wire
from tests.faults.plan import Framing, How, Play, Step, TaskPlan, Where
from tests.faults.wire import GoneError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

# For so long, in seconds, the service does not listen where the plan says so.
OUTAGE = 0.03

_WELL = {"POST": "taken", "ask": "end", "fetch": "picture"}


@dataclass
class Run:
    """One run of a play: what is still to come, and what was seen."""

    play: Play
    name: str
    left: dict[tuple[int, str], list[Step]] = field(default_factory=dict)
    posts: dict[int, list[Step]] = field(default_factory=lambda: defaultdict(list))
    delivered: set[str] = field(default_factory=set)
    asked: dict[int, list[Step]] = field(default_factory=lambda: defaultdict(list))
    torn: int = 0
    opened: int = 0
    well: bool = False

    def __post_init__(self) -> None:
        for number, task in enumerate(self.play.tasks):
            for kind, steps in (("POST", task.posts), ("ask", task.asks), ("fetch", task.fetches)):
                self.left[number, kind] = list(steps)

    def next(self, number: int, kind: str) -> Step:
        """Return what the next request of a kind gets."""
        steps = self.left[number, kind]
        if self.well or not steps:
            return Step(_WELL[kind], Framing.KEPT if kind == "ask" else Framing.LENGTH)
        return steps.pop(0)


@dataclass(frozen=True)
class Cue:
    """What one request gets, and whom to tell when all of it has left."""

    step: Step
    saying: sayings.Saying | None
    sent: Callable[[], None] = lambda: None


class Stage:
    """Plays one play after another on one port."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.closing = threading.Event()
        self._run = Run(Play(()), "none")
        self._runs = 0
        self._open: set[socket.socket] = set()
        self.trouble: list[BaseException] = []
        threading.Thread(target=self._accept, daemon=True, name="stage").start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()

    def begin(self, play: Play) -> Run:
        """Begin another play; what is left of the one before gets nothing any more."""
        with self._lock:
            self._runs += 1
            self._run = Run(play, f"r{self._runs}")
            return self._run

    def heal(self) -> None:
        """Be well from here on; what stalls now is let go."""
        with self._lock:
            self._run.well = True
        self.hang_up()

    def hang_up(self) -> None:
        """End every connection that is open, and wait for their threads to have let go."""
        with self._lock:
            for connection in self._open:
                # the thread that serves it closes it: a file number must not be used twice
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        end = time.monotonic() + 10
        while self._open and time.monotonic() < end:
            time.sleep(0.001)

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                run = self._run
                number, run.opened = run.opened, run.opened + 1
                torn = number in run.play.refused and not run.well
                outage = number in run.play.outages and not run.well
                run.torn += torn
                if not torn:
                    self._open.add(connection)
            if torn:
                wire.reset(connection)
            else:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
            if outage:
                self._go_out(run)

    def _go_out(self, run: Run) -> None:
        """Do not listen for a moment; connections queued by then are reset by the kernel."""
        with self._lock:
            # how many those are is not known
            run.torn += 100
        self._listener.close()
        self.closing.wait(OUTAGE)
        with contextlib.suppress(OSError):
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=256)

    def _serve(self, connection: socket.socket) -> None:
        try:
            while self._exchange(connection):
                pass
        except (GoneError, OSError):
            pass
        except BaseException as error:  # noqa: BLE001 -- a fault of the test's own, shown at its end
            self.trouble.append(error)
        finally:
            connection.close()
            with self._lock:
                self._open.discard(connection)

    def _exchange(self, connection: socket.socket) -> bool:
        raw = _peek(connection, self.closing)
        cue = self._cue(raw) if raw else None
        if cue is None:
            return False
        step, fault = cue.step, cue.step.fault
        part = raw.index(b"\r\n") if fault is not None and fault.where is Where.PART_READ else 0
        _drain(connection, part)
        if fault is not None and fault.where in {Where.UNREAD, Where.PART_READ}:
            wire.befall(connection, fault, self.closing)
        _drain(connection, len(raw) - part)
        if fault is not None and fault.where is Where.SILENT:
            wire.befall(connection, fault, self.closing)
        wire.send(connection, wire.parts(cue.saying, step), step, self.closing, cue.sent)
        return True

    def _cue(self, raw: bytes) -> Cue | None:
        """Find out what a request is for, and what it gets; None for a run that is over."""
        method, target = raw.split(b" ", 2)[:2]
        path = urlsplit(target.decode()).path
        body = raw.partition(b"\r\n\r\n")[2]
        name = json.loads(body)["prompt"] if method == b"POST" else path.rpartition("/")[2]
        called, _, rest = name.partition("-")
        number, _, index = rest.partition("-")
        with self._lock:
            run = self._run
            if called != run.name:
                return None
            task, task_id = int(number), f"{run.name}-{number}"
            plan: TaskPlan = run.play.tasks[task]
            if method == b"POST":
                step = run.next(task, "POST")
                run.posts[task].append(step)
                told = step.say.startswith("taken") and _comes_whole(step)
                saying = sayings.to_post(step.say, task_id)
                return Cue(step, saying, lambda: run.delivered.update({task_id} if told else ()))
            if path.startswith("/v1/"):
                step = run.next(task, "ask")
                run.asked[task].append(step)
                addresses = [f"{self.url}/pictures/{task_id}-{place}" for place in range(plan.made)]
                return Cue(step, sayings.to_ask(step.say, task_id, plan.truth, addresses))
            # the second half of a redirect that leads on
            step = Step("picture") if target.endswith(b"?on") else run.next(task, "fetch")
            picture = sayings.picture(task, int(index))
            return Cue(step, sayings.to_fetch(step.say, picture, path))


def _comes_whole(step: Step) -> bool:
    """Say whether a client that waits must get all of the answer: no reset and no lie about it."""
    cut = step.framing in {Framing.TOO_SHORT, Framing.CHUNK_CUT}
    lost = step.fault is not None and step.fault.how in {How.RESET, How.DRIP}
    return not (cut or lost)


def _peek(connection: socket.socket, closing: threading.Event) -> bytes:
    """Return a whole request that has arrived, without reading it."""
    length = 1
    while not closing.is_set():
        raw = connection.recv(1 << 16, socket.MSG_PEEK)
        if not raw:
            return b""
        head, found, body = raw.partition(b"\r\n\r\n")
        if found:
            lines = head.lower().split(b"\r\n")
            sizes = [int(line[15:]) for line in lines if line.startswith(b"content-length:")]
            if len(body) >= (sizes[0] if sizes else 0):
                return raw
        if len(raw) < length:
            return b""
        length = len(raw)
        time.sleep(0.0005)
    return b""


def _drain(connection: socket.socket, count: int) -> None:
    while count > 0:
        piece = connection.recv(count)
        if not piece:
            raise GoneError
        count -= len(piece)
