"""A repaint comes back exact, whatever the model does: live, resumed, reused, without a journal."""

from __future__ import annotations

import io
import os
import stat
import struct
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
from PIL.PngImagePlugin import PngInfo

from lumen_widgets.client import InvalidRequest, LumenClient
from lumen_widgets.client.hosting.protocol import HostedFile
from lumen_widgets.journal import Journal
from tests.client.children import in_child
from tests.client.conftest import KEY
from tests.client.fault_server import http
from tests.client.png_files import deep_png
from tests.client.redrawing import COLOUR, RedrawingModel, disc, file_of, landscape, pixels
from tests.client.stale_folder import make_stale
from tests.client_files.test_colours import swapped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumen_widgets.client import Picture
    from tests.client.service import Service

    Connect = Callable[..., LumenClient]

SOURCE, MASK = landscape(), disc()


def saying(name: bytes, data: bytes) -> PngInfo:
    """Return what a PNG says of its colours."""
    said = PngInfo()
    said.add(name, data)
    return said


@pytest.fixture
def model(service: Service) -> RedrawingModel:
    """Return a model that redraws everything, behind the service."""
    return RedrawingModel(service)


@pytest.fixture
def repainted(service: Service, connect: Connect, model: RedrawingModel) -> Callable[..., Picture]:
    """Return what repaints the landscape in the middle."""

    def repaint(
        client: LumenClient | None = None, source: Any = SOURCE, mask: Any = MASK, **fields: Any
    ) -> Picture:
        client = client or connect(service.server.url, hosting=model.uploads)
        with service.holding_statuses():
            task = client.inpaint("a lake", source, mask, **fields)
            if not task.reused:
                service.statuses["*"] = [model.answer()]
        return task.wait(60)[0]

    return repaint


def is_exact(picture: Picture, source: Any = SOURCE, mask: Any = MASK) -> bool:
    """Say whether a picture is the source outside of the mask, and another one in it."""
    made = pixels(picture.bytes)
    same = (made == source).all(axis=2)
    return bool(same[~mask].all()) and not same[mask].all()


def test_outside_of_the_mask_no_bit_differs(repainted: Callable[..., Picture]) -> None:
    """The model answers in another size and other colours; what comes back is the source's own."""
    picture = repainted()

    assert (picture.width, picture.height) == (480, 360)
    assert picture.media_type == "image/png"
    assert is_exact(picture)
    middle = pixels(picture.bytes)[180, 240].astype(int)
    assert np.abs(middle - COLOUR).max() < 16


def test_what_the_service_sent_is_one_attribute_away(repainted: Callable[..., Picture]) -> None:
    """Its bytes as they came, and what of it was redrawn, as a share and in a sentence."""
    picture = repainted()

    assert (picture.raw.width, picture.raw.height) == (512, 384)
    assert picture.raw.raw is picture.raw
    assert picture.raw.changed_outside is None
    assert picture.changed_outside is not None
    assert 0 <= picture.changed_outside <= 1
    assert "undone" in picture.note
    assert picture.task.notice == picture.note


def test_a_model_that_leaves_the_rest_as_it_was_is_taken_as_it_is(
    repainted: Callable[..., Picture], service: Service, connect: Connect, model: RedrawingModel
) -> None:
    """Nothing is put back then, and nothing blended: the picture is the service's own."""
    made = SOURCE.copy()
    made[MASK] = COLOUR
    client = connect(service.server.url, hosting=model.uploads)
    service.pictures["/well-behaved"] = [http(200, file_of(made))]
    service.statuses["*"] = [service.succeeded("well-behaved")]
    picture = client.inpaint("a lake", SOURCE, MASK).wait(60)[0]

    assert picture.raw is picture
    assert picture.bytes == file_of(made)
    assert picture.changed_outside == 0
    assert picture.note == ""


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"icc_profile": swapped()}, "PNG"),
        ({"pnginfo": saying(b"gAMA", struct.pack(">I", 100_000))}, "PNG"),
        ({"pnginfo": saying(b"cICP", bytes([9, 16, 0, 1]))}, "PNG"),
        ({}, "WEBP"),
    ],
    ids=["a profile", "gamma", "cICP", "another format"],
)
def test_a_model_that_leaves_the_rest_as_it_was_takes_no_colours_away(
    service: Service,
    connect: Connect,
    model: RedrawingModel,
    tags: dict[str, Any],
    kind: str,
) -> None:
    """It sends the same numbers in a file that says nothing of them: they are seen as they were."""
    made = SOURCE.copy()
    made[MASK] = COLOUR
    source, sent = io.BytesIO(), io.BytesIO()
    PIL.Image.fromarray(SOURCE).save(source, "PNG", **tags)
    PIL.Image.fromarray(made).save(sent, kind, lossless=True)
    service.pictures["/bare"] = [http(200, sent.getvalue())]
    service.statuses["*"] = [service.succeeded("bare")]
    client = connect(service.server.url, hosting=model.uploads)
    picture = client.inpaint("a lake", source.getvalue(), MASK).wait(60)[0]

    assert picture.media_type == "image/png"
    assert (pixels(picture.bytes) == made).all()
    described, wanted = (PIL.Image.open(one) for one in (io.BytesIO(picture.bytes), source))
    assert described.info == wanted.info
    assert (b"cICP" in picture.bytes) == (b"cICP" in source.getvalue())
    assert picture.raw.bytes == sent.getvalue()
    assert (picture.changed_outside, picture.note) == (0, "")
    later = connect(service.server.url).task(picture.task.id).wait(60)[0]
    assert later.bytes == picture.bytes


def test_exact_false_gives_what_the_service_sent(repainted: Callable[..., Picture]) -> None:
    """Then the picture is its own raw one, of which nothing is known."""
    picture = repainted(exact=False)

    assert picture.raw is picture
    assert (picture.width, picture.height) == (512, 384)
    assert picture.changed_outside is None


@pytest.mark.parametrize("way", ["by its id", "reuse"])
def test_another_process_gives_the_same_picture(
    repainted: Callable[..., Picture],
    service: Service,
    connect: Connect,
    way: str,
) -> None:
    """Its file is there and is not made again, whichever way the task is taken up."""
    picture = repainted()
    later = connect(service.server.url)
    again = {
        "by its id": lambda: later.task(picture.task.id),
        "reuse": lambda: later.inpaint("a lake", SOURCE, MASK, reuse=True),
    }[way]().wait(60)[0]

    assert again.sha256 == picture.sha256
    assert again.bytes == picture.bytes
    assert again.raw.bytes == picture.raw.bytes
    assert (again.changed_outside, again.note) == (picture.changed_outside, picture.note)


REPAINT = """
    from tests.client.redrawing import disc, landscape
    client.inpaint("a lake", landscape(), disc())
    print("sent", flush=True)
    input()
"""


@pytest.mark.slow
def test_a_task_of_a_killed_process_is_as_exact(
    service: Service, connect: Connect, model: RedrawingModel, tmp_path: Path
) -> None:
    """What it is made with was kept before the request was sent, for whoever takes it up."""
    service.statuses["*"] = [{"status": "queued"}]
    child = in_child(
        tmp_path / "journal", service.server.url, REPAINT, hosting="DataURIHosting(10**7)"
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "sent\n"
    child.kill()
    child.communicate()
    service.statuses["*"] = [model.answer()]
    (task,) = connect(service.server.url).resume()

    assert is_exact(task.wait(60)[0])


def test_the_kept_picture_is_not_made_again(
    repainted: Callable[..., Picture],
    service: Service,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A later process reads it, and computes nothing."""
    picture = repainted()

    def refuse(*_arguments: object, **_settings: object) -> None:
        pytest.fail("it was made again")

    monkeypatch.setattr("lumen_widgets.client.exact.exact_picture.put_back", refuse)
    assert connect(service.server.url).task(picture.task.id).wait(60)[0].bytes == picture.bytes


@pytest.mark.parametrize("how", ["deleted", "changed"])
def test_a_kept_picture_that_was_lost_is_made_again(
    repainted: Callable[..., Picture],
    service: Service,
    connect: Connect,
    tmp_path: Path,
    how: str,
) -> None:
    """Source and mask were kept for it; the same picture comes back, and is kept again."""
    picture = repainted()
    (file,) = (tmp_path / "journal" / "pictures").glob(f"*/{picture.sha256}.png")
    if how == "deleted":
        file.unlink()
    else:
        file.write_bytes(b"rotten")
    again = connect(service.server.url).task(picture.task.id).wait(60)[0]

    assert again.bytes == picture.bytes
    assert file.read_bytes() == picture.bytes


@pytest.mark.parametrize("lost", ["source", "mask"])
def test_without_source_or_mask_the_raw_picture_comes_with_the_reason(
    repainted: Callable[..., Picture],
    service: Service,
    connect: Connect,
    tmp_path: Path,
    lost: str,
) -> None:
    """Nothing that was paid is lost, and it is said why it is not exact."""
    picture = repainted()
    recipe = connect(service.server.url).task(picture.task.id).request.recipe
    assert recipe is not None
    kept = tmp_path / "journal" / "pictures"
    for name in (picture.sha256, recipe.files[lost].sha256):
        (file,) = kept.glob(f"*/{name}.png")
        file.unlink()
    again = connect(service.server.url).task(picture.task.id).wait(60)[0]

    assert again.bytes == picture.raw.bytes
    assert "as the service sent it" in again.note
    assert again.changed_outside is None


def test_a_source_that_cannot_be_read_now_is_not_said_to_be_gone(
    repainted: Callable[..., Picture], service: Service, connect: Connect, tmp_path: Path
) -> None:
    """The raw picture comes meanwhile, and the exact one once its files can be read."""
    picture = repainted()
    row = Journal(tmp_path / "journal").rows()[0]
    assert row.recipe is not None
    with pytest.MonkeyPatch.context() as patch:
        for path in (row.derived[0].path, row.recipe.files["source"].path):
            make_stale(patch, path)
        now = connect(service.server.url).task(picture.task.id).wait(60)[0]
    later = connect(service.server.url).task(picture.task.id).wait(60)[0]

    assert now.bytes == picture.raw.bytes
    assert "cannot be read now (Stale file handle)" in now.note
    assert later.bytes == picture.bytes


@pytest.mark.skipif(os.name == "nt", reason="Windows makes links for few users")
@pytest.mark.parametrize("linked", ["folder", "files"])
def test_a_source_on_a_disk_that_is_not_connected_is_not_said_to_be_gone(
    linked: str,
    repainted: Callable[..., Picture],
    service: Service,
    connect: Connect,
    tmp_path: Path,
) -> None:
    """The raw picture comes from the service meanwhile, where the folder or each file is a link."""
    picture = repainted()
    (row,) = Journal(tmp_path / "journal").rows()
    assert row.recipe is not None
    disk, folder = tmp_path / "disk", tmp_path / "journal" / "pictures"
    if linked == "folder":
        folder.rename(disk)
        folder.symlink_to(disk)
    else:
        disk.mkdir()
        for path in (row.derived[0].path, row.recipe.files["source"].path):
            path.rename(disk / path.name)
            path.symlink_to(disk / path.name)
    disk.rename(tmp_path / "elsewhere")
    now = connect(service.server.url).task(picture.task.id).wait(60)[0]
    (tmp_path / "elsewhere").rename(disk)
    later = connect(service.server.url).task(picture.task.id).wait(60)[0]

    assert now.bytes == picture.raw.bytes
    assert "cannot be read now" in now.note
    assert later.bytes == picture.bytes


@pytest.mark.parametrize("key", [KEY, f"{KEY}other"], ids=["forgotten", "of another key"])
def test_a_repaint_that_is_here_is_not_paid_again_though_what_came_is_gone(
    key: str,
    repainted: Callable[..., Picture],
    service: Service,
    model: RedrawingModel,
    tmp_path: Path,
) -> None:
    """The exact picture is what was asked for, and whole without what the service sent."""
    picture = repainted()
    (row,) = Journal(tmp_path / "journal").rows()
    row.pictures[0].path.unlink()
    service.statuses["*"] = [http(404, {})]
    home = tmp_path / "journal"
    client = LumenClient(key, service.server.url, journal=home, hosting=model.uploads)
    again = client.inpaint("a lake", SOURCE, MASK, reuse=True).wait(60)[0]

    assert again.bytes == picture.bytes
    assert again.changed_outside == picture.changed_outside
    assert again.note == picture.note
    assert len(service.server.posts) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_what_is_kept_for_it_is_private_and_goes_with_its_row(
    repainted: Callable[..., Picture], service: Service, connect: Connect, tmp_path: Path
) -> None:
    """Source, mask, raw and exact picture: once a content, for their owner alone, until pruned."""
    picture = repainted()
    repainted()
    files = sorted((tmp_path / "journal" / "pictures").glob("*/*.png"))
    journal = connect(service.server.url).journal
    assert journal is not None

    assert len(files) == 4
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    size = sum(file.stat().st_size for file in files)
    numbers = [row.number for row in journal.rows()]
    assert journal.prune(numbers, max_bytes=size).tasks == 0
    assert journal.prune(numbers[1:], max_bytes=0).tasks == 1
    assert all(file.exists() for file in files)
    pruned = journal.prune(numbers[:1], max_bytes=0)
    assert (pruned.tasks, pruned.bytes) == (1, size)
    assert not any(file.exists() for file in files)
    assert picture.bytes


def test_a_limit_counts_what_is_kept_for_it(
    repainted: Callable[..., Picture], service: Service, connect: Connect
) -> None:
    """Pictures that were given count like those that came."""
    repainted()
    journal = connect(service.server.url).journal
    assert journal is not None
    (row,) = journal.rows()
    came = row.pictures[0].path.stat().st_size

    assert journal.prune([row.number], max_bytes=came).tasks == 1


def test_what_is_kept_is_counted(
    repainted: Callable[..., Picture], service: Service, connect: Connect
) -> None:
    """What came and what was made of it, and apart from these what was given; each file once."""
    picture = repainted()
    repainted()
    journal = connect(service.server.url).journal
    assert journal is not None
    use = journal.disk_use()

    assert (use.pictures, use.given) == (2, 2)
    assert use.bytes == len(picture.bytes) + len(picture.raw.bytes)
    assert use.given_bytes == sum(
        len(file.data) for file in picture.task.request.recipe.files.values()
    )
    assert journal.disk_use([]).pictures == 0


@pytest.mark.parametrize("fields", [{}, {"crop": 0.5}], ids=["all of it", "a part of it"])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_photograph_that_a_camera_has_turned_is_as_exact(
    repainted: Callable[..., Picture],
    service: Service,
    connect: Connect,
    tmp_path: Path,
    *,
    model: RedrawingModel,
    mode: str,
    fields: dict[str, Any],
) -> None:
    """What is sent of it is encoded again, and loses a little: what stays is the user's own."""
    taken, photograph = (
        PIL.Image.fromarray(SOURCE).convert(mode).rotate(90, expand=True),
        io.BytesIO(),
    )
    exif = taken.getexif()
    exif[0x112] = 6  # to be turned by 90 degrees, clockwise
    taken.save(photograph, "JPEG", quality=80, exif=exif)
    seen = PIL.ImageOps.exif_transpose(PIL.Image.open(photograph)).convert("RGB")
    if fields:
        model.size = None  # the part has proportions of its own
    picture = repainted(source=photograph.getvalue(), **fields)
    again = LumenClient(KEY, service.server.url, journal=tmp_path / "journal")

    assert is_exact(picture, np.asarray(seen))
    assert ("CMYK" in picture.note) == (mode == "CMYK")
    assert again.task(picture.task.id).wait(60)[0].bytes == picture.bytes


def test_a_turned_photograph_is_extended_as_exactly(
    service: Service, connect: Connect, model: RedrawingModel
) -> None:
    """What was there before stays bit for bit."""
    taken, photograph = PIL.Image.fromarray(SOURCE).rotate(180), io.BytesIO()
    exif = taken.getexif()
    exif[0x112] = 3
    taken.save(photograph, "JPEG", quality=80, exif=exif)
    seen = PIL.ImageOps.exif_transpose(PIL.Image.open(photograph)).convert("RGB")
    model.size = None
    client = connect(service.server.url, hosting=model.uploads)
    with service.holding_statuses():
        task = client.extend("a lake", photograph.getvalue(), left=64)
        service.statuses["*"] = [model.answer()]
    (picture,) = task.wait(60)

    assert np.array_equal(pixels(picture.bytes)[:, 64:], np.asarray(seen))


def test_without_a_journal_it_is_as_exact(
    repainted: Callable[..., Picture], service: Service, model: RedrawingModel, tmp_path: Path
) -> None:
    """What is needed is held in memory then, and nothing is written."""
    client = LumenClient(KEY, service.server.url, journal=False, hosting=model.uploads)

    assert is_exact(repainted(client))
    assert not (tmp_path / "journal").exists()


def test_a_journal_that_breaks_after_the_submit_costs_only_the_file(
    repainted: Callable[..., Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full as the picture is made leaves the picture in memory, exact."""

    def refuse(*_arguments: object, **_settings: object) -> None:
        raise OSError(28, "No space left on device")

    real = __import__("lumen_widgets.journal.journal", fromlist=["store_file"]).store_file
    monkeypatch.setattr("lumen_widgets.journal.journal.store_file", refuse)
    assert is_exact(repainted())
    monkeypatch.setattr("lumen_widgets.journal.journal.store_file", real)


def test_reuse_gives_it_as_it_is_wanted_now(
    repainted: Callable[..., Picture], service: Service, connect: Connect
) -> None:
    """Exact or not is no other request: what was paid is given either way, and nothing is paid."""
    raw = repainted(exact=False)
    client = connect(service.server.url)
    exact = client.inpaint("a lake", SOURCE, MASK, reuse=True).wait(60)[0]
    back = client.inpaint("a lake", SOURCE, MASK, exact=False, reuse=True).wait(60)[0]

    assert len(service.server.posts) == 1
    assert is_exact(exact)
    assert exact.raw.bytes == raw.bytes
    assert back.bytes == raw.bytes


def test_reuse_of_an_exact_one_gives_the_raw_one_where_that_is_wanted(
    repainted: Callable[..., Picture], service: Service, connect: Connect
) -> None:
    """The other way round too."""
    exact = repainted()
    raw = connect(service.server.url).inpaint("a lake", SOURCE, MASK, exact=False, reuse=True)

    assert len(service.server.posts) == 1
    assert raw.wait(60)[0].bytes == exact.raw.bytes


@pytest.mark.parametrize("changed", ["image_urls", "mask_url"])
@pytest.mark.parametrize("later", [False, True], ids=["here", "in another process"])
def test_what_is_sent_again_with_another_picture_is_not_put_back_into_the_first(
    repainted: Callable[..., Picture],
    service: Service,
    connect: Connect,
    model: RedrawingModel,
    changed: str,
    *,
    later: bool,
) -> None:
    """What was kept for the one says nothing of the other: its picture comes as it was sent."""
    first = repainted().task
    client = connect(service.server.url, hosting=model.uploads)
    request = client.task(first.id).request if later else first.request
    other = "https://example.org/dog.png"
    body = {**request.body, changed: [other] if changed == "image_urls" else other}
    picture = client.submit(replace(request, body=body)).wait(60)[0]

    assert picture.raw is picture
    assert picture.changed_outside is None
    assert is_exact(client.submit(request).wait(60)[0])


def test_another_try_of_the_same_request_is_exact_too(
    service: Service, connect: Connect, model: RedrawingModel
) -> None:
    """What a panel sends again, of a task that failed, keeps what it is made with."""
    client = connect(service.server.url, hosting=model.uploads)
    service.statuses["task-1"] = [{"status": "failed", "error": {"code": "busy", "message": "No."}}]
    with service.holding_statuses():
        first = client.inpaint("a lake", SOURCE, MASK)
        service.statuses["task-2"] = [model.answer()]
    again = client.submit(first.request)

    assert is_exact(again.wait(60)[0])


def test_an_answer_of_other_proportions_comes_as_it_was_sent(
    repainted: Callable[..., Picture], model: RedrawingModel
) -> None:
    """It cannot be put back; the reason is said, and nothing is lost."""
    model.size = (512, 512)
    picture = repainted()

    assert picture.raw is picture
    assert (picture.width, picture.height) == (512, 512)
    assert "as the service sent it" in picture.note


@pytest.mark.parametrize(
    ("error", "words"), [(RuntimeError("no"), "RuntimeError"), (MemoryError(), "memory ran out")]
)
def test_what_fails_as_it_is_put_back_costs_no_picture(
    repainted: Callable[..., Picture],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    words: str,
) -> None:
    """The picture comes as it was sent, with the reason."""

    def fail(*_arguments: object, **_settings: object) -> None:
        raise error

    monkeypatch.setattr("lumen_widgets.client.exact.exact_picture.put_back", fail)
    picture = repainted()

    assert picture.raw is picture
    assert words in picture.note


def test_transparency_is_the_sources_own(repainted: Callable[..., Picture]) -> None:
    """Outside of the mask alpha is as it was, to the bit."""
    alpha = (np.mgrid[:360, :480][1] % 256).astype(np.uint8)
    source = np.dstack([SOURCE, alpha])
    picture = repainted(source=source)

    assert is_exact(picture, source)


@pytest.mark.parametrize(
    ("kind", "words"),
    [("16 bits", "16 bits"), ("CMYK", "CMYK")],
)
def test_a_source_of_more_than_eight_bits_or_other_inks_is_as_it_was_sent(
    repainted: Callable[..., Picture], kind: str, words: str
) -> None:
    """The result has the eight bits of red, green and blue that were repainted, and says so."""
    if kind == "CMYK":
        file = io.BytesIO()
        PIL.Image.fromarray(SOURCE).convert("CMYK").save(file, "JPEG", quality=95)
        source = file.getvalue()
    else:
        source = deep_png(SOURCE)
    picture = repainted(source=source)

    assert words in picture.note
    seen = pixels(source)
    assert is_exact(picture, seen)


class Fetched:
    """Addresses that stand in for a stranger's server: this service's own."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
        """Serve a file."""
        self.service.pictures[f"/{digest[:8]}"] = [http(200, data)]
        return HostedFile(f"{self.service.server.url}/{digest[:8]}")


def test_a_source_given_by_address_is_fetched_for_it(
    service: Service, connect: Connect, model: RedrawingModel
) -> None:
    """Before anything is paid, and its mask too; the result is as exact."""
    client = connect(service.server.url, hosting=model.uploads)
    source = Fetched(service).put(file_of(SOURCE), "image/png", "aaaaaaaa").url
    mask = (
        Fetched(service)
        .put(file_of(np.repeat(MASK[..., None] * np.uint8(255), 3, 2)), "image/png", "bbbbbbbb")
        .url
    )
    model.uploads.files |= {
        source: file_of(SOURCE),
        mask: file_of(np.repeat(MASK[..., None] * np.uint8(255), 3, 2)),
    }
    with service.holding_statuses():
        task = client.inpaint("a lake", source, mask)
        service.statuses["*"] = [model.answer()]

    assert is_exact(task.wait(60)[0])
    methods = [request.method for request in service.server.requests]
    assert methods.index("POST") == 2


def test_a_source_that_cannot_be_fetched_costs_only_the_exactness(
    service: Service, connect: Connect, model: RedrawingModel
) -> None:
    """The picture comes as it was sent, with the reason."""
    client = connect(service.server.url, hosting=model.uploads)
    service.pictures["/gone"] = [http(404, b"no")]
    source = f"{service.server.url}/gone"
    service.statuses["*"] = [service.succeeded("a")]
    picture = client.inpaint("a lake", source, MASK).wait(60)[0]

    assert picture.raw is picture
    assert "could not be read" in picture.note


@pytest.mark.parametrize("wish", [{"crop": 0.5}, {"left": 64}])
def test_what_needs_the_source_is_not_sent_without_it(
    service: Service, connect: Connect, model: RedrawingModel, wish: dict[str, Any]
) -> None:
    """To crop or extend a picture that cannot be had is refused before anything is paid."""
    client = connect(service.server.url, hosting=model.uploads)
    service.pictures["/gone"] = [http(404, b"no")]
    source = f"{service.server.url}/gone"
    submit = partial(client.inpaint, mask=MASK) if "crop" in wish else client.extend
    with pytest.raises(InvalidRequest, match="Nothing was sent"):
        submit("a lake", source, **wish)

    assert service.server.posts == []


def test_several_pictures_each_say_what_was_put_back(
    service: Service, connect: Connect, model: RedrawingModel
) -> None:
    """Where the sentences differ, each has its picture's number."""
    client = connect(service.server.url, hosting=model.uploads)
    with service.holding_statuses():
        task = client.inpaint("a lake", SOURCE, MASK, n=2)
        one = model.answer("one")
        model.size = (512, 512)
        two = model.answer("two")
        data = [*one["data"], *two["data"]]  # type: ignore[misc] # lists, both
        service.statuses["*"] = [{"status": "succeeded", "data": data}]
    task.wait(60)

    assert task.notice is not None
    assert task.notice.startswith("Picture 1: ")
    assert "Picture 2: " in task.notice


@pytest.mark.parametrize("exact", [True, False])
def test_a_mask_that_is_none_is_refused_in_words(
    service: Service, connect: Connect, exact: bool
) -> None:
    """A library that finds no file may return None, which is then given as a mask."""
    nothing: Any = None
    with pytest.raises(InvalidRequest, match="mask is None"):
        connect(service.server.url).inpaint("a lake", SOURCE, nothing, exact=exact)
    assert service.server.posts == []
