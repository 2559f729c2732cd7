"""Whether anything of the user's still leads to a widget: a name, a container, a callback."""

from __future__ import annotations

import gc
import re
import sys
from collections import Counter
from functools import partial
from types import CellType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from ipywidgets import CallbackDispatcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from weakref import WeakMethod

    from ipywidgets import Widget

_CONTAINERS = (dict, list, tuple, set, frozenset, CellType, MethodType, partial, CallbackDispatcher)
# the names that IPython gives to results
_RESULT = re.compile(r"_{1,3}|_\d+")
# objects of one widget; more are no widget's own
_MOST = 100_000


def reached(parts: WeakMethod[Callable[[], Sequence[Widget]]]) -> bool:
    """Say whether a widget, or one that is part of it, may be in use outside of itself.

    Python counts the references to each object. Those that the widget's own objects hold, those of
    the lists of all widgets and all comms, and those of IPython's results (`Out`, `_`, `_3`) are
    found and subtracted. What is left is held by something else: a name, a container, a callback,
    a running function. What cannot be explained counts as that.

    Parameters
    ----------
    parts
        The widget's method that returns the widget and its parts. The caller holds neither.

    """
    method = parts()
    if method is None:
        return False
    objects: list[Any] = list(method())
    del method
    count = len(objects)
    own = {id(one) for one in objects}
    comms = {id(one.comm) for one in objects}
    # known to be held by a list of the whole process
    listed = {id(one) for one in objects[:count] if one.comm is not None}
    holders: dict[int, set[int]] = {}
    explained: Counter[int] = Counter(listed)
    explained.update(_results())
    registries = set(comms)
    known = set(own)
    other: Any = None
    # grows while it is gone through
    for one in objects:
        for other in _references(one):
            if id(other) not in known:
                if not (id(other) in comms or _is_plumbing(other)):
                    continue
                known.add(id(other))
                objects.append(other)
                if type(other).__name__ == "_CanvasManager":
                    registries.add(id(other))
            explained[id(other)] += 1
            holders.setdefault(id(other), set()).add(id(one))
        if len(objects) > _MOST:
            return True
    del one, other
    # what an object counts that only this list holds
    objects.append(object())
    counts = {id(one): sys.getrefcount(one) for one in objects}
    alone = counts[id(objects.pop())]
    held = {one for one, number in counts.items() if number - alone > explained[one]}
    leading, found = list(own), set(own)
    while leading:
        one = leading.pop()
        if one in held and one not in registries:
            return True
        new = holders.get(one, set()) - found
        found |= new
        leading += new
    return False


def _references(one: Any) -> Iterator[Any]:
    """Return what an object holds, each as often as it holds it."""
    if isinstance(one, FunctionType):
        # not its module
        yield from one.__closure__ or ()
        yield from one.__defaults__ or ()
    else:
        yield from gc.get_referents(one)


def _is_plumbing(one: Any) -> bool:
    """Say whether an object is of those that a widget is made of, and no user's."""
    if isinstance(one, FunctionType):
        return one.__module__.startswith("lumen_widgets.")
    kind = type(one)
    if kind in _CONTAINERS:
        return True
    return kind.__module__.startswith("lumen_widgets.widgets.") or kind.__name__ == "_CanvasManager"


def _results() -> Iterator[int]:
    """Return the id of each result that IPython keeps, as often as it does."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    # copies, since another thread may run code of the user's
    names, hidden = shell.user_ns.copy(), shell.user_ns_hidden.copy()
    for name, value in hidden.items():
        if _RESULT.fullmatch(name):
            yield id(value)
            # the user may have given the name to something of their own
            if names.get(name) is value:
                yield id(value)
    yield from (id(value) for value in hidden.get("Out", {}).copy().values())
    kept = vars(shell.displayhook)
    yield from (id(kept[name]) for name in ("_", "__", "___") if name in kept)
    last = {
        id(run): id(run.result)
        for run in (shell.last_execution_result, kept.get("exec_result"))
        if run is not None
    }
    yield from last.values()
