"""Submits that a page sends again, since it does not know what became of them."""

from __future__ import annotations

import gc
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.client import JournalError
from lumen_widgets.journal import Journal
from lumen_widgets.notebook.submission import Submission
from lumen_widgets.widgets import PromptForm
from tests.client.interrupts import interrupt
from tests.conditions import until
from tests.widgets.forms import FormPage, taken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.widgets.quiet_service import QuietService

SUBMIT = {"kind": "submit", "request": "click-1", "fields": [], "secret": ""}


def _form_id(form: PromptForm) -> str:
    """Return what pages know a form by."""
    return str(form.get_state("_form")["_form"])


def _hello(page: FormPage, *unanswered: Any) -> dict[str, Any]:
    """Have a reloaded page say hello, and return the answer."""
    page.say({"kind": "hello", "request": "hello", "unanswered": list(unanswered)})
    return page.of("form")[-1]


def test_a_submit_that_is_sent_again_is_answered_again_and_paid_once(
    form: PromptForm, service: QuietService
) -> None:
    """The page that was reloaded learns that its click had arrived."""
    page = FormPage(form)
    for _ in range(2):
        page.say(SUBMIT)
    taken(service)

    answers = [(one["taken"], one["repeated"]) for one in page.of("answer")]
    assert answers == [(True, False), (True, True)]
    assert form.get_state("_sent") == {"_sent": 1}


def _got(service: QuietService, submits: int) -> bool:
    return len(service.submits) >= submits


@pytest.mark.slow
def test_a_click_that_was_interrupted_is_answered_when_it_is_sent_again(
    form: PromptForm, service: QuietService
) -> None:
    """Wherever Ctrl-C hits the kernel as it takes a click in, its call is made, once."""
    page = FormPage(form)
    clicks, place = 0, "at the beginning"
    while place:
        clicks += 1
        click = {**SUBMIT, "request": f"click-{clicks}", "sequence": 1_000_000}
        place = interrupt(partial(page.say, click), clicks) or ""
        page.say(click)
        answers = [one for one in page.of("answer") if one["request"] == click["request"]]
        assert answers, place
        assert all(answer["taken"] for answer in answers), place
        until(partial(_got, service, clicks), place)

    assert clicks > 50, "it was interrupted at each of many instants"
    assert len(service.submits) == clicks


@pytest.mark.slow
def test_a_reloaded_page_is_told_what_became_of_its_submits(
    form: PromptForm, service: QuietService
) -> None:
    """What arrived is answered once more with its hello; what did not is not sent by that."""
    page = FormPage(form)
    page.say(SUBMIT)
    taken(service)
    own = {"form": _form_id(form)}
    snapshot = _hello(page, {"request": "click-1", **own}, {"request": "on its way", **own})

    assert [one["request"] for one in page.of("answer")] == ["click-1", "click-1"]
    assert page.of("answer")[-1]["repeated"]
    assert snapshot["lost"] == [], "this form is open: the message may still come"
    assert len(service.submits) == 1


def test_a_submit_that_was_refused_is_answered_again_with_what_is_wrong_now(
    form: PromptForm, service: QuietService
) -> None:
    """Nothing was sent under that id, and nothing ever is: another click has another one."""
    form.n = 9
    page = FormPage(form)
    page.say(SUBMIT)
    form.n = 1
    page.say(SUBMIT)
    first, again = page.of("answer")

    assert not first["taken"]
    assert [error["field"] for error in first["errors"]] == ["n"]
    assert not again["taken"]
    assert again["errors"] == []
    assert service.submits == []


def test_the_same_click_in_two_tabs_of_which_neither_knew_is_paid_once(
    form: PromptForm, service: QuietService
) -> None:
    """While the kernel is busy, a click in one tab is not seen in the other.

    Another click, by one who has seen that answer, is paid; so is one for something else.
    """
    page = FormPage(form)
    seen = page.hello()["sequence"]
    other = [{"field": "prompt", "value": "an owl"}]
    for click in (
        {"request": "tab-1"},
        {"request": "tab-2"},
        {"request": "tab-3", "fields": other},
    ):
        page.say({**SUBMIT, "sequence": seen, **click})
    newest = page.of("answer")[-1]["sequence"]
    page.say({**SUBMIT, "sequence": newest, "request": "tab-4"})
    until(lambda: len(service.submits) == 3, "three submits")

    answers = [(one["request"], one["repeated"]) for one in page.of("answer")]
    assert answers == [("tab-1", False), ("tab-2", True), ("tab-3", False), ("tab-4", False)]
    assert sorted(body["prompt"] for _, body in service.submits) == ["a fox", "a fox", "an owl"]


def test_clicks_that_alternate_unseen_are_each_paid_once(
    form: PromptForm, service: QuietService
) -> None:
    """The third click of a fox, a dog and a fox repeats the first, whatever came in between."""
    page = FormPage(form)
    seen = page.hello()["sequence"]
    for number, prompt in enumerate(["a fox", "a dog", "a fox", "a dog", "a fox"]):
        fields = [{"field": "prompt", "value": prompt}]
        page.say({**SUBMIT, "sequence": seen, "request": f"tab-{number}", "fields": fields})
    until(lambda: len(service.submits) == 2, "two submits")

    assert [one["repeated"] for one in page.of("answer")] == [False, False, True, True, True]
    newest = page.of("answer")[-1]["sequence"]
    fields = [{"field": "prompt", "value": "a fox"}]
    page.say({**SUBMIT, "sequence": newest, "request": "deliberate", "fields": fields})
    until(lambda: len(service.submits) == 3, "another, by who has seen the answers")
    assert sorted(body["prompt"] for _, body in service.submits) == ["a dog", "a fox", "a fox"]


@pytest.mark.slow
def test_a_click_that_was_interrupted_is_not_paid_again_by_another_tab(
    form: PromptForm, service: QuietService
) -> None:
    """Wherever Ctrl-C hits the kernel, the same click in a tab that saw no answer is the same."""
    page = FormPage(form)
    rounds, place = 0, "at the beginning"
    while place:
        rounds += 1
        fields = [{"field": "prompt", "value": f"fox {rounds}"}]
        click = {**SUBMIT, "sequence": 0, "fields": fields}
        first = partial(page.say, {**click, "request": f"first-{rounds}"})
        place = interrupt(first, rounds) or ""
        page.say({**click, "request": f"second-{rounds}"})
        until(partial(_got, service, rounds), place)

    assert rounds > 50, "it was interrupted at each of many instants"
    assert len(service.submits) == rounds


@pytest.fixture
def _in_turns() -> Iterator[None]:
    """Have threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("_in_turns")
def test_the_same_click_in_two_tabs_at_once_is_paid_once(
    form: PromptForm, service: QuietService
) -> None:
    """Front ends that give each tab a thread in the kernel bring both at the same moment."""
    page = FormPage(form)
    for number in range(1, 61):
        seen, start = page.hello()["sequence"], threading.Barrier(2)
        fields = [{"field": "prompt", "value": f"fox {number}"}]
        click = {**SUBMIT, "sequence": seen, "fields": fields}

        def tab(name: str, click: dict[str, Any] = click, start: Any = start) -> None:
            start.wait()
            page.say({**click, "request": name})

        tabs = [threading.Thread(target=tab, args=(f"{number}-{one}",)) for one in "ab"]
        for one in tabs:
            one.start()
        for one in tabs:
            one.join()
    until(partial(_got, service, 60), "a submit of each click")
    # each is repeated or carried out: none is on its way that is not counted
    repeated = [one["repeated"] for one in page.of("answer")]

    assert (repeated.count(False), repeated.count(True)) == (60, 60)


@pytest.mark.usefixtures("_in_turns")
def test_pictures_that_two_tabs_add_at_once_are_all_there(form: PromptForm) -> None:
    """What is paid for is an edit of both."""
    page = FormPage(form)
    for number in range(60):
        form.images, start = (), threading.Barrier(2)

        def tab(url: str, start: Any = start) -> None:
            start.wait()
            page.say({"kind": "address", "request": url, "place": "images", "url": url})

        urls = {f"https://pictures.example/{number}-{one}.png" for one in "ab"}
        tabs = [threading.Thread(target=tab, args=(url,)) for url in urls]
        for one in tabs:
            one.start()
        for one in tabs:
            one.join()
        assert set(form.images) == urls


def test_an_interrupted_click_is_answered_whichever_thread_hears_it_again(
    form: PromptForm, service: QuietService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is reloaded may have another thread in the kernel than it had before."""
    page = FormPage(form)
    _interrupt_start(monkeypatch, page)
    taken(service)
    tab = threading.Thread(target=page.say, args=(SUBMIT,))
    tab.start()
    tab.join()

    assert [one["taken"] for one in page.of("answer")] == [True]
    assert len(service.submits) == 1


def test_a_click_is_paid_once_an_interrupted_one_was_answered_elsewhere(
    form: PromptForm, service: QuietService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first click in another tab is the one that Ctrl-C left; the next is meant as another."""
    page = FormPage(form)
    seen = page.hello()["sequence"]
    _interrupt_start(monkeypatch, page)
    page.say({**SUBMIT, "request": "tab-2", "sequence": seen})
    newest = page.of("answer")[-1]["sequence"]
    page.say({**SUBMIT, "request": "deliberate", "sequence": newest})
    until(partial(_got, service, 2), "another submit")

    assert [one["repeated"] for one in page.of("answer")] == [True, False]


def _interrupt_start(monkeypatch: pytest.MonkeyPatch, page: FormPage) -> None:
    """Have Ctrl-C come at the last instant before a click is answered."""
    start = Submission.start

    def start_and_stop(submission: Submission) -> None:
        start(submission)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Submission, "start", start_and_stop)
        with pytest.raises(KeyboardInterrupt):
            page.say(SUBMIT)


def test_an_interrupted_click_whose_task_is_put_away_is_not_sent_again(
    service: QuietService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a journal too, the click that Ctrl-C left unanswered was one."""
    form = PromptForm(service.client(), prompt="a fox")
    page = FormPage(form)

    _interrupt_start(monkeypatch, page)
    taken(service)
    until(lambda: form.task and form.task.done, "the task's end")
    form.panel.close()
    # the cell's display of a task that ended goes with the next click
    for number, prompt in enumerate(["an owl", "a dog"], 2):
        fields = [{"field": "prompt", "value": prompt}]
        page.say({**SUBMIT, "request": f"click-{number}", "fields": fields})
        until(partial(_got, service, number), prompt)
    gc.collect()
    page.say(SUBMIT)

    assert page.of("answer")[-1]["taken"]
    page.say({**SUBMIT, "request": "click-4", "fields": [{"field": "prompt", "value": "a cat"}]})
    until(lambda: any(body["prompt"] == "a cat" for _, body in service.submits), "the last click")
    assert [body["prompt"] for _, body in service.submits].count("a fox") == 1
    form.close()


def test_a_form_whose_cell_ran_again_pays_nothing_twice_and_shows_the_task(
    service: QuietService,
) -> None:
    """The new form is another one, but the click was one: its task is in the new form's list."""
    client = service.client()
    form = PromptForm(client, prompt="a fox")
    page = FormPage(form)
    sent: list[Submission] = []
    form.on_submit(sent.append)
    page.say(SUBMIT)
    taken(service)
    until(lambda: form.task, "the task")
    old = _form_id(form)
    form.close()
    again = PromptForm(client, prompt="a fox")
    page = FormPage(again)
    _hello(page, {"request": "click-1", "form": old})
    page.say(SUBMIT)

    assert [one["repeated"] for one in page.of("answer")] == [True, True]
    assert len(service.submits) == 1
    rows = again.panel.get_state("_rows")["_rows"]
    assert [row["id"] for row in rows] == [sent[0].task and sent[0].task.id]


@pytest.mark.parametrize("old_is_open", [True, False])
def test_what_a_form_that_is_gone_has_sent_is_lost_until_it_is_sent_again(
    form: PromptForm, service: QuietService, *, old_is_open: bool
) -> None:
    """A message for a closed form, or a kernel that was restarted, never arrives: a click sends
    it, under its id, once.
    """
    again = PromptForm(service.client(), prompt="an owl")
    old = _form_id(form)
    if not old_is_open:
        form.close()
    page = FormPage(again)
    snapshot = _hello(page, {"request": "click-1", "form": old})
    assert snapshot["lost"] == ([] if old_is_open else ["click-1"])
    assert service.submits == []
    for _ in range(2):
        page.say(SUBMIT)

    assert taken(service)[1]["prompt"] == "an owl"


@pytest.mark.parametrize(
    "unanswered",
    [None, 7, "click-1", [None], [7], [{}], [{"request": 1, "form": 2}], {"request": "click-1"}],
)
def test_whatever_a_page_says_it_sent_is_no_error(form: PromptForm, unanswered: Any) -> None:
    """What a browser sends is not trusted to be well-formed."""
    page = FormPage(form)
    page.say({"kind": "hello", "request": "hello", "unanswered": unanswered})

    assert page.of("form")[-1]["lost"] == []
    assert page.of("answer") == []


@pytest.mark.parametrize("request_id", ["", " ", "\ud800", "a\x1b[31m", "ü", "x" * 1000])
def test_an_id_that_no_page_makes_up_is_no_submit(
    form: PromptForm, service: QuietService, request_id: str
) -> None:
    """The id is written into the journal: what is none is passed over."""
    FormPage(form).say({**SUBMIT, "request": request_id})

    assert service.submits == []
    assert form.get_state("_sent") == {"_sent": 0}


class _NewKernel:
    """Forms of one kernel after another, which have the journal and nothing else in common."""

    def __init__(self, service: QuietService, home: Path) -> None:
        self.service = service
        self._home = home

    def click(self, request: str = "click-1") -> tuple[PromptForm, Submission]:
        """Have a new kernel's form take in a click, and return what came of it."""
        form = PromptForm(self.service.client(self._home), prompt="a fox")
        sent: list[Submission] = []
        form.on_submit(sent.append)
        FormPage(form).say({**SUBMIT, "request": request})
        until(lambda: sent and sent[0].state != "sending", "what became of the click")
        return form, sent[0]


@pytest.fixture
def kernels(service: QuietService, tmp_path: Path) -> _NewKernel:
    """Return what makes new kernels with one journal."""
    return _NewKernel(service, tmp_path)


def test_a_new_kernel_shows_the_task_of_a_submit_that_the_one_before_sent(
    kernels: _NewKernel,
) -> None:
    """The id is in the journal before the POST, so that the same click is not paid again."""
    _, first = kernels.click()
    form, again = kernels.click()
    _, other = kernels.click("click-2")

    assert first.task
    assert again.task
    assert other.task
    assert again.task.id == first.task.id != other.task.id
    until(lambda: form.task is again.task, "the form has the task")
    assert len(kernels.service.submits) == 2


def test_a_task_that_the_service_calls_refused_is_paid_all_the_same(
    kernels: _NewKernel, tmp_path: Path
) -> None:
    """The word is the service's own for a task that it took: the same click pays nothing."""
    kernels.service.status = "refused"
    _, first = kernels.click()
    until(lambda: [row.state for row in Journal(tmp_path).rows()] == ["refused"], "the word")
    _, again = kernels.click()

    assert first.task
    assert again.task
    assert again.task.id == first.task.id
    assert len(kernels.service.submits) == 1


def test_a_submit_of_unknown_outcome_is_not_sent_again_by_a_new_kernel(
    kernels: _NewKernel,
) -> None:
    """It may have been paid: the row says so, and where to look."""
    kernels.service.accepts = False
    _, first = kernels.click()
    kernels.service.accepts = True
    form, again = kernels.click()

    assert first.state == again.state == "unknown"
    assert "sent before" in str(again.error)
    assert len(kernels.service.submits) == 1
    (row,) = form.panel.get_state("_rows")["_rows"]
    assert row["charge"] == "unknown"
    assert row["actions"] == ["take_up"]


def test_a_submit_that_was_certainly_not_taken_is_sent_under_its_id(kernels: _NewKernel) -> None:
    """Nothing was spent, and the click asks for it again."""
    kernels.service.refuses = True
    _, first = kernels.click()
    kernels.service.refuses = False
    _, again = kernels.click()

    assert first.state == "refused"
    assert again.task


def test_a_task_of_another_key_is_named_and_not_paid_again(
    kernels: _NewKernel, service: QuietService, tmp_path: Path
) -> None:
    """A key that was changed in between cannot read the task."""
    _, first = kernels.click()
    form = PromptForm(service.client(tmp_path, key="sk-lumen-other"), prompt="a fox")
    sent: list[Submission] = []
    form.on_submit(sent.append)
    FormPage(form).say(SUBMIT)
    until(lambda: sent[0].error, "the refusal")

    assert first.task
    assert first.task.id in str(sent[0].error)
    assert len(service.submits) == 1


@pytest.mark.slow
def test_nothing_is_sent_if_the_journal_cannot_say_whether_it_was(
    kernels: _NewKernel, tmp_path: Path
) -> None:
    """A damaged journal may hold this very submit."""
    kernels.click()
    (journal,) = tmp_path.glob("*.sqlite3")
    journal.write_bytes(b"no database at all" * 1000)
    _, again = kernels.click()

    assert isinstance(again.error, JournalError)
    assert len(kernels.service.submits) == 1
