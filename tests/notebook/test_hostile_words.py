"""Hostile text in what a cell shows: prompts, ids, statuses, reasons, models, hosts."""

from __future__ import annotations

import ast
import re
import unicodedata
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lumen_widgets as lumen
from lumen_widgets.client.spending.prices import Prices
from lumen_widgets.core import answers
from lumen_widgets.core.errors import interrupted
from lumen_widgets.core.request import Request
from lumen_widgets.core.words import literal, one_line, strip_controls
from lumen_widgets.journal import JournalRow
from lumen_widgets.notebook import history_table
from lumen_widgets.notebook.account import Account
from lumen_widgets.notebook.cell import note
from lumen_widgets.notebook.cell_status import error_words, summary, task_heading
from lumen_widgets.notebook.history_entry import HistoryEntry
from tests.staged import StagedTask, use_offline_account

if TYPE_CHECKING:
    from collections.abc import Mapping

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    "</code></p><style>*{display:none}</style>",
    "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "paid\u202e gpj.exe \u2066\u2069",
    "$\\href{javascript:alert(1)}{x}$ [x](javascript:alert(1)) ![](http://example.org/spy)",
    "&lt;b&gt; &#x202e;",
    "half \ud800 a letter",
]

_ALLOWED = {"p", "code", "b", "div"}
# nothing in it is set as a formula
_PLAIN = ("class", "mathjax_ignore tex2jax_ignore")
_ATTRIBUTES = {
    "p": [("style", "overflow-wrap:anywhere")],
    "code": [("style", "white-space:pre-wrap;overflow-wrap:anywhere")],
    "div": [_PLAIN],
}
_STEERING = set("\x1b\x07\x9b\u202e\u2066\u2069\ud800")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


def _check(bundle: Mapping[str, Any]) -> None:
    """Assert that a bundle has only tags and styles of ours, and steers no terminal."""
    tags = _Tags()
    tags.feed(str(bundle["text/html"]))
    assert {tag for tag, _ in tags.found} <= _ALLOWED
    # a prompt is read in its own direction
    found = [(tag, [one for one in given if one != ("dir", "auto")]) for tag, given in tags.found]
    assert all(attributes == _ATTRIBUTES.get(tag, []) for tag, attributes in found)
    assert ("div" in dict(tags.found)) == any(mark in bundle["text/html"] for mark in "$\\")
    for text in bundle.values():
        assert not set(str(text)) & _STEERING
        str(text).encode()


@pytest.fixture
def account() -> Account:
    """Return the account of the tasks."""
    return use_offline_account()


def _task(words: str, status: str = "queued") -> StagedTask:
    body = {"prompt": words, "model": words}
    task_id = words if answers.read_id({"id": words}) else "a1"
    return StagedTask(task_id, Request("generations", body), status=status)


@pytest.mark.parametrize("words", HOSTILE)
def test_what_a_cell_says_of_a_task_is_no_markup(words: str, account: Account) -> None:
    """Prompt, id, status and the service's reason are text wherever a cell shows them."""
    running, failed = _task(words, one_line(words) or "queued"), _task(words, "failed")
    failed.state.finish(
        answers.failure_of(
            "a1", "failed", answers.words_of({"error": {"code": words, "message": words}})
        )
    )
    for task in (running.task, failed.task):
        _check(summary([task], account))
        _check(summary([task, task], account))
        _check(task_heading(task))
        assert not set(f"{task!r} {task.request!r} {task.error}") & _STEERING
    _check(note(words, code=words, after=words))


@pytest.mark.parametrize("words", [*HOSTILE, "https://example.org", 'a"); import os; os.abort() #'])
def test_code_to_be_copied_has_one_call_in_it(words: str) -> None:
    """An id cannot end the text that it stands in, and so be run where the line is pasted."""
    (statement,) = ast.parse(f"lumen.show({literal(words)})").body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    (argument,) = statement.value.args
    assert isinstance(argument, ast.Constant)
    assert argument.value == strip_controls(words)


@pytest.mark.parametrize("words", [*HOSTILE, "a cat\nsucceeded: a dog"])
def test_a_panel_in_words_has_one_line_for_each_task(words: str, account: Account) -> None:
    """A prompt steers no terminal that shows a panel, and makes no second row of itself."""
    panel = lumen.TaskPanel([_task(words).task], account.client)
    shown = repr(panel)
    panel.close()

    assert len(shown.splitlines()) == 2
    assert not set(shown) & _STEERING


def test_the_line_that_takes_a_task_up_is_one_call(account: Account) -> None:
    """The line in a cell is made that way, whatever the service calls its task."""
    task = _task('a"); import os; os.abort() #').task
    said = str(summary([task], account)["text/plain"])
    code = re.search(r"lumen\.show\(.*\)", said)
    assert code is not None
    assert len(ast.parse(code[0]).body) == 1


# every character that is a control, or turns the order of others around
_HARMFUL = {
    chr(code)
    for code in range(0x3000)
    if (unicodedata.category(chr(code)) == "Cc" and chr(code) not in "\t\n")
    or unicodedata.bidirectional(chr(code))
    in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
}
_ANY_WORDS = st.text(st.sampled_from(sorted(_HARMFUL)) | st.characters(), min_size=1).filter(
    str.strip
)


@pytest.mark.slow
@given(_ANY_WORDS)
def test_no_word_from_elsewhere_steers_or_turns_what_is_shown(words: str) -> None:
    """Prompts, models, ids, errors and hosts, in HTML and in text, whatever is in them."""
    account = Account(words, use_offline_account().client)
    prices = Prices()
    prices[f"m{words}"] = 2.0
    with pytest.raises(lumen.InvalidRequest) as refused:
        prices[f"m{words}"] = -1.0
    row = JournalRow(
        number=1,
        correlation_id=words,
        digest=None,
        origin=words,
        account="a",
        task_id=words,
        endpoint="generations",
        body={"prompt": words, "model": words, "size": words},
        state="failed",
        reason=words,
        error={"message": words, "code": words},
        created=None,
        submitted=0.0,
        seconds=None,
        recipe=None,
        pictures=(),
        derived=(),
        picture_count=1,
        is_final=True,
        dismissed=False,
        outcome_unknown=False,
    )
    entry = HistoryEntry(row)
    error = lumen.LumenError(words, next_step=words, task_id=words, code=words)
    task = _task(words).task
    shown = [
        repr(prices),
        prices._repr_html_(),
        str(refused.value),
        repr(account),
        account._repr_html_(),
        repr(entry),
        history_table.table([entry], 1),
        history_table.text([entry], 1),
        str(error),
        error_words(error),
        *error._render_traceback_(),
        str(interrupted(words)),
        repr(task),
        *summary([task], account).values(),
        *task_heading(task).values(),
    ]

    assert [text for text in shown if set(text) & _HARMFUL] == []


@pytest.mark.parametrize("words", HOSTILE[:4])
def test_tables_are_escaped(words: str) -> None:
    """A model's code in the table of prices is text too."""
    lumen.prices[words] = 2.0
    shown = lumen.prices._repr_html_()
    tags = _Tags()
    tags.feed(shown)
    assert {tag for tag, _ in tags.found} <= {"table", "thead", "tbody", "tr", "th", "td", "p"}


def test_ordinary_writing_is_left_as_it_is() -> None:
    """Line breaks, joined emoji, Persian, Hebrew marks and Chinese pass unchanged."""
    for words in ("two\nlines\tand", "👩‍👩‍👧", "می‌خواهم", "\u05d0\u200f!", "雪山下的猫"):
        assert strip_controls(words) == words
