"""What pictures cost: the price list that a user fills in, and who reads it."""

from __future__ import annotations

import threading
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import lumen_widgets as lumen
from lumen_widgets.client import Request, Task, prices
from lumen_widgets.client.spending.prices import Prices, cost_of, credits_of, format_credits
from lumen_widgets.core import errors
from lumen_widgets.core.task import TaskState


def _request(**body: Any) -> Request:
    return Request("generations", {"prompt": "a cat", "model": "m", **body})


def test_a_mapping_that_a_user_fills_in() -> None:
    """It is used as a dictionary is, holds floats, and shows itself as one."""
    assert lumen.prices is prices
    lumen.prices["m"] = 2
    lumen.prices.update({"n": 0.5, "free": 0, "numpy": np.float64(1.5)})
    assert dict(lumen.prices) == {"m": 2.0, "n": 0.5, "free": 0.0, "numpy": 1.5}
    assert repr(lumen.prices) == str({"m": 2.0, "n": 0.5, "free": 0.0, "numpy": 1.5})
    del lumen.prices["n"]
    assert "n" not in lumen.prices
    assert lumen.prices.get("n") is None
    with pytest.raises(KeyError):
        _ = lumen.prices["n"]
    with pytest.raises(KeyError):
        del lumen.prices["n"]


def test_a_cell_shows_a_table_and_an_empty_one_how_to_begin() -> None:
    """A code is untrusted text, and no markup."""
    listed = Prices()
    assert 'lumen.prices["model"] = 2.0' in listed._repr_html_()
    listed["<m>"] = 2
    assert "<tr><td>&lt;m&gt;</td><td>2</td></tr>" in listed._repr_html_()


@pytest.mark.parametrize(
    "price",
    [
        -1,
        float("nan"),
        float("inf"),
        10**400,
        1e308,
        "2",
        None,
        True,
        [2],
        1j,
        np.timedelta64(2, "D"),
    ],
    ids=[
        "below zero",
        "nan",
        "inf",
        "huge",
        "near the end of floats",
        "text",
        "None",
        "bool",
        "list",
        "complex",
        "span of time",
    ],
)
def test_a_wrong_price_is_refused_and_the_old_one_stays(price: Any) -> None:
    """The error says of which model, and what to give."""
    prices["m"] = 2
    with pytest.raises(errors.InvalidRequest, match='of "m" is no number of credits') as caught:
        prices["m"] = price
    assert isinstance(caught.value, ValueError)
    assert "credits for one picture" in caught.value.next_step
    assert prices["m"] == 2


@pytest.mark.parametrize("code", ["", "  ", 3, None])
def test_a_wrong_code_is_refused(code: Any) -> None:
    """A price belongs to a model's code."""
    with pytest.raises(errors.InvalidRequest, match="model's code"):
        prices[code] = 2


@pytest.mark.parametrize(
    ("body", "cost"),
    [
        ({}, Fraction(1, 10)),
        ({"n": 3}, Fraction(3, 10)),
        ({"n": 9}, Fraction(9, 10)),
        ({"model": "unheard-of"}, None),
        ({"n": "3"}, None),
        ({"n": 3.0}, None),
        ({"n": True}, None),
        ({"n": None}, None),
        ({"n": 0}, None),
    ],
    ids=repr,
)
def test_a_request_costs_its_pictures_exactly_or_nobody_knows(
    body: dict[str, Any], cost: Fraction | None
) -> None:
    """What `extra` made of n is not guessed at, and three times 0.1 are 0.3."""
    prices["m"] = 0.1
    assert cost_of(_request(**body)) == cost


def test_the_price_of_a_task_follows_the_list() -> None:
    """There is one list: a task says what it costs by it, at any time."""
    state = TaskState(
        "a", _request(n=3), origin="https://lumen.example", status="queued", cost=credits_of
    )
    task = Task(state)
    seen = [task.credits]
    for price in (0.1, 2):
        prices["m"] = price
        seen.append(task.credits)
    assert seen == [None, 0.3, 6]


def test_listeners_hear_which_price_changed_and_a_bad_one_stops_nothing() -> None:
    """Also when it is forgotten; not once they said that they had enough."""
    listed, heard = Prices(), list[str]()

    def fail(model: str) -> None:
        raise RuntimeError(model)

    listed.subscribe(fail)
    stop = listed.subscribe(heard.append)
    listed["m"] = 2
    listed.update(n=1)
    listed.clear()
    stop()
    stop()
    listed["m"] = 3
    assert heard[:2] == ["m", "n"]
    assert sorted(heard[2:]) == ["m", "n"]


def test_prices_that_are_set_at_once_are_all_there() -> None:
    """No change is lost to another thread's, and one who reads meanwhile sees a whole list."""
    listed = Prices()

    def fill(part: int) -> None:
        for number in range(200):
            listed[f"{part}-{number}"] = number
            assert len(list(listed)) <= len(listed)

    threads = [threading.Thread(target=fill, args=(part,)) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(listed) == 1600


@pytest.mark.parametrize(
    ("amount", "words"),
    [(0, "0 credits"), (1, "1 credit"), (Fraction(5, 2), "2.5 credits"), (1e6, "1000000 credits")],
)
def test_amounts_in_words(amount: float, words: str) -> None:
    """One credit is one, and a large amount is written out."""
    assert format_credits(amount) == words
