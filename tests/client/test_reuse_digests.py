"""Which requests are the same for ``reuse=True``: pictures by what the caller gave."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest

from lumen_widgets.client import CallableHosting, LumenClient
from lumen_widgets.client.history.older_digests import digest_v1, digest_v2
from lumen_widgets.core.call import digest_of
from lumen_widgets.core.pictures.images import content_of, read_picture
from lumen_widgets.core.pictures.masks import read_mask
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.request import build
from lumen_widgets.journal import Journal
from tests.client.conftest import KEY
from tests.client.service import Service, png

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumen_widgets.core.request import Request

    Connect = Callable[..., LumenClient]

ORIGIN = "https://lumen.example"
PROFILES = [
    PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile(name)).tobytes()
    for name in ("sRGB", "LAB")
]
PIXELS = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
MASK = np.array([[1, 0, 0, 1], [0, 1, 0, 0]], bool)
# One grey pixel, as small as a JPEG gets.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwc"
    "KDcpLDAxNDQ0Hyc5PTgyPC4zNDL/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAA"
    "AAAAAAAAAAD/2gAIAQEAAD8AVN//2Q=="
)


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def rgb(*colour: int, bits: int = 8, extra: bytes = b"", level: int = -1) -> bytes:
    """Return a PNG of 4 x 2 pixels of one colour, with so many bits a sample and more chunks."""
    pixel = struct.pack(f">{'3H' if bits == 16 else '3B'}", *colour)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 2, bits, 2, 0, 0, 0))
        + extra
        + chunk(b"IDAT", zlib.compress((b"\0" + pixel * 4) * 2, level))
        + chunk(b"IEND", b"")
    )


def with_info(array: np.ndarray[Any, Any], **info: Any) -> PIL.Image.Image:
    """Return an array as a PIL image that says more of itself."""
    image = PIL.Image.fromarray(array)
    image.info.update(info)
    return image


def file_of(image: PIL.Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return a PIL image as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


class Caller:
    """A client of a service that takes everything, and whose uploads are counted."""

    def __init__(self, service: Service, connect: Connect) -> None:
        service.statuses["*"] = [service.succeeded("a")]
        self._service = service
        self._uploads = 0
        self.client = connect(service.server.url, hosting=CallableHosting(self._put))

    def _put(self, data: bytes, media_type: str) -> str:
        self._uploads += 1
        return f"https://files.example/{self._uploads}"

    def pays(self, call: Callable[[LumenClient], Any]) -> bool:
        """Make a call, wait for its pictures, and say whether it was paid."""
        before = len(self._service.server.posts)
        call(self.client).wait(30)
        return len(self._service.server.posts) > before


@pytest.fixture
def caller(service: Service, connect: Connect) -> Caller:
    """Return a client whose calls are counted."""
    return Caller(service, connect)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (rgb(0x1000, 0x2000, 0x3000, bits=16), rgb(0x10C8, 0x20C8, 0x3000, bits=16)),
        (rgb(0x1000, 0x2000, 0x3000, bits=16), rgb(0x10, 0x20, 0x30)),
        (
            rgb(128, 64, 32, extra=chunk(b"sRGB", b"\0")),
            rgb(128, 64, 32, extra=chunk(b"cICP", bytes([9, 16, 0, 1]))),
        ),
        (rgb(128, 64, 32), rgb(128, 64, 32, extra=chunk(b"cICP", bytes([9, 16, 0, 1])))),
        (rgb(128, 64, 32, level=0), rgb(128, 64, 32, level=9)),
        (PIXELS, PIXELS + np.uint8(1)),
        (PIXELS, np.ascontiguousarray(PIXELS.reshape(4, 2, 3))),
        (PIXELS[..., 0], np.repeat(PIXELS[..., :1], 3, axis=2)),
        (PIL.Image.fromarray(PIXELS), with_info(PIXELS, icc_profile=PROFILES[0])),
        (with_info(PIXELS, icc_profile=PROFILES[0]), with_info(PIXELS, icc_profile=PROFILES[1])),
        (
            PIL.Image.fromarray(np.full((2, 4), 0x1000, np.uint16)),
            PIL.Image.fromarray(np.full((2, 4), 0x10C8, np.uint16)),
        ),
        (
            PIL.Image.fromarray(np.full((2, 4), 0x1000, np.uint16)),
            np.full((2, 4), 0x10, np.uint8),
        ),
    ],
    ids=[
        "16 bits, low byte",
        "16 bits and 8",
        "sRGB and PQ",
        "nothing and PQ",
        "files of the same pixels",
        "samples",
        "shape",
        "mode",
        "profile and none",
        "profiles",
        "16 bits of a PIL image, low byte",
        "16 bits of a PIL image and 8",
    ],
)
def test_pictures_that_are_not_the_same(caller: Caller, one: Any, other: Any) -> None:
    """What differs in any bit that says how it looks is another request, and paid."""
    assert caller.pays(lambda client: client.edit("snow", one, reuse=True))
    assert caller.pays(lambda client: client.edit("snow", other, reuse=True))


def test_a_file_counts_by_its_bytes_however_it_is_given(caller: Caller, tmp_path: Path) -> None:
    """As a path, as bytes, as a ``data:`` URI, or as a Picture, also one that has an address."""
    data = file_of(PIL.Image.fromarray(PIXELS), dpi=(300, 300))
    path = tmp_path / "cat.png"
    path.write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    facts: Any = {"media_type": "image/png", "width": 4, "height": 2, "sha256": sha256}
    uri = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    assert caller.pays(lambda client: client.edit("snow", data, reuse=True))

    for same in (
        path,
        str(path),
        memoryview(data),
        uri,
        Picture(data, **facts),
        Picture(data, url="http://127.0.0.1:1/gone", **facts),
    ):
        assert not caller.pays(lambda client, same=same: client.edit("snow", same, reuse=True))  # type: ignore[misc]
    in_extra = {"image_urls": [uri]}
    assert not caller.pays(
        lambda client: client.edit("snow", "https://x.example/1", extra=in_extra, reuse=True)
    )


def test_arrays_and_images_count_by_their_samples(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same samples are the same picture in every release of the library that encodes them."""
    image = PIL.Image.fromarray(PIXELS)
    assert caller.pays(lambda client: client.edit("snow", PIXELS, reuse=True))
    save = PIL.Image.Image.save
    monkeypatch.setattr(
        PIL.Image.Image, "save", lambda *one, **more: save(*one, **more, compress_level=0)
    )

    for same in (image, PIXELS[:, ::-1][:, ::-1], np.asfortranarray(PIXELS)):
        assert not caller.pays(lambda client, same=same: client.edit("snow", same, reuse=True))  # type: ignore[misc]


@pytest.mark.slow
def test_a_mask_counts_by_its_bits(caller: Caller) -> None:
    """However it is given and packed; one that is wider by what fills its last byte is another."""
    picture = np.zeros((2, 4, 3), np.uint8)
    image = PIL.Image.fromarray(MASK)

    def paint(mask: Any, picture: Any = picture) -> Callable[[LumenClient], Any]:
        return lambda client: client.inpaint("a hat", picture, mask, reuse=True)

    assert caller.pays(paint(MASK))
    for same in (
        image,
        image.convert("RGB"),
        file_of(image, compress_level=0),
        np.asfortranarray(MASK),
    ):
        assert not caller.pays(paint(same))
    assert caller.pays(paint(~MASK))
    wider = np.pad(MASK, ((0, 0), (0, 1)))
    assert caller.pays(paint(wider, np.zeros((2, 5, 3), np.uint8)))


@pytest.mark.slow
def test_the_digest_is_that_of_what_was_asked(caller: Caller) -> None:
    """What the journal writes down is found again, whatever the hosted addresses were."""
    assert caller.pays(lambda client: client.edit("snow", PIXELS))
    assert not caller.pays(lambda client: client.edit("snow", PIXELS, reuse=True))
    again = caller.client.edit("snow", PIXELS + np.uint8(1))
    again.wait(30)
    caller.client.submit(again.request).wait(30)
    found = caller.client.journal
    assert found is not None
    newest = found.rows(1)[0]
    same = found.find_same_request(
        origin=newest.origin,
        account=newest.account,
        digests=[digest_of(again.request)],
    )
    assert same == newest


def test_nothing_is_decoded_for_a_digest_that_nobody_asks_for(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture is decoded once, to be checked, unless an earlier release may have paid for it."""
    loaded: dict[int, PIL.ImageFile.ImageFile] = {}
    load = PIL.ImageFile.ImageFile.load

    def counted(self: PIL.ImageFile.ImageFile) -> Any:
        loaded[id(self)] = self
        return load(self)

    file = rgb(1, 2, 3)
    with monkeypatch.context() as patch:
        patch.setattr(PIL.ImageFile.ImageFile, "load", counted)
        task = caller.client.inpaint("a hat", file, MASK)
        assert len(loaded) == 1
    task.wait(30)
    with monkeypatch.context() as patch:
        loaded.clear()
        patch.setattr(PIL.ImageFile.ImageFile, "load", counted)
        assert caller.client.inpaint("a hat", file, MASK, reuse=True).reused
        assert len(loaded) == 1


def request_of(
    *images: Any, mask: Any = None, extra: dict[str, Any] | None = None
) -> tuple[Request, list[tuple[object, Any]]]:
    """Return a request as a call makes it before anything is hosted, and its pictures."""
    found = [(image, read_picture(image)) for image in images]
    masks = [] if mask is None else [(mask, read_mask(mask))]
    request = build(
        "edits" if images and mask is None else "generations" if mask is None else "inpaint",
        {"model": "m", "prompt": "p"},
        image_urls=[content_of(*one) for one in found] if images else None,
        mask_url=content_of(*masks[0]) if masks else None,
        extra=extra,
    )
    return request, found + masks


@pytest.mark.parametrize(
    ("given", "digest"),
    [
        (
            request_of(extra={"seed": 1.0, "webhook_url": "https://x.example/y"}),
            "44f98dfea5750a2d24852c538a7ab82a27f7fd91b17e83c767eea2c9b1710414",
        ),
        (
            request_of("https://example.org/cat.png"),
            "1937a922d38c9717259a975ab230fdfccd77e203527ef6cba86fa39978789b0b",
        ),
        (
            request_of(rgb(0x80, 0x40, 0x20)),
            "d24bd0fdb995bb16757a478eb98a02f61c5e066a7febec221584fa412a69a343",
        ),
        (
            request_of(PIXELS),
            "ec46834c7576b1222ba5aed36365b21c014fe7ec167c6bcedad4573e12dfcd13",
        ),
        (
            request_of(JPEG),
            "a257a5c17b73a3bfe3a210b0e161eb0730a6b9e0d78359c204a86ba3a3ab9038",
        ),
        (
            request_of(rgb(0x80, 0x40, 0x20), mask=MASK),
            "2416a5124dd2db90a8c8f852885ac549b4bc51bd08aae803a2cc28127c127b98",
        ),
        (
            request_of(
                extra={
                    "image_urls": [
                        "data:image/png;base64," + base64.b64encode(rgb(0x80, 0x40, 0x20)).decode()
                    ]
                }
            ),
            "ea347aa9a7abbb0684270aa7472446b207ae351634f144205e5817d5296752f5",
        ),
    ],
    ids=["no picture", "address", "file", "array", "JPEG", "mask", "in extra"],
)
def test_what_an_earlier_release_wrote_down_is_known(
    given: tuple[Request, list[tuple[object, Any]]], digest: str
) -> None:
    """The numbers are those of the release whose digests had no version."""
    assert digest_v1(ORIGIN, *given) == digest
    assert digest_of(given[0]).startswith("3:")


@pytest.mark.parametrize(
    ("request_", "asked", "digest"),
    [
        (
            build("edits", {"model": "m", "prompt": "p"}, image_urls=["file:9f86"]),
            None,
            "2:aadcf354f8a2676273fc84cda073e22fab3ab6269d0be8464340c0d0fdd119c0",
        ),
        (
            build(
                "inpaint",
                {"model": "m", "prompt": "p"},
                image_urls=["file:9f86"],
                mask_url="mask:1",
            ),
            {"crop": 0.5},
            "2:831bd3f4b33298bca26918e42bd25b18720f260740b39d6cb041895a50f8ee2e",
        ),
    ],
    ids=["edit", "crop"],
)
def test_a_digest_with_the_service_in_it_is_known(
    request_: Request, asked: dict[str, Any] | None, digest: str
) -> None:
    """The numbers are those of the release whose digests were of one service."""
    assert digest_v2(ORIGIN, request_, asked) == digest
    assert digest_v2("https://another.example", request_, asked) != digest


@pytest.mark.parametrize(
    "picture",
    [
        rgb(0x1000, 0x2000, 0x3000, bits=16),
        rgb(128, 64, 32, extra=chunk(b"cICP", bytes([9, 16, 0, 1]))),
        rgb(128, 64, 32, extra=chunk(b"iCCP", b"a\0\0" + zlib.compress(PROFILES[0]))),
        with_info(PIXELS, icc_profile=PROFILES[0]),
        PIL.Image.fromarray(np.full((2, 4), 0x1000, np.uint16)),
        file_of(PIL.Image.fromarray(PIXELS), "JPEG", icc_profile=PROFILES[0]),
        file_of(PIL.Image.fromarray(PIXELS), "WEBP", icc_profile=PROFILES[0]),
    ],
    ids=["16 bits", "cICP", "iCCP", "profile", "16 bits of a PIL image", "JPEG", "WebP"],
)
def test_an_older_digest_matches_only_what_it_could_tell_apart(picture: Any) -> None:
    """More than eight bits, cICP or a colour profile in any of the pictures: it does not count."""
    assert digest_v1(ORIGIN, *request_of(picture)) is None
    assert digest_v1(ORIGIN, *request_of(PIXELS, picture)) is None
    data = picture if isinstance(picture, bytes) else file_of(picture)
    uri = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    assert digest_v1(ORIGIN, *request_of(extra={"image_urls": [uri]})) is None


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("picture", [None, rgb(1, 2, 3), PIXELS], ids=["none", "file", "array"])
def test_what_an_earlier_release_paid_for_is_not_paid_again(
    caller: Caller, picture: Any, version: int
) -> None:
    """Its row is found by its older digest, and its pictures come from disk."""
    request, pictures = request_of() if picture is None else request_of(picture)
    journal = caller.client.journal
    assert journal is not None
    origin = caller.client.base_url
    older = digest_v1(origin, request, pictures) if version == 1 else digest_v2(origin, request)
    assert older is not None
    row = journal.insert_request(
        origin=caller.client.base_url,
        account="another key",
        endpoint=request.endpoint,
        body=request.body,
        digest=older,
    )
    journal.mark_accepted(row, task_id="old", created=None, status="queued")
    journal.record_status(row, status="succeeded")
    data = png()
    journal.store_picture(
        row,
        0,
        data,
        sha256=hashlib.sha256(data).hexdigest(),
        media_type="image/png",
        width=6,
        height=4,
        count=1,
    )
    call: Callable[[LumenClient], Any] = (
        (lambda client: client.generate("p", model="m", reuse=True))
        if picture is None
        else (lambda client: client.edit("p", picture, model="m", reuse=True))
    )

    assert not caller.pays(call)
    assert call(caller.client).id == "old"


def test_one_service_in_several_spellings(tmp_path: Path) -> None:
    """Its own port and a last dot make no other service of it; another path or name does."""
    journal = Journal(tmp_path)
    spelled = {
        url: LumenClient(KEY, url, journal=journal).base_url
        for url in ("https://a.example", "https://A.example.:443/", "https://a.example/v2")
    }

    assert len(set(spelled.values())) == 2
    assert spelled["https://A.example.:443/"] == "https://a.example"
