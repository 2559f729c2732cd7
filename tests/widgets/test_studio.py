"""A Studio without a browser: what it holds, what it says of money, and how it is closed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import traitlets

import lumen_widgets as lumen
from lumen_widgets.widgets import PromptForm, Studio
from tests.conditions import until
from tests.widgets.comms import PageComm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.widgets.quiet_service import QuietService


@pytest.fixture
def studio(service: QuietService) -> Iterator[Studio]:
    """Return a Studio of the service's account."""
    made = Studio(service.client())
    yield made
    made.close()


def _spending(studio: Studio) -> dict[str, Any]:
    found: dict[str, Any] = studio.get_state("_spending")["_spending"]
    return found


def test_a_studio_is_a_form_of_its_account(studio: Studio, service: QuietService) -> None:
    """What is submitted in it is submitted by the form."""
    studio.form.prompt = "a fox"
    studio.form.submit()
    until(lambda: service.submits, "the service got a submit")

    assert isinstance(studio.form, PromptForm)
    assert studio.get_state("form")["form"] == f"anywidget:{studio.form.model_id}"
    assert repr(studio).startswith("Lumen Studio\nLumen form · ")


def test_language_and_static_are_those_of_all_that_is_in_it(service: QuietService) -> None:
    """From the beginning, and when they change."""
    studio = Studio(service.client(), language="zh", static=False)
    form = studio.form
    first = (form.language, form.static, form.panel.language, form.panel.static)
    studio.language, studio.static = "en", True
    then = (form.language, form.static, form.panel.language, form.panel.static)
    studio.close()

    assert first == ("zh", False, "zh", False)
    assert then == ("en", True, "en", True)
    with pytest.raises(traitlets.TraitError):
        Studio(service.client(), language="de")


def test_pages_hear_what_was_spent_and_is_left(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the submit, and with another budget; without one, nothing is said to be left."""
    monkeypatch.setitem(lumen.prices, "gpt-image-2-low", 2.0)
    before = _spending(studio)
    lumen.budget(credits=50)
    until(lambda: _spending(studio)["left"] == 50, "the budget is known")
    studio.form.prompt = "a fox"
    studio.form.submit()
    until(lambda: _spending(studio)["spent"] == 2, "the submit is counted")
    counted = _spending(studio)
    lumen.budget().remove()

    assert before["left"] is None
    assert (counted["left"], counted["tasks"], counted["tasks_left"]) == (48, 1, None)
    assert json.loads(json.dumps(counted)) == lumen.budget().spending() | {"left": 48}


def test_a_page_can_write_nothing(studio: Studio) -> None:
    """Neither what is spent, nor another form."""
    before = studio.get_state(["form", "_spending", "language", "_host", "_studio"])
    studio.set_state({"form": None, "_spending": {}, "language": "zh", "_host": "", "_studio": ""})

    assert studio.get_state(list(before)) == before


def test_with_it_all_that_is_in_it_is_closed(studio: Studio) -> None:
    """A page that is loaded afterwards asks for nothing of it."""
    studio.form.show_gallery()
    parts = list(studio.form.parts())
    studio.close()
    studio.close()

    assert len(parts) >= 2
    assert [one.comm for one in parts] == [None] * len(parts)
    assert studio.get_state("form")["form"] is None


def test_a_form_that_is_closed_in_it_takes_no_state_from_a_page(studio: Studio) -> None:
    """The Studio is still there, and says that there is none."""
    studio.form.close()
    studio.language = "zh"
    PageComm(studio).say({"kind": "shown", "view": "v"})

    assert studio.form is None
    assert studio.get_state("form")["form"] is None
    assert repr(studio) == "Lumen Studio"


def test_its_work_is_taken_up_once_a_page_shows_it(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before: a script that makes one reads no journal for it."""
    taken: list[str] = []
    # in place of a method, which a list's own is none
    monkeypatch.setattr(PromptForm, "take_up_last", lambda form: taken.append(form.model_id))
    page = PageComm(studio)
    page.say({"kind": "hidden", "view": "v"})
    page.say(["no message"])
    none = list(taken)
    page.say({"kind": "shown", "view": "v"})

    assert none == []
    assert taken == [studio.form.model_id]
