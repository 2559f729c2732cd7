"""The pictures that users upload and tasks make: kept, served, and pruned."""

from __future__ import annotations

import base64
import io
import json
import os
import socket
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from PIL import Image

from lumen_widgets.sandbox import fetching
from lumen_widgets.sandbox.picture_store import PictureStore
from tests.sandbox_server.in_process import ORIGIN, InProcess
from tests.sandbox_server.pictures import encoded, half_mask

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox_server.real_server import RealServer

PICTURE = encoded()
T = TypeVar("T")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_upload_can_be_fetched_without_a_key_until_it_is_deleted(
    server: RealServer, kind: str
) -> None:
    """Its URL cannot be guessed; deleting needs the key, and a second time finds nothing."""
    content = encoded(kind=kind)
    url = server.upload(content)
    path = url.removeprefix(server.url)
    answer = server.call("GET", path, headers={"Authorization": ""})
    assert (answer.content, answer.headers["Content-Type"]) == (content, f"image/{kind.lower()}")
    assert server.call("DELETE", path, headers={"Authorization": ""}).status_code == 401
    assert server.call("DELETE", path).status_code == 204
    assert server.call("DELETE", path).status_code == 404
    assert server.call("GET", path).status_code == 404


def test_an_upload_says_when_it_may_go(in_process: InProcess) -> None:
    """It is kept for a day at least."""
    answer = in_process.call("POST", "/sandbox/uploads", PICTURE)
    assert answer.status == 201
    assert answer.json()["expires_at"] == in_process.clock.now + 24 * 3600
    assert answer.json()["url"].startswith(f"{ORIGIN}/uploads/")


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg/>", PICTURE[:30]])
def test_only_pictures_can_be_uploaded(in_process: InProcess, content: bytes) -> None:
    """Anything else is answered 400."""
    assert in_process.call("POST", "/sandbox/uploads", content).status == 400


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/sandbox/uploads", PICTURE, 201),
        ("/sandbox/uploads", PICTURE[:30], 400),
        (
            "/v1/images/edits",
            {
                "model": "gpt-image-2-low",
                "prompt": "snow",
                "image": f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}",
            },
            200,
        ),
    ],
)
def test_whole_pictures_are_looked_at_aside(
    tmp_path: Path, path: str, body: Any, status: int
) -> None:
    """Other calls are answered meanwhile: one that takes Pillow a second held them all up."""
    aside = 0

    async def look(work: Callable[[], T]) -> T:
        nonlocal aside
        aside += 1
        assert sandbox.call("GET", "/healthz").status == 200
        assert [*sandbox.info.uploads.folder.iterdir()] == []
        return work()

    sandbox = InProcess(tmp_path, aside=look)
    sandbox.set(data_uris=True)

    assert sandbox.call("POST", path, body).status == status
    assert aside == 1


@pytest.mark.slow
def test_an_upload_that_is_too_large_is_refused(server: RealServer) -> None:
    """It is answered 413, and a client that is still sending sees that answer."""
    answer = server.call("POST", "/sandbox/uploads", data=PICTURE + bytes(fetching.MAX_BYTES))
    assert answer.status_code == 413


def test_uploads_can_be_switched_off(in_process: InProcess) -> None:
    """Then ``/healthz`` says so, and an upload is answered 404."""
    assert in_process.call("GET", "/healthz").json() == {
        "service": "lumen-sandbox",
        "version": "1.2.3",
        "uploads": "/sandbox/uploads",
    }
    in_process.set(uploads=False)
    assert in_process.call("GET", "/healthz").json()["uploads"] is None
    assert in_process.call("POST", "/sandbox/uploads", PICTURE).status == 404


@pytest.mark.parametrize("name", ["..%2Fa.png", "..", "a.png", "0" * 32 + ".svg", "0" * 32])
def test_only_its_own_pictures_are_served(in_process: InProcess, name: str) -> None:
    """No name leads out of the folder."""
    for folder in ("pictures", "uploads"):
        assert in_process.call("GET", f"/{folder}/{name}").status == 404
        assert in_process.call("DELETE", f"/uploads/{name}").status == 404


def test_old_pictures_are_pruned(tmp_path: Path) -> None:
    """Those from before the given time go, the others stay."""
    store = PictureStore(tmp_path)
    old, new = store.keep(PICTURE), store.keep(PICTURE)
    os.utime(tmp_path / old, (1, 1))
    store.prune(before=2)
    assert store.read(old) is None
    assert store.read(new) == PICTURE


def _result(server: RealServer, task_id: str) -> list[Image.Image]:
    """Return a task's pictures, fetched without a key."""
    ended = server.ended(task_id)
    assert ended["status"] == "succeeded", ended
    images: list[Image.Image] = []
    for entry in ended["data"]:
        path = entry["url"].removeprefix(server.url)
        answer = server.call("GET", path, headers={"Authorization": ""})
        assert answer.headers["Content-Type"] == "image/png"
        images.append(Image.open(io.BytesIO(answer.content)))
    return images


@pytest.mark.slow
def test_an_uploaded_picture_is_edited_and_inpainted(server: RealServer) -> None:
    """Results are PNG of the picture's size and need no key; inpainting keeps what is unmasked."""
    content = encoded((96, 64))
    picture, mask = server.upload(content), server.upload(half_mask((96, 64)))
    edited = _result(server, server.submit("edits", image=picture, prompt="把背景换成雪山", n=2))
    assert [(image.format, image.size) for image in edited] == [("PNG", (96, 64))] * 2
    fields = {"model": "fal-flux-pro-fill", "image_urls": [picture], "mask_url": mask}
    (inpainted,) = _result(server, server.submit("inpaint", **fields))
    assert (inpainted.format, inpainted.size) == ("PNG", (96, 64))
    right, old = (
        image.convert("RGB").crop((48, 0, 96, 64)).tobytes()
        for image in (inpainted, Image.open(io.BytesIO(content)))
    )
    assert right == old


@pytest.mark.slow
def test_data_urls_are_taken_only_where_that_is_set(server: RealServer) -> None:
    """As a rule they are answered 400, since the service does not say that it takes them."""
    url = "data:image/png;base64," + base64.b64encode(encoded()).decode()
    body = {"model": "gpt-image-2-low", "prompt": "night", "image": url}
    assert server.call("POST", "/v1/images/edits", json=body).status_code == 400
    server.call("POST", "/sandbox/settings", json={"data_uris": True})
    assert server.ended(server.submit("edits", **body))["status"] == "succeeded"
    for wrong in (url + "!", url.replace("png", "svg+xml"), "data:,"):
        answer = server.call("POST", "/v1/images/edits", json={**body, "image": wrong})
        assert answer.status_code == 400


@pytest.mark.slow
def test_the_same_seed_draws_the_same_picture(server: RealServer) -> None:
    """And another one another; the size is what was asked for."""
    asked = [server.submit(size="80x48", seed=seed) for seed in (3, 3, 4)]
    first, same, other = (
        server.call("GET", server.ended(task)["data"][0]["url"].removeprefix(server.url)).content
        for task in asked
    )
    assert first == same != other
    with Image.open(io.BytesIO(first)) as image:
        assert image.size == (80, 48)


@pytest.mark.slow
def test_a_picture_that_cannot_be_read_fails_and_refunds(server: RealServer) -> None:
    """The task says why, and its credits come back."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    ended = server.ended(server.submit("edits", image=f"http://127.0.0.1:{port}/gone.png"))
    assert (ended["status"], ended["error"]["code"]) == ("failed", "image_unreachable")
    assert server.account()["balance"] == 10_000


@pytest.mark.slow
def test_a_model_that_redraws_answers_as_real_ones_do(server: RealServer) -> None:
    """In a size of its own, with what was to be kept changed; n pictures differ in all of it."""
    content = encoded((96, 64), mode="RGBA")
    pictures = {"image": server.upload(content), "mask_url": server.upload(half_mask((96, 64)))}
    body = {"model": "sandbox-redraws", **pictures, "seed": 7}
    four = server.submit("inpaint", n=4, size="192x128", **body)
    one, usual = (server.submit("inpaint", **body, **size) for size in ({"size": "192x128"}, {}))
    results = _result(server, four)
    assert [image.size for image in results] == [(192, 128)] * 4
    assert len({image.tobytes() for image in results}) == 4
    assert len({image.info["lumen:alteration"] for image in results}) == 4
    assert _result(server, one)[0].tobytes() == results[0].tobytes()
    assert [image.size for image in _result(server, usual)] == [(1248, 832)]
    assert server.account()["balance"] == 10_000 - 6 * 5


@pytest.mark.slow
def test_how_much_a_model_redraws_is_set(server: RealServer) -> None:
    """As it was set when the task was submitted."""
    content = encoded((96, 64))
    pictures = {"image": server.upload(content), "mask_url": server.upload(half_mask((96, 64)))}
    body = {"model": "sandbox-redraws", "size": "96x64", **pictures}
    server.call("POST", "/sandbox/settings", json={"redraw_grain": 0, "redraw_changed": 0.5})
    first = server.submit("inpaint", **body)
    server.call("POST", "/sandbox/settings", json={"redraw_grain": 5, "redraw_changed": 0})
    second = server.submit("inpaint", **body)
    said = [
        json.loads(_result(server, task)[0].info["lumen:alteration"]) for task in (first, second)
    ]
    assert [(one["grain"], one["changed"]) for one in said] == [(0, 0.5), (5, 0)]
