"""The key: where it comes from, what is refused, and that it is seen nowhere."""

from __future__ import annotations

import copy
import html
import json
import logging
import pickle
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests

from lumen_widgets.client import LumenClient
from lumen_widgets.core import errors
from lumen_widgets.core.http.keys import Key
from lumen_widgets.core.http.origin import read_origin
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing
from lumen_widgets.core.words import cut_keys, holds_key, one_line, spellings, without_keys
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

LOOPBACK = "http://127.0.0.1:1"


def test_argument_goes_before_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument wins over LUMEN_API_KEY, which is used without one; both are stripped."""
    monkeypatch.setenv("LUMEN_API_KEY", " sk-lumen-one\n")
    with FaultServer(fault.answers(404)) as server:
        for client in (
            LumenClient(base_url=server.url),
            LumenClient("\tsk-lumen-two ", base_url=server.url),
        ):
            with pytest.raises(errors.NotFound):
                client.task("x")
        assert b"Bearer sk-lumen-one\r\n" in server.requests[0].raw
        assert b"Bearer sk-lumen-two\r\n" in server.requests[1].raw


@pytest.mark.parametrize("key", [None, "", "  \n"])
def test_no_key(key: str | None) -> None:
    """Without a key the constructor says so, and where one could come from."""
    with pytest.raises(errors.MissingKey, match="LUMEN_API_KEY"):
        LumenClient(key, LOOPBACK)


@pytest.mark.parametrize(
    "key", ["sk-lumen-SECRET\r\nX: y", "sk-lumen SECRET", "sk-lumen-SECRETé", "sk-\x00SECRET"]
)
def test_key_with_bad_characters(key: str) -> None:
    """A key that would break a header is refused before any request, without being repeated."""
    with pytest.raises(errors.AuthenticationError) as caught:
        LumenClient(key, LOOPBACK)
    assert "SECRET" not in "".join(traceback.format_exception(caught.value, limit=0))


def test_key_of_another_kind() -> None:
    """Something that is no text is refused, without being repeated."""
    with pytest.raises(errors.AuthenticationError) as caught:
        LumenClient(b"sk-lumen-SECRET", LOOPBACK)  # type: ignore[arg-type] # the mistake itself
    assert "SECRET" not in str(caught.value)


def test_unusual_prefix_only_warns() -> None:
    """A key with another prefix is used, with a warning that does not repeat it."""
    with pytest.warns(UserWarning, match="sk-lumen-") as caught:
        LumenClient("pk-SECRET", LOOPBACK)
    assert "SECRET" not in str(caught[0].message)
    assert caught[0].filename == __file__


def test_key_object_is_closed() -> None:
    """The object that holds the key shows it in no repr, attribute, copy or pickle."""
    key = Key(KEY, read_origin(LOOPBACK))
    shown = [repr(key), str(key), f"{key}", key.fingerprint, *map(repr, vars(key).values())]
    shown += [repr(getattr(key, name)) for name in Key.__slots__]
    assert not any(KEY in text for text in shown)
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="pickled"):
            attempt(key)


def test_key_signs_its_own_origin_only() -> None:
    """A request to any other scheme, host or port is not signed."""
    key = Key(KEY, read_origin("https://lumen.example"))
    for url in (
        "http://lumen.example/",
        "https://lumen.example:8443/",
        "https://lumen.example.evil.example/",
        "https://evil.example/https://lumen.example/",
    ):
        assert "Authorization" not in requests.Request("GET", url, auth=key).prepare().headers
    signed = requests.Request("GET", "https://LUMEN.example:443/v1", auth=key).prepare()
    assert signed.headers["Authorization"] == f"Bearer {KEY}"


def _raised_by(*calls: Callable[[], object]) -> list[BaseException]:
    found: list[BaseException] = []
    for call in calls:
        try:
            call()
        except (errors.LumenError, TypeError) as error:
            found.append(error)
    return found


def _refused(client: LumenClient) -> list[BaseException]:
    return _raised_by(
        lambda: client.generate("a cat"),
        lambda: client.task("some-id"),
        lambda: client.generate(""),
        lambda: pickle.dumps(client),
    )


def _ended(client: LumenClient) -> list[BaseException]:
    task = client.generate("a cat")
    shown = RuntimeError(repr(task), repr(task.request), repr(client))
    return [
        shown,
        *_raised_by(
            lambda: task.wait(0.1),
            lambda: task.wait(20),
            lambda: list(client.stream([task])),
            lambda: pickle.dumps(task),
        ),
    ]


def _provoke(connect: Callable[..., LumenClient], echo: dict[str, Any]) -> list[BaseException]:
    """Return an error of every kind that a server can cause, one that repeats the key to us."""
    headers = {"X-Request-Id": f"req {KEY}", "Retry-After": "99", "Location": f"/?{KEY}"}
    refusals = [
        fault.answers(status, echo, headers)
        for status in (302, 400, 401, 402, 403, 404, 429, 500, 502)
    ]
    refusals += [fault.drops_at_once, fault.stalls, fault.sends(b"garbage" + KEY.encode())]
    found = _refused(connect(LOOPBACK, timeout=0.2))
    for behaviour in refusals:
        with FaultServer(behaviour) as server:
            found += _refused(connect(server.url, timeout=3.0))
    ends: list[dict[str, Any]] = [
        {"status": "failed", **echo},
        {"status": "cancelled", **echo},
        {"status": "succeeded", "data": [{"url": f"https://{KEY}.invalid/"}]},
        {"status": "succeeded", "data": KEY},
        {"status": KEY},
    ]
    for number, end in enumerate(ends):
        with FaultServer(fault.task(f"task-{number}", end)) as server:
            found += _ended(connect(server.url))
    return found


@pytest.mark.slow
def test_sentinel_is_nowhere(
    connect: Callable[..., LumenClient], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The key is in no error, traceback, pickle, log or journal, even if a server repeats it."""
    use_scheduler(Scheduler(timing=Timing(local_interval=0.01, requests=1000, late_pictures=0.0)))
    caplog.set_level(logging.DEBUG)
    words = f"Incorrect API key provided: {KEY}."
    found = _provoke(connect, {"error": {"code": KEY, "message": words}})
    kinds = {type(error) for error in found}
    assert kinds >= {
        errors.InvalidRequest,
        errors.ServiceUnreachable,
        errors.AuthenticationError,
        errors.InsufficientCredits,
        errors.NotFound,
        errors.RateLimited,
        errors.UpstreamError,
        errors.SubmitOutcomeUnknown,
        errors.TaskFailed,
        errors.TaskCancelled,
        errors.TasksFailed,
        errors.WaitTimeout,
        errors.DownloadError,
        TypeError,
    }
    secret = KEY.encode()
    for error in found:
        described = traceback.TracebackException.from_exception(error, capture_locals=True)
        assert KEY not in "".join(described.format())
        assert KEY not in str(vars(error))
        assert secret not in pickle.dumps(error)
        assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 -- our own pickle
    assert KEY not in caplog.text
    files = [path for path in (tmp_path / "journal").rglob("*") if path.is_file()]
    assert files
    assert not any(secret in path.read_bytes() for path in files)


def test_words_of_strangers_stay_in_one_line() -> None:
    """What a service says is cut, printable and one line, whatever it sends."""
    assert one_line("a\r\n\x1b[31mb\u202e" + "x" * 999) == ("a [31mb" + "x" * 999)[:300]


def test_what_hides_a_key_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand answers are looked through for the key, and its spellings worked out for one."""
    made = []

    def counted(secret: str) -> bytes:
        made.append(secret)
        return spellings(secret)

    monkeypatch.setattr("lumen_widgets.core.http.keys.spellings", counted)
    key = Key(KEY, read_origin("https://lumen.example"))
    assert made == []
    said = {key.hide(f"no such key: {KEY}".encode()) for _ in range(1000)}

    assert len(said) == 1
    assert KEY.encode() not in said.pop()
    assert len(made) == 2


@pytest.mark.parametrize("before", ["", "\n", "\t", "%20", "auth%253D", "%E5%AF%86"])
@pytest.mark.parametrize("field", ["size", "resolution", "n"])
def test_no_error_shows_a_key_that_was_pasted_into_another_field(field: str, before: str) -> None:
    """The error stays in the notebook, where the variable with the key does not."""
    client = LumenClient(KEY, "http://127.0.0.1:9", journal=False)
    pasted: dict[str, Any] = {field: f"{before}sk-lumen-0123456789abcdef"}
    with pytest.raises(errors.InvalidRequest) as caught:
        client.generate("a fox", **pasted)

    assert "0123456789" not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize("before", ["key:\u00a0", "密钥", "ключ", "κλειδί", "key\0", "📷"])
@pytest.mark.parametrize(
    "escape", [ascii, repr, json.dumps, quote, html.escape, lambda text: str(text.encode())]
)
def test_a_key_is_known_behind_what_is_escaped(escape: Callable[[str], str], before: str) -> None:
    """As a page, a program or an address repeats what was pasted, often behind a hard space."""
    shown = escape(f"{before}sk-lumen-0123456789abcdef")
    assert holds_key(shown)
    assert "0123456789" not in without_keys(shown) + cut_keys(shown)


def test_no_error_shows_a_key_that_was_taken_for_a_path() -> None:
    """It was copied from a page, with the hard space before it."""
    client = LumenClient(KEY, "http://127.0.0.1:9", journal=False)
    with pytest.raises(errors.InvalidRequest) as caught:
        client.edit("a fox", "\u00a0sk-lumen-0123456789abcdef")

    assert "0123456789" not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize(
    "prompt",
    [
        "påsk-dekorationer",
        "Gdańsk-Wrzeszcz-Oliwa",
        "Gdan\u0301sk-Wrzeszcz-Oliwa",
        r"Gda\u0144sk-Wrzeszcz-Oliwa",
        r"Gda\xc5\x84sk-Wrzeszcz-Oliwa, P\xe5sk-dekorationer",
        "Gda%C5%84sk-Wrzeszcz-Oliwa, Gda%25C5%2584sk-Wrzeszcz-Oliwa",
        "Gda&#324;sk-Wrzeszcz-Oliwa, p&aring;sk-dekorationer",
    ],
)
def test_no_word_is_taken_for_a_key(prompt: str) -> None:
    """One that ends in such letters, with a hyphen behind it: a form would cut it out."""
    assert not holds_key(prompt)
    assert cut_keys(prompt) == without_keys(prompt) == prompt
    assert cut_keys(f"{prompt} 密钥sk-lumen-0123456789abcdef") == f"{prompt} 密钥"
