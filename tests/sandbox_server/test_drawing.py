"""The work of a task: its jobs for the engine, and an outcome whatever happens."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from lumen_widgets.sandbox.drawing import carry_out
from lumen_widgets.sandbox.engine import Drawing, DrawingError, Job, Redrawing
from lumen_widgets.sandbox.picture_store import PictureStore
from lumen_widgets.sandbox.task_spec import TaskSpec
from lumen_widgets.sandbox.tasks import Task
from tests.sandbox_server.pictures import claiming, encoded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PICTURE = encoded()


def _spec(**fields: Any) -> TaskSpec:
    first: dict[str, Any] = {
        "mode": "edit", "model": "gpt-image-2-low", "prompt": "a cat", "n": 1, "seed": 5,
        "size": None, "images": ("http://127.0.0.1/a.png",),
    }  # fmt: skip
    return TaskSpec(**{**first, **fields})


def _outcome(
    folder: Path,
    spec: TaskSpec,
    content: bytes = PICTURE,
    draw: Callable[[Job], Drawing] | None = None,
) -> tuple[list[Job], Any]:
    jobs: list[Job] = []

    def drawn(job: Job) -> Drawing:
        jobs.append(job)
        return Drawing(PICTURE, 1, 1, ())

    outcome = carry_out(
        Task("id", "processing", 0, spec),
        fetch=lambda _url: content,
        draw=draw or drawn,
        results=PictureStore(folder),
    )
    return jobs, outcome


@pytest.mark.parametrize("by", ["EXIF", "XMP"])
@pytest.mark.parametrize("mode", ["edit", "inpaint"])
def test_a_picture_on_its_side_has_the_size_that_is_seen(
    tmp_path: Path, mode: Any, by: str
) -> None:
    """What is drawn from a phone's upright photo is as high as the photo, and not as wide."""
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    xmp = b'<rdf:Description tiff:Orientation="6"/>'
    said = {"exif": exif} if by == "EXIF" else {"xmp": xmp}
    Image.new("RGB", (640, 480)).save(file, "JPEG", **said)

    jobs, _ = _outcome(tmp_path, _spec(mode=mode), file.getvalue())

    width, height = jobs[0].size
    assert width / height == pytest.approx(3 / 4, abs=0.02)


def test_each_picture_has_the_next_seed(tmp_path: Path) -> None:
    """Picture i is drawn with seed + i, and each is kept under a name of its own."""
    jobs, outcome = _outcome(tmp_path, _spec(n=3, size=(32, 32), negative_prompt="dog"))
    assert [job.seed for job in jobs] == [5, 6, 7]
    assert {(job.size, job.negative_prompt, job.images) for job in jobs} == {
        ((32, 32), "dog", (PICTURE,))
    }
    assert len(set(outcome.pictures)) == 3
    assert set(outcome.pictures) == {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({}, (64, 48)),
        ({"tier": "1K"}, (1184, 880)),
        ({"size": (200, 100)}, (200, 100)),
        ({"mode": "inpaint", "mask": "http://127.0.0.1/m.png"}, (64, 48)),
    ],
)
def test_an_edited_picture_keeps_its_size_or_ratio(
    tmp_path: Path, fields: dict[str, Any], size: tuple[int, int]
) -> None:
    """Unless the request says otherwise; an inpainted one always keeps its size."""
    jobs, _ = _outcome(tmp_path, _spec(**fields))
    assert jobs[0].size == size


@pytest.mark.parametrize("size", [(1, 1), (2000, 10), (5000, 4)])
def test_a_model_that_redraws_takes_any_picture(tmp_path: Path, size: tuple[int, int]) -> None:
    """One that keeps what is not masked refuses those that it could not give back."""
    mask = {"mode": "inpaint", "mask": "http://127.0.0.1/m.png"}
    redrawing = Redrawing(grain=1, changed=0.5)
    content = encoded(size)

    jobs, outcome = _outcome(tmp_path, _spec(**mask, redrawing=redrawing), content)
    assert not outcome.failed
    assert jobs[0].size == ((1024, 1024) if size == (1, 1) else (1360, 768))
    assert jobs[0].redrawing == redrawing

    assert _outcome(tmp_path, _spec(**mask), content)[1].code == "image_size"


def test_a_task_that_fails_half_way_leaves_no_picture(tmp_path: Path) -> None:
    """The pictures that were drawn before are deleted, and the engine's reason is the task's."""

    def draw(job: Job) -> Drawing:
        if job.seed == 7:
            raise DrawingError("empty_mask", "the mask is empty")
        return Drawing(PICTURE, 1, 1, ())

    _, outcome = _outcome(tmp_path, _spec(n=4), draw=draw)
    assert (outcome.code, outcome.pictures) == ("empty_mask", ())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "code"), [(ZeroDivisionError(), "engine_fault"), (OSError(28, "full"), "storage")]
)
def test_a_fault_of_the_engine_fails_the_task(tmp_path: Path, error: Exception, code: str) -> None:
    """Whatever it raises, the task gets an outcome."""

    def draw(_job: Job) -> Drawing:
        raise error

    assert _outcome(tmp_path, _spec(), draw=draw)[1].code == code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (PICTURE[:20], "image_invalid"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "image_invalid"),
        (claiming(20_000, 2_000), "image_size"),
        (claiming(60_000, 60_000), "image_size"),
    ],
)
def test_a_bad_or_gigantic_picture_is_not_decoded(
    tmp_path: Path, content: bytes, code: str
) -> None:
    """Its header is enough to refuse it."""
    assert _outcome(tmp_path, _spec(), content)[1].code == code
