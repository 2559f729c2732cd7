"""What a form asks of a repaint, in JupyterLab and alone: new ground, detail, and what is kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.sync_api import expect

from tests.browser.access import faults, too_wide
from tests.browser.forms import MASK, PICTURE, SIZE, button, field, open_form, shown_pictures
from tests.browser.plain import PlainPage, picture, plain_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

    from tests.jupyter import Lab

pytestmark = pytest.mark.browser

_FILL = "fal-flux-pro-fill"
# a grey pixel
_THUMBNAIL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81y"
    "tgAAAABJRU5ErkJggg=="
)


def _add(form: Locator, group: str, name: str, data: bytes) -> None:
    """Give a form a file, and wait until its size is known."""
    fields = form.get_by_role("group", name=group)
    fields.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": data}
    )
    expect(fields).to_contain_text(SIZE)


def _middle(handle: Locator) -> tuple[float, float]:
    box = handle.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_picture_is_extended_by_a_handle_and_by_a_number(lab: Lab) -> None:
    """Its result is as large as the form said, and the list says that the old picture is in it."""
    notebook, form = open_form(lab, "more of the sea")
    _add(form, "Reference pictures", "sea.png", PICTURE)
    form.get_by_text("Extend", exact=True).click()
    extend = form.locator(".lumen-extend")
    expect(extend).to_contain_text("gpt-image-2-low cannot extend.")
    button(extend, f"Use {_FILL}").click()
    expect(field(form, "Left")).to_be_focused()
    expect(form.locator(".lumen-form-state")).to_have_text(f"The model is now {_FILL}.")

    handle = form.get_by_role("slider", name="Extend to the right")
    mouse, (x, y) = notebook.page.mouse, _middle(handle)
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 20, y + 5, steps=4)
    mouse.up()
    expect(handle).not_to_have_attribute("aria-valuenow", "0")
    handle.press("Home")
    handle.press("ArrowRight")
    expect(field(form, "Right")).to_have_value("16")
    field(form, "Top").fill("32")
    field(form, "Top").press("Enter")
    expect(extend).to_contain_text("112 \u00d7 96 px")
    expect(form.get_by_role("group", name="Size")).to_contain_text("With “Extend”, the size")
    expect(form.get_by_role("group", name="Mask")).to_contain_text("Not together with “Extend”.")
    panel = notebook.cell_output(1).locator(".lumen-tasks")
    expect(panel.locator(".lumen-task")).to_have_count(0)
    button(form, "Extend").click()
    expect(shown_pictures(notebook)).to_have_count(1)
    said = panel.locator(".lumen-task-pictures")
    expect(said).to_have_text(re.compile("hat was there before"))

    # they are on the page first
    notebook.wait_value(2, "len(form.pictures)", "1")
    assert notebook.ask(2, "form.pictures[0].width, form.pictures[0].height") == "112 96"
    assert notebook.ask(2, "form.left, form.top, form.right, form.bottom") == "0 32 16 0"
    told = said.text_content() or ""
    assert notebook.ask(2, "form.task.notice") == told
    assert notebook.errors == []


def test_more_detail_is_a_box_beside_the_mask_and_survives_a_reload(lab: Lab) -> None:
    """Python sees what is checked, and the page what Python sets, also after a reload."""
    notebook, form = open_form(lab, "a corgi")
    notebook.set_source(2, f"form.model = '{_FILL}'")
    notebook.run_cell(2)
    _add(form, "Reference pictures", "p.png", PICTURE)
    _add(form, "Mask", "m.png", MASK)
    detail = form.get_by_role("checkbox", name="More detail")
    kept = form.get_by_role("checkbox", name="Keep everything else")
    expect(kept).to_be_checked()
    detail.press(" ")
    expect(detail).to_have_accessible_description(re.compile("50 %"))
    expect(kept).to_be_disabled()
    notebook.wait_value(2, "form.crop, form.exact", "0.5 True")
    notebook.set_source(3, "form.crop = 0.25")
    notebook.run_cell(3)
    expect(detail).to_have_accessible_description(re.compile("25 %"))
    button(form, "Repaint").click()
    expect(notebook.cell_output(1).locator(".lumen-task-pictures")).to_contain_text("as it was")
    notebook.save()
    notebook.reload(1, "form.lumen-form")
    form = notebook.cell_output(1).locator("form.lumen-form")

    expect(form.get_by_role("checkbox", name="More detail")).to_be_checked()
    panel = notebook.cell_output(1).locator(".lumen-tasks")
    expect(panel.locator(".lumen-task-pictures")).to_contain_text("as it was")
    assert notebook.ask(2, "form.task.request.endpoint") == "inpaint"


_MODELS = [
    {"code": "gpt-image-2-low", "can": ["edits", "generations"]},
    {"code": _FILL, "can": ["inpaint"]},
]


def _mount(plain: PlainPage, *, masked: bool = False, **traits: Any) -> Locator:
    """Show a form with one picture, of 1024 x 768 pixels, and a mask or none."""
    plain.mount("prompt_form", **{"model": _FILL, "_models": _MODELS, **traits})
    shown = picture("1", width=1024, height=768, thumbnail=_THUMBNAIL)
    plain.deliver(
        {
            "kind": "pictures",
            "sequence": 2,
            "images": [shown],
            "mask": shown | {"key": "2"} if masked else None,
        }
    )
    form = plain.el.locator(".lumen-prompt-form")
    expect(form.locator(".lumen-picture").first).to_be_visible()
    return form


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_form_that_repaints_and_it_fits_any_width(
    browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    """With new ground, with a mask, with errors, where it cannot be, in both languages."""
    error = {"kind": "errors", "sequence": 9, "errors": [{"field": "top", "message": "no " * 40}]}
    with plain_page(browser) as plain:
        plain.page.emulate_media(color_scheme=scheme)
        for language in ("en", "zh"):
            for traits in (
                {"left": 256, "bottom": 4000},
                {"masked": True, "crop": 0.5},
                {"masked": True, "exact": False},
                {"masked": True, "left": 64, "size": "16:9"},
                {"model": "gpt-image-2-low"},
            ):
                form = _mount(plain, language=language, **traits)
                plain.deliver(error)
                expect(form.locator(".lumen-sides")).to_be_visible()
                assert faults(form, ".lumen-prompt-form") == [], traits
                for width in (220, 320, 800, 2000):
                    plain.page.set_viewport_size({"width": width + 100, "height": 1600})
                    plain.el.evaluate("(el, width) => { el.style.width = `${width}px`; }", width)
                    # a long name is cut off, and so is the stage until it is drawn anew
                    assert too_wide(form, ".lumen-picture-name, .lumen-ground") == [], width


def test_a_finger_drags_a_handle_and_does_not_scroll_the_page(browser: Browser) -> None:
    """What it leaves is in whole steps, and no more than the stage shows in one go."""
    with plain_page(browser) as plain:
        form = _mount(plain)
        form.get_by_text("Extend", exact=True).click()
        handle = form.get_by_role("slider", name="Extend at the bottom")
        client = plain.page.context.new_cdp_session(plain.page)
        client.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 1})

        def touch(kind: str, *fingers: tuple[float, float]) -> None:
            points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
            client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        before = plain.page.evaluate("() => scrollY")
        x, y = _middle(handle)
        touch("touchStart", (x, y))
        for step in range(1, 6):
            touch("touchMove", (x, y + 60 * step))
        touch("touchEnd")
        expect(handle).not_to_have_attribute("aria-valuenow", "0")
        value = int(handle.get_attribute("aria-valuenow") or 0)
        stage, moved = form.locator(".lumen-ground").bounding_box(), handle.bounding_box()

        assert value > 0
        assert plain.page.evaluate("() => scrollY") == before
        assert stage is not None
        assert moved is not None
        assert moved["y"] + moved["height"] <= stage["y"] + stage["height"]
        expect(form.get_by_label("Bottom", exact=True)).to_have_value(str(value))


def test_handles_and_numbers_are_reached_and_left_with_tab(browser: Browser) -> None:
    """Each handle and each number is a stop, and Tab goes on behind them."""
    with plain_page(browser) as plain:
        form = _mount(plain, left=64)
        form.locator("summary", has_text="Extend").focus()
        keys = plain.page.keyboard
        stops = ["left", "top", "right", "bottom"]
        for side in stops:
            keys.press("Tab")
            expect(form.locator(f"[role=slider][data-side={side}]")).to_be_focused()
        for label in ("Left", "Top", "Right", "Bottom"):
            keys.press("Tab")
            expect(form.get_by_label(label, exact=True)).to_be_focused()
        keys.press("Tab")
        expect(form.get_by_role("button", name="Do not extend")).to_be_focused()
        keys.press("Enter")
        expect(form.get_by_label("Left", exact=True)).to_be_focused()

        assert "submit" not in " ".join(plain.sent())
