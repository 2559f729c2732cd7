"""The painter inside a form: which picture is painted on, and what the form was before.

One painter is used for as long as it is open, and shows the painting of each picture in turn.
"""

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
from lumen_widgets.widgets.mask_painter.painting import Painting
from lumen_widgets.widgets.mask_painter.picture import read_background
from lumen_widgets.widgets.mask_painter.widget import MaskPainter, painting_of
from lumen_widgets.widgets.prompt_form.messages import ChosenModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

    from anywidget import AnyWidget

    from lumen_widgets.widgets.mask_painter.picture import BackgroundPicture

_SIDES = Sides._fields


@dataclass(frozen=True)
class _Before:
    """What a form had before somebody painted in it."""

    mask: Any
    sides: Sides


class FormPainter:
    """Opens and closes the painter of one form; safe to use from any thread.

    The form's mask is the painting, whether the painter shows it or not: what is sent is made of
    it. Nothing of it is lost by closing the painter, or by painting on another picture meanwhile.

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
        self._paintings: list[Painting] = []
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
        return any(one is mask for one in self._paintings)

    def is_another(self, painting_id: Any) -> bool:
        """Say whether a page means another painting than the one that is the form's mask.

        It may not have heard yet that the form has gone on. Where the form has no painting of its
        own as its mask, or the page names none, it means what the form has.
        """
        mask = self._form.mask
        named = isinstance(painting_id, str) and painting_id != ""
        return named and self.owns(mask) and mask.id != painting_id

    def find(self, painting_id: Any) -> Painting | None:
        """Return the painting of this form with an id; None if it was thrown away."""
        return next((one for one in self._paintings if one.id == painting_id), None)

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
        elif (known := self._painting_on(source)) is not None:
            publisher.run_soon(partial(self._open_read, known.picture, done))
        else:
            self._reader.run_soon(partial(self._read, source, done))

    def open(self, source: Any, picture: BackgroundPicture | None = None) -> Painting:
        """Open the painter on a picture of the form; a picture that was read need not be again.

        Raises
        ------
        InvalidRequest
            It cannot be painted on.

        """
        if (opened := self._open_on(source)) is not None:
            return opened
        # before the lock, for which a page's message would wait
        read = self._painting_on(source) or Painting(picture or source)
        with self._lock:
            if (opened := self._open_on(source)) is not None:
                return opened
            painting = self._painting_on(source) or read
            if self._before is None:
                self._before = _Before(self._form.mask, self._sides())
            others = [one for one in self._paintings if one is not painting]
            self._paintings = [*others, painting]
            # the form says how far whatever is painted on is to grow
            self._extend(painting)
            with self._own_change():
                self._form.mask = painting
                self._show(painting)
            self.choose_model("repaint")
        self._changed()
        return painting

    def close(self, painting_id: Any = "") -> None:
        """Close the painter; what is painted stays the mask, and nothing painted is no mask.

        Parameters
        ----------
        painting_id
            What a page shows in it: nothing is closed if the form has gone on since.

        """
        with self._lock:
            if self._form.painter is not None and not self.is_another(painting_id):
                self._form.painter.close()

    def discard(self, painting_id: Any = "") -> None:
        """Throw away what is painted on the picture; the form is as it was before.

        Parameters
        ----------
        painting_id
            What a page shows: if the form has gone on since, that alone is thrown away.

        """
        with self._lock:
            mask = self._form.mask
            if self.is_another(painting_id):
                self._paintings = [one for one in self._paintings if one.id != painting_id]
            elif self.owns(mask):
                self._paintings = [one for one in self._paintings if one is not mask]
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
            self._paintings, self._before = [], None
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
            lost = [one for one in self._paintings if not any(one.image is own for own in held)]
            if any(one is self._form.mask for one in lost):
                self.discard()
            self._paintings = [one for one in self._paintings if one not in lost]
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

    def _painting_on(self, source: Any) -> Painting | None:
        return next((one for one in self._paintings if one.image is source), None)

    def _open_on(self, source: Any) -> Painting | None:
        painter: MaskPainter | None = self._form.painter
        return painter.painting if painter is not None and painter.image is source else None

    def _show(self, painting: Painting | None) -> None:
        """Show a painting in the form's painter, or none."""
        painter: MaskPainter | None = self._form.painter
        if painting is not None and painter is not None and painter.comm is not None:
            painter.painting = painting
            return
        made = None
        if painting is not None:
            made = MaskPainter(painting, static=self._form.static)
            # what stays of the form has the painting, whether it is open or not
            made.be_part()
            made.language = self._form.language
        self._form.set_trait("painter", made)
        if painter is not None:
            painter.close()

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
        if painting_of(mask) is None:
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
            if painting_of(mask := self._form.mask) is None:
                return
            with self._own_change():
                for name, pixels in mask.sides.items():
                    self._form.set_trait(name, pixels)

    def _extend_painter(self) -> None:
        if (painting := painting_of(self._form.mask)) is not None:
            self._extend(painting)

    def _extend(self, painting: Painting) -> None:
        """Extend a painting's picture as the form says."""
        sides = self._sides()
        if painting.sides != sides._asdict():
            # what cannot be is said beside the form's own field
            with suppress(InvalidRequest):
                painting.sides = sides

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
