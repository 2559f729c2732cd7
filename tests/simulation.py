"""A service on a simulated clock: thousands of tasks of seconds each, in a moment.

All of the client is the real one, from `LumenClient.generate` down to requests: only the clock
(`Scheduler`'s own argument) and the network (a `requests` adapter) are made up, and nothing sleeps.
"""

from __future__ import annotations

import io
import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import mean
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import BaseAdapter

from lumen_widgets.client import LumenClient, sign_webhook
from lumen_widgets.client.webhooks.deliveries import Deliveries
from lumen_widgets.client.webhooks.ttl_set import TTLSet
from lumen_widgets.core.polling.pace import Paces
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from tests.client.service import png

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lumen_widgets.client import Request, Task
    from lumen_widgets.core.http.origin import Origin
    from lumen_widgets.core.polling.pace import Pace

# Not of this machine, so that it is asked at the service's pace; set aside for tests (RFC 2544).
URL = "https://198.18.0.1"
KEY = "sk-lumen-local-SENTINELsentinel0123456789"

# Seconds for a request and its answer.
ROUND_TRIP = 0.02

WEBHOOK, SECRET = "https://198.18.0.2/hook", "secret of the simulation"

_NEVER = float("inf")


@dataclass
class Seen:
    """What the service saw of one task.

    Attributes
    ----------
    ends
        When it succeeds.
    asked
        When the questions about it arrived.
    known
        When the client had the answer that it has succeeded.
    fetched
        When its picture was fetched.

    """

    ends: float
    asked: list[float] = field(default_factory=list)
    known: float = _NEVER
    fetched: float = _NEVER


@dataclass
class Measured:
    """What following some tasks took, each mean a task.

    Attributes
    ----------
    requests
        Calls to the service: the submit and the questions. The picture's own download is one more
        in every case, whatever the pacing.
    delay
        Seconds from the end at the service to the client's knowing of it.
    worst
        The largest delay, and
    late
        that which 95 % stay below.

    """

    requests: float
    delay: float
    worst: float
    late: float


class PaceEach(Paces):
    """Gives each task a pace of its own, of some kind."""

    def __init__(self, kind: type[Pace]) -> None:
        super().__init__()
        self._kind = kind

    def of(self, _origin: Origin, _request: Request) -> Pace:
        """Return a new pace."""
        return self._kind(is_local=False)


class Simulation(BaseAdapter):
    """The clock, the service and the network between.

    Attributes
    ----------
    time
        Seconds since some beginning.
    down
        While true nothing connects.
    refuse
        Answers to questions (status, headers), used up one after another before real ones.
    broken
        The tasks about which every question is answered with a 500.
    earlier
        How many tasks the service had taken before: the ids go on from there.
    tasks
        By id, in the order of the submits.
    attempts
        When anything tried to leave the client, whatever came of it.

    Parameters
    ----------
    paces
        How often tasks are polled; None learns it, from nothing.

    """

    def __init__(self, paces: Paces | None = None) -> None:
        super().__init__()
        self.time = 1000.0
        self.down = False
        self.refuse: list[tuple[int, dict[str, str]]] = []
        self.broken: set[str] = set()
        self.earlier = 0
        self.tasks: dict[str, Seen] = {}
        self.attempts: list[float] = []
        self.scheduler = Scheduler(lambda: self.time, threads=0, paces=paces)
        self._seconds = 0.0
        self._picture = png()
        self._deliveries: Deliveries | None = None
        self._calls: list[tuple[float, str]] = []

    def client(self, **options: Any) -> LumenClient:
        """Make a client of this service, without a journal unless told otherwise."""
        session = requests.Session()
        session.mount("https://", self)
        return LumenClient(KEY, URL, session=session, **{"journal": False, **options})

    def submit(self, client: LumenClient, seconds: float, **fields: Any) -> Task:
        """Submit a task that takes so long."""
        self._seconds = seconds
        if self._deliveries is not None:
            fields = {"webhook_url": WEBHOOK, "webhook_secret": SECRET, **fields}
        return client.generate("a cat", **fields)

    def run_until(self, until: float) -> None:
        """Let time pass, and everything happen that is due."""
        while True:
            due = self.scheduler.next_due()
            call = self._calls[0][0] if self._calls else _NEVER
            soonest = min(_NEVER if due is None else due, call)
            if soonest > until:
                self.time = max(self.time, until)
                return
            self.time = max(self.time, soonest)
            if call <= self.time:
                self._call(self._calls.pop(0)[1])
            else:
                self.scheduler.run_due(limit=1)

    def follow(
        self, client: LumenClient, durations: Sequence[float], gap: float | None = None
    ) -> Measured:
        """Submit tasks `gap` seconds apart, or each after the one before; follow them all."""
        before = len(self.tasks)
        start = self.time
        tasks = []
        for number, seconds in enumerate(durations):
            if gap is not None:
                self.run_until(start + gap * number)
            tasks.append(self.submit(client, seconds))
            while gap is None and not tasks[-1].done:
                self.run_until(self.time + 0.5)
        while not all(task.done for task in tasks):
            self.run_until(self.time + 0.5)
        errors = [task.error for task in tasks if task.error is not None]
        assert not errors, errors[0]
        return measured(list(self.tasks.values())[before:])

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Have the ends of tasks told to a receiver."""
        early_calls = TTLSet(60.0, 1000, lambda: self.time)
        self._deliveries = Deliveries(lambda: SECRET, None, early_calls=early_calls)
        self._deliveries.start(WEBHOOK)
        try:
            yield
        finally:
            self._deliveries.stop(WEBHOOK)
            self._deliveries = None

    def send(self, request: requests.PreparedRequest, **_settings: Any) -> requests.Response:  # type: ignore[override] # none of requests' settings matters here
        """Answer one request, half a round trip after it left; it is back after the other half."""
        self.attempts.append(self.time)
        if self.down:
            raise requests.ConnectTimeout(request=request)
        self.time += ROUND_TRIP / 2
        path = str(request.path_url)
        status, body, headers = self._respond(str(request.method), path)
        self.time += ROUND_TRIP / 2
        seen = self.tasks.get(path.rpartition("/")[2])
        if seen is not None and b"succeeded" in body:
            seen.known = min(seen.known, self.time)
        response = requests.Response()
        response.status_code = status
        response.headers.update(headers)
        response.raw = io.BytesIO(body)
        response.url = str(request.url)
        response.request = request
        return response

    def close(self) -> None:
        """Close nothing: nothing is open."""

    def _respond(self, method: str, path: str) -> tuple[int, bytes, dict[str, str]]:
        if method == "POST":
            task_id = f"task-{self.earlier + len(self.tasks) + 1}"
            self.tasks[task_id] = Seen(self.time + self._seconds)
            if self._deliveries is not None:
                self._calls.append((self.time + self._seconds + ROUND_TRIP / 2, task_id))
                self._calls.sort()
            return 200, _json(id=task_id, status="queued"), {}
        if not path.startswith("/v1/"):
            self.tasks[path.strip("/")].fetched = self.time
            return 200, self._picture, {}
        task_id = path.rpartition("/")[2]
        seen = self.tasks[task_id]
        seen.asked.append(self.time)
        if self.refuse:
            status, headers = self.refuse.pop(0)
            return status, _json(error={"code": "busy", "message": "Later."}), headers
        if task_id in self.broken:
            return 500, b"", {}
        if self.time < seen.ends:
            return 200, _json(id=task_id, status="processing"), {}
        return 200, _json(id=task_id, status="succeeded", data=[{"url": f"{URL}/{task_id}"}]), {}

    def _call(self, task_id: str) -> None:
        assert self._deliveries is not None
        body = _json(id=task_id, status="succeeded", data=[])
        assert self._deliveries.receive(body, sign_webhook(body, SECRET), str(int(time.time())))


@contextmanager
def simulated(pace: type[Pace] | None = None, paces: Paces | None = None) -> Iterator[Simulation]:
    """Make a simulation whose scheduler follows this process's tasks, with nothing learnt yet.

    With `pace` each task is followed at a pace of its own of this kind, with `paces` at those.
    """
    simulation = Simulation(paces if pace is None else PaceEach(pace))
    before = use_scheduler(simulation.scheduler)
    try:
        yield simulation
    finally:
        use_scheduler(before)


def measured(tasks: Sequence[Seen]) -> Measured:
    """Return what following these tasks took."""
    delays = sorted(seen.known - seen.ends for seen in tasks)
    return Measured(
        requests=1 + mean(len(seen.asked) for seen in tasks),
        delay=mean(delays),
        worst=delays[-1],
        late=delays[int(0.95 * len(delays))],
    )


def _json(**fields: Any) -> bytes:
    return json.dumps(fields).encode()
