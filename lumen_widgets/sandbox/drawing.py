"""The work of one task: fetch what it names, draw its pictures, keep them."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Protocol

from lumen_widgets.sandbox.errors import Failure
from lumen_widgets.sandbox.orientation import upright_size
from lumen_widgets.sandbox.sizes import MAX_SIDE, MIN_SIDE, at_tier, fitted, redrawn
from lumen_widgets.sandbox.tasks import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.sandbox.engine import Drawing, Job
    from lumen_widgets.sandbox.picture_store import PictureStore
    from lumen_widgets.sandbox.task_spec import TaskSpec
    from lumen_widgets.sandbox.tasks import Task

# Twice the area of the largest result: what a small file may unpack to in the engine's memory.
MAX_PIXELS = 2 * MAX_SIDE * MAX_SIDE

log = logging.getLogger(__name__)


class Renderer(Protocol):
    """What carries out tasks, in a process of its own or in line."""

    def enqueue(self, task: Task) -> None:
        """Take a task on and return at once; its outcome is put into the store when it is known."""

    def set_workers(self, count: int) -> None:
        """Draw on so many cores at once from here on; in line it is always one."""


def carry_out(
    task: Task,
    *,
    fetch: Callable[[str], bytes],
    draw: Callable[[Job], Drawing],
    results: PictureStore,
    wait_for_room: Callable[[int], None] | None = None,
) -> Outcome:
    """Do all of a task's work.

    Parameters
    ----------
    task
        What to make.
    fetch
        Gives the bytes behind a picture's URL, or raises `Failure`.
    draw
        The engine.
    results
        Where the pictures are kept.
    wait_for_room
        Called with the pixels that are in work at once, and returns when there is memory for them.

    Returns
    -------
    Outcome
        The names of all pictures, or why there are none: never an exception.

    """
    from lumen_widgets.sandbox.engine import DrawingError

    names: list[str] = []
    try:
        jobs = _jobs(task.spec, fetch)
        if wait_for_room is not None:
            wait_for_room(_pixels(jobs[0]))
        # Extended one by one, so that those already kept are known where a later one fails.
        names.extend(results.keep(draw(job).png) for job in jobs)
    except (Failure, DrawingError) as error:
        outcome = Outcome(code=error.code, message=error.message)
    except OSError as error:
        outcome = Outcome(code="storage", message=f"a picture could not be kept: {error.strerror}")
    except Exception:
        # A fault of the engine's own: the task fails as it would upstream, the log has the rest.
        log.exception("task %s could not be drawn", task.id)
        outcome = Outcome(code="engine_fault", message="the sandbox's engine failed; see its log")
    else:
        return Outcome(pictures=tuple(names))
    for name in names:
        results.delete(name)
    return outcome


def _jobs(spec: TaskSpec, fetch: Callable[[str], bytes]) -> list[Job]:
    from lumen_widgets.sandbox.engine import Job

    images = tuple(fetch(url) for url in spec.images)
    mask = fetch(spec.mask) if spec.mask is not None else None
    size = _size(spec, images)
    if mask is not None:
        picture_size(mask)
    return [
        Job(
            mode=spec.mode,
            prompt=spec.prompt,
            seed=spec.seed + index,
            size=size,
            negative_prompt=spec.negative_prompt,
            images=images,
            mask=mask,
            redrawing=spec.redrawing,
        )
        for index in range(spec.n)
    ]


def _pixels(job: Job) -> int:
    """Return how many pixels are in work while one picture of a job is drawn: scene or source."""
    from lumen_widgets.sandbox.engine.composition import working_size

    sizes = [picture_size(image) for image in job.images[:1]]
    if job.mode != "inpaint" or job.redrawing:
        sizes.append(working_size(job.size))
    return max(width * height for width, height in sizes)


def _size(spec: TaskSpec, images: tuple[bytes, ...]) -> tuple[int, int]:
    sizes = [picture_size(image) for image in images]
    if spec.redrawing is not None:
        return redrawn(sizes[0], spec.size, spec.tier)
    if spec.size is not None:
        return spec.size
    width, height = sizes[0]
    if spec.mode == "inpaint":
        if not all(MIN_SIDE <= side <= MAX_SIDE for side in (width, height)):
            message = f"each side of a picture to inpaint must be {MIN_SIDE} to {MAX_SIDE} pixels"
            raise Failure("image_size", message)
        return width, height
    return at_tier(width, height, spec.tier) if spec.tier else fitted(width, height)


def picture_size(content: bytes) -> tuple[int, int]:
    """Return a picture's (width, height) as it is seen, from its header; nothing is decoded.

    Raises
    ------
    Failure
        ``image_invalid`` if it is not a picture, ``image_size`` if it has too many pixels.

    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP")) as image:
            width, height = upright_size(image)
    except Image.DecompressionBombError:
        width = height = MAX_PIXELS
    except Exception:  # noqa: BLE001 - Pillow raises many kinds for a damaged picture
        raise Failure("image_invalid", "a picture is not a readable PNG, JPEG or WebP") from None
    if width * height > MAX_PIXELS:
        raise Failure("image_size", f"a picture has more than {MAX_PIXELS} pixels")
    return width, height
