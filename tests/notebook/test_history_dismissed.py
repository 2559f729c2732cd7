"""Dismissed requests: no longer listed, no obstacle to `reuse`, and free to be pruned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import lumen_widgets as lumen
from lumen_widgets.client import LumenClient
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer
from tests.client.service import serving
from tests.conditions import PATIENCE
from tests.notebook.journal_rows import prompts, wrote

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk-lumen-local-dismissing"


def test_what_may_still_be_had_is_dismissed() -> None:
    """Unknown and running requests are; what is over, or being sent just now, stays as it is."""
    for state in ("succeeded", "failed", "refused", "unknown", "queued", "sending"):
        wrote(state, state, kept=state == "succeeded")
    assert lumen.history().dismiss() == 2
    assert prompts(lumen.history(state="dismissed")) == ["queued", "unknown"]
    assert prompts(lumen.history(state="sending")) == ["sending"]
    assert [len(lumen.history(state=state)) for state in ("unknown", "running")] == [0, 0]
    assert lumen.history().dismiss() == 0
    words = {entry.prompt: entry.words for entry in lumen.history()}
    assert words["queued"] == "dismissed (last heard: queued)"


def test_what_was_dismissed_may_be_pruned() -> None:
    """Not before: a request that may have been paid is kept however old it is."""
    wrote("a fox", "unknown", days=400)
    assert lumen.history().prune(older_than="30 days").tasks == 0
    lumen.history(state="unknown").dismiss()
    assert lumen.history().prune(older_than="30 days").tasks == 1
    assert len(lumen.history()) == 0


def test_reuse_pays_anew_once_the_unknown_is_dismissed(tmp_path: Path) -> None:
    """Before, it is an error that says how; afterwards the same request is sent, once."""
    with FaultServer(
        fault.drops_after_reading, fault.task("a1", {"status": "processing"})
    ) as server:
        client = LumenClient(KEY, server.url, journal=tmp_path)
        with pytest.raises(lumen.SubmitOutcomeUnknown):
            client.generate("a fox")
        with pytest.raises(lumen.SubmitOutcomeUnknown, match=r"dismiss\(\)"):
            client.generate("a fox", reuse=True)
        assert len(server.posts) == 1
        assert lumen.history(state="unknown", client=client).dismiss() == 1
        assert client.resume().unknown_outcomes == []
        assert client.generate("a fox", reuse=True).id == "a1"
        assert len(server.posts) == 2


def test_a_dismissed_task_that_ends_all_the_same_is_there(tmp_path: Path) -> None:
    """Its pictures are written down as ever, and the same request is paid no second time."""
    with serving() as service:
        service.statuses["*"] = [{"status": "processing"}]
        client = LumenClient(KEY, service.server.url, journal=tmp_path)
        task = client.generate("a fox")
        assert lumen.history(client=client).dismiss() == 1
        service.statuses["*"] = [service.succeeded("a")]
        pictures = task.wait(PATIENCE)
        (entry,) = lumen.history(client=client)
        assert entry.state == "succeeded"
        assert entry.pictures[0].bytes == pictures[0].bytes
        other = LumenClient(KEY, service.server.url, journal=tmp_path)
        assert other.generate("a fox", reuse=True).id == task.id
        assert Journal(tmp_path).rows()[0].is_final
