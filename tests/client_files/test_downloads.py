from __future__ import annotations

import hashlib
import threading
import zlib
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.core.errors import DownloadError
from lumen_widgets.core.pictures.downloads import DownloadLimits, FetchedPicture
from lumen_widgets.core.pictures.images import LocalPicture, read_picture
from tests.client_files.fetching import PNG, SECRET, fetch, refused
from tests.client_files.loopback import (
    LoopbackServer,
    response,
)
from tests.client_files.samples import FORMATS, encoded, gradient

if TYPE_CHECKING:
    import socket


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_arrives_with_its_facts(server: LoopbackServer, kind: str) -> None:
    """Bytes come as they were sent, with type, size and digest read from the bytes."""
    data = encoded(gradient(), kind)
    server.answers["/1.png"] = response(data, headers=["Content-Type: text/html"])
    picture = fetch(server)

    assert picture == FetchedPicture(
        data, f"image/{kind.lower()}", 40, 24, hashlib.sha256(data).hexdigest()
    )
    assert "Accept-Encoding: identity" in server.heads()


def test_a_chunked_answer_arrives(server: LoopbackServer) -> None:
    """A server that does not announce a length is read to its end."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (PNG[:100], PNG[100:]))
    server.answers["/1.png"] = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    )

    assert fetch(server).data == PNG


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 Other", "307 T", "308 P"])
def test_three_redirects_are_followed_and_no_more(server: LoopbackServer, status: str) -> None:
    """Redirects are followed by hand, relative ones too, three at most."""
    for number in range(4):
        server.answers[f"/{number}"] = response(status=status, headers=[f"Location: {number + 1}"])
    server.answers["/4"] = response(PNG)

    assert fetch(server, "/1").data == PNG
    assert "more than 3" in refused(server, "/0")


@pytest.mark.parametrize(
    "location",
    [
        "https://10.0.0.1/1.png?signature=sentinel",
        "http://169.254.169.254/latest/meta-data",
        "http://pictures.example/1.png",
        "file:///etc/passwd",
        "ftp://127.0.0.1/1.png",
        "//169.254.169.254/",
        "http://user:sentinel@127.0.0.1/",
    ],
)
def test_each_redirect_is_checked_anew(server: LoopbackServer, location: str) -> None:
    """A harmless address cannot lead on to one that is not asked."""
    server.answers["/1.png"] = response(status="302 Found", headers=[f"Location: {location}"])

    assert "is not asked" in refused(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize("location", ["https://[", "//[::1", "https://[::1]x/"])
def test_a_redirect_to_no_address_is_refused_in_words(
    server: LoopbackServer, location: str
) -> None:
    """What cannot be taken apart is told like any other address that is not asked."""
    server.answers["/1.png"] = response(status="302 Found", headers=[f"Location: {location}"])

    assert "not a valid URL" in refused(server)


@pytest.mark.parametrize("end", ["", "\r\n", "\r\nContent-Le"])
def test_a_redirect_that_breaks_off_leads_nowhere(server: LoopbackServer, end: str) -> None:
    """Its address may be cut: what is left of it is another picture's."""
    server.answers["/1.png"] = f"HTTP/1.1 302 Found\r\nLocation: /2.png{end}".encode()
    server.answers["/2.png"] = response(PNG)

    assert "could not be fetched" in refused(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize("encoding", ["", "identity ", "Identity"])
def test_what_is_not_compressed_may_say_so(server: LoopbackServer, encoding: str) -> None:
    """Some stores send an empty Content-Encoding, or one of no meaning."""
    server.answers["/1.png"] = response(PNG, headers=[f"Content-Encoding: {encoding}"])

    assert fetch(server).data == PNG


@pytest.mark.parametrize(
    ("status", "code"), [("403 Forbidden", 403), ("404 Not Found", 404), ("503 Busy", 503)]
)
def test_other_answers_keep_their_status(server: LoopbackServer, status: str, code: int) -> None:
    """The error knows what the server answered, and not the signed address."""
    server.answers["/1.png" + SECRET] = response(b"sentinel", status=status)
    with pytest.raises(DownloadError) as caught:
        fetch(server, "/1.png" + SECRET)

    assert caught.value.status == code
    assert caught.value.next_step
    assert "sentinel" not in str(caught.value)


def png_of(width: int, height: int) -> bytes:
    """Return a small PNG that claims to be of some size."""
    data = bytearray(PNG)
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


def _frames(kind: str) -> bytes:
    return encoded(gradient(), kind, save_all=True, append_images=[gradient(mode="L")])


def _endless() -> bytes:
    """Return a progressive JPEG whose last scan, of a few bytes, comes again and again."""
    data = encoded(gradient(), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + (b"garbage" + scan) * 200 + b"\xff\xd9"


def _filled() -> bytes:
    """Return a JPEG with a run of fill bytes in its last scan that ends in none."""
    data = encoded(gradient(), "JPEG")
    return data[:-2] + b"\xff" * 400_000 + b"\x00" + data[-2:]


def _huge_webp() -> bytes:
    """Return a small WebP that says it is 60,000 pixels wide and high."""
    side = (59_999).to_bytes(3, "little")
    body = b"WEBPVP8X" + (10).to_bytes(4, "little") + bytes(4) + side + side
    body += encoded(gradient(), "WEBP")[12:]
    return b"RIFF" + len(body).to_bytes(4, "little") + body


JPEG_OF_SCANS, HUGE_WEBP = _endless(), _huge_webp()
ANIMATED_PNG, ANIMATED_WEBP = _frames("PNG"), _frames("WEBP")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (response(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "SVG"),
        (response(b"<html>sign in</html>", headers=["Content-Type: image/png"]), "HTML"),
        (response(b""), "no bytes"),
        (response(PNG[:-30]), "truncated"),
        (response(PNG[:400] + bytes(60) + PNG[460:]), "damaged"),
        (response(png_of(60_000, 60_000)), "too large"),
        (response(JPEG_OF_SCANS), "more than 30 scans"),
        (response(encoded(gradient(), "GIF")), "GIF"),
        (response(b"GIF89a" + PNG), "GIF"),
        (response(b"%PDF-1.7\n" + PNG), "neither PNG nor JPEG nor WebP"),
        (response(ANIMATED_PNG), "animation"),
        (response(ANIMATED_WEBP), "animation"),
        (response(HUGE_WEBP), "damaged"),
        (response(PNG, headers=["Content-Encoding: identity, gzip"]), "compressed"),
        (response(PNG, length=len(PNG) + 10), "ended before"),
        (response(PNG, length=len(PNG) - 30), "truncated"),
        (response(PNG, length=10**15), "larger than"),
        (response(PNG, headers=["Content-Encoding: gzip"]), "compressed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "ended before"),
        (b"", "closed without an answer"),
        (b"SSH-2.0-nonsense\r\n", "connection failed"),
    ],
)
def test_what_is_not_a_whole_picture_is_refused(
    server: LoopbackServer, answer: bytes, said: str
) -> None:
    """Other formats, lies about the length, damage and bombs each have their own words."""
    server.answers["/1.png"] = answer

    assert said in refused(server)


def test_a_run_of_fill_bytes_takes_no_time(server: LoopbackServer) -> None:
    """A JPEG of a few hundred kB cannot keep the marks' search busy for minutes."""
    server.answers["/1.png"] = response(_filled())
    picture = read_picture(fetch(server, limits=DownloadLimits(seconds=10)).data)

    assert isinstance(picture, LocalPicture)


@pytest.mark.parametrize(
    "head",
    [b"Connection: close\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n-1\r\n"],
    ids=["no length", "a chunk of negative size"],
)
def test_an_endless_picture_is_cut_off(server: LoopbackServer, head: bytes) -> None:
    """A body that does not announce its length is read no further than the cap."""

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + PNG)
        while True:
            connection.sendall(bytes(65536))

    server.answers["/1.png"] = endless

    assert "larger than the 100,000 bytes" in refused(
        server, limits=DownloadLimits(max_bytes=100_000, seconds=5)
    )


def test_the_pixel_cap_is_the_callers(server: LoopbackServer) -> None:
    """A whole picture with more pixels than allowed is refused."""
    server.answers["/1.png"] = response(PNG)

    assert "too large" in refused(server, limits=DownloadLimits(max_pixels=300 * 200 - 1))
    assert fetch(server, limits=DownloadLimits(max_pixels=300 * 200)).data == PNG


@pytest.mark.slow
@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\nX: ", response(length=10_000)])
def test_a_server_that_drips_is_left_at_the_deadline(server: LoopbackServer, before: bytes) -> None:
    """A byte now and then, in the head or in the body, cannot hold a download for ever."""
    gone = threading.Event()

    def drip(connection: socket.socket) -> None:
        try:
            connection.sendall(before)
            while not server.closing.wait(0.05):
                connection.sendall(b"x")
        except OSError:
            gone.set()

    server.answers["/1.png"] = drip

    assert "longer than allowed" in refused(server, limits=DownloadLimits(seconds=0.6))
    assert gone.wait(10)


def test_a_server_that_never_answers_is_left_at_the_deadline(server: LoopbackServer) -> None:
    """Silence ends with the total time, too."""

    def silent(_: socket.socket) -> None:
        server.closing.wait(20)

    server.answers["/1.png"] = silent

    assert "longer than allowed" in refused(server, limits=DownloadLimits(seconds=0.4))


@pytest.mark.slow
def test_redirects_share_one_deadline(server: LoopbackServer) -> None:
    """Three slow redirects do not get a deadline each."""

    def slowly(connection: socket.socket) -> None:
        server.closing.wait(0.3)
        connection.sendall(response(status="302 Found", headers=["Location: /1.png"]))

    server.answers["/1.png"] = slowly

    assert "longer than allowed" in refused(server, limits=DownloadLimits(seconds=0.7))
