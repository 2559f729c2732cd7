"""A lesson in use: its pictures, the same in every run, with no key, no network and no credits."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import lumen_widgets as lumen
from lumen_widgets.__main__ import main
from lumen_widgets.journal import Journal
from lumen_widgets.notebook import account, fetched_lessons
from tests import lessons
from tests.client_files.loopback import LoopbackServer, response
from tests.conditions import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lumen_widgets.client import Request
    from tests.notebook.conftest import Published

RED, BLUE, GREEN = (lessons.picture(one).sha256 for one in ("red", "blue", "green"))
OWLS = lessons.lesson(
    {"an owl": ["red"], "a barn owl in the rain": ["blue", "green"], "一只猫头鹰": ["green"]}
)
NAME = "owls.lumen"


@pytest.fixture(autouse=True)
def _no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have none start by itself: most of these need no server at all."""
    monkeypatch.setenv("LUMEN_SANDBOX", "off")


@pytest.fixture
def owls(tmp_path: Path) -> Path:
    """Return the file of a lesson."""
    path = tmp_path / NAME
    path.write_bytes(OWLS)
    return path


@pytest.fixture
def _cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whatever opens a connection, to this machine too."""

    def refuse(*_: object) -> None:
        pytest.fail("it opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def digests(pictures: lumen.Pictures) -> list[str]:
    """Return which pictures these are."""
    return [one.sha256 for one in pictures]


@pytest.mark.usefixtures("_cut_off")
def test_pictures_come_from_the_file_alone(owls: Path, published: Published) -> None:
    """Whichever call asks for them, and however they are shown; nothing is paid or sent."""
    shown = lumen.use(owls)
    assert repr(shown) == "In use: Lesson owls.lumen · nothing is charged"
    lumen.prices[lessons.MODEL] = 2.0
    limit = lumen.budget(credits=0)
    assert digests(lumen.generate("an owl")) == [RED]
    task = lumen.generate("一只猫头鹰", wait=False)
    assert task.done
    lumen.show(task)
    lumen.show(task.id)
    assert [one.sha256 for one in lumen.stream([task])] == [GREEN]

    assert published.texts(0)[-1] == (
        "✓ Succeeded · 1 picture · Lesson owls.lumen · nothing is charged"
    )
    assert len(published.pictures()) >= 4
    assert task.credits == 0
    assert limit.submitted == 0
    assert lumen.resume() == []


def test_the_same_request_again_goes_through_all_that_there_is(owls: Path) -> None:
    """What was asked for twice comes in the order in which it was made; `reuse` has the last."""
    for _ in range(2):
        lumen.use(owls)
        ask: Callable[..., Any] = lambda **more: digests(  # noqa: E731 -- one line, three times
            lumen.generate("a barn owl in the rain", **more)
        )
        assert ask() == [BLUE]
        assert ask(reuse=True) == [BLUE]
        assert ask() == [GREEN]
        assert ask(reuse=True) == [GREEN]
        assert ask() == [BLUE]
        assert digests(lumen.generate("an owl", reuse=True)) == [RED]


def test_each_call_is_a_task_of_its_own(owls: Path) -> None:
    """Panels and forms tell them apart; an id is taken up in any kernel."""
    client = lumen.use(owls).client
    first, second = (lumen.generate("an owl", wait=False) for _ in range(2))
    assert first.id != second.id
    assert client.task(first.id) is first
    assert lumen.LumenClient.of(first) is client
    assert digests(client.submit(first.request).wait(0)) == [RED]
    with pytest.raises(lumen.NotFound, match="has no task"):
        client.task("a1b2c3")
    with pytest.raises(lumen.InvalidRequest):
        client.task(3)  # type: ignore[arg-type] # a slip
    with pytest.raises(lumen.InvalidRequest, match="address"):
        client.task("https://store.example/cat.png?sig=f00d")
    journal = Journal()
    again = lumen.use(owls).client.task(first.id)
    assert again is not first
    assert digests(again.wait(0)) == [RED]
    assert len(journal.rows()) == 1


def test_the_history_has_each_once_and_nothing_as_paid(owls: Path) -> None:
    """It is found, starred and pruned like any other; its credits are none."""
    lumen.prices[lessons.MODEL] = 2.0
    lumen.use(owls)
    for _ in range(3):
        lumen.generate("a barn owl in the rain")
    (newest, oldest) = entries = lumen.history("barn", account="this key")

    assert [digests(one.pictures) for one in entries] == [[GREEN], [BLUE]]
    assert {one.state for one in entries} == {"succeeded"}
    assert {one.credits for one in entries} == {0.0}
    assert newest.origin == "lesson://owls.lumen"
    assert digests(oldest.task().wait(0)) == [BLUE]
    assert "owls.lumen" in entries._repr_html_()
    assert str(owls.parent) not in entries._repr_html_() + repr(entries)
    assert lumen.history().prune(max_bytes=0).tasks == 2


def test_a_home_that_cannot_be_written_is_no_obstacle(
    owls: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A grader's disk may be full: the pictures come, and the history's lack of them is said."""
    home = owls.parent / "no-folder"
    home.write_text("a file where the folder should be")
    monkeypatch.setenv("LUMEN_HOME", str(home))
    lumen.use(owls)

    assert digests(lumen.generate("an owl")) == [RED]
    assert "The history misses lesson-" in caplog.text


@pytest.mark.usefixtures("_cut_off")
def test_what_a_lesson_does_not_have_is_refused_with_what_it_has(owls: Path) -> None:
    """The nearest prompts, or in what the request differs; and nothing is drawn or paid."""
    lumen.use(owls)
    with pytest.raises(lumen.NotInLesson) as other:
        lumen.generate("a barn owl in the snow")
    assert other.value.nearest[0] == "a barn owl in the rain"
    assert '"a barn owl in the rain"' in str(other.value)
    assert 'fallback="sandbox"' in str(other.value)
    assert not other.value.may_have_cost
    asked: list[tuple[Callable[[], Any], str]] = [
        (lambda: lumen.generate("an owl", size="16:9", n=2), "but with no n, no size"),
        (lambda: lumen.generate("an owl", model="x"), f"but with model='{lessons.MODEL}'"),
        (lambda: lumen.generate("an owl", extra={"seed": 1}), "something else in extra"),
        (lambda: lumen.edit("an owl", np.zeros((4, 4, 3), np.uint8)), "but for generate, not for"),
    ]
    for ask, said in asked:
        with pytest.raises(lumen.NotInLesson) as differs:
            ask()
        assert said in str(differs.value)
    assert len(lumen.history()) == 0


@pytest.mark.slow
def test_the_sandbox_draws_the_rest_where_the_teacher_said_so(
    owls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the lesson has comes from it; what is drawn says who drew it, and costs nothing real."""
    monkeypatch.delenv("LUMEN_SANDBOX")
    shown = lumen.use(owls, fallback="sandbox")
    assert shown.name == "Lesson owls.lumen, the sandbox draws others · nothing is charged"
    assert digests(lumen.generate("an owl")) == [RED]
    drawn = lumen.generate("a fox", size="64x64", wait=False)
    drawn.wait(PATIENCE)

    assert drawn.origin == shown.client.base_url
    assert account.account_of_task(drawn) == shown
    assert [one.origin for one in lumen.history()] == [drawn.origin, "lesson://owls.lumen"]
    assert lumen.generate("a fox", size="64x64", wait=False, reuse=True).reused
    assert shown.client.submit(drawn.request).wait(PATIENCE)


def test_a_relative_path_is_read_as_in_python(owls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the folder that the kernel runs in; a later change of that does not lose the lesson."""
    monkeypatch.chdir(owls.parent)
    lumen.use(NAME)
    (owls.parent / "elsewhere").mkdir()
    monkeypatch.chdir(owls.parent / "elsewhere")

    assert digests(lumen.generate("an owl")) == [RED]


def test_what_cannot_be_used(owls: Path) -> None:
    """Each is a typed error that says what is wrong; the account in use stays."""
    lumen.use(owls)
    (bad := owls.parent / "bad.lumen").write_bytes(b"PK")
    digest = hashlib.sha256(OWLS).hexdigest()
    slips: list[tuple[Any, dict[str, Any], type[lumen.LumenError], str]] = [
        ("gone.lumen", {}, lumen.LessonError, "no lesson gone.lumen here"),
        (bad, {}, lumen.LessonError, "bad.lumen is no lesson"),
        (owls, {"sha256": "0" * 64}, lumen.LessonError, digest),
        (owls, {"sha256": "no"}, lumen.InvalidRequest, "64 hexadecimal digits"),
        (owls, {"sha256": 3}, lumen.InvalidRequest, "64 hexadecimal digits"),
        (owls, {"fallback": "service"}, lumen.InvalidRequest, "ever paid"),
        (owls, {"fallback": True}, lumen.InvalidRequest, "ever paid"),
        (owls, {"check": "no"}, lumen.InvalidRequest, "cannot be called"),
        ("sandbox", {"fallback": "sandbox"}, lumen.InvalidRequest, "fallback is for a lesson"),
        ("service", {"sha256": digest}, lumen.InvalidRequest, "sha256 is for a lesson"),
        ("https://lessons.example/owls.lumen", {}, lumen.InvalidRequest, "sha256sum"),
        ("http://lessons.example/x", {"sha256": digest}, lumen.LessonError, "is not https"),
        ("https://10.0.0.1/x", {"sha256": digest}, lumen.LessonError, "public internet"),
        ("https://a@b.example/x", {"sha256": digest}, lumen.LessonError, "user name or password"),
    ]
    for which, more, kind, said in slips:
        with pytest.raises(kind, match=said.replace(".", r"\.")):
            lumen.use(which, **more)
    assert str(owls.parent) not in repr(account.current())
    assert digests(lumen.generate("an owl")) == [RED]
    lumen.use(str(owls), sha256=f" {digest.upper()}\n")


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """Serve lessons on this machine."""
    running = LoopbackServer()
    yield running
    running.close()


def test_a_lesson_at_an_address_is_fetched_once(server: LoopbackServer) -> None:
    """Checked by its digest, kept beside the journal, and from then on no network is needed."""
    server.answers["/a%20folder/owls.lumen?signature=SENTINEL"] = response(OWLS)
    url = f"{server.url}/a%20folder/owls.lumen?signature=SENTINEL"
    sha256 = hashlib.sha256(OWLS).hexdigest()
    shown = lumen.use(url, sha256=sha256)
    assert shown.lesson == NAME
    assert digests(lumen.generate("an owl")) == [RED]
    server.close()
    assert lumen.use(url, sha256=sha256).lesson == NAME

    assert len(server.requests) == 1
    assert b"SENTINEL" not in b"".join(
        path.read_bytes() for path in Journal().home.rglob("*") if path.is_file()
    )


def test_fetched_lessons_take_only_so_much_of_the_disk(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beyond it those go that were used longest ago, and broken writes; none of the last day's."""
    made = [lessons.lesson({f"owl number {count}": ["red"]}) for count in range(4)]
    digests_of = [hashlib.sha256(one).hexdigest() for one in made]
    folder = Journal().home / "lessons"
    monkeypatch.setattr(fetched_lessons, "MAX_TOTAL", sum(map(len, made[:3])))

    def use(number: int, days_ago: int) -> None:
        server.answers[f"/{number}.lumen"] = response(made[number])
        lumen.use(f"{server.url}/{number}.lumen", sha256=digests_of[number])
        age(folder / f"{digests_of[number]}.lumen", days_ago)

    def age(path: Path, days: int) -> None:
        then = time.time() - days * 86_400
        os.utime(path, (then, then))

    for number, days_ago in enumerate((0, 40, 30)):
        use(number, days_ago)
    # the second is used again, which needs no network
    del server.answers["/1.lumen"]
    lumen.use(f"{server.url}/1.lumen", sha256=digests_of[1])
    (broken := folder / ".broken.part").write_bytes(b"PK")
    age(broken, 2)
    use(3, 0)

    kept = [(folder / f"{one}.lumen").exists() for one in digests_of]
    assert kept == [True, True, False, True]
    assert not broken.exists()
    assert main(["doctor"]) == 0
    assert "fetched: 3 lessons, 0.0 MB\n" in capsys.readouterr().out


def test_what_an_address_may_not_do(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another file, none, one that is too large, or an address that leads somewhere private."""
    from lumen_widgets.notebook import lesson_source

    sha256 = hashlib.sha256(OWLS).hexdigest()
    server.answers["/other.lumen"] = response(OWLS + b"\0")
    server.answers["/away.lumen"] = response(
        status="302 Found", headers=["Location: https://169.254.169.254/latest"]
    )
    server.answers["/large.lumen"] = response(OWLS, length=1 << 40)
    for path, said in (
        ("/other.lumen", "other.lumen is"),
        ("/gone.lumen", "HTTP 404"),
        ("/away.lumen", "public internet"),
        ("/large.lumen", "larger than"),
    ):
        with pytest.raises(lumen.LessonError, match=said) as refused:
            lumen.use(f"{server.url}{path}", sha256=sha256)
        assert server.url not in str(refused.value)
        assert not refused.value.may_have_cost
    assert not (Journal().home / "lessons").exists()
    assert lesson_source.is_lesson("owls.zip") is False


def test_lumen_use_goes_before_what_a_cell_says(
    owls: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever is chosen, the lesson is in use, and it is said; its arguments hold all the same."""
    monkeypatch.setenv("LUMEN_API_KEY", "sk-lumen-SENTINEL-0123456789")
    monkeypatch.setenv("LUMEN_USE", str(owls))
    other = tmp_path / "other.lumen"
    other.write_bytes(lessons.lesson({"a cat": ["red"]}))
    assert account.is_chosen()
    assert account.current().lesson == NAME
    for which in ("sandbox", "service", other, lumen.LumenClient()):
        shown = lumen.use(which)
        assert shown.lesson == NAME
        assert "LUMEN_USE goes before what this cell says" in repr(shown)
        assert "LUMEN_USE goes before" in shown._repr_html_()
        assert str(tmp_path) not in repr(shown)
        assert digests(lumen.generate("an owl")) == [RED]
        assert lumen.LumenClient.of(lumen.generate("an owl", wait=False)) is shown.client
    lumen.use("service", check=lambda request: "No." if "rain" in request.prompt else None)
    with pytest.raises(lumen.InvalidRequest, match=r"^No\."):
        lumen.generate("a barn owl in the rain")
    with pytest.raises(lumen.InvalidRequest, match=r"LUMEN_USE allows owls\.lumen alone"):
        lumen.generate("an owl", client=lumen.LumenClient())
    assert account.accounts.ready_client() is account.current().client
    monkeypatch.setenv("LUMEN_USE", "nonsense")
    with pytest.raises(lumen.InvalidRequest, match="neither sandbox"):
        lumen.generate("an owl")
    with pytest.raises(lumen.InvalidRequest, match="neither sandbox"):
        lumen.use("sandbox")
    monkeypatch.setenv("LUMEN_USE", str(tmp_path / "gone.lumen"))
    with pytest.raises(lumen.LessonError, match=r"no lesson gone\.lumen"):
        lumen.generate("an owl")


def test_the_service_by_lumen_use_is_only_a_default(
    owls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no cell chooses, it is asked for its key, and never the sandbox instead."""
    monkeypatch.setenv("LUMEN_USE", "service")
    with pytest.raises(lumen.MissingKey):
        lumen.generate("an owl")
    monkeypatch.setenv("LUMEN_API_KEY", "sk-lumen-SENTINEL-0123456789")
    assert "cost credits" in account.current().name
    assert lumen.use(owls).lesson == NAME
    assert lumen.use(owls).note == ""


@pytest.mark.slow
def test_the_sandbox_by_lumen_use(owls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells that ask for the service or a lesson have the sandbox, and are told so."""
    monkeypatch.delenv("LUMEN_SANDBOX")
    monkeypatch.setenv("LUMEN_API_KEY", "sk-lumen-SENTINEL-0123456789")
    monkeypatch.setenv("LUMEN_USE", "sandbox")
    for which in ("service", owls, lumen.LumenClient()):
        shown = lumen.use(which)
        assert shown.is_sandbox
        assert "LUMEN_USE goes before" in repr(shown)
    assert lumen.use("sandbox").note == ""
    own = lumen.LumenClient(lumen.sandbox.start().api_key, lumen.sandbox.start().url, journal=False)
    assert lumen.use(own).client is own
    assert lumen.generate("a fox", size="64x64", wait=False).wait(PATIENCE)
    account.accounts.forget()
    assert account.current().is_sandbox


@pytest.mark.slow
def test_a_check_of_an_account_is_that_of_its_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells, forms and rows that try again go through it, until another account is chosen."""
    monkeypatch.delenv("LUMEN_SANDBOX")
    seen: list[str] = []

    def check(request: Request) -> str | None:
        seen.append(request.prompt)
        return "No swords." if "sword" in request.prompt else None

    lumen.use("sandbox", check=check)
    with pytest.raises(lumen.InvalidRequest, match="No swords"):
        lumen.generate("a sword", size="64x64")
    form = lumen.PromptForm(prompt="a sword", size="64x64")
    form.submit()
    until(lambda: len(seen) == 2, "the form asked the check")
    assert len(lumen.history()) == 0
    lumen.use("sandbox")
    assert lumen.generate("a sword", size="64x64", wait=False).wait(PATIENCE)
    assert seen == ["a sword"] * 2
    assert os.environ.get("LUMEN_USE") is None
