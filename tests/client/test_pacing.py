"""What following costs: questions and delay, with nothing learnt, after like tasks, when told."""

from __future__ import annotations

import itertools
import os
import random
import weakref
from math import log
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumen_widgets.client import Request
from lumen_widgets.core.http.origin import Origin
from lumen_widgets.core.polling.pace import (
    MAX_KINDS,
    Pace,
    Paces,
)
from lumen_widgets.core.polling.scheduler import shared_scheduler
from lumen_widgets.core.timing import TIMING
from lumen_widgets.journal import Journal, JournalUnusable
from tests.simulation import URL, measured, simulated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.simulation import Measured

pytestmark = pytest.mark.slow

SERVICE = Origin(URL, "198.18.0.1", is_loopback=False)


def alike(count: int, median: float = 12.2, seed: int = 1) -> list[float]:
    """Return how long like tasks take: lognormal, sigma 0.2."""
    chance = random.Random(seed)  # noqa: S311 -- the same in each run
    return [chance.lognormvariate(log(median), 0.2) for _ in range(count)]


def unknown(count: int) -> list[float]:
    """Return times from 4 to 20 s, evenly spread, in any order."""
    times = [4 + 16 * (number + 0.5) / count for number in range(count)]
    random.Random(1).shuffle(times)  # noqa: S311 -- the same in each run
    return times


class Cold(Pace):
    """A pace that never learns."""

    def next_age(self, ran: float, part: float = 1.0) -> float:
        """Return the age that it would be with nothing learnt."""
        del part
        return self.cold_age(ran)


class ColdPaces(Paces):
    """Makes paces that never learn."""

    kind = Cold


def test_with_nothing_learnt() -> None:
    """Tasks of 4 to 20 s are known to have ended after 0.5 s, for 11.5 requests."""
    with simulated(Cold) as service:
        measured = service.follow(service.client(), unknown(300), gap=2)
    assert measured.requests <= 11.5
    assert measured.delay <= 0.52
    assert measured.worst <= TIMING.poll_interval + 0.1


@pytest.mark.parametrize("median", [6.0, 9.0, 12.2])
def test_after_thirty_like_tasks(median: float) -> None:
    """After 30 like tasks it is 9 requests at most, and no more delay than before."""
    with simulated() as service:
        client = service.client()
        service.follow(client, alike(30, median))
        measured = service.follow(client, alike(300, median, seed=2), gap=2)
    assert measured.requests <= 9.0
    assert measured.delay <= 0.52


def follow_many(paces: Paces, times: list[float], at_once: int) -> Measured:
    """Follow tasks, so many at once, at paces that have learnt from 30 tasks or never learn."""
    with simulated(paces=paces) as service:
        client = service.client()
        batches = [times[first : first + at_once] for first in range(0, len(times), at_once)]
        for batch in batches:
            service.follow(client, batch, gap=0.0)
        return measured(list(service.tasks.values()))


def learnt(times: Sequence[float]) -> Paces:
    """Return paces that have learnt how long like tasks took."""
    paces = Paces()
    request = Request("generations", {"model": "gpt-image-2-low", "prompt": "a cat"})
    paces.of(SERVICE, request).learn(times)
    return paces


def spread(count: int, seed: int) -> list[float]:
    """Return times from 4 to 20 s, evenly spread but for chance, in any order."""
    chance = random.Random(seed)  # noqa: S311 -- the same in each run
    times = [4 + 16 * (number + chance.random()) / count for number in range(count)]
    chance.shuffle(times)
    return times


@pytest.mark.parametrize("at_once", [1, 5, 30, 200])
@pytest.mark.parametrize("change", [1 / 3, 1.0, 3.0])
@pytest.mark.parametrize("times", [spread, alike], ids=["spread", "alike"])
def test_learnt_is_never_worse_than_cold(
    times: Callable[..., list[float]], change: float, at_once: int
) -> None:
    """What was learnt makes nothing worse, also where the service has become quicker or slower.

    Not by more than a tenth and 0.06 s of delay, nor by more than a twentieth and 0.6 requests,
    over 120 tasks and more: what chance does to as many, and the few tasks that find the change
    out.
    """
    count = max(at_once, 120)
    lasting = [seconds * change for seconds in times(count, seed=7)]
    cold = follow_many(ColdPaces(), lasting, at_once)
    warm = follow_many(learnt(times(30, seed=8)), lasting, at_once)
    assert warm.requests <= 1.05 * cold.requests + 0.6
    assert warm.delay <= 1.1 * cold.delay + 0.06


@pytest.mark.parametrize("at_once", [30, 200])
def test_a_queue_of_our_own(at_once: int) -> None:
    """Where tasks wait for one another, what single ones took makes nothing worse."""
    free = [0.0] * 4
    lasting = []
    for seconds in alike(at_once, seed=9):
        free.sort()
        free[0] += seconds
        lasting.append(free[0])
    cold = follow_many(ColdPaces(), lasting, at_once)
    warm = follow_many(learnt(alike(30)), lasting, at_once)
    assert warm.requests <= 1.05 * cold.requests + 0.6
    assert warm.delay <= 1.1 * cold.delay + 0.06


def test_two_early_ends_are_known_to_all() -> None:
    """Once two tasks ended much too early, one in flight is asked as with nothing learnt."""
    with simulated(paces=learnt([60.0] * 30)) as service:
        client = service.client()
        start = service.time
        waiting = service.submit(client, 9.0)
        # A webhook's word would do as well: here someone looks.
        for _ in range(2):
            quick = service.submit(client, 1.0)
            service.run_until(service.time + 1.5)
            quick.refresh()
            assert quick.status == "succeeded"
        service.run_until(start + 30)
        assert waiting.done
    first, *_ = service.tasks.values()
    gaps = [later - sooner for sooner, later in itertools.pairwise(first.asked)]
    assert max(gaps) <= TIMING.poll_interval + 0.1
    assert first.known - first.ends <= TIMING.poll_interval + 0.1


def test_with_a_webhook() -> None:
    """A task whose end the service tells of costs 2 requests, and is known at once."""
    with simulated() as service, service.calling():
        measured = service.follow(service.client(), unknown(300), gap=2)
    assert measured.requests <= 2.5
    assert measured.delay <= 0.05


def test_the_journal_teaches_the_next_process(tmp_path: Path) -> None:
    """What one process saw paces the tasks of the next from the first one on."""
    with simulated() as service:
        service.follow(service.client(journal=tmp_path), alike(10))
    seconds = Journal(tmp_path).durations(
        origin=URL,
        endpoint="generations",
        body={"model": "gpt-image-2-low", "prompt": "another"},
    )
    # The time is that of the service: not when it was asked.
    assert sorted(seconds) == [pytest.approx(known, abs=1.6) for known in sorted(alike(10))]
    with simulated() as service:
        service.earlier = 10
        service.follow(service.client(journal=tmp_path), [11.0])
        assert len(service.tasks["task-11"].asked) <= 7


def test_without_a_journal_the_process_remembers() -> None:
    """``journal=False`` learns too, for as long as the process lives, across clients."""
    with simulated() as service:
        service.follow(service.client(), alike(10))
        service.follow(service.client(), [11.0])
        *_, last = service.tasks.values()
        assert len(last.asked) <= 7


def test_a_broken_journal_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks are followed at the usual pace where the journal cannot be asked."""

    def refuse(*_values: object, **_names: object) -> list[float]:
        message = "not a database"
        raise JournalUnusable(message)

    monkeypatch.setattr(Journal, "durations", refuse)
    with simulated() as service:
        measured = service.follow(service.client(journal=tmp_path), [11.0])
    assert measured.requests == 10
    assert measured.delay <= TIMING.poll_interval + 0.1


def test_only_like_tasks_teach() -> None:
    """Another origin (a sandbox), model, size, quality, resolution or n has a pace of its own."""
    body = {"model": "a", "prompt": "a cat"}
    pace_of = Paces().of
    mine = pace_of(SERVICE, Request("generations", body))
    assert pace_of(SERVICE, Request("generations", {**body, "prompt": "a dog"})) is mine
    sandbox = Origin("http://127.0.0.1:5000", "127.0.0.1", is_loopback=True)
    others = [
        pace_of(sandbox, Request("generations", body)),
        pace_of(SERVICE, Request("edits", body)),
    ]
    for name, value in (("model", "b"), ("size", "1:2"), ("quality", "low"), ("n", 2)):
        others.append(pace_of(SERVICE, Request("generations", {**body, name: value})))
    others.append(pace_of(SERVICE, Request("generations", {**body, "resolution": "4K"})))
    assert mine not in others
    assert len(set(others)) == len(others)


@pytest.mark.parametrize("size", [["1:1"], {"wide": True}, float("nan")])
def test_whatever_a_body_holds(size: object) -> None:
    """A value that the service will refuse has a pace too, the same one each time."""
    pace_of = Paces().of
    mine = pace_of(SERVICE, Request("generations", {"size": size}))
    assert pace_of(SERVICE, Request("generations", {"size": size})) is mine


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_begins_anew() -> None:
    """A child forgets its parent's paces, whose locks may be held by threads that it has not."""
    mine = shared_scheduler().paces.of(SERVICE, Request("generations", {}))
    child = os.fork()
    if child == 0:
        theirs = shared_scheduler().paces.of(SERVICE, Request("generations", {}))
        os._exit(int(theirs is mine))
    assert os.waitpid(child, 0)[1] == 0


def test_the_journal_is_asked_once() -> None:
    """Only the first task of a kind has the journal asked."""
    pace = Pace(is_local=False)
    assert [pace.needs_history() for _ in range(3)] == [True, False, False]


def test_memory_is_bounded() -> None:
    """However many kinds of tasks there are, only so many are remembered."""
    paces = Paces()
    sizes = [Request("generations", {"size": f"{number}x1"}) for number in range(MAX_KINDS + 50)]
    first = [weakref.ref(paces.of(SERVICE, request)) for request in sizes]
    assert [one() is None for one in first] == [True] * 50 + [False] * MAX_KINDS


@pytest.mark.parametrize(("usual", "now"), [(12, 3), (12, 5), (12, 24), (5, 15)])
def test_a_service_that_changes(usual: float, now: float) -> None:
    """A service that has become quicker or slower is found out within some tasks, and not late."""
    with simulated() as service:
        client = service.client()
        service.follow(client, alike(40, usual))
        at_first = service.follow(client, alike(3, now, seed=3))
        later = service.follow(client, alike(30, now, seed=4))
    # Rare questions come early, whatever was learnt: a service that became faster is noticed.
    assert at_first.worst <= 3.2 * TIMING.poll_interval
    assert later.delay <= 0.7
    if now > usual:
        assert at_first.delay <= 0.8


def test_tasks_at_once_do_not_teach_haste() -> None:
    """Of 60 tasks at once the quick ones end first, and do not pass for a quicker service."""
    with simulated() as service:
        client = service.client()
        service.follow(client, alike(30))
        start = service.time
        tasks = [service.submit(client, seconds) for seconds in alike(60, seed=5)]
        pace = service.scheduler.paces.of(SERVICE, tasks[0].request)
        first_questions = []
        for seconds in range(1, 20):
            service.run_until(start + seconds)
            first_questions.append(pace.next_age(0.0))
        # Sooner where nothing is known, or the service has become another one.
        assert min(first_questions) > 1.3 * TIMING.first_poll


@pytest.mark.parametrize("count", [3, 5, 10, 20])
def test_a_few_samples_are_half_believed(count: int) -> None:
    """From 3 like tasks on, fewer questions are asked than with none, and none much later."""
    requests, delays = [], []
    for seed in range(12):
        with simulated() as service:
            client = service.client()
            service.follow(client, alike(count, seed=seed))
            measured = service.follow(client, alike(4, seed=100 + seed))
        requests.append(measured.requests)
        delays.append(measured.delay)
    assert sum(requests) / 12 <= 10.5
    assert sum(delays) / 12 <= 0.6


def test_a_long_task_is_asked_about_less_and_less() -> None:
    """A task of an hour is asked about every 10 s in the end, and its end is found as soon."""
    with simulated() as service:
        measured = service.follow(service.client(), [3600.0])
    assert measured.requests <= 460
    assert measured.delay <= 10.1


@given(st.lists(st.floats() | st.sampled_from([0.0, -1.0, 1e-9, 1e300]), max_size=40))
@settings(deadline=None)
def test_whatever_the_journal_says(values: list[float]) -> None:
    """Absurd durations do no harm: there is always a next question, and it is not far off."""
    pace = Pace(is_local=False)
    pace.learn(values)
    timer = pace.timer()
    timer.start(0.0)
    now = 0.0
    for _ in range(400):
        wait = timer.next(now)
        assert TIMING.poll_interval * 0.8 <= wait <= 3.0 * max(pace.cold_interval(now), 2.5)
        now += wait
        timer.runs(now)


def test_the_first_question() -> None:
    """With nothing learnt the first question is at 3.5 s, however much of that has passed."""
    timer = Pace(is_local=False).timer()
    timer.start(10.0)
    assert timer.next(10.001) == pytest.approx(3.499)
    # someone looks by hand meanwhile
    timer.runs(10.5)
    assert 10.5 + timer.next(10.5) == pytest.approx(13.5)
    timer.runs(13.0)
    assert timer.next(13.0) == pytest.approx(TIMING.poll_interval)


def test_a_task_of_unknown_age() -> None:
    """A task that is known by its id alone is asked about ever more rarely, and teaches nothing."""
    pace = Pace(is_local=True)
    pace.learn([2.0] * 5)
    timer = pace.timer()
    timer.start(10.0, None)
    assert [timer.next(now) for now in (10.0, 11.0, 30.0)] == [0.05, 0.05, 0.5]
    assert (timer.age(30.0), timer.ended(30.0)) == (None, None)


def test_a_late_question_teaches_nothing() -> None:
    """An end that was found long after the planned question (a laptop slept) is no measure."""
    pace = Pace(is_local=False)
    for _ in range(5):
        timer = pace.timer()
        timer.start(0.0)
        assert timer.ended(timer.next(0.0) + 600) is None
    assert pace.next_age(0.0) == TIMING.first_poll


def test_a_warm_picture_of_this_machine() -> None:
    """A task of half a second here is asked about every 50 ms once it may end, rarely before."""
    for times in ([], [0.4, 0.5, 0.6] * 10):
        pace = Pace(is_local=True)
        pace.learn(times)
        timer = pace.timer()
        timer.start(0.0)
        now, asked = 0.0, []
        while now < 0.6:
            now += timer.next(now)
            asked.append(now)
            timer.runs(now)
        gaps = [later - sooner for sooner, later in itertools.pairwise(asked) if sooner > 0.36]
        assert max(gaps) <= 0.0501
        assert len(asked) <= (9 if times else 12)


def test_many_tasks_of_this_machine_share() -> None:
    """However many tasks wait for this machine, they ask about fifty times a second in all."""
    timer = Pace(is_local=True).timer()
    timer.start(0.0)
    timer.runs(0.3)
    assert timer.next(0.3, crowd=200) == pytest.approx(200 / TIMING.local_requests)
    assert timer.next(0.3, crowd=2) == pytest.approx(TIMING.local_interval)


def test_one_that_hangs_holds_nobody_up() -> None:
    """What tasks teach waits for those that began before them, for twice the usual time at most."""
    pace = Pace(is_local=False)
    hanging = pace.timer()
    hanging.start(0.0)
    for number in range(5):
        timer = pace.timer()
        timer.start(float(number))
        timer.next(number + 9.0)
        timer.runs(number + 9.0)
        assert timer.ended(number + 10.0) == pytest.approx(9.5)
    # held back: the first may end at any moment
    assert pace.next_age(0.0) == TIMING.first_poll
    timer = pace.timer()
    timer.start(16.0)
    timer.ended(26.0, webhook_came=True)
    assert pace.next_age(0.0) > TIMING.first_poll
