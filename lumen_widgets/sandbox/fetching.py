"""The pictures that a task names, as bytes: from the sandbox's own folders or from this machine."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from lumen_widgets.sandbox.errors import Failure
from lumen_widgets.sandbox.loopback import Unreachable, call, is_loopback
from lumen_widgets.sandbox.picture_store import picture_type
from lumen_widgets.sandbox.task_spec import decode_data_uri

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumen_widgets.sandbox.picture_store import PictureStore

# As large as a photograph gets, and an upload may be.
MAX_BYTES = 20_000_000
# For one picture with its redirects: other tasks wait meanwhile.
SECONDS = 10.0
MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Fetcher:
    """Reads the pictures that tasks name.

    Parameters
    ----------
    stores
        The sandbox's own folders, by the start of their URLs: these are read without a call.

    """

    stores: Mapping[str, PictureStore]

    def fetch(self, url: str) -> bytes:
        """Return an encoded PNG, JPEG or WebP.

        Parameters
        ----------
        url
            An http(s) URL of this machine, or a ``data:`` URL.

        Returns
        -------
        bytes

        Raises
        ------
        Failure
            ``image_unreachable`` or ``image_invalid``.

        """
        content = decode_data_uri(url) if url.startswith("data:") else self._read(url)
        if picture_type(content) is None:
            raise Failure("image_invalid", "a picture's URL gave no PNG, JPEG or WebP")
        return content

    def is_own(self, url: str) -> bool:
        """Tell whether a picture is read without a call, and so as often as one likes."""
        return url.startswith(("data:", *self.stores))

    def _read(self, url: str) -> bytes:
        for start, store in self.stores.items():
            if url.startswith(start):
                content = store.read(url.removeprefix(start))
                if content is None:
                    raise _unreachable("the sandbox has no such picture any more")
                return content
        return _follow(url)


def _follow(url: str) -> bytes:
    deadline = time.monotonic() + SECONDS
    for _ in range(1 + MAX_REDIRECTS):
        left = deadline - time.monotonic()
        if left <= 0:
            raise _unreachable(f"it took longer than {SECONDS:g} seconds")
        # Again at each step: a redirect must not lead off this machine.
        if not is_loopback(url):
            raise _unreachable("the sandbox reads pictures only from this machine (127.0.0.1)")
        try:
            reply = call("GET", url, seconds=left, max_bytes=MAX_BYTES)
        except Unreachable as error:
            raise _unreachable(str(error)) from None
        if reply.status in _REDIRECTS and reply.location:
            try:
                url = urljoin(url, reply.location)
            except ValueError:
                raise _unreachable("it redirects to what is no valid URL") from None
        elif reply.status == 200:  # noqa: PLR2004 - HTTP's number for "here it is"
            return reply.body
        else:
            raise _unreachable(f"its server answered {reply.status}")
    raise _unreachable(f"more than {MAX_REDIRECTS} redirects")


def _unreachable(why: str) -> Failure:
    return Failure("image_unreachable", f"a picture could not be read: {why}")
