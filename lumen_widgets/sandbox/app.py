"""The sandbox's web application: the Lumen Image API, and the sandbox's own calls beside it.

Every endpoint is ``async def`` and none ever waits for anything but its own request's body, and for
what its runner does aside. So the application also runs where there are no threads, stepped through
by hand.
"""

from __future__ import annotations

import logging
import sqlite3
from functools import partial
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Protocol, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lumen_widgets.sandbox.access import LoopbackOnly, error_response, require_key
from lumen_widgets.sandbox.body import read_body, read_object
from lumen_widgets.sandbox.drawing import picture_size
from lumen_widgets.sandbox.errors import Failure, Refusal, invalid, not_found
from lumen_widgets.sandbox.fetching import MAX_BYTES
from lumen_widgets.sandbox.ledger import BalanceTooLow
from lumen_widgets.sandbox.marked_answers import (
    check_status,
    early_answer,
    early_outcome,
    late_answer,
    marked_answer,
    marked_picture,
)
from lumen_widgets.sandbox.marked_words import seconds
from lumen_widgets.sandbox.picture_store import MEDIA_TYPES, PictureStore
from lumen_widgets.sandbox.proof import proof
from lumen_widgets.sandbox.rate_limiter import RateLimiter
from lumen_widgets.sandbox.server_info import PICTURES, UPLOAD_SECONDS, UPLOADS, ServerInfo
from lumen_widgets.sandbox.server_settings import Settings, checked_credits
from lumen_widgets.sandbox.task_spec import read_spec
from lumen_widgets.sandbox.tasks import Outcome, share

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from lumen_widgets.sandbox.drawing import Renderer
    from lumen_widgets.sandbox.models import Mode
    from lumen_widgets.sandbox.store import Store

# A submit is a prompt and a few URLs; with data: URLs it holds whole pictures.
MAX_SUBMIT = 1_000_000
MAX_SUBMIT_WITH_DATA = 32_000_000
# How much of a task's time it is still queued: enough to be seen in both states.
QUEUED_SHARE = 0.3

log = logging.getLogger(__name__)

_ALWAYS_FAILS = Outcome(code="sandbox_failure", message="this model fails every task")
_FAIL_RATE = Outcome(code="sandbox_failure", message="this task fails by the setting fail_rate")


T = TypeVar("T")


class Aside(Protocol):
    """What does work on whole pictures, which may take seconds: other calls are answered meanwhile.

    It is `asyncio.to_thread` where there are threads.
    """

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        """Do the work and return what it returns, or raise what it raises."""


async def in_line(work: Callable[[], T]) -> T:
    """Do the work at once."""
    return work()


def create_app(
    store: Store,
    clock: Callable[[], float],
    renderer: Renderer,
    info: ServerInfo,
    settings: Settings | None = None,
    *,
    aside: Aside = in_line,
) -> Starlette:
    """Return the application.

    Parameters
    ----------
    store
        Tasks and credits.
    clock
        Gives unix seconds; a task's states follow it.
    renderer
        Carries out the tasks, and puts their outcomes into the store.
    info
        The server's origin, key and folders of pictures.
    settings
        To begin with; the defaults if None.
    aside
        Does what takes long; in line by default.

    Returns
    -------
    Starlette
        An ASGI application without a lifespan.

    """
    endpoints = _Endpoints(store, clock, renderer, info, settings or Settings(), aside=aside)
    return Starlette(
        routes=[
            Route("/v1/images/generations", endpoints.generate, methods=["POST"]),
            Route("/v1/images/edits", endpoints.edit, methods=["POST"]),
            Route("/v1/images/inpaint", endpoints.inpaint, methods=["POST"]),
            Route("/v1/images/generations/{task_id}", endpoints.status, methods=["GET"]),
            Route(PICTURES + "{name}", endpoints.result, methods=["GET"]),
            Route(UPLOADS + "{name}", endpoints.upload, methods=["GET"]),
            Route(UPLOADS + "{name}", endpoints.delete_upload, methods=["DELETE"]),
            Route("/sandbox/uploads", endpoints.add_upload, methods=["POST"]),
            Route("/sandbox/settings", endpoints.settings, methods=["GET"]),
            Route("/sandbox/settings", endpoints.change_settings, methods=["POST"]),
            Route("/sandbox/account", endpoints.account, methods=["GET"]),
            Route("/healthz", endpoints.health, methods=["GET"]),
            Route("/openapi.json", endpoints.description, methods=["GET"]),
        ],
        middleware=[Middleware(LoopbackOnly)],
        exception_handlers={
            Refusal: _refused,
            HTTPException: _refused_by_routing,
            ClientDisconnect: _client_hung_up,
            sqlite3.Error: _not_stored,
            OSError: _not_stored,
            Exception: _failed,
        },
    )


class _Endpoints:
    """The endpoints, and what they share."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float],
        renderer: Renderer,
        info: ServerInfo,
        settings: Settings,
        *,
        aside: Aside,
    ) -> None:
        self._store = store
        self._clock = clock
        self._renderer = renderer
        self._info = info
        self._settings = settings
        self._rate_limiter = RateLimiter()
        self._aside = aside

    async def generate(self, request: Request) -> Response:
        return await self._submit("generate", request)

    async def edit(self, request: Request) -> Response:
        return await self._submit("edit", request)

    async def inpaint(self, request: Request) -> Response:
        return await self._submit("inpaint", request)

    def _require_key(self, request: Request) -> None:
        """Let a call of the API pass; the sandbox's own calls know no revoked key."""
        require_key(request, self._info.api_key)
        if self._settings.revoked:
            message = "the API key is revoked: lumen.sandbox.settings(revoked=False) undoes it"
            raise Refusal(401, "unauthorized", message)

    async def _submit(self, mode: Mode, request: Request) -> Response:
        self._require_key(request)
        self._rate_limiter.check(self._settings.rate_limit, self._clock())
        data_uris = self._settings.data_uris
        raw = await read_body(request, MAX_SUBMIT_WITH_DATA if data_uris else MAX_SUBMIT)
        read = partial(
            read_spec,
            mode,
            raw,
            data_uris=data_uris,
            redrawing=self._settings.redrawing,
            group=self._settings.models,
        )
        spec = await self._aside(read) if data_uris else read()
        early = early_answer(spec.marked)
        if early is not None:
            return early
        wait = seconds(spec.marked, "rate_limit")
        if wait is not None:
            self._rate_limiter.check_marked(raw, wait, self._clock())
        latency = seconds(spec.marked, "slow")
        if latency is None:
            shortest, longest = self._settings.latency
            latency = shortest + (longest - shortest) * share(spec.seed, "latency")
        outcome = early_outcome(spec.marked)
        if outcome is None and spec.model_entry.always_fails:
            outcome = _ALWAYS_FAILS
        elif outcome is None and share(spec.seed, "failure") < self._settings.fail_rate:
            outcome = _FAIL_RATE
        now = self._clock()
        try:
            task = self._store.submit(
                spec,
                now=now,
                begins_at=now + QUEUED_SHARE * latency,
                ends_at=now + latency,
                outcome=outcome,
            )
        except BalanceTooLow:
            message = (
                f"this task costs {spec.credits} credits, the account has {self._store.balance()}: "
                "lumen.sandbox.settings(credits=…) sets another number"
            )
            raise Refusal(402, "insufficient_credits", message) from None
        if outcome is None:
            self._renderer.enqueue(task)
        return late_answer(spec.marked, task.accepted())

    async def status(self, request: Request) -> Response:
        self._require_key(request)
        now = self._clock()
        self._store.advance(now)
        task = self._store.task(request.path_params["task_id"])
        if task is None:
            raise not_found("there is no such task")
        check_status(task, now)
        return JSONResponse(marked_answer(task.answer(self._info.result_url), task.spec.marked))

    async def result(self, request: Request) -> Response:
        picture = marked_picture(request.query_params.get("as", ""))
        return picture or _picture(self._info.results, request)

    async def upload(self, request: Request) -> Response:
        return _picture(self._info.uploads, request)

    async def add_upload(self, request: Request) -> Response:
        require_key(request, self._info.api_key)
        if not self._settings.uploads:
            raise not_found("uploads are switched off; settings(uploads=True) switches them on")
        content = await read_body(request, MAX_BYTES)
        name = await self._aside(lambda: _kept_upload(content, self._info.uploads))
        url = self._info.upload_url(name)
        expires_at = int(self._clock()) + UPLOAD_SECONDS
        return JSONResponse({"url": url, "expires_at": expires_at}, HTTPStatus.CREATED)

    async def delete_upload(self, request: Request) -> Response:
        require_key(request, self._info.api_key)
        if not self._info.uploads.delete(request.path_params["name"]):
            raise not_found("there is no such upload")
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def settings(self, request: Request) -> Response:
        require_key(request, self._info.api_key)
        return self._all_settings()

    async def change_settings(self, request: Request) -> Response:
        require_key(request, self._info.api_key)
        changes = read_object(await read_body(request, MAX_SUBMIT))
        # The balance is the account's, the rest the server's; to a user they are all settings.
        credits_ = checked_credits(changes.pop("credits")) if "credits" in changes else None
        before, self._settings = self._settings, self._settings.changed(changes)
        if self._settings.workers != before.workers:
            self._renderer.set_workers(self._settings.workers)
        if credits_ is not None:
            self._store.set_balance(credits_, self._clock())
        return self._all_settings()

    def _all_settings(self) -> Response:
        return JSONResponse({**self._settings.as_dict(), "credits": self._store.balance()})

    async def account(self, request: Request) -> Response:
        require_key(request, self._info.api_key)
        self._store.advance(self._clock())
        return JSONResponse(self._store.account())

    async def health(self, request: Request) -> Response:
        said = {
            "service": "lumen-sandbox",
            "version": self._info.version,
            "uploads": "/sandbox/uploads" if self._settings.uploads else None,
        }
        nonce = request.query_params.get("nonce")
        if nonce is not None:
            said["proof"] = proof(self._info.api_key, self._info.base_url, nonce)
        return JSONResponse(said)

    async def description(self, _request: Request) -> Response:
        text = files("lumen_widgets.sandbox").joinpath("openapi.json").read_bytes()
        return Response(text, media_type="application/json")


def _kept_upload(content: bytes, uploads: PictureStore) -> str:
    """Look at a picture, keep it and return its name."""
    try:
        picture_size(content)
    except Failure as failure:
        raise invalid(failure.message) from None
    return uploads.keep(content)


def _picture(store: PictureStore, request: Request) -> Response:
    name = request.path_params["name"]
    content = store.read(name)
    if content is None:
        raise not_found("there is no such picture")
    # A browser must not take a picture for anything else, whatever its bytes look like.
    headers = {"X-Content-Type-Options": "nosniff"}
    return Response(content, headers=headers, media_type=MEDIA_TYPES[name.rpartition(".")[2]])


async def _refused(_request: Request, error: Exception) -> Response:
    return error_response(error if isinstance(error, Refusal) else _internal())


async def _refused_by_routing(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = HTTPStatus(status).phrase.lower().replace(" ", "_")
    return error_response(Refusal(status, code, "there is no such call"))


async def _client_hung_up(_request: Request, _error: Exception) -> Response:
    # The client has hung up and reads no answer; without this one the log would have a fault.
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def _not_stored(_request: Request, error: Exception) -> Response:
    log.error("the folder cannot be written: %s", error)
    message = "the sandbox cannot write to its folder, whose disk may be full; nothing was charged"
    return error_response(Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "storage_failed", message))


async def _failed(_request: Request, _error: Exception) -> Response:
    return error_response(_internal())


def _internal() -> Refusal:
    return Refusal(500, "internal_error", "the sandbox failed; its log says why")
