"""A lesson as an option: what it has is given at once, as if it had been made; nothing is paid."""

from __future__ import annotations

import difflib
import re
import threading
import time
import weakref
from typing import TYPE_CHECKING, Protocol

from lumen_widgets.client.lessons.lesson_file import FIELDS
from lumen_widgets.core.answers import SUCCEEDED
from lumen_widgets.core.call import fields_digest
from lumen_widgets.core.errors import NotInLesson
from lumen_widgets.core.models import VERBS
from lumen_widgets.core.options import Option
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.recipe import CROP, SIDES, Recipe
from lumen_widgets.core.recipe import FIELDS as RECIPE_FIELDS
from lumen_widgets.core.request import Request
from lumen_widgets.core.task import Task, TaskState
from lumen_widgets.core.words import format_count, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumen_widgets.client.lessons.lesson_file import Lesson, LessonPicture, LessonTask
    from lumen_widgets.core.call import Call

_ID = re.compile(r"lesson-([0-9a-f]{12})-([1-9][0-9]{0,8})", re.ASCII)

# Prompts that an error names, and characters of each.
_MOST_PROMPTS, _LONGEST_PROMPT = 3, 80

# A prompt may be as long as a page, and to compare two takes time by the square of that; a lesson
# of more prompts than anybody reads is compared in part.
_COMPARED, _MOST_COMPARED = 300, 500

# What else a call asks for, by its names there (`Call.asked`), as a recipe's details have it.
_DETAILS = {"extend": SIDES, "crop": CROP}


class Holder(Protocol):
    """What holds the tasks of a client in this process."""

    def get(self, task_id: str | None) -> Task | None:
        """Return a task that is held already."""

    def add(self, task: Task) -> Task:
        """Hold a task."""


class LessonTasks:
    """The tasks that one client has had of a lesson; safe to use from any thread.

    Each call has a task of its own. Where the lesson has several of the same request, the first
    call has the first of them, the second the second, and after the last it begins again: so a
    notebook that asks twice has what it had when it was written, in any run.

    Parameters
    ----------
    lesson
        The lesson.
    origin
        What its tasks say of where they come from.
    holder
        Holds the tasks.

    """

    def __init__(self, lesson: Lesson, origin: str, holder: Holder) -> None:
        self.lesson = lesson
        self.origin = origin
        self._holder = holder
        self._lock = threading.RLock()
        # by a request's digest, how many calls have had a task of it
        self._calls: dict[str, int] = {}
        self._given_again: weakref.WeakSet[Task] = weakref.WeakSet()

    def is_given_again(self, task: Task) -> bool:
        """Say whether another call has had this very task before."""
        return task in self._given_again

    def give(self, call: Call) -> Task | None:
        """Return the task that a call has of the lesson; None where it has no such request.

        One with ``reuse=True`` has the last that was given, as if that was what was paid before.

        Raises
        ------
        LessonError
            The lesson's file is not what it was.

        """
        known = self.lesson.by_digest.get(call.digest)
        if known is None:
            return None
        with self._lock:
            number = self._calls.get(call.digest, 0)
            if not (call.reuse and number):
                number = self._calls[call.digest] = number + 1
        live = self._holder.get(_task_id(call.digest, number)) if call.reuse else None
        if live is not None:
            self._given_again.add(live)
            return live
        repainted = any(one.looked_at for task in known for one in task.pictures)
        recipe = _recipe(call) if repainted or call.asked else None
        request = call.request.with_recipe(recipe)
        return self._make(call.digest, number, known, request, call.correlation_id)

    def is_repeated(self, task: Task) -> bool:
        """Say whether earlier calls have had all that the lesson has of a task's request."""
        found = _ID.fullmatch(task.id)
        known = [one for one in self.lesson.tasks if found and _short(one.digest) == found[1]]
        return found is not None and int(found[2]) > len(known)

    def find(self, task_id: str) -> Task | None:
        """Return a task by its id, held already or not; None where the lesson has none of that id.

        Raises
        ------
        LessonError
            The lesson's file is not what it was.

        """
        found = _ID.fullmatch(task_id)
        if found is None:
            return None
        if (live := self._holder.get(task_id)) is not None:
            return live
        digest = next((one for one in self.lesson.by_digest if _short(one) == found[1]), None)
        if digest is None:
            return None
        known = self.lesson.by_digest[digest]
        first = known[0]
        return self._make(digest, int(found[2]), known, Request(first.endpoint, dict(first.fields)))

    def missing(self, call: Call, advice: str) -> NotInLesson:
        """Return the error of a call that the lesson does not answer.

        Parameters
        ----------
        call
            What was asked for.
        advice
            What else to do, as a sentence.

        """
        request, tasks = call.by_content, self.lesson.tasks
        nearest = _nearest(request.prompt, [one.prompt for one in tasks])
        what = f"The lesson {self.lesson.name} does not have this request. Nothing was sent, and"
        same = [one for one in tasks if one.prompt == request.prompt]
        if not tasks:
            has = "It is empty."
        elif same:
            has = f"It has this prompt, but {_difference(request, same)}."
        else:
            count = format_count(len({one.prompt for one in tasks}), "prompt")
            shown = ", ".join(literal(_shortened(one)) for one in nearest)
            has = f"Of its {count} the nearest: {shown}."
        return NotInLesson(
            f"{what} nothing spent. {has}",
            next_step=f"Ask for what it has. {advice}".strip(),
            nearest=nearest,
        )

    def _make(
        self,
        digest: str,
        number: int,
        known: Sequence[LessonTask],
        request: Request,
        correlation_id: str | None = None,
    ) -> Task:
        """Return a new task, done and with its pictures."""
        entry = known[(number - 1) % len(known)]
        state = TaskState(
            _task_id(digest, number),
            request,
            origin=self.origin,
            status=SUCCEEDED,
            submitted=time.time(),
            # how long it took once is not how long it takes
            age=None,
            cost=lambda _: 0.0,
            correlation_id=correlation_id,
        )
        task = Task(state)
        count, prompt = len(entry.pictures), request.prompt or None
        state.set_pictures(
            [
                self._picture(one, index, count, prompt, task)
                for index, one in enumerate(entry.pictures)
            ]
        )
        state.finish()
        return self._holder.add(task)

    def _picture(
        self, one: LessonPicture, index: int, count: int, prompt: str | None, task: Task
    ) -> Picture:
        file = self.lesson.picture(one.file)
        came = Picture(
            file.data,
            media_type=file.media_type,
            width=file.width,
            height=file.height,
            sha256=file.sha256,
            index=index,
            count=count,
            prompt=prompt,
            task=task,
        )
        if not one.looked_at:
            return came
        made = None if one.exact in {None, one.file} else self.lesson.picture(str(one.exact))
        return came.derived(made, changed_outside=one.changed_outside, note=one.note)


class LessonOption(Option):
    """Answers a call with what a lesson has.

    Parameters
    ----------
    tasks
        The lesson's tasks.
    keep
        Called with each task that is given and its call, before the caller has it.
    otherwise
        What to do about a call that it does not answer, as a sentence; None lets such a call go on
        to whoever else answers it.

    """

    def __init__(
        self, tasks: LessonTasks, keep: Callable[[Task, Call], None], otherwise: str | None
    ) -> None:
        self._tasks = tasks
        self._keep = keep
        self._otherwise = otherwise

    def answer(self, call: Call) -> Task | None:
        """Return the lesson's task; raise where it has none, and nobody else may answer."""
        found = self._tasks.give(call)
        if found is None:
            if self._otherwise is None:
                return None
            raise self._tasks.missing(call, self._otherwise)
        self._keep(found, call)
        return found


def _recipe(call: Call) -> Recipe:
    """Return what is known of how a repaint was put back: code and provenance say it.

    What was asked for beside the fields is in none of them: sent again as it is, the request is
    known by the digest.
    """
    if not call.asked:
        return Recipe({})
    said = {_DETAILS.get(name, name): value for name, value in call.asked.items()}
    return Recipe({**said, RECIPE_FIELDS: fields_digest(call.request)}, {}, call.digest)


def _task_id(digest: str, number: int) -> str:
    return f"lesson-{_short(digest)}-{number}"


def _short(digest: str) -> str:
    return digest.partition(":")[2][:12]


def _nearest(prompt: str, known: Sequence[str]) -> list[str]:
    """Return the prompts that are most like another one, the most like it first."""
    wanted = prompt[:_COMPARED].lower()
    by_text = {one[:_COMPARED].lower(): one for one in reversed(known[:_MOST_COMPARED])}
    found = difflib.get_close_matches(wanted, list(by_text), n=_MOST_PROMPTS, cutoff=0.0)
    return [by_text[one] for one in found]


def _shortened(prompt: str) -> str:
    return prompt if len(prompt) <= _LONGEST_PROMPT else f"{prompt[: _LONGEST_PROMPT - 1]}…"


def _difference(request: Request, known: Sequence[LessonTask]) -> str:
    """Return in what the requests of a prompt differ from another one of it."""
    verbs = dict.fromkeys(VERBS[one.endpoint] for one in known)
    if VERBS[request.endpoint] not in verbs:
        return f"for {' and '.join(verbs)}, not for {VERBS[request.endpoint]}"
    first = next(one for one in known if one.endpoint == request.endpoint)
    names = [*first.fields, *(one for one in request.body if one in FIELDS)]
    said = [
        f"{name}={first.fields[name]!r}" if name in first.fields else f"no {name}"
        for name in dict.fromkeys(names)
        if first.fields.get(name) != request.body.get(name)
    ]
    if said:
        return f"with {', '.join(said)}"
    return "of another picture, mask or part of it, or with something else in extra"
