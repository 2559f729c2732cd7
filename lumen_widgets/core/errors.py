"""Everything that can go wrong, as one tree.

::

    LumenError
    ├── MissingKey              no key was found
    ├── InvalidRequest          the request cannot be carried out as it is (also ValueError)
    ├── HostingError            a local picture could not be given a URL
    ├── BudgetExceeded          it would cost more than may be spent, so nothing was sent
    ├── JournalError            the journal cannot be written, so nothing was sent
    ├── ServiceUnreachable      never connected: nothing was sent (also ConnectionError)
    ├── AuthenticationError     the key is missing, wrong or revoked
    ├── InsufficientCredits     the account has too few credits
    ├── NotFound                no such task, or no such model in the key's group
    ├── RateLimited             the service asked to wait, for longer than the time-out
    ├── UpstreamError           the service, or the model behind it, failed and says so
    ├── SubmitOutcomeUnknown    sent, but it is not known whether it was taken
    ├── TaskFailed              the task ended as failed
    ├── TaskCancelled           the task ended as cancelled, by the service's word
    ├── TasksFailed             several tasks were followed and some of them failed
    ├── LessonError             a lesson's file cannot be read, written or fetched
    │   └── NotInLesson         the lesson in use has no such request, so nothing was sent
    ├── WaitTimeout             the wait ended before the task did (also TimeoutError)
    └── DownloadError           a finished picture could not be fetched

Every message says what happened, whether credits may have been spent, and what to do next.
"""

from __future__ import annotations

import functools
import linecache
import sys
import traceback
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from lumen_widgets.core.log import Log
from lumen_widgets.core.words import strip_controls, without_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

_P = ParamSpec("_P")
_R = TypeVar("_R")

_log = Log()

_PACKAGE = str(Path(__file__).parents[1])

# Through whose frames a request goes with its key and its webhook's secret. A user's own frames
# (a hosting function, say) keep their locals: those are for the user to see.
_HOLD_SECRETS = frozenset({"http", "lumen_widgets", "requests", "urllib3"})


class LumenError(Exception):
    """The root of the tree.

    Parameters
    ----------
    message
        What happened, in one sentence.
    next_step
        What to do next, in one sentence; shown after the message.
    status
        HTTP status of the answer, if there was one.
    code
        The service's own code for what went wrong, if it gave one.
    request_id
        The service's id of the request, if it gave one: support asks for it.
    task_id
        The task that this is about, if one is known.
    may_have_cost
        Whether credits may have been spent.

    """

    def __init__(
        self,
        message: str,
        *,
        next_step: str = "",
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        task_id: str | None = None,
        may_have_cost: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.status = status
        self.code = code
        self.request_id = request_id
        self.task_id = task_id
        self.may_have_cost = may_have_cost

    def __str__(self) -> str:
        """Return the message, what to do next, and the facts that a bug report needs."""
        known = {
            "HTTP": self.status,
            "code": self.code,
            "request": self.request_id,
            "task": self.task_id,
        }
        facts = ", ".join(f"{name} {value}" for name, value in known.items() if value is not None)
        words = filter(None, (self.message, self.next_step, facts and f"({facts})"))
        # a value that it repeats may be a key that was pasted into the wrong place
        return without_keys(strip_controls(" ".join(words)))

    def __repr__(self) -> str:
        """Return its kind and the message, which `task.error` shows in a cell."""
        return without_keys(super().__repr__())

    def _render_traceback_(self) -> list[str]:
        """Return what a cell shows: the message and the user's own line, without our stack.

        IPython asks for this. The whole stack is still in `__traceback__`, for a debugger.
        """
        return [f"{type(self).__name__}: {self}", *_user_line(self.__traceback__)]


def interrupted(message: str) -> KeyboardInterrupt:
    """Return what ends a wait on Ctrl-C; in a cell it is shown as shortly as a `LumenError`.

    It is no class of its own: only an exact KeyboardInterrupt ends a program as a signal does.
    """
    message = strip_controls(message)
    error = KeyboardInterrupt(message)
    error._render_traceback_ = lambda: [  # type: ignore[attr-defined] # IPython asks for it
        f"KeyboardInterrupt: {message}",
        *_user_line(error.__traceback__),
    ]
    return error


def note_unsent(error: BaseException) -> None:
    """Note of an error, if it is none of ours, that nothing was sent, for `may_have_cost`."""
    if not isinstance(error, LumenError):
        note_cost(error, may_have_cost=False)


def note_cost(error: BaseException, *, may_have_cost: bool) -> None:
    """Note of an error whether credits may have been spent, for `may_have_cost`."""
    with suppress(Exception):  # one of the user's own may refuse an attribute in any way
        error.may_have_cost = may_have_cost  # type: ignore[attr-defined] # a LumenError has it too


def may_have_cost(error: BaseException) -> bool:
    """Say whether credits may have been spent in a submit that ended with this, whatever it is.

    What is neither of this tree nor noted by `note_unsent` may have come at any instant.
    """
    return bool(getattr(error, "may_have_cost", True))


def warn(message: str, *, secret: str = "") -> None:
    """Warn at the user's own line; where that raises, log it, so that no task is lost by it.

    Python prints the line that a warning is for: not if `secret` stands in it.
    """
    frame = sys._getframe()  # noqa: SLF001 -- the only way to the user's own frame
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    file, line, names = frame.f_code.co_filename, frame.f_lineno, frame.f_globals
    if secret and secret in linecache.getline(file, line, names):
        line = 0
    # As the warnings module names it, so that "once for a place" counts as it does everywhere.
    seen = names.setdefault("__warningregistry__", {})
    try:
        warnings.warn_explicit(message, UserWarning, file, line, names.get("__name__"), seen)
    except Exception:  # noqa: BLE001 -- the warning itself, or whatever shows warnings here
        _log.warning(message)


def _user_line(trace: TracebackType | None) -> list[str]:
    """Return the innermost line of a stack that is not this package's."""
    frames = [
        frame for frame in traceback.extract_tb(trace) if not frame.filename.startswith(_PACKAGE)
    ]
    return [f"  line {frames[-1].lineno}: {frames[-1].line}"] if frames else []


def redact(error: BaseException) -> None:
    """Clear the locals of our frames, and of the HTTP libraries', from an error's stacks.

    IPython's Verbose mode, cgitb, rich and error reporters print the locals of every frame, and
    the HTTP libraries keep headers in theirs. Line numbers are all that a bug report needs. What
    the error was raised from is let go where it would not be shown: a library's error has the
    whole request as an attribute, headers and all.

    Parameters
    ----------
    error
        The error; frames that still run keep their locals.

    """
    if error.__suppress_context__ and error.__cause__ is None:
        _clear(error.__context__)
        error.__context__ = None
    _clear(error)


def redacts_traceback(call: Callable[_P, _R]) -> Callable[_P, _R]:
    """Have what a function raises forget the locals: for those that take a secret as it is."""

    @functools.wraps(call)
    def redacting(*args: _P.args, **fields: _P.kwargs) -> _R:
        try:
            return call(*args, **fields)
        except BaseException as error:
            redact(error)
            raise
        finally:
            # This frame's own, which still runs.
            del args, fields

    return redacting


def _clear(error: BaseException | None) -> None:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if str(frame.f_globals.get("__name__", "")).partition(".")[0] in _HOLD_SECRETS:
                with suppress(RuntimeError):  # it still runs
                    frame.clear()
        error = error.__cause__ or error.__context__


class MissingKey(LumenError):
    """No API key was given and none was found; nothing was sent."""


class InvalidRequest(LumenError, ValueError):
    """The request cannot be carried out as it is: found here before sending, or HTTP 400.

    Attributes
    ----------
    field
        The keyword of the call that is wrong, None where only the service knows.

    """

    def __init__(self, message: str, *, field: str | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.field = field


@contextmanager
def naming(field: str | None) -> Iterator[None]:
    """Say of an `InvalidRequest` that comes out of the block which keyword it is about."""
    try:
        yield
    except InvalidRequest as error:
        error.field = error.field or field
        raise


class HostingError(LumenError):
    """A local picture or mask could not be given a URL that the service can read; nothing paid."""


class BudgetExceeded(LumenError):
    """It would go over what `lumen.budget` allows, or may do so; nothing was sent.

    Attributes
    ----------
    count
        How many tasks were asked for.
    cost
        What they cost together in credits, None where that is not known.
    left
        Credits that were left; None where credits are not limited.

    """

    def __init__(
        self,
        message: str,
        *,
        count: int = 1,
        cost: float | None = None,
        left: float | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(message, **facts)
        self.count = count
        self.cost = cost
        self.left = left


class JournalError(LumenError):
    """The journal cannot be written; nothing was sent, because a paid task must not be lost."""


class LessonError(LumenError):
    """A lesson's file cannot be read, written or fetched, or is none; nothing was sent."""


class NotInLesson(LessonError):
    """The lesson in use has no such request; nothing was sent, and nothing spent.

    Attributes
    ----------
    nearest
        The prompts of the lesson that are nearest to what was asked for.

    """

    def __init__(self, message: str, *, nearest: Sequence[str] = (), **facts: Any) -> None:
        super().__init__(message, **facts)
        self.nearest = list(nearest)


class ServiceUnreachable(LumenError, ConnectionError):
    """No connection was ever opened; nothing was sent and nothing spent."""


class AuthenticationError(LumenError):
    """The key is missing, wrong or revoked (HTTP 401)."""


class InsufficientCredits(LumenError):
    """The account has too few credits (HTTP 402)."""


class NotFound(LumenError):
    """There is no such task, or no such model in the key's group (HTTP 404)."""


class RateLimited(LumenError):
    """The service asked to wait (HTTP 429), for longer than the time-out; nothing spent."""


class UpstreamError(LumenError):
    """The service or the model behind it failed, and says that the request was refused."""


class SubmitOutcomeUnknown(LumenError):
    """The request was sent, but no answer says whether it was taken: it may have been paid.

    The request is kept in the journal. Sending it again may pay twice, so nothing here does.
    """


class TaskFailed(LumenError):
    """The task ended as failed; the service gives its credits back."""


class TaskCancelled(LumenError):
    """The service says that the task was cancelled."""


class TasksFailed(LumenError):
    """Some of several tasks failed; the pictures of the others were delivered.

    Attributes
    ----------
    tasks
        The tasks that failed, in the order in which they ended.
    errors
        What each of them raised, in the same order.

    """

    # Any: errors stand below tasks and pictures, and do not know them
    def __init__(self, tasks: Sequence[Any] = (), errors: Sequence[LumenError] = ()) -> None:
        self.tasks = list(tasks)
        self.errors = list(errors)
        lines = [f"{len(self.errors)} of the tasks did not deliver all of their pictures:"]
        lines += [f"  {error}" for error in self.errors]
        super().__init__(
            "\n".join(lines), may_have_cost=any(error.may_have_cost for error in self.errors)
        )

    def __reduce__(self) -> tuple[type[TasksFailed], tuple[list[Any], list[LumenError]]]:
        """Leave the tasks behind: they hold a client, and a client holds a key."""
        return type(self), ([], self.errors)


class WaitTimeout(LumenError, TimeoutError):
    """The wait ended before the task did; the task goes on, and its id is in the message."""


class DownloadError(LumenError):
    """A finished picture could not be fetched; waiting again fetches what is missing.

    Attributes
    ----------
    pictures
        The pictures of the same task that did arrive.
    transient
        Whether the same request may well succeed in a moment.

    """

    def __init__(
        self,
        message: str,
        *,
        pictures: Sequence[Any] = (),
        transient: bool = False,
        **facts: Any,
    ) -> None:
        super().__init__(message, may_have_cost=True, **facts)
        self.pictures = list(pictures)
        self.transient = transient
