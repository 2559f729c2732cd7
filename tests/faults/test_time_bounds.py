"""Every wait ends when it was said to, whatever the service does or leaves undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import LumenClient, LumenError
from lumen_widgets.core import errors
from tests.client.conftest import KEY
from tests.faults import watch
from tests.faults.quick import TIMING
from tests.faults.silence import NOBODY, SILENCES, TASK_ID, Silence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumen_widgets.client import Task

pytestmark = pytest.mark.slow

KINDS = (*SILENCES, *NOBODY)

# Seconds of the waits themselves, and of the client's own time-out where it is what is tested.
SHORT, TIMEOUT = 0.3, 1.5

WAITS: dict[str, Callable[[LumenClient, Task], object]] = {
    "wait": lambda _, task: task.wait(SHORT),
    "as_completed": lambda client, task: list(client.as_completed([task], SHORT)),
    "stream": lambda client, task: list(client.stream([task], SHORT)),
}


def over(limit: float, act: Callable[[], object], expected: type[LumenError]) -> float:
    """Return by how much something that ends with an error took longer than allowed.

    What the machine was late in the same time is no fault of the client's: see `Metronome`.
    """
    with watch.Metronome() as metronome:
        stretch = metronome.begin()
        with pytest.raises(expected):
            act()
        took, noise = stretch.end()
    return took - limit - noise


@pytest.mark.parametrize("kind", KINDS)
def test_waits_end_in_time(kind: str, tmp_path: Path) -> None:
    """`wait`, `as_completed` and `stream` end within 50 ms of their time-out."""
    with Silence(kind, answers_first=True) as silence:
        client = LumenClient(KEY, silence.url, journal=tmp_path)
        task = client.generate("a cat")
        silence.fall_silent()
        for name, wait in WAITS.items():
            late = over(SHORT, lambda wait=wait: wait(client, task), errors.WaitTimeout)  # type: ignore[misc]
            assert late <= watch.LATE, name
        assert not task.done
        task.stop_watching()


@pytest.mark.parametrize("kind", KINDS)
def test_refresh_ends_in_time(kind: str) -> None:
    """`refresh` ends within the client's time-out, and names the task."""
    with Silence(kind, answers_first=True) as silence:
        # no disk has a part in the first submit, which has to be over by the same time-out
        client = LumenClient(KEY, silence.url, journal=False, timeout=TIMEOUT)
        task = client.generate("a cat")
        task.stop_watching()
        silence.fall_silent()
        with pytest.raises(LumenError) as caught:
            task.refresh()
        assert caught.value.task_id == TASK_ID
        assert over(TIMEOUT, task.refresh, LumenError) <= watch.LATE


@pytest.mark.parametrize("kind", KINDS)
def test_submit_ends_in_time(kind: str, tmp_path: Path) -> None:
    """A submit ends within its time-out and its grace, and says whether credits may be spent."""
    with Silence(kind, answers_first=False) as silence:
        client = LumenClient(KEY, silence.url, journal=tmp_path, timeout=TIMEOUT)
        sent = kind not in NOBODY
        expected = errors.SubmitOutcomeUnknown if sent else errors.ServiceUnreachable
        late = over(TIMEOUT, lambda: client.generate("a cat"), expected)
        assert late <= TIMING.submit_grace + watch.LATE
        assert silence.server.connections == sent
