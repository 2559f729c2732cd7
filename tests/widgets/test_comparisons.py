"""What stands beside a picture when it is compared, over the real sandbox, with a real journal."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import lumen_widgets as lumen
from lumen_widgets.client import InvalidRequest, LumenClient, Picture
from lumen_widgets.notebook.account import use
from lumen_widgets.notebook.journal_pictures import JournalPictures
from lumen_widgets.widgets import Gallery, PromptForm
from lumen_widgets.widgets.comparisons import Comparison, Comparisons
from tests.conditions import until
from tests.widgets.forms import MASK, PICTURE, FormPage
from tests.widgets.galleries import Page, keep, loose, use_journal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lumen_widgets.journal import Journal

SIZE = "64x64"
REDRAWS = "sandbox-redraws"


def _beside(client: LumenClient, picture: Picture, **given: Any) -> Comparison:
    """Return what a picture is compared with, by the journal and what a widget has of itself."""
    found = Comparisons(JournalPictures(client.journal), lambda _: None, **given)
    return found.of([picture])


def _names(comparison: Comparison) -> list[str]:
    """Return what a reader of the comparison sees above each picture."""
    compare = lumen.Compare(*comparison.pictures, names=comparison.names)
    words = repr(compare).removeprefix("Lumen comparison · ").split(" | ")
    compare.close()
    return words


def _same(comparison: Comparison, expected: Sequence[Picture]) -> bool:
    return [one.sha256 for one in comparison.pictures] == [one.sha256 for one in expected]


def _read(journal: Journal, sha256: str) -> Picture:
    """Return a picture as a later session has it: without its task."""
    found = JournalPictures(journal).by_sha256(sha256)
    assert found is not None
    assert found.task is None
    return found


def test_an_edit_stands_after_the_picture_that_it_was_made_of(client: LumenClient) -> None:
    """The page says which of them is which."""
    use(client)
    (fox,) = client.generate("a fox", size=SIZE).wait()
    (owl,) = client.edit("an owl", [fox], size=SIZE).wait()
    comparison = _beside(client, owl)

    assert _same(comparison, [fox, owl])
    assert [name.split()[0] for name in _names(comparison)] == ["Before", "After"]


def test_of_two_that_are_chosen_the_source_stands_before_what_was_made_of_it(
    client: LumenClient,
) -> None:
    """In a gallery, where the newest is first, and is marked first."""
    use(client)
    (fox,) = client.generate("a fox", size=SIZE).wait()
    (cub,) = client.edit("a fox cub", fox).wait()
    found = Comparisons(JournalPictures(client.journal), lambda _: None)

    assert _same(found.of([cub, fox]), [fox, cub])
    assert _same(found.of([fox, cub]), [fox, cub])
    # nobody asks a blind test for an order, and of three none is before all others
    assert _same(found.of([cub, fox, loose(0)]), [cub, fox, loose(0)])


def test_what_the_journal_alone_knows_is_compared_as_well(tmp_path: Path) -> None:
    """An edit of two pictures, one of which is gone; and pictures of one task."""
    journal = use_journal(tmp_path)
    found = Comparisons(JournalPictures(journal), lambda _: None)
    first, second, third = keep(journal, "a fox", 1, count=3)
    (edited,) = keep(journal, "an owl", 2, made_from=(second, "0" * 64), endpoint="edits")

    (before, after) = found.of([_read(journal, edited)]).pictures
    assert [before.sha256, after.sha256] == [second, edited]
    among = found.of([_read(journal, first)])
    assert [one.sha256 for one in among.pictures] == [first, second, third]
    assert among.names == ("[0]", "[1]", "[2]")


def test_a_repaint_stands_between_its_source_and_what_the_service_sent(
    client: LumenClient,
) -> None:
    """The source is a file of the user's, which was kept with the request alone."""
    use(client)
    (made,) = client.inpaint("a moon", PICTURE, MASK, model=REDRAWS).wait()
    assert made.raw.sha256 != made.sha256
    comparison = _beside(client, made)
    source, shown, raw = comparison.pictures

    assert (shown, raw) == (made, made.raw)
    assert np.array_equal(source.to_numpy()[..., :3], PICTURE)
    assert _names(comparison) == ["Before", "Put back", "As it came"]


def test_an_extended_picture_stands_after_what_it_was_before(client: LumenClient) -> None:
    """Where that lies in it, the comparison knows by the same request."""
    use(client)
    (fox,) = client.generate("a fox", size=SIZE).wait()
    (wide,) = client.extend("a forest", fox, left=32).wait()
    comparison = _beside(client, wide)

    assert [one.sha256 for one in comparison.pictures[:2]] == [fox.sha256, wide.sha256]
    assert (wide.width, wide.height) == (96, 64)


def test_a_picture_made_of_nothing_stands_among_those_of_its_task(client: LumenClient) -> None:
    """They are named by their indices, as on a sheet of them."""
    use(client)
    pictures = client.generate("a fox", size=SIZE, n=3).wait()
    comparison = _beside(client, pictures[1])

    assert _same(comparison, pictures)
    assert comparison.names == ("[0]", "[1]", "[2]")


def test_a_picture_that_stands_alone_is_refused_with_what_to_do(client: LumenClient) -> None:
    """It says how two are chosen."""
    use(client)
    (fox,) = client.generate("a fox", size=SIZE).wait()

    for one in (fox, loose(1)):
        with pytest.raises(InvalidRequest, match="Space selects"):
            _beside(client, one)


def test_pictures_that_a_widget_has_itself_are_what_an_edit_is_compared_with(
    client: LumenClient, tmp_path: Path
) -> None:
    """Pixels are in no journal; an address is not asked for, and a file may be gone by now."""
    use(client)
    (owl,) = client.edit("an owl", [PICTURE], size=SIZE).wait()
    held = (PICTURE, "https://example.org/cat.png", tmp_path / "gone.png")
    comparison = _beside(client, owl, given=lambda _: held)

    assert len(comparison.pictures) == 2
    assert np.array_equal(comparison.pictures[0].to_numpy()[..., :3], PICTURE)
    with pytest.raises(InvalidRequest, match="stands alone"):
        _beside(client, owl, given=lambda _: held[1:])


def test_what_stands_before_is_named_so_that_each_page_says_it_in_its_language(
    client: LumenClient,
) -> None:
    """Also several pictures that the widget alone has."""
    use(client)
    (owl,) = client.edit("an owl", [PICTURE, PICTURE // 2], size=SIZE).wait()
    comparison = _beside(client, owl, given=lambda _: (PICTURE, PICTURE // 2))
    compare = lumen.Compare(*comparison.pictures, names=comparison.names)
    items = compare.get_state("_compared")["_compared"]
    compare.close()

    assert comparison.names == ("Before 1", "Before 2", "After")
    told = [(one["relation"], one["name"]) for one in items]
    assert told == [("before", "1"), ("before", "2"), ("after", "")]


def test_several_are_compared_and_more_than_four_are_put_to_a_blind_test(
    client: LumenClient,
) -> None:
    """Up to thirty-two; fewer where that is asked for."""
    found = Comparisons(JournalPictures(client.journal), lambda _: None)
    many = [loose(number) for number in range(33)]

    assert not found.of(many[:4]).blind
    assert found.of(many[:2], blind=True).blind
    assert found.of(many[:5]).blind
    assert found.of(many[:32]).blind
    with pytest.raises(InvalidRequest, match="32 pictures at most"):
        found.of(many)


def test_by_one_action_a_form_shows_a_repaint_after_its_source(client: LumenClient) -> None:
    """The comparison is the form's; asked for once more it stays, and its page closes it."""
    use(client)
    form = PromptForm(client, prompt="a moon", model=REDRAWS, images=[PICTURE], mask=MASK)
    page = FormPage(form)
    form.submit()
    (made,) = until(lambda: form.pictures, "it has come")
    ask = {"kind": "picture_action", "sha256": [made.sha256], "seen": 0, "host": None}
    page.say({**ask, "action": "compare", "request": "1"})
    first = until(lambda: form.compare, "it is open")
    page.say({**ask, "action": "compare", "request": "2"})
    answers = until(lambda: page.of("picture_acted")[1:] and page.of("picture_acted"))
    form.language = "zh"

    assert [one["error"] for one in answers] == ["", ""]
    assert [one.sha256 for one in first.pictures[1:]] == [made.sha256, made.raw.sha256]
    assert (form.compare, first.language, first.static) == (first, "zh", False)
    page.say({"kind": "close_compare"})
    until(lambda: form.compare is None, "it is closed")
    again = form.compare_pictures(made)
    form.close()
    assert (first.comm, again.comm) == (None, None)


def test_a_form_that_sent_pixels_compares_what_came_with_them(client: LumenClient) -> None:
    """They are in no journal: the form has them."""
    use(client)
    form = PromptForm(client, prompt="an owl", size=SIZE, images=[PICTURE])
    form.submit()
    (made,) = until(lambda: form.pictures, "it has come")
    compare = form.compare_pictures(made)
    before, after = compare.pictures
    words = repr(compare)
    form.close()

    assert np.array_equal(before.to_numpy()[..., :3], PICTURE)
    assert after.sha256 == made.sha256
    assert words == "Lumen comparison · Before | After"


def test_a_gallery_opens_a_comparison_of_its_own_and_keeps_what_is_selected(
    client: LumenClient,
) -> None:
    """Neither what is selected nor what is starred changes."""
    use(client)
    pictures = client.generate("a fox", size=SIZE, n=2).wait()
    gallery = Gallery()
    page = Page(gallery)
    assert page.act("compare", *(one.sha256 for one in pictures))["error"] == ""
    compare = gallery.compare

    assert compare is not None
    assert [one.sha256 for one in compare.pictures] == [one.sha256 for one in pictures]
    assert (gallery.selected, list(gallery.starred)) == (None, [])
    page.say({"kind": "close_compare"})
    until(lambda: gallery.compare is None, "it is closed")
    gallery.compare_pictures(pictures)
    gallery.close()
    assert gallery.compare is None


def test_a_gallery_in_a_form_has_the_form_show_what_is_compared(client: LumenClient) -> None:
    """It is the larger place, and the gallery may be closed."""
    use(client)
    pictures = client.generate("a fox", size=SIZE, n=2).wait()
    form = PromptForm(client)
    form.show_gallery()
    gallery = form.gallery
    assert gallery is not None
    assert Page(gallery).act("compare", pictures[0].sha256)["error"] == ""

    assert form.compare is not None
    assert gallery.compare is None
    form.close()


def test_a_blind_test_with_votes_gives_way_to_no_other_comparison() -> None:
    """Its votes would be gone: it says to close it first."""
    pictures = [loose(number) for number in range(6)]
    gallery = Gallery(pictures)
    page = Page(gallery)
    page.act("compare", *(one.sha256 for one in pictures))
    compare = gallery.compare
    assert compare is not None
    compare.set_trait("votes", [{"left": 0, "right": 1, "winner": 0}])
    digests = [hashlib.sha256(one.bytes).hexdigest() for one in pictures[:2]]

    assert page.act("compare", *digests)["next_step"] == "Close it first."
    assert gallery.compare is compare
    gallery.close()
