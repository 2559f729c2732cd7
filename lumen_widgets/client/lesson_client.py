"""A client that has its pictures from a lesson: nothing is paid, and no service is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.client.client import LumenClient
from lumen_widgets.client.history.account_journal import AccountJournal
from lumen_widgets.client.lessons.lesson_option import LessonOption, LessonTasks
from lumen_widgets.client.live_tasks import refuse_secret
from lumen_widgets.core.errors import NotFound
from lumen_widgets.core.http.keys import Key
from lumen_widgets.core.http.origin import Origin
from lumen_widgets.core.words import short_repr

if TYPE_CHECKING:
    from lumen_widgets.client.exact.wish import Wish
    from lumen_widgets.client.history.account_journal import JournalSource
    from lumen_widgets.client.lessons.lesson_file import Lesson
    from lumen_widgets.client.refusing.check_option import Check
    from lumen_widgets.client.refusing.lumen_use import LumenUse
    from lumen_widgets.core.call import Call
    from lumen_widgets.core.options import Option
    from lumen_widgets.core.task import Task

# No address that can be asked begins so: whatever this client tried to send would get nowhere.
_SCHEME = "lesson"


class LessonClient(LumenClient):
    """A client of a lesson, with or without a sandbox that draws what the lesson does not have.

    Its tasks are done as soon as they are asked for. They stand in the history with their pictures,
    each once, as tasks of the lesson that cost nothing.

    Parameters
    ----------
    lesson
        The lesson.
    use
        What ``LUMEN_USE`` says, where that named the lesson.
    api_key, base_url
        Of the sandbox on this machine that draws other requests; None refuses them.
    journal, check
        As for `LumenClient`.

    Attributes
    ----------
    lesson : Lesson
        The lesson.
    use : LumenUse or None
        What ``LUMEN_USE`` says, where that named the lesson.

    Examples
    --------
    >>> LessonClient(read_lesson(Path("owls.lumen"), name="owls.lumen"))  # doctest: +SKIP
    <LumenClient lesson://owls.lumen>

    """

    def __init__(
        self,
        lesson: Lesson,
        *,
        use: LumenUse | None = None,
        api_key: str | None = None,
        base_url: str | None = None,
        journal: JournalSource = None,
        check: Check | None = None,
    ) -> None:
        self.lesson = lesson
        self.use = use
        self._has_service = base_url is not None
        # what its tasks are known by in the journal: the name is for people, the key for us
        self._lesson_origin = Origin(f"{_SCHEME}://{lesson.name}", lesson.name, is_loopback=False)
        self._lesson_key = Key(f"sk-lumen-{_SCHEME}-{lesson.sha256}", self._lesson_origin)
        super().__init__(api_key, base_url, journal=journal, check=check)
        origin, account = self._lesson_origin.url, self._lesson_key.fingerprint
        self._lesson_journal = AccountJournal(self.journal, origin, account)
        self._lesson_tasks = LessonTasks(lesson, origin, self._tasks)

    @property
    def draws_others(self) -> bool:
        """Whether a sandbox draws what the lesson does not have."""
        return self._has_service

    def fits(self, use: LumenUse) -> bool:
        """Say whether ``LUMEN_USE`` names this lesson."""
        return self.use == use

    def task(self, task_id: str) -> Task:
        """Take up a task by its id, as `LumenClient.task` does: first one of the lesson.

        Raises
        ------
        NotFound
            The lesson has no such task.
        LumenError
            As for `LumenClient.task`, where a sandbox draws what the lesson does not have.

        Examples
        --------
        >>> client.task("lesson-4f0c1d2e3a5b-1")  # doctest: +SKIP

        """
        given: object = task_id
        found = self._lesson_tasks.find(given) if isinstance(given, str) else None
        if found is not None:
            return found
        if self._has_service or not isinstance(given, str):
            return super().task(task_id)
        refuse_secret(given)
        raise NotFound(
            f"The lesson {self.lesson.name} has no task {short_repr(given)}.",
            next_step="Call generate, edit or inpaint for what the lesson has.",
        )

    def _read_account(self, api_key: str | None, base_url: str | None) -> tuple[Origin, Key]:
        try:
            if base_url is None:
                return self._lesson_origin, self._lesson_key
            return super()._read_account(api_key, base_url)
        finally:
            del api_key

    def _first_options(self) -> list[Option]:
        # under LUMEN_USE no cell can choose another account
        chosen = 'Or have others drawn as previews: lumen.use(…, fallback="sandbox").'
        otherwise = None if self._has_service else chosen
        return [
            *super()._first_options(),
            LessonOption(self._lesson_tasks, self._keep, otherwise),
        ]

    def _submit_or_reuse(self, call: Call, wish: Wish | None = None) -> Task:
        task = super()._submit_or_reuse(call, wish)
        if task.origin == self._lesson_origin.url:
            # it was given, and is not one that was paid before
            task.reused = self._lesson_tasks.is_given_again(task)
        return task

    def _keep(self, task: Task, call: Call) -> None:
        """Write a task into the history, unless it has the same pictures by now."""
        if self._lesson_tasks.is_repeated(task):
            return
        # beside a sandbox it is of another account, where no form looks for what it had sent
        correlation_id = None if self._has_service else call.correlation_id
        self._lesson_journal.keep_given(task, call, correlation_id)
