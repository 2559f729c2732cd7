"""The specification of one task: a submit's body, read and checked."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from lumen_widgets.sandbox.body import read_object
from lumen_widgets.sandbox.engine.job import Redrawing
from lumen_widgets.sandbox.errors import Refusal, invalid
from lumen_widgets.sandbox.loopback import is_loopback
from lumen_widgets.sandbox.marked_words import read_marked_words
from lumen_widgets.sandbox.models import MODELS, Mode, Model
from lumen_widgets.sandbox.sizes import at_tier, read_size

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_PICTURES = 4  # the page: "Number of images, 1-4"
# The page names no limit; these are far beyond any use, and keep one task's work bounded.
MAX_IMAGES = 16
MAX_PROMPT = 32_000
# SQLite's largest integer, less the picture's number that is added to a seed.
MAX_SEED = 2**63 - 1 - MAX_PICTURES
QUALITIES = ("low", "medium", "high")
_DATA_PREFIXES = tuple(f"data:image/{kind};base64," for kind in ("png", "jpeg", "webp"))


@dataclass(frozen=True)
class TaskSpec:
    """What one task is asked to make.

    Attributes
    ----------
    prompt
        Without its marked words.
    size
        (width, height) in pixels; None keeps the first picture's size, or with a `tier` its ratio.
    seed
        Picture i is drawn with seed + i. Random unless the body has a ``seed``, which the API does
        not document: the sandbox takes it so that a picture can be repeated.
    webhook_secret
        Kept out of the repr, and so out of logs.
    redrawing
        How the rest of an inpainted picture is redrawn; None where it is kept.
    marked
        The values of the prompt's marked words, by their names.

    """

    mode: Mode
    model: str
    prompt: str
    n: int
    seed: int
    size: tuple[int, int] | None
    tier: str | None = None
    images: tuple[str, ...] = ()
    mask: str | None = None
    negative_prompt: str | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)
    redrawing: Redrawing | None = None
    marked: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def calls_back(self) -> bool:
        """Whether its end is told to its webhook: the page promises that of two ends alone."""
        return bool(self.webhook_url) and self.marked.keys().isdisjoint(
            {"cancelled", "unknown_status"}
        )

    @property
    def model_entry(self) -> Model:
        """The model's entry in the table."""
        return MODELS[self.model]

    @property
    def credits(self) -> int:
        """What the task costs: the model's price for each picture."""
        return self.model_entry.credits * self.n


def read_spec(
    mode: Mode,
    raw: bytes,
    *,
    data_uris: bool,
    redrawing: Redrawing | None = None,
    group: Collection[str] = MODELS.keys(),
) -> TaskSpec:
    """Read and check the body of a submit.

    Fields that are not the call's own are ignored, as the service does not say otherwise.

    Parameters
    ----------
    mode
        Which of the three calls it came by.
    raw
        The body as sent.
    data_uris
        Whether pictures may be ``data:`` URLs.
    redrawing
        What models that redraw are set to; None is as they come.
    group
        The codes of the models that the key's group has; by default all.

    Returns
    -------
    TaskSpec

    Raises
    ------
    Refusal
        400 for everything that the API counts as an invalid request; 404 for a model that the
        key's group does not have.

    Examples
    --------
    >>> read_spec("generate", b'{"model": "gpt-image-2-low", "prompt": "a cat"}',
    ...                 data_uris=False).size
    (1024, 1024)

    """
    body = read_object(raw)
    model = _text(body, "model", required=True)
    prompt = _text(body, "prompt", required=True)
    if len(prompt) > MAX_PROMPT:
        raise invalid(f"prompt is longer than {MAX_PROMPT} characters")
    prompt, marked = read_marked_words(prompt)
    n = _whole_number(body, "n", 1, MAX_PICTURES)
    seed = _whole_number(body, "seed", 0, MAX_SEED)
    tier = _text(body, "resolution")
    size = read_size(_text(body, "size"), tier)
    quality = _text(body, "quality")
    if quality is not None and quality not in QUALITIES:
        raise invalid(f"quality must be one of {', '.join(QUALITIES)}")
    negative_prompt = _text(body, "negative_prompt", may_be_empty=True)
    webhook_url, webhook_secret = _webhook(body)
    images: tuple[str, ...] = ()
    mask = None
    if mode == "generate":
        size = at_tier(1, 1, tier) if size is None else size
    else:
        images = _images(body, data_uris=data_uris)
    if mode == "inpaint":
        mask = _text(body, "mask_url", required=True)
        _check_picture_url("mask_url", mask, data_uris=data_uris)
    redraws = _checked_model(model, mode, group).redraws
    if mode == "inpaint" and not redraws:
        # An inpainted picture keeps its pixels, and so its size.
        size = tier = None
    return TaskSpec(
        mode=mode,
        model=model,
        prompt=prompt,
        n=1 if n is None else n,
        seed=secrets.randbelow(2**32) if seed is None else seed,
        size=size,
        tier=tier,
        images=images,
        mask=mask,
        negative_prompt=negative_prompt,
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        redrawing=(redrawing or Redrawing()) if redraws else None,
        marked=marked,
    )


def _text(
    body: dict[str, Any], name: str, *, required: bool = False, may_be_empty: bool = False
) -> Any:
    """Return a field that must be text: a str if required, else a str or None."""
    if name not in body:
        if required:
            raise invalid(f"{name} is missing")
        return None
    value = body[name]
    if not isinstance(value, str):
        raise invalid(f"{name} must be a string")
    if not (may_be_empty or value.strip()):
        raise invalid(f"{name} is empty")
    return value


def _whole_number(body: dict[str, Any], name: str, low: int, high: int) -> int | None:
    if name not in body:
        return None
    value = body[name]
    # In Python a bool is an int, in JSON it is not a number.
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid(f"{name} must be an integer")
    if not low <= value <= high:
        raise invalid(f"{name} must be {low} to {high}")
    return value


def _webhook(body: dict[str, Any]) -> tuple[str | None, str | None]:
    url = cast("str | None", _text(body, "webhook_url"))
    secret = cast("str | None", _text(body, "webhook_secret"))
    if url is not None:
        _check_http("webhook_url", url)
        if secret is None:
            raise invalid("webhook_secret is required with webhook_url")
    return url, secret


def _images(body: dict[str, Any], *, data_uris: bool) -> tuple[str, ...]:
    if "image" in body and "image_urls" in body:
        raise invalid("give image_urls, or image for a single one, not both")
    if not ("image" in body or "image_urls" in body):
        raise invalid("image_urls (or image for a single one) is missing")
    urls: Any = [body["image"]] if "image" in body else body["image_urls"]
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise invalid("image_urls must be an array of strings (image one string)")
    if not 1 <= len(urls) <= MAX_IMAGES:
        raise invalid(f"image_urls must hold 1 to {MAX_IMAGES} URLs")
    for url in urls:
        _check_picture_url("image_urls", url, data_uris=data_uris)
    return tuple(urls)


def _check_picture_url(name: str, url: str, *, data_uris: bool) -> None:
    if data_uris and url.startswith(_DATA_PREFIXES):
        try:
            decode_data_uri(url)
        except ValueError:
            raise invalid(f"{name}: the data: URL is not valid base64") from None
        return
    _check_http(name, url)
    if not is_loopback(url):
        raise invalid(f"{name}: the sandbox reads pictures only from this machine (127.0.0.1)")


def decode_data_uri(url: str) -> bytes:
    """Return the bytes in a ``data:`` URL; ValueError if they are not valid base64."""
    try:
        return base64.b64decode(url.partition(",")[2], validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _check_http(name: str, url: str) -> None:
    if not (url.isprintable() and " " not in url and _has_http_host(url)):
        raise invalid(f"{name} must be an http or https URL")


def _has_http_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _checked_model(code: str, mode: Mode, group: Collection[str]) -> Model:
    if code not in MODELS or code not in group:
        message = f"there is no image model {code[:100]!r} in this group"
        raise Refusal(404, "model_not_found", message)
    if mode not in MODELS[code].modes:
        able = [one for one, model in MODELS.items() if mode in model.modes and one in group]
        raise invalid(f"{code} cannot {mode}; these can: {', '.join(able) or 'none here'}")
    return MODELS[code]
