"""A painting: a picture, what is painted on it, and how far it is to grow.

It needs no widget: a painter shows it for a while, and may go on to another one. What is sent is
made of the painting, so that it is the same whatever the painter shows by then.
"""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from lumen_widgets.core.signal import check_callable
from lumen_widgets.widgets.mask_painter.mask_by_code import MaskByCode
from lumen_widgets.widgets.mask_painter.new_ground import NewGround
from lumen_widgets.widgets.mask_painter.picture import read_background, read_start
from lumen_widgets.widgets.mask_painter.step_log import StepLog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from lumen_widgets.client.exact.wish import Sides
    from lumen_widgets.core.pictures.images import PictureSource
    from lumen_widgets.core.pictures.masks import MaskSource
    from lumen_widgets.masks.mask_file import SavedMask
    from lumen_widgets.widgets.mask_painter.messages import GroundSides
    from lumen_widgets.widgets.mask_painter.picture import BackgroundPicture

# a brush that is seen on any picture, and that paints an eye as well as a sky: part of its size
_FIRST_RADIUS = 0.03


class Session(Protocol):
    """What a painter says to its pages about a painting: see `PainterSession`."""

    shown: bool
    ended: bool

    def wait_until_quiet(self) -> None:
        """Wait for what is still on its way from a page."""


class Painting(MaskByCode):
    """A picture with what is painted on it; pass it as the mask to `inpaint`.

    Parameters
    ----------
    image, mask
        As for `MaskPainter`.

    Raises
    ------
    InvalidRequest
        As from `MaskPainter`.

    Attributes
    ----------
    id : str
        What messages name it by.
    picture : BackgroundPicture
        The picture as a painter shows it.
    steps : StepLog
        What makes the mask.
    ground : NewGround
        How far the picture is to grow.
    controls : dict
        How a painter's controls were left, by the names of its traits; at first a brush to match.

    Examples
    --------
    >>> painting = form.paint(pictures[0])  # doctest: +SKIP
    >>> painting.ellipse(200, 120, 300, 260)  # doctest: +SKIP
    >>> lumen.inpaint("a corgi", painting.image, painting)  # doctest: +SKIP

    """

    def __init__(
        self,
        image: PictureSource | BackgroundPicture,
        mask: MaskSource | SavedMask | None = None,
    ) -> None:
        picture = read_background(image)
        width, height = picture.width, picture.height
        self.id = uuid4().hex
        self.picture = picture
        self.steps = StepLog(width, height, read_start(mask, width, height), picture.digest)
        self.ground = NewGround(width, height, self.id)
        radius = round(2 * _FIRST_RADIUS * math.sqrt(width * height)) / 2
        self.controls: dict[str, Any] = {
            "tool": "brush",
            "mode": "add",
            "radius": max(0.5, radius),
        }
        self._lock = threading.Lock()
        self._sessions: tuple[Session, ...] = ()

    def __repr__(self) -> str:
        """Return the painting in words."""
        return (
            f"Lumen painting · {self.picture.width} x {self.picture.height} · "
            f"{100 * self.coverage:.1f} % painted"
        )

    @property
    def image(self) -> PictureSource:
        """What is painted on, as it was given."""
        return self.picture.source  # type: ignore[no-any-return] # as `MaskPainter` was given it

    @property
    def sides(self) -> GroundSides:
        """How many pixels of new ground the picture is to get on each side: see `MaskPainter`."""
        return self.ground.decided["sides"].copy()

    @sides.setter
    def sides(self, value: Mapping[str, int] | Sides) -> None:
        self.ground.set(value)

    def on_change(self, fn: Callable[[], None]) -> Callable[[], None]:
        """Have `fn` called after every step, on the thread that logged it; returns what ends that.

        What it raises is logged.
        """
        check_callable(fn)
        return self.steps.changed.connect(lambda _: fn())

    def on_extend(self, fn: Callable[[], None]) -> Callable[[], None]:
        """Have `fn` called after `sides` changed, on the thread that did it.

        Returns what ends that; what `fn` raises is logged.
        """
        check_callable(fn)
        return self.ground.changed.connect(lambda _: fn())

    def __lumen_mask__(self) -> NDArray[np.bool_]:
        """Return the mask for a call, once there was no step for a tenth of a second.

        It waits for the steps that the browsers say they have made, five seconds at most, also
        where they show another painting by now. The mask is handed on as the array that it is: what
        hosts it makes the file.
        """
        for session in self._sessions:
            session.wait_until_quiet()
        return self.array

    def show(self, session: Session) -> None:
        """Take in that a painter shows this from here on, and has a session about it."""
        with self._lock:
            session.shown = True
            others = [one for one in self._sessions if one is not session and not one.ended]
            self._sessions = (*others, session)
            self.steps.follow()

    def put_aside(self, session: Session) -> None:
        """Take in that a painter shows this no more; steps may still come from its pages."""
        with self._lock:
            session.shown = False
            self._sessions = tuple(one for one in self._sessions if not one.ended)
            if not any(one.shown for one in self._sessions):
                self.steps.rest()

    @property
    def _steps(self) -> StepLog:
        return self.steps
