"""What a form asks of a repaint: everything else kept, only a part of it sent, new ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import traitlets

from lumen_widgets.client import InvalidRequest, LumenClient
from lumen_widgets.widgets import PromptForm
from tests.conditions import until
from tests.widgets.forms import MASK, PICTURE, FormPage, taken

if TYPE_CHECKING:
    from tests.sandboxes import SandboxServer
    from tests.widgets.quiet_service import QuietService

_FILL = "fal-flux-pro-fill"


def _said(page: FormPage, form: PromptForm) -> dict[str, str]:
    """Return what a form says is wrong, once it has looked at its pictures."""
    until(lambda: all(one["width"] for one in page.hello()["images"]), "pictures looked at")
    return {error["field"]: error["message"] for error in page.hello()["errors"]}


def test_a_picture_with_new_ground_on_a_side_is_extended(
    form: PromptForm, service: QuietService
) -> None:
    """One picture and any side above 0 make the call of `extend`, in the size that comes of it."""
    form.images, form.model, form.left, form.bottom = PICTURE, _FILL, 16, 32
    form.submit()

    path, body = taken(service)
    assert path.endswith("inpaint")
    assert body["size"] == "1024x1024"
    assert len(body["image_urls"]) == 1
    assert body["mask_url"] != body["image_urls"][0]


def test_what_a_page_holds_of_a_repaint_goes_into_its_submit(
    form: PromptForm, service: QuietService
) -> None:
    """The page's values count, since a trait may still be on its way."""
    form.images, form.mask, form.model = PICTURE, MASK, _FILL
    page = FormPage(form)
    values = {"exact": True, "crop": 0.5, "left": 0, "top": 0, "right": 0, "bottom": 0}
    fields = [{"field": field, "value": value} for field, value in values.items()]
    page.say({"kind": "submit", "request": "1", "fields": fields, "secret": ""})

    # the part around the mask in a size of its own, where a whole repaint names none
    assert taken(service)[1]["size"] == "1024x688"


@pytest.mark.slow
def test_an_extended_picture_is_the_old_one_on_new_ground(sandbox: SandboxServer) -> None:
    """As large as its sides say, and the same pixels where it was before."""
    client = LumenClient(sandbox.api_key, sandbox.url, journal=False)
    picture = np.random.default_rng(3).integers(0, 256, (64, 96, 3), np.uint8)
    form = PromptForm(client, prompt="a fox", model=_FILL, images=picture, right=32, top=16)
    form.submit()
    until(lambda: form.pictures, "an extended picture")
    extended = form.pictures[0].to_numpy()

    assert extended.shape[:2] == (80, 128)
    assert np.array_equal(extended[16:, :96, :3], picture)


@pytest.mark.slow
@pytest.mark.parametrize("exact", [True, False])
def test_a_repaint_is_put_back_into_its_picture_unless_the_form_says_otherwise(
    sandbox: SandboxServer, *, exact: bool
) -> None:
    """By a model that redraws everything: outside of the mask the picture is the one that was."""
    client = LumenClient(sandbox.api_key, sandbox.url, journal=False)
    y, x = np.mgrid[:192, :256]
    picture = np.stack([x // 2 + 60, y // 2 + 60, (x + y) // 4 + 40], 2).astype(np.uint8)
    mask = np.zeros((192, 256), bool)
    mask[64:128, 96:160] = True
    form = PromptForm(client, prompt="a fox", model="sandbox-redraws", images=picture, mask=mask)
    form.exact = exact
    form.submit()
    until(lambda: form.pictures, "a repainted picture")
    made = form.pictures[0]

    assert (made.raw is made) is not exact
    assert (made.note != "") is exact
    assert not exact or np.array_equal(made.to_numpy()[~mask][:, :3], picture[~mask])


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"left": -1}, "left", "not a whole number of pixels from 0 to 4096"),
        ({"bottom": 4097}, "bottom", "not a whole number of pixels from 0 to 4096"),
        ({"left": 4000, "right": 60}, "left", "4096 is the most"),
        ({"top": 4090}, "top", "4096 is the most"),
        ({"left": 8, "mask": MASK}, "left", "cannot go together"),
        ({"bottom": 8, "mask": MASK}, "bottom", "cannot go together"),
        ({"left": 8, "size": "16:9"}, "size", "Leave out size"),
        ({"mask": MASK, "crop": 0.5, "size": "48x32"}, "size", "Leave out size"),
        ({"mask": MASK, "crop": -0.5}, "crop", "not a number from 0 to 100"),
        ({"mask": MASK, "crop": 0.5, "exact": False}, "crop", "put back into the rest"),
    ],
)
def test_what_cannot_be_asked_of_a_repaint_is_said_beside_its_field(
    form: PromptForm, service: QuietService, fields: dict[str, Any], field: str, words: str
) -> None:
    """In the words of a call, as soon as it stands there, and nothing is sent."""
    form.images, form.model = PICTURE, _FILL
    for name, value in fields.items():
        setattr(form, name, value)
    page = FormPage(form)

    assert words in until(lambda: _said(page, form).get(field), "it was said")
    page.say({"kind": "submit", "request": "1", "fields": [], "secret": ""})
    assert page.of("answer")[-1]["taken"] is False
    with pytest.raises(InvalidRequest, match=field):
        form.submit()
    assert service.submits == []


def test_an_extension_needs_one_picture_and_a_model_that_can(
    form: PromptForm, service: QuietService
) -> None:
    """Each is said where it is missing once a submit is asked for."""
    form.left = 64
    with pytest.raises(InvalidRequest, match=r"model: .* cannot inpaint"):
        form.submit()
    form.model = _FILL
    with pytest.raises(InvalidRequest, match="no picture to extend"):
        form.submit()
    form.images = [PICTURE, PICTURE + 1]
    with pytest.raises(InvalidRequest, match="takes one picture"):
        form.submit()

    assert service.submits == []


def test_what_repaints_want_is_no_part_of_other_calls(
    form: PromptForm, service: QuietService
) -> None:
    """A form that generates or edits does not look at them."""
    form.crop, form.exact, form.size = -3, False, "16:9"
    form.submit()

    assert taken(service)[1]["size"] == "16:9"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("left", 1.5, "left is 1.5, not a whole number"),
        ("top", "64", "top is '64', not a whole number"),
        ("right", None, "right is of type NoneType, not a whole number"),
        ("bottom", True, "bottom is True, not a whole number"),
        ("left", 10**400, "not a whole number"),
        ("crop", "0.5", "crop is '0.5', not a number"),
        ("crop", True, "crop is True, not a number"),
        ("crop", float("nan"), "crop is nan, not a number"),
        ("crop", 10**400, "not a number"),
        ("exact", "yes", "exact"),
    ],
)
def test_a_trait_of_a_repaint_refuses_what_is_of_another_type(
    form: PromptForm, field: str, value: Any, words: str
) -> None:
    """Where Python assigns it, and beside its field where a page has written it."""
    before = getattr(form, field)
    with pytest.raises(traitlets.TraitError, match=words):
        setattr(form, field, value)
    form.set_state({field: value})
    said = {error["field"]: error["message"] for error in FormPage(form).hello()["errors"]}

    assert words in said[field]
    assert getattr(form, field) == before


def test_numbers_of_numpy_are_numbers_of_a_repaint(form: PromptForm) -> None:
    """A side or a share may come out of an array."""
    form.left, form.crop = np.int64(64), np.float32(0.5)

    assert (form.left, form.crop) == (64, 0.5)
    assert (type(form.left), type(form.crop)) == (int, float)


def test_clicks_in_two_tabs_that_want_other_repaints_are_both_paid(
    form: PromptForm, service: QuietService
) -> None:
    """The same click in both would be paid once."""
    form.images, form.model = PICTURE, _FILL
    page = FormPage(form)
    seen = page.hello()["sequence"]
    for request, left in (("tab-1", 16), ("tab-2", 16), ("tab-3", 32)):
        fields = [{"field": "left", "value": left}]
        click = {"kind": "submit", "sequence": seen, "fields": fields, "secret": ""}
        page.say({**click, "request": request})
    until(lambda: len(service.submits) == 2, "two submits")

    answers = [(one["request"], one["repeated"]) for one in page.of("answer")]
    assert answers == [("tab-1", False), ("tab-2", True), ("tab-3", False)]


def test_what_was_wrong_with_a_side_is_past_with_another_picture(
    form: PromptForm, service: QuietService
) -> None:
    """A picture's size decides how far it can grow."""
    wide = np.zeros((8, 4090, 3), np.uint8)
    form.images, form.model, form.left = wide, _FILL, 64
    page = FormPage(form)
    until(lambda: "4096" in _said(page, form).get("left", ""), "it is too wide")
    form.images = PICTURE
    until(lambda: "left" not in _said(page, form), "it is not any more")
    form.submit()

    assert taken(service)[0].endswith("inpaint")
