from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import traitlets

from lumen_widgets.client import InvalidRequest, LumenClient
from lumen_widgets.widgets import MaskPainter, PromptForm
from tests.conditions import until
from tests.widgets.forms import MASK, PICTURE, FormPage, listeners, taken
from tests.widgets.quiet_service import SECRET, QuietService

if TYPE_CHECKING:
    from lumen_widgets.notebook.submission import Submission
    from tests.sandboxes import SandboxServer


def test_the_call_follows_from_what_the_form_holds(form: PromptForm, service: QuietService) -> None:
    """No picture generates, a picture edits, a picture and a mask repaint."""
    form.submit()
    until(lambda: len(service.submits) == 1, "generate")
    form.images = PICTURE
    form.submit()
    until(lambda: len(service.submits) == 2, "edit")
    form.mask, form.model = MASK, "fal-flux-pro-fill"
    form.submit()
    until(lambda: len(service.submits) == 3, "repaint")

    paths = [path for path, _ in service.submits]
    assert [path.rpartition("/")[2] for path in paths] == ["generations", "edits", "inpaint"]
    assert service.submits[2][1]["mask_url"].startswith("https://pictures.example.org/")


def test_only_what_was_given_is_sent(form: PromptForm, service: QuietService) -> None:
    """A field that is empty, or holds nothing but blanks, is left out of the request."""
    form.size, form.negative_prompt, form.quality = "16:9", "  ", ""
    form.n = 2
    form.extra = {"seed": 7}
    form.submit()

    assert taken(service)[1] == {
        "model": "gpt-image-2-low",
        "prompt": "a fox",
        "n": 2,
        "size": "16:9",
        "seed": 7,
    }


def test_a_pair_of_numbers_is_a_size(form: PromptForm, service: QuietService) -> None:
    """As calls take it; the form shows it as text, and refuses one in words."""
    form.size = (64, 64)
    shown = form.size
    form.submit()

    assert shown == "64x64"
    assert taken(service)[1]["size"] == "64x64"
    form.size = np.array([640, 480]).tolist()
    assert form.size == "640x480"
    for wrong in ((1, 2), (64,), (64, "64"), ()):
        with pytest.raises(traitlets.TraitError, match="size"):
            form.size = wrong
    assert form.size == "640x480"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", "   "),
        ("model", ""),
        ("n", 7),
        ("size", "banana"),
        ("size", "100000x2"),
        ("resolution", "8K"),
        ("webhook_url", "ftp://example.org"),
        ("images", ["nowhere.png"]),
        ("mask", MASK),
    ],
)
def test_a_wrong_value_is_said_beside_its_field_and_nothing_is_sent(
    form: PromptForm, service: QuietService, field: str, value: Any
) -> None:
    """Each field is refused under its own name, before anything is paid."""
    setattr(form, field, value)
    page = FormPage(form)
    until(lambda: all(one["error"] for one in page.hello()["images"]), "pictures looked at")
    page.say({"kind": "submit", "request": "1", "fields": [], "secret": ""})

    (answer,) = page.of("answer")
    named = {error["field"] for error in answer["errors"]}
    # a mask alone needs a model that repaints, and a picture
    assert (field in named) or (field == "mask" and named == {"images", "model"})
    assert not answer["taken"]
    assert service.submits == []
    with pytest.raises(InvalidRequest) as error:
        form.submit()
    assert error.value.field in named


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", 3),
        ("prompt", None),
        ("prompt", "\ud800"),
        ("n", "2"),
        ("n", True),
        ("n", 10**400),
        ("size", [1]),
        ("extra", 3),
        ("extra", {"a": object()}),
        ("language", "fr"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_where_it_is_assigned(
    form: PromptForm, field: str, value: Any
) -> None:
    """Python says at once that a field cannot hold such a thing."""
    with pytest.raises(traitlets.TraitError, match=field):
        setattr(form, field, value)


def test_numbers_of_numpy_are_numbers(form: PromptForm) -> None:
    """A count or a seed may come out of an array, as in a call."""
    form.n = np.int64(2)
    form.extra = {"seed": np.uint8(7), "deep": [np.float32(0.5), np.bool_(1)]}

    assert form.n == 2
    assert form.extra == {"seed": 7, "deep": [0.5, True]}
    assert json.loads(_extra_text(form)) == form.extra


def test_an_unknown_keyword_says_what_was_meant(service: QuietService) -> None:
    """A slip in a keyword is an error with a hint; a secret is sent to where it is not kept."""
    with pytest.raises(TypeError, match="Did you mean negative_prompt"):
        PromptForm(service.client(), negativ_prompt="x")
    with pytest.raises(TypeError, match=r"form\.submit\(webhook_secret"):
        PromptForm(service.client(), webhook_secret=SECRET)


def test_a_webhook_without_a_secret_is_refused_beside_the_secret(form: PromptForm) -> None:
    """The service requires both."""
    form.webhook_url = "https://example.org/hook"

    with pytest.raises(InvalidRequest) as error:
        form.submit()
    assert error.value.field == "webhook_secret"
    form.submit(webhook_secret=SECRET)


def test_json_with_a_slip_in_it_is_kept_and_refused(form: PromptForm) -> None:
    """What was typed into the extra fields stays, and is an error until it is an object."""
    form.set_state({"_extra_text": '{"seed": 7'})

    assert _extra_text(form) == '{"seed": 7'
    with pytest.raises(InvalidRequest, match="extra"):
        form.submit()
    form.set_state({"_extra_text": '{ "seed": 7 }'})
    assert form.extra == {"seed": 7}
    assert _extra_text(form) == '{ "seed": 7 }', "it stays as it was typed"
    form.extra = {"seed": 8}
    assert json.loads(_extra_text(form)) == {"seed": 8}


def test_listeners_hear_of_each_submit_and_a_bad_one_stops_nothing(
    form: PromptForm, service: QuietService
) -> None:
    """`on_submit` gives the submission before it is sent."""
    heard: list[Submission] = []
    form.on_submit(lambda one: one.no_such_thing)  # type: ignore[attr-defined] # a slip of a user's
    forget = form.on_submit(heard.append)
    submission = form.submit()
    forget()
    form.submit()
    until(lambda: len(service.submits) == 2, "both were sent")

    assert heard == [submission]


@pytest.mark.slow
def test_a_submit_that_the_service_refuses_for_a_field_says_so_beside_it(
    form: PromptForm,
) -> None:
    """What only the call itself can find out still stands beside its field."""
    form.images = [PICTURE]
    form.mask, form.model, form.size = MASK, "fal-flux-pro-fill", "1024x1024"
    page = FormPage(form)
    submission = form.submit()
    until(lambda: submission.error, "the call was refused")

    def said() -> dict[str, str]:
        last = [message["errors"] for message in page.of("errors")][-1:]
        return {error["field"]: error["message"] for error in (last[0] if last else [])}

    until(lambda: "48x32" in said().get("size", ""), "it was said")
    form.size = None
    until(lambda: said() == {}, "the error went")


@pytest.mark.slow
def test_pictures_of_the_last_submit_are_traits(sandbox: SandboxServer) -> None:
    """`task` and `pictures` are the last submitted task and its pictures."""
    form = PromptForm(LumenClient(sandbox.api_key, sandbox.url, journal=False), prompt="a fox")
    tasks: list[Any] = []
    form.observe(lambda change: tasks.append(change.new), "task")
    submission = form.submit()
    until(lambda: form.pictures, "pictures")

    assert tasks == [submission.task] == [form.task]
    assert form.pictures[0].task is form.task
    with pytest.raises(traitlets.TraitError, match="read-only"):
        form.task = None


def test_a_painter_is_a_mask_that_is_looked_at_again_when_somebody_paints(
    form: PromptForm, service: QuietService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty one is an error beside the field until something is painted in it."""
    painter = MaskPainter(PICTURE)
    listening = listeners(monkeypatch, painter, "on_change")
    form.images, form.mask, form.model = PICTURE, painter, "fal-flux-pro-fill"
    page = FormPage(form)
    until(lambda: (page.hello()["mask"] or {}).get("error"), "an error of the mask")
    with pytest.raises(InvalidRequest, match="nothing is painted"):
        form.submit()
    painter.rectangle(8, 8, 8, 8)
    mask = until(lambda: (one := page.hello()["mask"]) and not one["error"] and one, "no error")
    form.submit()

    assert (mask["width"], mask["height"]) == (48, 32)
    assert mask["thumbnail"]
    assert taken(service)[0].endswith("inpaint")
    assert len(listening) == 1
    form.mask = None
    painter.clear()
    assert listening == []


def _extra_text(form: PromptForm) -> str:
    """Return what a page shows in the field for more fields of the request."""
    return str(form.get_state("_extra_text")["_extra_text"])
