"""A blind test in JupyterLab: voted by keys, through a reload, beside a kernel that is asleep."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.access import faults, make_narrow, too_wide

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.jupyter import Lab, NotebookPage

pytestmark = pytest.mark.browser

_BEGIN = """
import numpy, lumen_widgets as lumen
draw = numpy.random.default_rng(1)
pictures = [draw.integers(0, 256, (48, 64 + n, 3), numpy.uint8) for n in range({count})]
names = [f"secret {{n}}" for n in range({count})]
"""
_BLIND = "compare = lumen.Compare(pictures, blind=True, names=names{options}); compare"
# all that an element says of itself, which a person, a script or a screen reader may come to see
_SAID = """(el) => [...el.querySelectorAll("*")].flatMap((one) =>
  [...one.attributes].map((each) => each.value)).concat(el.innerText).join("\\n")"""
_ALTS = """(el) => [...el.querySelectorAll(".lumen-pane")].map((one) =>
  [...one.querySelectorAll("[alt]")].map((each) => each.getAttribute("alt")).find(Boolean)
  ?? one.querySelector("[aria-label]")?.getAttribute("aria-label"))"""


def _blind(notebook: NotebookPage, index: int = 1) -> Locator:
    return notebook.cell_output(index).locator(".lumen-blind")


def _vote(notebook: NotebookPage, keys: str, index: int = 1) -> None:
    """Press keys one after the other, as soon as both pictures of the pair are there."""
    blind = _blind(notebook, index)
    ready = blind.locator(".lumen-blind-votes button[aria-disabled=false]")
    blind.get_by_role("group").focus()
    for key in keys:
        expect(ready).to_have_count(3)
        notebook.page.keyboard.press(key)


def test_a_blind_test_of_eight_pictures_is_voted_by_keys(lab: Lab) -> None:
    """The kernel asleep and a reload in the middle lose no vote, and count none twice."""
    notebook = lab.open([_BEGIN.format(count=8), _BLIND.format(options=""), ""])
    notebook.run_cell(0)
    notebook.run_cell(1)
    blind = _blind(notebook)
    expect(blind).to_contain_text("Pair 1 of 28")
    _vote(notebook, "12=1")
    expect(blind).to_contain_text("Pair 5 of 28")
    notebook.page.keyboard.press("u")
    expect(blind).to_contain_text("Pair 4 of 28")
    _vote(notebook, "22")
    expect(blind).to_contain_text("Pair 6 of 28")
    said = blind.evaluate(_SAID)
    assert "secret" not in said
    sha256 = notebook.ask(2, "*(one.sha256 for one in compare.pictures)").split()
    assert not any(one in said for one in sha256)
    assert blind.evaluate(_ALTS) == ["Left picture", "Right picture"]
    assert faults(blind, ".lumen-blind") == []
    notebook.wait_value(2, "len(compare.votes)", "5")

    with notebook.deaf(2):
        _vote(notebook, "12=12")
        expect(blind).to_contain_text("Pair 11 of 28")
        expect(blind).to_contain_text("votes are kept in this page")
        notebook.page.keyboard.press("Backspace")
        expect(blind).to_contain_text("Pair 10 of 28")
        _vote(notebook, "=")
        notebook.save()
        notebook.page.reload()
    notebook.wait_widget(1, ".lumen-blind")
    expect(blind).to_contain_text("Pair 11 of 28")
    notebook.wait_value(2, "len(compare.votes)", "10")
    notebook.wait_value(2, "[one['winner'] for one in compare.votes][-1]", "None")

    _vote(notebook, "12=112=21")
    expect(blind).to_contain_text("Pair 20 of 28")
    _vote(notebook, "121212121")
    expect(blind).to_contain_text("Every pair has its vote.")
    expect(blind.get_by_role("button", name="Show the ranking")).to_be_focused()
    notebook.page.keyboard.press("Enter")
    expect(blind.locator("tbody tr")).to_have_count(8)
    expect(blind).to_contain_text("Ranking after 28 of 28 votes")
    expect(blind.locator("tbody img:visible")).to_have_count(8)
    first = notebook.ask(2, "names[compare.ranking.places[0].picture]")
    expect(blind.locator("tbody tr").first).to_contain_text(first)
    assert faults(blind, ".lumen-blind") == []
    make_narrow(blind)
    assert too_wide(blind) == []
    assert notebook.errors == []


def test_the_ranking_is_left_in_the_notebook_only_while_it_is_shown(lab: Lab) -> None:
    """As a table that needs no kernel; before the end nothing is there that says which is which."""
    cells = [
        _BEGIN.format(count=3),
        _BLIND.format(options=""),
        _BLIND.format(options=", static=False"),
    ]
    notebook = lab.open(cells)
    for cell in range(3):
        notebook.run_cell(cell)
    blind, output = _blind(notebook), notebook.cell_output(1)
    expect(output).to_contain_text("Lumen blind test · 3 pictures · 0 of 3 votes")
    blind.get_by_role("button", name="Left is better").click()
    expect(output).to_contain_text("1 of 3 votes")
    assert "secret" not in json.dumps(notebook.save()["cells"][1]["outputs"])
    blind.get_by_role("button", name="Show the ranking").click()
    left = output.locator(".lumen-static table")
    expect(left.locator("tbody tr")).to_have_count(3)
    expect(left.locator("img")).to_have_count(3)
    saved = notebook.save()["cells"][1]["outputs"]
    assert [{*one["data"]} for one in saved][1:] == [{"text/html", "text/plain"}]
    assert "secret" in json.dumps(saved)
    blind.get_by_role("button", name="Go on voting").click()
    expect(left).to_have_count(0)
    expect(blind).to_contain_text("Pair 2 of 3")
    expect(blind.get_by_role("group")).to_be_focused()
    assert "secret" not in json.dumps(notebook.save()["cells"][1]["outputs"])

    other = _blind(notebook, 2)
    other.get_by_role("button", name="Show the ranking").click()
    expect(other.locator("tbody tr")).to_have_count(3)
    assert "secret" not in json.dumps(notebook.save()["cells"][2]["outputs"])
    assert notebook.errors == []


def test_a_name_from_right_to_left_stands_beside_its_picture_in_the_ranking(lab: Lab) -> None:
    """In a wide cell it stood at the other end, beside the score."""
    notebook = lab.open([f"{_BEGIN.format(count=2)}names[1] = 'ثعلب'", _BLIND.format(options="")])
    notebook.run_cell(0)
    notebook.run_cell(1)
    _blind(notebook).get_by_role("button", name="Show the ranking").click()
    row = _blind(notebook).locator("tbody tr", has_text="ثعلب")
    name, picture = (row.locator(one).bounding_box() for one in ("bdi", ".lumen-ranking-thumbnail"))
    assert name is not None
    assert picture is not None
    # its box ends where its first letter begins
    assert name["x"] + name["width"] - (picture["x"] + picture["width"]) < 120
    assert notebook.errors == []


def test_two_views_of_a_test_go_on_together_and_say_that_the_kernel_is_gone(lab: Lab) -> None:
    """A pair that one view votes on is passed by in the other."""
    cells = [_BEGIN.format(count=4), _BLIND.format(options=', language="zh"'), "compare"]
    notebook = lab.open(cells)
    for cell in range(3):
        notebook.run_cell(cell)
    first, second = _blind(notebook), _blind(notebook, 2)
    first.get_by_role("button", name="左边更好").click()
    for view in (first, second):
        expect(view).to_contain_text("第 2 对")
    second.get_by_role("button", name="不分高下").click()
    expect(first).to_contain_text("第 3 对")
    notebook.restart_kernel()
    for view in (first, second):
        expect(view).to_contain_text("内核已结束")
        expect(view.get_by_role("button", name="左边更好")).to_be_disabled()
        # a ranking that never comes was promised, and a vote taken back of which nobody heard
        expect(view.get_by_role("button", name="显示排名")).to_be_disabled()
        expect(view.get_by_role("button", name="撤回上一票")).to_be_disabled()
    notebook.page.keyboard.press("Escape")
    first.get_by_role("group").focus()
    for key in "ur":
        notebook.page.keyboard.press(key)
    expect(first).to_contain_text("第 3 对")
    assert notebook.errors == []
