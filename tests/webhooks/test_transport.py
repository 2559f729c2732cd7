"""What a network and an attacker can do to the receiver, over real sockets."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
import pytest

from lumen_widgets.client import WebhookReceiver
from lumen_widgets.client.webhooks.settings import ReceiverSettings
from tests.conditions import PATIENCE
from tests.webhooks.calling import body_of, call, headers_of, read, request, send, status_of

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = body_of("a1")
MAX_BYTES = ReceiverSettings().max_body_bytes


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    """Run a receiver that grants a call as long as a busy machine takes."""
    with WebhookReceiver(settings=ReceiverSettings(call_timeout=PATIENCE)) as running:
        yield running


class _HastyAtFirst(ReceiverSettings):
    """Grants the first call half a second, and later ones as long as a busy machine takes."""

    def __init__(self) -> None:
        object.__setattr__(self, "_granted", iter([0.5]))

    @property
    def call_timeout(self) -> float:
        """Return the seconds for the next call."""
        granted: Iterator[float] = self.__dict__["_granted"]
        return next(granted, PATIENCE)


@pytest.fixture
def hasty() -> Iterator[WebhookReceiver]:
    """Run a receiver that cuts its first call off after half a second."""
    with WebhookReceiver(settings=_HastyAtFirst()) as running:
        yield running


def signed(receiver: WebhookReceiver, body: bytes = BODY) -> list[str]:
    """Return the headers of a good call."""
    return headers_of(body, receiver.secret)


def test_a_good_call(receiver: WebhookReceiver) -> None:
    """It is answered at once, without a word, and the connection is over."""
    answer = send(receiver, request(receiver, BODY, signed(receiver)))
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert (status_of(answer), rest) == (204, b"")
    assert b"connection: close" in head.lower()
    assert receiver.count == 1


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type: text/html",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Encoding: identity",
        "X-Forwarded-For: 198.51.100.7",
    ],
)
def test_headers_that_mean_nothing(receiver: WebhookReceiver, header: str) -> None:
    """Who signed it sent it, whatever else stands in its head."""
    assert call(receiver, BODY, [*signed(receiver), header]) == 204


@pytest.mark.parametrize(
    "path", ["/", "", "/lumen", "/../", "/%00", "/%C3%A9", "/%ED%A0%80", "//", "/a?b=c"]
)
def test_another_path(receiver: WebhookReceiver, path: str) -> None:
    """Only one path is there; a wrong one is not found, however well the call is signed."""
    assert call(receiver, BODY, path=path or "/x") == 404


def test_a_wrong_token_is_a_wrong_path(receiver: WebhookReceiver) -> None:
    """Nothing tells a token that is nearly right from a path that does not exist."""
    path = urlsplit(receiver.url).path
    wrong = send(receiver, request(receiver, BODY, signed(receiver), path=path[:-1]))
    assert wrong == send(receiver, request(receiver, BODY, signed(receiver), path="/nothing"))
    assert status_of(wrong) == 404
    assert call(receiver, BODY, path=f"{path}/") == 404
    assert receiver.count == 0


def test_what_stands_before_the_token(receiver: WebhookReceiver) -> None:
    """A proxy may keep its own part of the path, and a query may follow."""
    path = urlsplit(receiver.url).path
    assert call(receiver, BODY, path=f"/user/me/proxy/8123{path}") == 204
    assert call(receiver, BODY, path=f"{path}?a=b") == 204


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH"])
def test_another_method(receiver: WebhookReceiver, method: str) -> None:
    """Only POST is a call."""
    answer = send(receiver, request(receiver, BODY, signed(receiver), method=method))
    assert status_of(answer) == 405
    assert b"allow: post" in answer.lower()


@pytest.mark.parametrize(
    "headers",
    [
        ["X-Lumen-Signature: sha256=" + "0" * 64],
        ["X-Lumen-Signature: "],
        ["X-Lumen-Signature: é"],
        ["X-Lumen-Signature: \udcff\udcfe"],
        [],
    ],
)
def test_a_call_that_is_not_signed(receiver: WebhookReceiver, headers: list[str]) -> None:
    """It is refused without a word of why, and nothing of it comes back."""
    answer = send(receiver, request(receiver, BODY, headers))
    assert status_of(answer) == 401
    assert answer.endswith(b"\r\n\r\n")
    assert b"a1" not in answer


def test_two_signatures(receiver: WebhookReceiver) -> None:
    """Of two headers one was added on the way: neither counts, whichever is the right one."""
    good, time = signed(receiver)
    bad = "X-Lumen-Signature: sha256=" + "0" * 64
    for pair in ([good, bad], [bad, good], [good, good]):
        assert call(receiver, BODY, [*pair, time]) == 401
    assert call(receiver, BODY, [good, time, time]) == 401
    assert receiver.count == 0


def test_an_endless_header(receiver: WebhookReceiver) -> None:
    """A megabyte of signature is thrown away with its connection."""
    raw = request(receiver, BODY, ["X-Lumen-Signature: sha256=" + "e" * 1_000_000])
    assert status_of(send(receiver, raw)) in {0, 400, 431}
    assert call(receiver, BODY) == 204


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "br", "gzip, identity", "x"])
def test_packed_bodies(receiver: WebhookReceiver, coding: str) -> None:
    """Nothing is ever unpacked, so that nothing can unpack to gigabytes."""
    bomb = gzip.compress(b"\0" * 10_000_000)
    headers = [*signed(receiver, bomb), f"Content-Encoding: {coding}"]
    assert call(receiver, bomb, headers) == 415


def test_too_large_by_its_own_word(receiver: WebhookReceiver) -> None:
    """A body that says it is too large is refused before a byte of it is read or sent."""
    for length in (MAX_BYTES + 1, 10**12, "9" * 19):
        raw = request(receiver, b"", signed(receiver), framing=f"Content-Length: {length}")
        assert status_of(send(receiver, raw)) == 413


def test_too_large_in_pieces(receiver: WebhookReceiver) -> None:
    """A body that does not say how large it is, is read as far as the limit."""
    piece = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    raw = request(receiver, b"", signed(receiver), framing="Transfer-Encoding: chunked")
    assert status_of(send(receiver, raw + piece * 4 + b"1\r\n \r\n")) == 413
    whole = b" " * MAX_BYTES
    raw = request(receiver, b"", signed(receiver, whole), framing="Transfer-Encoding: chunked")
    assert status_of(send(receiver, raw + piece * 4 + b"0\r\n\r\n")) == 204


@pytest.mark.parametrize("length", ["-1", "x", "", "1, 2", "0x10", "9" * 5000, "1_0", "\u0661"])
def test_a_length_that_is_none(receiver: WebhookReceiver, length: str) -> None:
    """What cannot be a length is no HTTP."""
    raw = request(receiver, BODY, signed(receiver), framing=f"Content-Length: {length}")
    assert status_of(send(receiver, raw)) == 400


def test_two_lengths(receiver: WebhookReceiver) -> None:
    """Two lengths, or a length and chunks, are two bodies: the call is refused."""
    two = f"Content-Length: {len(BODY)}\r\nContent-Length: {len(BODY) + 1}"
    assert call(receiver, BODY, framing=two) == 400
    both = f"Content-Length: {len(BODY)}\r\nTransfer-Encoding: chunked"
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    raw = request(receiver, chunked, signed(receiver), framing=both)
    assert status_of(send(receiver, raw)) == 400
    assert receiver.count == 0


@pytest.mark.parametrize("coding", ["gzip, chunked", "chunked, identity", "x", "chunked\x0b"])
def test_strange_transfers(receiver: WebhookReceiver, coding: str) -> None:
    """Only plain chunks are read."""
    raw = request(receiver, BODY, signed(receiver), framing=f"Transfer-Encoding: {coding}")
    assert status_of(send(receiver, raw)) in {400, 501}


def test_a_length_that_lies(receiver: WebhookReceiver) -> None:
    """A body shorter than its length is no call; of a longer one the rest is never read as one."""
    short = request(receiver, BODY, signed(receiver), framing=f"Content-Length: {len(BODY) + 9}")
    assert send(receiver, short, end=True) == b""
    cut = request(receiver, BODY, signed(receiver), framing=f"Content-Length: {len(BODY) - 1}")
    assert status_of(send(receiver, cut)) == 401
    assert receiver.count == 0
    two = request(receiver, BODY, signed(receiver)) * 2
    assert send(receiver, two).count(b"HTTP/1.1") == 1
    assert receiver.count == 1


@pytest.mark.slow
@pytest.mark.parametrize("framing", ["Transfer-Encoding: chunked", "Content-Length: 1000"])
def test_a_body_without_end(hasty: WebhookReceiver, framing: str) -> None:
    """A body that never ends is cut off when its time is over, and the next call is heard."""
    raw = request(hasty, b"", signed(hasty), framing=framing)
    with socket.create_connection(("127.0.0.1", hasty.port), PATIENCE) as connection:
        connection.sendall(raw + b"1\r\n{\r\n")
        assert call(hasty, BODY) == 204
        assert read(connection) == b""


@pytest.mark.slow
@pytest.mark.parametrize("start", [b"", b"POST /", b"POST / HTTP/1.1\r\nHost: a\r\nX-A: "])
def test_a_head_without_end(hasty: WebhookReceiver, start: bytes) -> None:
    """Nor may a head, or nothing at all, hold a connection."""
    with socket.create_connection(("127.0.0.1", hasty.port), PATIENCE) as connection:
        connection.sendall(start)
        assert read(connection) == b""
    assert call(hasty, BODY) == 204


def test_expect_continue(receiver: WebhookReceiver) -> None:
    """Who asks first is told to go on, and who asks for too much is refused instead."""
    ask = [*signed(receiver), "Expect: 100-continue"]
    with socket.create_connection(("127.0.0.1", receiver.port), PATIENCE) as connection:
        connection.sendall(request(receiver, BODY, ask).removesuffix(BODY))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(BODY)
        assert status_of(read(connection)) == 204
    for framing, status in (("Content-Length: 99999999", 413), ("", 0)):
        raw = request(receiver, b"", ask, framing=framing, path=None if status else "/x")
        assert status_of(send(receiver, raw)) == (status or 404)


@pytest.mark.parametrize(
    "raw", [b"\0" * 50, b"\x16\x03\x01\x02\0\x01", b"GET\r\n\r\n", b"hello\r\n\r\n", b"\r\n" * 9]
)
def test_no_http_at_all(
    receiver: WebhookReceiver, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """What is not HTTP is refused, and prints nothing into a cell."""
    assert status_of(send(receiver, raw, end=True)) in {0, 400}
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert call(receiver, BODY) == 204


@pytest.fixture
def small() -> Iterator[WebhookReceiver]:
    """Run a receiver that has three connections at most."""
    with WebhookReceiver(settings=ReceiverSettings(max_connections=3)) as running:
        yield running


def test_more_connections_than_there_may_be(small: WebhookReceiver) -> None:
    """Those beyond the limit are closed, and those before it are answered."""
    raw = request(small, BODY, signed(small))
    lines = [socket.create_connection(("127.0.0.1", small.port), PATIENCE) for _ in range(3)]
    try:
        for line in lines:
            # Answered to the head: so the receiver has all three before the fourth comes.
            line.sendall(
                raw.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")[: -len(BODY)]
            )
            assert line.recv(1000).startswith(b"HTTP/1.1 100 ")
        assert send(small, raw) == b""
        for line in lines:
            line.sendall(BODY)
            assert status_of(read(line)) == 204
    finally:
        for line in lines:
            line.close()


def test_many_at_once(receiver: WebhookReceiver) -> None:
    """A hundred calls at the same time are all heard."""
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: statuses.append(call(receiver, body_of(f"t{n}"))))
        for n in range(100)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert statuses == [204] * 100
    assert receiver.count == 100


@pytest.mark.slow
def test_only_this_machine(receiver: WebhookReceiver) -> None:
    """It listens on loopback and nowhere else."""
    assert call(receiver, BODY) == 204
    addresses = [
        one.laddr
        for one in psutil.Process().net_connections("tcp")
        if one.status == psutil.CONN_LISTEN and one.laddr.port == receiver.port
    ]
    assert addresses == [("127.0.0.1", receiver.port)]


BROKEN = {
    "a body of another framing": b"zz\r\n",
    "a chunk of a negative length": b"-1\r\n",
    "a second request": b"0\r\n\r\nGET /" + b" x" * 9 + b"\r\n\r\n",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("method", ["POST", "GET", "HEAD"])
@pytest.mark.parametrize("path", [None, "/elsewhere"])
def test_a_body_that_is_none_says_nothing_in_the_notebook(
    receiver: WebhookReceiver,
    body: bytes,
    method: str,
    path: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Anybody who found the tunnel could print a stack into the cell, as often as they liked."""
    framing = "Transfer-Encoding: chunked"
    head = request(receiver, method=method, path=path, framing=framing)
    answer = send(receiver, head + body)

    assert answer[:12] in {b"HTTP/1.1 400", b"HTTP/1.1 401", b"HTTP/1.1 404", b"HTTP/1.1 405"}
    assert call(receiver, BODY) == 204
    # what is logged of this kind is printed where nobody has set up a log
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []
