"""The painter inside a form: which picture is painted on, and what the form was before."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from lumen_widgets.client import InvalidRequest
from lumen_widgets.client.exact.wish import Sides
from lumen_widgets.core.models import INPAINT, MODELS
from lumen_widgets.notebook.cell_status import error_words
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.notebook.worker import Worker
from lumen_widgets.widgets.base import weakly
from lumen_widgets.widgets.mask_painter.picture import read_background
from lumen_widgets.widgets.mask_painter.widget import MaskPainter
from lumen_widgets.widgets.prompt_form.messages import ChosenModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

    from anywidget import AnyWidget

    from lumen_widgets.widgets.mask_painter.picture import BackgroundPicture

_SIDES = Sides._fields
# what a painter that goes on where another was closed has of it, beside the mask
_CONTROLS = ("tool", "radius", "mode", "color", "opacity")


@dataclass(frozen=True)
class _Before:
    """What a form had before somebody painted in it."""

    mask: Any
    sides: Sides


class FormPainter:
    """Opens and closes the painter of one form; safe to use from any thread.

    The form's mask is the painter, open or closed: a closed one still has its mask. Nothing of it
    is lost by closing it, or by painting on another picture meanwhile.

    Parameters
    ----------
    form
        The form, whose traits ``images``, ``mask``, ``model`` and sides say what is sent, and whose
        ``painter`` is the open painter.
    changed
        Called when there is something new to show, on any thread.

    """

    def __init__(self, form: AnyWidget, changed: Callable[[], None]) -> None:
        self._form: Any = form
        self._changed = changed
        self._lock = threading.RLock()
        # whether it is this that changes the form
        self._changing = False
        self._before: _Before | None = None
        self._chosen: ChosenModel | None = None
        # what was painted on each picture, newest last
        self._painters: list[MaskPainter] = []
        self._unsubscribe: Callable[[], None] = lambda: None
        # a picture that is an address may take a minute to fetch
        self._reader = Worker("lumen-painters", "a form could not open a painter")

    @property
    def chosen(self) -> ChosenModel | None:
        """The model that was chosen here, while the form has it."""
        chosen = self._chosen
        return chosen if chosen is not None and chosen["model"] == self._form.model else None

    def owns(self, mask: Any) -> bool:
        """Say whether a mask was painted in this form."""
        return any(one is mask for one in self._painters)

    def open_soon(self, source: Any, done: Callable[[str], None]) -> None:
        """Open the painter on a picture of the form, which is read on another thread.

        Parameters
        ----------
        source
            The picture.
        done
            Called with an empty text once it is open, else with the reason why not, on another
            thread.

        """
        if self._open_on(source) is not None:
            done("")
        else:
            self._reader.run_soon(partial(self._read, source, done))

    def open(self, source: Any, picture: BackgroundPicture | None = None) -> MaskPainter:
        """Open the painter on a picture of the form; a picture that was read need not be again.

        Raises
        ------
        InvalidRequest
            It cannot be painted on.

        """
        if (painter := self._open_on(source)) is not None:
            return painter
        # before the lock, for which a page's message would wait
        background = picture or read_background(source)
        with self._lock:
            if (painter := self._open_on(source)) is not None:
                return painter
            painted = next((one for one in self._painters if one.image is source), None)
            made = MaskPainter(
                background,
                None if painted is None else painted.saved,
                static=self._form.static,
            )
            made.language = self._form.language
            for name in _CONTROLS if painted is not None else ():
                made.set_trait(name, getattr(painted, name))
            if self._before is None:
                self._before = _Before(self._form.mask, self._sides())
            self._painters = [*(one for one in self._painters if one is not painted), made]
            with self._own_change():
                self._form.mask = made
                self._show(made)
            self.choose_model("repaint")
        self._changed()
        return made

    def close(self) -> None:
        """Close the painter; what is painted stays the mask, and nothing painted is no mask."""
        with self._lock:
            if self._form.painter is not None:
                self._form.painter.close()

    def discard(self) -> None:
        """Throw away what is painted on the picture; the form is as it was before."""
        with self._lock:
            mask = self._form.mask
            if self.owns(mask):
                self._painters = [one for one in self._painters if one is not mask]
                self._go_back()
        self._changed()

    def choose_model(self, cannot: Literal["repaint", "extend"]) -> None:
        """Choose the first model that can repaint, unless the form's may."""
        with self._lock:
            model = self._form.model
            able = [code for code, known in list(MODELS.items()) if INPAINT in known.can]
            if model not in MODELS or model in able or not able:
                return
            self._chosen = ChosenModel(model=able[0], instead_of=model, cannot=cannot)
            with self._own_change():
                self._form.model = able[0]
        self._changed()

    def end(self) -> None:
        """Close the painter and forget all, as the form closes."""
        with self._lock:
            self._unsubscribe()
            self._unsubscribe = lambda: None
            with self._own_change():
                if (painter := self._form.painter) is not None:
                    painter.close()
            self._painters, self._before = [], None
        publisher.forget(self)

    def painter_changed(self, change: Any) -> None:
        """Take in that the form's painter is another, or was closed by somebody."""
        with self._lock:
            if self._changing or change["new"] is not None or not self.owns(self._form.mask):
                return
            self._end_link()
            if not self._form.mask.coverage:
                self._give_up()
        self._changed()

    def mask_changed(self, _: Any) -> None:
        """Take in that somebody gave the form another mask, or took it away."""
        with self._lock:
            self._link(self._form.mask)
            if self._changing:
                return
            before, self._before = self._before, None
            with self._own_change():
                self._show(None)
            if before is not None and self._form.mask is None:
                self._restore_model()
        self._changed()

    def images_changed(self, _: Any) -> None:
        """Take in that the form has other pictures, perhaps without the one that is painted on."""
        with self._lock:
            held = self._form.images
            lost = [one for one in self._painters if not any(one.image is own for own in held)]
            if any(one is self._form.mask for one in lost):
                self.discard()
            self._painters = [one for one in self._painters if one not in lost]
        self._changed()

    def model_changed(self, _: Any) -> None:
        """Take in that somebody chose a model: that one stays, whatever becomes of the painting."""
        with self._lock:
            if not self._changing:
                self._chosen = None
        self._changed()

    def sides_changed(self, _: Any) -> None:
        """Have the painter extend its picture as the form says."""
        with self._lock:
            if not self._changing:
                self._extend_painter()

    def language_changed(self, _: Any) -> None:
        """Have the painter speak as the form does."""
        if self._form.painter is not None:
            self._form.painter.language = self._form.language

    def static_changed(self, _: Any) -> None:
        """Have the painter leave its picture in the saved notebook, or not, as the form says."""
        if self._form.painter is not None:
            self._form.painter.static = self._form.static

    def _read(self, source: Any, done: Callable[[str], None]) -> None:
        """Read a picture, and have the painter opened on the one thread that speaks to pages."""
        try:
            picture = read_background(source)
        except InvalidRequest as error:
            publisher.run_soon(partial(done, error_words(error)))
        else:
            publisher.run_soon(partial(self._open_read, picture, done))

    def _open_read(self, picture: BackgroundPicture, done: Callable[[str], None]) -> None:
        form = self._form
        if form.comm is None:
            return
        if not any(one is picture.source for one in form.images):
            done("It is not in the form any more.")
            return
        self.open(picture.source, picture)
        done("")

    def _open_on(self, source: Any) -> MaskPainter | None:
        painter: MaskPainter | None = self._form.painter
        return painter if painter is not None and painter.image is source else None

    def _show(self, painter: MaskPainter | None) -> None:
        """Show a painter in the form, and close the one that was there."""
        earlier = self._form.painter
        self._form.set_trait("painter", painter)
        if earlier is not None:
            earlier.close()

    def _give_up(self) -> None:
        """Take in that the painter was closed with nothing in it."""
        if not any(sides := self._sides()):
            # that nothing is to be extended is what the form says now
            before = self._before or _Before(None, sides)
            self._before = replace(before, sides=sides)
            self._go_back()
            return
        # an extension takes no mask, and goes on with the model that can
        self._before = None
        with self._own_change():
            self._form.mask = None

    def _go_back(self) -> None:
        """Make mask, model and sides what they were before somebody painted."""
        before, self._before = self._before or _Before(None, Sides()), None
        with self._own_change():
            for name, pixels in before.sides._asdict().items():
                self._form.set_trait(name, pixels)
            self._form.mask = before.mask
            self._show(None)
        self._restore_model()

    def _restore_model(self) -> None:
        """Take back the model that was chosen here, unless the user has chosen another since."""
        chosen, self._chosen = self.chosen, None
        if chosen is not None:
            with self._own_change():
                self._form.model = chosen["instead_of"]

    def _link(self, mask: Any) -> None:
        """Have form and mask extend the picture alike, where the mask is a painter."""
        self._end_link()
        if not isinstance(mask, MaskPainter):
            return
        # a painter that comes with new ground brings it along
        if any(mask.sides.values()) and not any(self._sides()):
            self._extend_form()
        else:
            self._extend_painter()
        self._unsubscribe = mask.on_extend(weakly(self._extend_form))

    def _end_link(self) -> None:
        self._unsubscribe()
        self._unsubscribe = lambda: None

    def _extend_form(self) -> None:
        with self._lock:
            if not isinstance(mask := self._form.mask, MaskPainter):
                return
            with self._own_change():
                for name, pixels in mask.sides.items():
                    self._form.set_trait(name, pixels)

    def _extend_painter(self) -> None:
        mask, sides = self._form.mask, self._sides()
        if isinstance(mask, MaskPainter) and mask.sides != sides._asdict():
            # what cannot be is said beside the form's own field
            with suppress(InvalidRequest):
                mask.sides = sides

    def _sides(self) -> Sides:
        return Sides(*(getattr(self._form, name) for name in _SIDES))

    @contextmanager
    def _own_change(self) -> Iterator[None]:
        """Change the form by what is not news to this."""
        earlier, self._changing = self._changing, True
        try:
            yield
        finally:
            self._changing = earlier
