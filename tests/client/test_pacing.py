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
    MAX_SAMPLES,
    Pace,
    Paces,
    make_plan,
)
from lumen_widgets.core.polling.scheduler import shared_scheduler
from lumen_widgets.core.timing import TIMING
from lumen_widgets.journal import Journal, JournalUnusable
from tests.simulation import URL, simulated

if TYPE_CHECKING:
    from pathlib import Path

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

    def wait(self, age: float, behind: float = 0.0) -> float:
        """Wait as with nothing learnt, however late questions are."""
        del behind
        return self.default_wait(age)


def test_with_nothing_learnt() -> None:
    """Tasks of 4 to 20 s are known to have ended after 0.6 s, for 11.5 requests."""
    with simulated(Cold) as service:
        measured = service.follow(service.client(), unknown(300), gap=2)
    assert measured.requests <= 11.5
    assert measured.delay <= 0.6
    assert measured.worst <= TIMING.poll_interval + 0.1


@pytest.mark.parametrize("median", [6.0, 9.0, 12.2])
def test_after_thirty_like_tasks(median: float) -> None:
    """After 30 like tasks it is 8.5 requests, the picture's own counted too, and 0.5 s."""
    with simulated() as service:
        client = service.client()
        service.follow(client, alike(30, median))
        measured = service.follow(client, alike(300, median, seed=2), gap=2)
    assert measured.requests + 1 <= 8.5
    assert measured.delay <= 0.5


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
        service.follow(service.client(journal=tmp_path), [11.0])
        assert len(service.tasks["task-1"].asked) <= 6


def test_without_a_journal_the_process_remembers() -> None:
    """``journal=False`` learns too, for as long as the process lives, across clients."""
    with simulated() as service:
        service.follow(service.client(), alike(10))
        service.follow(service.client(), [11.0])
        *_, last = service.tasks.values()
        assert len(last.asked) <= 6


def test_a_broken_journal_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks are followed at the usual pace where the journal cannot be asked."""

    def refuse(*_values: object, **_names: object) -> list[float]:
        message = "not a database"
        raise JournalUnusable(message)

    monkeypatch.setattr(Journal, "durations", refuse)
    with simulated() as service:
        measured = service.follow(service.client(journal=tmp_path), [11.0])
    assert measured.requests == 11
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
    # One question comes early, whatever was learnt: a service that became faster is noticed.
    assert at_first.worst <= 0.6 * usual
    assert later.delay <= 1.0
    if now > usual:
        assert at_first.delay <= 0.9


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
            first_questions.append(pace.wait(0.0))
        # After two seconds where nothing is known, or the service has become another one.
        assert min(first_questions) > 1.5 * TIMING.first_poll


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
    assert sum(requests) / 12 <= 9.5
    assert sum(delays) / 12 <= 1.0


def test_a_long_task_is_asked_about_less_and_less() -> None:
    """A task of an hour is asked about every 10 s in the end, and its end is found as soon."""
    with simulated() as service:
        measured = service.follow(service.client(), [3600.0])
    assert measured.requests <= 450
    assert measured.delay <= 10.1


@given(st.lists(st.floats() | st.sampled_from([0.0, -1.0, 1e-9, 1e300]), max_size=40))
@settings(deadline=None)
def test_whatever_the_journal_says(values: list[float]) -> None:
    """Absurd durations do no harm: there is always a next question, and it is not far off."""
    pace = Pace(is_local=False)
    pace.learn(values)
    timer = pace.timer()
    timer.start(0.0)
    now, sound = 0.0, [value for value in values if 0.05 <= value <= 6 * 3600]
    for number in range(400):
        wait = timer.next(now)
        assert wait >= TIMING.poll_interval / 5
        limit = max([2.5, *(0.6 * value for value in sound)]) if number == 0 else 1e5
        assert wait <= limit
        now += wait
        timer.runs(now)


@given(
    st.lists(st.floats(0.05, 6 * 3600), min_size=3, max_size=MAX_SAMPLES),
    st.sampled_from(
        [
            TIMING.local_interval,
            TIMING.poll_interval,
            64 * TIMING.local_interval,
            64 * TIMING.poll_interval,
        ]
    ),
)
@settings(deadline=None)
def test_a_plan_is_a_plan(seconds: list[float], interval: float) -> None:
    """A plan's ages rise, a quarter of the usual interval apart at least, and are finite."""
    ages = make_plan(seconds, interval)
    assert ages
    assert 0 < ages[0] <= max(*seconds, interval / 2)
    # The very last one is where the plan ends.
    assert all(later > sooner for sooner, later in itertools.pairwise(ages))
    assert ages[-1] <= 1.4 * max(seconds) + 1e-6


def test_the_first_question() -> None:
    """With nothing learnt the first request is at 2 s, however much of that has passed already."""
    timer = Pace(is_local=False).timer()
    timer.start(10.0)
    assert timer.next(10.001) == pytest.approx(1.999)
    # someone looks by hand meanwhile
    assert 10.5 + timer.next(10.5) == pytest.approx(12.0)
    assert timer.next(11.5) == TIMING.poll_interval


def test_a_task_of_unknown_age() -> None:
    """A task that is known by its id alone is asked about at the interval, and teaches nothing."""
    pace = Pace(is_local=True)
    pace.learn([2.0] * 5)
    timer = pace.timer()
    timer.start(10.0, None)
    assert [timer.next(now) for now in (10.0, 11.0, 30.0)] == [TIMING.local_interval] * 3
    assert (timer.age(30.0), timer.ended(30.0)) == (None, None)


def test_a_late_question_teaches_nothing() -> None:
    """An end that was found long after the planned question (a laptop slept) is no measure."""
    pace = Pace(is_local=False)
    for _ in range(5):
        timer = pace.timer()
        timer.start(0.0)
        assert timer.ended(timer.next(0.0) + 600) is None
    assert pace.wait(0.0) == TIMING.first_poll


def test_a_crowd_is_asked_less_often() -> None:
    """The later questions are asked, the fewer there are; an end that is found late is none."""
    pace = Pace(is_local=False)
    pace.learn(alike(30))

    def questions(behind: float) -> int:
        timer, now, asked = pace.timer(), 0.0, 0
        timer.start(now)
        while now < 20:
            timer.runs(now)
            now += timer.next(now, behind)
            asked += 1
        assert (timer.ended(now) is None) == (behind > 5)
        return asked

    counts = [questions(behind) for behind in (0.0, 2.0, 8.0, 1000.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 2 * counts[-1]


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
    assert pace.wait(0.0) == TIMING.first_poll  # held back: the first may end at any moment
    timer = pace.timer()
    timer.start(16.0)
    timer.ended(26.0, webhook_came=True)
    assert pace.wait(0.0) > TIMING.first_poll
