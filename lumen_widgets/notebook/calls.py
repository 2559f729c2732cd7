"""What a notebook calls: pictures appear in the cell, and each failure in its place.

A cell waits for its tasks, or leaves empty outputs for pictures that arrive after it has ended.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from lumen_widgets.client import (
    InvalidRequest,
    LumenError,
    Picture,
    Request,
    Task,
    TasksFailed,
    WaitTimeout,
)
from lumen_widgets.core.errors import interrupted, redacts_traceback
from lumen_widgets.core.fields import Fields, with_fields
from lumen_widgets.core.models import GENERATE, INPAINT_MODEL, MODEL
from lumen_widgets.core.pictures.cell_result import ShownHere
from lumen_widgets.core.request import asks_for_reuse, read_flag
from lumen_widgets.core.waiting import as_completed
from lumen_widgets.core.words import format_count, has_items, literal, short_repr, whole_number
from lumen_widgets.notebook.account import account_of_task, current
from lumen_widgets.notebook.cell import (
    NOTHING,
    Output,
    Place,
    advising_cells,
    cell_advice,
    in_notebook,
    note,
    picture_bundles,
)
from lumen_widgets.notebook.cell_status import CellStatus, error_words, task_heading
from lumen_widgets.notebook.output_widget import capturing_output
from lumen_widgets.notebook.publisher import publisher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lumen_widgets.client import LumenClient, Pictures
    from lumen_widgets.core.pictures.images import PictureSource
    from lumen_widgets.core.pictures.masks import MaskSource


@overload
def generate(
    prompt: str,
    *,
    wait: Literal[True] = True,
    client: LumenClient | None = None,
    **fields: Unpack[Fields],
) -> Pictures: ...
@overload
def generate(
    prompt: str,
    *,
    wait: Literal[False],
    client: LumenClient | None = None,
    **fields: Unpack[Fields],
) -> Task: ...
@redacts_traceback
@with_fields(MODEL)
def generate(
    prompt: str,
    *,
    wait: bool = True,
    client: LumenClient | None = None,
    **fields: Unpack[Fields],
) -> Pictures | Task:
    """Make pictures from a prompt and show them in this cell.

    Parameters
    ----------
    prompt
        What the picture shows, in any language.
    model
        A model's code.
    n
        How many pictures, 1 to 4; None lets the service decide (one).
    size
        Pixels such as ``"1024x1024"``, or a ratio such as ``"16:9"``; None lets the service
        decide (1:1).
    resolution
        ``"1K"``, ``"2K"`` or ``"4K"``; None follows from `size`.
    quality
        A tier that the model knows, such as ``"low"``, ``"medium"`` or ``"high"``.
    negative_prompt
        What the picture should not show.
    webhook_url, webhook_secret
        An http(s) address that the service calls when the task has ended, and what it signs the
        call with: both or neither. The secret is kept nowhere.
    extra
        Fields of the request that have no name here; they are merged into it last.
    reuse
        True pays nothing for what was paid before: the same request's pictures come back, or its
        task is joined where it still runs; so "Run All" costs nothing the second time.
    client
        Whose credits are spent; None is the account in use (`lumen.use`).
    wait
        True waits for the pictures, fifteen minutes at most. False returns the task at once, and
        its pictures arrive in this cell, also while another one runs; or in the
        `ipywidgets.Output` that captures the call, as in a callback, which has no cell.

    Returns
    -------
    Pictures or Task
        The pictures; or the task, if `wait` is False.

    Raises
    ------
    InvalidRequest
        A field is wrong; nothing was sent.
    BudgetExceeded
        It goes over `lumen.budget`; nothing was uploaded or sent.
    LumenError
        Whatever `LumenClient.generate` and `Task.wait` raise; each says whether credits may have
        been spent, and what to do next.

    Examples
    --------
    >>> import lumen_widgets as lumen
    >>> lumen.generate("a cute cat on a windowsill", n=2)  # doctest: +SKIP

    """
    return _submit_and_show(
        lambda chosen: chosen.generate(prompt, **fields), MODEL, fields, client, wait=wait
    )


@overload
def edit(
    prompt: str,
    images: PictureSource | Sequence[PictureSource],
    *,
    wait: Literal[True] = True,
    client: LumenClient | None = None,
    **fields: Unpack[Fields],
) -> Pictures: ...
@overload
def edit(
    prompt: str,
    images: PictureSource | Sequence[PictureSource],
    *,
    wait: Literal[False],
    client: LumenClient | None = None,
    **fields: Unpack[Fields],
) -> Task: ...
@redacts_traceback
@with_fields(MODEL)
def edit(
    prompt: str,
    images: PictureSource | Sequence[PictureSource],
    *,
    wait: bool = True,
    client: LumenClient | None = None,
    **fields: Unpack[Fields],
) -> Pictures | Task:
    """Make pictures from a prompt and reference pictures, and show them in this cell.

    Parameters
    ----------
    prompt
        What to change, in any language.
    images
        One reference picture or several: a path, bytes, a URL, a PIL image, an array (uint8,
        (height, width[, 3 or 4])), or a `Picture`.
    model, n, size, resolution, quality, negative_prompt, webhook_url, webhook_secret
        As in `generate`.
    extra, reuse, client, wait
        As in `generate`.

    Returns
    -------
    Pictures or Task
        The pictures; or the task, if `wait` is False.

    Raises
    ------
    InvalidRequest, HostingError
        A picture or a field cannot be used; nothing was paid.
    LumenError
        As `generate`.

    Examples
    --------
    >>> cats = lumen.generate("a cute cat on a windowsill")  # doctest: +SKIP
    >>> lumen.edit("make it night", cats[0])  # doctest: +SKIP

    """
    return _submit_and_show(
        lambda chosen: chosen.edit(prompt, images, **fields), MODEL, fields, client, wait=wait
    )


@overload
def inpaint(
    prompt: str,
    image: PictureSource,
    mask: MaskSource,
    *,
    exact: bool = True,
    crop: float | None = None,
    wait: Literal[True] = True,
    client: LumenClient | None = None,
    **fields: Unpack[Fields],
) -> Pictures: ...
@overload
def inpaint(
    prompt: str,
    image: PictureSource,
    mask: MaskSource,
    *,
    exact: bool = True,
    crop: float | None = None,
    wait: Literal[False],
    client: LumenClient | None = None,
    **fields: Unpack[Fields],
) -> Task: ...
@redacts_traceback
@with_fields(INPAINT_MODEL)
def inpaint(
    prompt: str,
    image: PictureSource,
    mask: MaskSource,
    *,
    exact: bool = True,
    crop: float | None = None,
    wait: bool = True,
    client: LumenClient | None = None,
    **fields: Unpack[Fields],
) -> Pictures | Task:
    """Repaint the masked area of a picture, and show the result in this cell.

    Models redraw more than they are asked to, in another size and other colours. What comes back is
    the picture that was given, pixel for pixel, in which only the masked part is new.

    Parameters
    ----------
    prompt
        What to paint there, in any language.
    image
        The picture, as in `edit`.
    mask
        A picture or bool array of the same size; white, True, 128 and above is repainted.
    exact
        True puts the result back into the picture; each picture's ``raw`` is what the service
        sent. False leaves that as it is.
    crop
        How much of the mask's box is added on every side before only that part is sent, of its
        longer side: 0.5 keeps more detail for the same credits. None sends all of the picture.
    model, n, size, resolution, quality, negative_prompt, webhook_url, webhook_secret
        As in `generate`.
    extra, reuse, client, wait
        As in `generate`; the model must be able to inpaint.

    Returns
    -------
    Pictures or Task
        The pictures; or the task, if `wait` is False.

    Raises
    ------
    InvalidRequest, HostingError
        The picture, the mask or a field cannot be used; nothing was paid.
    LumenError
        As `generate`.

    Examples
    --------
    >>> mask = np.zeros((1024, 1024), bool)  # doctest: +SKIP
    >>> mask[300:700, 200:600] = True  # doctest: +SKIP
    >>> lumen.inpaint("a corgi", picture, mask)  # doctest: +SKIP

    """
    return _submit_and_show(
        lambda chosen: chosen.inpaint(prompt, image, mask, exact=exact, crop=crop, **fields),
        INPAINT_MODEL,
        fields,
        client,
        wait=wait,
    )


@overload
def extend(
    prompt: str,
    image: PictureSource,
    *,
    left: int = 0,
    top: int = 0,
    right: int = 0,
    bottom: int = 0,
    wait: Literal[True] = True,
    client: LumenClient | None = None,
    **fields: Unpack[Fields],
) -> Pictures: ...
@overload
def extend(
    prompt: str,
    image: PictureSource,
    *,
    left: int = 0,
    top: int = 0,
    right: int = 0,
    bottom: int = 0,
    wait: Literal[False],
    client: LumenClient | None = None,
    **fields: Unpack[Fields],
) -> Task: ...
@redacts_traceback
@with_fields(INPAINT_MODEL)
def extend(
    prompt: str,
    image: PictureSource,
    *,
    left: int = 0,
    top: int = 0,
    right: int = 0,
    bottom: int = 0,
    wait: bool = True,
    client: LumenClient | None = None,
    **fields: Unpack[Fields],
) -> Pictures | Task:
    """Have a picture go on beyond its edges, and show the result in this cell.

    Parameters
    ----------
    prompt
        What the new ground shows, in any language.
    image
        The picture, as in `edit`; it stays as it was, bit for bit.
    left, top, right, bottom
        How many pixels are added on each side, one of them at least; the result has at most 4096
        on a side.
    model, n, resolution, quality, negative_prompt, webhook_url, webhook_secret
        As in `generate`; there is no `size`.
    extra, reuse, client, wait
        As in `generate`; the model must be able to inpaint.

    Returns
    -------
    Pictures or Task
        The pictures; or the task, if `wait` is False.

    Raises
    ------
    InvalidRequest, HostingError
        The picture, a side or a field cannot be used; nothing was paid.
    LumenError
        As `generate`.

    Examples
    --------
    >>> lumen.extend("more beach", "photo.png", left=256)  # doctest: +SKIP

    """
    sides = {"left": left, "top": top, "right": right, "bottom": bottom}
    return _submit_and_show(
        lambda chosen: chosen.extend(prompt, image, **sides, **fields),
        INPAINT_MODEL,
        fields,
        client,
        wait=wait,
    )


# seconds that a notebook call waits at most: more than any model takes
LONGEST_WAIT = 15 * 60.0


def show(
    tasks_or_pictures: Task | str | Picture | Iterable[Task | str | Picture],
    columns: int | None = None,
) -> None:
    """Show pictures in this cell: of tasks, for which it waits, or those that it is given.

    Several pictures of a task, or of a list, are shown as one contact sheet, each with its index.

    Parameters
    ----------
    tasks_or_pictures
        A task or a task's id, or several; ids are looked up with the account in use. Or a picture,
        or several.
    columns
        How many pictures stand in a row: 1 shows each as an output of its own, at the size of a
        single one, and with 2 or more a long list takes several sheets. None is one sheet, as it
        suits their number and shapes.

    Raises
    ------
    InvalidRequest
        These are neither tasks nor pictures, or `columns` is no whole number from 1.
    TaskFailed, TaskCancelled, DownloadError
        A single task did not deliver all of its pictures.
    TasksFailed
        Some of several tasks did not; the others' pictures are shown, and each failure in its
        place.
    WaitTimeout
        Fifteen minutes have passed; the tasks go on, and the message says how to take them up.

    Examples
    --------
    >>> lumen.show("a1b2c3")  # doctest: +SKIP
    >>> lumen.show(cats, columns=1)  # doctest: +SKIP

    """
    side_by_side = _read_columns(columns)
    given: Any = tasks_or_pictures
    if has_items(given) and not isinstance(given, str):
        given = list(given)
    listed = given if isinstance(given, list) else [given]
    pictures = [one for one in listed if isinstance(one, Picture)]
    if not pictures:
        for _ in _stream(given, LONGEST_WAIT, "raise", side_by_side):
            pass
        return
    if len(pictures) < len(listed):
        raise InvalidRequest(
            "Tasks and pictures were given together.", next_step="Show them one after the other."
        )
    place = Place()
    if place.shows_anything:
        for bundle in picture_bundles(pictures, side_by_side):
            place.show(*bundle)


def _read_columns(columns: object) -> int | None:
    number = whole_number(columns)
    if columns is not None and (number is None or number < 1):
        raise InvalidRequest(
            f"columns is how many pictures stand in a row, from 1, not {short_repr(columns)}.",
            field="columns",
        )
    return number


def stream(
    tasks: Task | str | Iterable[Task | str],
    timeout: float | None = None,
    errors: Literal["raise", "skip"] = "raise",
) -> Iterator[Picture]:
    """Yield pictures as their tasks end, and show them in this cell: those of a task as one sheet.

    Parameters
    ----------
    tasks
        A task or a task's id, or several; ids are looked up with the account in use.
    timeout
        Seconds to wait at most; None is fifteen minutes.
    errors
        ``"raise"`` raises at the end what went wrong; ``"skip"`` only shows it.

    Yields
    ------
    Picture
        Each picture, in the order in which the tasks end.

    Raises
    ------
    TaskFailed, TaskCancelled, DownloadError, TasksFailed, WaitTimeout
        As `show`.

    Examples
    --------
    >>> for picture in lumen.stream([first, second]):  # doctest: +SKIP
    ...     picture.save("pictures")

    """
    word: object = errors  # what a user passed may be anything
    if not isinstance(word, str) or word not in ("raise", "skip"):
        raise InvalidRequest(f'errors is "raise" or "skip", not {short_repr(errors)}.')
    yield from _stream(tasks, LONGEST_WAIT if timeout is None else timeout, errors)


def _stream(
    tasks: Task | str | Iterable[Task | str],
    timeout: float,
    errors: Literal["raise", "skip"],
    columns: int | None = None,
) -> Iterator[Picture]:
    """Yield and show pictures as `stream` does, so many in a row."""
    alone = isinstance(tasks, (Task, str)) or not has_items(tasks)
    given: Any = [tasks] if alone else tasks
    # one that is given twice is shown, and its cost counted, once
    followed = list(dict.fromkeys(_as_tasks(given)))
    if not followed:
        return
    failed: list[tuple[Task, LumenError]] = []
    for task in follow(followed, timeout=timeout, columns=columns):
        yield from task.pictures
        if task.error is not None:
            failed.append((task, task.error))
    if not failed or errors == "skip":
        return
    if alone:
        raise failed[0][1]
    raise TasksFailed([task for task, _ in failed], [error for _, error in failed])


def follow(
    tasks: Sequence[Task],
    *,
    timeout: float,
    status: CellStatus | None = None,
    columns: int | None = None,
) -> Iterator[Task]:
    """Yield each task once it has ended and its pictures, or its failure, stand in this cell.

    However this ends — all done, out of time, interrupted, or left early — the live panel is
    replaced by plain words that say how to take up what still runs.
    """
    status = status or CellStatus(account_of_task(tasks[0]))
    try:
        status.show_panel(tasks)
        for task in as_completed(tasks, timeout=timeout):
            show_ended(task, status.place, alone=len(tasks) == 1, columns=columns)
            _hold_back(task, status.place)
            yield task
    except KeyboardInterrupt:
        if not in_notebook():
            raise
        raise interrupted(_stopped_words(tasks)) from None
    except WaitTimeout as error:
        if in_notebook():
            error.next_step = cell_advice(error.next_step)
        raise
    finally:
        status.show_summary()


def follow_later(task: Task, status: CellStatus) -> None:
    """Leave an output in this cell for a task's pictures, filled once the task has ended."""
    status.show_panel([task])
    # without n the service decides, and its documentation says that it makes one
    expected = task.request.n or 1
    what = f"{format_count(expected, 'picture')} appear{'s' if expected == 1 else ''}"
    place = status.place
    first = note(
        f"{what} here as soon as the task has ended. From another session:"
        if not place.is_hidden
        else "A callback has no cell of its own. To show its pictures in one:",
        code=f"lumen.show({literal(task.id)})",
    )
    placeholder = _Placeholder(task, status, place.output(first))
    with _placeholders_lock:
        # of the cells before, none is taken away any more
        _placeholders[:] = [one for one in _placeholders if one.place.is_same_as(place)]
        _placeholders.append(placeholder)
    placeholder.follow()


class _Placeholder:
    """What a call that does not wait has left in its cell, until the task's pictures are there."""

    def __init__(self, task: Task, status: CellStatus, output: Output) -> None:
        self.task_id = task.id
        self.place = status.place
        # until it is filled: what is kept for the last cell keeps no picture
        self._task: Task | None = task
        self._status = status
        self._output = output
        self._subscriptions: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def follow(self) -> None:
        """Fill it once the task has ended."""
        if self._task is not None:
            told = self._task.subscribe(lambda _: publisher.run_soon(self._fill))
            self._subscriptions.append(told)
        # the task may have ended before the subscription
        publisher.run_soon(self._fill)

    def take_away(self) -> None:
        """Leave nothing of it: its pictures were asked for in the same cell, and come once."""
        with self._lock:
            self._end()
            self._output.replace(NOTHING)
            self._status.clear()

    def _fill(self) -> None:
        with self._lock:
            if self._task is None or not self._task.done:
                return
            pictures = self._task.pictures
            # first: what fails below is not tried again
            self._end()
            if pictures:
                (bundle,) = picture_bundles(pictures, of_task=True)
                self._output.replace(*bundle)
            else:
                # the status above says why
                self._output.replace(note("✗ No picture."))
            self._status.show_summary(explain=True)

    def _end(self) -> None:
        self._task = None
        while self._subscriptions:
            self._subscriptions.pop()()


# those of the cell that ran last
_placeholders: list[_Placeholder] = []
_placeholders_lock = threading.Lock()


def show_ended(task: Task, place: Place, *, alone: bool, columns: int | None = None) -> None:
    """Show a task's pictures; one of several has a heading. A script makes nothing to show."""
    if not place.shows_anything:
        return
    with _placeholders_lock:
        left = [one for one in _placeholders if one.task_id == task.id]
    for placeholder in left:
        if placeholder.place.is_same_as(place):
            placeholder.take_away()
    if not alone:
        place.show(task_heading(task))
    for bundle in picture_bundles(task.pictures, columns, of_task=True):
        place.show(*bundle)
    if task.error is not None and not alone:
        place.show(note(f"✗ {error_words(task.error)}"))


def _stopped_words(tasks: Sequence[Task]) -> str:
    """Return what Ctrl-C says in a cell: as the cell's summary, since a notebook has no client."""
    going = [task.id for task in dict.fromkeys(tasks) if not task.done]
    first, *others = going or dict.fromkeys(task.id for task in tasks)
    if others:
        count = f"{len(others) + 1} tasks"
        what = f"waiting; {count} go on" if going else f"showing {count}, which have ended"
        whose = "the pictures of the first"
    else:
        name = f"the task {first}"
        what = f"waiting; {name} goes on" if going else f"showing {name}, which has ended"
        whose = "its pictures"
    return f"Stopped {what}. To show {whose} in a cell: lumen.show({literal(first)})"


def _as_tasks(given: Iterable[Task | str]) -> list[Task]:
    tasks = []
    for task in given:
        if isinstance(task, Task):
            tasks.append(task)
        elif isinstance(task, str):
            with advising_cells():
                tasks.append(current().client.task(task))
        else:
            raise InvalidRequest(
                f"A task was expected, not {type(task).__name__}.",
                next_step="Give it a Task, a task's id, or several of them.",
            )
    return tasks


def _submit_and_show(
    submit: Callable[[LumenClient], Task],
    model: str,
    fields: Fields,
    client: LumenClient | None,
    *,
    wait: bool,
) -> Pictures | Task:
    """Submit a task with the account in use, and show its status and pictures in this cell."""
    # now: afterwards it would be paid, and nothing shown
    wait, reuse = read_flag("wait", wait), asks_for_reuse(fields)
    account = current(client)
    status = CellStatus(account, _price_fields(model, fields), reuse=reuse)
    task: Task | None = None
    try:
        with advising_cells():
            task = submit(account.client)
        if task.reused:
            status.mark_reused()
        return _show_submitted(task, status, wait=wait)
    except BaseException as error:
        if task is None:
            status.show_submit_error(error)
        elif isinstance(error, KeyboardInterrupt) and in_notebook():
            raise interrupted(_stopped_words([task])) from None
        raise


def _show_submitted(task: Task, status: CellStatus, *, wait: bool) -> Pictures | Task:
    """Show a task that was taken in this cell, or where it will stand; return what is asked for."""
    # what was made before is here: nothing has to be filled in later
    is_here = task.done and task.error is None and not status.place.is_hidden
    if not wait and not (is_here and in_notebook()):
        if in_notebook():
            follow_later(task, status)
            _hold_back(task, status.place)
    else:
        for _ in follow([task], timeout=LONGEST_WAIT, status=status):
            pass
    return task.wait(0) if wait else task


def _hold_back(task: Task, place: Place) -> None:
    """Have a task's pictures show nothing as the result too of the cell in which they come."""
    # where another cell runs by now, they are not in it; and in none that a callback shows
    if in_notebook() and place.is_here and not place.is_hidden:
        task.suppress_display(ShownHere(_capturing_id))


def _capturing_id() -> str | None:
    """Return the id of the `ipywidgets.Output` that takes what is shown now, None in a cell."""
    out = capturing_output()
    return None if out is None else out.model_id


def _price_fields(model: str, fields: Fields) -> Request:
    """Return a request of the fields that its price depends on; they are not checked yet."""
    body: dict[str, object] = {"model": fields.get("model", model)}
    if fields.get("n") is not None:
        body["n"] = fields["n"]
    extra = fields.get("extra")
    if isinstance(extra, Mapping):
        body |= extra
    if not isinstance(body["model"], str):
        del body["model"]  # the call refuses it in words, where writing it out may raise anything
    return Request(GENERATE, body)
