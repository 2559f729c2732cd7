"""Whether a cell's result is something that the same cell has shown already."""

from __future__ import annotations

import inspect
import itertools
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class ShownHere:
    """Notes the cell that runs now: it has just shown something, and need not show it again.

    Only where IPython shows the result of that very cell, or `ipywidgets.interact` that of its
    function, on the same way to the front end, and nothing was cleared since: what somebody asks
    for with `display`, or what was shown only into a capture, is shown. Without IPython it notes
    nothing.

    Parameters
    ----------
    within
        Returns what tells one place inside a cell from another, such as the widget that captures
        its outputs.

    """

    def __init__(self, within: Callable[[], object] = lambda: None) -> None:
        self._within = within
        self._place = _place(), within()

    def is_result_now(self) -> bool:
        """Say whether IPython is about to show the result of that cell."""
        if self._place[0] is None or not _shows_result():
            return False
        return self._place == (_place(), self._within())


class _Clears(threading.local):
    """How often outputs were cleared: a thread has its own hooks on what IPython publishes.

    The count is of all threads, since one may make what another one has as its result.
    """

    count = 0
    _numbers = itertools.count(1)

    def __init__(self) -> None:
        self._watched: weakref.WeakSet[Any] = weakref.WeakSet()

    def watch(self, publisher: Any) -> None:
        """Count from now on what this publisher clears; a kernel's publisher can be watched."""
        register = getattr(publisher, "register_hook", None)
        if register is not None and publisher not in self._watched:
            self._watched.add(publisher)
            register(self._look)

    def _look(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["header"]["msg_type"] == "clear_output":
            type(self).count = next(self._numbers)
        return message


_clears = _Clears()


def _place() -> tuple[object, ...] | None:
    """Return what tells one cell and one way to the front end from another, None outside IPython.

    It is compared and never looked into.
    """
    # Asked only if it is loaded already: a script never pays for IPython.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return None
    _clears.watch(shell.display_pub)
    # in a kernel by message, since callbacks of widgets run under the number of the cell to come
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    running = parent.get("header", {}).get("msg_id") or shell.execution_count
    return running, id(shell.display_pub), _clears.count


def _shows_result() -> bool:
    """Say whether this is called for a cell's result, or a function's, and not by `display`.

    IPython calls the same methods for both; only what called them differs.
    """
    from IPython.display import display

    show_result = getattr(type(sys.displayhook).__call__, "__code__", None)
    # what nobody has loaded does not run
    interaction = sys.modules.get("ipywidgets.widgets.interaction")
    interact = interaction and interaction.interactive.update.__code__
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code is display.__code__:
            return frame.f_back is not None and frame.f_back.f_code is interact
        if frame.f_code is show_result:
            return True
        frame = frame.f_back
    return False
