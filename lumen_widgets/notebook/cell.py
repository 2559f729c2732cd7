"""The ordinary outputs of a cell: what is published here is saved in the notebook as it is.

Nothing here needs a kernel to be read again, and nothing from a prompt or a server is markup.
"""

from __future__ import annotations

import base64
import html
import os
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from lumen_widgets.core.errors import interrupted, may_have_cost, note_unsent
from lumen_widgets.core.pictures.contact_sheet import sheet_bundle, sheets_of
from lumen_widgets.core.words import as_written, strip_controls, without_keys
from lumen_widgets.notebook.output_widget import (
    HeldOutput,
    append_output,
    capturing_output,
    deals_with_message,
    is_captured,
    page_publisher,
    parent_header,
    parent_message,
)
from lumen_widgets.notebook.small_copies import keep_small_copy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lumen_widgets.client import Picture


def in_notebook() -> bool:
    """Say whether this runs in a kernel, whose front end can update what a cell shows."""
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def has_page() -> bool:
    """Say whether the notebook is known to be open in a page: Jupyter's server tells its kernels.

    Other front ends do not; nor does what executes a notebook without one, such as nbconvert.
    """
    return "JPY_SESSION_NAME" in os.environ


class Output(Protocol):
    """One output, which can be replaced later from any thread."""

    def replace(self, bundle: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        """Put another bundle in the place of this output, also after its cell has ended."""


class Place:
    """Where one call shows what it has to show: what is shown now goes there.

    It is the cell that runs, or the `ipywidgets.Output` that captures what it shows. In a plain
    script or a terminal there is no cell, and nothing is shown.
    """

    def __init__(self) -> None:
        self._shown = in_notebook()
        free = self._shown and not is_captured()
        self._widget = capturing_output() if free else None
        # a thread outlasts its cell, and what it shows would go to the one that runs by then
        self._cell = Cell() if free and not deals_with_message() else None
        self._message = parent_header().get("msg_id") if self._shown else None

    @property
    def is_here(self) -> bool:
        """Whether what is shown now would go there: not once a thread has outlived its cell."""
        return parent_header().get("msg_id") == self._message

    def is_same_as(self, other: Place) -> bool:
        """Say whether both are the same run of a cell, or the same `Output` in it."""
        return self._message == other._message and self._widget is other._widget

    @property
    def is_cell(self) -> bool:
        """Whether it is the cell itself."""
        return self._widget is None

    @property
    def shows_anything(self) -> bool:
        """Whether what is shown goes anywhere, or this is a script."""
        return self._shown

    @property
    def is_hidden(self) -> bool:
        """Whether a widget's callback runs without an `Output`: most front ends show none of it."""
        return self._widget is None and parent_header().get("msg_type") == "comm_msg"

    def show(self, bundle: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        """Add an output that stays as it is."""
        if self._widget is not None:
            append_output(self._widget, bundle, metadata)
        elif self._shown:
            CellOutput(bundle, metadata, cell=self._cell)

    def output(self, bundle: dict[str, Any], metadata: dict[str, Any] | None = None) -> Output:
        """Add an output that can be replaced."""
        if self._widget is not None:
            held = HeldOutput(self._widget)
            held.replace(bundle, metadata)
            return held
        return CellOutput(bundle, metadata, shown=self._shown, cell=self._cell)


class CellOutput:
    """One output of a cell, by default the one that runs now, which any thread can replace later.

    Where IPython's `capture_output` takes it, it is replaced in what was captured, to be shown at
    any time.
    """

    def __init__(
        self,
        bundle: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        shown: bool = True,
        cell: Cell | None = None,
    ) -> None:
        from IPython import get_ipython

        self._transient = {"display_id": uuid.uuid4().hex}
        self._captured: dict[str, Any] | None = None
        self._publisher = page_publisher() if shown else None
        if self._publisher is None:
            return
        if cell is not None:
            cell.append(bundle, metadata, self._transient)
            return
        publisher = get_ipython().display_pub
        publisher.publish(bundle, metadata or {}, transient=self._transient)
        if publisher is not self._publisher:
            made: list[dict[str, Any]] = publisher.outputs
            self._captured = next(one for one in made if one["transient"] is self._transient)

    def replace(self, bundle: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        """Put another bundle in the place of this output, also after its cell has ended."""
        if self._captured is not None:
            self._captured.update(data=bundle, metadata=metadata or {})
        # to the page in any case: what was captured may have been shown since, and a cell that runs
        # by now may capture what it shows itself
        if self._publisher is not None:
            self._publisher.publish(bundle, metadata or {}, transient=self._transient, update=True)


class Cell:
    """The cell that runs now, to which outputs can be added after it has ended.

    JupyterLab goes on listening to a cell that has ended, until the page is reloaded or the cell
    runs again. IPython's own `display` would put such an output under the cell that runs then.
    """

    def __init__(self) -> None:
        self._publisher = page_publisher() if in_notebook() else None
        self._parent = parent_message()

    def append(
        self,
        bundle: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        transient: dict[str, Any] | None = None,
    ) -> None:
        """Add an ordinary output to this cell, from any thread; outside a notebook, nothing."""
        if self._publisher is None:
            return
        self._publisher.session.send(
            self._publisher.pub_socket,
            "display_data",
            {"data": bundle, "metadata": metadata or {}, "transient": transient or {}},
            parent=self._parent,
            ident=self._publisher.topic,
        )


def here(widget_id: str = "") -> Cell | HeldOutput:
    """Return where a widget is made or shown, to add what it makes there at any time.

    Parameters
    ----------
    widget_id
        Of a widget that is shown now; empty for one that is shown as part of another.

    """
    out = capturing_output() if in_notebook() and not is_captured() else None
    return Cell() if out is None else HeldOutput(out, behind=widget_id)


# What is left of an output that is taken away, since none can be: every front end reads this.
NOTHING: dict[str, Any] = {"text/html": "", "text/plain": ""}

# A sentence may repeat what is one long word, and holds code to copy: both wrap, or a narrow page
# would cut them off.
_WRAPPED = 'style="overflow-wrap:anywhere"'
_CODE = 'style="white-space:pre-wrap;overflow-wrap:anywhere"'


def note(text: str, *, code: str = "", after: str = "", is_prompt: bool = False) -> dict[str, Any]:
    """Return a bundle of one plain sentence, with an optional piece of code to copy in it.

    A prompt stands there as it was typed, in whichever direction it is read.
    """
    text, code, after = strip_controls(text), strip_controls(code), strip_controls(after)
    plain = " ".join(part for part in (text, code, after) if part)
    marked = " ".join(
        part
        for part in (
            html.escape(text),
            f"<code {_CODE}>{html.escape(code)}</code>" if code else "",
            html.escape(after),
        )
        if part
    )
    direction = ' dir="auto"' if is_prompt else ""
    return {"text/html": as_written(f"<p{direction} {_WRAPPED}>{marked}</p>"), "text/plain": plain}


def cell_advice(words: str) -> str:
    """Return what a client advises, as a cell can do it: a notebook has the calls and no client.

    Examples
    --------
    >>> cell_advice('Take it up with client.task("a1").wait().')
    'Take it up with lumen.show("a1").'

    """
    for of_client, of_notebook in (
        ("client.journal.rows(1)[0].task_id is the task", "lumen.history()[0].id is the task"),
        ("client.task(", "lumen.show("),
        (").wait()", ")"),
    ):
        words = words.replace(of_client, of_notebook)
    return words


@contextmanager
def advising_cells() -> Iterator[None]:
    """Have Ctrl-C say what a cell can do next."""
    try:
        yield
    except KeyboardInterrupt as stopped:
        if not in_notebook() or not str(stopped):
            raise
        advised = interrupted(cell_advice(str(stopped)))
        if not may_have_cost(stopped):
            note_unsent(advised)
        raise advised from None


def join_notes(notes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return a bundle of several sentences, one below the other."""
    return {
        "text/html": "".join(one["text/html"] for one in notes),
        "text/plain": "\n".join(one["text/plain"] for one in notes),
    }


def picture_bundles(
    pictures: Sequence[Picture], columns: int | None = None, *, of_task: bool = False
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the mimebundles that show pictures, each with its metadata: several on one sheet.

    Their small copies are made too, while their pixels are here.

    Parameters
    ----------
    pictures
        What is shown.
    columns
        How many stand in a row. One is a bundle for each picture; of more, as many rows share a
        sheet as leave the pictures large. None puts all onto one sheet, as it suits them.
    of_task
        Whether each has its index among the pictures of its task, of which some may not be here;
        otherwise it has its place in the list.

    """
    if columns == 1 or (len(pictures) == 1 and not (of_task and pictures[0].count > 1)):
        bundles = [picture._repr_mimebundle_() for picture in pictures]
    else:
        bundles = [
            sheet_bundle(
                [pictures[place] for place in places],
                [pictures[place].index if of_task else place for place in places],
                columns=columns,
            )
            for places in sheets_of(pictures, columns)
        ]
    for picture in pictures:
        keep_small_copy(picture)
    return bundles


def data_uri(data: bytes, media_type: str = "image/png") -> str:
    """Return a small picture as a data: URL."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def shortened(text: str, most: int) -> str:
    """Return text from outside as one line of at most `most` characters, with no key in it."""
    line = without_keys(" ".join(strip_controls(text).split()))
    return line if len(line) <= most else f"{line[: most - 1]}…"
