"""What Shift+Tab, completion and a type checker say of the calls."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.completer import provisionalcompleter

import lumen_widgets as lumen
from tests.ipython import running_ipython

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS: list[Callable[..., Any]] = [
    lumen.LumenClient.generate,
    lumen.LumenClient.edit,
    lumen.LumenClient.inpaint,
    lumen.generate,
    lumen.edit,
    lumen.inpaint,
]
FIELDS = {
    "n": None, "size": None, "resolution": None, "quality": None, "negative_prompt": None,
    "webhook_url": None, "webhook_secret": None, "extra": None, "reuse": False,
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__qualname__)
def test_every_field_is_a_keyword_with_its_default(call: Callable[..., Any]) -> None:
    """Shift+Tab shows each field by name, with its type and what it is where it is left out."""
    shown = inspect.signature(call).parameters
    model = "fal-flux-pro-fill" if call.__name__ == "inpaint" else "gpt-image-2-low"
    defaults = {name: shown[name].default for name in ("model", *FIELDS)}

    assert defaults == {"model": model, **FIELDS}
    assert all(shown[name].kind is inspect.Parameter.KEYWORD_ONLY for name in defaults)
    assert shown["n"].annotation == "int | None"
    assert not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in shown.values())


@pytest.mark.parametrize("call", [lumen.generate, lumen.edit, lumen.inpaint])
def test_a_notebook_call_also_takes_an_account_and_says_whether_it_waits(
    call: Callable[..., Any],
) -> None:
    """What the notebook adds stands behind the fields."""
    shown = inspect.signature(call).parameters

    assert {name: shown[name].default for name in ("wait", "client")} == {
        "wait": True,
        "client": None,
    }


@pytest.mark.slow
def test_completion_offers_the_fields() -> None:
    """Tab inside the brackets of a call offers its keywords."""
    code = "lumen.generate('a fox', neg"
    with running_ipython() as shell, provisionalcompleter():
        shell.user_ns["lumen"] = lumen
        offered = {found.text for found in shell.Completer.completions(code, len(code))}

    assert "negative_prompt=" in offered


@pytest.mark.parametrize("call", CALLS[:1] + CALLS[3:4], ids=["client", "notebook"])
def test_a_misspelt_keyword_is_refused_before_anything_is_sent(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, as Python itself does, and nothing is paid."""
    client = lumen.LumenClient("sk-lumen-test", "http://127.0.0.1:9", journal=False)
    given = {"client": client} if call is lumen.generate else {}
    first = () if call is lumen.generate else (client,)
    with pytest.raises(TypeError, match=r"generate\(\) got an unexpected keyword.*'sized'"):
        call(*first, "a fox", sized="1:1", **given)


def test_a_type_checker_knows_the_fields_too() -> None:
    """A wrong name or type is an error before the code runs: mypy fails if these lines are none."""
    client = lumen.LumenClient("sk-lumen-test", "http://127.0.0.1:9", journal=False)
    with pytest.raises(TypeError):
        client.generate("a fox", sized="1:1")  # type: ignore[call-arg] # what is tested
    with pytest.raises(lumen.InvalidRequest):
        client.edit("a fox", b"", n="two")  # type: ignore[arg-type] # what is tested
    with pytest.raises(lumen.InvalidRequest):
        lumen.inpaint("a fox", b"", b"", size=3, client=client)  # type: ignore[call-overload] # what is tested
