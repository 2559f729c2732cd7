"""What an answer of the service means: an error of ours, a task that was taken, a task's status.

The rules are those of the table in README (How your credits are protected). What the API
documentation leaves open is read in the way that loses no task and pays nothing twice.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from lumen_widgets.core.errors import (
    AuthenticationError,
    InsufficientCredits,
    InvalidRequest,
    LumenError,
    NotFound,
    RateLimited,
    TaskCancelled,
    TaskFailed,
    UpstreamError,
)
from lumen_widgets.core.waiting import to_seconds
from lumen_widgets.core.words import LONGEST_WORDS, clean, one_line, sentence, without_queries

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.http.transport import Answer

# Ids are opaque; anything longer is something else, such as an HTML page.
LONGEST_ID = 200

# n is at most 4, and what `extra` makes of it is nowhere near this.
LONGEST_LIST = 100

# Of the seconds that an answer asks to wait: longer than any time-out, and still a number to show.
LONGEST_WAIT = 1e9

# Of an answer that cannot be read: what of it is shown, and of how much that is taken. The rest is
# room for marks and spaces that are left out.
LONGEST_BEGINNING, LONGEST_READ = 200, 1 << 16

SUCCEEDED, FAILED, CANCELLED = "succeeded", "failed", "cancelled"
RUNNING = frozenset({"queued", "processing"})
TERMINAL = frozenset({SUCCEEDED, FAILED, CANCELLED})

_KINDS: dict[int, tuple[type[LumenError], str, str]] = {
    400: (InvalidRequest, "The service refused the request.", "Change what it names."),
    401: (
        AuthenticationError,
        "The service refused the API key.",
        "Check LUMEN_API_KEY or api_key=; a revoked key has to be replaced.",
    ),
    402: (
        InsufficientCredits,
        "The account has too few credits.",
        "Top it up in the service's console, ask for less, or use the key of another account.",
    ),
    403: (
        AuthenticationError,
        "The API key may not do this.",
        "The service's console says which group the key belongs to, and what that may do.",
    ),
    404: (
        NotFound,
        "The service knows no such model.",
        "Check the model code: which models there are depends on the key's group.",
    ),
    429: (RateLimited, "The service asks to wait.", "Try again later, or submit more slowly."),
}
_NO_TASK = (
    NotFound,
    "The service knows no such task.",
    "Check the id and the key; if the task was paid, look for it in the service's console.",
)
_REFUSED = (InvalidRequest, "The service refused the request.", "Change the request.")
_FAILED = (
    UpstreamError,
    "The service, or the model behind it, failed.",
    "Try again later: the service says that failed requests are not charged.",
)
# 4xx that blame the moment rather than the request.
TRANSIENT = frozenset(
    {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}
)


@dataclass(frozen=True)
class Accepted:
    """A task that the service took.

    Attributes
    ----------
    task_id, status
        As the service gave them.
    created
        When, in unix seconds, if the service said so.

    """

    task_id: str
    status: str
    created: float | None


@dataclass(frozen=True)
class Report:
    """What the service says of a task.

    Attributes
    ----------
    status
        Its word, None where the answer could not be read.
    error
        ``code`` and ``message`` of a failed task.
    urls
        Where the pictures of a finished task are; None where the list could not be read.

    """

    status: str | None
    error: dict[str, str] | None = None
    urls: list[str | None] | None = None


def error_of(
    answer: Answer,
    *,
    task_id: str | None = None,
    hide: Callable[[bytes], bytes] = lambda text: text,
) -> LumenError:
    """Return the error that an HTTP status of 400 or more means, with what the body says.

    Parameters
    ----------
    answer
        The answer; its body may be any of the shapes that services use, HTML, or nothing.
    task_id
        The task that was asked about, if any.
    hide
        Returns text without secrets, as for `beginning`.

    Examples
    --------
    >>> from lumen_widgets.core.http.transport import Answer
    >>> error_of(Answer(402))
    InsufficientCredits('The account has too few credits.')

    """
    status = answer.status
    transient = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in TRANSIENT
    kind, what, next_step = _KINDS.get(status, _FAILED if transient else _REFUSED)
    if task_id is not None and status == HTTPStatus.NOT_FOUND:
        kind, what, next_step = _NO_TASK
    words = words_of(answer.json(), hide)
    said = words.get("message")
    return kind(
        f"{what} It says: {sentence(said)}" if said else what,
        next_step=next_step,
        status=status,
        code=words.get("code"),
        request_id=_without(answer.request_id, hide) or None,
        task_id=task_id,
    )


def failure_of(task_id: str, status: str, words: dict[str, str]) -> LumenError:
    """Return the error of a task that the service says has failed or was cancelled.

    Parameters
    ----------
    task_id
        The task.
    status
        ``"failed"`` or ``"cancelled"``.
    words
        The service's ``code`` and ``message``, as far as it gave them.

    Examples
    --------
    >>> failure = failure_of("a1", "failed", {"code": "busy", "message": "Too busy."})
    >>> failure.message, failure.task_id
    ('The task failed: Too busy.', 'a1')

    """
    said = f": {sentence(words['message'])}" if words.get("message") else "."
    if status == CANCELLED:
        return TaskCancelled(
            f"The service cancelled the task{said} Whether its credits come back it does not say.",
            next_step="Look in its console, and submit it again if you still want it.",
            code=words.get("code"),
            task_id=task_id,
            may_have_cost=True,
        )
    return TaskFailed(
        f"The task failed{said}",
        next_step="Its credits are given back. Change the request, or submit it again.",
        code=words.get("code"),
        task_id=task_id,
    )


def words_of(found: Any, hide: Callable[[bytes], bytes] = lambda text: text) -> dict[str, str]:
    """Return ``code`` and ``message`` out of an error's body, whichever of its shapes it has.

    Parameters
    ----------
    found
        The body's JSON.
    hide
        Returns text without secrets, as for `beginning`.

    Examples
    --------
    >>> words_of({"error": {"code": "busy", "message": "Try later."}})
    {'code': 'busy', 'message': 'Try later.'}
    >>> words_of({"detail": "Not here."})
    {'message': 'Not here.'}

    """
    if not isinstance(found, dict):
        return {}
    source = found.get("error", found)
    if not isinstance(source, dict):
        source = {"message": source}
    message = source.get("message", source.get("detail", found.get("detail")))
    words = {"code": source.get("code"), "message": message}
    return {name: text for name, said in words.items() if (text := _without(said, hide))}


def _without(said: Any, hide: Callable[[bytes], bytes]) -> str:
    """Return what a service says as one line without secrets, and without addresses' queries.

    Both are looked for before it is cut, which would leave the beginning of one, and once it is
    clean: escapes have been read by then, and marks left out, that may have stood in one.
    """

    def hidden(text: str) -> str:
        # half of a letter is one more mark that is left out
        shown = hide(text[:LONGEST_READ].encode("utf-8", "ignore")).decode("utf-8", "replace")
        return without_queries(shown)

    line = one_line(said, hidden)
    # a sentence that was cut says so, or ours would follow the half of a word
    return hidden(line if len(line) < LONGEST_WORDS else f"{line[:-1].rstrip()}…")


def says_error(answer: Answer) -> bool:
    """Say whether the body is JSON with an ``error``: then it is the service itself that speaks."""
    found = answer.json()
    return isinstance(found, dict) and isinstance(found.get("error"), dict | str)


def retry_after(answer: Answer) -> float | None:
    """Return the seconds that Retry-After asks to wait (a number or a date), None without one."""
    value = answer.headers.get("Retry-After", "").strip()
    if value.isascii() and value.replace(".", "", 1).isdigit():
        # Digits without end are a time without end, and no reason to ask again at once.
        return min(float(value), LONGEST_WAIT)
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError, IndexError, OSError):
        return None


def read_id(found: Any) -> str | None:
    """Return the task id in an answer's JSON, or None if there is none that can be used."""
    task_id = found.get("id") if isinstance(found, dict) else None
    if not isinstance(task_id, str) or not 0 < len(task_id) <= LONGEST_ID:
        return None
    # Dots alone would climb out of the path that the id is put into. A byte of it that is no text
    # was taken for a letter: it is another id now.
    if not task_id.isprintable() or not task_id.strip(". ") or "\ufffd" in task_id:
        return None
    return task_id


def beginning(answer: Answer, hide: Callable[[bytes], bytes]) -> str:
    r"""Return how an answer begins that cannot be read: a task's id may plainly stand in it.

    Parameters
    ----------
    answer
        The answer; where it redirects, the address counts too.
    hide
        Returns text without secrets. It is called again of the clean text: marks that are left out
        may have stood in the middle of a secret.

    Examples
    --------
    >>> from lumen_widgets.core.http.transport import Answer
    >>> beginning(Answer(200, body=b'{"id":\x1b[2J 7}'), lambda text: text)
    '{"id":[2J 7}'

    """
    said = b" ".join((answer.headers.get("Location", "").encode(), answer.body))
    words = clean(hide(said[:LONGEST_READ]).decode("utf-8", "replace"))
    return without_queries(hide(words.encode()).decode("utf-8", "replace"))[:LONGEST_BEGINNING]


def read_accepted(answer: Answer) -> Accepted | None:
    """Return the task that a submit's answer names, or None if it names none that can be used.

    How it ended is only ever what the status call says: one that has ended by the submit's answer
    is queued.
    """
    found = answer.json()
    task_id = read_id(found)
    if task_id is None:
        return None
    created = to_seconds(found.get("created"))
    status = one_line(found.get("status"))
    status = "queued" if not status or status in TERMINAL else status
    return Accepted(task_id, status, created if 0 < created < math.inf else None)


def read_report(
    answer: Answer, task_id: str, hide: Callable[[bytes], bytes] = lambda text: text
) -> Report:
    """Read a status call's answer; what cannot be read is None, never a guess.

    An answer that names another task is not about this one: a proxy, or a kept connection on which
    more came than was asked for, may deliver it here, and with it another account's pictures.
    `hide` returns text without secrets, as for `beginning`.
    """
    found = answer.json()
    status = _without(found.get("status"), hide) if isinstance(found, dict) else ""
    if not status or not isinstance(found["status"], str) or found.get("id", task_id) != task_id:
        return Report(None)
    return Report(
        status,
        error=words_of({"error": found.get("error")}, hide) if status == FAILED else None,
        urls=_read_urls(found.get("data")) if status == SUCCEEDED else None,
    )


def _read_urls(data: Any) -> list[str | None] | None:
    """Return the addresses of a list; what cannot be read of it keeps its place, as None."""
    if not isinstance(data, list):
        return None
    found = [entry.get("url") if isinstance(entry, dict) else None for entry in data]
    urls = [url if isinstance(url, str) and url else None for url in found]
    return urls if any(urls) else None
