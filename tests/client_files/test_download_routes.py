"""The way to a picture: names, addresses, TLS, proxies and sessions."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests

from lumen_widgets.core.errors import DownloadError
from lumen_widgets.core.pictures.downloads import DownloadLimits, fetch_picture
from tests.client_files.fetching import PNG, SERVICE, fetch, refused
from tests.client_files.loopback import (
    CERTIFICATE,
    LoopbackServer,
    read_request,
    response,
    secured,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Answer look-ups from a table, one entry after the other; the last one stays."""
    table: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *rest: Any, **named: Any) -> Any:
        if host not in table:
            return real(host, port, *rest, **named)
        number = table[host].pop(0) if len(table[host]) > 1 else table[host][0]
        return real(number, port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return table


@pytest.mark.parametrize("number", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"])
def test_a_name_that_leads_inside_is_not_connected_to(
    server: LoopbackServer, names: dict[str, list[str]], number: str
) -> None:
    """What counts is the address behind a name, and it is looked at before connecting."""
    names["pictures.example"] = [number]
    with pytest.raises(DownloadError, match="no address of the public internet"):
        fetch_picture(f"https://pictures.example:{server.port}/1.png", base_url=server.url)

    assert server.requests == []


def test_a_name_is_looked_up_once(server: LoopbackServer, names: dict[str, list[str]]) -> None:
    """A name that answers harmlessly first and from inside later gains nothing by it."""
    names["pictures.example"] = ["10.0.0.1", "127.0.0.1"]
    with pytest.raises(DownloadError, match="no address of the public internet"):
        fetch_picture(
            f"https://pictures.example:{server.port}/1.png",
            base_url=f"https://lumen.example:{server.port}",
        )

    assert names["pictures.example"] == ["127.0.0.1"]
    assert server.requests == []


def test_allow_hosts_lets_a_name_lead_inside(
    server: LoopbackServer, names: dict[str, list[str]]
) -> None:
    """A name that the user vouches for is connected to, over TLS as ever."""
    names["store.internal"] = ["127.0.0.1"]
    with pytest.raises(DownloadError):
        fetch_picture(
            f"https://store.internal:{server.port}/1.png",
            base_url=SERVICE,
            allow_hosts=["store.internal"],
            limits=DownloadLimits(seconds=5),
        )

    assert server.requests[0][:1] == b"\x16"  # a TLS hello


@pytest.fixture
def store(
    names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[LoopbackServer, str]]:
    """Serve https://pictures.example on loopback, with its certificate trusted; and its address."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    names["pictures.example"] = ["127.0.0.1"]
    running = LoopbackServer(tls=True)
    yield running, f"https://pictures.example:{running.port}/1.png"
    running.close()


def test_pictures_come_over_tls(store: tuple[LoopbackServer, str]) -> None:
    """The certificate is checked, against an authority that the environment may name."""
    server, url = store
    server.answers["/1.png"] = response(PNG)
    allowed = ["pictures.example"]

    assert fetch_picture(url, base_url=SERVICE, allow_hosts=allowed).data == PNG
    assert f"Host: pictures.example:{server.port}" in server.heads()


def test_another_names_certificate_is_not_accepted(
    store: tuple[LoopbackServer, str], names: dict[str, list[str]]
) -> None:
    """A server with another host's certificate is sent nothing."""
    server, _ = store
    names["elsewhere.example"] = ["127.0.0.1"]
    with pytest.raises(DownloadError, match="certificate"):
        fetch_picture(
            f"https://elsewhere.example:{server.port}/1.png",
            base_url=SERVICE,
            allow_hosts=["elsewhere.example"],
        )

    assert server.requests == []


@pytest.mark.slow
def test_a_drip_inside_tls_ends_at_the_deadline(store: tuple[LoopbackServer, str]) -> None:
    """The deadline holds inside TLS as well."""
    server, url = store
    gone = threading.Event()

    def drip(connection: socket.socket) -> None:
        try:
            connection.sendall(response(length=10_000))
            while not server.closing.wait(0.05):
                connection.sendall(b"x")
        except OSError:
            gone.set()

    server.answers["/1.png"] = drip
    with pytest.raises(DownloadError, match="longer than allowed"):
        fetch_picture(
            url,
            base_url=SERVICE,
            allow_hosts=["pictures.example"],
            limits=DownloadLimits(seconds=0.8),
        )
    assert gone.wait(10)


def test_tls_goes_through_a_proxy(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy the name is not looked up here, and TLS reaches to the far end."""

    def tunnel(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with secured(connection) as line:
            server.requests.append(read_request(line))
            line.sendall(response(PNG))

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.answers["pictures.example:443"] = tunnel

    assert fetch_picture("https://pictures.example/1.png", base_url=SERVICE).data == PNG
    assert [request.split()[:2] for request in server.requests] == [
        [b"CONNECT", b"pictures.example:443"],
        [b"GET", b"/1.png"],
    ]


@pytest.mark.slow
def test_a_proxy_that_drips_is_left_at_the_deadline(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a proxy says before TLS begins cannot hold a download for ever either."""
    gone = threading.Event()

    def drip(connection: socket.socket) -> None:
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not server.closing.wait(0.05):
                connection.sendall(b"x")
        except OSError:
            gone.set()

    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.answers["pictures.example:443"] = drip
    with pytest.raises(DownloadError, match="longer than allowed"):
        fetch_picture(
            "https://pictures.example/1.png",
            base_url=SERVICE,
            limits=DownloadLimits(seconds=0.8),
        )
    assert gone.wait(10)


def test_nothing_is_asked_of_this_machine_for_a_public_service(server: LoopbackServer) -> None:
    """The real service cannot make its client ask a loopback server."""
    with pytest.raises(DownloadError, match=r"this machine, and the service is not.*console"):
        fetch_picture(f"{server.url}/1.png", base_url=SERVICE, allow_hosts=["127.0.0.1"])

    assert server.requests == []


def test_a_proxy_is_used_for_the_internet_and_never_for_loopback(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a proxy the proxy looks names up; literal addresses inside stay refused."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, server.url)
    server.answers["/1.png"] = response(PNG)
    server.answers["pictures.example:443"] = response(status="403 Forbidden")
    assert fetch(server).data == PNG

    with pytest.raises(DownloadError, match="proxy"):
        fetch_picture("https://pictures.example/1.png", base_url=SERVICE)
    with pytest.raises(DownloadError, match="is not asked"):
        fetch_picture("https://169.254.169.254/", base_url=SERVICE)
    # newer Pythons ask a proxy in HTTP/1.1, older ones in 1.0
    lines = [line.partition(" HTTP/1.") for line in server.heads().splitlines()]
    assert [line for line, version, _ in lines if version] == [
        "GET /1.png",
        "CONNECT pictures.example:443",
    ]


def test_no_credentials_go_along(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither netrc nor what an injected session carries reaches a picture's host."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login sentinel password sentinel\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.answers["/1.png"] = response(PNG)
    session = requests.Session()
    session.headers["Authorization"] = "Bearer sentinel"
    session.headers["X-Api-Key"] = "sentinel"
    session.params = {"key": "sentinel"}
    session.cookies.set("token", "sentinel")
    session.auth = ("sentinel", "sentinel")

    assert fetch(server).data == PNG
    assert fetch(server, session=session).data == PNG
    assert len(server.requests) == 2
    assert "Authorization" not in server.heads()
    assert "sentinel" not in server.heads()


def test_a_store_leaves_no_cookie_in_a_session(server: LoopbackServer) -> None:
    """What a picture's server sets is not sent to the service by the same session afterwards."""
    server.answers["/1.png"] = response(PNG, headers=["Set-Cookie: spy=1"])
    session = requests.Session()
    assert fetch(server, session=session).data == PNG
    assert not session.cookies


def test_an_injected_session_is_used_and_the_checks_hold(server: LoopbackServer) -> None:
    """Tests and browsers bring their own transport; addresses and bytes are checked as ever."""

    class Counting(requests.adapters.HTTPAdapter):
        asked = 0

        def send(self, *args: Any, **kwargs: Any) -> requests.Response:
            self.asked += 1
            return super().send(*args, **kwargs)

    session, adapter = requests.Session(), Counting()
    session.mount("http://", adapter)
    server.answers["/1.png"] = response(PNG)
    server.answers["/2.png"] = response(status="302 Found", headers=["Location: https://10.0.0.1/"])
    server.answers["/3.png"] = response(b"words")

    assert fetch(server, session=session).data == PNG
    assert "is not asked" in refused(server, "/2.png", session=session)
    assert "neither PNG" in refused(server, "/3.png", session=session)
    assert adapter.asked == 3


def test_no_thread_is_started(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline needs no watchman: a download costs no thread."""
    server.answers["/1.png"] = response(PNG)
    started: list[Callable[..., object]] = []
    real = threading.Thread.start
    main = threading.current_thread()

    def start(thread: threading.Thread) -> None:
        if threading.current_thread() is main:
            started.append(thread.run)
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    assert fetch(server).data == PNG

    assert started == []
