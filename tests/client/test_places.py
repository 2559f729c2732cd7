"""The places of a task's pictures, whatever becomes of the list while they are fetched."""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lumen_widgets.client import LumenClient
from lumen_widgets.core.errors import DownloadError
from lumen_widgets.core.polling.downloader import PictureDownloader
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer, Received, http
from tests.client.service import FAILED, PROCESSING, png
from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from lumen_widgets.client import Picture, Task
    from lumen_widgets.journal import JournalRow
    from tests.client.service import Service

    Connect: TypeAlias = "Callable[..., LumenClient]"

PICTURES = {
    name: png(colour)
    for name, colour in zip(
        "abcdxy", ["red", "green", "blue", "white", "black", "grey"], strict=True
    )
}
BY_BYTES = {data: name for name, data in PICTURES.items()}

# How a list may write an address: {name} is the picture, {number} counts the lists. Those with a
# number are signed anew with each list, and no others are known then.
STABLE, SIGNED = "{name}", "{name}?signature={number}"
SIGNED_IN_PATH, SIGNED_BESIDE = "{number}/{name}", "picture?id={name}&signature={number}"
STYLES = st.sampled_from([STABLE, SIGNED, SIGNED_IN_PATH, SIGNED_BESIDE])

# A fault may be found by waiting in vain, which is not done over and over for a smaller example.
PHASES = [Phase.explicit, Phase.generate]


class Listed(NamedTuple):
    """One answer of the service: pictures by name, those that are not there yet, the addresses.

    Of those that are not there it says so, or has no address for them.
    """

    names: str
    missing: frozenset[int] = frozenset()
    style: str = STABLE
    without_addresses: bool = False

    @property
    def present(self) -> str:
        """The pictures that can be fetched."""
        return "".join(name for at, name in enumerate(self.names) if at not in self.missing)

    def paths(self, number: int) -> list[str]:
        """Return the addresses; of two pictures that are the same, each has its own."""
        return [
            "/" + self.style.format(name=name + str(before.count(name)), number=number)
            for at, name in enumerate(self.names)
            for before in [self.names[:at]]
        ]


class ChangingList:
    """A service of one task, each of whose answers lists its pictures anew; the last one stays."""

    def __init__(self, lists: Sequence[Listed]) -> None:
        self.server: FaultServer
        self._left = list(lists)
        self._number = 0
        self._answers: dict[str, bytes] = {}

    def respond(self, request: Received) -> bytes:
        """Answer a request; an address that the newest list does not have is not known."""
        if request.method == "POST":
            return http(200, {"id": "task", "status": "queued"})
        if not request.path.startswith("/v1/"):
            return self._answers.get(request.path, http(404))
        listed = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        self._number += 1
        paths = listed.paths(self._number)
        self._answers = {
            path: http(200, PICTURES[name])
            for at, (path, name) in enumerate(zip(paths, listed.names, strict=True))
            if at not in listed.missing
        }
        unsaid = listed.missing if listed.without_addresses else frozenset[int]()
        data = [
            None if at in unsaid else {"url": f"{self.server.url}{path}"}
            for at, path in enumerate(paths)
        ]
        return http(200, {"id": "task", "status": "succeeded", "data": data})


@contextmanager
def listing(lists: Sequence[Listed]) -> Iterator[ChangingList]:
    """Run a service for as long as the block lasts."""
    service = ChangingList(lists)
    with FaultServer(fault.calls(service.respond)) as server:
        service.server = server
        yield service


def quick(patience: float) -> None:
    """Have lists asked for one right after the other, for as long as `patience` says."""
    timing = Timing(
        local_interval=0.005,
        refresh_interval=0.005,
        longest_backoff=0.005,
        late_pictures=patience,
        doubtful_pictures=patience,
    )
    if (before := use_scheduler(Scheduler(timing=timing))) is not None:
        before.close()


def names_of(pictures: Sequence[Picture]) -> str:
    """Return the pictures by name, each of which has to know its place."""
    assert [(one.index, one.count) for one in pictures] == [
        (place, len(pictures)) for place in range(len(pictures))
    ]
    return "".join(BY_BYTES[one.raw.bytes] for one in pictures)


def final_row(client: LumenClient) -> JournalRow:
    """Return the task's row once the journal knows of the end."""
    journal = client.journal
    assert journal is not None
    until(lambda: journal.rows()[0].is_final, "the journal knows of the end")
    (row,) = journal.rows()
    return row


def whole_only_at_the_end(lists: Sequence[Listed], *, fails: bool) -> list[Listed]:
    """Return lists without those, but for the last one, that a client may take for a whole one.

    What came by an address is there, although the same address does not answer any more, and as
    many pictures as a list has may be those of the list.
    """
    *earlier, final = lists
    came: set[str] = set()
    here: Counter[str] = Counter()
    found = []
    for listed in earlier:
        missing = frozenset(
            at for at in listed.missing if listed.style != STABLE or listed.paths(0)[at] not in came
        )
        now_here = here | Counter(listed._replace(missing=missing).present)
        if fails and now_here.total() >= len(listed.names):
            continue
        if missing or not (fails or len(listed.names) >= len(final.names)):
            found.append(listed._replace(missing=missing))
            here = now_here
            if listed.style == STABLE:
                paths = enumerate(listed.paths(0))
                came |= {path for at, path in paths if at not in missing}
    return [*found, final]


def lists_of(*, fails: bool, others: str = "") -> st.SearchStrategy[list[Listed]]:
    """Draw lists of which the last is the first that is whole.

    Those before it have pictures that are not there or, unless one `fails` in each of them, are too
    short. They may have `others`, that the last one has not.
    """

    def drawn(final: str) -> st.SearchStrategy[list[Listed]]:
        def listed(names: list[str]) -> st.SearchStrategy[Listed]:
            missing = st.frozensets(st.integers(0, len(names) - 1))
            return st.builds(Listed, st.just("".join(names)), missing, STYLES, st.booleans())

        orders = st.permutations(final + others)
        names = st.tuples(orders, st.integers(1, 4)).map(lambda both: both[0][: both[1]])
        earlier = st.lists(names.flatmap(listed), min_size=1, max_size=4)
        last = st.builds(Listed, st.just(final), st.just(frozenset[int]()), STYLES)
        whole = st.tuples(earlier, last).map(lambda both: [*both[0], both[1]])
        return whole.map(lambda lists: whole_only_at_the_end(lists, fails=fails))

    finals = st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=bool(others))
    return finals.map("".join).flatmap(drawn)


def check_end(client: LumenClient, url: str, final: str, seen: set[str], task: Task) -> None:
    """Check a task at its end, its row, and what another client restores from that."""
    names = names_of(task.pictures)
    assert names.startswith(final)
    assert sorted(names[len(final) :]) == sorted(seen - set(final))
    assert [BY_BYTES[one.path.read_bytes()] for one in final_row(client).pictures] == list(names)
    again = LumenClient(KEY, url, journal=client.journal).task("task")
    assert names_of(again.pictures) == names


@pytest.mark.slow
@settings(max_examples=40, phases=PHASES)
@given(lists_of(fails=False) | lists_of(fails=False, others="xy"))
def test_the_last_list_decides(lists: list[Listed]) -> None:
    """Each picture is there once, in the last list's order; what it does not name comes after."""
    quick(20.0)
    final = lists[-1].names
    with tempfile.TemporaryDirectory() as home, listing(lists) as service:
        client = LumenClient(KEY, service.server.url, journal=home)
        task = client.generate("a cat", n=len(final))
        given_bytes = {one: one.bytes for one in client.stream([task], timeout=60)}
        check_end(
            client, service.server.url, final, set("".join(one.present for one in lists)), task
        )
        assert given_bytes == {one: one.bytes for one in task.pictures}


@pytest.mark.slow
@settings(max_examples=40, phases=PHASES)
@given(
    lists_of(fails=True) | lists_of(fails=True, others="xy"),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_the_last_list_decides_after_restarts(lists: list[Listed], restarts: list[bool]) -> None:
    """The same, whether the task waits on after an error or another client takes it up."""
    quick(0.0)
    final = lists[-1].names
    with tempfile.TemporaryDirectory() as home, listing(lists) as service:
        client = LumenClient(KEY, service.server.url, journal=home)
        task = client.generate("a cat", n=len(final))
        for _, restarted in zip(lists[:-1], restarts, strict=False):
            with pytest.raises(DownloadError):
                task.wait(60)
            if restarted:
                client = LumenClient(KEY, service.server.url, journal=home)
                task = client.task("task")
        task.wait(60)
        check_end(
            client, service.server.url, final, set("".join(one.present for one in lists)), task
        )


@pytest.mark.parametrize("unread", [None, 7, {}, {"url": None}, {"url": 7}, {"error": {}}])
def test_what_can_be_read_of_a_list_is_fetched(
    service: Service, connect: Connect, unread: object
) -> None:
    """One picture was held back by a filter: the others, paid too, were lost with it."""
    quick(0.0)
    for name in "ab":
        service.pictures[f"/{name}"] = [http(200, PICTURES[name])]
    first, second = service.succeeded("a", "b")["data"]
    service.statuses["*"] = [{"status": "succeeded", "data": [first, unread, second]}]
    client = connect(service.server.url)

    with pytest.raises(DownloadError, match=r"^1 of 3 .* without an address") as caught:
        client.generate("a cat", n=3).wait(30)
    here = [(BY_BYTES[one.bytes], one.index, one.count) for one in caught.value.pictures]
    assert here == [("a", 0, 3), ("b", 2, 3)]
    journal = client.journal
    assert journal is not None
    until(lambda: len(journal.rows()[0].pictures) == 2, "the journal has both")
    assert not journal.rows()[0].is_final


CANCELLED = {"status": "cancelled"}
GONE = {"error": {"code": "gone", "message": "No."}}


@pytest.mark.parametrize(
    "then",
    [
        http(200, {"id": "task", "status": "succeeded", "data": []}),
        http(200, {"id": "task", "status": "succeeded", "data": [{"url": "gone"}, {"url": "no"}]}),
        http(200, b"<html>"),
        *(http(status, GONE) for status in (401, 404, 503)),
        *(http(200, {"id": "task-1", **said}) for said in (PROCESSING, FAILED, CANCELLED)),
    ],
    ids=["no list", "other addresses", "no answer", "401", "404", "503", "runs", "failed", "ended"],
)
def test_what_was_delivered_stays_delivered(
    service: Service, connect: Connect, then: bytes
) -> None:
    """A model made fewer pictures: whatever a look for more of them meets, they are no failure."""
    quick(0.3)
    for name in "ab":
        service.pictures[f"/{name}"] = [http(200, PICTURES[name])]
    service.statuses["*"] = [service.succeeded("a", "b"), then]
    client = connect(service.server.url)

    assert names_of(client.generate("a cat", n=4).wait(30)) == "ab"
    assert [one.index for one in final_row(client).pictures] == [0, 1]


@pytest.mark.parametrize("then", [PROCESSING, FAILED, CANCELLED], ids=["runs", "failed", "ended"])
def test_the_last_word_of_a_service_stays_the_last(
    service: Service, connect: Connect, then: dict[str, object]
) -> None:
    """One of two pictures is late: what is said meanwhile takes nothing back."""
    quick(0.3)
    service.pictures["/a"] = [http(200, PICTURES["a"])]
    service.pictures["/b"] = [http(503, GONE), http(200, PICTURES["b"])]
    both = service.succeeded("a", "b")
    service.statuses["*"] = [both, then]
    client = connect(service.server.url)
    task = client.generate("a cat", n=2)

    with pytest.raises(DownloadError, match="succeeded, but its list") as caught:
        task.wait(30)
    assert [BY_BYTES[one.bytes] for one in caught.value.pictures] == ["a"]
    service.statuses["*"] = [both]
    assert names_of(task.wait(30)) == "ab"
    assert [one.index for one in final_row(client).pictures] == [0, 1]


def test_a_picture_that_comes_after_ctrl_c_is_there_once(
    service: Service, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its list was asked for again while it was being written down, and it was fetched again."""
    quick(0.3)
    for name in "ab":
        service.pictures[f"/{name}"] = [http(200, PICTURES[name])]
    service.statuses["*"] = [PROCESSING]
    task = connect(service.server.url).generate("a cat", n=2)
    task.stop_watching()
    service.statuses["*"] = [service.succeeded("a", "b")]
    fetch, store = PictureDownloader.fetch, Journal.store_picture
    second = threading.Event()

    def press(*arguments: Any) -> None:
        fetch(*arguments)
        raise KeyboardInterrupt

    def store_slowly(*arguments: Any, **options: Any) -> Path:
        if stored.setdefault(options["sha256"], me := object()) is me:
            second.wait(1.0)  # it never comes: a longer wait would only be that
        else:
            second.set()
        return store(*arguments, **options)

    stored: dict[str, object] = {}
    monkeypatch.setattr(Journal, "store_picture", store_slowly)
    with monkeypatch.context() as patch:
        patch.setattr(PictureDownloader, "fetch", press)
        with pytest.raises(KeyboardInterrupt):
            task.refresh()
    assert names_of(task.wait(30)) == "ab"


def test_pictures_that_are_kept_need_no_addresses() -> None:
    """The process ended before it was clear that the service made fewer; then its links ended."""
    quick(0.0)
    lists = [Listed("abc", frozenset({2}), SIGNED), Listed("ab", frozenset({0, 1}), SIGNED)]
    with tempfile.TemporaryDirectory() as home, listing(lists) as service:
        client = LumenClient(KEY, service.server.url, journal=home)
        with pytest.raises(DownloadError):
            client.generate("a cat", n=4).wait(30)

        again = LumenClient(KEY, service.server.url, journal=home).task("task")
        assert names_of(again.wait(30)) == "ab"
        assert final_row(client).picture_count == 2


def test_a_picture_whose_address_has_ended_keeps_its_place() -> None:
    """It is the first of two, one of which is missing, although its own does not answer either."""
    quick(0.0)
    lists = [Listed("ab", frozenset({1}), SIGNED), Listed("ab", frozenset({0, 1}), SIGNED)]
    with tempfile.TemporaryDirectory() as home, listing(lists) as service:
        client = LumenClient(KEY, service.server.url, journal=home)
        with pytest.raises(DownloadError):
            client.generate("a cat", n=2).wait(30)

        with pytest.raises(DownloadError, match=r"^1 of 2") as caught:
            LumenClient(KEY, service.server.url, journal=home).task("task").wait(30)
        assert [(one.index, one.count) for one in caught.value.pictures] == [(0, 2)]
