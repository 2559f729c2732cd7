"""A form's reference pictures and mask, and what is known of each, read on a thread of its own."""

from __future__ import annotations

import hashlib
import itertools
import os
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lumen_widgets.client import LumenError, Picture
from lumen_widgets.core.pictures.images import LocalPicture, read_picture
from lumen_widgets.core.pictures.masks import LocalMask, read_mask
from lumen_widgets.core.pictures.picture import thumbnail
from lumen_widgets.core.pictures.sources import is_url
from lumen_widgets.notebook.cell import data_uri, shortened
from lumen_widgets.notebook.cell_status import error_words
from lumen_widgets.notebook.worker import Worker
from lumen_widgets.widgets.base import weakly
from lumen_widgets.widgets.mask_painter.widget import painting_of
from lumen_widgets.widgets.picture_names import picture_name
from lumen_widgets.widgets.prompt_form.messages import FormPicture
from lumen_widgets.widgets.prompt_form.uploads import PictureFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# px of a thumbnail's longer side
_THUMBNAIL = 96
# characters of a name or an address: more do not help to recognise a picture
_NAME_LENGTH = 60


@dataclass(frozen=True)
class Reference:
    """One picture that a form holds, and what is known of it by now."""

    key: str
    source: Any
    mask: bool
    name: str
    width: int = 0
    height: int = 0
    thumbnail: str | None = None
    error: str = ""
    # of a mask, the part that it repaints
    coverage: float | None = None
    # how often a painter's mask was found changed
    revision: int = 0
    # the digest of a picture of ours, or of one whose file says how it was made
    ours: str = ""
    # whether what is known is of its latest state, or is being read
    fresh: bool = False

    def shown(self) -> FormPicture:
        """Return it as a form shows it."""
        return FormPicture(
            key=self.key,
            name=self.name,
            width=self.width,
            height=self.height,
            thumbnail=self.thumbnail,
            error=self.error,
            coverage=self.coverage,
            ours=self.ours,
        )


class ReferencePictures:
    """What a form knows of its pictures; safe to use from any thread.

    Parameters
    ----------
    changed
        Called, on any thread, when more is known.
    is_known
        Says whether it is known how a picture was made, by its digest, its file (None for a
        `Picture`) and its name; called on a thread of its own, where it may take time.

    """

    def __init__(
        self, changed: Callable[[], None], is_known: Callable[[str, bytes | None, str], bool]
    ) -> None:
        self._changed = changed
        self._is_known = is_known
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._images: list[Reference] = []
        self._mask: list[Reference] = []
        # reading and shrinking a picture takes longer than a message handler may
        self._reader = Worker("lumen-pictures", "a form could not read its pictures")
        self._painter: Any = None
        self._unsubscribe: Callable[[], None] = lambda: None

    @property
    def images(self) -> list[Reference]:
        """The reference pictures, in order."""
        with self._lock:
            return list(self._images)

    @property
    def mask(self) -> Reference | None:
        """The mask, where there is one."""
        with self._lock:
            return next(iter(self._mask), None)

    def shown(self) -> tuple[list[FormPicture], FormPicture | None]:
        """Return the reference pictures and the mask as a form shows them."""
        mask = self.mask
        return [one.shown() for one in self.images], None if mask is None else mask.shown()

    def hold(self, images: Sequence[Any], mask: Any) -> None:
        """Hold these pictures; what is known of those that were held before is kept."""
        with self._lock:
            self._images = self._matched(self._images, images, mask=False)
            self._mask = self._matched(self._mask, [] if mask is None else [mask], mask=True)
            self._subscribe(mask)
            self._read_soon()
        self._changed()

    def close(self) -> None:
        """Let go of the pictures, and of a painter among them."""
        with self._lock:
            self._images, self._mask = [], []
            self._subscribe(None)

    def _subscribe(self, mask: Any) -> None:
        """Subscribe to the changes of a mask that is a painter."""
        if mask is self._painter:
            return
        self._unsubscribe()
        self._painter, self._unsubscribe = mask, lambda: None
        if hasattr(mask, "__lumen_mask__") and hasattr(mask, "on_change"):
            self._unsubscribe = mask.on_change(weakly(self._reread_mask))

    def _reread_mask(self) -> None:
        with self._lock:
            self._mask = [
                replace(one, fresh=False, revision=one.revision + 1) for one in self._mask
            ]
            self._read_soon()

    def _read_soon(self) -> None:
        if any(not one.fresh for one in self._all()):
            self._reader.run_soon(self._read_all)

    def _matched(
        self, before: list[Reference], sources: Sequence[Any], *, mask: bool
    ) -> list[Reference]:
        left = list(before)
        found = []
        for source in sources:
            known = next((one for one in left if one.source is source), None)
            if known is None:
                known = Reference(str(next(self._numbers)), source, mask, _name_of(source))
            else:
                left.remove(known)
            found.append(known)
        return found

    def _all(self) -> list[Reference]:
        return [*self._images, *self._mask]

    def _read_all(self) -> None:
        while True:
            with self._lock:
                reference = next((one for one in self._all() if not one.fresh), None)
                if reference is None:
                    return
                self._replace(replace(reference, fresh=True))
            known = self._known_to_us(_read(reference))
            with self._lock:
                now = next((one for one in self._all() if one.key == known.key), known)
                self._replace(replace(known, fresh=now.fresh, revision=now.revision))
            self._changed()

    def _known_to_us(self, reference: Reference) -> Reference:
        """Return a reference picture with its digest, if it is known how it was made."""
        if reference.mask or reference.error:
            return replace(reference, ours="")
        file, source = None, reference.source
        if isinstance(source, Picture):
            digest = source.sha256
        else:
            file = _file_of(source)
            digest = "" if file is None else hashlib.sha256(file).hexdigest()
        known = digest and self._is_known(digest, file, reference.name)
        return replace(reference, ours=digest if known else "")

    def _replace(self, known: Reference) -> None:
        for row in (self._images, self._mask):
            row[:] = [known if one.key == known.key else one for one in row]


def _read(reference: Reference) -> Reference:
    """Return a reference with all that can be found out about it, never an exception."""
    source = reference.source
    share: float | None = None
    try:
        if reference.mask and (painting := painting_of(source)) is not None:
            share = painting.coverage
            # as it is now: it is looked at again with the next stroke
            source = painting.array if share else source
        found = read_mask(source) if reference.mask else read_picture(source)
        if isinstance(found, LocalMask):
            share = found.repaint.share
            # drawn from the mask's pixels when it was read: its file need not be decoded again
            size, small = (found.width, found.height), data_uri(found.repaint.thumbnail)
        elif isinstance(source, Picture):
            size, small = (source.width, source.height), _small(source)
        elif isinstance(found, LocalPicture):
            size, small = (found.width, found.height), _small(_as_picture(found))
        else:
            # the service alone fetches it
            size, small = (0, 0), None
    except LumenError as error:
        return replace(reference, error=error_words(error), coverage=share)
    except Exception as error:  # noqa: BLE001 # a user's object may raise anything; the form says what
        return replace(reference, error=f"This is not a picture: {type(error).__name__}.")
    return replace(
        reference, width=size[0], height=size[1], thumbnail=small, error="", coverage=share
    )


def _file_of(source: Any) -> bytes | None:
    """Return a file's bytes, as a journal knows them; None for what is no file."""
    if isinstance(source, bytes | bytearray | memoryview):
        return source if isinstance(source, bytes) else bytes(source)
    # what has an address is not fetched for this
    if isinstance(source, str | os.PathLike) and not (isinstance(source, str) and is_url(source)):
        try:
            return Path(os.fsdecode(source)).read_bytes()
        except (OSError, TypeError, ValueError):
            return None
    return None


def _as_picture(found: LocalPicture) -> Picture:
    return Picture(
        found.data,
        media_type=found.media_type,
        width=found.width,
        height=found.height,
        sha256=found.sha256,
    )


def _small(picture: Picture) -> str:
    return data_uri(*thumbnail(picture, _THUMBNAIL))


def _name_of(source: Any) -> str:
    """Return a name for a picture; never the whole of an address, which may be signed."""
    if isinstance(source, PictureFile):
        name = source.name
    elif isinstance(source, Picture):
        name = picture_name(source)
    elif isinstance(source, str) and "://" in source:
        name = _address_name(source)
    elif isinstance(source, str) and source.lstrip()[:5].lower() == "data:":
        name = "data: URI"
    elif isinstance(source, str | os.PathLike):
        try:
            name = Path(os.fsdecode(source)).name
        except (TypeError, ValueError):
            name = ""
    elif isinstance(source, bytes | bytearray | memoryview):
        name = f"{len(source)} bytes"
    else:
        name = type(source).__name__
    return shortened(name, _NAME_LENGTH) or "picture"


def _address_name(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        return f"{parts.hostname or ''} · {parts.path.rpartition('/')[2]}".strip(" ·")
    except ValueError:
        return "address"
