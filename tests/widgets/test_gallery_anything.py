"""Whatever a page says to a gallery: it is answered or passed over, and the gallery goes on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lumen_widgets.widgets import Gallery
from tests.widgets.galleries import Page, keep, use_journal

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
_LIKELY = st.sampled_from(
    ["", "\ud800", "fox", "16:9", "1.0", "g0", "tile", 0, 1, -1, True, 10**400, 1e300, None]
)
_VALUE = _LIKELY | _ANY
_KIND = st.sampled_from(
    ["find", "read", "tell", "choose", "shown", "hidden", "picture_action", "wants", "forget"]
)
_SEARCH = st.dictionaries(
    st.sampled_from(["text", "model", "size", "since", "until", "starred"]), _VALUE
)
_COPIES = st.lists(st.fixed_dictionaries({"sha256": _VALUE, "copy": _VALUE}), max_size=3)
_ACTION = st.sampled_from(["reference", "again", "code", "save", "star", "unstar", "recall"])
_KEYS = ["request", "listing", "start", "count", "key", "keys", "view", "sha256", "seen"]
_MESSAGE = (
    st.builds(
        lambda kind, rest, search, copies, action: {
            "kind": kind, "search": search, "copies": copies, "action": action, **rest
        },
        _KIND | _VALUE,
        st.dictionaries(st.sampled_from(_KEYS), _VALUE),
        _SEARCH | _VALUE,
        _COPIES | _VALUE,
        _ACTION | _VALUE,
    )
    | _VALUE
)  # fmt: skip


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=st.lists(_MESSAGE, max_size=6))
def test_whatever_a_page_says_the_gallery_answers_the_next_request(
    said: list[Any],
    tmp_path_factory: pytest.TempPathFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is logged as an error, nothing is lost, and no picture is taken for another one."""
    home: Path = tmp_path_factory.mktemp("journal")
    (digest,) = keep(use_journal(home), "a fox", 1)
    gallery = Gallery()
    page = Page(gallery)
    for one in said:
        page.say(one)
    found = page.find()
    acted = page.act("star", digest)
    gallery.close()

    assert [item["sha256"] for item in found["items"]] == [digest]
    assert acted["error"] == ""
    logged = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [(record.getMessage(), record.exc_text) for record in logged] == []
