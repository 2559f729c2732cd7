"""The keywords that every call has: named once, shown by Shift+Tab, completion and mypy alike."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

F = TypeVar("F", bound="Callable[..., Any]")

# The fields of a request that name pictures (API documentation).
PICTURE_FIELDS = frozenset({"image", "image_urls", "mask_url"})


class Fields(TypedDict, total=False):
    """What a call takes beside prompt and pictures; `LumenClient.generate` says what each means."""

    model: str
    n: int | None
    size: str | None
    resolution: str | None
    quality: str | None
    negative_prompt: str | None
    webhook_url: str | None
    webhook_secret: str | None
    extra: Mapping[str, Any] | None
    reuse: bool


def with_fields(model: str) -> Callable[[F], F]:
    """Have a function that takes ``**fields`` show each of them as a keyword of its own.

    Parameters
    ----------
    model
        The default of ``model``; all other keywords default to None, and ``reuse`` to False.

    Examples
    --------
    >>> @with_fields("m")
    ... def call(prompt: str, **fields: object) -> None: ...
    >>> list(inspect.signature(call).parameters)[:3]
    ['prompt', 'model', 'n']

    """

    def show(function: F) -> F:
        plain = inspect.signature(function)
        own = [one for one in plain.parameters.values() if one.kind is not one.VAR_KEYWORD]
        keywords = [one for one in own if one.kind is one.KEYWORD_ONLY]
        shared = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default={"model": model, "reuse": False}.get(name),
                annotation=Fields.__annotations__[name].__forward_arg__,
            )
            for name in Fields.__annotations__
        ]
        first = [one for one in own if one not in keywords]
        shown = plain.replace(parameters=[*first, *shared, *keywords])
        function.__signature__ = shown  # type: ignore[attr-defined] # inspect and IPython ask for it
        return function

    return show
