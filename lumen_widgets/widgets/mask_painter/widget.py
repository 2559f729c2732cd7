"""The mask painter: paint on a picture what is to be painted anew, by hand and by code alike.

Protocol (`messages.py`): the browser paints by itself and at once, and sends one message for each
operation. Each model in each browser tab has a copy of the mask, which numbers its steps. The
kernel puts the steps of all copies and of Python into one order, says which it accepted, and draws
the mask when it is asked for. A copy says *hello* and gets the whole history; it keeps the steps
that are not decided yet on top of those that are. Where a call wants the mask, the kernel *asks*
for the number of each copy's last step, and waits until those have arrived and painting pauses.

A painter shows one painting (`painting.py`), and can be given another: then each page begins with
a copy of that one. What it has sent of the former is still taken in, since each message names the
painting that it is about.

How far the picture is to grow is no part of the mask and of its undo steps: the browser sets it at
once and sends one message when a drag ends; the kernel tells every page by a trait, so that a page
that is reloaded has it too.

The picture is part of the widget's state, so that a page has it at once, also while the kernel is
busy. Front ends keep that state in the saved notebook: with `static=False` the picture is no part
of it, and a page *asks for the picture* once it shows the painter.
"""

from __future__ import annotations

import math
import re
import threading
import weakref
from numbers import Real
from typing import TYPE_CHECKING, Any

import traitlets
from ipywidgets import DOMWidget

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.signal import Signal, check_callable
from lumen_widgets.masks.operations import FARTHEST, MODES
from lumen_widgets.notebook.cell_status import share_words
from lumen_widgets.widgets.base import ChildWidget, LumenWidget, weakly
from lumen_widgets.widgets.browser_values import checked
from lumen_widgets.widgets.bundles import bundle
from lumen_widgets.widgets.mask_painter.canvas import PictureCanvas
from lumen_widgets.widgets.mask_painter.mask_by_code import MaskByCode
from lumen_widgets.widgets.mask_painter.messages import ShownPainting
from lumen_widgets.widgets.mask_painter.painting import Painting
from lumen_widgets.widgets.mask_painter.session import PainterSession
from lumen_widgets.widgets.mask_painter.static_form import add_painting
from lumen_widgets.widgets.static_form import StaticParts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from ipycanvas import Canvas
    from ipywidgets import Widget
    from numpy.typing import NDArray

    from lumen_widgets.client.exact.wish import Sides
    from lumen_widgets.core.pictures.images import PictureSource
    from lumen_widgets.core.pictures.masks import MaskSource
    from lumen_widgets.masks.mask_file import SavedMask
    from lumen_widgets.widgets.mask_painter.messages import GroundSides
    from lumen_widgets.widgets.mask_painter.picture import BackgroundPicture
    from lumen_widgets.widgets.mask_painter.step_log import LeftMask, StepLog
    from lumen_widgets.widgets.static_form import StaticForm

# the traits that a browser may write: the controls
_CONTROLS = frozenset({"tool", "radius", "mode", "color", "opacity"})


class _Number(traitlets.Float[Any, Any]):
    """A number, whosever it is: traitlets takes none of numpy's but float64."""

    def validate(self, obj: Any, value: Any) -> Any:
        """Return the number as Python's own, or raise `TraitError` for what is none."""
        return super().validate(obj, float(value) if isinstance(value, Real) else value)


class MaskPainter(MaskByCode, LumenWidget):
    """A picture to paint a mask on; pass it as the mask to `inpaint`.

    What is painted is repainted. All coordinates are picture pixels, (0, 0) the top left corner of
    the top left pixel; every call is one undo step, and works without a browser too.

    Parameters
    ----------
    image
        A path, bytes, a PIL image, a uint8 array of shape (height, width[, 3 or 4]), a `Picture`,
        or an http(s) address, which is fetched. It stands as its EXIF orientation says. Or the
        `painting` of another painter, to go on with.
    mask
        What to begin with, as `inpaint` takes a mask; a file that `save` made brings back its
        undo steps too. None is nothing.
    static
        Whether the saved notebook keeps the picture, and under the painter a picture of the mask.

    Raises
    ------
    InvalidRequest
        One of them cannot be read, or they differ in size; the message says what to give. Or a
        painting is given another mask.

    Examples
    --------
    >>> painter = lumen.MaskPainter("photo.png")  # doctest: +SKIP
    >>> painter.ellipse(200, 120, 300, 260)  # doctest: +SKIP
    >>> lumen.inpaint("a corgi", "photo.png", painter)  # doctest: +SKIP

    """

    _esm = bundle("mask_painter.js")
    _css = bundle("mask_painter.css")

    language = traitlets.Enum(["", "en", "zh"], default_value="").tag(sync=True)
    """What the painter speaks: English, Chinese, or, by default, what the browser prefers. Written
    by Python."""

    static = traitlets.Bool(default_value=True)
    """Whether the saved notebook keeps the picture, in the painter's state, and under the painter,
    for when there is no kernel, a smaller one with the mask, its share and its code (True by
    default). False leaves none of it there: a page then gets the picture from the kernel, once that
    is free. Written by Python."""

    tool = traitlets.Enum(["brush", "eraser", "rectangle", "ellipse"], default_value="brush").tag(
        sync=True
    )
    """What a drag does: ``"brush"`` (the default), ``"eraser"``, ``"rectangle"`` or ``"ellipse"``.
    Written by the user and by Python."""

    radius = _Number(min=0.5, max=FARTHEST).tag(sync=True)
    """Of brush and eraser, in picture pixels, at least 0.5; at first 3 % of the picture's sides.
    Written by the user and by Python."""

    mode = traitlets.Enum(list(MODES), default_value="add").tag(sync=True)
    """How a shape that is dragged goes into the mask: ``"add"`` (the default), ``"subtract"`` or
    ``"intersect"``. Written by the user and by Python."""

    color = traitlets.Unicode("#e0218a").tag(sync=True)
    """The overlay's colour as ``"#rrggbb"``. Written by the user and by Python."""

    opacity = _Number(0.5, min=0.0, max=1.0).tag(sync=True)
    """The overlay's opacity, 0 to 1. Default 0.5. Written by the user and by Python."""

    _shown: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    """What is painted on now, as a `ShownPainting`. Written by the kernel."""

    _canvas = ChildWidget(DOMWidget, "IPY_MODEL_")
    """The ipycanvas `MultiCanvas` that shows the picture; None once it or a layer of it was closed:
    then the browser shows the picture on a canvas of its own. Written by the kernel."""

    _picture = traitlets.Bytes().tag(
        sync=True, to_json=lambda file, self: file if self.static else b""
    )
    """The file of the picture as it is shown: a JPEG or a PNG. Empty once the painter was closed,
    and for pages where it is not `static`. Written by the kernel."""

    _offer = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether the painter that this one's cell showed before left a mask of the same picture, or
    new ground, which can be taken over while nothing is painted. Default False. Written by the
    kernel."""

    _sides = traitlets.Dict().tag(sync=True)
    """How far the picture is to grow on each side, and whose change that was: `DecidedSides`.
    Written by the kernel."""

    # here too, since ipywidgets closes even what could not be made
    _layers: PictureCanvas | None = None

    def __init__(
        self,
        image: PictureSource | BackgroundPicture | Painting,
        mask: MaskSource | SavedMask | None = None,
        *,
        static: bool = True,
    ) -> None:
        if not isinstance(image, Painting):
            image = Painting(image, mask)
        elif mask is not None:
            raise InvalidRequest(
                "A painting has a mask already.",
                next_step="Leave out mask, or give the picture instead: painting.image.",
                field="mask",
            )
        self._painting = image
        self._changed: Signal[None] = Signal("a painter")
        self._extended: Signal[None] = Signal("a painter")
        # of two threads that give it a painting, one is first
        self._giving = threading.RLock()
        # one for each painting that it has shown, while something holds that
        self._sessions: weakref.WeakValueDictionary[str, PainterSession] = (
            weakref.WeakValueDictionary()
        )
        self._layers = PictureCanvas(image.picture)
        super().__init__(**self._state_of(image), _canvas=self._layers.widget, static=static)
        self.observe(lambda _: self.send_state("_picture"), "static")
        self.observe(self._note_static, ["static", "color", "opacity"])
        self._follow = self._followed(image)
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        """Return the painter in words, for front ends that cannot show it."""
        painting = self._painting
        return (
            f"Lumen mask painter · {painting.picture.width} x {painting.picture.height} · "
            f"{100 * painting.coverage:.1f} % painted"
        )

    @property
    def painting(self) -> Painting:
        """What the painter shows: a picture, and what is painted on it.

        Set it to another one to go on with that. A painting has all that code does with a painter,
        may be passed as a mask, and stays what it is when the painter goes on to another.

        Raises
        ------
        InvalidRequest
            On setting it: it is no painting, or the painter is closed.

        Examples
        --------
        >>> first = painter.painting  # doctest: +SKIP
        >>> painter.painting = lumen.MaskPainter("other.png").painting  # doctest: +SKIP

        """
        return self._painting

    @painting.setter
    def painting(self, painting: Painting) -> None:
        if not isinstance(painting, Painting):
            raise InvalidRequest(
                f"painting is of type {type(painting).__name__}.",
                next_step="Give the painting of a painter: lumen.MaskPainter(picture).painting.",
                field="painting",
            )
        with self._giving:
            before = self._painting
            if painting is before:
                return
            if self.comm is None or self._layers is None:
                raise InvalidRequest(
                    "The painter is closed.",
                    next_step="Make a new one: lumen.MaskPainter(painting).",
                    field="painting",
                )
            before.controls = {name: getattr(self, name) for name in _CONTROLS}
            for end in self._follow:
                end()
            self._painting = painting
            if (session := self._sessions.get(before.id)) is not None:
                before.put_aside(session)
            # before any page can say hello to it
            self._follow = self._followed(painting)
            if not self._layers.show(painting.picture):
                self._layers = PictureCanvas(painting.picture)
            # all of it in one message
            with self.hold_sync():
                for name, value in self._state_of(painting).items():
                    self.set_trait(name, value)
                self._canvas = self._layers.widget
        self._note_static()
        self._changed.send(None)
        self._extended.send(None)

    @property
    def image(self) -> PictureSource:
        """What is painted on, as it was given."""
        return self._painting.image

    @property
    def canvas(self) -> Canvas:
        """The ipycanvas layer between picture and mask, free to draw on; it is in no mask.

        Its coordinates are picture pixels. ipycanvas forgets a drawing when the page is reloaded:
        give ``painter.canvas.on_client_ready`` what draws it again.
        """
        assert self._layers is not None  # noqa: S101 # for the type checker: __init__ sets it
        return self._layers.free

    @property
    def sides(self) -> GroundSides:
        """How many pixels of new ground the picture is to get on each side, as `extend` takes them.

        A dict of left, top, right and bottom, and a copy; at first all are 0. Written by the user,
        with *Extend*, and by Python: with a mapping, in which a side that is left out is 0. It is
        in no mask, and no undo step.

        Raises
        ------
        InvalidRequest
            On setting it: a side is no whole number from 0 to 4096, or the larger side of the
            extended picture would be longer than 4096 pixels.

        Examples
        --------
        >>> painter.sides = {"left": 256, "right": 256}  # doctest: +SKIP
        >>> lumen.extend("more beach", picture, **painter.sides)  # doctest: +SKIP

        """
        return self._painting.sides

    @sides.setter
    def sides(self, value: Mapping[str, int] | Sides) -> None:
        self._painting.sides = value

    def on_change(self, fn: Callable[[], None]) -> Callable[[], None]:
        """Have `fn` called after every step, on the thread that logged it; returns what ends that.

        And once it shows another painting. What it raises is logged.

        Examples
        --------
        >>> painter.on_change(lambda: print(f"{painter.coverage:.1%}"))  # doctest: +SKIP

        """
        check_callable(fn)
        return self._changed.connect(lambda _: fn())

    def on_extend(self, fn: Callable[[], None]) -> Callable[[], None]:
        """Have `fn` called after `sides` changed, on the thread that did it.

        Returns what ends that; what `fn` raises is logged.

        Examples
        --------
        >>> painter.on_extend(lambda: print(painter.sides))  # doctest: +SKIP

        """
        check_callable(fn)
        return self._extended.connect(lambda _: fn())

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Set what a browser wrote; what no control could have written is left out."""
        accepted, _ = checked(self, sync_data, _CONTROLS)
        # as it was written: where a trait holds something else, the browser is told so
        super().set_state({name: sync_data[name] for name in accepted})

    def close(self) -> None:
        """Take the painter from every page; what was painted can still be asked for."""
        super().close()

    def __lumen_mask__(self) -> NDArray[np.bool_]:
        """Return the mask for a call: that of what it shows now, as `Painting` returns it."""
        return self._painting.__lumen_mask__()

    @property
    def _steps(self) -> StepLog:
        return self._painting.steps

    def _state_of(self, painting: Painting) -> dict[str, Any]:
        """Return the traits that show a painting."""
        picture = painting.picture
        return {
            **painting.controls,
            "_shown": ShownPainting(
                painting=painting.id, width=picture.width, height=picture.height, alt=picture.alt
            ),
            "_picture": picture.file,
            "_sides": painting.ground.decided,
            "_offer": painting.steps.offered is not None,
        }

    def _followed(self, painting: Painting) -> tuple[Callable[[], None], ...]:
        """Follow what is done with a painting; return what ends that."""
        session = self._sessions.get(painting.id) or PainterSession(self, painting)
        self._sessions[painting.id] = session
        painting.show(session)
        ground = painting.ground
        return (
            painting.steps.changed.connect(weakly(self._tell_changed)),
            ground.changed.connect(weakly(self._show_sides)),
            # a copy that sends again was not told
            ground.repeated.connect(weakly(self._repeat_sides)),
        )

    def _receive(self, _: Any, content: Any, buffers: Any) -> None:
        """Hand a message to the painting that it names."""
        name = content.get("painting") if isinstance(content, dict) else None
        session = self._sessions.get(name) if isinstance(name, str) else None
        if session is not None:
            session.receive(self, content, buffers)

    def static_form(self) -> StaticForm | None:
        """Return what stays of it in a saved notebook: see `LumenWidget.static_form`."""
        if not self.static:
            return None
        painting, parts = self._painting, StaticParts()
        size = f"{painting.picture.width} x {painting.picture.height}"
        share = painting.coverage
        painted = f"{share_words(share)} painted" if share else "nothing painted"
        parts.add_line("Lumen mask painter", size, painted)
        add_painting(parts, painting, color=self.color, opacity=self.opacity)
        return parts.form()

    def _tell_changed(self, _: None) -> None:
        self._note_static()
        self._changed.send(None)

    def _show_sides(self, _: None) -> None:
        self.set_trait("_sides", self._painting.ground.decided)
        self._note_static()
        self._extended.send(None)

    def _repeat_sides(self, _: None) -> None:
        self.send_state("_sides")

    def _release(self) -> None:
        if self._layers is not None:
            self._layers.close()
            for one in list(self._sessions.values()):
                one.close()
            if (session := self._sessions.get(self._painting.id)) is not None:
                self._painting.put_aside(session)
            self._painting.controls = {name: getattr(self, name) for name in _CONTROLS}
            self._picture = b""

    def _leaves(self) -> LeftMask | None:
        return self._painting.steps.leave(self._painting.ground.sides)

    def _takes(self, left: Any) -> bool:
        if left is not None and not self._painting.steps.take(left):
            return False
        self._offer = self._offer or left is not None
        return True

    def _with_parts(self) -> Sequence[Widget]:
        return [self, *(self._layers.parts() if self._layers is not None else ())]

    @traitlets.validate("radius", "opacity")
    def _check_number(self, proposal: Any) -> float:
        value = float(proposal["value"])
        # the limits of a trait let pass what is not a number, and JSON has no infinity
        if not math.isfinite(value):
            raise traitlets.TraitError(f"{proposal['trait'].name} is {value}. Give a number.")
        return value

    @traitlets.validate("color")
    def _check_color(self, proposal: Any) -> str:
        color = str(proposal["value"]).strip().lower()
        if not re.fullmatch("#[0-9a-f]{6}", color):
            raise traitlets.TraitError(
                f"color is {proposal['value']!r}. Write it as '#rrggbb', such as '#e0218a'."
            )
        return color


def painting_of(mask: Any) -> Painting | None:
    """Return the painting that a mask is, or that a painter shows now; None of any other mask."""
    if isinstance(mask, MaskPainter):
        return mask.painting
    return mask if isinstance(mask, Painting) else None
