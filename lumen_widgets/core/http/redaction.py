"""What an error carries beside its words: stacks whose local variables may hold a key.

IPython's Verbose mode, cgitb, rich and error reporters print the locals of every frame, and the
HTTP libraries keep headers in theirs. Line numbers are all that a bug report needs.
"""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_R = TypeVar("_R")

# Through whose frames a request goes with its key and its webhook's secret. A user's own frames
# (a hosting function, say) keep their locals: those are for the user to see.
_OURS = frozenset({"http", "lumen_widgets", "requests", "urllib3"})


def forget(error: BaseException) -> None:
    """Clear the locals of our frames, and of the HTTP libraries', from an error's stacks.

    What the error was raised from is let go where nobody would be shown it: a library's error
    has the whole request as an attribute, headers and all.

    Parameters
    ----------
    error
        The error; frames that still run keep their locals.

    """
    if error.__suppress_context__ and error.__cause__ is None:
        _clear(error.__context__)
        error.__context__ = None
    _clear(error)


def forgetful(call: Callable[_P, _R]) -> Callable[_P, _R]:
    """Have what a function raises forget the locals: for those that take a secret as it is."""

    @functools.wraps(call)
    def forgetting(*args: _P.args, **fields: _P.kwargs) -> _R:
        try:
            return call(*args, **fields)
        except BaseException as error:
            forget(error)
            raise
        finally:
            # This frame's own, which still runs.
            del args, fields

    return forgetting


def _clear(error: BaseException | None) -> None:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        trace = error.__traceback__
        while trace is not None:
            name = str(trace.tb_frame.f_globals.get("__name__", ""))
            if name.partition(".")[0] in _OURS:
                with contextlib.suppress(RuntimeError):  # it still runs
                    trace.tb_frame.clear()
            trace = trace.tb_next
        error = error.__cause__ or error.__context__
