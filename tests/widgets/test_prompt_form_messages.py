from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from traitlets import TraitError

from lumen_widgets.client import LumenError
from lumen_widgets.widgets import PromptForm, TaskPanel
from tests.conditions import until
from tests.widgets.forms import MASK, PICTURE, FormPage, taken
from tests.widgets.quiet_service import SECRET, QuietService


def test_the_secret_travels_with_the_submit_and_is_kept_nowhere(
    form: PromptForm, service: QuietService
) -> None:
    """It is in the request, and in no trait and no message of the form."""
    page = FormPage(form)
    fields = [{"field": "webhook_url", "value": "https://example.org/hook"}]
    page.say({"kind": "submit", "request": "1", "fields": fields, "secret": SECRET})
    body = taken(service)[1]

    assert body["webhook_secret"] == SECRET
    assert body["webhook_url"] == "https://example.org/hook"
    assert SECRET not in json.dumps([form.get_state(), page.heard], default=repr)
    assert SECRET not in repr(vars(form))


def test_a_browser_may_write_fields_and_nothing_else(form: PromptForm) -> None:
    """The account, the panel and the pictures are the kernel's alone; nonsense raises nothing."""
    before = form.get_state("_host"), form.panel, form.images
    form.set_state(
        {"_host": "evil", "panel": None, "images": [1], "nothing": 1, "n": "x", "prompt": "an owl"}
    )

    assert (form.get_state("_host"), form.panel, form.images) == before
    assert form.prompt == "an owl"
    assert form.n is None


def test_a_submit_takes_what_the_browser_holds_even_if_a_trait_is_behind(
    form: PromptForm, service: QuietService
) -> None:
    """What somebody typed last is sent, although the update of its trait may come after."""
    FormPage(form).say(
        {
            "kind": "submit",
            "request": "1",
            "fields": [{"field": "prompt", "value": "a whale"}, {"field": "n", "value": 3}],
            "secret": "",
        },
    )

    assert taken(service)[1] == {"model": "gpt-image-2-low", "prompt": "a whale", "n": 3}
    assert form.prompt == "a fox", "else the answer would replace what is typed meanwhile"


@pytest.mark.parametrize(
    "fields",
    [
        None,
        {},
        "prompt",
        [None],
        [["prompt", "an owl"]],
        [{"field": "prompt"}],
        [{"value": "x"}],
        [{"field": "n", "value": 1}, {"field": "n", "value": 4}],
        [{"field": "seed", "value": 7}],
    ],
)
def test_a_submit_that_cannot_be_read_is_not_paid(
    form: PromptForm, service: QuietService, fields: Any
) -> None:
    """What its page shows is not known, so what the kernel has may be another request."""
    page = FormPage(form)
    page.say({"kind": "submit", "request": "1", "fields": fields, "secret": ""})
    page.say({"kind": "submit", "request": "2", "secret": ""})
    page.say({"kind": "submit", "request": "3", "fields": [], "secret": ""})
    until(lambda: service.submits, "the one that can be read")

    assert form.get_state("_sent") == {"_sent": 1}
    assert len(service.submits) == 1


def test_a_submit_that_arrives_twice_is_paid_once(form: PromptForm, service: QuietService) -> None:
    """A connection that repeats a message repeats no call; the next press is another one."""
    submit = {"kind": "submit", "request": "1", "fields": [], "secret": ""}
    page = FormPage(form)
    for message in (submit, submit, {**submit, "request": "2"}):
        page.say(message)
    until(lambda: len(service.submits) == 2, "two calls")

    assert form.get_state("_sent") == {"_sent": 2}


def test_a_page_gets_everything_that_is_no_trait_when_it_says_hello(form: PromptForm) -> None:
    """Pictures come as names, sizes and thumbnails; their bytes and sources stay in the kernel."""
    form.images = [PICTURE, "https://example.org/a/cat.png?signature=abc"]
    form.mask = MASK
    page = FormPage(form)

    def complete() -> dict[str, Any]:
        answer = page.hello()
        return answer if answer["images"][0]["width"] and answer["mask"]["width"] else {}

    snapshot = until(complete, "pictures looked at")
    first, second = snapshot["images"]
    assert (first["width"], first["height"]) == (48, 32)
    assert first["thumbnail"].startswith("data:image/")
    assert second["name"] == "example.org · cat.png"
    assert snapshot["mask"]["width"] == 48
    assert "signature" not in json.dumps(snapshot)


def test_files_come_in_pieces_and_are_kept_as_bytes_with_a_name(form: PromptForm) -> None:
    """A dropped file becomes one of `images`; moving and removing change the trait."""
    data = _png()
    page = FormPage(form)
    for start in range(0, len(data), 40):
        page.say(
            {
                "kind": "chunk",
                "upload": "u1",
                "place": "images",
                "name": "fox.png",
                "size": len(data),
                "start": start,
            },
            data[start : start + 40],
        )
    form.images = (*form.images, PICTURE)
    keys = [one["key"] for one in page.hello()["images"]]
    page.say({"kind": "move", "key": keys[0], "to": 1})

    assert form.images[1] == data
    assert repr(form.images[1]) == f"<fox.png, {len(data)} bytes>"
    assert page.of("received")[-1]["size"] == len(data)
    page.say({"kind": "remove", "key": keys[0]})
    assert len(form.images) == 1
    assert form.images[0] is PICTURE


def test_a_file_and_an_address_that_arrive_twice_are_one_picture_each(form: PromptForm) -> None:
    """Piece by piece or whole, a connection that repeats a message adds nothing to what is paid."""
    data = _png()
    page = FormPage(form)
    chunk = {"kind": "chunk", "place": "images", "name": "fox.png", "size": len(data)}
    for upload, length in (("whole", len(data)), ("pieces", 40)):
        for start in range(0, len(data), length):
            for _ in range(2):
                piece = data[start : start + length]
                page.say({**chunk, "upload": upload, "start": start}, piece)
    url = "https://example.org/cat.png"
    for request in ("1", "1", "2"):
        page.say({"kind": "address", "request": request, "place": "images", "url": url})

    assert list(form.images) == [data, data, url, url]
    assert not any(message["error"] for message in page.of("received"))


def _png() -> bytes:
    import io

    import PIL.Image

    file = io.BytesIO()
    PIL.Image.fromarray(PICTURE).save(file, "PNG")
    return file.getvalue()


_KEY = "sk-lumen-0123456789abcdef"


@pytest.mark.parametrize("way", ["browser", "python", "made", "closed page"])
def test_a_key_that_was_pasted_is_in_no_saved_state(service: QuietService, way: str) -> None:
    """The words around it stay, and the field says that it was cut out, and what to do."""
    text = f"a fox {_KEY} in snow"
    form = PromptForm(service.client(), **({"prompt": text} if way == "made" else {}))
    page = FormPage(form)
    if way == "browser":
        form.set_state({"prompt": text, "_extra_text": json.dumps({"user": _KEY})})
    elif way == "python":
        form.prompt = text
    elif way == "closed page":
        page.say({"kind": "typed", "fields": [{"field": "prompt", "value": text}]})

    errors = {one["field"]: one["message"] for one in page.hello()["errors"]}
    assert form.prompt == "a fox in snow"
    assert "cut out" in errors["prompt"]
    assert ("extra" in errors) == (way == "browser")
    assert _KEY not in json.dumps([form.get_state(), form.panel.get_state()], default=repr)
    form.prompt = "a fox in rain"
    assert "prompt" not in [one["field"] for one in page.hello()["errors"]]
    form.close()


@pytest.mark.parametrize("field", ["size", "resolution", "crop", "left"])
@pytest.mark.parametrize("pasted", [_KEY, f"a\n{_KEY}", f"https://a.example/cat?sig={_KEY[-16:]}"])
def test_no_error_of_a_form_shows_what_was_pasted_into_another_field(
    service: QuietService, form: PromptForm, field: str, pasted: str
) -> None:
    """The error stays in the notebook, where the variable with the secret does not."""
    page = FormPage(form)
    fields = [{"field": field, "value": pasted}]
    page.say({"kind": "submit", "request": "1", "fields": fields, "secret": ""})
    (answer,) = page.of("answer")
    assert [one["field"] for one in answer["errors"]] == [field]
    assert _KEY[-16:] not in str(answer)
    with pytest.raises((TraitError, LumenError)) as caught:
        PromptForm(service.client(), prompt="a fox", **{field: pasted}).submit()
    assert _KEY[-16:] not in str(caught.value)


def test_a_submit_with_a_key_in_its_prompt_is_refused_and_says_so(
    form: PromptForm, service: QuietService
) -> None:
    """Nothing is sent that the user has not looked at; pressed again, what is left is sent."""
    page = FormPage(form)
    fields = [{"field": "prompt", "value": f"a whale {_KEY}"}]
    page.say({"kind": "submit", "request": "1", "fields": fields, "secret": ""})
    (answer,) = page.of("answer")
    assert not answer["taken"]
    assert "cut out" in answer["errors"][0]["message"]
    assert service.submits == []

    fields = [{"field": "prompt", "value": "a whale"}]
    page.say({"kind": "submit", "request": "2", "fields": fields, "secret": ""})
    assert taken(service)[1]["prompt"] == "a whale"


def test_a_panel_keeps_no_key_of_a_prompt_in_its_state(service: QuietService) -> None:
    """Its newest rows are in the widget's state, which a notebook may save."""
    panel = TaskPanel([service.client().generate(f"an owl {_KEY}")])
    state = json.dumps(panel.get_state(), default=repr)
    assert "an owl sk-…" in json.loads(state)["_rows"][0]["prompt"]
    assert _KEY not in state
    panel.close()


def test_pages_hear_how_what_was_sent_stands_until_its_pictures_are_here(
    form: PromptForm,
) -> None:
    """Why no picture came of it and what to do; the next submit begins anew, a new page hears."""
    page = FormPage(form)

    def heard(request: str) -> list[dict[str, Any]]:
        return [one for one in page.of("awaited") if one["request"] == request]

    for request in ("1", "2"):
        fields = [{"field": "prompt", "value": f"a whale, {request}"}]
        page.say({"kind": "submit", "request": request, "fields": fields, "secret": ""})
        until(
            partial(lambda name: heard(name)[-1:] and heard(name)[-1]["state"] == "ended", request)
        )
        assert heard(request)[-1]["reason"].startswith("The task failed: No.")
        assert [one["state"] for one in heard(request)] == ["running", "ended"]
    page.hello()
    until(lambda: len(heard("2")) > len(heard("1")))
    assert heard("2")[-1] == heard("2")[-2]


def test_a_submit_that_is_refused_is_said_to_have_ended(
    form: PromptForm, service: QuietService
) -> None:
    """It never becomes a task, and "Sent" would stand for ever."""
    service.refuses = True
    page = FormPage(form)
    page.say({"kind": "submit", "request": "1", "fields": [], "secret": ""})
    until(lambda: page.of("awaited")[-1:] and page.of("awaited")[-1]["state"] == "ended")
    assert "refused" in page.of("awaited")[-1]["reason"]
