"""The seam: in which order options are asked, what undoes what, and what a failure may not stop."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import requests

from lumen_widgets.core import errors
from lumen_widgets.core.call import Call
from lumen_widgets.core.http.keys import Key
from lumen_widgets.core.http.origin import read_origin
from lumen_widgets.core.http.transport import Transport
from lumen_widgets.core.options import AnsweredMeanwhile, Option, Options
from lumen_widgets.core.pictures.downloads import fetch_picture
from lumen_widgets.core.polling.poller import TaskPoller
from lumen_widgets.core.request import Request
from lumen_widgets.core.submit import submit
from lumen_widgets.core.task import Task, TaskState
from lumen_widgets.core.timing import TIMING
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer
from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.answers import Accepted
    from tests.client.service import Service

ABOVE = ["check", "answer", "prepare", "reserve", "host", "record"]
REFUSING = ["check", "prepare", "reserve", "host", "record"]


class Noted(Option):
    """An option that notes each of its steps, and does what it is told at one of them."""

    def __init__(
        self, name: str, steps: list[str], at: str = "", does: Callable[..., Any] | None = None
    ) -> None:
        self._name = name
        self._steps = steps
        self._at = at
        self._does = does

    def __getattribute__(self, step: str) -> Any:
        if step.startswith("_") or step == "home":
            return super().__getattribute__(step)

        def noted(*what: Any) -> Any:
            self._steps.append(f"{self._name} {step}")
            if step == self._at and self._does is not None:
                return self._does(*what)
            return getattr(type(self), step)(self, *what)

        return noted


def refuse(*_: object) -> None:
    """Refuse a step, as the budget does."""
    raise errors.BudgetExceeded("Too much.")


def sent(url: str, *options: Option) -> Task:
    """Submit a request with these options, and return what came of it."""

    def follow(accepted: Accepted) -> Task:
        return Task(TaskState(accepted.task_id, call.request, origin=url, status=accepted.status))

    origin = read_origin(url)
    key = Key("sk-lumen-local-SENTINELsentinel0123456789", origin)
    call = Call(Request("generations", {"model": "m", "prompt": "a cat"}))
    transport = Transport(origin, key, requests.Session())
    return submit(
        call, Options(options), transport=transport, timeout=10.0, timing=TIMING, follow=follow
    )


def test_every_step_has_its_place(service: Service) -> None:
    """Each step is asked of every option, in their order, before the next step."""
    steps: list[str] = []
    sent(service.server.url, Noted("one", steps), Noted("two", steps))

    above = [f"{name} {step}" for step in ABOVE for name in ("one", "two")]
    below = [f"{name} {step}" for step in ("is_known", "accepted") for name in ("one", "two")]
    assert steps == [*above, *below]


@pytest.mark.parametrize("step", REFUSING)
def test_what_refuses_undoes_all_in_reverse_and_nothing_is_sent(
    step: str, service: Service
) -> None:
    """An option may refuse at each step before the POST; whatever was held is let go."""
    steps: list[str] = []
    with pytest.raises(errors.BudgetExceeded):
        sent(service.server.url, Noted("one", steps), Noted("two", steps, step, refuse))

    undone = [] if step == "check" else ["two refused", "one refused"]
    assert steps[-1 - len(undone) :] == [f"two {step}", *undone]
    assert service.server.posts == []


def test_what_is_there_already_costs_nothing(service: Service) -> None:
    """An answer comes before anything is reserved, hosted or written down."""
    steps: list[str] = []
    request = Request("generations", {"prompt": "a cat"})
    there = Task(TaskState("a", request, origin="https://lumen.example", status="queued"))
    found = sent(
        service.server.url, Noted("one", steps), Noted("two", steps, "answer", lambda _: there)
    )

    assert found is there
    assert steps == ["one check", "two check", "one answer", "two answer"]
    assert service.server.posts == []


def test_what_someone_else_sent_meanwhile_is_looked_for_again(service: Service) -> None:
    """An option that finds the same request as it writes it down has the look repeated."""
    steps: list[str] = []
    request = Request("generations", {"prompt": "a cat"})
    there = Task(TaskState("a", request, origin="https://lumen.example", status="queued"))

    class Late(Noted):
        def answer(self, call: Call) -> Task | None:
            del call
            return there if "late record" in self._steps else None

    def found(_: Call) -> None:
        raise AnsweredMeanwhile

    late = Late("late", steps, "record", found)
    assert sent(service.server.url, Noted("one", steps), late) is there
    assert steps.count("one reserve") == steps.count("one refused") == 1
    assert service.server.posts == []


@pytest.mark.parametrize(
    ("behaviour", "step"),
    [
        (fault.answers(402, {"error": {"code": "c", "message": "No."}}), "refused"),
        (fault.drops_after_reading, "unknown"),
    ],
)
def test_only_a_refusal_undoes_what_was_sent(behaviour: Any, step: str) -> None:
    """A refused request lets go of all that was held for it; one of unknown outcome of nothing."""
    steps: list[str] = []
    with FaultServer(behaviour) as server, pytest.raises(errors.LumenError):
        sent(server.url, Noted("one", steps), Noted("two", steps))

    order = ["two", "one"] if step == "refused" else ["one", "two"]
    assert steps[-2:] == [f"{name} {step}" for name in order]


def test_a_failure_after_the_post_is_a_warning(service: Service) -> None:
    """The task is paid: it is returned whatever an option says, and the others hear of it."""
    steps: list[str] = []
    with pytest.warns(UserWarning, match="the disk is gone"):
        taken = sent(
            service.server.url,
            Noted(
                "one",
                steps,
                "accepted",
                lambda _: (_ for _ in ()).throw(OSError("the disk is gone")),
            ),
            Noted("two", steps),
        )

    assert taken.id == "task-1"
    assert steps[-1] == "two accepted"


def test_a_task_is_followed_through_its_options(service: Service) -> None:
    """Each answer, each picture and the end are told, whatever another option makes of them."""
    steps: list[str] = []
    service.statuses["*"] = [service.succeeded("a")]
    origin = read_origin(service.server.url)
    transport = Transport(origin, Key("sk-lumen-local-SENTINEL", origin), requests.Session())
    request = Request("generations", {"prompt": "a cat"})
    state = TaskState("a", request, origin=origin.url, status="queued")
    fails = Noted("one", steps, "picture", refuse)
    poller = TaskPoller(
        state,
        Options([fails, Noted("two", steps)]),
        transport=transport,
        fetch=partial(fetch_picture, base_url=origin.url),
        timeout=10.0,
    )
    (picture,) = poller.start().wait(30)

    assert picture.task is poller.task
    until(lambda: "two ended" in steps, "the end is told, after those that wait")
    told = [step for step in steps if step.startswith("two") and "durations" not in step]
    expected = ["watched", "status", "kept", "picture", "derive", "placed", "ended"]
    assert told == [f"two {step}" for step in expected]
