"""Which hosting a client takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.client import CallableHosting, FsspecHosting, HostingError, LumenClient
from lumen_widgets.client.hosting.default_hosting import default_hosting
from lumen_widgets.client.hosting.lease import Lease
from lumen_widgets.core.http.keys import Key
from lumen_widgets.core.http.origin import read_origin
from tests.client.service import serving
from tests.client_files import s3_store
from tests.client_files.hosted import local
from tests.client_files.samples import gradient

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client_files.s3_store import Store

URL = "https://files.example/7f3a.png"


def account(url: str, tmp_path: Path, **options: Any) -> LumenClient:
    """Return a client of some service that is never asked."""
    return LumenClient("sk-lumen-SENTINEL", url, journal=tmp_path, **options)


@pytest.mark.parametrize("text", [None, "", "  "])
def test_without_any_hosting_the_routes_are_listed(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a service elsewhere a local picture is an error that lists all ways out."""
    if text is not None:
        monkeypatch.setenv("LUMEN_HOSTING", text)
    with pytest.raises(HostingError, match="nothing was sent") as caught:
        account("https://lumen.example", tmp_path).edit("snow", gradient())
    for way in ("URL", "Download mask", "FsspecHosting", "CallableHosting", "DataURIHosting",
                "LUMEN_HOSTING", "sandbox"):  # fmt: skip
        assert way in caught.value.next_step


@pytest.mark.slow
def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    """LUMEN_HOSTING serves every client that has none of its own, and uploads once for all."""
    monkeypatch.setenv("LUMEN_HOSTING", "data:")
    assert address("https://lumen.example").startswith("data:image/png")

    monkeypatch.setenv("LUMEN_HOSTING", f"s3://{s3_store.BUCKET}/env/")
    for name, value in [("ACCESS_KEY_ID", s3_store.KEY_ID), ("SECRET_ACCESS_KEY", s3_store.SECRET),
                        ("ENDPOINT_URL", store.url)]:  # fmt: skip
        monkeypatch.setenv(f"AWS_{name}", value)
    found = {address(store.url) for _ in range(2)}
    assert len(found) == 1
    assert found.pop().startswith(f"{store.url}/{s3_store.BUCKET}/env/")
    assert store.puts() == 1


def address(url: str, hosting: Any = None) -> str:
    """Return the address that a local picture gets at a service."""
    if hosting is None:
        hosting = default_hosting(url, Key("sk-lumen-SENTINEL", read_origin(url)))
    return Lease().address(local(), hosting, url)


def test_an_argument_comes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client with a hosting of its own does not look at LUMEN_HOSTING."""
    monkeypatch.setenv("LUMEN_HOSTING", "nonsense")
    own = CallableHosting(lambda *_: "http://127.0.0.1/7f3a.png")
    with serving() as service:
        task = account(service.server.url, tmp_path, hosting=own).edit("snow", gradient())
    assert task.request.body["image_urls"] == ["http://127.0.0.1/7f3a.png"]


@pytest.mark.parametrize(
    "text",
    ["nonsense", "s3:", "http://files.example", "memory://x", "s3://a:SENTINEL@b/c", "gs://x",
     "unheard://of", "data", "1"],
)  # fmt: skip
def test_nonsense_in_the_environment_is_named(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What LUMEN_HOSTING cannot mean is an error that names it, when a picture needs it."""
    monkeypatch.setenv("LUMEN_HOSTING", text)
    with pytest.raises(HostingError, match="LUMEN_HOSTING") as caught:
        account("https://lumen.example", tmp_path).edit("snow", gradient())
    assert "SENTINEL" not in str(caught.value)
    assert not caught.value.may_have_cost


@pytest.mark.slow
def test_an_address_on_this_machine_is_no_use_to_a_service_elsewhere(store: Store) -> None:
    """A store on loopback is refused before the service is paid for not finding the picture."""
    place = FsspecHosting(f"s3://{s3_store.BUCKET}", storage_options=store.options)
    with pytest.raises(HostingError, match="cannot reach"):
        address("https://lumen.example", place)
