"""What a form says of itself as code: run, it makes the very request that the form makes."""

from __future__ import annotations

import ast
import io
import json
import shlex
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
import traitlets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lumen_widgets as lumen
from lumen_widgets.client import InvalidRequest, LumenError
from lumen_widgets.widgets import MaskPainter, PromptForm
from tests.conditions import until
from tests.notebook.test_as_code import extras, prompts
from tests.widgets.forms import MASK, PICTURE, FormPage
from tests.widgets.quiet_service import SECRET, QuietService

SIGNED = "https://store.example.org/fox.png?signature=5ecret"


def _png() -> bytes:
    file = io.BytesIO()
    PIL.Image.fromarray(PICTURE).save(file, "PNG")
    return file.getvalue()


PNG = _png()
FILE = 'a fox\'s "picture" $HOME.png'
_pictures = st.sampled_from(
    [PICTURE, PIL.Image.fromarray(PICTURE), PNG, FILE, Path(FILE), "https://example.org/fox.png",
     SIGNED]
)  # fmt: skip
_local = st.sampled_from([PICTURE, PNG, FILE])
_common = {
    "n": st.integers(1, 4),
    "size": st.sampled_from(["3:2", "48 x 32"]),
    "resolution": st.sampled_from(["1K", "4K"]),
    "quality": prompts,
    "negative_prompt": prompts,
    "extra": extras.filter(lambda extra: "size" not in extra),
    "webhook_url": st.sampled_from(
        ["https://example.org/hook", "https://example.org/hook?token=5ecret"]
    ),
}
_CALLS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "generate": st.fixed_dictionaries({"prompt": prompts, "model": prompts}, optional=_common),
    "edit": st.fixed_dictionaries(
        {"prompt": prompts, "images": st.lists(_pictures, min_size=1, max_size=3)},
        optional=_common,
    ),
    "inpaint": st.fixed_dictionaries(
        {
            "prompt": prompts,
            "model": st.just("fal-flux-pro-fill"),
            "images": _local,
            "mask": st.just(MASK),
        },
        optional={
            **_common,
            "exact": st.booleans(),
            "crop": st.sampled_from([0, 0.25, 3.0]),
        },
    ),
    "extend": st.fixed_dictionaries(
        {
            "prompt": prompts,
            "model": st.just("fal-flux-pro-fill"),
            "images": _local,
            "bottom": st.integers(1, 9),
        },
        optional={**_common, "left": st.integers(0, 9)},
    ),
}


@pytest.fixture
def service() -> QuietService:
    """Return a service whose client is the account in use, as that of the form is."""
    made = QuietService()
    lumen.use(made.client())
    return made


def run(code: str, form: PromptForm) -> None:
    """Run code as a cell does, but for the wait for its pictures."""
    tree = ast.parse(code)
    call = tree.body[-1]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    call.value.keywords.append(ast.keyword("wait", ast.Constant(value=False)))
    exec(compile(ast.fix_missing_locations(tree), "cell", "exec"), {"form": form})  # noqa: S102 -- this is the test


def sent_by(form: PromptForm, service: QuietService) -> tuple[str, dict[str, Any]] | None:
    """Return what the form's own button sends; None where it is refused."""
    before = len(service.submits)
    secret = None if form.webhook_url is None else SECRET
    try:
        submission = form.submit(webhook_secret=secret)
    except InvalidRequest:
        return None
    until(lambda: submission.state != "sending", "it was sent or refused")
    sent = service.submits[before:]
    assert len(sent) <= 1
    return sent[0] if sent else None


@pytest.mark.slow
@pytest.mark.parametrize("call", _CALLS)
def test_the_python_of_a_form_makes_the_request_of_its_button(
    service: QuietService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Whatever is typed into it; what the form refuses, the code does not send either."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUMEN_WEBHOOK_SECRET", SECRET)
    Path(FILE).write_bytes(PNG)
    seen: set[bool] = set()

    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(values=_CALLS[call])
    def check(values: dict[str, Any]) -> None:
        form = PromptForm(**values)
        expected = sent_by(form, service)
        before = len(service.submits)
        if expected is None:
            with pytest.raises(LumenError):
                run(form.code, form)
        else:
            run(form.code, form)
        sent = service.submits[before:]
        assert sent == ([] if expected is None else [expected])
        assert "5ecret" not in form.code
        assert SECRET not in form.code
        assert f"\nlumen.{call}(" in form.code
        seen.add(expected is not None)
        form.close()

    check()
    assert True in seen, "some were sent"


@pytest.mark.slow
@pytest.mark.parametrize("call", _CALLS)
def test_the_curl_of_a_form_has_the_body_of_its_button(
    service: QuietService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """But for pictures that have no address, which are named, and a secret, which is asked for."""
    monkeypatch.chdir(tmp_path)
    Path(FILE).write_bytes(PNG)

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(values=_CALLS[call])
    def check(values: dict[str, Any]) -> None:
        form = PromptForm(**values)
        expected = sent_by(form, service)
        code = _ask(form)["curl"]
        assert "5ecret" not in code
        assert SECRET not in code
        if expected is not None and form.crop is None:
            words = shlex.split(code, comments=True)
            path, body = expected
            assert words[1] == f"https://lumen.example.org{path}"
            _assert_alike(json.loads(words[words.index("-d") + 1]), body)
        form.close()

    check()


def _assert_alike(said: Any, sent: Any) -> None:
    if isinstance(said, str) and (said.startswith("<") or said == "$LUMEN_WEBHOOK_SECRET"):
        return
    if isinstance(said, dict) and isinstance(sent, dict):
        assert set(said) == set(sent)
        for name, one in said.items():
            _assert_alike(one, sent[name])
    elif isinstance(said, list) and isinstance(sent, list):
        assert len(said) == len(sent)
        for one, other in zip(said, sent, strict=True):
            _assert_alike(one, other)
    else:
        assert said == sent


def _ask(form: PromptForm, fields: Any = ()) -> dict[str, Any]:
    """Return what a page is told that asks for the form as code."""
    page = FormPage(form)
    page.say({"kind": "as_code", "request": "c1", "fields": list(fields)})
    (answer,) = page.of("code")
    assert answer["request"] == "c1"
    return answer


def test_a_page_gets_the_code_of_what_it_shows(form: PromptForm) -> None:
    """Also of what was typed and has not been handed over, and of what is wrong with it."""
    typed = [{"field": "prompt", "value": "an owl"}, {"field": "n", "value": 9}]
    answer = _ask(form, typed)

    assert '\nlumen.generate("an owl", model="gpt-image-2-low", n=9)' in answer["python"]
    assert "# Not sent like this. n: n is 9, not a whole number from 1 to 4." in answer["python"]
    assert '"prompt": "an owl"' in answer["curl"]
    assert form.prompt == "a fox"
    assert 'lumen.generate("a fox", model="gpt-image-2-low")' in form.code


def test_code_follows_each_change_and_is_no_ones_to_write(
    service: QuietService, form: PromptForm
) -> None:
    """It can be observed, as every trait; it is not among what a notebook saves."""
    lumen.use(service.client())
    heard: list[str] = []
    form.observe(lambda change: heard.append(change.new), "code")
    form.prompt = "an owl"
    assert len(heard) == 1
    assert 'lumen.generate("an owl"' in form.code
    form.images = [PICTURE, "a fox.png", b"file"]
    assert 'edit("an owl", [form.images[0], "a fox.png", form.images[2]]' in form.code.replace(
        "\n    ", " "
    ).replace("( ", "(")
    with pytest.raises(traitlets.TraitError):
        form.code = "import os"

    assert "code" not in form.get_state()


def test_the_code_of_a_form_says_what_only_reading_its_pictures_tells(form: PromptForm) -> None:
    """A file that is not there is known a moment after it was named."""
    form.images = "nowhere.png"
    until(lambda: "# Not sent like this. images: nowhere.png" in form.code, "it was looked for")
    form.images = ()

    assert "Not sent" not in form.code


def test_the_mask_of_a_form_is_named_where_it_has_it(form: PromptForm) -> None:
    """The painter that is open in a form has a name of its own."""
    form.model = "fal-flux-pro-fill"
    form.images = PICTURE
    assert form.code.endswith(
        'lumen.inpaint("a fox", form.images[0], ..., model="fal-flux-pro-fill")'
    )
    assert "There is no mask" in form.code
    form.mask = painter = MaskPainter(PICTURE)
    assert 'inpaint("a fox", form.images[0], form.mask, model="fal-flux-pro-fill")' in form.code
    form.exact = False
    assert "    form.mask,\n    exact=False,\n" in form.code
    painter.close()


def test_what_is_painted_in_a_form_is_named_where_the_form_has_it(form: PromptForm) -> None:
    """Of several pictures only the painted one is sent, and its painter is the form's."""
    form.images = [PNG, PICTURE]
    form.paint(PICTURE).rectangle(0, 0, 4, 4)
    assert "form.images[1]" in form.code
    assert "form.images[0]" not in form.code
    assert "form.painter" in form.code
    assert form.painter is not None
    form.painter.close()
    assert "form.mask" in form.code


@pytest.mark.parametrize(
    "source",
    [
        "s3://b/fox.png?signature=5ecret",
        Path("https:/e.org/fox.png?5ecret"),
        "data:image/png,5ecret",
    ],
    ids=["address", "path", "data"],
)
def test_what_is_no_plain_path_is_named_where_the_form_has_it(
    form: PromptForm, source: object
) -> None:
    """An address of another kind is refused; its text is in no call."""
    form.images = source
    call = form.code.splitlines()[-1]

    assert call == 'lumen.edit("a fox", form.images[0], model="gpt-image-2-low")'
    if isinstance(source, str):
        until(lambda: "# Not sent like this. images: " in form.code, "it was looked at")
        assert "5ecret" not in form.code


def test_code_says_so_where_a_cell_would_spend_at_another_account(form: PromptForm) -> None:
    """The form has a client of its own, and the notebook uses another one."""
    lumen.use(QuietService().client(key="sk-lumen-other"))
    form.prompt = "an owl"

    assert "# This is of the account lumen.example.org" in form.code
    assert "pass client=." in form.code
    assert "account" not in _ask(form)["curl"]
