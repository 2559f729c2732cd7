"""Each way of hosting, to finished pictures, with a sandbox that takes no uploads."""

from __future__ import annotations

import io
import secrets
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest

from lumen_widgets.client import (
    CallableHosting,
    DataURIHosting,
    FsspecHosting,
    HostingError,
    InvalidRequest,
    LumenClient,
)
from lumen_widgets.client.hosting.upload_cache import (
    UploadCache,
    shared_upload_cache,
    use_upload_cache,
)
from tests.client_files import s3_store
from tests.client_files.loopback import LoopbackServer, response
from tests.client_files.samples import encoded
from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lumen_widgets.client.hosting.protocol import Hosting
    from tests.client_files.s3_store import Store
    from tests.sandboxes import SandboxServer

pytestmark = pytest.mark.slow


@pytest.fixture
def closed(sandbox: SandboxServer) -> Iterator[SandboxServer]:
    """Have the run's sandbox take no uploads."""
    sandbox.set(uploads=False)
    yield sandbox
    sandbox.set(uploads=True, data_uris=False)


@pytest.fixture
def connect(closed: SandboxServer, tmp_path: Path) -> Callable[..., LumenClient]:
    """Make clients of that sandbox."""

    def make(hosting: Hosting | None = None) -> LumenClient:
        return LumenClient(closed.api_key, closed.url, hosting=hosting, journal=tmp_path)

    return make


def by_store(store: Store, _server: LoopbackServer) -> Hosting:
    """Return a hosting in a store."""
    return FsspecHosting(f"s3://{s3_store.BUCKET}/lumen", storage_options=store.options)


def by_function(_store: Store, server: LoopbackServer) -> Hosting:
    """Return a hosting by a function that puts files onto a web server."""

    def upload(data: bytes, media_type: str) -> str:
        path = f"/{secrets.token_hex(16)}"
        server.answers[path] = response(data, headers=[f"Content-Type: {media_type}"])
        return server.url + path

    return CallableHosting(upload)


def by_data_uri(_store: Store, _server: LoopbackServer) -> Hosting:
    """Return a hosting inside the request."""
    return DataURIHosting()


@pytest.mark.parametrize("route", [by_store, by_function, by_data_uri])
def test_local_pictures_become_new_ones(
    route: Callable[[Store, LoopbackServer], Hosting],
    closed: SandboxServer,
    connect: Callable[..., LumenClient],
    store: Store,
    server: LoopbackServer,
) -> None:
    """A photo is edited, then repainted under a mask: the sandbox read both from where they are."""
    closed.set(data_uris=route is by_data_uri)
    client = connect(route(store, server))
    pixels = np.full((96, 128, 3), (200, 120, 40), np.uint8)
    mask = np.zeros((96, 128), bool)
    mask[24:72, 32:96] = True
    (edited,) = client.edit("make it snow", pixels, size="128x96").wait(60)
    assert (edited.width, edited.height) == (128, 96)
    (painted,) = client.inpaint("a corgi", pixels, mask).wait(60)
    assert (painted.to_numpy()[~mask] == pixels[~mask]).all()
    assert (painted.to_numpy()[mask] != pixels[mask]).any()


def test_a_store_is_left_as_it_was(
    connect: Callable[..., LumenClient], store: Store, server: LoopbackServer
) -> None:
    """A content is put there once for several tasks, without metadata, and deleted afterwards."""
    exif = PIL.Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.0)})
    exif[0x010F] = "SENTINEL camera"
    photo = encoded(PIL.Image.new("RGB", (64, 48), "orange"), "JPEG", exif=exif)
    client = connect(by_store(store, server))
    tasks = [client.edit(word, photo) for word in ("snow", "rain", "fog")]
    (name,) = store.names()
    assert store.puts() == 1
    arrived = store.read(name)
    assert b"SENTINEL" not in arrived
    assert not PIL.Image.open(io.BytesIO(arrived)).getexif()

    assert [len(task.wait(60)) for task in tasks] == [1, 1, 1]
    assert store.names() == [name]
    shared_upload_cache().delete_idle()
    until(lambda: not store.names())


def test_uploads_of_a_sandbox_are_deleted_too(
    sandbox: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With uploads switched on a sandbox needs no hosting, and what it was given goes as well."""
    import requests

    use_upload_cache(UploadCache(grace_period=0.0))
    monkeypatch.setenv("LUMEN_HOSTING", "nonsense")  # is not needed, and so not looked at
    client = LumenClient(sandbox.api_key, sandbox.url, journal=tmp_path)
    task = client.edit("snow", np.zeros((32, 32), np.uint8))
    (url,) = task.request.body["image_urls"]
    assert requests.get(url, timeout=10).status_code == 200
    task.wait(60)
    until(lambda: requests.get(url, timeout=10).status_code == 404)


@pytest.mark.parametrize("text", ["data:", "s3"])
def test_the_environment_serves_a_sandbox_without_uploads(
    text: str,
    closed: SandboxServer,
    connect: Callable[..., LumenClient],
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """LUMEN_HOSTING alone, as a hub sets it, is enough for a local picture."""
    closed.set(data_uris=text == "data:")
    for name, value in [("ACCESS_KEY_ID", s3_store.KEY_ID), ("SECRET_ACCESS_KEY", s3_store.SECRET),
                        ("ENDPOINT_URL", store.url)]:  # fmt: skip
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("LUMEN_HOSTING", text if text == "data:" else f"s3://{s3_store.BUCKET}/hub")
    assert len(connect().edit("snow", np.zeros((32, 32), np.uint8)).wait(60)) == 1
    assert store.puts() == (text == "s3")


def test_without_any_of_them_nothing_is_sent(
    connect: Callable[..., LumenClient], tmp_path: Path
) -> None:
    """A sandbox without uploads refuses local pictures as the service does: before it is asked."""
    client = connect()
    with pytest.raises(HostingError, match="nothing was sent"):
        client.edit("snow", np.zeros((32, 32), np.uint8))
    assert client.journal is not None
    assert list(client.journal.rows()) == []


def test_a_service_that_takes_no_data_uris_refuses_them(
    connect: Callable[..., LumenClient], caplog: pytest.LogCaptureFixture
) -> None:
    """The experiment costs nothing where it fails, and the error does not repeat the picture."""
    with pytest.raises(InvalidRequest) as caught:
        connect(DataURIHosting()).edit("snow", np.zeros((32, 32), np.uint8))
    assert not caught.value.may_have_cost
    assert "base64" not in f"{caught.value} {caplog.text}"


def test_a_picture_of_the_service_needs_no_hosting(
    connect: Callable[..., LumenClient],
) -> None:
    """What the service has just made travels by its own address."""
    client = connect()
    fresh = client.generate("a house", size="64x64").wait(60)[0]
    task: Any = client.edit("snow", fresh)
    assert task.request.body["image_urls"] == [fresh.url]
    assert len(task.wait(60)) == 1
