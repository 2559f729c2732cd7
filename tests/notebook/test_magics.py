"""`%lumen` and `%%lumen` in a real IPython, against the sandbox and over a real socket."""

from __future__ import annotations

import inspect
import re
import signal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from PIL import Image

import lumen_widgets as lumen
from lumen_widgets.notebook.magic_line import Line, read_line
from lumen_widgets.notebook.magic_values import Names
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from socket import socket

    from tests.notebook.conftest import Published
    from tests.sandboxes import SandboxServer


_REFUSED = fault.answers(400, {"error": {"code": "no", "message": "Not today."}})

# what a line cannot have, and what is no text
_ANY_LETTER = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])
_PROPERTY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def shell(published: Published) -> InteractiveShell:
    """Return an IPython that has the magics."""
    found = InteractiveShell.instance()
    found.run_cell("%load_ext lumen_widgets").raise_error()
    return found


@pytest.fixture
def service() -> Iterator[FaultServer]:
    """Use an account whose service refuses whatever it is asked, and keeps what that was."""
    with FaultServer(_REFUSED) as server:
        lumen.use(lumen.LumenClient(KEY, server.url, journal=False))
        yield server


def _said(shell: InteractiveShell, cell: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a cell that fails, and return what it says."""
    capsys.readouterr()
    assert not shell.run_cell(cell).success
    captured = capsys.readouterr()
    return captured.out + captured.err


def _sent(shell: InteractiveShell, service: FaultServer, cell: str) -> dict[str, Any]:
    """Run a cell that makes one call, and return the body of its request."""
    before = len(service.posts)
    shell.run_cell(cell)
    assert len(service.posts) == before + 1
    body: dict[str, Any] = service.posts[-1].body
    return body


@pytest.mark.slow
def test_a_cell_is_a_prompt_and_its_pictures_go_on(
    sandbox: SandboxServer, shell: InteractiveShell, published: Published
) -> None:
    """A cell makes pictures and keeps them; a line edits one, another repaints what is painted."""
    lumen.use(lumen.LumenClient(sandbox.api_key, sandbox.url))
    shell.run_cell(
        "%%lumen -n 2 --size 128x96 --as foxes  # two\na fox\nin the snow\n"
    ).raise_error()
    shell.user_ns["mask"] = mask = np.zeros((96, 128), bool)
    mask[20:60, 30:90] = True
    shell.run_cell("night = %lumen make it night --edit foxes[0]").raise_error()
    result = shell.run_cell("%lumen an owl --inpaint foxes[1] --mask mask --as owl")
    foxes, (night,), (owl,) = (shell.user_ns[name] for name in ("foxes", "night", "owl"))

    assert result.success
    assert result.result is None
    assert [(one.width, one.height) for one in foxes] == [(128, 96)] * 2
    assert foxes[0].task.request.prompt == "a fox\nin the snow"
    assert night.task.request.endpoint == "edits"
    assert np.array_equal(owl.to_numpy()[~mask], foxes[1].to_numpy()[~mask])
    assert len(published.pictures()) == 3


@_PROPERTY
@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")),
    first=st.sampled_from(["%%lumen", "%%lumen --", "%%lumen --size 1:1 --"]),
)
def test_a_cell_arrives_as_it_stands(
    text: str, first: str, shell: InteractiveShell, service: FaultServer
) -> None:
    """Dashes, quotes, hash signs, Chinese, lines: nothing in a cell means anything but itself."""
    assume(text.strip())
    # what IPython itself takes off pasted sessions
    assume(not re.search(r"^\s*(>>>|In |\[|\.\.\.)", text, re.MULTILINE))
    # a name in braces is filled in unless these are doubled, as many as there are on both sides
    written = re.sub(r"(\{+)([^\W\d]\w*)(\}+)", _doubled, text)

    assert _sent(shell, service, f"{first}\n{written}")["prompt"] == text.strip()


def _doubled(found: re.Match[str]) -> str:
    pairs = min(len(found[1]), len(found[3]))
    return f"{'{' * pairs}{found[0]}{'}' * pairs}"


@_PROPERTY
@given(text=st.text(_ANY_LETTER))
def test_a_line_arrives_as_it_stands_behind_two_dashes(
    text: str, shell: InteractiveShell, service: FaultServer
) -> None:
    """Behind ``--`` everything is the prompt, whatever it looks like."""
    text = text.strip()
    # IPython's own: help, and a line that goes on
    assume(text.strip("-") and text[-1] not in "?\\" and not re.search(r"\{[^\W\d]\w*\}", text))
    body = _sent(shell, service, f"%lumen --size 16:9 -- {text}")

    assert body["prompt"] == text
    assert body["size"] == "16:9"


@pytest.mark.parametrize(
    ("line", "prompt"),
    [
        ("the cat's hat", "the cat's hat"),
        ("一只猫　在雪里", "一只猫　在雪里"),
        ('a sign that says "open"', 'a sign that says "open"'),
        ('"Open" over a "Shop"', '"Open" over a "Shop"'),
        ('"is it a cat?"', "is it a cat?"),
        ("'a cat --size of a house'", "a cat --size of a house"),
        ("'the cat's hat'", "the cat's hat"),
        ("a cat -- in ink", "a cat -- in ink"),
        ("-5 degrees, - cold", "-5 degrees, - cold"),
        ("fox #1  (red", "fox #1  (red"),
        ("'tis a cat", "'tis a cat"),
        ("a cat;", "a cat;"),
    ],
)
@pytest.mark.parametrize("options", ["--size 1:1", "--no-wait --n=2"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_line_has_its_prompt_before_or_after_its_options(  # noqa: PLR0917 -- fixtures, and a case
    line: str,
    prompt: str,
    options: str,
    is_first: bool,
    shell: InteractiveShell,
    service: FaultServer,
) -> None:
    """Words stay as they are; quotes around all of a prompt only hold it together."""
    cell = f"%lumen {options} {line}" if is_first else f"%lumen {line} {options}"

    assert _sent(shell, service, cell)["prompt"] == prompt


_NASTY = [
    *('"', "'", "“", "”", "-", "--", "---", "--=", "-n", "-n2", "-n=", "--size", "--size=", "--n"),
    *("--no-wait", "--no-size", "--as", "--form", "--edit", "--mask", "#", "{", "{a}", "a", "'a'"),
    *("—size", "--é", "-猫", "--size='", "\t", "　", "\\"),
]


@given(words=st.lists(st.sampled_from(_NASTY), max_size=8), of_cell=st.booleans())
def test_any_line_is_read_or_refused_in_a_sentence(words: list[str], of_cell: bool) -> None:
    """Whatever stands in a line, it is a prompt that stands there, or one sentence."""
    line = " ".join(words)
    read, said = Line(), ""
    try:
        read = read_line(line, of_cell=of_cell)
    except UsageError as error:
        said = str(error)

    assert not said or re.fullmatch(r"[^\n]+\.", said)
    assert read.prompt in line
    assert not (of_cell and read.prompt)


def test_names_are_filled_in(shell: InteractiveShell, service: FaultServer) -> None:
    """Names of variables in braces are, in prompt and values; other braces are not Python's."""
    shell.user_ns |= {"animal": "fox", "年": 1900, "pair": (640, 480), "none": None, "k": 3}
    cell = (
        "%%lumen --size {pair} -n {k} --quality {none} --negative-prompt 'no {animal}s'\n"
        "a {animal} of {年} in {ink|oil}, {{animal}} {{{animal}}} {1 + 1} {} {a.b} $animal"
    )

    assert _sent(shell, service, cell) == {
        "model": "gpt-image-2-low",
        "prompt": "a fox of 1900 in {ink|oil}, {animal} {fox} {1 + 1} {} {a.b} $animal",
        "size": "640x480",
        "n": 3,
        "negative_prompt": "no foxs",
    }


def test_braces_without_end_are_walked_once() -> None:
    """Each brace of a run began anew: this text held the cell for minutes."""
    braces = "{" * 100_000
    assert Names({"cat": "fox"}).fill(f"{braces} {{cat}} {braces}") == f"{braces} fox {braces}"


def test_two_dashes_have_options_in_a_cell_painted(
    shell: InteractiveShell, service: FaultServer
) -> None:
    """Words with dashes that are no options need none."""
    plain = "a {sign}, --as-is--, -n 2, --ar 16:9"
    shell.user_ns["sign"] = "--size"

    assert _sent(shell, service, f"%%lumen\n{plain}")["prompt"].startswith("a --size, --as-is--")
    assert _sent(shell, service, "%%lumen --\n--size 1:1\na cat")["prompt"] == "--size 1:1\na cat"


def test_a_function_fills_in_its_own_names(shell: InteractiveShell, service: FaultServer) -> None:
    """A line in a function sees what the function sees."""
    shell.user_ns["animal"] = "fox"
    cell = "def draw(animal):\n    %lumen a {animal}'s tail\ndraw('cat')"

    assert _sent(shell, service, cell)["prompt"] == "a cat's tail"


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("%lumen a cat --sise 1:1", "'--sise'. Did you mean --size?"),
        ("%lumen a cat -q high", "no option '-q'"),
        ("%lumen a cat —size 1:1", "another sign than two hyphens: --size"),
        ("%lumen a cat --size", "--size has no value"),
        ("%lumen a cat --size --reuse", "--size has no value"),
        ("%lumen a cat --size 1:1 --size 2:1", "--size is given twice"),
        ("%lumen a cat --reuse=yes", "write --reuse or --no-reuse"),
        ("%lumen a cat -n two", "-n takes a whole number, not 'two'"),
        (
            "%lumen a cat --negative-prompt no snow",
            "before and after an option: 'a cat' and 'snow'",
        ),
        ("%lumen a cat --negative-prompt 'no snow", "before 'no snow' is not closed"),
        ("%lumen a cat --negative-prompt 'no'snow", "no space after the quote behind 'no'"),
        ("%lumen a {animl}", "no variable animl to fill in. Did you mean {animal}?"),
        ("%lumen a {opem}", "no variable opem to fill in. Write"),
        ("%lumen a {import}", "no variable import"),
        ("%lumen a {large}", "{large} cannot be written out (ValueError)"),
        ("%lumen a {cats}", "{cats} is a list, neither text nor a number"),
        ("%lumen a cat --as class", "--as takes a name for a variable"),
        ("%lumen a cat --extra {seed: 7}", "before and after an option"),
        ("%lumen a cat --extra '[7]'", "takes a JSON object"),
        ("%lumen a cat --client nobody", "no variable 'nobody'"),
        ("%lumen a cat --left 20", "--left goes with --extend"),
        ("%lumen a cat --edit cats --inpaint cats", "--edit and --inpaint are two calls"),
        ("%lumen a cat --inpaint cats[0]", "--inpaint needs --mask too"),
        ("%lumen a cat --inpaint cats --mask cats[1]", "'cats' has 2: write cats[0]"),
        ("%lumen a cat --edit cats[2]", "IndexError: list index out of range"),
        ("%lumen a cat --edit cats.best", "AttributeError"),
        ("%lumen a cat --edit nothing", "'nothing' is None"),
        ("%lumen a cat --edit empty", "'empty' has no picture in it"),
        ("%lumen a cat --edit cat.png", "neither a variable nor a file nor an address"),
        ("%lumen --edit cats[0] make it night", "'make' is neither"),
        ("%lumen", "There is no prompt"),
        ("%lumen -", "There is no prompt"),
        ("%%lumen\n \n", "There is no prompt"),
        ("%%lumen", "the cell body is empty"),
        ("%%lumen a cat\nin the snow", "'a' is no option of %%lumen"),
        ("%%lumen -- a cat\nin the snow", "'a cat' is no option of %%lumen"),
        ("%%lumen\n--size 1:1\na cat", "'--size' stands in the cell"),
        ("%%lumen\na cat\n--no-wait", "'--no-wait' stands in the cell"),
        ("%%lumen -n 2\na cat --size=16:9", "'--size=16:9' stands in the cell"),
        ("%lumen a cat --form --no-wait", "--wait is no field of a form"),
        ("%lumen a cat --form -n {animal}", "n is not a whole number"),
    ],
)
def test_what_is_wrong_is_one_line_before_anything_is_paid(
    cell: str,
    words: str,
    shell: InteractiveShell,
    service: FaultServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It says what is wrong, without a stack, and nothing has left."""
    picture = np.zeros((8, 8, 3), np.uint8)
    shell.user_ns |= {"animal": "fox", "cats": [picture] * 2, "nothing": None, "empty": []}
    shell.user_ns["large"] = 10**5000
    said = _said(shell, cell, capsys)

    assert said.startswith("UsageError: ")
    assert words in said
    assert said.count("\n") == 1
    assert service.posts == []


def test_a_secret_is_taken_from_a_variable_alone(
    shell: InteractiveShell, service: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is written in a cell is saved with it: it is refused, and not said again."""
    hook = "http://127.0.0.1:9/x"
    said = _said(shell, f"%lumen a cat --webhook-url {hook} --webhook-secret hush-hush", capsys)
    shell.user_ns["word"] = "hush-hush"
    filled = f"%lumen a cat --webhook-url {hook} --webhook-secret {{word}}"

    assert "the name of a variable in braces" in said
    assert "hush" not in said
    assert _sent(shell, service, filled)["webhook_secret"] == shell.user_ns["word"]


def test_an_error_of_the_call_is_its_message_alone(
    shell: InteractiveShell, service: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Errors are typed as elsewhere; what is shown has no line of IPython's own code."""
    shell.user_ns["words"] = []
    for cell, words in (
        ("%lumen a cat", "InvalidRequest: The service refused"),
        ("%lumen a cat -n 9", "InvalidRequest: n is 9, not a whole number from 1 to 4."),
        ("%%lumen --size 9比0\na cat", "InvalidRequest: The size '9比0'"),
        ("%lumen a cat --form --client words", "InvalidRequest: client is of type list"),
    ):
        said = _said(shell, cell, capsys)
        assert words in said
        assert "line" not in said
        assert said.count("\n") == 1, said
    assert len(service.posts) == 1
    with pytest.raises(lumen.InvalidRequest):
        shell.run_cell("%lumen a cat").raise_error()


def test_an_interrupted_cell_says_how_to_show_its_task(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends the waiting alone, and the message is all that is shown."""
    interrupts = iter([signal.raise_signal])

    def answer(server: FaultServer, connection: socket) -> None:
        fault.takes(server, connection)
        if server.requests[-1].method == "GET":
            next(interrupts, lambda _: None)(signal.SIGINT)

    with FaultServer(answer) as server:
        lumen.use(lumen.LumenClient(KEY, server.url, journal=False))
        said = _said(shell, "%lumen a cat", capsys)

    assert said.startswith("KeyboardInterrupt: Stopped waiting; the task task-1 goes on.")
    assert 'lumen.show("task-1")' in said
    assert "line" not in said


def test_each_parameter_of_each_call_is_an_option(shell: InteractiveShell) -> None:
    """The help names every one with what it means, without a list that could be forgotten."""
    text = inspect.getdoc(shell.find_cell_magic("lumen")) or ""
    heads = re.findall(r"^    (-\S.*)\n        \S", text, re.MULTILINE)
    options = set(re.findall(r"(?<![\w-])--?(\w[\w-]*)", " ".join(heads)))

    # what a call takes beside the prompt; the first pictures come with the option that names it
    for call in (lumen.generate, lumen.edit, lumen.inpaint, lumen.extend):
        wanted = {name.replace("_", "-") for name in inspect.signature(call).parameters}
        assert wanted - {"prompt", "image", "images"} <= options, call.__name__
    assert {"as", "form", "edit", "inpaint", "extend", "no-wait", "no-exact"} <= options
    assert "How many pictures, 1 to 4" in text


def test_a_form_opens_with_what_would_be_sent(
    shell: InteractiveShell, service: FaultServer, tmp_path: Path
) -> None:
    """`--form` sends nothing; prompt, choices and pictures are in the form, mask and crop too."""
    Image.new("RGB", (8, 8)).save(tmp_path / "my cat.png")
    shell.user_ns |= {"animal": "fox", "mask": np.ones((8, 8), bool)}
    path = str(tmp_path / "my cat.png")
    shell.run_cell("%lumen --form -n 2 --size 16:9 a {animal} --as form", silent=True)
    shell.run_cell("%lumen --form --as empty")
    cell = f"painted = %lumen --form an owl --inpaint '{path}' --mask mask --crop 0.5 --no-exact"
    shell.run_cell(cell).raise_error()
    form, empty, painted = (shell.user_ns[name] for name in ("form", "empty", "painted"))

    assert (form.prompt, form.n, form.size, form.images) == ("a fox", 2, "16:9", ())
    assert empty.prompt == ""
    assert painted.images == (path,)
    assert painted.mask is shell.user_ns["mask"]
    assert (painted.crop, painted.exact) == (0.5, False)
    # a form's own model could not repaint
    assert painted.model == "fal-flux-pro-fill"
    assert "cannot inpaint" not in painted.code
    assert service.posts == []
    for one in (form, empty, painted):
        one.close()


@pytest.mark.parametrize(
    ("text", "offered", "not_offered"),
    [
        ("%lumen a cat --si", {"--size"}, {"--model"}),
        ("x = 1\n%lumen a cat -", {"--size", "-n", "--edit", "--no-wait"}, {"--mask", "--crop"}),
        ("cats = %lumen a cat --inpaint foxes[0] --", {"--mask", "--no-exact"}, {"--edit"}),
        ("%lumen a cat --size 1:1 --", {"--model"}, {"--size"}),
        ("%%lumen ", {"--size", "--as"}, {"foxes"}),
        ("%%lumen --size 16", {"16:9"}, {"1:1"}),
        ("%%lumen --size=", {"16:9", "1:1"}, {"--model"}),
        ("%%lumen --resolution ", {"1K", "2K", "4K"}, set()),
        ("%%lumen --model ", {"gpt-image-2-low"}, {"fal-flux-pro-fill"}),
        ("%%lumen --extend foxes --model ", {"fal-flux-pro-fill"}, {"gpt-image-2-low"}),
        ("%%lumen --client ", {"account"}, {"foxes"}),
        ("%%lumen --extra ", {"more"}, {"foxes", "animal"}),
        ("%%lumen --edit fo", {"foxes", "foxes[0]", "foxes[1]"}, {"animal"}),
        ("%%lumen --edit foxes[0] ", {"foxes", "mask"}, {"animal"}),
        ("%lumen a {an", {"{animal}"}, {"animal", "{foxes}"}),
        ("%%lumen\na {an▌} in ink", {"{animal"}, {"{animal}"}),
        ("%lumen a fox --si▌ -n 2", {"--size"}, {"--model"}),
        ("%%lumen\na cat and\na {", {"{animal}"}, {"{foxes}"}),
    ],
)
def test_completion_offers_what_may_stand_there(
    text: str, offered: set[str], not_offered: set[str], shell: InteractiveShell
) -> None:
    """Options, their values, variables that hold pictures, names in braces: where the bar is."""
    picture = np.zeros((8, 8, 3), np.uint8)
    client = lumen.LumenClient(KEY, "http://127.0.0.1:9", journal=False)
    shell.user_ns |= {"animal": "fox", "foxes": [picture] * 2, "mask": picture, "account": client}
    shell.user_ns["more"] = {"seed": 7}
    with provisionalcompleter():
        assert shell.Completer is not None
        before, _, after = text.partition("▌")
        completions = shell.Completer.completions(before + after, len(before))
        found = {one.text for one in completions}

    assert offered <= found
    assert not found & not_offered


def test_completion_elsewhere_is_as_it_was(shell: InteractiveShell) -> None:
    """Nothing is offered, nor taken away, where no `%lumen` is written; unloading takes it away."""
    shell.user_ns["animal"] = "fox"

    def offered(text: str) -> set[str]:
        with provisionalcompleter():
            assert shell.Completer is not None
            return {one.text for one in shell.Completer.completions(text, len(text))}

    assert any(one.endswith("animal") for one in offered("print(anim"))
    shell.run_cell("%unload_ext lumen_widgets").raise_error()
    assert "--size" not in offered("%lumen a cat --si")
    assert shell.find_line_magic("lumen") is None
    shell.run_cell("%load_ext lumen_widgets").raise_error()
    assert offered("%lumen a cat --si") == {"--size"}
