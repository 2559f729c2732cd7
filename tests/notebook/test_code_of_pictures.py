"""The code of a picture that was made: run, it asks for the same, and finds that it was paid."""

from __future__ import annotations

import ast
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import lumen_widgets as lumen
from lumen_widgets.client import InvalidRequest, LumenClient, Task
from lumen_widgets.notebook.as_code import code_of
from tests.client.redrawing import disc, file_of, landscape
from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from lumen_widgets.client import Picture
    from tests.sandboxes import SandboxServer

pytestmark = pytest.mark.slow

SOURCE = file_of(landscape(96, 64))
MASK = disc(96, 64)


@pytest.fixture
def client(sandbox: SandboxServer, tmp_path: Path) -> LumenClient:
    """Return a client of the sandbox, with a journal of its own, which is the account in use."""
    made = LumenClient(sandbox.api_key, sandbox.url, journal=tmp_path / 'a "journal" of $HOME')
    lumen.use(made)
    return made


def run(code: str, **names: Any) -> Task:
    """Run code as a cell does, but for the wait, and with what was paid before taken for it."""
    tree = ast.parse(code)
    call = tree.body.pop()
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    call.value.keywords += [
        ast.keyword(name, ast.Constant(value=value))
        for name, value in (("wait", False), ("reuse", True))
    ]
    ast.fix_missing_locations(call)
    exec(compile(tree, "cell", "exec"), names)  # noqa: S102 -- this is the test
    task = eval(compile(ast.Expression(call.value), "cell", "eval"), names)  # noqa: S307 -- as above
    assert isinstance(task, Task)
    return task


def without_task(picture: Picture) -> Picture:
    """Return a picture as another kernel has it."""
    copied = pickle.loads(pickle.dumps(picture))  # noqa: S301 -- our own bytes
    assert copied.task is None
    return copied  # type: ignore[no-any-return] # pickle knows no types


def assert_same(picture: Picture, *expected: str) -> None:
    """Run a picture's code, found by its task and by the journal, and see that it was paid."""
    for one in (picture, without_task(picture), picture.sha256):
        python = code_of(one).python
        for words in expected:
            assert words in python
        task = run(python)
        assert task.reused
        assert task.id == picture.task.id


def test_a_picture_from_words_alone(client: LumenClient) -> None:
    """With every field that was given, and no other."""
    task = client.generate('a "red" fox\n狐', n=1, size="64x64", extra={"seed": 7})
    (picture,) = task.wait(PATIENCE)
    assert_same(picture, 'size="64x64"', 'extra={"seed": 7}')

    assert code_of(picture).curl.startswith("# This pays outside")
    assert '"seed": 7' in code_of(picture).curl


def test_a_picture_made_of_another_one_names_its_file(client: LumenClient) -> None:
    """It is kept in the journal: of the address that was sent, nothing can be known later."""
    (fox,) = client.generate("a fox", size="64x64").wait(PATIENCE)
    (winter,) = client.edit("make it winter", fox, size="64x64").wait(PATIENCE)

    assert_same(winter, fox.sha256, "lumen.edit(")
    assert "<URL of picture 1>" in code_of(winter).curl
    assert f"it is kept as {fox.sha256}.png" in code_of(winter).curl


def test_repaints_are_the_calls_that_they_were(client: LumenClient) -> None:
    """Exact, as they came, cropped, and extended: source and mask are kept for that."""
    (exact,) = client.inpaint("a moon", SOURCE, MASK).wait(PATIENCE)
    assert_same(exact, "lumen.inpaint(")
    assert "exact" not in code_of(exact).python
    (cropped,) = client.inpaint("a sun", SOURCE, MASK, crop=0.25).wait(PATIENCE)
    assert_same(cropped, "crop=0.25")
    assert "size=" not in code_of(cropped).python
    (extended,) = client.extend("the sea", SOURCE, right=32, bottom=9).wait(PATIENCE)
    assert_same(extended, "lumen.extend(", "right=32", "bottom=9")
    assert_same(extended.raw)


def test_what_was_not_kept_is_to_be_filled_in(client: LumenClient) -> None:
    """A file that the caller gave, for an edit, is elsewhere; run as it is, nothing is paid."""
    (picture,) = client.edit("make it winter", [SOURCE, SOURCE], size="64x64").wait(PATIENCE)
    for one in (picture, without_task(picture)):
        code = code_of(one).python
        assert "picture_1 = ...  # put it here: a picture that was given as a file" in code
        with pytest.raises(InvalidRequest):
            run(code)
        assert run(
            code.replace("picture_1 = ...", "picture_1 = SOURCE").replace(
                "picture_2 = ...", "picture_2 = SOURCE"
            ),
            SOURCE=SOURCE,
        ).reused
    (raw,) = client.inpaint("a moon", SOURCE, MASK, exact=False).wait(PATIENCE)
    assert "exact=False" in code_of(raw).python
    assert "mask = ...  # put it here: a mask" in code_of(raw).python


def test_a_picture_of_nowhere_says_that_nothing_is_known(client: LumenClient) -> None:
    """As one of another machine's journal."""
    assert client.journal is not None
    (picture,) = client.generate("a fox", size="64x64").wait(PATIENCE)
    stranger = without_task(picture)
    stranger.sha256 = "0" * 64
    with pytest.raises(InvalidRequest, match="is not known here"):
        code_of(stranger)


def test_the_code_of_a_picture_says_whose_credits_it_would_spend(
    client: LumenClient, sandbox: SandboxServer
) -> None:
    """The account in use may be another one by now."""
    (picture,) = client.generate("a fox", size="64x64").wait(PATIENCE)
    assert "account" not in code_of(picture).python
    lumen.use(LumenClient("sk-lumen-1", "https://lumen.example", journal=client.journal))
    for one in (picture, without_task(picture)):
        assert f"# This is of the account {sandbox.url.partition('//')[2]}" in code_of(one).python


def test_a_mask_that_is_kept_is_the_one_that_was_given(client: LumenClient) -> None:
    """Its file has the same bits: what is repainted is decided by them."""
    (exact,) = client.inpaint("a moon", SOURCE, MASK).wait(PATIENCE)
    call = ast.parse(code_of(exact).python).body[-1]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    import PIL.Image

    kept = np.asarray(PIL.Image.open(ast.literal_eval(call.value.args[2])).convert("1"))
    assert np.array_equal(kept, MASK)
