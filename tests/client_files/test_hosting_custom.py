"""Hostings of the user's own, and pictures inside the request."""

from __future__ import annotations

import base64
import dataclasses
import threading
import time
from typing import Any

import numpy as np
import pytest

from lumen_widgets.client import (
    CallableHosting,
    DataURIHosting,
    HostedFile,
    HostingError,
    InvalidRequest,
    LumenClient,
    ServiceUnreachable,
)
from tests.client_files.hosted import host, local
from tests.client_files.samples import gradient

URL = "https://files.example/7f3a.png"


def test_a_function_hosts_pictures() -> None:
    """A function of bytes and type gives the address, once for each content."""
    calls: list[tuple[bytes, str]] = []

    def upload(data: bytes, media_type: str) -> str:
        calls.append((data, media_type))
        return f"{URL}?{len(calls)}"

    place = CallableHosting(upload)
    assert host(local(), place) == host(local(), place) == f"{URL}?1"
    assert host(local(41), place) == f"{URL}?2"
    assert calls == [(local().data, "image/png"), (local(41).data, "image/png")]
    assert "upload" in repr(place)


def test_a_function_may_say_how_long_its_address_lasts() -> None:
    """What returns a HostedFile is asked again when its address comes near its end."""
    ends = time.time() + 60
    calls: list[int] = []

    def upload(data: bytes, media_type: str) -> HostedFile:
        calls.append(len(data))
        return HostedFile(URL, ends)

    place = CallableHosting(upload)
    assert (host(local(), place), host(local(), place)) == (URL, URL)
    assert len(calls) == 2


async def _async(data: bytes, media_type: str) -> str:
    return URL


@pytest.mark.parametrize(
    "fn",
    [
        lambda *_: None,
        lambda *_: 7,
        lambda *_: b"https://files.example/",
        lambda *_: "",
        lambda *_: "cat.png",
        lambda *_: "file:///etc/passwd",
        lambda *_: "ftp://files.example/cat.png",
        lambda *_: "https://",
        lambda *_: "https://[SENTINEL/cat.png",
        lambda *_: "https://files.example:99999/SENTINEL",
        lambda *_: "https://me:SENTINEL@files.example/",
        lambda *_: "https://files.example/\r\nSENTINEL: 1",
        lambda *_: "https://files.example/a SENTINEL",
        lambda *_: "https://files.example/\u202eSENTINEL",
        lambda *_: "https://files.example/" + "SENTINEL" * 2000,
        lambda *_: "data:image/png;base64,SENTINEL",
        lambda *_: HostedFile("javascript:SENTINEL"),
        lambda *_: HostedFile(URL, "SENTINEL"),  # type: ignore[arg-type]
        lambda *_: HostedFile(URL, float("nan")),
        lambda *_: HostedFile(URL, 1.0),
        _async,
    ],
)
def test_junk_of_a_function_is_refused(fn: Any) -> None:
    """Whatever is no address that the service can read is an error before anything is paid."""
    with pytest.raises(HostingError, match="nothing was sent") as caught:
        host(local(), CallableHosting(fn))
    assert "SENTINEL" not in str(caught.value)
    assert not caught.value.may_have_cost


def test_what_a_function_raises_is_told() -> None:
    """The error has the function's own as its cause and says it, without a signed query."""

    def upload(data: bytes, media_type: str) -> str:
        raise OSError("no way to https://me:SENTINEL@files.example/x?sig=SENTINEL now")

    with pytest.raises(HostingError, match="OSError: no way to") as caught:
        host(local(), CallableHosting(upload))
    assert isinstance(caught.value.__cause__, OSError)
    assert "SENTINEL" not in str(caught.value)
    with pytest.raises(InvalidRequest):
        CallableHosting("https://files.example")  # type: ignore[arg-type]


class Bare:
    """An object with a method, without room for anything else."""

    __slots__ = ("calls",)

    def __init__(self) -> None:
        self.calls = 0

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
        """Host a file."""
        self.calls += 1
        return HostedFile(f"{URL}?{digest}")


class PrintHosting:
    """An object whose `put` takes something else."""

    def put(self, name: str) -> None:
        """Take a name."""


@dataclasses.dataclass
class Unhashable(Bare):
    """An object that is compared by its fields, and so cannot be hashed."""

    calls: int = 0


@pytest.mark.parametrize("kind", [Bare, Unhashable])
def test_any_object_with_put_is_a_hosting(kind: type[Bare]) -> None:
    """One with slots or without a hash holds each content once too, apart from its equals."""
    first, second = kind(), kind()
    for place in (first, second):
        assert host(local(), place) == host(local(), place)
    assert (first.calls, second.calls) == (1, 1)


@pytest.mark.parametrize(
    "given", ["s3://bucket", 7, False, object(), print, DataURIHosting, Bare, PrintHosting()]
)
def test_what_is_no_hosting_is_refused(given: Any) -> None:
    """A string or a class in place of a hosting is an error that shows how it is written."""
    for use in (lambda: host(local(), given), lambda: LumenClient("sk-lumen-key", hosting=given)):
        with pytest.raises(InvalidRequest, match="nothing was sent") as caught:
            use()
        assert "FsspecHosting" in caught.value.next_step
        assert caught.value.field == "hosting"


@pytest.mark.parametrize("answer", [None, "https://files.example/", OSError("away")])
def test_junk_of_an_object_is_refused(answer: Any) -> None:
    """What a user's own hosting returns or raises is checked as well."""

    class Junk:
        def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
            if isinstance(answer, Exception):
                raise answer
            return answer  # type: ignore[no-any-return]

    with pytest.raises(HostingError, match="nothing was sent"):
        host(local(), Junk())


def test_different_pictures_are_hosted_at_once() -> None:
    """A picture does not wait for another one, and the same one is put there once."""
    meeting = threading.Barrier(2)
    calls: list[int] = []

    def upload(data: bytes, media_type: str) -> str:
        calls.append(len(data))
        meeting.wait(10)  # ends only if the other one is on its way too
        return f"{URL}?{len(data)}"

    place = CallableHosting(upload)
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda width=width: found.append(host(local(width), place)))
        for width in (40, 400, 40, 400, 40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(calls) == 2
    assert len(found) == 5
    assert len(set(found)) == 2


def test_what_failed_is_tried_again_by_the_next_one_only() -> None:
    """Who waited for an upload that fails shares its error; a later call tries anew."""
    started, fails = threading.Event(), threading.Event()
    calls: list[str] = []

    def upload(data: bytes, media_type: str) -> str:
        calls.append(media_type)
        started.set()
        if len(calls) == 1:
            fails.wait(10)
            raise OSError("away")
        return URL

    place = CallableHosting(upload)
    errors: list[HostingError] = []

    def attempt() -> None:
        try:
            host(local(), place)
        except HostingError as error:
            errors.append(error)

    first = threading.Thread(target=attempt)
    first.start()
    assert started.wait(10)
    others = [threading.Thread(target=attempt) for _ in range(3)]
    for thread in others:
        thread.start()
    # They have come as far as the attempt once they are not on their way to it any more.
    while not all(_waits(thread) for thread in others):
        time.sleep(0.01)
    fails.set()
    for thread in (first, *others):
        thread.join(10)
    assert len(errors) == 4
    assert len(calls) == 1
    assert host(local(), place) == URL


def _waits(thread: threading.Thread) -> bool:
    """Say whether a thread waits for another one's upload."""
    import sys

    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None:
        if frame.f_code.co_name == "wait" and "threading" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


def test_a_picture_travels_inside_the_request() -> None:
    """A data: URI holds the very bytes."""
    url = host(local(), DataURIHosting())
    head, _, payload = url.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(payload) == local().data


def test_a_picture_that_is_too_large_to_travel_inside_is_refused() -> None:
    """The error says how large it is and what can be done, before anything is paid."""
    size = len(local().data)
    assert host(local(), DataURIHosting(size)).startswith("data:")
    with pytest.raises(HostingError, match=f"{size:,} bytes.*nothing was sent") as caught:
        host(local(), DataURIHosting(size - 1))
    assert "thumbnail" in caught.value.next_step
    for wrong in (0, -1, 1.5, True, "SENTINEL", None, 10**5000):
        with pytest.raises(InvalidRequest) as refused:
            DataURIHosting(wrong)  # type: ignore[arg-type]
        assert "SENTINEL" not in str(refused.value)


def test_numbers_of_others_limit_a_hosting_too() -> None:
    """Numpy's and Python's own are the same, in bytes and in seconds."""
    place = DataURIHosting(np.int64(10**6))  # type: ignore[arg-type]
    assert host(local(), place).startswith("data:")
    assert repr(place) == "DataURIHosting(max_bytes=1000000)"
    ends: Any = np.int64(time.time() + 3600)
    assert host(local(41), CallableHosting(lambda *_: HostedFile(URL, ends))) == URL


def test_a_time_without_end_is_no_time() -> None:
    """An integer that no float holds is refused, as infinity is."""
    with pytest.raises(HostingError, match="no time"):
        host(local(), CallableHosting(lambda *_: HostedFile(URL, 10**400)))


def test_a_picture_is_not_hosted_where_another_one_is_to_be_read() -> None:
    """What is given by its address may have been put there yesterday, by the same function."""
    one, other = "https://files.example/a.png?id=7", "https://files.example/a.png?id=8"
    # nothing listens there: what gets as far was to be sent
    client = LumenClient(
        "sk-lumen-test",
        "http://127.0.0.1:1",
        hosting=CallableHosting(lambda *_: f"{one}#cat"),
        journal=False,
        timeout=0.1,
    )
    with pytest.raises(HostingError, match="name each upload differently"):
        client.edit("snow", [one, gradient()])
    with pytest.raises(ServiceUnreachable):
        client.edit("snow", [other, gradient()])
    # what cannot be told apart from anything is left to the service
    with pytest.raises(ServiceUnreachable):
        client.edit("snow", gradient(), extra={"mask_url": "https://[7/cat.png"})


@pytest.mark.parametrize(
    "said",
    [
        "403 for https://store.example/cat.png#token=f00d",
        "403 for https%3A%2F%2Fme%3Apw0rd%40store.example%2Fcat.png%3Fsig%3Df00d",
        "403 for store.example/cat.png, me:pw0rd@store.example/cat.png?f00d",
        "store.example " + "x" * 170 + " https://me:pw0rdpw0rdpw0rd@store.example/cat.png",
    ],
)
def test_what_a_hosting_raises_is_shown_without_a_signature_or_password(said: str) -> None:
    """In whatever spelling it repeats an address, and wherever its words are cut."""

    def put(_data: bytes, _media_type: str) -> str:
        raise OSError(said)

    with pytest.raises(HostingError) as caught:
        host(local(), CallableHosting(put))
    assert "store.example" in str(caught.value)
    assert "f00d" not in str(caught.value)
    assert "pw0rd" not in str(caught.value)
