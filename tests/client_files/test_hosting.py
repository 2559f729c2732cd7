from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client.hosting.protocol import RENEW_BEFORE
from lumen_widgets.client.hosting.sandbox_hosting import SandboxHosting, find_sandbox_hosting
from lumen_widgets.core.errors import HostingError
from lumen_widgets.core.http.keys import Key
from lumen_widgets.core.http.origin import read_origin
from tests.client_files.hosted import MemoryHosting, host, local
from tests.client_files.loopback import LoopbackServer, response

if TYPE_CHECKING:
    from collections.abc import Iterator

FOUND = {"service": "lumen-sandbox", "version": "0.1.0", "uploads": "/sandbox/uploads"}


SECRET = "sk-lumen-sentinel"  # noqa: S105 - of a server in this process


def key(url: str) -> Key:
    """Return the key of whatever has that address."""
    return Key(SECRET, read_origin(url))


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """Run a server that knows the key, as the sandbox does."""
    running = LoopbackServer(key=SECRET)
    yield running
    running.close()


def health(server: LoopbackServer, said: object) -> None:
    """Have the server describe itself."""
    server.answers["/healthz"] = response(json.dumps(said).encode())


def uploads(server: LoopbackServer, url: str | None = None) -> str:
    """Have the server take uploads, and return the address that it gives."""
    url = url or f"{server.url}/uploads/abc.png"
    server.answers["/sandbox/uploads"] = response(
        json.dumps({"url": url, "expires_at": None}).encode(), status="201 Created"
    )
    return url


def sandbox(server: LoopbackServer) -> SandboxHosting:
    """Return the sandbox's uploads, which the server must have been told to offer."""
    health(server, FOUND)
    found = find_sandbox_hosting(server.url, key(server.url))
    assert found is not None
    return found


def test_without_hosting_the_error_names_the_ways_out() -> None:
    """A local picture without any hosting is an error before anything is paid."""
    with pytest.raises(HostingError, match="nothing was sent") as caught:
        host(local(), None)

    assert "URL" in caught.value.next_step
    assert "sandbox" in caught.value.next_step
    assert not caught.value.may_have_cost


@pytest.mark.parametrize(("left", "times"), [(RENEW_BEFORE / 2, 2), (RENEW_BEFORE * 2, 1)])
def test_an_address_that_ends_soon_is_renewed(left: float, times: int) -> None:
    """An address must last while the task waits in the service's queue."""
    hosting = MemoryHosting(lasts=left)
    host(local(), hosting)
    host(local(), hosting)

    assert hosting.puts == times


def test_a_sandbox_takes_uploads(server: LoopbackServer) -> None:
    """The sandbox is asked without the key whether it takes uploads, and given it to upload."""
    hosting = sandbox(server)
    assert "sentinel" not in server.heads()

    url = uploads(server)
    assert host(local(), hosting) == url
    head, _, body = server.requests[-1].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /sandbox/uploads HTTP/1.1")
    assert b"Content-Type: image/png" in head
    assert b"Authorization: Bearer sk-lumen-sentinel" in head
    assert body == local().data
    assert "sentinel" not in repr(hosting)


def test_a_picture_that_is_too_large_for_a_sandbox(server: LoopbackServer) -> None:
    """What to do about one is to make it smaller, not to change a setting."""
    hosting = sandbox(server)
    server.answers["/sandbox/uploads"] = response(status="413 Content Too Large")

    with pytest.raises(HostingError, match="Make it smaller") as caught:
        hosting.put(b"data", "image/png", "0")
    assert caught.value.status == 413


def test_an_upload_can_be_deleted(server: LoopbackServer) -> None:
    """Deleting asks the sandbox with the key; what is gone already is no error."""
    hosting = sandbox(server)
    url = uploads(server)
    hosted = hosting.put(b"data", "image/png", "0")
    server.answers["/uploads/abc.png"] = response(status="204 No Content")
    hosted.delete()
    assert server.requests[-1].startswith(b"DELETE /uploads/abc.png")
    del server.answers["/uploads/abc.png"]
    hosted.delete()
    server.answers["/uploads/abc.png"] = response(status="500 Error")

    with pytest.raises(HostingError):
        hosted.delete()
    assert url not in repr(hosted)


@pytest.mark.parametrize(
    "said",
    [
        {**FOUND, "uploads": None},
        {**FOUND, "service": "something else"},
        {**FOUND, "uploads": "https://elsewhere.example/"},
        {"service": "lumen-sandbox"},
        [],
        "words",
        None,
    ],
)
def test_another_service_has_no_uploads(server: LoopbackServer, said: object) -> None:
    """Whatever else answers on loopback is not taken for a sandbox."""
    health(server, said)

    assert find_sandbox_hosting(server.url, key(server.url)) is None


def test_a_service_that_does_not_answer_has_no_uploads(server: LoopbackServer) -> None:
    """Silence, errors and other machines mean no hosting, and no exception."""
    assert find_sandbox_hosting(server.url, key(server.url)) is None
    server.answers["/healthz"] = b""
    assert find_sandbox_hosting(server.url, key(server.url)) is None
    server.close()
    assert find_sandbox_hosting(server.url, key(server.url)) is None
    assert find_sandbox_hosting("https://lumen.example", key("https://lumen.example")) is None


def test_a_proxy_of_the_environment_is_not_asked(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Key and picture for this machine never go through a proxy."""
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    url = uploads(server)

    assert host(local(), sandbox(server)) == url


@pytest.mark.parametrize(
    "answer",
    [
        response(status="404 Not Found"),
        response(b'{"error": {}}', status="413 Too Large"),
        response(b"{}", status="201 Created"),
        response(b"[]", status="201 Created"),
        response(b"words", status="201 Created"),
        response(b'{"url": "https://elsewhere.example/"}', status="201 Created"),
        response(status="302 Found", headers=["Location: http://elsewhere.example/"]),
        b"",
    ],
)
def test_an_upload_that_fails_is_a_hosting_error(server: LoopbackServer, answer: bytes) -> None:
    """Any other answer, or none, says so; an address elsewhere is not believed."""
    hosting = sandbox(server)
    server.answers["/sandbox/uploads"] = answer

    with pytest.raises(HostingError) as caught:
        host(local(), hosting)
    assert "sentinel" not in str(caught.value)


@pytest.mark.parametrize(
    ("base_url", "path"),
    [("https://lumen.example", "/sandbox/uploads"), ("http://127.0.0.1:1", "@elsewhere.example/")],
)
def test_the_key_is_uploaded_to_this_machine_only(base_url: str, path: str) -> None:
    """An address or a path that would take the key elsewhere is refused."""
    with pytest.raises(HostingError):
        SandboxHosting(base_url, path, key(base_url))
