"""What a form says of texts that come from elsewhere: prompts, names, and errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter

from lumen_widgets.core.words import strip_controls
from lumen_widgets.widgets import PromptForm
from lumen_widgets.widgets.prompt_form.session import KEY_CUT
from tests.checkout import ROOT
from tests.conditions import until
from tests.widgets.forms import FormPage
from tests.widgets.quiet_service import QuietService

if TYPE_CHECKING:
    from pathlib import Path

# escape sequences, marks that turn letters around, and what belongs to writing
_EVIL = st.text(st.sampled_from("a\x1b[31m\x9b\x07\r\u202e\u2066\u202a\n\t é猫\u200d")) | st.text()
_RUNS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _is_clean(text: str) -> bool:
    return strip_controls(text) == text


def _texts(value: Any) -> list[str]:
    """Return every text in a message."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.slow
@_RUNS
@given(prompt=_EVIL, model=_EVIL, name=_EVIL, size=_EVIL)
def test_no_text_that_comes_from_elsewhere_steers_a_terminal_or_turns_a_sentence_around(
    prompt: str, model: str, name: str, size: str
) -> None:
    """The form's words in a terminal, its errors, and the names of dropped files and of addresses.

    What is typed stays as it is: the field shows what is sent.
    """
    texts = {
        field: value.encode(errors="ignore").decode()
        for field, value in {"prompt": prompt, "model": model, "size": size}.items()
    }
    form = PromptForm(QuietService().client(), **texts)
    form.images = [f"https://example.org/{name}", f"{name}.png", b"no picture"]
    page = FormPage(form)
    chunk = {"kind": "chunk", "upload": "u1", "place": "images", "size": 3, "start": 0}
    page.say({**chunk, "name": name}, b"abc")
    page.say({"kind": "submit", "request": "1", "fields": [], "secret": ""})
    page.hello()
    words = [repr(form), DisplayFormatter().format(form)[0]["text/plain"], repr(form.images[-1])]
    form.close()

    assert form.prompt == texts["prompt"]
    assert all(map(_is_clean, words)), words
    assert all(map(_is_clean, _texts(page.heard))), json.dumps(page.heard)


@pytest.mark.slow
@_RUNS
@given(prompt=_EVIL)
def test_no_earlier_prompt_brings_hidden_marks_back_into_the_field(
    prompt: str, tmp_path: Path
) -> None:
    """The prompts of this session and those of the journal, which may hold anybody's."""
    prompt = "a fox" + prompt.encode(errors="ignore").decode()
    service = QuietService()
    form = PromptForm(service.client(tmp_path), prompt=prompt)
    page = FormPage(form)
    submission = form.submit()
    until(lambda: submission.state != "sending", "it was sent")
    rows = form.panel.get_state("_rows")["_rows"]
    page.hello()
    later = PromptForm(service.client(tmp_path))
    again = FormPage(later)
    again.hello()
    until(lambda: again.of("earlier"), "prompts of the journal")
    form.close()
    later.close()

    assert strip_controls(prompt) in again.of("earlier")[-1]["earlier"]
    assert all(map(_is_clean, _texts([rows, page.heard, again.heard])))


def test_page_and_kernel_say_the_same_of_a_key_and_both_in_chinese() -> None:
    """The page cuts it out at once, the kernel what another page or Python wrote."""
    words = (ROOT / "js" / "prompt_form" / "words.ts").read_text("utf-8")
    assert f'KEY_CUT =\n  "{KEY_CUT}";' in words
    assert "[KEY_CUT]:" in words
