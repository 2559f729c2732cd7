"""The client: one account at one service, and the calls that make pictures there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from lumen_widgets.client import completion
from lumen_widgets.client.account import Account
from lumen_widgets.client.arguments import host_names, open_journal, request_timeout, several
from lumen_widgets.client.images import read_picture
from lumen_widgets.client.keys import Key, find_key
from lumen_widgets.client.masks import check_pair, read_mask
from lumen_widgets.client.models import EDIT, GENERATE, INPAINT
from lumen_widgets.client.origin import read_origin
from lumen_widgets.client.pictures import Picture
from lumen_widgets.client.request import build, check_fields
from lumen_widgets.client.sizes import check_same_size

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    import requests

    from lumen_widgets.client.hosting import Hosting
    from lumen_widgets.client.images import PictureSource
    from lumen_widgets.client.masks import MaskSource
    from lumen_widgets.client.task import Task
    from lumen_widgets.journal import Journal

# The page's own examples: the first for pictures and edits, the second for inpainting.
MODEL, INPAINT_MODEL = "gpt-image-2-low", "fal-flux-pro-fill"


class LumenClient:
    """A client of the Lumen Image API, for scripts and notebooks alike.

    Every submit is written to the journal before it is sent, sent once, and followed in the
    background until its pictures are here.

    Parameters
    ----------
    api_key
        The key; None takes ``LUMEN_API_KEY``.
    base_url
        The service's address; None takes ``LUMEN_BASE_URL``, else the service itself.
    hosting
        Gives pictures that exist only here an address that the service can read; None uses the
        uploads of a sandbox, where the base URL is one.
    journal
        Where tasks are written down: None is the user's own journal (``LUMEN_HOME``), a path is
        a journal in that folder, False is none.
    session
        The `requests.Session` to use, for its adapters, proxies, TLS settings and headers.
    timeout
        Seconds for one submit with its repeats, and for one request of any other kind.
    allow_hosts
        Host names that result pictures may come from although they are private addresses.

    Attributes
    ----------
    base_url : str
        The service's address.
    journal : Journal or None
        The journal, None where there is none.

    Raises
    ------
    MissingKey, AuthenticationError
        If there is no key, or it has characters that no key has.
    InvalidRequest
        If another argument is not as above.

    Examples
    --------
    >>> client = LumenClient()  # doctest: +SKIP
    >>> client.generate("a cute cat on a windowsill").wait()[0].save("cat.png")  # doctest: +SKIP

    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        hosting: Hosting | None = None,
        journal: str | os.PathLike[str] | Journal | bool | None = None,
        session: requests.Session | None = None,
        timeout: float = 30.0,
        allow_hosts: Sequence[str] = (),
    ) -> None:
        origin = read_origin(base_url)
        self.base_url = origin.url
        self.journal = open_journal(journal)
        self._account = Account(
            Key(find_key(api_key), origin),
            hosting=hosting,
            journal=self.journal,
            session=session,
            timeout=request_timeout(timeout),
            allow_hosts=host_names(allow_hosts),
        )

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
        extra: Mapping[str, Any] | None = None,
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
        extra
            More fields of the request's body, merged into it last.

        Returns
        -------
        Task
            Call its ``wait``. None in any field above leaves it out: the service decides.

        Raises
        ------
        JournalError, ServiceUnreachable
            If it could not be written down, or no connection was opened; nothing was sent.
        InvalidRequest
            If it is refused here, before anything is sent, or by the service.
        AuthenticationError, InsufficientCredits, NotFound, RateLimited, UpstreamError
            If the service refused; nothing was spent.
        SubmitOutcomeUnknown
            If it was sent and nobody knows whether it was taken.

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
            extra=extra,
        )
        return self._account.submit(build(GENERATE, fields, extra=extra), self)

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
        extra: Mapping[str, Any] | None = None,
    ) -> Task:
        """Have pictures made from pictures and a prompt; return the task.

        Parameters
        ----------
        prompt
            What to change.
        images
            One picture or several: an ``http(s):`` or ``data:`` string, a path, bytes, a PIL
            image, a uint8 array of shape (height, width[, 3 or 4]), or a `Picture`.
        model, n, size, resolution, quality, negative_prompt, extra
            As for `generate`.

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
            extra=extra,
        )
        # All are read before the first is hosted: a bad one costs no upload.
        found = [read_picture(picture) for picture in several(images)]
        urls = [self._account.address(picture) for picture in found]
        return self._account.submit(build(EDIT, fields, image_urls=urls, extra=extra), self)

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
        extra: Mapping[str, Any] | None = None,
    ) -> Task:
        """Have a part of a picture painted anew; return the task.

        Parameters
        ----------
        prompt, image
            What the part shows afterwards, and the picture as for `edit`.
        mask
            White, True or 128 and more is repainted. A picture, a bool array of shape
            (height, width), or a painter; as large as the picture.
        model, n, size, resolution, quality, negative_prompt, extra
            As for `generate`; a `size` has to be the picture's own.

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
            extra=extra,
        )
        source = read_picture(image)
        area = read_mask(mask)
        # A Picture that travels by its URL has a known size all the same.
        sized = image if isinstance(image, Picture) else source
        check_pair(sized, area)
        known = area if isinstance(sized, str) else sized
        if not isinstance(known, str):
            check_same_size(size, known.width, known.height)
        urls = [self._account.address(source)]
        mask_url = self._account.address(area)
        return self._account.submit(
            build(INPAINT, fields, image_urls=urls, mask_url=mask_url, extra=extra), self
        )

    def task(self, task_id: str) -> Task:
        """Take up a task by its id.

        One that is done and whose pictures the journal has needs no network; any other is asked
        about once, and followed from then on.

        Raises
        ------
        NotFound
            If the service knows no such task.
        AuthenticationError, InvalidRequest, InsufficientCredits
            If it refuses to say, or `task_id` cannot be an id.
        ServiceUnreachable, RateLimited, UpstreamError
            If no answer came within the client's time-out.

        Examples
        --------
        >>> client.task("a1b2c3").wait()  # doctest: +SKIP

        """
        return self._account.take_up(task_id, self)

    # Of any client's tasks: they stand here because this is where people look for them.
    as_completed = staticmethod(completion.as_completed)
    stream = staticmethod(completion.stream)

    def __repr__(self) -> str:
        """Name the service and nothing of the key: a repr ends in notebooks and logs."""
        return f"<LumenClient {self.base_url}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A LumenClient cannot be pickled, since it holds a key: make a new one where it is "
            "needed."
        )
