"""The receiver as a user has it: its address, its secret, its beginning and end."""

from __future__ import annotations

import copy
import pickle
import socket
import subprocess
import sys
import threading
from typing import Any
from urllib.parse import urlsplit

import pytest

from lumen_widgets.client import WebhookReceiver
from lumen_widgets.client.webhooks.settings import ReceiverSettings
from lumen_widgets.core import errors
from tests.conditions import PATIENCE
from tests.webhooks.calling import body_of, call, read


@pytest.mark.slow
def test_an_address_that_nobody_guesses() -> None:
    """Address and secret are new with each receiver, and stay while it is closed and opened."""
    with WebhookReceiver() as first, WebhookReceiver() as second:
        parts = urlsplit(first.url)
        assert (parts.scheme, parts.hostname, parts.port) == ("http", "127.0.0.1", first.port)
        assert len(parts.path) == 1 + 32  # 128 bits
        assert len(first.secret) == 64
        assert parts.path != urlsplit(second.url).path
        assert first.secret != second.secret
        url, secret = first.url, first.secret
        first.close()
        assert first.start().url == url
        assert first.secret == secret
        assert call(first, body_of("a1")) == 204


@pytest.mark.parametrize(
    ("public_url", "base"),
    [
        ("https://my.tunnel.example", "https://my.tunnel.example"),
        ("https://my.tunnel.example/", "https://my.tunnel.example"),
        ("http://192.0.2.7:8443/a/b/", "http://192.0.2.7:8443/a/b"),
        ("https://hub.example/user/me/proxy/8123/", "https://hub.example/user/me/proxy/8123"),
    ],
)
def test_an_address_outside(public_url: str, base: str) -> None:
    """With a public address the secret path is put behind it."""
    with WebhookReceiver(public_url) as receiver:
        before, _, token = receiver.url.rpartition("/")
        assert before == base
        assert call(receiver, body_of("a1"), path=f"/{token}") == 204


def test_a_port_and_a_secret_of_ones_own() -> None:
    """A tunnel leads to a port that was chosen before, and a secret may come from elsewhere."""
    with socket.create_server(("127.0.0.1", 0)) as finder:
        port = finder.getsockname()[1]
    with WebhookReceiver(port=port, secret="of my own") as receiver:  # noqa: S106 - of a test
        assert (receiver.port, receiver.secret) == (port, "of my own")
        with pytest.raises(errors.LumenError, match=f"cannot use port {port}"):
            WebhookReceiver(port=port).start()
        assert receiver.start() is receiver


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (
            "public_url",
            ["", "example.org", "ftp://a.example", "https://a.example/?a=b", 7, "http://a b/"],
        ),
        (
            "public_url",
            ["https://a.example/#a", "https://a.example:0", "https://", "https://a.example?"],
        ),
        ("port", [-1, 65536, "80", 8.0, True, None]),
        ("webhook_secret", ["", " ", b"bytes", "\ud800"]),
        ("tolerance", [0, -1, float("nan"), float("inf"), "300", True]),
        ("settings", ["fast", {"call_timeout": 5}, False, ReceiverSettings]),
    ],
)
def test_arguments_that_cannot_be(field: str, values: list[Any]) -> None:
    """Each wrong argument is named before anything is opened."""
    for value in values:
        with pytest.raises(errors.InvalidRequest) as caught:
            WebhookReceiver(**{field.removeprefix("webhook_"): value})
        assert caught.value.field == field


def test_nobody_is_there() -> None:
    """A receiver that does not run gives no address, and a closed one answers no more."""
    receiver = WebhookReceiver("https://my.tunnel.example")
    with pytest.raises(errors.LumenError, match=r"does not run.*start\(\)"):
        _ = receiver.url
    receiver.close()
    with receiver:
        assert call(receiver, body_of("a1")) == 204
    receiver.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", receiver.port), PATIENCE)


def test_no_thread_is_left() -> None:
    """Its thread is a daemon and ends with it, also in the middle of a call."""
    receiver = WebhookReceiver().start()
    (thread,) = [one for one in threading.enumerate() if one.name == "lumen-webhooks"]
    assert thread.daemon
    with socket.create_connection(("127.0.0.1", receiver.port), PATIENCE) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n")
        receiver.close()
        assert read(connection) == b""
    assert not thread.is_alive()
    WebhookReceiver().start().close()
    assert not [one for one in threading.enumerate() if one.name == "lumen-webhooks"]


def test_secrets_stay_secret() -> None:
    """Neither repr nor attributes have secret or path, and it cannot be pickled or copied."""
    with WebhookReceiver() as receiver:
        seen = f"{receiver!r} {receiver} {vars(receiver)!r}"
        assert receiver.secret not in seen
        assert f"port {receiver.port}" in repr(receiver)
        assert receiver.url.rpartition("/")[2] not in repr(receiver)
        for leak in (pickle.dumps, copy.copy):
            with pytest.raises(TypeError, match="holds a secret"):
                leak(receiver)
    assert repr(receiver) == "<WebhookReceiver closed, calls: 0>"


@pytest.mark.slow
def test_the_interpreter_ends() -> None:
    """A script that forgets to close its receiver ends all the same, and says nothing of it."""
    code = (
        "import socket\n"
        "from lumen_widgets import WebhookReceiver\n"
        "receiver = WebhookReceiver().start()\n"
        "line = socket.create_connection(('127.0.0.1', receiver.port))\n"
        "line.sendall(b'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n')\n"
        "print(line.recv(12))\n"
        "socket.create_connection(('127.0.0.1', receiver.port)).sendall(b'POST')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert (done.stdout.strip(), done.stderr) == ("b'HTTP/1.1 404'", "")


def test_another_server_s_log_is_left_alone() -> None:
    """A user's own uvicorn in the same process still writes its log."""
    import logging

    log = logging.getLogger("uvicorn.access")
    before = (log.handlers, log.propagate, log.level)
    with WebhookReceiver() as receiver:
        call(receiver, body_of("a1"))
    assert (log.handlers, log.propagate, log.level) == before
