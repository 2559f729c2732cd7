"""Submits over TLS and through proxies: the way that the real service is reached."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from lumen_widgets.client import budget
from lumen_widgets.core import errors
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer, http

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from lumen_widgets.client import LumenClient
    from tests.client.fault_server import Behaviour

pytestmark = pytest.mark.slow

PEM = Path(__file__).with_name("loopback.pem")
TAKEN = {"id": "task-1", "status": "queued"}
LONG = http(200, {**TAKEN, "padding": "x" * 400})


def behind_tls(behave: Behaviour) -> Behaviour:
    """Do the same, but over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)

    def wrapped(server: FaultServer, connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            behave(server, secure)

    return wrapped


def tunnels_to(port: int) -> Behaviour:
    """Be a proxy that connects everybody to one port of this machine."""

    def behave(server: FaultServer, connection: socket.socket) -> None:
        fault.read_request(server, connection)
        with socket.create_connection(("127.0.0.1", port)) as far:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_pump, args=(far, connection), daemon=True)
            back.start()
            _pump(connection, far)
            back.join(30)

    return behave


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # either side may go away first


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (fault.sends(http(200, TAKEN)), None),
        (fault.drops_after_reading, errors.SubmitOutcomeUnknown),
        (fault.stalls, errors.SubmitOutcomeUnknown),
        (fault.drips(LONG), errors.SubmitOutcomeUnknown),
        (fault.drips(LONG, at_once=len(LONG) - 400), errors.SubmitOutcomeUnknown),
    ],
    ids=["taken", "closed", "stalls", "headers drip", "body drips"],
)
@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "through a proxy"])
def test_rows_over_tls(
    behaviour: Behaviour,
    error: type[errors.LumenError] | None,
    proxied: bool,
    connect: Callable[..., LumenClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Over TLS, and through a proxy, a submit is sent once, and nothing lasts past the time-out."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(PEM))
    with (
        FaultServer(behind_tls(behaviour)) as server,
        FaultServer(tunnels_to(server.port)) as proxy,
    ):
        url = f"https://localhost:{server.port}"
        if proxied:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            url = "https://service.invalid"
        # long enough for two handshakes on a busy machine
        client = connect(url, timeout=3.0)
        if error is None:
            assert client.generate("a cat").id == "task-1"
        else:
            with pytest.raises(error):
                client.generate("a cat")
        assert len(server.posts) == 1
        assert proxy.connections == int(proxied)
        assert not any(KEY.encode() in request.raw for request in proxy.requests)


def test_status_calls_keep_their_connection(
    connect: Callable[..., LumenClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status calls share a connection that the server keeps open: no handshake for each."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(PEM))
    # none of the scheduler's own beside them: two at once need two connections
    use_scheduler(Scheduler(timing=Timing(local_interval=600.0)))
    answer = http(200, {"status": "processing"}, {"Connection": "keep-alive"})
    with FaultServer(behind_tls(fault.keeps_alive(answer))) as server:
        task = connect(f"https://localhost:{server.port}").task("t")
        for _ in range(3):
            task.refresh()
        assert len(server.requests) >= 4
        assert server.connections == 1


def test_certificate_of_nobody(connect: Callable[..., LumenClient], tmp_path: Path) -> None:
    """A certificate that no authority vouches for: nothing is sent, and the error says why."""
    with FaultServer(behind_tls(fault.sends(http(200, TAKEN)))) as server:
        with pytest.raises(errors.ServiceUnreachable, match="certificate"):
            connect(f"https://localhost:{server.port}", timeout=3.0).generate("a cat")
        assert server.requests == []
    assert Journal(tmp_path / "journal").rows()[0].state == "refused"


@pytest.mark.parametrize(
    "behaviour",
    [
        fault.sends(http(200, TAKEN)),
        fault.drops_at_once,
        fault.drops_after_tls,
        fault.stalls_unread,
    ],
    ids=["speaks http", "resets", "closes", "stalls"],
)
def test_tls_that_never_comes_about(
    behaviour: Behaviour, connect: Callable[..., LumenClient], tmp_path: Path
) -> None:
    """A TLS handshake that fails in any way means that nothing was sent, and it is tried again."""
    with FaultServer(behaviour) as server:
        client = connect(f"https://127.0.0.1:{server.port}", timeout=0.8)
        with pytest.raises(errors.ServiceUnreachable):
            client.generate("a cat")
        assert server.connections >= 1
        # Python's own wrap_socket leaves a socket unclosed that was reset before the handshake:
        # it is collected here, so that its warning does not turn up in another test.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
        assert not any(KEY.encode() in request.raw for request in server.requests)
    assert Journal(tmp_path / "journal").rows()[0].state == "refused"


def test_proxy_that_refuses(
    connect: Callable[..., LumenClient], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that refuses to connect means that nothing was sent, and never sees the key."""
    with FaultServer(fault.answers(407, b"who are you")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(errors.ServiceUnreachable, match="proxy"):
            connect("https://nowhere.invalid", timeout=3.0).generate("a cat")
        assert {request.method for request in proxy.requests} == {"CONNECT"}
        assert not any(KEY.encode() in request.raw for request in proxy.requests)
    assert Journal(tmp_path / "journal").rows()[0].state == "refused"


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("socks5://127.0.0.1:1080", "PySocks"),
        ("http://127.0.0.1:port", "address"),
        ("http://127.0.0.1:70000", "address"),
        ("http://", "address"),
        (" http://127.0.0.1:3128", "address"),
    ],
)
def test_a_proxy_that_cannot_be_used_costs_nothing(
    connect: Callable[..., LumenClient],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    proxy: str,
    words: str,
) -> None:
    """No connection could be chosen: nothing was sent, which is said at once and in words."""
    # as where the package is not installed
    monkeypatch.setattr("requests.adapters.SOCKSProxyManager", _no_socks)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    spent = budget(tasks=5)
    with pytest.raises(errors.ServiceUnreachable, match=words) as caught:
        connect("https://nowhere.invalid", timeout=3600.0).generate("a cat")
    assert not caught.value.may_have_cost
    assert spent.submitted == 0
    assert Journal(tmp_path / "journal").rows()[0].state == "refused"


def _no_socks(*_arguments: object, **_settings: object) -> NoReturn:
    raise requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")
