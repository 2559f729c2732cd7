"""One request for pictures: built and checked before anything is sent or paid."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from lumen_widgets.core.callback import SECRET_FIELD, URL_FIELD, Secret, check_callback
from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.fields import PICTURE_FIELDS, Fields
from lumen_widgets.core.models import MODELS, VERBS
from lumen_widgets.core.sizes import check_size
from lumen_widgets.core.words import short_repr, strip_controls, whole_number

if TYPE_CHECKING:
    from lumen_widgets.core.models import Endpoint
    from lumen_widgets.core.pictures.repaint import Repaint
    from lumen_widgets.core.recipe import Recipe

# "1 to 4, default 1" (API documentation).
MAX_PICTURES = 4

# The API documentation names three tiers and no other.
RESOLUTIONS = ("1K", "2K", "4K")


@dataclass(frozen=True, repr=False)
class Request:
    """What was asked for, as it was sent.

    Attributes
    ----------
    endpoint
        ``"generations"``, ``"edits"`` or ``"inpaint"``; the first where a task is known by its
        id alone.
    body
        The JSON object as sent, but for a webhook's secret; empty where a task is known by its id
        alone.
    secret
        The webhook's secret, which no journal and no repr has.
    repaint
        What an inpaint repaints, where its mask was read here; no journal has it.
    content_by_url
        By an address in the body: the content that is there, as far as it is known here; such as
        ``{"https://example.org/cat.png?signature=…": "file:9f86d0…"}`` (see `content_of`).
    recipe
        What another picture is made of for each that comes; None for the pictures as they come.
    recipe_pictures
        What the body has in its fields for pictures where `recipe`, `repaint` and `made_from` are
        true of it; None where that is not known.
    made_from
        Hex digests of the files that it is made with, as `Call.made_from` says; none where they are
        not known.

    """

    endpoint: Endpoint
    body: dict[str, Any]
    secret: Secret | None = field(default=None, compare=False)
    repaint: Repaint | None = field(default=None, compare=False)
    content_by_url: Mapping[str, str] = field(default_factory=dict, compare=False)
    recipe: Recipe | None = field(default=None, compare=False)
    recipe_pictures: Mapping[str, Any] | None = field(default=None, compare=False)
    made_from: tuple[str, ...] = field(default=(), compare=False)

    @property
    def prompt(self) -> str:
        """The prompt."""
        return str(self.body.get("prompt", ""))

    @property
    def model(self) -> str:
        """The model code."""
        return str(self.body.get("model", ""))

    @property
    def n(self) -> int:
        """How many pictures were asked for; the service makes 1 where nothing was said."""
        n = self.body.get("n")
        return n if isinstance(n, int) and not isinstance(n, bool) and n > 0 else 1

    def with_addresses(self, url_by_content: Mapping[str, str]) -> Request:
        """Return the request with the addresses of pictures that stood in it by their content.

        Parameters
        ----------
        url_by_content
            The address of each content that has one now.

        """
        body = {
            name: _replaced(value, url_by_content) if name in PICTURE_FIELDS else value
            for name, value in self.body.items()
        }
        of_recipe = self.recipe_pictures and {
            name: _replaced(value, url_by_content) for name, value in self.recipe_pictures.items()
        }
        known = {url: content for content, url in url_by_content.items()}
        return replace(
            self,
            body=body,
            content_by_url={**self.content_by_url, **known},
            recipe_pictures=of_recipe,
        )

    def with_recipe(self, recipe: Recipe | None) -> Request:
        """Return the request with a recipe for the pictures that stand in it now."""
        return replace(self, recipe=recipe, recipe_pictures=_pictures_in(self.body))

    def by_content(self) -> Request:
        """Return the request as it was asked for: with contents in place of addresses."""
        return replace(self.with_addresses(self.content_by_url), content_by_url={})

    def hide(self, text: bytes) -> bytes:
        """Return a service's words without the webhook's secret."""
        return text if self.secret is None else self.secret.hide(text)

    def encode(self) -> bytes:
        """Return the body as JSON text in UTF-8, as it is sent."""
        return _encode(self.body if self.secret is None else self.secret.put_into(self.body))

    def __repr__(self) -> str:
        """Leave out prompt and URLs: a repr ends in notebooks and logs."""
        return f"<Request {self.endpoint} {strip_controls(self.model)} n={self.n}>"


def check_fields(endpoint: Endpoint, prompt: str, fields: Fields) -> dict[str, Any]:
    """Check the fields that every call has and return those that were given, without `extra`.

    Raises
    ------
    InvalidRequest
        Naming the field and what to give instead; or there is no such endpoint.
    TypeError
        If there is no such field.

    Examples
    --------
    >>> check_fields("generations", "a cat", {"model": "gpt-image-2-low", "n": 2})
    {'model': 'gpt-image-2-low', 'prompt': 'a cat', 'n': 2}

    """
    given_endpoint: object = endpoint
    if not isinstance(given_endpoint, str) or given_endpoint not in VERBS:
        # not repeated: whoever takes this for the client's constructor gives it a key
        raise InvalidRequest(
            "That is no endpoint.",
            next_step=f"Give one of {', '.join(map(repr, VERBS))}.",
            field="endpoint",
        )
    for name in fields.keys() - Fields.__annotations__.keys():
        raise TypeError(f"{VERBS[endpoint]}() got an unexpected keyword argument {name!r}")
    model = _text("model", fields.get("model"))
    checked: dict[str, Any] = {"model": model, "prompt": _text("prompt", prompt)}
    given = {name: value for name, value in fields.items() if value is not None}
    for name, check in _CHECKS.items():
        if name in given:
            checked[name] = check(given[name])
    if URL_FIELD in given or SECRET_FIELD in given:
        check_callback(given.get(URL_FIELD), given.get(SECRET_FIELD))
    known = MODELS.get(model)
    if known is not None and endpoint not in known.can:
        able = [code for code, other in MODELS.items() if endpoint in other.can]
        raise InvalidRequest(
            f"The model {model} cannot {VERBS[endpoint]}.",
            next_step=f"Use {' or '.join(able)}." if able else "Use another model.",
            field="model",
        )
    # Now, and not only when the body is built: before a picture is uploaded for nothing.
    as_sent(_extra(fields.get("extra")))
    return checked | {name: given[name] for name in (URL_FIELD, SECRET_FIELD) if name in given}


def settings_of(given: Mapping[str, object]) -> dict[str, Any]:
    """Return those of a stranger's settings that a call takes, as it would send them.

    Parameters
    ----------
    given
        Values by the keywords of a call, which may be anything; each is looked at by itself.

    Examples
    --------
    >>> settings_of({"prompt": "a cat", "n": 2, "size": "512 x 768", "quality": 7, "seed": 1})
    {'prompt': 'a cat', 'n': 2, 'size': '512x768'}

    """
    found: dict[str, Any] = {}
    for name, check in _SETTINGS.items():
        with suppress(InvalidRequest):
            if given.get(name) is not None:
                found[name] = check(given[name])
    return found


def read_flag(name: str, value: object) -> bool:
    """Return what a keyword says that is True or False, numpy's included.

    Nothing else is taken for one of the two: "no" would be True, and of an array it is not known.

    Raises
    ------
    InvalidRequest
        If it is anything else.

    Examples
    --------
    >>> read_flag("wait", False)
    False

    """
    if isinstance(value, bool):
        return value
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if kind == "b" and getattr(value, "shape", None) == ():
        return bool(value)
    raise InvalidRequest(
        f"{name} is {short_repr(value)}, not True or False; nothing was sent.",
        next_step=f"Write it as {name}=True or {name}=False.",
        field=name,
    )


def asks_for_reuse(fields: Fields) -> bool:
    """Return what ``reuse`` of a call says; None leaves it out, as every field.

    Raises
    ------
    InvalidRequest
        As `read_flag`.

    """
    reuse: object = fields.get("reuse")
    return reuse is not None and read_flag("reuse", reuse)


def build(
    endpoint: Endpoint,
    fields: Mapping[str, Any],
    *,
    image_urls: list[str] | None = None,
    mask_url: str | None = None,
    repaint: Repaint | None = None,
    content_by_url: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Request:
    """Put a request together from checked fields, the pictures' URLs and the user's extra fields.

    Parameters
    ----------
    endpoint, fields
        What `check_fields` was given and returned.
    image_urls, mask_url
        Where the service finds the pictures; None leaves the field out.
    repaint
        What the mask at `mask_url` repaints, where that is known.
    content_by_url
        What is at these addresses, where that is known.
    extra
        Merged into the body last, so that it may replace anything.

    Raises
    ------
    InvalidRequest
        If `extra` is not an object of JSON values.

    Examples
    --------
    >>> build("generations", {"prompt": "a cat"}, extra={"seed": 7}).body
    {'prompt': 'a cat', 'seed': 7}

    """
    body: dict[str, Any] = dict(fields)
    if image_urls is not None:
        body["image_urls"] = image_urls
    if mask_url is not None:
        body["mask_url"] = mask_url
    body.update(_extra(extra))
    # a mask that `extra` names instead was never seen here
    seen = repaint if body.get("mask_url") == mask_url else None
    return _as_request(endpoint, body, repaint=seen, content_by_url=content_by_url)


def check_again(request: object) -> Request:
    """Return a request that was built before, checked for whether it can be sent as it is.

    Raises
    ------
    InvalidRequest
        If it is none, or had a webhook's secret, which is kept nowhere.

    """
    if not isinstance(request, Request) or not isinstance(request.body, Mapping):
        raise InvalidRequest(
            "That is no request.", next_step="Pass the request of a task.", field="request"
        )
    if not request.prompt.strip():
        raise InvalidRequest(
            "What this task was asked for is not known here, only its id.",
            next_step="Call generate, edit or inpaint with what you want.",
            field="request",
        )
    again = _as_request(
        request.endpoint, request.body, request.secret, request.repaint, request.content_by_url
    )
    known, named = request.recipe_pictures, _pictures_in(again.body)
    if known is None or _without_mask(known) == _without_mask(named):
        again = replace(again, made_from=request.made_from)
    if known in (None, named):
        again = replace(again, recipe=request.recipe, recipe_pictures=known)
    else:  # other pictures than those that were kept for it stand there now
        again = replace(again, repaint=None)
    if again.body.get(URL_FIELD) is not None and again.secret is None:
        raise InvalidRequest(
            "This request had a webhook_secret, which is kept nowhere.",
            next_step="Call generate, edit or inpaint again with webhook_url and webhook_secret.",
            field=SECRET_FIELD,
        )
    return again


def _as_request(
    endpoint: Endpoint,
    body: Mapping[str, Any],
    secret: Secret | None = None,
    repaint: Repaint | None = None,
    content_by_url: Mapping[str, str] | None = None,
) -> Request:
    """Return a request as the service will read it, its webhook's secret apart from the rest."""
    sent = as_sent(body)
    if SECRET_FIELD in sent:
        secret = Secret(sent.pop(SECRET_FIELD))
    return Request(endpoint, sent, secret, repaint, content_by_url or {})


def _pictures_in(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in PICTURE_FIELDS if name in body}


def _without_mask(pictures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in pictures.items() if name != "mask_url"}


def _replaced(value: Any, found: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_replaced(item, found) for item in value]
    return found.get(value, value) if isinstance(value, str) else value


def _extra(extra: object) -> dict[str, Any]:
    if extra is None:
        return {}
    if not isinstance(extra, Mapping) or not all(isinstance(name, str) for name in extra):
        raise InvalidRequest(
            "extra is not a mapping from field names to values.",
            next_step='Write it as extra={"field": value}.',
            field="extra",
        )
    return dict(extra)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(
            f"{name} is a {type(value).__name__}, not text.",
            next_step=f"Pass {name} as a string.",
            field=name,
        )
    if not value.strip():
        raise InvalidRequest(
            f"{name} is empty.",
            next_step=(
                "Say what the picture shows."
                if name == "prompt"
                else f"Give {name} a value or leave it out."
            ),
            field=name,
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidRequest(
            f"{name} has half of a character in it (a lone surrogate).",
            next_step="Type the text again, or read its file as UTF-8.",
            field=name,
        ) from None
    return value


def _count(n: object) -> int:
    count = whole_number(n)
    if count is None or not 1 <= count <= MAX_PICTURES:
        raise InvalidRequest(
            f"n is {short_repr(n)}, not a whole number from 1 to {MAX_PICTURES}.",
            next_step="Submit several tasks for more pictures.",
            field="n",
        )
    return count


def _tier(resolution: object) -> str:
    if not isinstance(resolution, str) or resolution not in RESOLUTIONS:
        raise InvalidRequest(
            f"The resolution {short_repr(resolution)} is not a tier.",
            next_step=f"Use one of {', '.join(RESOLUTIONS)}.",
            field="resolution",
        )
    return resolution


# What stands in the fields that may be left out; None is left out.
_CHECKS: dict[str, Callable[[Any], object]] = {
    "n": _count,
    "size": check_size,
    "resolution": _tier,
    "quality": partial(_text, "quality"),
    "negative_prompt": partial(_text, "negative_prompt"),
}


# And with what every request has, all that settles which pictures come of words.
_SETTINGS: dict[str, Callable[[Any], object]] = {
    "prompt": partial(_text, "prompt"),
    "model": partial(_text, "model"),
    **_CHECKS,
}

# Their names.
SETTINGS = tuple(_SETTINGS)


def _encode(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, allow_nan=False, default=_plain).encode()


def _plain(value: Any) -> Any:
    """Return a number of numpy's as Python's own; asked for each value that JSON does not know."""
    if getattr(value, "shape", None) == ():
        return value.item()
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    raise TypeError


def as_sent(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the service will read: written and read back, so tuples have become lists."""
    name = ""
    try:
        for name, value in body.items():
            _encode({name: value})
        sent: dict[str, Any] = json.loads(_encode(body))
    except Exception:  # noqa: BLE001 -- a value of the caller's, which may raise anything
        raise InvalidRequest(
            f"extra holds something that JSON cannot carry, in its {short_repr(name)}.",
            next_step="Use text, finite numbers, booleans, None, lists and objects of these.",
            field="extra",
        ) from None
    return sent
