"""Copies of pictures for pages: asked for when they come into view, and sent as bytes.

A page knows a picture by its sha256, and asks for one of three copies of it: a tile, what a cell
would show, or the file itself. Each message of a view says all that it wants, the most urgent
first, in place of what it wanted before: whoever scrolls past five hundred pictures waits for those
on the screen alone. `js/shared/picture_copies.ts` is the other side of it.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypedDict, get_args

from lumen_widgets.client import LumenError
from lumen_widgets.core.log import Log
from lumen_widgets.core.pictures.decoding import UnreadablePicture
from lumen_widgets.core.pictures.picture import display_copy
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.notebook.small_copies import tile
from lumen_widgets.notebook.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anywidget import AnyWidget

    from lumen_widgets.client import Picture

CopyName = Literal["tile", "display", "original"]

# of one message of a view: more than any screen shows, with its neighbours
_MOST_WANTED = 200
# views of one widget: tabs that were closed without a word are forgotten, the oldest first
_MOST_VIEWS = 32
# bytes of a file that a page is sent: a browser decodes 100 megapixels at most, which compress to
# less, and a hub's proxy may end a connection that sends more at once
_LONGEST_FILE = 64 * 1024 * 1024

_log = Log(__name__)
_worker = Worker("lumen-picture-copies", "a picture could not be sent to a page")


class WantedCopy(TypedDict):
    """A copy that a view wants."""

    sha256: str
    copy: CopyName


class WantsMessage(TypedDict):
    """Browser → kernel: all the copies that a view wants now, the most urgent first."""

    kind: Literal["wants"]
    view: str
    copies: list[WantedCopy]


class CopyMessage(TypedDict):
    """Kernel → browser: a copy, whose bytes are the message's one buffer, or why there is none."""

    kind: Literal["copy"]
    sha256: str
    copy: CopyName
    media_type: str
    error: str  # empty if all is well; then there is a buffer


class _Copy(NamedTuple):
    sha256: str
    name: CopyName


class PictureCopies:
    """Sends the copies that the views of one widget want, one after the other.

    Parameters
    ----------
    widget
        Who sends. After it is closed nothing is sent.
    find
        Returns the picture of a sha256, None where there is none any more; called on a thread of
        its own. What it raises of ours is said to the page.
    find_tile
        Returns the tile of a sha256 where that can be had without its picture, as from beside its
        file; None, also by default, has the tile made of the picture.

    """

    def __init__(
        self,
        widget: AnyWidget,
        find: Callable[[str], Picture | None],
        find_tile: Callable[[str], bytes | None] = lambda _: None,
    ) -> None:
        self._widget = widget
        self._find = find
        self._find_tile = find_tile
        self._lock = threading.Lock()
        # by view, the one that spoke last at the end
        self._wanted: dict[str, list[_Copy]] = {}
        self._closed = False

    def receive(self, content: Mapping[str, Any]) -> bool:
        """Take in a message of a page; say whether it was for this. Takes no time.

        It is read on the publisher's thread, where no Ctrl-C comes.
        """
        if content.get("kind") != "wants":
            return False
        publisher.run_soon(partial(self._take_in, content))
        return True

    def forget_view(self, view: str) -> None:
        """Send a view that is gone nothing more."""
        with self._lock:
            self._wanted.pop(view, None)

    def close(self) -> None:
        """Send nothing more."""
        with self._lock:
            self._closed = True
            self._wanted.clear()
        _worker.forget(self)

    def _take_in(self, content: Mapping[str, Any]) -> None:
        view, wanted = content.get("view"), _checked(content.get("copies"))
        if not isinstance(view, str):
            return
        with self._lock:
            if self._closed:
                return
            self._wanted.pop(view, None)
            self._wanted[view] = wanted
            while len(self._wanted) > _MOST_VIEWS:
                del self._wanted[next(iter(self._wanted))]
        _worker.run_soon(self._make_next)

    def _make_next(self) -> None:
        """Make the copy that is wanted most, and come back for the next: other widgets wait too."""
        copy = self._next()
        if copy is None:
            return
        data, media_type, error = b"", "", ""
        try:
            data, media_type = self._make(copy)
        except LumenError as failed:
            error = failed.message
        except UnreadablePicture as failed:
            error = f"The picture's file cannot be read: {failed}"
        except OSError as failed:
            error = f"The picture's file cannot be read: {failed.strerror or type(failed).__name__}"
        except Exception as failed:  # noqa: BLE001 # whatever it is, the page waits for this copy
            _log.exception("a copy of a picture could not be made")
            error = f"The picture cannot be shown ({type(failed).__name__})."
        message = CopyMessage(
            kind="copy", sha256=copy.sha256, copy=copy.name, media_type=media_type, error=error
        )
        publisher.run_soon(partial(self._send, message, data))
        _worker.run_soon(self._make_next)

    def _next(self) -> _Copy | None:
        """Take what the view wants most that spoke last, out of what any view wants."""
        with self._lock:
            found = next((wanted[0] for wanted in reversed(self._wanted.values()) if wanted), None)
            if found is not None:
                for wanted in self._wanted.values():
                    if found in wanted:
                        wanted.remove(found)
            return found

    def _make(self, copy: _Copy) -> tuple[bytes, str]:
        if copy.name == "tile" and (stored := self._find_tile(copy.sha256)) is not None:
            return stored, _media_type(stored)
        picture = self._find(copy.sha256)
        if picture is None:
            raise LumenError("This picture's file is not here any more.")
        if copy.name == "tile":
            data = tile(picture)
            return data, _media_type(data)
        if copy.name == "display":
            return display_copy(picture)
        if len(picture.bytes) > _LONGEST_FILE:
            raise LumenError(
                f"The file is too long to be shown whole, {len(picture.bytes) / 1e6:.0f} MB.",
                next_step="Save it, and open it in another program.",
            )
        return picture.bytes, picture.media_type

    def _send(self, message: CopyMessage, data: bytes) -> None:
        if not self._closed and self._widget.comm is not None:
            self._widget.send(message, [] if message["error"] else [data])


def _checked(copies: object) -> list[_Copy]:
    """Return what a page wants; what is not well-formed is left out."""
    found: dict[_Copy, None] = {}
    for one in copies[:_MOST_WANTED] if isinstance(copies, list) else ():
        if not isinstance(one, dict):
            continue
        sha256 = one.get("sha256")
        name: CopyName | None = next(
            (known for known in get_args(CopyName) if known == one.get("copy")), None
        )
        # half of a character is in no digest, and no journal can be asked for it
        if isinstance(sha256, str) and sha256.isascii() and name is not None:
            found[_Copy(sha256, name)] = None
    return list(found)


def _media_type(data: bytes) -> str:
    """Return the type of a small copy, which is one of two."""
    return "image/jpeg" if data[:2] == b"\xff\xd8" else "image/png"
