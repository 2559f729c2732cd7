"""Hostings that give several pictures one address: the service would read the wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import CallableHosting, HostingError, LumenClient
from lumen_widgets.core import errors
from tests.client.conftest import KEY
from tests.client.service import FAILED, QUEUED, Service, serving
from tests.client_files.samples import gradient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL = "https://files.example/latest.png"


@pytest.fixture
def service() -> Iterator[Service]:
    """Run a service whose answers the test decides."""
    with serving() as running:
        yield running


def client_of(service: Service, home: Path, calls: list[bytes]) -> LumenClient:
    """Return a client whose hosting has one address for all pictures."""

    def upload(data: bytes, _media_type: str) -> str:
        calls.append(data)
        return URL

    hosting = CallableHosting(upload)
    return LumenClient(KEY, service.server.url, journal=home, hosting=hosting)


def test_two_pictures_of_one_request(service: Service, tmp_path: Path) -> None:
    """A request that would show the service one of its pictures twice is not sent."""
    client = client_of(service, tmp_path, [])
    with pytest.raises(HostingError, match="an address of its own"):
        client.edit("snow", [gradient(40), gradient(41)])
    assert service.server.posts == []


def test_a_picture_that_a_task_still_needs(service: Service, tmp_path: Path) -> None:
    """While a task may read a picture no other one is sent under its address; afterwards it is."""
    service.statuses["*"] = [QUEUED]
    calls: list[bytes] = []
    client = client_of(service, tmp_path, calls)
    task = client.edit("snow", gradient(40))
    with pytest.raises(HostingError, match="which a request still needs"):
        client.edit("snow", gradient(41))
    assert len(service.server.posts) == 1

    service.statuses["*"] = [FAILED]
    with pytest.raises(errors.TaskFailed):
        task.wait(30)
    with pytest.raises(errors.TaskFailed):
        client.edit("snow", gradient(41)).wait(30)
    # the first one is not there any more, and is put there again
    with pytest.raises(errors.TaskFailed):
        client.edit("snow", gradient(40)).wait(30)
    assert len(service.server.posts) == 3
    assert calls[-1] == calls[0] != calls[-2]
