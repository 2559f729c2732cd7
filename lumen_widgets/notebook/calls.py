"""`generate`, `edit` and `inpaint` as a notebook calls them: pictures appear in the cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack, overload

from lumen_widgets.core.http.redaction import forgetful
from lumen_widgets.notebook.running import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumen_widgets.client import LumenClient, Pictures, Task
    from lumen_widgets.core.pictures.images import PictureSource
    from lumen_widgets.core.pictures.masks import MaskSource


class Fields(TypedDict, total=False):
    """The fields that the three calls share; `LumenClient.generate` says what each means."""

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
    client: LumenClient | None


@overload
def generate(prompt: str, *, wait: Literal[True] = True, **fields: Unpack[Fields]) -> Pictures: ...
@overload
def generate(prompt: str, *, wait: Literal[False], **fields: Unpack[Fields]) -> Task: ...
@forgetful
def generate(
    prompt: str,
    *,
    model: str = "gpt-image-2-low",
    n: int | None = None,
    size: str | None = None,
    resolution: str | None = None,
    quality: str | None = None,
    negative_prompt: str | None = None,
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
    extra: Mapping[str, Any] | None = None,
    reuse: bool = False,
    client: LumenClient | None = None,
    wait: bool = True,
) -> Pictures | Task:
    """Make pictures from a prompt and show them in this cell.

    Parameters
    ----------
    prompt
        What the picture shows, in any language.
    model
        A model's code.
    n
        How many pictures, 1 to 4; None lets the service decide (one).
    size
        Pixels such as ``"1024x1024"``, or a ratio such as ``"16:9"``; None lets the service
        decide (1:1).
    resolution
        ``"1K"``, ``"2K"`` or ``"4K"``; None follows from `size`.
    quality
        A tier that the model knows, such as ``"low"``, ``"medium"`` or ``"high"``.
    negative_prompt
        What the picture should not show.
    webhook_url, webhook_secret
        An http(s) address that the service calls when the task has ended, and what it signs the
        call with: both or neither. The secret is kept nowhere.
    extra
        Fields of the request that have no name here; they are merged into it last.
    reuse
        True pays nothing for what was paid before: the same request's pictures come back, or its
        task is joined where it still runs; so "Run All" costs nothing the second time.
    client
        Whose credits are spent; None is the account in use (`lumen.use`).
    wait
        True waits for the pictures, fifteen minutes at most. False returns the task at once, and
        its pictures arrive in this cell, also while another one runs.

    Returns
    -------
    Pictures or Task
        The pictures; or the task, if `wait` is False.

    Raises
    ------
    InvalidRequest
        A field is wrong; nothing was sent.
    BudgetExceeded
        It goes over `lumen.budget`; nothing was uploaded or sent.
    LumenError
        Whatever `LumenClient.generate` and `Task.wait` raise; each says whether credits may have
        been spent, and what to do next.

    Examples
    --------
    >>> import lumen_widgets as lumen
    >>> lumen.generate("a cute cat on a windowsill", n=2)  # doctest: +SKIP

    """
    return run(
        lambda chosen: chosen.generate(
            prompt,
            model=model,
            n=n,
            size=size,
            resolution=resolution,
            quality=quality,
            negative_prompt=negative_prompt,
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
            extra=extra,
            reuse=reuse,
        ),
        client,
        wait=wait,
        reuse=reuse,
        model=model,
        n=n,
        extra=extra,
    )


@overload
def edit(
    prompt: str,
    images: PictureSource | Sequence[PictureSource],
    *,
    wait: Literal[True] = True,
    **fields: Unpack[Fields],
) -> Pictures: ...
@overload
def edit(
    prompt: str,
    images: PictureSource | Sequence[PictureSource],
    *,
    wait: Literal[False],
    **fields: Unpack[Fields],
) -> Task: ...
@forgetful
def edit(
    prompt: str,
    images: PictureSource | Sequence[PictureSource],
    *,
    model: str = "gpt-image-2-low",
    n: int | None = None,
    size: str | None = None,
    resolution: str | None = None,
    quality: str | None = None,
    negative_prompt: str | None = None,
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
    extra: Mapping[str, Any] | None = None,
    reuse: bool = False,
    client: LumenClient | None = None,
    wait: bool = True,
) -> Pictures | Task:
    """Make pictures from a prompt and reference pictures, and show them in this cell.

    Parameters
    ----------
    prompt
        What to change, in any language.
    images
        One reference picture or several: a path, bytes, a URL, a PIL image, an array (uint8,
        (height, width[, 3 or 4])), or a `Picture`.
    model, n, size, resolution, quality, negative_prompt, webhook_url, webhook_secret
        As in `generate`.
    extra, reuse, client, wait
        As in `generate`.

    Returns
    -------
    Pictures or Task
        The pictures; or the task, if `wait` is False.

    Raises
    ------
    InvalidRequest, HostingError
        A picture or a field cannot be used; nothing was paid.
    LumenError
        As `generate`.

    Examples
    --------
    >>> cats = lumen.generate("a cute cat on a windowsill")  # doctest: +SKIP
    >>> lumen.edit("make it night", cats[0])  # doctest: +SKIP

    """
    return run(
        lambda chosen: chosen.edit(
            prompt,
            images,
            model=model,
            n=n,
            size=size,
            resolution=resolution,
            quality=quality,
            negative_prompt=negative_prompt,
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
            extra=extra,
            reuse=reuse,
        ),
        client,
        wait=wait,
        reuse=reuse,
        model=model,
        n=n,
        extra=extra,
    )


@overload
def inpaint(
    prompt: str,
    image: PictureSource,
    mask: MaskSource,
    *,
    wait: Literal[True] = True,
    **fields: Unpack[Fields],
) -> Pictures: ...
@overload
def inpaint(
    prompt: str,
    image: PictureSource,
    mask: MaskSource,
    *,
    wait: Literal[False],
    **fields: Unpack[Fields],
) -> Task: ...
@forgetful
def inpaint(
    prompt: str,
    image: PictureSource,
    mask: MaskSource,
    *,
    model: str = "fal-flux-pro-fill",
    n: int | None = None,
    size: str | None = None,
    resolution: str | None = None,
    quality: str | None = None,
    negative_prompt: str | None = None,
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
    extra: Mapping[str, Any] | None = None,
    reuse: bool = False,
    client: LumenClient | None = None,
    wait: bool = True,
) -> Pictures | Task:
    """Repaint the masked area of a picture, and show the result in this cell.

    Parameters
    ----------
    prompt
        What to paint there, in any language.
    image
        The picture, as in `edit`.
    mask
        A picture or bool array of the same size; white, True, 128 and above is repainted.
    model, n, size, resolution, quality, negative_prompt, webhook_url, webhook_secret
        As in `generate`.
    extra, reuse, client, wait
        As in `generate`; the model must be able to inpaint.

    Returns
    -------
    Pictures or Task
        The pictures; or the task, if `wait` is False.

    Raises
    ------
    InvalidRequest, HostingError
        The picture, the mask or a field cannot be used; nothing was paid.
    LumenError
        As `generate`.

    Examples
    --------
    >>> mask = np.zeros((1024, 1024), bool)  # doctest: +SKIP
    >>> mask[300:700, 200:600] = True  # doctest: +SKIP
    >>> lumen.inpaint("a corgi", picture, mask)  # doctest: +SKIP

    """
    return run(
        lambda chosen: chosen.inpaint(
            prompt,
            image,
            mask,
            model=model,
            n=n,
            size=size,
            resolution=resolution,
            quality=quality,
            negative_prompt=negative_prompt,
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
            extra=extra,
            reuse=reuse,
        ),
        client,
        wait=wait,
        reuse=reuse,
        model=model,
        n=n,
        extra=extra,
    )
