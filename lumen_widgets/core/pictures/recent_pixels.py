"""The pixels of pictures that were decoded a moment ago, so that nobody decodes them again.

A picture that arrives in a cell is checked, shown, drawn in small and often opened by the next
line, all within a second; decoding it takes longer than the rest together.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.core.pictures.decoding import MAX_PIXELS, Decoded, check_size, decode
from lumen_widgets.core.signal import forked

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

# Two pictures of 4096 x 4096, or thirty-two of 1024 x 1024.
MOST_BYTES = 128 * 1024 * 1024

# Seconds: what is shown is shown within one, and who opens it in the next line has it by then.
_SECONDS = 10.0

# Pillow's bytes a pixel; it stores three channels as four.
_PIXEL_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2}
_COLOUR_BYTES = 4


class _Kept(NamedTuple):
    data: bytes
    decoded: Decoded
    size: int
    until: float


class RecentPixels:
    """Decodes pictures, and keeps their pixels for some seconds; safe to use from any thread.

    Parameters
    ----------
    most_bytes
        What all that is kept may take; a picture that takes more is not kept.
    seconds
        How long it is kept.
    clock
        Seconds that only go forward.

    """

    _kept: list[_Kept]
    _timer: threading.Timer | None

    def __init__(
        self,
        most_bytes: int = MOST_BYTES,
        seconds: float = _SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._clock = clock
        self._begin_anew()
        forked.connect_method(self._begin_anew)

    def decode(
        self, data: bytes, *, max_pixels: int = MAX_PIXELS, long_side: int | None = None
    ) -> Decoded:
        """Return what `decode` does, from before where it is still kept, and then of its full size.

        The image belongs to all who ask for it: it is only to be looked at. One that is decoded for
        a long side is not kept, since others need more of it.

        Raises
        ------
        UnreadablePicture
            As `decode`.

        """
        found = self._find(data)
        if found is not None:
            check_size(found.image.width, found.image.height, max_pixels)
            return found
        decoded = decode(data, max_pixels=max_pixels, long_side=long_side)
        if long_side is None:
            self._keep(data, decoded)
        return decoded

    def let_go(self) -> None:
        """Let go of what was kept for long enough."""
        with self._lock:
            now = self._clock()
            self._kept = [one for one in self._kept if one.until > now]
            self._timer = None
            if self._kept:
                self._let_go_in(self._kept[0].until - now)

    @property
    def size(self) -> int:
        """Bytes that are kept now."""
        with self._lock:
            return sum(one.size for one in self._kept)

    def _begin_anew(self, _: None = None) -> None:
        """Keep nothing, as in a forked child, which has no thread that would let go of it."""
        self._lock = threading.RLock()
        self._kept = []
        self._timer = None

    def _find(self, data: bytes) -> Decoded | None:
        # By identity: to compare or digest the bytes of each would cost more than it saves.
        with self._lock:
            return next(
                (
                    one.decoded
                    for one in self._kept
                    if one.data is data or one.decoded.clean is data
                ),
                None,
            )

    def _keep(self, data: bytes, decoded: Decoded) -> None:
        size = _bytes_of(decoded.image) + len(data)
        size += 0 if decoded.clean is data else len(decoded.clean)
        if size > self._most_bytes:
            return
        with self._lock:
            room = self._most_bytes - size
            while sum(one.size for one in self._kept) > room:
                del self._kept[0]
            self._kept.append(_Kept(data, decoded, size, self._clock() + self._seconds))
            if self._timer is None or not self._timer.is_alive():
                self._let_go_in(self._seconds)

    def _let_go_in(self, seconds: float) -> None:
        """Have `let_go` called, or let go at once where there are no threads."""
        timer = threading.Timer(seconds, self.let_go)
        timer.name, timer.daemon = "lumen-pixels", True
        self._timer = timer
        try:
            timer.start()
        except (RuntimeError, MemoryError):
            self._kept = []


def recent_pixels() -> RecentPixels:
    """Return the process's own; made when it is first asked for, since an import makes no lock."""
    return _shared.get("") or _shared.setdefault("", RecentPixels())


_shared: dict[str, RecentPixels] = {}


def _bytes_of(image: Image) -> int:
    return image.width * image.height * _PIXEL_BYTES.get(image.mode, _COLOUR_BYTES)
