"""What a task says while its service cannot be asked: why, and for as long as it lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulation import simulated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumen_widgets.client import Task
    from tests.simulation import Simulation


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    """Return a simulated service, with a clock of its own."""
    with simulated() as service:
        yield service


def listen(task: Task) -> list[str | None]:
    """Return what a task says of its trouble, noted at each of its news."""
    heard: list[str | None] = []
    task.subscribe(lambda one: heard.append(one.lasting_trouble))
    return heard


def test_one_question_that_fails_is_not_worth_a_word(simulation: Simulation) -> None:
    """The next one comes a second later: a row that said it would only flicker."""
    task = simulation.submit(simulation.client(), 60.0)
    heard = listen(task)
    for status in (503, 429):
        simulation.refuse = [(status, {})]
        simulation.run_until(simulation.time + 20)
        assert not simulation.refuse
    assert set(heard) <= {None}


def test_a_service_that_asks_for_a_long_wait_is_told_of_at_once(simulation: Simulation) -> None:
    """Half a minute without news looks like a task that hangs."""
    task = simulation.submit(simulation.client(), 60.0)
    simulation.refuse = [(429, {"Retry-After": "30"})]
    simulation.run_until(simulation.time + 6)
    assert str(task.lasting_trouble).startswith("The service asks to wait.")


def test_an_outage_is_told_once_however_often_it_is_asked(simulation: Simulation) -> None:
    """Told once that it began, and once that it is over: no news comes with each question."""
    task = simulation.submit(simulation.client(), 1e6)
    simulation.run_until(simulation.time + 10)
    heard, asked = listen(task), len(simulation.attempts)
    simulation.down = True
    simulation.run_until(simulation.time + 300)
    assert len(simulation.attempts) - asked > 20
    assert len(heard) == 1
    assert "gave no answer" in str(heard[0])

    simulation.down = False
    simulation.run_until(simulation.time + 15)
    assert heard[1:] == [None]
    assert task.trouble is None


def test_another_kind_of_trouble_is_told(simulation: Simulation) -> None:
    """A gateway that is back before its service gives another reason."""
    task = simulation.submit(simulation.client(), 1e6)
    simulation.run_until(simulation.time + 10)
    simulation.down = True
    simulation.run_until(simulation.time + 60)
    heard = listen(task)
    simulation.down, simulation.refuse = False, [(502, {})] * 3
    simulation.run_until(simulation.time + 60)
    assert len(heard) == 2
    assert "behind it, failed" in str(heard[0])
    assert heard[1] is None


def test_every_task_says_it_though_only_one_is_asked_about(simulation: Simulation) -> None:
    """While nothing connects one question at a time tries: the others would seem to go well."""
    client = simulation.client()
    tasks = [simulation.submit(client, 1e6) for _ in range(100)]
    simulation.run_until(simulation.time + 20)
    simulation.down = True
    simulation.run_until(simulation.time + 10)
    assert all(task.lasting_trouble for task in tasks)
    simulation.down = False
    simulation.run_until(simulation.time + 11)
    assert not any(task.lasting_trouble for task in tasks)


def test_a_fault_of_one_task_is_not_said_of_the_others(simulation: Simulation) -> None:
    """A 500 may be about that task alone; and that others are answered does not end it."""
    client = simulation.client()
    good = simulation.submit(client, 1e6)
    bad = simulation.submit(client, 1e6)
    name = list(simulation.tasks)[-1]
    assert name == bad.id
    simulation.broken = {name}
    simulation.run_until(simulation.time + 60)
    assert bad.lasting_trouble
    assert good.lasting_trouble is None


def test_what_is_not_watched_is_not_in_trouble(simulation: Simulation) -> None:
    """Nothing is asked then; watched again it says nothing of before."""
    task = simulation.submit(simulation.client(), 1e6)
    simulation.down = True
    simulation.run_until(simulation.time + 30)
    assert task.lasting_trouble
    task.stop_watching()
    assert task.lasting_trouble is None
