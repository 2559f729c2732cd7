"""Fetching from a loopback server, as the tests of downloads do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.core.errors import DownloadError
from lumen_widgets.core.pictures.downloads import FetchedPicture, fetch_picture
from tests.client_files.samples import encoded, gradient

if TYPE_CHECKING:
    from tests.client_files.loopback import LoopbackServer

PNG = encoded(gradient(300, 200))
SERVICE = "https://lumen.example"
SECRET = "?signature=sentinel"  # noqa: S105  stands for one


def fetch(server: LoopbackServer, path: str = "/1.png", **options: Any) -> FetchedPicture:
    """Fetch from the loopback server, as the client of a sandbox would."""
    return fetch_picture(f"{server.url}{path}", base_url=server.url, **options)


def refused(server: LoopbackServer, path: str = "/1.png", **options: Any) -> str:
    """Return the words with which a fetch fails; they never hold the address."""
    with pytest.raises(DownloadError) as caught:
        fetch(server, path, **options)
    assert "sentinel" not in str(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value)
