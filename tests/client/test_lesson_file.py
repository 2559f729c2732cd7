"""The file of a lesson: what is written is read again, and nothing of a stranger's does harm."""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lumen_widgets.client.lessons import lesson_file
from lumen_widgets.client.lessons.lesson_file import (
    LessonPicture,
    LessonTask,
    read_lesson,
    write_lesson,
)
from lumen_widgets.core.errors import LessonError
from tests import lessons

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = f"3:{'0' * 64}"
RED, BLUE = lessons.picture("red"), lessons.picture("blue", "JPEG")
GOOD = lessons.lesson({"a cat": ["red"], "一只猫": ["blue", "green"]})
JSON = "lesson.json"


def read(data: bytes) -> lesson_file.Lesson:
    """Read a lesson, and every picture of it."""
    found = read_lesson(data, name="owls.lumen")
    for task in found.tasks:
        for one in task.pictures:
            found.picture(one.file)
    return found


def refusal(data: bytes) -> str:
    """Return what is said of a file that is no lesson, in words that name it."""
    with pytest.raises(LessonError, match=r"owls\.lumen") as refused:
        read(data)
    assert not refused.value.may_have_cost
    return str(refused.value)


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    """Words, order, pictures as they came and as they were put back, from a file as from bytes."""
    tasks = (
        LessonTask(
            DIGEST,
            "inpaint",
            {"prompt": "红色 \U0001f98a", "model": "m", "n": 2, "size": "64x64"},
            (
                LessonPicture(
                    RED.sha256, BLUE.sha256, looked_at=True, changed_outside=0.25, note="It moved."
                ),
                LessonPicture(RED.sha256, looked_at=True),
            ),
        ),
        LessonTask(DIGEST, "generations", {"prompt": "p"}, (LessonPicture(BLUE.sha256),)),
    )
    data = write_lesson(tasks, {one.sha256: one for one in (RED, BLUE)})
    path = tmp_path / "owls.lumen"
    path.write_bytes(data)

    for source in (data, path):
        found = read_lesson(source, name="owls.lumen")
        assert found.tasks == tasks
        assert found.by_digest == {DIGEST: list(tasks)}
        assert found.picture(BLUE.sha256) == BLUE
    assert write_lesson(tasks, {one.sha256: one for one in (BLUE, RED)}) == data
    assert sorted(lessons.unpacked(data)) == [
        JSON,
        *sorted([f"pictures/{RED.sha256}.png", f"pictures/{BLUE.sha256}.jpg"]),
    ]


def test_a_lesson_that_is_not_there_or_is_another(tmp_path: Path) -> None:
    """It is said which, with the digest that it has."""
    with pytest.raises(LessonError, match=r"no lesson owls\.lumen here"):
        read_lesson(tmp_path / "owls.lumen", name="owls.lumen")
    with pytest.raises(LessonError, match=r"no lesson owls\.lumen here"):
        read_lesson(tmp_path, name="owls.lumen")
    own = read(GOOD).sha256
    assert read_lesson(GOOD, name="owls.lumen", sha256=own).sha256 == own
    with pytest.raises(LessonError, match=own):
        read_lesson(GOOD, name="owls.lumen", sha256="0" * 64)


def test_a_file_that_changes_later_gives_no_other_picture(tmp_path: Path) -> None:
    """What is given is what its digest says, or nothing."""
    path = tmp_path / "owls.lumen"
    path.write_bytes(GOOD)
    found = read_lesson(path, name="owls.lumen")
    first = found.tasks[0].pictures[0].file
    path.write_bytes(GOOD.replace(b"IDAT", b"IDAX"))
    with pytest.raises(LessonError, match=r"owls\.lumen"):
        found.picture(first)
    path.unlink()
    with pytest.raises(LessonError, match="no lesson"):
        found.picture(first)


def test_a_lesson_of_a_newer_release_says_so() -> None:
    """It is no damaged one: another release reads it."""
    assert "newer release" in refusal(lessons.with_json(GOOD, {"lumen_lesson": 2}))


def entry(name: str, **facts: Any) -> zipfile.ZipInfo:
    """Return what a zip says of one of its files."""
    made = zipfile.ZipInfo(name)
    for fact, value in facts.items():
        setattr(made, fact, value)
    return made


def changed(name: str, data: bytes = b"", **facts: Any) -> bytes:
    """Return a good lesson with one more file."""
    return lessons.packed({**lessons.unpacked(GOOD), entry(name, **facts): data})


def encrypted(data: bytes) -> bytes:
    """Return a zip that says of its first file that it is encrypted."""
    at = data.index(b"PK\x01\x02") + 8
    return data[:at] + b"\x01\x00" + data[at + 2 :]


def large(data: bytes) -> bytes:
    """Return a zip with the record of one that is too large for the usual one, before that."""
    size, start = struct.unpack("<2L", data[-10:-2])
    long = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1 << 40, 1 << 40, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(data) - 22, 1)
    return data[:-22] + long + locator + data[-22:]


def with_directory(data: bytes, size: int) -> bytes:
    """Return a zip that says how large its directory is."""
    return data[:-10] + struct.pack("<L", size) + data[-6:]


LINK = (stat.S_IFLNK | 0o777) << 16
PICTURE = f"pictures/{RED.sha256}.png"
NESTED = lessons.packed({"lesson.json": b"{}"})


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no zip"),
        (b"PK", "no zip"),
        (GOOD[:-1], "no zip"),
        (GOOD[: len(GOOD) // 2], "no zip"),
        (GOOD + b"\0", "no zip"),
        (GOOD[:-2] + b"\3\0abc", "no zip"),
        (large(GOOD), "no zip"),
        (with_directory(GOOD, 1 << 30), "more in it than any lesson"),
        (lessons.packed({}), "without lesson.json"),
        (lessons.packed({"owls/lesson.json": b"{}"}), "no lesson has"),
        (changed("../lesson.json"), "no lesson has"),
        (changed("/etc/passwd"), "no lesson has"),
        (changed("C:\\lesson.json"), "no lesson has"),
        (changed("pictures/"), "no lesson has"),
        (changed(f"pictures/{RED.sha256}.svg"), "no lesson has"),
        (changed(f"pictures/{'0' * 63}\u0663.png"), "no lesson has"),
        (changed("lesson.json_.txt").replace(b"json_", b"json\0"), "no lesson has"),
        (changed(PICTURE, RED.data), "the same name twice"),
        (changed(JSON, b"{}"), "the same name twice"),
        (changed(f"pictures/{'0' * 64}.png", b"x", external_attr=LINK), "a link"),
        (encrypted(GOOD), "encrypted"),
        (lessons.packed(lessons.unpacked(GOOD), zipfile.ZIP_LZMA), "compressed"),
        (lessons.packed(lessons.unpacked(GOOD), zipfile.ZIP_DEFLATED), "compressed"),
        (changed(f"pictures/{'0' * 64}.png", b"another"), "not what it was written as"),
        (lessons.packed({JSON: b"\xff"}), "no JSON"),
        (lessons.packed({JSON: b"[" * 100_000}), "no JSON"),
        (lessons.packed({JSON: b'{"lumen_lesson": NaN}'}), "no JSON"),
        (lessons.packed({JSON: b"[]"}), "not that of a lesson"),
        (lessons.with_json(GOOD, {"lumen_lesson": True}), "not that of a lesson"),
        (lessons.with_json(GOOD, {"tasks": {}}), "lists no tasks"),
        (lessons.with_json(GOOD, {"tasks": [{}] * 3000}), "lists no tasks"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_lesson(data: bytes, why: str) -> None:
    """Each is refused with what is wrong with it, before anything of it is used."""
    assert why in refusal(data)


@pytest.mark.parametrize(
    "change",
    [
        {"digest": "0" * 64},
        {"digest": 3},
        {"endpoint": "videos"},
        {"endpoint": ["generations"]},
        {"fields": {}},
        {"fields": []},
        {"fields": {"prompt": 1}},
        {"fields": {"prompt": "\ud800"}},
        {"fields": {"prompt": "x" * 200_000}},
        {"fields": {"prompt": "p", "n": True}},
        {"fields": {"prompt": "p", "n": 10**400}},
        {"fields": {"prompt": "p", "size": {}}},
        {"pictures": []},
        {"pictures": {}},
        {"pictures": [{"file": RED.sha256}] * 17},
        {"pictures": [RED.sha256]},
        {"pictures": [{"file": "0" * 64}]},
        {"pictures": [{"file": "../x"}]},
        {"pictures": [{"file": RED.sha256, "exact": "x"}]},
        {"pictures": [{"file": RED.sha256, "exact": {"file": "0" * 64}}]},
        {"pictures": [{"file": RED.sha256, "exact": {"changed_outside": 2}}]},
        {"pictures": [{"file": RED.sha256, "exact": {"changed_outside": True}}]},
        {"pictures": [{"file": RED.sha256, "exact": {"changed_outside": 10**400}}]},
        {"pictures": [{"file": RED.sha256, "exact": {"note": 1}}]},
        {"pictures": [{"file": RED.sha256, "exact": {"note": "x" * 5000}}]},
    ],
)
def test_a_task_that_is_not_as_a_lesson_has_it(change: dict[str, Any]) -> None:
    """A field of another kind, a number beyond its range, or a picture that is not there."""
    task = {
        "digest": DIGEST,
        "endpoint": "generations",
        "fields": {"prompt": "p"},
        "pictures": [{"file": RED.sha256}],
    }
    assert len(read(lessons.with_json(GOOD, {"tasks": [task]})).tasks) == 1

    assert "one of its tasks" in refusal(lessons.with_json(GOOD, {"tasks": [{**task, **change}]}))


@pytest.mark.parametrize("data", [NESTED, b"<svg/>", RED.data[:-20], b""])
def test_a_file_that_is_no_picture_is_never_given(data: bytes) -> None:
    """Its digest may be right: it is looked at to its end before anybody has it."""
    import hashlib

    sha256 = hashlib.sha256(data).hexdigest()
    task = {
        "digest": DIGEST,
        "endpoint": "generations",
        "fields": {"prompt": "p"},
        "pictures": [{"file": sha256}],
    }
    whole = lessons.with_json(GOOD, {"tasks": [task]})
    made = lessons.packed({**lessons.unpacked(whole), f"pictures/{sha256}.png": data})

    assert "one of its pictures is" in refusal(made)


def test_what_swells_is_not_unpacked() -> None:
    """A JSON of a gigabyte in some kilobytes is read to its limit, and no further."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(JSON, "w") as one,
    ):
        for _ in range(9):
            one.write(b" " * (1 << 20))

    assert "too large" in refusal(file.getvalue())
    # and where it says that it is small
    lying = bytearray(file.getvalue())
    at = lying.index(b"PK\x01\x02") + 24
    lying[at : at + 4] = struct.pack("<L", 100)
    assert "no zip" in refusal(bytes(lying))


def test_files_that_share_their_bytes_are_counted() -> None:
    """A small file cannot claim to hold many large pictures."""
    names = [f"pictures/{number:064x}.png" for number in range(40)]
    data = lessons.packed({JSON: b"{}", names[0]: bytes(4000)})
    directory = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    one = data[directory:-22]
    many = b"".join(one.replace(names[0].encode(), name.encode()) for name in names)
    start = struct.unpack("<L", data[-6:-2])[0]
    whole = data[:directory] + many
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 41, 41, len(whole) - start, start, 0)

    assert refusal(whole + end)


@given(st.binary(max_size=200), st.integers(0, len(GOOD)), st.integers(0, 40))
@example(b"PK\x05\x06", len(GOOD) - 22, 22)
def test_any_damage_is_a_typed_error_or_none(piece: bytes, at: int, gone: int) -> None:
    """Whatever is written over a lesson, it is read as one or refused as none."""
    damaged = GOOD[:at] + piece + GOOD[at + gone :]
    try:
        found = read(damaged)
    except LessonError:
        return
    assert found.tasks


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(RED.sha256),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["digest", "endpoint", "fields", "pictures", "file", "exact", "prompt"]),
        inner,
    ),
    max_leaves=12,
)  # fmt: skip


@given(_VALUES)
def test_any_json_is_a_typed_error_or_a_lesson(tasks: Any) -> None:
    """Whatever stands where tasks are expected."""
    text = json.dumps({"lumen_lesson": 1, "tasks": tasks}).encode()
    data = lessons.packed({JSON: text, f"pictures/{RED.sha256}.png": RED.data})
    with suppress(LessonError):
        assert read(data).tasks == ()


def test_more_than_a_lesson_holds_is_refused_before_it_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Too many pictures, too many bytes, prompts without end."""
    files = {one.sha256: one for one in (RED, BLUE)}
    both = LessonTask(DIGEST, "generations", {"prompt": "p"}, tuple(map(LessonPicture, files)))
    with monkeypatch.context() as patch:
        patch.setattr(lesson_file, "MAX_PICTURES", 1)
        with pytest.raises(LessonError, match="2 pictures"):
            write_lesson([both], files)
    with monkeypatch.context() as patch:
        patch.setattr(lesson_file, "MAX_FILE", 0)
        with pytest.raises(LessonError, match="at most"):
            write_lesson([both], files)
    long = LessonTask(DIGEST, "generations", {"prompt": "x" * 9_000_000}, both.pictures)
    with pytest.raises(LessonError, match="too long"):
        write_lesson([long], files)
