"""What was paid once and is asked for again with ``reuse=True``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from lumen_widgets.client import LumenClient, budget
from lumen_widgets.core import errors
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.children import in_child
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer, http
from tests.client.service import FAILED, PROCESSING, Service, png
from tests.client.stale_folder import make_stale
from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Connect = Callable[..., LumenClient]


class Uploads:
    """Hosts whatever it is given under a new address each time."""

    def __init__(self) -> None:
        self.count = 0

    def put(self, data: bytes, media_type: str, digest: str) -> Any:
        """Host a file."""
        from lumen_widgets.client.hosting.protocol import HostedFile

        self.count += 1
        return HostedFile(f"https://files.example/{id(self)}/{self.count}")


def test_pictures_come_back_and_nothing_is_paid(service: Service, connect: Connect) -> None:
    """What was paid by any earlier call comes back from disk: no request, no credits, no budget."""
    service.statuses["*"] = [service.succeeded("a", "b")]
    connect(service.server.url).generate("a cat", n=2).wait(30)
    asked = len(service.server.requests)
    limit = budget(tasks=0)
    task = connect(service.server.url).generate("a cat", n=2, reuse=True)

    assert task.done
    assert task.reused
    assert task.submitted is not None
    assert [picture.bytes for picture in task.wait(0)] == [png()] * 2
    assert len(service.server.requests) == asked
    assert limit.submitted == 0


@pytest.mark.parametrize("made", ["now", "earlier"])
def test_what_is_done_to_a_list_of_pictures_is_not_what_comes_back(
    made: str, service: Service, connect: Connect
) -> None:
    """``cats += dogs``, or a list that was emptied, is the caller's: a task keeps its pictures."""
    service.pictures["/b"] = [http(200, png("blue"))]
    service.statuses |= {"task-1": [service.succeeded("a")], "task-2": [service.succeeded("b")]}
    client = connect(service.server.url)
    if made == "earlier":
        client.generate("a cat").wait(30)
        client.generate("a dog").wait(30)
        client = connect(service.server.url)
    cats, dogs = (client.generate(f"a {animal}", reuse=True) for animal in ("cat", "dog"))
    several = cats.wait(30)
    several += dogs.wait(30)
    dogs.pictures.clear()
    dogs.wait(30).pop()

    for task, colour in ((cats, "red"), (dogs, "blue")):
        again = client.generate(task.request.prompt, reuse=True)
        assert [one.bytes for one in again.wait(30)] == [png(colour)]
        assert again.wait(30) == again.pictures == task.pictures
    assert len(several) == 2
    assert len(service.server.posts) == 2


@pytest.mark.slow
def test_another_request_is_paid(service: Service, connect: Connect) -> None:
    """What differs in any field, or goes elsewhere, is another request."""
    use_scheduler(Scheduler(timing=Timing(doubtful_pictures=0.0)))
    service.statuses["*"] = [service.succeeded("a")]
    client = connect(service.server.url)
    for number, fields in enumerate(
        ({}, {"n": 2}, {"size": "16:9"}, {"extra": {"seed": 1}}, {"extra": {"seed": True}}), 1
    ):
        task = client.generate("a cat", reuse=True, **fields)  # type: ignore[arg-type]
        assert not task.reused
        assert len(service.server.posts) == number
        task.wait(30)
    assert not client.generate("a dog", reuse=True).reused


def test_the_same_in_other_words(service: Service, connect: Connect) -> None:
    """How a number is written, where the service reports to, and who calls changes nothing."""
    service.statuses["*"] = [service.succeeded("a")]
    client = connect(service.server.url)
    client.generate("a cat", extra={"seed": 1, "b": {"x": 2.0}}).wait(30)
    again = client.generate(
        "a cat",
        extra={"b": {"x": 2}, "seed": 1.0},
        webhook_url="https://example.org/hook",
        webhook_secret="hush",  # noqa: S106  made up
        reuse=True,
    )

    assert again.reused
    assert client.submit(again.request).reused is False
    assert len(service.server.posts) == 2


@pytest.mark.slow
def test_pictures_and_masks_go_by_what_is_in_them(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """However a picture is handed in, and wherever it is hosted, it is the same picture."""
    service.statuses["*"] = [service.succeeded("a")]
    file = tmp_path / "cat.png"
    file.write_bytes(png())
    mask = np.zeros((4, 6), bool)
    mask[1, 2] = True
    hosted = Uploads()
    first = connect(service.server.url, hosting=hosted)
    first.edit("snow", [file, "https://example.org/dog.png"]).wait(30)
    (made,) = first.inpaint("a hat", file, mask).wait(30)
    first.edit("night", made).wait(30)
    assert len(service.server.posts) == 3

    other = Uploads()
    second = connect(service.server.url, hosting=other)
    picture = Image.fromarray(mask).convert("RGB")
    assert second.edit(
        "snow", [file.read_bytes(), "https://example.org/dog.png"], reuse=True
    ).reused
    again = second.inpaint("a hat", str(file), picture, reuse=True)
    # it comes from disk and has no address any more, and is the same picture
    assert second.edit("night", again.wait(0)[0], reuse=True).reused
    assert other.count == 0
    assert not second.edit("snow", [png("blue"), "https://example.org/dog.png"], reuse=True).reused
    assert not second.inpaint("a hat", file, ~mask, reuse=True).reused
    assert len(service.server.posts) == 5


def test_what_runs_is_joined(service: Service, connect: Connect) -> None:
    """A task that runs is joined: in this process the very same, elsewhere by one question."""
    service.statuses["*"] = [PROCESSING]
    client = connect(service.server.url)
    task = client.generate("a cat")
    assert client.generate("a cat", reuse=True) is task
    other = connect(service.server.url)
    joined = other.generate("a cat", reuse=True)
    assert (joined.id, joined.reused, joined.done) == (task.id, True, False)
    service.statuses["*"] = [service.succeeded("a")]

    assert len(joined.wait(30)) == len(task.wait(30)) == 1
    assert len(service.server.posts) == 1


@pytest.mark.parametrize("ended", [FAILED, {"status": "cancelled"}])
def test_what_came_to_nothing_is_paid_anew(
    service: Service, connect: Connect, ended: dict[str, Any]
) -> None:
    """What failed or was cancelled is submitted again, also if that is only heard of now."""
    service.statuses["task-1"] = [ended]
    service.statuses["*"] = [PROCESSING]
    client = connect(service.server.url)
    client.generate("a cat").refresh()
    journal = client.journal
    assert journal is not None
    until(lambda: journal.rows()[0].is_final, "the journal knows of the end")
    second = client.generate("a cat", reuse=True)
    assert second.id == "task-2"
    second.refresh()
    second.stop_watching()
    service.statuses["task-2"] = [ended]
    third = connect(service.server.url).generate("a cat", reuse=True)

    assert (third.id, third.reused) == ("task-3", False)


def test_what_was_refused_is_sent_again(connect: Connect) -> None:
    """A request that the service refused cost nothing, and is sent again."""
    with FaultServer(
        fault.answers(402, {"error": {"code": "credits", "message": "No."}}),
        fault.task("t", PROCESSING),
    ) as server:
        client = connect(server.url)
        with pytest.raises(errors.InsufficientCredits):
            client.generate("a cat", reuse=True)
        assert client.generate("a cat", reuse=True).id == "t"


def test_nobody_knows(connect: Connect) -> None:
    """What may have been paid is not sent again: the error says when it was, and what to do."""
    with FaultServer(fault.drops_after_reading, fault.task("t", PROCESSING)) as server:
        client = connect(server.url)
        with pytest.raises(errors.SubmitOutcomeUnknown):
            client.generate("a cat")
        with pytest.raises(errors.SubmitOutcomeUnknown, match=r"was sent on \d") as caught:
            connect(server.url).generate("a cat", reuse=True)
        assert caught.value.may_have_cost
        assert "console" in caught.value.next_step
        assert "without reuse=True" in caught.value.next_step
        assert len(server.posts) == 1
        # whoever has looked may pay, and from then on that is what is found
        paid = client.generate("a cat")
        assert client.generate("a cat", reuse=True) is paid


@pytest.mark.slow
def test_killed_between_question_and_answer(tmp_path: Path, connect: Connect) -> None:
    """A request whose process was killed before the answer came is not sent again either."""
    with FaultServer(fault.stalls) as server:
        child = in_child(tmp_path / "journal", server.url, 'client.generate("a cat")')
        while not server.posts:
            assert child.poll() is None
        child.kill()
        child.communicate()
        with pytest.raises(errors.SubmitOutcomeUnknown, match="process that sent it ended"):
            connect(server.url).generate("a cat", reuse=True)
        assert len(server.posts) == 1


def test_pictures_that_are_gone_come_from_the_service(service: Service, connect: Connect) -> None:
    """Pictures that were deleted are fetched again, and only if that fails is it an error."""
    use_scheduler(Scheduler(timing=Timing(doubtful_pictures=0.0)))
    service.statuses["*"] = [service.succeeded("a")]
    client = connect(service.server.url)
    client.generate("a cat").wait(30)
    assert client.journal is not None

    def lose() -> None:
        assert client.journal is not None
        client.journal.rows()[0].pictures[0].path.unlink()

    lose()
    task = connect(service.server.url).generate("a cat", reuse=True)
    assert [picture.bytes for picture in task.wait(30)] == [png()]
    assert client.journal.rows()[0].pictures[0].path.exists()

    lose()
    service.pictures["/a"] = [http(404)]
    with pytest.raises(errors.DownloadError, match="without reuse=True"):
        connect(service.server.url).generate("a cat", reuse=True).wait(30)
    service.statuses["*"] = [http(404)]
    with pytest.raises(errors.NotFound, match="was paid as the task task-1") as caught:
        connect(service.server.url).generate("a cat", reuse=True)
    assert "without reuse=True" in caught.value.next_step
    assert len(service.server.posts) == 1


@pytest.mark.slow
@pytest.mark.parametrize("status", [401, 500])
def test_a_service_that_does_not_say(
    service: Service, connect: Connect, tmp_path: Path, status: int
) -> None:
    """Where the earlier task cannot be asked about, the error names it: nothing new was sent."""
    service.statuses["*"] = [service.succeeded("a")]
    connect(service.server.url).generate("a cat").wait(30)
    for file in (tmp_path / "journal" / "pictures").glob("*/*"):
        file.unlink()
    service.statuses["*"] = [http(status)]
    with pytest.raises(errors.LumenError, match=r"sent as the task task-1 .* Nothing was sent now"):
        connect(service.server.url, timeout=1.0).generate("a cat", reuse=True)
    assert len(service.server.posts) == 1


def test_a_damaged_picture_is_no_picture(service: Service, connect: Connect) -> None:
    """A file that is not what it was is not handed out."""
    service.statuses["*"] = [service.succeeded("a")]
    client = connect(service.server.url)
    client.generate("a cat").wait(30)
    assert client.journal is not None
    path = client.journal.rows()[0].pictures[0].path
    path.write_bytes(path.read_bytes()[:-1] + b"?")

    assert connect(service.server.url).generate("a cat", reuse=True).wait(30)[0].bytes == png()
    assert service.asked("task-1") == 2


@pytest.mark.slow
def test_another_key(service: Service, tmp_path: Path, connect: Connect) -> None:
    """Of another key's tasks the pictures on disk are reused, and nothing else is touched."""
    service.statuses["task-1"] = [service.succeeded("a")]
    service.statuses["*"] = [PROCESSING]
    first = connect(service.server.url)
    first.generate("a cat").wait(30)
    first.generate("a dog")
    other = LumenClient(f"{KEY}other", service.server.url, journal=tmp_path / "journal")

    assert other.generate("a cat", reuse=True).reused
    assert not other.generate("a dog", reuse=True).reused
    assert first.journal is not None
    first.journal.rows()[-1].pictures[0].path.unlink()
    assert not other.generate("a cat", reuse=True).reused
    assert len(service.server.posts) == 4


@pytest.mark.parametrize("key", [KEY, f"{KEY}other"], ids=["forgotten", "of another key"])
def test_pictures_that_cannot_be_read_now_are_not_paid_again(
    service: Service, connect: Connect, tmp_path: Path, key: str
) -> None:
    """As on a network folder that is stale: they are there, and come back once it is not."""
    service.statuses["*"] = [service.succeeded("a"), http(404, {})]
    connect(service.server.url).generate("a cat").wait(30)
    client = LumenClient(key, service.server.url, journal=tmp_path / "journal")
    with pytest.MonkeyPatch.context() as patch:
        make_stale(patch, tmp_path / "journal" / "pictures")
        with pytest.raises(errors.JournalError, match=r"cannot be read .* Nothing was sent"):
            client.generate("a cat", reuse=True)

    assert client.generate("a cat", reuse=True).wait(30)[0].bytes == png()
    assert len(service.server.posts) == 1


@pytest.mark.parametrize("linked", ["folder", "file"])
@pytest.mark.parametrize("key", [KEY, f"{KEY}other"], ids=["forgotten", "of another key"])
def test_pictures_on_a_disk_that_is_not_connected_are_not_paid_again(
    service: Service, connect: Connect, tmp_path: Path, key: str, linked: str
) -> None:
    """As where the journal's folder of pictures, or each of them, is a link to an external one."""
    service.statuses["*"] = [service.succeeded("a"), http(404, {})]
    connect(service.server.url).generate("a cat").wait(30)
    ((picture,),) = (row.pictures for row in Journal(tmp_path / "journal").rows())
    moved = picture.path if linked == "file" else tmp_path / "journal" / "pictures"
    disk = tmp_path / "disk"
    moved.rename(disk)
    moved.symlink_to(disk)
    client = LumenClient(key, service.server.url, journal=tmp_path / "journal")
    disk.rename(tmp_path / "elsewhere")
    with pytest.raises(errors.JournalError, match=r"cannot be read .* Nothing was sent"):
        client.generate("a cat", reuse=True)
    (tmp_path / "elsewhere").rename(disk)

    assert client.generate("a cat", reuse=True).wait(30)[0].bytes == png()
    assert len(service.server.posts) == 1


def test_of_two_tasks_the_older_may_be_read_later(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """The newer one is gone: it is not said that it is to be paid, and the older one comes back."""
    first = connect(service.server.url)
    for name, colour in (("a", "red"), ("b", "blue")):
        service.pictures[f"/{name}"] = [http(200, png(colour))]
        service.statuses["*"] = [service.succeeded(name)]
        first.generate("a cat").wait(30)
    service.statuses["*"] = [http(404, {})]
    client = LumenClient(KEY, service.server.url, journal=tmp_path / "journal")
    newer, older = Journal(tmp_path / "journal").rows()
    newer.pictures[0].path.unlink()
    with pytest.MonkeyPatch.context() as patch:
        make_stale(patch, older.pictures[0].path)
        with pytest.raises(errors.JournalError, match=r"task-1 .* cannot be read"):
            client.generate("a cat", reuse=True)

    assert client.generate("a cat", reuse=True).wait(30)[0].bytes == png("red")


@pytest.mark.parametrize("key", [KEY, f"{KEY}other"], ids=["of this key", "of another key"])
@pytest.mark.parametrize("how", ["gone", "not to be read"])
def test_one_that_runs_is_joined_though_an_earlier_one_has_no_pictures(
    service: Service, connect: Connect, tmp_path: Path, key: str, how: str
) -> None:
    """The service knows that no more; who had it made anew is not told to pay once more."""
    service.statuses["task-1"] = [service.succeeded("a"), http(404, {})]
    service.statuses["*"] = [PROCESSING]
    LumenClient(key, service.server.url, journal=tmp_path / "journal").generate("a cat").wait(30)
    client = connect(service.server.url)
    running = client.generate("a cat")
    (path,) = (
        picture.path for row in Journal(tmp_path / "journal").rows() for picture in row.pictures
    )
    with pytest.MonkeyPatch.context() as patch:
        if how == "gone":
            path.unlink()
        else:
            make_stale(patch, path)
        assert client.generate("a cat", reuse=True) is running
    assert len(service.server.posts) == 2


def test_a_wait_brings_what_could_not_be_read_before(
    service: Service, connect: Connect, tmp_path: Path
) -> None:
    """Its address has ended meanwhile; it is not only said that it may be paid anew."""
    use_scheduler(Scheduler(timing=Timing(doubtful_pictures=0.0)))
    service.statuses["*"] = [service.succeeded("a")]
    connect(service.server.url).generate("a cat").wait(30)
    service.pictures["/a"] = [http(404)]
    with pytest.MonkeyPatch.context() as patch:
        make_stale(patch, tmp_path / "journal" / "pictures")
        task = connect(service.server.url).generate("a cat", reuse=True)
        with pytest.raises(errors.DownloadError, match=r"cannot be read now \(Stale file handle\)"):
            task.wait(30)

    assert [picture.bytes for picture in task.wait(30)] == [png()]


def test_without_a_journal(service: Service, connect: Connect) -> None:
    """Without a journal it is not known what was paid: that is said, and nothing is sent."""
    with pytest.raises(errors.InvalidRequest, match="journal=False") as caught:
        connect(service.server.url, journal=False).generate("a cat", reuse=True)
    assert caught.value.field == "reuse"
    assert service.server.requests == []


def test_over_budget_nothing_is_hosted(service: Service, connect: Connect) -> None:
    """What is not found goes the usual way: the budget first, then uploads."""
    uploads = Uploads()
    budget(tasks=0)
    with pytest.raises(errors.BudgetExceeded):
        connect(service.server.url, hosting=uploads).edit("snow", png(), reuse=True)
    assert uploads.count == 0
