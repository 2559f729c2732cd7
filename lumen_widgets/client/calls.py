"""The three calls that make pictures, with every field of a request as a keyword."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from lumen_widgets.client.arguments import several
from lumen_widgets.client.history.digests import content_of
from lumen_widgets.core.http.redaction import forgetful
from lumen_widgets.core.models import EDIT, GENERATE, INPAINT
from lumen_widgets.core.pictures.images import read_picture
from lumen_widgets.core.pictures.masks import check_pair, read_mask
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.request import build, check_fields
from lumen_widgets.core.sizes import check_same_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lumen_widgets.client.account import Account
    from lumen_widgets.core.pictures.images import PictureSource
    from lumen_widgets.core.pictures.masks import MaskSource
    from lumen_widgets.core.request import Request
    from lumen_widgets.core.task import Task

# The page's own examples: the first for pictures and edits, the second for inpainting.
MODEL, INPAINT_MODEL = "gpt-image-2-low", "fal-flux-pro-fill"


class Calls(ABC):
    """What turns the fields of a call into a request, for a client to submit."""

    base_url: str
    _account: Account

    @abstractmethod
    def _submit(
        self, draft: Request, host: Callable[[], Request] | None = None, *, reuse: bool = False
    ) -> Task:
        """Send what `host` makes of a draft by having its pictures hosted, and return its task.

        Nothing is hosted for a draft that goes over the budget, or that is found with `reuse`.
        """

    @forgetful
    def generate(
        self,
        prompt: str,
        *,
        model: str = MODEL,
        n: int | None = None,
        size: str | None = None,
        resolution: str | None = None,
        quality: str | None = None,
        negative_prompt: str | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        extra: Mapping[str, Any] | None = None,
        reuse: bool = False,
    ) -> Task:
        """Have pictures made from a prompt; return the task as soon as the service has it.

        Parameters
        ----------
        prompt
            What the pictures show, in any language.
        model
            Model code.
        n
            How many pictures, 1 to 4.
        size
            ``"1024x1024"`` (pixels, width first) or ``"16:9"``.
        resolution
            ``"1K"``, ``"2K"`` or ``"4K"``.
        quality
            The model's word for it, such as ``"low"``, ``"medium"`` or ``"high"``.
        negative_prompt
            What the pictures should not show.
        webhook_url, webhook_secret
            An http(s) address that the service calls when the task has ended, and what it signs
            the call with: both or neither, such as a `WebhookReceiver` has. The secret is sent
            and kept nowhere.
        extra
            More fields of the request's body, merged into it last.
        reuse
            True gives back what was paid for the same request before, by the journal, and pays
            nothing: its pictures, or the task that still runs, in this process or another. The
            same is what asks this service for the same pictures; pictures and masks go by their
            content. What failed, was cancelled or refused is submitted anew.

        Returns
        -------
        Task
            Call its ``wait``. None in any field above leaves it out: the service decides.

        Raises
        ------
        BudgetExceeded
            If it goes over `lumen.budget`; nothing was uploaded, written down or sent.
        JournalError, ServiceUnreachable
            If it could not be written down, or no connection was opened; nothing was sent.
        InvalidRequest
            If it is refused here, before anything is sent, or by the service.
        AuthenticationError, InsufficientCredits, NotFound, RateLimited, UpstreamError
            If the service refused; nothing was spent.
        SubmitOutcomeUnknown
            If it was sent and nobody knows whether it was taken; with `reuse`, now or before.

        Examples
        --------
        >>> task = client.generate("雪山下的猫", n=2, size="16:9")  # doctest: +SKIP

        """
        fields = check_fields(
            GENERATE,
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
        )
        return self._submit(build(GENERATE, fields, extra=extra), reuse=reuse)

    @forgetful
    def edit(
        self,
        prompt: str,
        images: PictureSource | Sequence[PictureSource],
        *,
        model: str = MODEL,
        n: int | None = None,
        size: str | None = None,
        resolution: str | None = None,
        quality: str | None = None,
        negative_prompt: str | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        extra: Mapping[str, Any] | None = None,
        reuse: bool = False,
    ) -> Task:
        """Have pictures made from pictures and a prompt; return the task.

        Parameters
        ----------
        prompt
            What to change.
        images
            One picture or several: an ``http(s):`` or ``data:`` string, a path, bytes, a PIL
            image, a uint8 array of shape (height, width[, 3 or 4]), or a `Picture`.
        model, n, size, resolution, quality, negative_prompt, webhook_url, webhook_secret, extra
            As for `generate`.
        reuse
            As for `generate`; what is found is not uploaded.

        Raises
        ------
        HostingError
            If a picture could not be given an address; nothing was sent.
        LumenError
            As for `generate`.

        Examples
        --------
        >>> client.edit("make it snow", "cat.png").wait()  # doctest: +SKIP

        """
        fields = check_fields(
            EDIT,
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
        )
        # All are read before the first is hosted: a bad one costs no upload.
        sources = several(images)
        found = [
            read_picture(picture, base_url=self.base_url, field="images") for picture in sources
        ]
        contents = [content_of(*pair) for pair in zip(sources, found, strict=True)]

        def host() -> Request:
            urls = [self._account.address(picture) for picture in found]
            known = dict(zip(urls, contents, strict=True))
            return build(EDIT, fields, image_urls=urls, contents=known, extra=extra)

        draft = build(EDIT, fields, image_urls=contents, extra=extra)
        return self._submit(draft, host, reuse=reuse)

    @forgetful
    def inpaint(
        self,
        prompt: str,
        image: PictureSource,
        mask: MaskSource,
        *,
        model: str = INPAINT_MODEL,
        n: int | None = None,
        size: str | None = None,
        resolution: str | None = None,
        quality: str | None = None,
        negative_prompt: str | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        extra: Mapping[str, Any] | None = None,
        reuse: bool = False,
    ) -> Task:
        """Have a part of a picture painted anew; return the task.

        Parameters
        ----------
        prompt, image
            What the part shows afterwards, and the picture as for `edit`.
        mask
            White, True or 128 and more is repainted. A picture, a bool array of shape
            (height, width), or a painter; as large as the picture.
        model, n, size, resolution, quality, negative_prompt, webhook_url, webhook_secret, extra
            As for `generate`; a `size` has to be the picture's own.
        reuse
            As for `edit`.

        Raises
        ------
        LumenError
            As for `edit`.

        Examples
        --------
        >>> client.inpaint("a corgi", "photo.png", "mask.png").wait()  # doctest: +SKIP

        """
        fields = check_fields(
            INPAINT,
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
        )
        source = read_picture(image, base_url=self.base_url, field="image")
        area = read_mask(mask)
        # A Picture that travels by its URL has a known size all the same.
        sized = image if isinstance(image, Picture) else source
        check_pair(sized, area)
        known = area if isinstance(sized, str) else sized
        if not isinstance(known, str):
            check_same_size(size, known.width, known.height)

        seen, masked = content_of(image, source), content_of(mask, area)

        def host() -> Request:
            url, mask_url = self._account.address(source), self._account.address(area)
            return build(
                INPAINT,
                fields,
                image_urls=[url],
                mask_url=mask_url,
                repaint=None if isinstance(area, str) else area.repaint,
                contents={url: seen, mask_url: masked},
                extra=extra,
            )

        draft = build(INPAINT, fields, image_urls=[seen], mask_url=masked, extra=extra)
        return self._submit(draft, host, reuse=reuse)
