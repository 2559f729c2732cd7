from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client.hosting.upload_cache import UploadCache, use_upload_cache
from tests.client_files.loopback import LoopbackServer
from tests.client_files.s3_store import S3Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.client_files.s3_store import Store


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """Serve on loopback for one test."""
    running = LoopbackServer()
    yield running
    running.close()


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own proxies out; the tests that need one set it."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def store() -> Iterator[Store]:
    """Run a store that speaks S3 for one test."""
    running = S3Server()
    yield running.store
    running.close()


@pytest.fixture(autouse=True)
def _own_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test uploads of its own, and no hosting of the developer's."""
    use_upload_cache(UploadCache())
    monkeypatch.delenv("LUMEN_HOSTING", raising=False)
    yield
    # What one test has uploaded is not deleted at the end of the run.
    use_upload_cache(UploadCache())
