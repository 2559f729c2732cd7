"""What the server does for the marked words of a prompt, in place of what it does by itself.

Each answer is one that a service gives: the status, the header and the body that it would have, and
in the account's ledger what the API promises. A task that failed gives its credits back; one that
was cancelled, that nobody heard of or whose pictures are gone does not, since no page says so.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, RedirectResponse, Response

from lumen_widgets.sandbox.errors import Refusal, not_found
from lumen_widgets.sandbox.marked_words import seconds
from lumen_widgets.sandbox.tasks import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from lumen_widgets.sandbox.tasks import Task

# The name of what a connection offers in the scope of a call: to end it at once.
ABORT = "lumen_sandbox.abort"

# What a service asks for that wants to be left alone: longer than a client's usual time-out.
_RETRY_AFTER = 60

_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1><hr>proxy</body></html>"

_REFUSALS = {
    "invalid_request": (400, "the request is not valid"),
    "unauthorized": (401, "the API key is missing, wrong or revoked"),
    "insufficient_credits": (402, "the account has too few credits for this task"),
    "forbidden": (403, "the key's group may not do this"),
    "model_not_found": (404, "there is no such model in this group"),
}

_FAILURES = {
    "upstream_error": "the model's own service failed",
    "rate_limit_exceeded": "the model's own service is too busy",
    "content_policy": "the prompt or the picture is against the model's rules",
}

# How a picture's address says that it does not lead there any more.
_ADDRESSES = {
    "missing_pictures": "missing",
    "expired_pictures": "expired",
    "broken_pictures": "broken",
}


def early_answer(words: Mapping[str, str]) -> Response | None:
    """Return the answer to a submit that is not taken; None where it may be.

    Raises
    ------
    Refusal
        If that is an error of the API.

    """
    for name, (status, message) in _REFUSALS.items():
        if name in words:
            raise Refusal(status, name, f"{message} ([[{name}]])")
    # with a value it is a matter of time, for the rate limiter
    if words.get("rate_limit") == "":
        message = "too many tasks at once ([[rate_limit]])"
        raise Refusal(429, "rate_limit_exceeded", message, retry_after=_RETRY_AFTER)
    if "http_error" in words:
        status = int(words["http_error"])
        raise Refusal(status, code_of(status), f"the service failed ([[http_error {status}]])")
    if "html_error" in words:
        status = int(words["html_error"])
        return Response(_PAGE.format(f"{status} from a proxy"), status, media_type="text/html")
    if "empty_error" in words:
        return Response(status_code=int(words["empty_error"]))
    if "redirect" in words:
        return RedirectResponse("/elsewhere", 302)
    return None


def late_answer(words: Mapping[str, str], accepted: Mapping[str, Any]) -> Response:
    """Return the answer to a submit that was taken and paid."""
    if "unknown" in words:
        return Dropped()
    if "no_answer" in words:
        return Unanswered()
    if "unreadable" in words:
        # cut in the middle: a reader finds the task's id in it
        return Response(f'{{"id": "{accepted["id"]}", "sta', media_type="application/json")
    return JSONResponse(accepted)


def early_outcome(words: Mapping[str, str]) -> Outcome | None:
    """Return how a task's work ends that needs not be done, None where it has to be."""
    if "failed" in words:
        code = words["failed"]
        message = _FAILURES.get(code, "the task failed")
        return Outcome(code=code, message=f"{message} ([[failed {code}]])")
    return Outcome() if {"cancelled", "unknown_status"} & words.keys() else None


def check_status(task: Task, now: float) -> None:
    """Let a question about a task pass.

    Raises
    ------
    Refusal
        404 if its marked words have it forgotten, 503 as long as they have the service fail.

    """
    words = task.spec.marked
    if "task_not_found" in words:
        raise not_found("there is no such task ([[task_not_found]])")
    outage = seconds(words, "outage")
    if outage is not None and now < task.created + outage:
        message = f"the service is not available ([[outage {outage:g}]])"
        raise Refusal(503, "service_unavailable", message)


def marked_answer(answer: dict[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """Return what is said of a task as its marked words want it."""
    if not words or answer["status"] not in {"succeeded", "failed"}:
        return answer
    if "cancelled" in words:
        return {"id": answer["id"], "status": "cancelled"}
    if "unknown_status" in words:
        return {"id": answer["id"], "status": words["unknown_status"]}
    data = answer.get("data", [])
    if "fewer_pictures" in words:
        return {**answer, "data": data[:-1]}
    for name, how in _ADDRESSES.items():
        if name in words:
            return {**answer, "data": [{"url": f"{one['url']}?as={how}"} for one in data]}
    return answer


def marked_picture(how: str) -> Response | None:
    """Return what is behind a picture's address that says how it does not lead there any more."""
    if how == "missing":
        raise not_found("there is no such picture ([[missing_pictures]])")
    if how == "expired":
        raise Refusal(403, "expired", "this address has expired ([[expired_pictures]])")
    if how == "broken":
        return Response(_PAGE.format("Sign in"), media_type="text/html")
    return None


def code_of(status: int) -> str:
    """Return a word for programs for an HTTP status, such as ``"bad_gateway"``."""
    try:
        return HTTPStatus(status).phrase.lower().replace(" ", "_").replace("'", "")
    except ValueError:
        return "error"


class Dropped(Response):
    """No answer: the connection is lost at once."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """End the connection, and return once that is seen."""
        abort: Callable[[], None] | None = scope.get("extensions", {}).get(ABORT)
        if abort is None:
            # no server that has connections, such as one in a browser
            await Response(status_code=500)(scope, receive, send)
            return
        abort()
        await _until_disconnected(receive)


class Unanswered(Response):
    """No answer: the client waits for it, until it has had enough or the server has."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 -- ASGI's arguments
        """Return once the client has hung up."""
        await _until_disconnected(receive)


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
