"""What a comparison takes, finds out about its pictures, and says to its pages."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import traitlets
from PIL import Image

from lumen_widgets.client import InvalidRequest, Picture, Pictures
from lumen_widgets.client.exact.wish import Sides
from lumen_widgets.notebook.journal_pictures import pictures_in_use
from lumen_widgets.widgets import Compare
from lumen_widgets.widgets.compare.compared import Compared
from lumen_widgets.widgets.compare.differences import difference
from lumen_widgets.widgets.compare.frame import common_frame
from tests.conditions import until
from tests.staged import use_offline_account
from tests.widgets.comms import PageComm
from tests.widgets.galleries import keep, loose, use_journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lumen_widgets.widgets.compare.messages import ComparedPicture

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def account() -> None:
    """Choose an account whose service is never called."""
    use_offline_account()


@pytest.fixture
def compare() -> Iterator[Any]:
    """Return what makes comparisons; close them in the end."""
    made: list[Compare] = []

    def make(*pictures: Any, **named: Any) -> Compare:
        made.append(Compare(*pictures, **named))
        return made[-1]

    yield make
    for one in made:
        one.close()


def _grey(width: int = 64, height: int = 48, level: int = 90) -> Image.Image:
    return Image.new("RGB", (width, height), (level, level, level))


def _file(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _picture(image: Image.Image, **facts: Any) -> Picture:
    data = _file(image)
    return Picture(
        data,
        media_type="image/png",
        width=image.width,
        height=image.height,
        sha256=hashlib.sha256(data).hexdigest(),
        **facts,
    )


def _items(widget: Compare) -> list[ComparedPicture]:
    items: list[ComparedPicture] = widget.get_state("_compared")["_compared"]
    return items


def _named(widget: Compare) -> list[tuple[str, str]]:
    return [(one["relation"], one["name"]) for one in _items(widget)]


def _ask(widget: Compare, **content: Any) -> dict[str, Any]:
    """Ask as a page would, and return the answer."""
    comm = PageComm(widget)
    comm.say({"request": "r", **content})
    found: dict[str, Any] = until(
        lambda: next((said for said, _ in comm.sent if said.get("request") == "r"), None)
    )
    return found


def test_it_takes_pictures_and_whatever_an_edit_takes(compare: Any, tmp_path: Path) -> None:
    """A path, bytes, a PIL image, an array: each is a picture from here on."""
    path = tmp_path / "grey.png"
    path.write_bytes(_file(_grey()))
    array = np.full((48, 64, 3), 90, np.uint8)
    widget = compare(path, path.read_bytes(), _grey(), array)

    assert isinstance(widget.pictures, Pictures)
    assert {(one.width, one.height) for one in widget.pictures} == {(64, 48)}
    assert widget.pictures is not widget.pictures


def test_a_list_alone_is_what_is_in_it(compare: Any) -> None:
    """`lumen.Compare(pictures)` is as good as naming each."""
    pictures = Pictures([loose(1), loose(2), loose(3)])

    assert compare(pictures).pictures == pictures
    assert compare(list(pictures)).pictures == pictures


def test_a_picture_that_its_file_says_is_turned_lies_upright(compare: Any) -> None:
    """Else the slider would show one lying over the other."""
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    _grey(64, 48).save(file, "JPEG", exif=exif)
    widget = compare(file.getvalue(), _grey(48, 64))

    assert widget.mode == "slider"
    assert widget.pictures[0].height == 64


@pytest.mark.parametrize(
    ("pictures", "named", "words"),
    [
        ([1], {}, "Give 2 to 4"),
        ([1, 2, 3, 4, 5], {}, "blind=True"),
        ([1, 2], {"names": ["one"]}, "a list of 2 short texts"),
        ([1, 2], {"names": "ab"}, "a list of 2 short texts"),
        ([1] * 33, {"blind": True}, "Give 2 to 32"),
    ],
)
def test_too_few_too_many_or_unnamed_is_refused_with_what_to_do(
    pictures: list[int], named: dict[str, Any], words: str
) -> None:
    """Nothing is half shown."""
    with pytest.raises(InvalidRequest, match=words):
        Compare(*map(loose, pictures), **named)


def test_what_is_no_picture_is_refused() -> None:
    """With the kinds that are taken."""
    with pytest.raises(InvalidRequest, match="not a picture"):
        Compare(loose(1), 3)


def test_a_comparison_begins_as_its_pictures_ask_for(compare: Any) -> None:
    """A slider where both fill the frame, else beside each other."""
    assert compare(_grey(), _grey(128, 96)).mode == "slider"
    assert compare(_grey(), _grey(64, 64)).mode == "side"


def test_names_are_those_given_else_what_tells_the_pictures_apart(
    compare: Any, tmp_path: Path
) -> None:
    """Files by their names, pictures by model, prompt or size, and by number if by nothing else."""
    for name in ("cat", "dog"):
        (tmp_path / f"{name}.png").write_bytes(_file(_grey()))
    files = compare(tmp_path / "cat.png", tmp_path / "dog.png")

    assert _named(files) == [("", "cat"), ("", "dog")]
    assert _named(compare(loose(1), loose(2), names=["one", "other"])) == [
        ("", "one"), ("", "other"),
    ]  # fmt: skip
    assert _named(compare(loose(1, "a fox"), loose(2, "a whale"))) == [
        ("", "a fox"), ("", "a whale"),
    ]  # fmt: skip
    assert _named(compare(_grey(), _grey(64, 64))) == [("", "64 × 48"), ("", "64 × 64")]  # noqa: RUF001 -- as sizes are written
    assert _named(compare(_grey(), _grey(level=91))) == [("", "1"), ("", "2")]


def test_pictures_of_a_journal_are_told_apart_by_model_and_before_from_after(
    compare: Any, tmp_path: Path
) -> None:
    """What one was made from is before it, in whichever order they are given."""
    journal = use_journal(tmp_path / "journal")
    (first,) = keep(journal, "a fox", 1, model="m-low")
    (other,) = keep(journal, "a fox", 2, model="m-high")
    (edited,) = keep(journal, "a fox in snow", 3, made_from=(first,))
    known = {one: _kept(one) for one in (first, other, edited)}

    assert _named(compare(known[first], known[other])) == [("", "m-low"), ("", "m-high")]
    assert _named(compare(known[edited], known[first])) == [("after", ""), ("before", "")]


def _kept(sha256: str) -> Picture:
    picture = pictures_in_use(None).by_sha256(sha256)
    assert picture is not None
    return picture


def test_what_came_is_told_from_what_was_put_back(compare: Any) -> None:
    """`Compare(picture.raw, picture)` needs no names."""
    raw = _picture(_grey())
    data = _file(_grey(level=120))
    exact = Picture(
        data,
        media_type="image/png",
        width=64,
        height=48,
        sha256=hashlib.sha256(data).hexdigest(),
        raw=raw,
    )

    assert _named(compare(raw, exact)) == [("raw", ""), ("exact", "")]
    assert repr(compare(raw, exact)) == "Lumen comparison · As it came | Put back"


def test_mode_left_and_right_are_written_from_both_sides(compare: Any) -> None:
    """What a page writes is checked as what Python does."""
    widget = compare(loose(1), loose(2), loose(3))
    widget.set_state({"mode": "flick", "left": 2, "right": 7, "votes": [1], "_blind": True})

    assert (widget.mode, widget.left, widget.right) == ("flick", 2, 1)
    assert (widget.votes, widget.get_state("_blind")["_blind"]) == ([], False)
    with pytest.raises(traitlets.TraitError, match="one of the 3 pictures"):
        widget.left = 3
    with pytest.raises(traitlets.TraitError):
        widget.mode = "upside down"


def test_by_how_much_two_pictures_differ_is_counted_pixel_by_pixel(compare: Any) -> None:
    """The share that anybody could see, the largest difference, and where it is."""
    one = _grey(100, 50)
    other = one.copy()
    other.paste((200, 90, 90), (10, 20, 20, 40))
    other.putpixel((99, 49), (95, 90, 90))
    found = _ask(compare(one, other), kind="differ", left=0, right=1)

    assert found["exact"]
    assert found["share"] == pytest.approx(200 / 5000)
    assert found["largest"] == 110
    assert found["box"] == {"left": 10, "top": 20, "width": 10, "height": 20}


def test_alike_pictures_differ_by_nothing(compare: Any) -> None:
    """Also where they came as different files."""
    file = io.BytesIO()
    _grey().save(file, "WEBP", lossless=True)
    found = _ask(compare(_grey(), file.getvalue()), kind="differ", left=1, right=0)

    assert (found["share"], found["largest"], found["exact"], found["box"]) == (0, 0, True, None)


def test_what_was_extended_is_compared_with_its_source_pixel_by_pixel(
    compare: Any,
) -> None:
    """Where both are, which is all of the source; of new ground nothing is counted."""
    source, extended = _picture(_grey(40, 30)), _grey(60, 30, 200)
    extended.paste((90, 90, 90), (15, 0, 55, 30))
    extended.putpixel((20, 3), (90, 120, 90))
    frame = common_frame([(40, 30), (60, 30)], {1: (0, Sides(left=15, right=5))})
    items = compare(source, extended).get_state("_compared")["_compared"]
    for item, place in zip(items, frame.places, strict=True):
        item["place"] = place
    found = difference(Compared(Pictures([source, _picture(extended)]), items, frame), 0, 1)

    assert found.share == pytest.approx(1 / 1200)
    assert (found.exact, found.largest) == (True, 30)
    assert found.box == {"left": 20, "top": 3, "width": 1, "height": 1}


def test_pictures_of_two_sizes_are_compared_where_both_are(compare: Any) -> None:
    """At a size that both have, which is said not to be exact."""
    found = _ask(compare(_grey(64, 48), _grey(128, 96, 120)), kind="differ", left=0, right=1)

    assert (found["share"], found["largest"], found["exact"]) == (1, 30, False)


def test_a_request_that_is_none_is_answered_with_words(compare: Any) -> None:
    """A page may say anything."""
    widget = compare(loose(1), loose(2))

    assert _ask(widget, kind="differ", left=0, right=2)["kind"] == "error"
    assert _ask(widget, kind="differ", left=True, right="1")["kind"] == "error"
    assert _ask(widget, kind="fly")["kind"] == "error"
    PageComm(widget).say(["differ"])


def test_copies_of_its_pictures_are_sent(compare: Any) -> None:
    """By their sha256, as other widgets' are."""
    widget = compare(loose(1), loose(2))
    comm = PageComm(widget)
    wanted = [{"sha256": loose(2).sha256, "copy": "original"}]
    comm.say({"kind": "wants", "view": "v", "copies": wanted})
    said, buffers = until(lambda: comm.sent[0] if comm.sent else None)

    assert (said["kind"], said["error"], buffers) == ("copy", "", [loose(2).bytes])


def test_a_closed_comparison_says_nothing_more(compare: Any) -> None:
    """Closing it twice is as good."""
    widget = compare(loose(1), loose(2))
    comm = PageComm(widget)
    widget.close()
    widget.close()
    comm.say({"kind": "differ", "request": "r", "left": 0, "right": 1})

    assert comm.sent == []
