"""The client against the real sandbox, end to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lumen_widgets.client import LumenClient
from lumen_widgets.core import errors

if TYPE_CHECKING:
    from pathlib import Path

    from lumen_widgets.client import Picture
    from tests.sandboxes import SandboxServer


@pytest.fixture
def client(sandbox: SandboxServer) -> LumenClient:
    """Return a client of the run's sandbox."""
    return LumenClient(sandbox.api_key, sandbox.url)


@pytest.mark.slow
def test_two_pictures(client: LumenClient, tmp_path: Path) -> None:
    """A prompt gives n pictures of the size that was asked for, which can be saved."""
    pictures = client.generate("a cute cat on a windowsill", n=2, size="256x192").wait(60)
    assert [(picture.width, picture.height) for picture in pictures] == [(256, 192)] * 2
    assert pictures[0].sha256 != pictures[1].sha256
    assert pictures[0].to_numpy().shape == (192, 256, 3)
    assert pictures[1].save(tmp_path).read_bytes() == pictures[1].bytes


@pytest.mark.slow
def test_edit_local_and_remote(client: LumenClient) -> None:
    """A picture fresh from the service and one that exists only here can be edited together."""
    first = client.generate("a house", size="128x128").wait(60)[0]
    noise = np.full((128, 128, 3), 90, np.uint8)
    pictures = client.edit("make it snow", [first, noise], size="128x128").wait(60)
    assert [picture.media_type for picture in pictures] == ["image/png"]


@pytest.mark.slow
def test_inpaint_keeps_the_rest(client: LumenClient) -> None:
    """Only what is white in the mask is repainted, pixel for pixel."""
    picture = np.full((128, 160, 3), (200, 120, 40), np.uint8)
    mask = np.zeros((128, 160), bool)
    mask[32:96, 40:120] = True
    (painted,) = client.inpaint("a corgi", picture, mask).wait(60)
    pixels = painted.to_numpy()
    assert pixels.shape == picture.shape
    assert (pixels[~mask] == picture[~mask]).all()
    assert (pixels[mask] != picture[mask]).any()


@pytest.mark.slow
def test_a_model_that_redraws(client: LumenClient) -> None:
    """The sandbox's own model for repaints is used as any other."""
    picture = np.full((96, 96, 3), (200, 120, 40), np.uint8)
    mask = np.zeros((96, 96), bool)
    mask[32:64, 32:64] = True
    pictures = client.inpaint("a corgi", picture, mask, model="sandbox-redraws", n=2).wait(60)
    assert len({picture.sha256 for picture in pictures}) == 2


@pytest.mark.slow
def test_failing_model(client: LumenClient) -> None:
    """A model that fails raises TaskFailed from wait, and says that the credits come back."""
    task = client.generate("a cat", model="sandbox-always-fails")
    with pytest.raises(errors.TaskFailed, match="credits are given back"):
        task.wait(60)


def test_model_outside_the_group(client: LumenClient) -> None:
    """A model that the key's group does not have is NotFound, and nothing is submitted."""
    with pytest.raises(errors.NotFound):
        client.generate("a cat", model="sandbox-not-in-group")


def test_wrong_key(sandbox: SandboxServer) -> None:
    """A key that the service does not know is an AuthenticationError."""
    with pytest.raises(errors.AuthenticationError):
        LumenClient("sk-lumen-local-wrong", sandbox.url).generate("a cat")


@pytest.mark.slow
def test_taken_up_by_another_client(client: LumenClient, sandbox: SandboxServer) -> None:
    """A task goes on when its wait ends, and another client takes it up by its id."""
    task = client.generate("a boat", size="128x128")
    with pytest.raises(errors.WaitTimeout):
        task.wait(0.01)
    other = LumenClient(sandbox.api_key, sandbox.url, journal=False)
    assert other.task(task.id).wait(60)[0].sha256 == task.wait(60)[0].sha256


@pytest.mark.slow
def test_many_at_once(client: LumenClient) -> None:
    """Several tasks are streamed as they end, and one failure does not lose the others."""
    tasks = [client.generate(f"{word} in the rain", size="64x64") for word in ("a cat", "a dog")]
    tasks.append(client.generate("a cat", model="sandbox-always-fails"))
    found: list[Picture] = []
    with pytest.raises(errors.TasksFailed) as caught:
        found.extend(client.stream(tasks, 60))
    assert caught.value.tasks == [tasks[2]]
    assert {task.id for task in client.as_completed(tasks)} == {task.id for task in tasks}
