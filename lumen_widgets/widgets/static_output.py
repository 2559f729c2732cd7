"""What a widget leaves in the notebook: its static form, as one ordinary output under it.

That is all that can be seen once the notebook is opened without its kernel. A page in which the
widget is live hides it (`js/shared/static_form.ts`). It is there once, and takes its own place
again when it changes; a page that was reloaded does not hear of that any more, so there it stays
what it was then.
"""

from __future__ import annotations

import logging
import threading
import weakref
from typing import TYPE_CHECKING, Literal

from lumen_widgets.core.words import as_written
from lumen_widgets.notebook.cell import Cell, CellOutput, has_page, here, in_notebook
from lumen_widgets.notebook.output_widget import is_captured
from lumen_widgets.widgets.static_form import MOST_BYTES, StaticForm, escaped
from lumen_widgets.widgets.work_queue import work_queue

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.notebook.output_widget import HeldOutput

# seconds after a change, and bytes for which there is one more: what changes all the time, as while
# somebody paints, is left anew every few seconds, at no more than a small picture's cost
_PAUSE, _BYTES_A_SECOND = 1.0, 25_000
# seconds for which a page may load the widget before it is taken for one that has none
_PAGE = 3.0
# characters of a form that became too large
_MOST_WORDS = 20_000

# "new": nowhere yet; "ahead": to be left at the end of the cell; "kept free": there is a place for
# it; "open": it is left there, and again with each change
_State = Literal["new", "ahead", "kept free", "open"]

_log = logging.getLogger(__name__)

# what has changed since it was left
_changed: weakref.WeakSet[StaticOutput] = weakref.WeakSet()


class StaticOutput:
    """The output that one widget leaves, in a cell or inside an `ipywidgets.Output`.

    Parameters
    ----------
    mark
        What tells it from those of other widgets: letters and digits.
    make
        A method that returns the form, None for nothing; called on any thread, and not held.
    wanted, is_in_box
        Methods that say whether there is one, and whether the widget is in an `ipywidgets` box; as
        `make`, but they take no time.

    """

    def __init__(
        self,
        mark: str,
        make: Callable[[], StaticForm | None],
        wanted: Callable[[], bool],
        is_in_box: Callable[[], bool],
    ) -> None:
        self._mark = mark
        self._make, self._wanted = weakref.WeakMethod(make), weakref.WeakMethod(wanted)
        self._is_in_box = weakref.WeakMethod(is_in_box)
        # where the widget is not displayed by itself, as in a box: the cell that made it
        self._where: Cell | HeldOutput = here()
        self._state: _State = "new"
        self._is_part = self._is_passing = self._page_came = False
        self._lock = threading.Lock()
        self._output: CellOutput | None = None
        self._shown: StaticForm | None = None
        if in_notebook() and not has_page():
            # no page may say that it shows the widget
            _at_end_of_cell(weakref.WeakMethod(self._begin_in_box))

    def be_part(self) -> None:
        """Leave nothing where another widget shows this one: that has it in what it leaves."""
        self._is_part = True

    def be_passing(self) -> None:
        """Leave nothing at all: something else takes the widget's place in its cell."""
        self._is_passing = True

    def displayed(self, widget_id: str) -> None:
        """Take in that what runs now displays the widget, or one that it is in, by its id."""
        if self._is_passing or not in_notebook():
            return
        with self._lock:
            self._where = here(widget_id)
            self._output = self._shown = None
            self._state, self._page_came = "new", False
        if is_captured():
            # it may be shown later, and then a page says so
            return
        if isinstance(self._where, Cell):
            self._state = "ahead"
            _at_end_of_cell(weakref.WeakMethod(self._begin))
        else:
            self._state = "open"
            self._leave_soon(0.0)

    def note_page(self) -> None:
        """Take in that a page shows the widget, by itself or as part of another one."""
        self._page_came = True
        alone = not (self._is_part or self._is_passing) and in_notebook()
        if self._state == "kept free" or (self._state == "new" and alone):
            self._state = "open"
            self._leave_soon(0.0)

    def note_change(self, *, at_once: bool = False) -> None:
        """Have what is left brought up to date, if there is anything yet; takes no time.

        Parameters
        ----------
        at_once
            Whether to do so without a pause, since it changes seldom.

        """
        if self._state == "open" and at_once:
            self._leave_soon(0.0)
        elif self._state == "open":
            size = 0 if self._shown is None else len(self._shown.html)
            self._leave_soon(_PAUSE + size / _BYTES_A_SECOND)

    def leave(self) -> None:
        """Bring what is left up to date now, if there is a place for it; may take a moment."""
        _changed.discard(self)
        make = self._make()
        if make is None or self._state != "open":
            return
        with self._lock:
            try:
                form = make()
            except Exception:  # noqa: BLE001 # whatever a picture holds, the widget works without it
                _log.exception("a widget could not leave its static form")
            else:
                self._put(form)

    def close(self) -> None:
        """Leave what the widget was at last, which stays."""
        if self in _changed or self._state == "kept free":
            self._state = "open"
            self.leave()
        work_queue.forget(self)

    def _begin(self) -> None:
        """Have a place below all that the cell shows by itself."""
        if self._state != "ahead":
            return
        wanted = self._wanted()
        if self._page_came or not has_page() or wanted is None or not wanted():
            self._state = "open"
            self.leave()
            return
        # what a page is to hide at once is better not seen before
        self._state = "kept free"
        with self._lock:
            self._put(StaticForm("", ""))
        work_queue.run_soon(self._give_up_waiting, _PAGE)

    def _begin_in_box(self) -> None:
        is_in_box = self._is_in_box()
        if self._state == "new" and not is_captured() and is_in_box is not None and is_in_box():
            self.note_page()
            self.leave()

    def _give_up_waiting(self) -> None:
        if self._state == "kept free":
            self._state = "open"
            self.leave()

    def _leave_soon(self, after: float) -> None:
        _changed.add(self)
        _follow_cells()
        work_queue.run_soon(self.leave, after)

    def _put(self, form: StaticForm | None) -> None:
        """Show a form in the place of the one before; the lock is held."""
        if form is not None and len(form.html.encode()) > MOST_BYTES:
            # what no widget makes; words are left in any case
            form = StaticForm(f"<pre>{escaped(form.text[:_MOST_WORDS])}</pre>", form.text)
        if form == self._shown:
            return
        bundle = self._bundle(form)
        if not isinstance(self._where, Cell):
            self._where.replace(bundle)
        elif self._output is None:
            self._output = CellOutput(bundle, cell=self._where)
        else:
            self._output.replace(bundle)
        self._shown = form

    def _bundle(self, form: StaticForm | None) -> dict[str, str]:
        shown, text = form or StaticForm("", "")
        marked = f'<div class="lumen-static lumen-static-{self._mark}">{as_written(shown)}</div>'
        return {"text/html": marked, "text/plain": text}


def _at_end_of_cell(leave: weakref.WeakMethod[Callable[[], None]]) -> None:
    """Have something left in the cell that runs now, below all that it shows by itself."""
    from IPython import get_ipython

    events = get_ipython().events

    def ended(*_: object) -> None:
        events.unregister("post_run_cell", ended)
        if (method := leave()) is not None:
            method()

    events.register("post_run_cell", ended)


def _follow_cells() -> None:
    """Without a page, bring all that has changed up to date after each cell: it may be the last."""
    from IPython import get_ipython

    if has_page():
        return

    events = get_ipython().events
    if _cell_ended not in events.callbacks["post_run_cell"]:
        events.register("post_run_cell", _cell_ended)


def _cell_ended(*_: object) -> None:
    for one in list(_changed):
        one.leave()
