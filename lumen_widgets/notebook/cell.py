"""The ordinary outputs of a cell: what is published here is saved in the notebook as it is.

Nothing here needs a kernel to be read again, and nothing from a prompt or a server is markup.
"""

from __future__ import annotations

import base64
import html
import uuid
from typing import TYPE_CHECKING, Any

from lumen_widgets.core.words import strip_controls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumen_widgets.client import Picture


def in_notebook() -> bool:
    """Say whether this runs in a kernel, whose front end can update what a cell shows."""
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


class Output:
    """One output of the cell that runs now, which can be replaced later from any thread.

    In a plain script or a terminal it shows nothing: there is no cell.
    """

    def __init__(self, bundle: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        self._id = uuid.uuid4().hex
        self._shown = in_notebook()
        self._publish(bundle, metadata or {}, update=False)

    def replace(self, bundle: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        """Put another bundle in the place of this output, also after its cell has ended."""
        self._publish(bundle, metadata or {}, update=True)

    def _publish(self, bundle: dict[str, Any], metadata: dict[str, Any], *, update: bool) -> None:
        if not self._shown:
            return
        from IPython.display import publish_display_data

        publish_display_data(
            bundle,
            metadata,
            transient={"display_id": self._id},
            update=update,
        )


class Cell:
    """The cell that runs now, to which outputs can be added after it has ended.

    JupyterLab goes on listening to a cell that has ended, until the page is reloaded or the cell
    runs again. IPython's own `display` would put such an output under the cell that runs then.
    """

    def __init__(self) -> None:
        from IPython import get_ipython

        shell = get_ipython()
        self._publisher = shell.display_pub if in_notebook() else None
        self._parent = shell.kernel.get_parent("shell") if in_notebook() else None

    def append(self, bundle: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        """Add an ordinary output to this cell, from any thread; outside a notebook, nothing."""
        if self._publisher is None:
            return
        self._publisher.session.send(
            self._publisher.pub_socket,
            "display_data",
            {"data": bundle, "metadata": metadata or {}, "transient": {}},
            parent=self._parent,
            ident=self._publisher.topic,
        )


# Code in a sentence wraps, or a narrow page would cut it off.
_WRAPPED = 'style="white-space:pre-wrap;overflow-wrap:anywhere"'


def note(text: str, *, code: str = "", after: str = "") -> dict[str, Any]:
    """Return a bundle of one plain sentence, with an optional piece of code to copy in it."""
    text, code, after = strip_controls(text), strip_controls(code), strip_controls(after)
    plain = " ".join(part for part in (text, code, after) if part)
    marked = " ".join(
        part
        for part in (
            html.escape(text),
            f"<code {_WRAPPED}>{html.escape(code)}</code>" if code else "",
            html.escape(after),
        )
        if part
    )
    return {"text/html": f"<p>{marked}</p>", "text/plain": plain}


def join_notes(notes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return a bundle of several sentences, one below the other."""
    return {
        "text/html": "".join(one["text/html"] for one in notes),
        "text/plain": "\n".join(one["text/plain"] for one in notes),
    }


def picture_bundle(picture: Picture) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the mimebundle of a picture's display copy, and its metadata with the alt text."""
    return picture._repr_mimebundle_()


def data_uri(data: bytes, media_type: str = "image/png") -> str:
    """Return a small picture as a data: URL."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def shortened(text: str, most: int) -> str:
    """Return text from outside as one line of at most `most` characters."""
    line = " ".join(strip_controls(text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
