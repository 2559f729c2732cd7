"""What a saved picture says of itself, and the call that would make it again."""

from __future__ import annotations

import ast
import hashlib
import json
import pickle
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import lumen_widgets as lumen
from lumen_widgets.client import InvalidRequest, LumenClient
from tests import lessons
from tests.client.redrawing import disc, file_of, landscape
from tests.client_files.samples import encoded, gradient
from tests.client_files.test_provenance import SIGNED, made, request, with_png_chunk
from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from lumen_widgets.client import Picture
    from tests.notebook.conftest import Published
    from tests.sandboxes import SandboxServer

SOURCE = file_of(landscape(96, 64))
MASK = disc(96, 64)
PROMPT = '一只 "red" fox\n: 😀, a'

A1111 = (
    "a castle on a hill, (snow:1.2)\nby the sea\n"
    "Negative prompt: blurry, people\nlow quality\n"
    "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 965400086, Size: 512x768, "
    'Model hash: 45dee52b, Model: dreamshaper_8, Lora hashes: "a: 1, b: 2", Version: v1.9.4'
)
READ: dict[str, Any] = {
    "prompt": "a castle on a hill, (snow:1.2)\nby the sea",
    "negative_prompt": "blurry, people\nlow quality",
    "size": "512x768",
    "model": "dreamshaper_8",
    "task_id": None,
    "parents": [],
    "source": "a1111",
    "version": "v1.9.4",
}


@pytest.fixture
def client(sandbox: SandboxServer, tmp_path: Path) -> LumenClient:
    """Return a client of the sandbox, with a journal of its own, which is the account in use."""
    found = LumenClient(sandbox.api_key, sandbox.url, journal=tmp_path / "home")
    lumen.use(found)
    return found


def call_in(code: str) -> ast.Call:
    """Return the call at the end of code."""
    call = ast.parse(code).body[-1]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    return call.value


def keywords_of(code: str) -> dict[str, Any]:
    """Return the keywords of the call at the end of code, and its prompt."""
    call = call_in(code)
    found = {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}
    return {"prompt": ast.literal_eval(call.args[0]), **found}


def elsewhere(client: LumenClient, tmp_path: Path) -> LumenClient:
    """Use an account whose journal has nothing, as on another machine."""
    made_there = LumenClient("sk-lumen-1", "https://lumen.example", journal=tmp_path / "other")
    lumen.use(made_there)
    return made_there


def jpeg_of_a1111(text: str, codec: str, order: str = ">") -> bytes:
    """Return a JPEG with a comment in its EXIF, as the web UI writes it, by hand."""
    comment = b"UNICODE\0" + text.encode(codec)
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(f"{order}I", 8)
    first = struct.pack(f"{order}HHHIII", 1, 0x8769, 4, 1, 26, 0)
    second = struct.pack(f"{order}HHHIII", 1, 0x9286, 7, len(comment), 44, 0)
    exif = b"Exif\0\0" + head + first + second + comment
    jpeg = encoded(gradient(), "JPEG")
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(exif)) + exif + jpeg[2:]


@pytest.mark.parametrize(
    "data",
    [
        with_png_chunk(b"tEXt", b"parameters\0" + A1111.encode()),
        with_png_chunk(b"iTXt", b"parameters\0\0\0\0\0" + A1111.encode()),
        jpeg_of_a1111(A1111, "utf-16-be"),
        jpeg_of_a1111(A1111, "utf-16-le", "<"),
        # most write the order of the network, whatever the file's own
        jpeg_of_a1111(A1111, "utf-16-be", "<"),
        jpeg_of_a1111(A1111, "utf-16"),
    ],
    ids=["PNG", "PNG in UTF-8", "JPEG", "JPEG of a PC", "JPEG of both", "JPEG with a mark"],
)
def test_files_of_a1111_are_read(data: bytes, client: LumenClient, tmp_path: Path) -> None:
    """Prompts of several lines, the size as it is; the rest is shown and in no call."""
    (tmp_path / "theirs").write_bytes(data)
    said = lumen.parameters(tmp_path / "theirs")
    assert said == READ
    assert said.rest["Seed"] == "965400086"
    assert said.rest["Lora hashes"] == "a: 1, b: 2"

    code = lumen.reproduce(tmp_path / "theirs")
    assert keywords_of(code) == {name: READ[name] for name in ("prompt", "negative_prompt", "size")}
    # no model of this service has that name
    assert "# Not taken over: Model dreamshaper_8, Steps 20" in code


def test_a_comment_of_a_camera_is_no_prompt(tmp_path: Path) -> None:
    """What stands there may be any words; nor has every picture something to say."""
    for data in (jpeg_of_a1111("Lake, 1998: a, b: c", "utf-16-be"), encoded(gradient(), "WEBP")):
        (tmp_path / "lake").write_bytes(data)
        with pytest.raises(InvalidRequest, match="does not say how it was made"):
            lumen.parameters(str(tmp_path / "lake"))


def test_what_is_no_picture_file_is_refused(tmp_path: Path) -> None:
    """With what was given, and what may be."""
    (tmp_path / "words.png").write_text("a cat")
    (tmp_path / "half.png").write_bytes(encoded(gradient())[:60])
    for given, words in (
        (tmp_path / "nothing.png", "There is no file"),
        (tmp_path / "words.png", "neither PNG nor JPEG nor WebP"),
        (tmp_path / "half.png", "truncated"),
        ("https://example.org/cat.png", "Nothing is fetched"),
        (tmp_path, "is a folder"),
        (7, "Given a int"),
    ):
        for ask in (lumen.parameters, lumen.reproduce):
            with pytest.raises(InvalidRequest, match=words):
                ask(given)  # type: ignore[arg-type] # a user passes anything
    with pytest.raises(InvalidRequest, match="run is 'yes'"):
        lumen.reproduce(tmp_path / "words.png", run="yes")  # type: ignore[call-overload]


def test_a_sidecar_is_read_beside_its_file(client: LumenClient, tmp_path: Path) -> None:
    """Also where the picture itself says something; not beside another picture of that name."""
    path = tmp_path / "cat.png"
    data = with_png_chunk(b"tEXt", b"parameters\0" + A1111.encode(), SIGNED["a PNG"])
    picture = made(data, request(PROMPT))
    picture.save(path, provenance=True)
    assert lumen.parameters(path)["prompt"] == PROMPT
    assert keywords_of(lumen.reproduce(path))["prompt"] == PROMPT
    # its bytes alone do not know where they are
    assert lumen.parameters(path.read_bytes())["source"] == "a1111"

    path.write_bytes(SIGNED["a PNG"])
    with pytest.raises(InvalidRequest, match=r"Nor does cat\.png\.json beside it"):
        lumen.parameters(path)


@pytest.mark.slow
def test_a_picture_goes_out_and_comes_back(client: LumenClient, tmp_path: Path) -> None:
    """Save, read, and make it again: in all formats, here, by another kernel, and elsewhere."""
    (fox, _) = client.generate(PROMPT, n=2, size="64x64", negative_prompt="fog").wait(PATIENCE)
    journal = client.journal
    assert journal is not None
    asked = {"prompt": PROMPT, "n": 2, "size": "64x64", "negative_prompt": "fog"}
    paths = [fox.save(tmp_path / f"fox{end}", provenance=True) for end in (".png", ".jpg", ".webp")]
    kept: Picture = lumen.history()[0].pictures[0]
    paths.append(kept.save(tmp_path / "kept.png", provenance=True))
    without_task: Picture = pickle.loads(pickle.dumps(fox))  # noqa: S301 -- our own bytes
    paths.append(without_task.save(tmp_path / "pickled.png", provenance=True))

    for path in paths:
        said = lumen.parameters(path)
        assert asked.items() <= said.items()
        assert (said["task_id"], said["source"]) == (fox.task.id, "sandbox")
        assert keywords_of(lumen.reproduce(path)) == {**asked, "model": said["model"]}
        (again, _) = lumen.reproduce(path, run=True)
        assert again.sha256 == fox.sha256
        assert again.task.reused
        data = path.read_bytes()
        for private in (b"sk-lumen-", b"127.0.0.1", str(tmp_path).encode()):
            assert private not in data
    assert lumen.parameters(fox) == lumen.parameters(paths[0])
    # a plain copy says nothing, and the journal knows it
    plain = fox.save(tmp_path / "plain.png")
    assert keywords_of(lumen.reproduce(plain))["prompt"] == PROMPT

    elsewhere(client, tmp_path)
    for path in paths:
        code = lumen.reproduce(path)
        assert keywords_of(code) == {**asked, "model": lumen.parameters(path)["model"]}
        assert "the journal here does not have this picture" in code


@pytest.mark.slow
def test_a_repaint_says_what_it_was_made_from(client: LumenClient, tmp_path: Path) -> None:
    """By digests: where the files are kept it is run again, elsewhere they are to be filled in."""
    digest = hashlib.sha256(SOURCE).hexdigest()
    tasks = {
        "exact": client.inpaint("a moon", SOURCE, MASK),
        "wide": client.extend("the sea", SOURCE, right=32, bottom=9),
        "near": client.inpaint("a sun", SOURCE, MASK, crop=0.25),
        "raw": client.inpaint("a star", SOURCE, MASK, exact=False),
    }
    pictures = {name: task.wait(PATIENCE)[0] for name, task in tasks.items()}
    exact, wide = pictures["exact"], pictures["wide"]
    pictures["edit"] = client.edit("make it winter", [exact, wide], size="64x64").wait(PATIENCE)[0]
    paths = {
        name: one.save(tmp_path / f"{name}.png", provenance=True) for name, one in pictures.items()
    }
    said = {name: lumen.parameters(path) for name, path in paths.items()}
    parents = {name: one["parents"] for name, one in said.items()}
    assert parents == {
        **{name: [digest] for name in ("exact", "wide", "near", "raw")},
        "edit": [exact.sha256, wide.sha256],
    }
    assert len(said["exact"].rest["mask"]) == 64
    assert said["exact"].rest["mask"] == said["near"].rest["mask"]
    assert said["raw"].rest["mask"].startswith("mask:96x64:")
    assert (said["near"].rest["crop"], said["wide"].rest["right"]) == ("0.25", "32")
    by_journal = [lumen.parameters(entry.pictures[0]) for entry in lumen.history()]
    assert {one["task_id"]: one["parents"] for one in by_journal} == {
        one["task_id"]: one["parents"] for one in said.values()
    }

    for name in ("exact", "wide", "near", "edit"):
        (again,) = lumen.reproduce(paths[name], run=True)
        assert again.sha256 == pictures[name].sha256
        assert again.task.reused
    # its mask was not kept, since nothing was to be put back
    with pytest.raises(InvalidRequest, match="Put in by hand: a mask that was given"):
        lumen.reproduce(paths["raw"], run=True)

    there = elsewhere(client, tmp_path)
    for name, verb in (
        ("exact", "inpaint"),
        ("wide", "extend"),
        ("near", "inpaint"),
        ("edit", "edit"),
    ):
        code = lumen.reproduce(paths[name])
        function = call_in(code).func
        assert isinstance(function, ast.Attribute)
        assert function.attr == verb
        assert f"# put it here: the picture with the SHA-256 {parents[name][0]}" in code
        with pytest.raises(InvalidRequest, match="SHA-256"):
            lumen.reproduce(paths[name], run=True)
    assert "crop=0.25" in lumen.reproduce(paths["near"])
    assert "right=32" in lumen.reproduce(paths["wide"])
    assert "exact=False" in lumen.reproduce(paths["raw"])
    assert there.journal is not None
    assert there.journal.rows() == []


@pytest.mark.slow
def test_each_picture_that_an_edit_was_given_is_in_its_code(
    client: LumenClient, tmp_path: Path
) -> None:
    """Also those that have no file, of which the picture's own file can say only that they were."""
    pixels = np.zeros((64, 64, 3), np.uint8)
    made = client.edit("make it winter", [SOURCE, pixels, pixels + 9], size="64x64").wait(PATIENCE)
    path = made[0].save(tmp_path / "winter.png", provenance=True)
    assert lumen.parameters(path)["parents"] == [hashlib.sha256(SOURCE).hexdigest()]
    elsewhere(client, tmp_path)

    code = lumen.reproduce(path)

    assert "[picture_1, picture_2, picture_3]" in code
    assert code.count("another picture that it was made from, which the file does not say") == 2


@pytest.mark.slow
def test_a_run_names_account_and_cost_first(
    client: LumenClient, tmp_path: Path, published: Published
) -> None:
    """Before anything is sent, in words that stay; the code alone sends nothing."""
    lumen.prices["gpt-image-2-low"] = 2.5
    path = made(encoded(gradient()), request(PROMPT, n=2, size="64x64")).save(
        tmp_path / "cat.png", provenance=True
    )
    try:
        code = lumen.reproduce(path)
        assert repr(code) == code
        assert client.journal is not None
        assert client.journal.rows() == []
        pictures = lumen.reproduce(path, run=True)
    finally:
        del lumen.prices["gpt-image-2-low"]

    assert len(pictures) == 2
    (first,) = published.texts(0)
    account = f"{client.base_url.partition('//')[2]} · pictures cost credits"
    assert first == f"{account}: 2 pictures for 5 credits, unless it was paid before."


def test_a_picture_of_a_lesson_says_that_it_is_from_one(tmp_path: Path) -> None:
    """Who made it is not known any more; made again, the lesson has it, and nothing is paid."""
    (tmp_path / "owls.lumen").write_bytes(lessons.lesson({"an owl": ["red"]}))
    lumen.use(tmp_path / "owls.lumen")
    (owl,) = lumen.generate("an owl")
    path = owl.save(tmp_path / "owl.png", provenance=True)

    assert lumen.parameters(path)["source"] == "lesson"
    assert lumen.reproduce(path, run=True)[0].sha256 == owl.sha256


def test_a_stranger_names_no_file_of_ours(client: LumenClient, tmp_path: Path) -> None:
    """Whatever a file says it was made from, or is, it is code of literals, and sends nothing."""
    evil = {
        "prompt": "')\nimport os; os.system('x') # \u202e",
        "model": '"); lumen.generate("paid',
        "call": "edit",
        "parents": ["0" * 64],
        "sha256": "1" * 64,
        "task_id": "a1b2c3",
        "left_out": ["\nimport os", "seed"],
        "extra": {"webhook_url": "https://evil.example"},
    }
    (tmp_path / "evil.png").write_bytes(
        with_png_chunk(b"tEXt", b"lumen_widgets\0" + json.dumps(evil).encode())
    )
    code = lumen.reproduce(tmp_path / "evil.png")
    kinds = [type(one) for one in ast.parse(code).body]
    assert kinds == [ast.Import, ast.Assign, ast.Expr]
    call = call_in(code)
    assert ast.literal_eval(call.args[0]) == evil["prompt"]
    assert [one.arg for one in call.keywords] == ["model"]
    assert "evil.example" not in code
    with pytest.raises(InvalidRequest, match="SHA-256"):
        lumen.reproduce(tmp_path / "evil.png", run=True)
