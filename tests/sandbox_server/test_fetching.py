"""The pictures that tasks name: fetched from this machine alone, whole, and in time."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.sandbox import fetching, loopback
from lumen_widgets.sandbox.errors import Failure
from lumen_widgets.sandbox.fetching import Fetcher
from tests.sandbox_server.pictures import encoded

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURE = encoded()


class _Web(BaseHTTPRequestHandler):
    """Pictures, redirects and other things."""

    server: ThreadingHTTPServer

    def do_GET(self) -> None:
        """Answer by the path."""
        port = self.server.server_port
        content, status, location = PICTURE, 200, None
        if self.path.startswith("/hop/"):
            left = int(self.path[5:])
            status, location = 302, f"/hop/{left - 1}" if left else "/cat.png"
        elif self.path == "/away":
            status, location = 302, "http://your.img/cat.png"
        elif self.path == "/nowhere":
            status, location = 302, "http://[::1"
        elif self.path == "/around":
            status, location = 307, f"http://localhost:{port}/cat.png"
        elif self.path == "/gone":
            status = 404
        elif self.path == "/page":
            content = b"<html>"
        elif self.path == "/svg":
            content = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
        elif self.path == "/huge":
            content = PICTURE + bytes(fetching.MAX_BYTES)
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    """Run a web server on this machine; give its origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Web) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["/cat.png", "/hop/0", "/hop/2", "/around", "/猫.png?a=ü"])
def test_a_picture_of_this_machine_is_fetched(web: str, path: str) -> None:
    """Also over up to three redirects, as long as they stay here."""
    assert Fetcher({}).fetch(web + path) == PICTURE


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/hop/3", "image_unreachable"),
        ("/away", "image_unreachable"),
        ("/nowhere", "image_unreachable"),
        ("/gone", "image_unreachable"),
        ("/huge", "image_unreachable"),
        ("/page", "image_invalid"),
        ("/svg", "image_invalid"),
    ],
)
def test_anything_else_fails_the_task(web: str, path: str, code: str) -> None:
    """A redirect off this machine or one too many, a missing, huge or false picture: each fails."""
    with pytest.raises(Failure) as failure:
        Fetcher({}).fetch(web + path)
    assert failure.value.code == code


@pytest.mark.parametrize(
    "url", ["http://your.img/cat.png", "http://10.0.0.1/", "file:///etc/passwd", "http://0.0.0.0/"]
)
def test_nothing_beyond_this_machine_is_called(url: str) -> None:
    """A URL that slipped through is not even connected to."""
    with pytest.raises(Failure):
        Fetcher({}).fetch(url)


@contextmanager
def _dripping(first: bytes) -> Iterator[str]:
    """Serve a connection that gets some bytes and then one more now and then, without an end."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(first)
                while not stop.wait(0.02):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        stop.set()
        thread.join()


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nA: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_server_that_drips_is_left_in_time(first: bytes) -> None:
    """The time is for the whole call: headers or body that never end are no way around it."""
    with _dripping(first) as url, pytest.raises(loopback.Unreachable):
        loopback.call("GET", url, seconds=0.3, max_bytes=10_000)


def test_an_answer_that_is_cut_short_is_no_answer() -> None:
    """Half a picture is not taken for a whole one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def cut() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

        thread = threading.Thread(target=cut)
        thread.start()
        with pytest.raises(loopback.Unreachable):
            loopback.call(
                "GET", f"http://127.0.0.1:{listener.getsockname()[1]}/", seconds=9, max_bytes=999
            )
        thread.join()
