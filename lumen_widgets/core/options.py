"""The seam: what plugs on to a call and its task, step by step, in an order that loses no money.

::

    check       may refuse
    answer      gives an existing task, and nothing is paid
    prepare     changes the request
    reserve     may refuse for what it costs
    host        gives pictures that exist only here an address
    record      writes it down: the last step before the POST
    ───────────────── the POST ─────────────────
    is_known    the id that answers it is another task's: then it is not known what became of it
    accepted    the service has taken it  ┐
    refused     it was certainly not taken├ one of these
    unknown     it is not known           ┘
    taken_up    in place of all above: the task was there, and is known by its id
    watched     it is polled from now on
    status      each answer about it
    kept        pictures of it that are here before any is fetched
    unreadable  why one of these cannot be read now
    picture     each picture of it, as it came
    derive      another picture, made of one that came
    derived     what was made of it
    placed      all of its pictures are here, each in its place
    ended       it is done

What stands above the POST may refuse by raising; then, and where nothing was taken, `refused` is
called of each option in reverse order. Once a byte of the POST may have left nothing is undone but
by the service's own word. What fails below the POST is a warning: the task is paid, and goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from lumen_widgets.core.errors import InvalidRequest, LumenError
from lumen_widgets.core.log import Log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from lumen_widgets.core.answers import Accepted
    from lumen_widgets.core.call import Call
    from lumen_widgets.core.pictures.downloads import FetchedPicture
    from lumen_widgets.core.pictures.picture import Picture
    from lumen_widgets.core.request import Request
    from lumen_widgets.core.task import Task

_log = Log()


class AnsweredMeanwhile(Exception):
    """Raised by `record`: after `answer` found nothing, another process sent the same request."""


class SentMeanwhile(InvalidRequest):
    """Raised by `record`: a call of the same correlation id was written down before."""


class StatusReport(NamedTuple):
    """What the service said of a task.

    Attributes
    ----------
    status
        Its word.
    is_new
        Whether it is another word than before.
    error
        ``code`` and ``message`` of a failed task.
    seconds
        With a last word: how long the task took, where all of it was seen.

    """

    status: str
    is_new: bool
    error: Mapping[str, str] | None = None
    seconds: float | None = None


class Poller(Protocol):
    """What polls a task, as far as options may steer it: a `TaskPoller`."""

    @property
    def task(self) -> Task:
        """The task."""

    def poll_now(self, *, webhook_came: bool = False) -> None:
        """Poll now; `webhook_came` says that the service has called the webhook."""

    def expect_webhook(self, interval: float, missed: Callable[[], None]) -> None:
        """Poll only every `interval` seconds, since the webhook is expected.

        `missed` is called if a question finds that the task has ended all the same.
        """

    def poll_as_usual(self) -> None:
        """Take back `expect_webhook`."""


class Option:
    """What one option does for one task: every step is here, and does nothing.

    `check` and `answer` run on the caller's thread and take nothing, since Ctrl-C may end them at
    any instant; all other steps run on threads in the background, which it does not reach.
    """

    @property
    def home(self) -> Path | None:
        """The folder in which the request is kept, None if it is not."""
        return None

    def check(self, call: Call) -> None:
        """Raise a LumenError to refuse the call before anything else is done."""

    def answer(self, call: Call) -> Task | None:  # noqa: ARG002 -- for those that have one
        """Return an existing task that answers the call, so that nothing is paid; None for none."""
        return None

    def prepare(self, call: Call) -> None:
        """Change what is sent."""

    def reserve(self, call: Call) -> None:
        """Raise BudgetExceeded to refuse the call for what it costs."""

    def host(self, call: Call) -> None:
        """Give each picture that exists only here an address in what is sent."""

    def record(self, call: Call) -> None:
        """Write the call down, or raise JournalError: then nothing is sent."""

    def is_known(self, task_id: str) -> bool:  # noqa: ARG002 -- for those that know any
        """Say whether the id that answers the POST is another task's already."""
        return False

    def accepted(self, accepted: Accepted) -> None:
        """Note that the service has taken it."""

    def refused(self, error: BaseException) -> None:
        """Note that it was not taken, and let go of what was held for it; maybe more than once."""

    def unknown(self, error: BaseException) -> None:
        """Note that it may have been taken, and let go of nothing."""

    def taken_up(self, task_id: str, status: str) -> None:
        """Note that a task is taken up by its id, with the service's word so far."""

    def watched(self, poller: Poller) -> None:
        """Note that the task is polled from now on."""

    def status(self, report: StatusReport) -> None:
        """Note what the service said, in each of its answers."""

    def durations(self, request: Request) -> Sequence[float]:  # noqa: ARG002 -- as for `answer`
        """Return how long like tasks took that were seen earlier, in seconds, newest first."""
        return ()

    def kept(self) -> Mapping[int, FetchedPicture]:
        """Return the pictures that were kept as they came, by the `index` that they came with."""
        return {}

    def unreadable(self) -> str:
        """Return why a picture that was kept cannot be read now, nothing if it can or is gone."""
        return ""

    def picture(self, fetched: FetchedPicture, index: int, count: int) -> None:
        """Keep a picture as it came.

        Its place is not certain until `placed`: another may come with the same one. Until as many
        as `count` are kept, or `placed`, more may come.
        """

    def derive(self, picture: Picture) -> Picture | None:  # noqa: ARG002 -- as for `answer`
        """Return what the user gets in place of a picture that came, None for itself."""
        return None

    def derived(self, picture: Picture) -> None:
        """Keep a picture that was made of one that came."""

    def placed(self, pictures: Sequence[Picture]) -> None:
        """Note that these are all pictures, in their order."""

    def ended(self, task: Task) -> None:
        """Note that the task is done."""


class Options:
    """The options of one task, in their order.

    Parameters
    ----------
    options
        Each step is asked of them from first to last, `refused` from last to first.

    Attributes
    ----------
    warnings : list of str
        What failed as the outcome of the POST was noted, for the caller who waits for it.

    """

    def __init__(self, options: Iterable[Option] = ()) -> None:
        self._options = tuple(options)
        self.warnings: list[str] = []

    @property
    def home(self) -> Path | None:
        """The folder in which the request is kept."""
        return next((one.home for one in self._options if one.home is not None), None)

    def check_and_answer(self, call: Call) -> Task | None:
        """Run `check` of all options, then `answer`; return the first existing task."""
        for one in self._options:
            one.check(call)
        answers = (one.answer(call) for one in self._options)
        return next((task for task in answers if task is not None), None)

    def prepare(self, call: Call) -> None:
        """Run `prepare`, `reserve` and `host`."""
        call.reset()
        for one in self._options:
            one.prepare(call)
        for one in self._options:
            one.reserve(call)
        for one in self._options:
            one.host(call)

    def record(self, call: Call) -> None:
        """Run `record`."""
        for one in self._options:
            one.record(call)

    def is_known(self, task_id: str) -> bool:
        """Say whether any option knows the id."""
        found: list[bool] = []
        self._each(lambda one: found.append(one.is_known(task_id)))
        return any(found)

    def accepted(self, accepted: Accepted) -> None:
        """Run `accepted`."""
        self._each(lambda one: one.accepted(accepted), report=self.warnings.append)

    def refused(self, error: BaseException) -> None:
        """Run `refused`, from last to first."""
        undone = Options(reversed(self._options))
        undone._each(lambda one: one.refused(error), report=self.warnings.append)

    def unknown(self, error: BaseException) -> None:
        """Run `unknown`."""
        self._each(lambda one: one.unknown(error), report=self.warnings.append)

    def taken_up(self, task_id: str, status: str) -> None:
        """Run `taken_up`."""
        self._each(lambda one: one.taken_up(task_id, status))

    def watched(self, poller: Poller) -> None:
        """Run `watched`."""
        self._each(lambda one: one.watched(poller))

    def status(self, report: StatusReport) -> None:
        """Run `status`."""
        self._each(lambda one: one.status(report))

    def durations(self, request: Request) -> Sequence[float]:
        """Return the first durations that an option knows."""
        found: list[Sequence[float]] = []
        self._each(lambda one: found.append(one.durations(request)))
        return next(filter(None, found), ())

    def kept(self) -> Mapping[int, FetchedPicture]:
        """Return the first pictures that an option has."""
        found: list[Mapping[int, FetchedPicture]] = []
        self._each(lambda one: found.append(one.kept()))
        return next(filter(None, found), {})

    def unreadable(self) -> str:
        """Return the first reason that an option has."""
        found: list[str] = []
        self._each(lambda one: found.append(one.unreadable()))
        return next(filter(None, found), "")

    def picture(self, fetched: FetchedPicture, index: int, count: int) -> None:
        """Run `picture`."""
        self._each(lambda one: one.picture(fetched, index, count))

    def derive(self, picture: Picture) -> Picture:
        """Run `derive`, each on what the one before made, and `derived` on what came of it."""
        made = [picture]
        self._each(lambda one: made.append(one.derive(made[-1]) or made[-1]))
        if made[-1] is not picture:
            self.derived(made[-1])
        return made[-1]

    def derived(self, picture: Picture) -> None:
        """Run `derived`."""
        self._each(lambda one: one.derived(picture))

    def placed(self, pictures: Sequence[Picture]) -> None:
        """Run `placed`."""
        self._each(lambda one: one.placed(pictures))

    def ended(self, task: Task) -> None:
        """Run `ended`."""
        self._each(lambda one: one.ended(task))

    def _each(
        self, step: Callable[[Option], object], report: Callable[[str], object] = _log.warning
    ) -> None:
        """Run a step whose failure must stop nothing: `refused`, and each step below the POST.

        Parameters
        ----------
        step
            Calls one step of the option that it is given.
        report
            Called with what failed, in words.

        """
        for one in self._options:
            try:
                step(one)
            except Exception as error:  # noqa: BLE001 -- whatever an option does, the task goes on
                _log.debug("An option of the client failed.", exc_info=True)
                words = str(error) or type(error).__name__
                report(words if isinstance(error, LumenError) else f"An option failed: {words}")
