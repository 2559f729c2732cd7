"""A call as code: whatever is in it, the code means just that, and nothing in it is run."""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.client.exact.wish import read_sides, read_wish
from lumen_widgets.notebook.as_code import curl_call, python_call
from lumen_widgets.notebook.code_call import (
    CodeCall,
    CodePicture,
    hide_addresses,
    may_be_shown,
)
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, http
from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = "https://lumen.example"

# What has a meaning somewhere: in Python, in a shell, in HTML, or to the eye.
_NASTY = [
    "it's",
    '"',
    '"""',
    "\\",
    "\\'",
    "'\\''",
    "$(touch owned)",
    "`touch owned`",
    "; touch owned #",
    "\ntouch owned\n",
    "${HOME}",
    "$LUMEN_API_KEY",
    "!!",
    "%s",
    "</script><script>",
    "\r\n",
    "\t",
    "\x00",
    "\x1b[2J",
    "\x7f",
    "\x85",
    "\u2028",
    "\u202e",
    "\u2066",
    "\ufeff",
    "狐狸、雪",
    "👨\u200d👩\u200d👧 👍🏽",
    "@file",
    "{}",
    "<URL of picture 1>",
    "\U000e0041",
]
texts = st.lists(st.sampled_from(_NASTY) | st.text(max_size=12), max_size=6).map("".join)
prompts = texts.filter(lambda text: bool(text.strip()))
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
extras = st.dictionaries(texts.filter(lambda name: name != "webhook_secret"), _values, max_size=4)
# As it is sent: a prompt may be replaced by `extra`, which this is not about.
_SENT = {"model", "prompt", "n", "size", "negative_prompt", "image_urls"}
fields = st.fixed_dictionaries(
    {"model": prompts},
    optional={
        "n": st.integers(1, 4),
        "size": st.sampled_from(["16:9", "1024x768"]),
        "negative_prompt": prompts,
        "extra": extras.map(
            lambda extra: {name: one for name, one in extra.items() if name not in _SENT}
        ),
    },
)


def _arguments(code: str) -> tuple[str, list[Any], dict[str, Any]]:
    """Return which function code calls last, and with what; it may hold nothing but literals."""
    call = ast.parse(code).body[-1]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    keywords = {str(one.arg): ast.literal_eval(one.value) for one in call.value.keywords}
    return ast.unparse(call.value.func), [*map(ast.literal_eval, call.value.args)], keywords


def _run(code: str, folder: Path) -> list[str]:
    """Run code in a shell in which curl only writes down what it was called with; return that."""
    programs = folder / "programs"
    if not programs.exists():
        programs.mkdir()
        curl = programs / "curl"
        curl.write_text('#!/bin/sh\nprintf "%s\\0" "$@" > called\n')
        curl.chmod(0o755)
    (folder / "called").unlink(missing_ok=True)
    done = subprocess.run(
        ["/bin/sh"],  # as a terminal: the code is read from the standard input
        input=code.encode() + b"\n",
        cwd=folder,
        env={"PATH": str(programs), "LUMEN_API_KEY": "sk-lumen-1", "LUMEN_SANDBOX_KEY": "sk-2"},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.stderr == b""
    assert sorted(one.name for one in folder.iterdir()) == ["called", "programs"]
    return (folder / "called").read_bytes().decode().split("\0")[:-1]


def _body(words: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(words[words.index("-d") + 1])
    return found


@given(prompt=texts, given_fields=fields)
def test_python_means_what_was_typed_whatever_that_is(
    prompt: str, given_fields: dict[str, Any]
) -> None:
    """No letter of a prompt ends a text, and none that cannot be seen stands in the code."""
    call = CodeCall("generations", prompt, hide_addresses(given_fields))
    code = python_call(call)

    assert _arguments(code) == ("lumen.generate", [prompt], given_fields)
    assert all(letter.isprintable() or letter in "\n\u200d\u3000" for letter in code)


@pytest.mark.slow
def test_a_shell_sends_what_was_typed_and_runs_none_of_it(tmp_path: Path) -> None:
    """Nor does it write a file, or read the key into a prompt."""

    @given(prompt=prompts, given_fields=fields)
    def check(prompt: str, given_fields: dict[str, Any]) -> None:
        call = CodeCall("generations", prompt, hide_addresses(given_fields), notes=[prompt])
        words = _run(curl_call(call, SERVICE), tmp_path)

        plain = {name: value for name, value in given_fields.items() if name != "extra"}
        sent = {**plain, "prompt": prompt, **given_fields.get("extra", {})}
        assert _body(words) == sent
        assert words[0] == f"{SERVICE}/v1/images/generations"
        assert "Authorization: Bearer sk-lumen-1" in words

    check()


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
def test_curl_sends_the_request_to_the_service(tmp_path: Path) -> None:
    """The real program, over a socket: path, headers and body as the service reads them."""
    asked: list[fault.Received] = []

    def respond(request: fault.Received) -> bytes:
        asked.append(request)
        return http(200, {"id": "task-1"})

    prompt = 'a "red" fox, it\'s $HOME 狐\n</script>\u202e'
    with FaultServer(fault.calls(respond)) as server:
        code = curl_call(CodeCall("generations", prompt, {"model": "m", "n": 2}), server.url)
        subprocess.run(
            ["/bin/sh"],
            input=code.encode(),
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "LUMEN_API_KEY": "sk-lumen-1", "no_proxy": "*"},
            timeout=PATIENCE,
            capture_output=True,
            check=True,
        )

    (request,) = asked
    assert (request.method, request.path) == ("POST", "/v1/images/generations")
    assert b"\r\nAuthorization: Bearer sk-lumen-1\r\n" in request.raw
    assert b"\r\nContent-Type: application/json\r\n" in request.raw
    assert request.body == {"model": "m", "prompt": prompt, "n": 2}


_LONG = CodeCall(
    "edits",
    'A poster of a fox in fresh snow, seen from above\n\nIt says "it\'s winter", in red letters',
    {
        "model": "gpt-image-2-low",
        "size": "16:9",
        "negative_prompt": f"{'people ' * 12}\n{'cars ' * 12}",
        "extra": {"seed": 7, "styles": ["ink", "a word that makes this line too long to be one"]},
        "webhook_url": "https://example.org/lumen",
    },
    [CodePicture("form.images[0]"), CodePicture(what="an array"), CodePicture('"fox.png"')],
)


@pytest.mark.parametrize(
    "call",
    [
        _LONG,
        CodeCall("generations", "狐" * 40, {"model": "gpt-image-2-low"}),
        CodeCall("generations", 'a "red" fox', {"model": "it's", "n": 2}),
        CodeCall("generations", "a fox " * 40, {"model": "m", "extra": {"a": {}, "b": []}}),
        CodeCall("inpaint", "p", {"model": "m"}, [CodePicture("a")], CodePicture("form.painter")),
    ],
)
def test_python_is_laid_out_as_its_formatters_do(call: CodeCall) -> None:
    """Who formats a notebook sees no change."""
    code = python_call(call) + "\n"
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "-"],
        input=code,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )

    assert formatted.stdout == code


def test_several_lines_of_a_prompt_are_several_lines_of_code() -> None:
    """And each keyword has a line of its own where one line is too long."""
    assert python_call(_LONG).splitlines()[4:] == [
        "picture_2 = ...  # put it here: an array",
        "lumen.edit(",
        '    "A poster of a fox in fresh snow, seen from above\\n"',
        '    "\\n"',
        "    'It says \"it\\'s winter\", in red letters',",
        '    [form.images[0], picture_2, "fox.png"],',
        '    model="gpt-image-2-low",',
        '    size="16:9",',
        "    negative_prompt=(",
        f'        "{"people " * 12}\\n"',
        f'        "{"cars " * 12}"',
        "    ),",
        "    extra={",
        '        "seed": 7,',
        '        "styles": ["ink", "a word that makes this line too long to be one"],',
        "    },",
        '    webhook_url="https://example.org/lumen",',
        '    webhook_secret=os.environ["LUMEN_WEBHOOK_SECRET"],',
        ")",
    ]


def test_a_secret_is_read_from_the_environment(tmp_path: Path) -> None:
    """It stands in no code, even where it was written among the extra fields."""
    call = CodeCall(
        "generations",
        "a fox",
        hide_addresses(
            {
                "model": "m",
                "webhook_url": "https://e.org/h",
                "extra": {"webhook_secret": "hush", "x": 1},
            }
        ),
    )
    python, curl = python_call(call), curl_call(call, SERVICE)

    assert "hush" not in python + curl
    assert "import os\n" in python
    assert '"webhook_secret": os.environ["LUMEN_WEBHOOK_SECRET"]' in python
    words = _run(f"export LUMEN_WEBHOOK_SECRET=0a1b\n{curl}", tmp_path)
    assert _body(words).get("webhook_secret") == "0a1b"
    assert list(_body(words)) == ["model", "prompt", "webhook_url", "x", "webhook_secret"]


@pytest.mark.parametrize(
    "url",
    [
        "https://store.example/fox.png?X-Amz-Signature=5ecret",
        "https://user:5ecret@example.org/fox.png",
        "https://example.org/fox.png#5ecret",
        " HTTPS://store.example/fox?5ecret",
        "https://[5ecret/fox.png",
    ],
)
def test_an_address_that_may_be_signed_is_named_and_not_shown(url: str) -> None:
    """Wherever it stands; of the form, Python names where it is."""
    assert not may_be_shown(url)
    given_fields = {"model": "m", "webhook_url": url, "extra": {"a": [{"b": url}, "x"]}}
    of_form = CodeCall("generations", "a fox", hide_addresses(given_fields, "form"))
    alone = CodeCall("generations", "a fox", hide_addresses(given_fields))
    python = python_call(alone)

    assert "5ecret" not in python_call(of_form) + python + curl_call(of_form, SERVICE)
    assert "webhook_url=form.webhook_url" in python_call(of_form)
    assert 'extra={"a": [{"b": form.extra["a"][0]["b"]}, "x"]}' in python_call(of_form)
    assert "\naddress_1 = ...  # " in python
    assert 'extra={"a": [{"b": address_2}, "x"]}' in python


def test_what_curl_does_not_do_is_said_above_it(tmp_path: Path) -> None:
    """An exact repaint, a cropped one and an extension are more than their request."""
    picture, mask = CodePicture("form.images[0]", what="fox.png"), CodePicture("m", what="painted")
    way = CodeCall("inpaint", "a hat", {"model": "m"}, [picture], mask, read_wish(crop=0.5))
    code = curl_call(way, SERVICE)
    body = _body(_run(code, tmp_path))

    assert "puts back all that is outside of the mask. curl does not" in code
    assert "crop 0.5 sends only what is around the mask" in code
    assert body["image_urls"] == ["<URL of picture 1>"]
    assert body["mask_url"] == "<URL of the mask>"
    grown = CodeCall("inpaint", "a beach", {"model": "m"}, [picture], wish=read_sides(0, 9, 0, 0))
    code = curl_call(grown, SERVICE)
    body = _body(_run(code, tmp_path))
    assert python_call(grown).endswith('lumen.extend("a beach", form.images[0], top=9, model="m")')
    assert "curl does none of that" in code
    assert "new ground: 9 px top" in body["image_urls"][0]
    plain = CodeCall("inpaint", "a hat", {}, [picture], mask, read_wish(exact=False))
    assert "puts back" not in curl_call(plain, SERVICE)


def test_curl_begins_by_saying_that_it_pays_outside_of_journal_and_budget() -> None:
    """The sandbox's does not pay, and has a key of its own."""
    call = CodeCall("generations", "a fox", {})
    service, here = curl_call(call, SERVICE), curl_call(call, "http://127.0.0.1:80", sandbox=True)

    assert service.startswith("# This pays outside of the journal and the budget")
    assert "pays" not in here
    assert "$LUMEN_SANDBOX_KEY" in here
    assert "$LUMEN_API_KEY" not in here


@given(name=texts)
def test_a_comment_holds_no_sign_that_a_shell_reads(name: str) -> None:
    """Some shells take the first word of a comment for a command when it is typed into them."""
    call = CodeCall("edits", "a fox", {}, [CodePicture("form.images[0]", what=name)])
    lines = curl_call(call, SERVICE).splitlines()
    comments = [line for line in lines if line.startswith("#")]

    assert len(comments) == 2
    assert not [one for one in comments if re.search(r"[\"'`$&|;<>(){}\[\]*?!~^=\\]", one[1:])]
    assert all(shlex.split(one[1:]) for one in comments)


def test_a_name_that_is_to_be_filled_in_is_refused_before_anything_is_paid() -> None:
    """Three dots are no picture, no address, and nothing that JSON carries."""
    hidden = hide_addresses({"model": "m", "extra": {"ref": "https://e.org/?5"}})
    code = python_call(CodeCall("edits", "a fox", hidden, [CodePicture(what="gone\nnow")]))

    assert "picture = ...  # put it here: gone now\n" in code
    assert 'extra={"ref": address_1}' in code
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    nested = hide_addresses({"extra": {"deep": deep}}, "form")
    ast.parse(python_call(CodeCall("generations", "a fox", nested)))
