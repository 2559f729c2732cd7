from __future__ import annotations

import logging
import threading
from typing import Any

import numpy as np
import pytest
import traitlets
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lumen_widgets.client import InvalidRequest
from lumen_widgets.widgets import PromptForm
from lumen_widgets.widgets.prompt_form.checks import FIELDS
from tests.conditions import PATIENCE
from tests.widgets.forms import FormPage
from tests.widgets.quiet_service import QuietService

pytestmark = pytest.mark.slow

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
_LIKELY = st.sampled_from(
    ["a fox", "", " ", "16:9", "1024x1024", "0x0", "4K", "low", "gpt-image-2-low", '{"seed": 7}',
     "fal-flux-pro-fill", "https://example.org/hook", "http://", "data:,", "\ud800", "nowhere.png",
     1, 2, 4, 5, -1, True, 10**400, 1.0, b"", b"GIF89a"]
)  # fmt: skip
_OBJECTS = st.sampled_from(
    [np.full((4, 6, 3), 9, np.uint8), np.ones((4, 6), bool), np.zeros((0, 3)), object(), {1, 2}]
)
_VALUE = _LIKELY | _JSON | st.text() | st.binary(max_size=9) | _OBJECTS | st.lists(_OBJECTS)
_PYTHON = st.lists(st.tuples(st.sampled_from(FIELDS), _VALUE), max_size=6)

_NAME = st.sampled_from([*FIELDS, "_extra_text", "_host", "panel", "nothing"]) | st.text(max_size=4)
_WIRE = _LIKELY.filter(lambda value: not isinstance(value, bytes)) | _JSON | st.text()
_CHANGES = ["remove", "move", "paint", "close_painter", "discard"]
_STRIP = ["offer", "choose", "undo", "preset", "gallery", "picture_action", "wants", "hidden"]
_KINDS = ["hello", "typed", "submit", "as_code", "address", "chunk", *_CHANGES, *_STRIP, "nothing"]
_KEYS = ["request", "fields", "secret", "place", "url", "upload", "name", "size", "start", "key",
         "to", "unanswered", "sha256", "action", "seen", "view", "copies", "opened",
         "forget"]  # fmt: skip
_ACTION = st.sampled_from(["save", "apply", "delete", "star", "again", "reference", "code"])
_FIELD_LIST = st.lists(st.fixed_dictionaries({"field": _NAME, "value": _WIRE}) | _WIRE, max_size=4)
_PLACE = st.sampled_from(["images", "mask", "elsewhere"])
_MESSAGE = (
    st.builds(
        lambda kind, action, rest, fields, place: {
            "kind": kind,
            "action": action,
            **rest,
            "fields": fields,
            "place": place,
        },
        st.sampled_from(_KINDS) | _WIRE,
        _ACTION,
        st.dictionaries(st.sampled_from(_KEYS), _WIRE),
        _FIELD_LIST | _WIRE,
        _PLACE | _WIRE,
    )
    | _WIRE
)
_STATE = st.dictionaries(_NAME, _WIRE, max_size=5)
_BUFFERS = st.lists(st.binary(max_size=9), max_size=2)

# a test's own threads and thumbnails make single examples slow now and then
_RUNS = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def thread_errors(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collect what dies on any thread: an exception there would go into the void."""
    errors: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", errors.append)
    return errors


def _judge(
    form: PromptForm,
    service: QuietService,
    thread_errors: list[Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Submit: the form either sends, or names the field, or the call itself does."""
    error: Exception | None = None
    try:
        submission = form.submit()
    except InvalidRequest as refusal:
        error = refusal
    else:
        ended = threading.Event()
        submission.subscribe(lambda _: ended.set())
        assert submission.state != "sending" or ended.wait(PATIENCE)
        error = submission.error
    if error is None:
        assert service.submits
    else:
        assert isinstance(error, InvalidRequest), repr(error)
        assert error.field in {*FIELDS, "webhook_secret"}
        assert str(error)
    form.close()
    assert thread_errors == []
    logged = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [(record.getMessage(), record.exc_text) for record in logged] == []


@_RUNS
@given(assignments=_PYTHON)
# a form keeps the picture of a repaint, which the client calls `image`, among its `images`
@example(
    assignments=[
        ("model", "fal-flux-pro-fill"),
        ("images", ["no-such-file.png"]),
        ("mask", np.ones((4, 4), bool)),
    ]
)
def test_whatever_is_assigned_is_refused_said_beside_its_field_or_sent(
    assignments: list[tuple[str, Any]], thread_errors: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    """From Python: a typed error where it is assigned, or a message, or a valid request."""
    service = QuietService()
    form = PromptForm(service.client(), prompt="a fox")
    for name, value in assignments:
        try:
            setattr(form, name, value)
        except traitlets.TraitError as error:
            words = str(error)
            assert name in words, words

    _judge(form, service, thread_errors, caplog)


@_RUNS
@given(said=st.lists(st.tuples(_MESSAGE, _BUFFERS) | _STATE, max_size=5))
def test_whatever_a_browser_says_raises_nothing(
    said: list[Any], thread_errors: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    """From a browser: states and messages of any shape end in a message or a valid request."""
    service = QuietService()
    form = PromptForm(service.client(), prompt="a fox")
    page = FormPage(form)
    for one in said:
        if isinstance(one, dict):
            form.set_state(one)
        else:
            page.say(one[0], *one[1])

    # a form that nobody can send to any more would be of no use either
    form.prompt, form.model = "a fox", "gpt-image-2-low"
    _judge(form, service, thread_errors, caplog)
