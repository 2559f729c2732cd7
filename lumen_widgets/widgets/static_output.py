"""What a widget leaves in the notebook: a line of words, and pictures as one sheet.

Both are ordinary outputs under the widget, since that is all that can be seen once the notebook is
opened without its kernel. Each is there once, and takes its own place again when it changes.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

from lumen_widgets.client import Pictures
from lumen_widgets.core.pictures.contact_sheet import sheet_bundle
from lumen_widgets.notebook.cell import Cell, CellOutput, note

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumen_widgets.notebook.output_widget import HeldOutput

# pictures of a sheet: more would be too small to tell apart
MOST_ON_SHEET = 24

_EMPTY = {"text/html": "", "text/plain": ""}


class Table(Protocol):
    """What is shown as a table: it has its own bundle."""

    def _repr_mimebundle_(self) -> dict[str, str]: ...


_Bundle = tuple[dict[str, Any], dict[str, Any]]


class StaticOutput:
    """The outputs in one place, which is a cell or inside an `ipywidgets.Output`.

    Parameters
    ----------
    where
        The place, under the widget.

    """

    def __init__(self, where: Cell | HeldOutput) -> None:
        self._where = where
        self._lock = threading.Lock()
        self._words: CellOutput | None = None
        self._sheet: CellOutput | None = None
        # what is there
        self._shown: tuple[str, object] | None = None

    def show(
        self,
        words: str,
        pictures: Pictures,
        names: Sequence[str] | None = None,
        *,
        table: Table | None = None,
    ) -> None:
        """Leave these words, and a sheet of the first of the pictures; may take a moment.

        Parameters
        ----------
        words
            The line.
        pictures
            What is on the sheet; of none there is no sheet.
        names
            What stands above each; None is its place among them.
        table
            What is left in place of a sheet.

        """
        chosen = Pictures(pictures[:MOST_ON_SHEET])
        with self._lock:
            made = None if table is None else table._repr_mimebundle_()
            shown = words, made or tuple(one.sha256 for one in chosen)
            if shown == self._shown:
                return
            had_sheet = self._shown is not None and shown[1] == self._shown[1]
            self._shown = shown
            sheet = _sheet(chosen, names) if chosen else (made or _EMPTY, {})
            if not isinstance(self._where, Cell):
                self._where.replace(note(words))
                if chosen or made:
                    self._where.append(*sheet)
                return
            self._words = _put(self._words, (note(words), {}), self._where)
            if not had_sheet and (chosen or made or self._sheet is not None):
                self._sheet = _put(self._sheet, sheet, self._where)


def at_end_of_cell(leave: Callable[[], None]) -> None:
    """Have something left in the cell that runs now, below all that it shows by itself."""
    from IPython import get_ipython

    events = get_ipython().events

    def ended(*_: object) -> None:
        events.unregister("post_run_cell", ended)
        leave()

    events.register("post_run_cell", ended)


def _put(output: CellOutput | None, bundle: _Bundle, cell: Cell) -> CellOutput:
    if output is None:
        return CellOutput(*bundle, cell=cell)
    output.replace(*bundle)
    return output


def _sheet(pictures: Pictures, names: Sequence[str] | None) -> _Bundle:
    """Return pictures as a cell shows them: several as one sheet."""
    if names is not None:
        return sheet_bundle(pictures, names=names)
    bundle: Any = pictures._repr_mimebundle_()
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    return data, metadata
