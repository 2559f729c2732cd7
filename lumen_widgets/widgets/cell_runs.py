"""Closes the widget of a cell's last run once the cell has run again, and nothing needs it.

Otherwise each run of a cell that makes a widget would leave one more in the kernel and in every
page. A widget is closed if

- the cell that made it has run again since, and well, and so has each cell that showed it;
- no page has a view of it, such as a tab of its own;
- none of its tasks is unfinished;
- nothing of the user's reaches it or a part of it: no name, container, attribute, callback, other
  widget or running function (`reach.py`). IPython's own results (`Out`, `_`, `_3`) do not count,
  unless the user has given such a name to something else.

Where that is not known for certain it is left open, and looked at again after each cell: always
where the front end gives cells no id, and for a widget that was made or shown outside of a cell, as
in a callback, or into an `Output`.
"""

from __future__ import annotations

import itertools
import weakref
from collections import Counter
from typing import TYPE_CHECKING, Any

from ipywidgets import Output
from ipywidgets.widgets.widget import _instances as open_widgets

from lumen_widgets.notebook.output_widget import parent_message
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.widgets.reach import reached

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ipywidgets import Widget

# seconds after a cell at which it is looked again: threads may have held a widget for a moment
_AGAIN = 1.0

# how often each cell has ended
_ended: Counter[str] = Counter()
_places: weakref.WeakValueDictionary[int, Place] = weakref.WeakValueDictionary()
_numbers = itertools.count()


class Place:
    """Where one widget was made and shown; it does not hold the widget.

    Parameters
    ----------
    widget
        The widget.
    parts
        Returns it with the widgets that it made for itself alone.
    kept_open
        Says whether it stays open in any case.
    leaves, takes
        What the user made with it is handed from the one to the other, of a widget of its class
        that its cell made later: of the one made at the same place among them if it returns True,
        else of the first that does.
    close
        Closes it.

    """

    def __init__(
        self,
        widget: Widget,
        *,
        parts: Callable[[], Sequence[Widget]],
        kept_open: Callable[[], bool],
        leaves: Callable[[], object],
        takes: Callable[[Any], bool],
        close: Callable[[], None],
    ) -> None:
        self.widget = weakref.ref(widget)
        # anywidget gives each widget a class of its own
        self.kind = type(widget).__name__
        self.made = _current_run()
        # its place among those that this run made
        self.rank = sum(one.made == self.made and one.kind == self.kind for one in _all_places())
        self._shown = {self.made}
        self._parts = weakref.WeakMethod(parts)
        self._kept_open = weakref.WeakMethod(kept_open)
        self._leaves = weakref.WeakMethod(leaves)
        self._takes = weakref.WeakMethod(takes)
        self._close = weakref.WeakMethod(close)

    @property
    def over(self) -> bool:
        """Whether every cell that made or showed the widget has run again."""
        return all(run is not None and _ended[run[0]] > run[1] + 1 for run in self._shown)

    def note_shown(self) -> None:
        """Take in that the widget is shown by what runs now."""
        self._shown.add(_current_run())

    def look_soon(self) -> None:
        """Have the widget closed if it is over, once the message that is dealt with now is done."""
        if self.over:
            publisher.run_soon(_close_replaced, after=_AGAIN / 10)

    def close_if_replaced(self) -> bool:
        """Close the widget if nothing needs it; return whether it is still open although over."""
        if not self.over or not self._open():
            return False
        kept_open = self._kept_open()
        if kept_open is None or kept_open():
            return True
        del kept_open
        if reached(self._parts):
            return True
        leaves, close = self._leaves(), self._close()
        if leaves is not None and close is not None:
            left = leaves()
            later = [one for one in _all_places() if one.follows(self)]
            later.sort(key=lambda one: one.rank != self.rank)
            any(one.take(left) for one in later)
            close()
        return False

    def follows(self, other: Place) -> bool:
        """Say whether a later run of the same cell made this one's widget, of the same class."""
        if self.made is None or other.made is None or self.kind != other.kind:
            return False
        return self.made[0] == other.made[0] and self.made[1] > other.made[1]

    def take(self, left: object) -> bool:
        """Hand the widget what another one left; say whether it fits."""
        takes = self._takes()
        return takes is not None and self._open() and takes(left)

    def _open(self) -> bool:
        widget = self.widget()
        return widget is not None and widget.comm is not None


def watch(place: Place) -> Place:
    """Look after a widget from here on, if it was made by a cell; return its place."""
    _places[next(_numbers)] = place
    shell = _shell()
    if shell is not None and _cell_ended not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _cell_ended)
    return place


def _shell() -> Any:
    from IPython import get_ipython

    shell = get_ipython()
    return shell if getattr(shell, "kernel", None) is not None else None


def _current_run() -> tuple[str, int] | None:
    """Return the cell that runs now and how often it had ended before; None where not known."""
    parent = parent_message()
    if parent.get("header", {}).get("msg_type") != "execute_request":
        return None
    cell = (parent.get("metadata") or {}).get("cellId")
    # an Output may be anywhere, and keeps what it shows when this cell runs again
    into_output = any(isinstance(one, Output) and one.msg_id for one in list(open_widgets.values()))
    return None if not isinstance(cell, str) or into_output else (cell, _ended[cell])


def _cell_ended(result: Any) -> None:
    run = _current_run()
    if run is not None and result.success:
        _ended[run[0]] += 1
    if _close_replaced():
        publisher.run_soon(_close_replaced, after=_AGAIN)


def _close_replaced() -> bool:
    """Close what nothing needs; return whether something is left that may be closed later."""
    left = [place.close_if_replaced() for place in _all_places()]
    return any(left)


def _all_places() -> list[Place]:
    """Return the places of all widgets in the order in which these were made."""
    # a list at once, since another thread may make a widget
    return [place for one in _places.valuerefs() if (place := one()) is not None]
