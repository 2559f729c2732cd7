"""FsspecHosting against a store that speaks S3."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import fsspec
import PIL.Image
import pytest
import requests
import s3fs

from lumen_widgets.client import FsspecHosting, HostingError, InvalidRequest
from lumen_widgets.client.hosting.protocol import RENEW_BEFORE
from lumen_widgets.core.pictures.images import LocalPicture, read_picture
from tests.client_files import s3_store
from tests.client_files.hosted import host, local
from tests.client_files.samples import encoded, gradient

if TYPE_CHECKING:
    from tests.client_files.loopback import LoopbackServer
    from tests.client_files.s3_store import Store

pytestmark = pytest.mark.slow


def hosting(store: Store, **options: Any) -> FsspecHosting:
    """Return a hosting in a folder of the store."""
    return FsspecHosting(f"s3://{s3_store.BUCKET}/lumen", storage_options=store.options, **options)


def test_a_signed_address_reads_the_file_until_it_ends(store: Store) -> None:
    """The address is enough to read the file, with its type, until the address ends."""
    before = time.time()
    hosted = hosting(store, expires=1800).put(b"words", "image/webp", "0")
    answer = requests.get(hosted.url, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"words")
    assert answer.headers["Content-Type"] == "image/webp"
    assert parse_qs(urlsplit(hosted.url).query)["X-Amz-Expires"] == ["1800"]
    assert hosted.expires_at is not None
    assert before + 1800 <= hosted.expires_at <= time.time() + 1800

    store.ahead = 1700
    assert requests.get(hosted.url, timeout=10).status_code == 200
    store.ahead = 1900
    assert requests.get(hosted.url, timeout=10).status_code == 403


def test_without_its_signature_an_address_reads_nothing(store: Store) -> None:
    """The file is private: its bare address, or one signed for another file, is refused."""
    first, second = (hosting(store).put(b"words", "image/png", "0") for _ in range(2))
    bare = first.url.partition("?")[0]
    assert requests.get(bare, timeout=10).status_code == 403
    borrowed = f"{bare}?{urlsplit(second.url).query}"
    assert requests.get(borrowed, timeout=10).status_code == 403


def test_names_cannot_be_guessed(store: Store) -> None:
    """The same bytes, put there twice, have two names, and neither tells of their digest."""
    digest = local().sha256
    for _ in range(2):
        hosting(store).put(local().data, "image/png", digest)
    first, second = store.names()
    assert first != second
    assert all(name.startswith("lumen/") and name.endswith(".png") for name in (first, second))
    assert all(digest[:8] not in name and len(name) >= 6 + 32 + 4 for name in (first, second))


def test_a_deleted_file_is_gone(store: Store) -> None:
    """Deleting takes the file out of the store; deleting again is no error."""
    hosted = hosting(store).put(b"words", "image/png", "0")
    hosted.delete()
    assert store.names() == []
    assert requests.get(hosted.url, timeout=10).status_code == 404
    hosted.delete()


def test_an_address_that_ends_soon_is_signed_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new address for the same file costs no second upload, and lasts again."""
    place = hosting(store, expires=1800)
    first = host(local(), place)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 1800 - RENEW_BEFORE + 1)
    second = host(local(), place)
    assert first.partition("?")[0] == second.partition("?")[0]
    assert store.puts() == 1


def test_what_arrives_has_no_metadata(store: Store) -> None:
    """Where a photograph was taken, and with what, never leaves this machine."""
    photo = gradient()
    exif = PIL.Image.Exif()
    exif[0x010F] = "SENTINEL camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.0)})
    exif[0x0112] = 6
    read = read_picture(encoded(photo, "JPEG", exif=exif))
    assert isinstance(read, LocalPicture)
    host(read, hosting(store))
    arrived = store.read(*store.names())
    assert b"SENTINEL" not in arrived
    assert b"Exif" not in arrived
    image = PIL.Image.open(io.BytesIO(arrived))
    assert not image.getexif()
    assert image.size == (photo.height, photo.width)


def test_a_store_that_hangs_is_given_up(store: Store) -> None:
    """An upload ends in time, and what arrives all the same later is taken away again."""
    place = hosting(store, timeout=1.0)
    store.hold = threading.Event()
    began = time.monotonic()
    with pytest.raises(HostingError, match="did not answer in time") as caught:
        place.put(b"words", "image/png", "0")
    assert time.monotonic() - began < 10
    assert not caught.value.may_have_cost
    store.hold.set()
    deadline = time.monotonic() + 30
    while ("DELETE" not in {method for method, _ in store.seen}) and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    assert [method for method, _ in store.seen] == ["PUT", "DELETE"]
    while store.names() and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    assert store.names() == []


def test_an_upload_is_interrupted(store: Store) -> None:
    """Ctrl-C ends the wait for an upload at once, and says that nothing was paid."""
    place = hosting(store)
    store.hold = threading.Event()

    def interrupt() -> None:
        while not store.seen:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt, match="nothing was sent and nothing paid"):
        host(local(), place)
    store.hold.set()
    # What was interrupted is not remembered as hosted.
    store.hold = None
    assert requests.get(host(local(), place), timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("bucket", "trouble", "words"),
    [
        ("elsewhere", None, "no such bucket"),
        (s3_store.BUCKET, "away", "cannot be reached"),
        (s3_store.BUCKET, "silent", "did not answer in time"),
        (s3_store.BUCKET, "garbage", "the store"),
        (s3_store.BUCKET, "refused", "it refused"),
    ],
)
def test_errors_tell_no_secrets(
    store: Store,
    server: LoopbackServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    *,
    bucket: str,
    trouble: str | None,
    words: str,
) -> None:
    """A missing bucket, a store that is away, silent, refuses or talks garbage is told plainly."""
    # s3fs tries again for 12 s, which shows nothing here
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    caplog.set_level(logging.INFO)
    endpoint = {"away": "http://127.0.0.1:9", "silent": server.url}.get(trouble or "", store.url)
    if trouble == "garbage":
        store.always = ("500 Oops", b"\x00<html>SENTINEL")
    if trouble == "refused":
        refusal = b"<Error><Code>AccessDenied</Code><Message>SENTINEL</Message></Error>"
        store.always = ("403 Forbidden", refusal)
    place = FsspecHosting(
        f"s3://{bucket}",
        storage_options={**store.options, "endpoint_url": endpoint},
        timeout=2.0 if trouble == "silent" else 30.0,
    )
    with pytest.raises(HostingError, match=words) as caught:
        place.put(b"words", "image/png", "0")
    shown = f"{caught.value} {caught.value!r} {place!r} {caplog.text}"
    assert "SENTINEL" not in shown
    assert "X-Amz" not in shown
    assert "Nothing was sent" in shown
    assert caught.value.__suppress_context__


def test_a_store_without_credentials_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials nothing is uploaded, and the message says what is missing."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    place = FsspecHosting(f"s3://{s3_store.BUCKET}", storage_options={"endpoint_url": store.url})
    with pytest.raises(HostingError, match="no credentials"):
        place.put(b"words", "image/png", "0")
    # Put right in the next cell, it works, and so does the same hosting.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_store.KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_store.SECRET)
    place.put(b"words", "image/png", "0").delete()
    store.seen.clear()
    anonymous = FsspecHosting(
        f"s3://{s3_store.BUCKET}", storage_options={"endpoint_url": store.url, "anon": True}
    )
    with pytest.raises(HostingError, match="without a signature"):
        anonymous.put(b"words", "image/png", "0")
    assert store.puts() == 0


@pytest.mark.parametrize("url", ["memory://here", "file:///tmp/here", "https://files.example/x"])
def test_a_store_that_cannot_sign_is_refused_at_once(url: str) -> None:
    """Where nothing can be signed, the error comes when the hosting is made and says what can."""
    with pytest.raises(HostingError, match="cannot give out signed addresses") as caught:
        FsspecHosting(url)
    assert "s3://" in caught.value.next_step
    assert "CallableHosting" in caught.value.next_step


def test_a_store_that_signs_after_all_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file system that this package has never heard of is taken if it signs."""
    from fsspec.implementations.memory import MemoryFileSystem

    class Signing(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
        protocol = "signing"
        address = "https://store.example{}?signature=1"

        def sign(self, path: str, expiration: int = 100, **_: Any) -> str:
            return self.address.format(self._strip_protocol(path).removeprefix("signing:/"))

    fsspec.register_implementation("signing", Signing, clobber=True)
    hosted = FsspecHosting("signing://bucket/lumen").put(b"words", "image/png", "0")
    assert hosted.url.startswith("https://store.example/bucket/lumen/")
    hosted.delete()
    monkeypatch.setattr(Signing, "address", "http://store.example{}?signature=1")
    with pytest.raises(HostingError, match="anybody on the way"):
        FsspecHosting("signing://bucket/lumen").put(b"words", "image/png", "0")
    monkeypatch.setattr(Signing, "address", "file://{}")
    with pytest.raises(HostingError, match="not an http"):
        FsspecHosting("signing://bucket/lumen").put(b"words", "image/png", "0")


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without fsspec, or without the store's own package, the error has the line that helps."""
    # None in sys.modules is how Python remembers that a module is not to be had.
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "fsspec", None)
        with pytest.raises(HostingError, match=r"pip install s3fs"):
            FsspecHosting("s3://bucket")
    with pytest.raises(HostingError, match=r"pip install gcsfs"):
        FsspecHosting("gs://bucket")


@pytest.mark.parametrize(
    "given",
    [
        {"url": "bucket/folder"},
        {"url": "s3://"},
        {"url": "s3://key:SENTINEL@bucket/x"},
        {"url": "simplecache::s3://bucket"},
        {"url": None},
        {"url": "s3://bucket", "expires": 60},
        {"url": "s3://bucket", "expires": 8 * 24 * 3600},
        {"url": "s3://bucket", "expires": float("nan")},
        {"url": "s3://bucket", "expires": True},
        {"url": "s3://bucket", "timeout": 0},
        {"url": "s3://bucket", "timeout": "long"},
        {"url": "s3://bucket", "timeout": 10**5000},
        {"url": "s3://bucket", "expires": "SENTINEL"},
        {"url": "s3://bucket", "timeout": "SENTINEL"},
        {"url": "s3://bucket", "storage_options": "SENTINEL"},
        {"url": "s3://bucket", "storage_options": ["SENTINEL"]},
    ],
)
def test_wrong_arguments_are_refused(given: dict[str, Any]) -> None:
    """An address that is none, one with a password, and times that cannot work are errors."""
    with pytest.raises(InvalidRequest) as caught:
        FsspecHosting(**given)
    assert caught.value.field in given
    assert "SENTINEL" not in str(caught.value)
