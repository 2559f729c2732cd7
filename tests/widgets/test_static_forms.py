"""What each widget leaves in a saved notebook, for when there is no kernel: HTML and words."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.client import DownloadError, Picture
from lumen_widgets.core.request import Request
from lumen_widgets.widgets import Compare, Gallery, MaskPainter, PromptForm, Studio, TaskPanel
from lumen_widgets.widgets.static_form import MOST_BYTES, StaticForm, without_places
from lumen_widgets.widgets.tasks import charges, host_words
from tests.client.service import png
from tests.staged import StagedTask, use_offline_account
from tests.widgets.quiet_service import QuietService

if TYPE_CHECKING:
    from pathlib import Path

# what such a page may be made of: nothing that runs, and nothing from elsewhere
_TAGS = {"b", "br", "code", "img", "p", "pre", "table", "tbody", "td", "th", "thead", "tr"}
_ATTRIBUTES = {"align", "alt", "dir", "scope", "src", "style", "valign", "width"}
_HOSTILE = (
    "<img src=x onerror=alert(1)> \"' </td></table><script>alert(2)</script> \u202egnp.exe\x1b[2J"
)
_RIGHT_TO_LEFT = "ثعلب أحمر في الثلج"


class _Page(HTMLParser):
    """Notes what HTML is made of."""

    def __init__(self, shown: str) -> None:
        super().__init__()
        self.tags = set[str]()
        self.attributes = set[str]()
        self.images: list[dict[str, str | None]] = []
        self.text = ""
        self.feed(shown)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


def static_form(widget: Any) -> StaticForm:
    """Return what stays of a widget, which is something."""
    form: StaticForm | None = widget.static_form()
    assert form is not None
    return form


def page(widget: Any) -> _Page:
    """Return what a page shows of it, once it was found to be harmless and small enough."""
    form = static_form(widget)
    found = _Page(form.html)
    assert found.tags <= _TAGS
    assert found.attributes <= _ATTRIBUTES
    assert all((image["src"] or "").startswith("data:image/") for image in found.images)
    assert all(image["alt"] for image in found.images), "each says what is on it"
    assert len(form.html.encode()) <= MOST_BYTES
    assert not re.search("[\u202a-\u202e\x00-\x08\x1b]", form.html + form.text)
    return found


def image(found: _Page, at: int = 0) -> PIL.Image.Image:
    """Return a picture of a page."""
    source = found.images[at]["src"] or ""
    return PIL.Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))


def noise(width: int, height: int) -> PIL.Image.Image:
    """Return a picture that no encoder makes small."""
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    return PIL.Image.fromarray(pixels)


def sky(width: int, height: int) -> PIL.Image.Image:
    """Return a picture of few details."""
    return PIL.Image.linear_gradient("L").resize((width, height)).convert("RGB")


def made(index: int = 0, prompt: str = "a cat") -> Picture:
    """Return a picture of a task."""
    return Picture(
        png(size=(400, 300)),
        media_type="image/png",
        width=400,
        height=300,
        sha256="a" * 64,
        index=index,
        count=2,
        prompt=prompt,
    )


def ended(prompt: str = "a cat", number: int = 1) -> StagedTask:
    """Return a task that has succeeded, with two pictures."""
    request = Request("generations", {"prompt": prompt, "model": "gpt-image-2-low", "n": 2})
    task = StagedTask(f"t{number}", request, status="processing")
    task.state.set_pictures([made(0, prompt), made(1, prompt)])
    task.state.finish(None, "succeeded")
    return task


def test_a_painter_leaves_its_mask_over_the_picture_its_share_and_code_that_makes_it_again() -> (
    None
):
    """The code makes the same pixels, where it is run beside the picture."""
    painter = MaskPainter(sky(1000, 600))
    painter.stroke([(100, 100), (300.25, 200.5)], 40)
    painter.ellipse(500, 100, 300, 300)
    painter.rectangle(620.5, 200, 60, 60, mode="subtract")
    painter.stroke([(650, 250)], 9.5, erase=True)
    painter.polygon([(10, 10), (90, 10), (50, 80)])
    painter.invert()
    found = page(painter)

    assert image(found).size == (512, 307)
    assert found.images[0]["alt"] == "Picture; 84.5 % of the picture is painted, in colour"
    assert "1000 x 600 · 84.5 % of the picture painted" in static_form(painter).text
    again: dict[str, Any] = {"picture": sky(1000, 600)}
    exec(static_form(painter).text.partition("as code:\n")[2], again)  # noqa: S102 # it is what a user would run
    assert (again["painter"].array == painter.array).all()
    # at which Markdown would go on with words of its own
    assert "\n\n" not in static_form(painter).html


@pytest.mark.slow
def test_a_mask_of_many_strokes_or_from_a_file_is_a_file_in_the_code() -> None:
    """What nobody would read is short; what is too long even so is not written at all."""
    painter = MaskPainter(noise(640, 480), mask=np.eye(480, 640, dtype=bool))
    for at in range(60):
        painter.stroke(np.random.default_rng(at).random((30, 2)) * 400, 3.3)
    again: dict[str, Any] = {"picture": noise(640, 480)}
    exec(static_form(painter).text.partition("as code:\n")[2], again)  # noqa: S102 # as above
    assert (again["painter"].array == painter.array).all()
    specks = np.random.default_rng(1).random((2000, 2000)) > 0.5
    crowded = MaskPainter(noise(2000, 2000), mask=specks)

    page(painter)
    page(crowded)
    assert "painter.save keeps it in a file" in static_form(crowded).text


def test_a_painter_with_nothing_painted_says_so_and_one_of_few_pixels_can_be_seen() -> None:
    """A picture of 8 x 8 pixels is shown pixel by pixel."""
    painter = MaskPainter(noise(8, 8))
    found = page(painter)
    assert image(found).size == (128, 128)
    assert found.images[0]["alt"] == "Picture; nothing is painted"
    assert "as code" not in found.text
    painter.rectangle(0, 0, 4, 4)
    painter.sides = {"left": 30}

    assert "25 % of the picture is painted" in (page(painter).images[0]["alt"] or "")
    assert "New ground: 30 px on the left." in static_form(painter).text
    assert 'painter.sides = {"left": 30}' in static_form(painter).text


def test_code_names_a_picture_without_its_folder(tmp_path: Path) -> None:
    """A notebook is given to others: a path has the name of its owner, an address may be signed."""
    file = tmp_path / "cat.png"
    noise(30, 20).save(file)
    painter = MaskPainter(file)
    painter.ellipse(0, 0, 9, 9)

    assert 'lumen.MaskPainter("cat.png")' in static_form(painter).text
    assert str(tmp_path) not in static_form(painter).html


def test_a_form_leaves_what_it_asks_for_its_mask_and_its_tasks(service: QuietService) -> None:
    """Prompt and settings as they were typed, the painting, and a row for each task."""
    form = PromptForm(
        service.client(),
        prompt=f"{_RIGHT_TO_LEFT}\nin snow",
        negative_prompt="text",
        model="fal-flux-pro-fill",
        images=[made()],
        webhook_url="https://example.org/hook?secret=1",
        extra={"seed": 7, "token": "sk-live-0123456789abcdef", "at": "https://example.org/a?sig=1"},
        crop=0.5,
    )
    form.paint().ellipse(100, 100, 150, 100)
    assert form.panel is not None
    form.panel.add(ended().task)
    found, words = page(form), static_form(form).text

    prompt = f'dir="auto" [^>]*>{_RIGHT_TO_LEFT}<br>in snow</p>'
    assert re.search(prompt, static_form(form).html)
    for fact in (
        "Call: inpaint",
        "Model: fal-flux-pro-fill",
        "Not in it: text",
        "Cropped: with 0.5 around it",
        "More fields: seed: 7, token: …, at: …",
        "Webhook: yes",
        "a cat · gpt-image-2-low · Succeeded",
    ):
        assert fact in words
    assert "9.8 % of the picture is painted" in words
    assert "hook?" not in words
    assert "sk-live" not in words
    alts = [one["alt"] for one in found.images]
    assert alts[-1] == "Pictures of: a cat"
    form.close()


def test_an_empty_form_and_an_empty_panel_leave_a_line(service: QuietService) -> None:
    """They say that nothing was asked, and that there is no task."""
    form = PromptForm(service.client())

    assert "No prompt yet." in page(form).text
    assert "No tasks." in page(TaskPanel([])).text
    form.close()


@pytest.mark.usefixtures("_offline_account")
def test_a_panel_leaves_a_row_for_each_task_with_its_pictures_in_small() -> None:
    """Whatever a prompt is, it is text; and what has not ended says how it was."""
    running = StagedTask("t1", Request("generations", {"prompt": _HOSTILE, "model": "m"}))
    panel = TaskPanel([running.task, ended(number=2).task])
    found = page(panel)

    assert "Lumen tasks · 2 tasks" in found.text
    assert "Queued, no longer watched" in found.text
    assert "Succeeded" in found.text
    assert [one["alt"] for one in found.images] == ["Pictures of: a cat"]
    assert max(image(found).size) <= 96
    panel.close()


@pytest.mark.usefixtures("_offline_account")
@pytest.mark.parametrize("status", ["queued", "succeeded"])
def test_a_panel_says_of_a_task_that_did_not_fail_that_pictures_are_missing(status: str) -> None:
    """Beside what went wrong, "Succeeded" would say both."""
    staged = StagedTask("t1", Request("generations", {"prompt": "a fox", "model": "m"}))
    staged.state.finish(DownloadError("The picture did not come."), status)
    panel = TaskPanel([staged.task])
    found = page(panel)

    assert "No pictures" in found.text
    assert status.capitalize() not in found.text
    panel.close()


@pytest.mark.usefixtures("_offline_account")
def test_a_panel_of_many_tasks_leaves_the_newest_and_says_how_many_there_are() -> None:
    """However many there are, and however long their prompts, it stays below 150 kB."""
    panel = TaskPanel([ended("<&>" * 1000, number).task for number in range(80)])
    found = page(panel)

    assert 5 < len(found.images) <= 60
    assert f"… and {80 - len(found.images)} more: lumen.history() lists them." in found.text
    panel.close()


def test_a_gallery_and_a_comparison_leave_one_sheet() -> None:
    """With the names in its alt text; also of pictures that no encoder makes small."""
    use_offline_account()
    gallery = Gallery([made(0), made(1)])
    compare = Compare(noise(1500, 1500), noise(1500, 1400), names=["mine", "yours"])

    assert page(gallery).images[0]["alt"] == "[0] Picture 1 of 2, [1] Picture 2 of 2: a cat"
    assert page(compare).images[0]["alt"] == "[0] mine, [1] yours"
    assert image(page(compare)).width >= 256
    gallery.close()
    compare.close()


def test_a_blind_test_leaves_nothing_that_says_which_picture_is_which() -> None:
    """Before its end the pictures are in no notebook."""
    compare = Compare(noise(30, 30), noise(30, 20), blind=True, names=["secret", "other"])

    assert page(compare).images == []
    assert "secret" not in static_form(compare).html
    compare.close()


def test_nothing_stays_of_what_is_not_static(service: QuietService) -> None:
    """Whichever widget; a Studio leaves what its form leaves."""
    use_offline_account()
    studio = Studio(service.client(), static=False)
    picture = noise(20, 20)
    widgets = [
        PromptForm(service.client(), static=False),
        TaskPanel([], static=False),
        MaskPainter(picture, static=False),
        Gallery([made()], static=False),
        Compare(picture, picture, static=False),
        studio.form,
    ]

    assert [one.static_form() for one in widgets if one is not None] == [None] * 6
    studio.static = True
    assert "No prompt yet." in page(studio.form).text
    assert studio.static_form() is None
    studio.close()
    for one in widgets[:-1]:
        one.close()


@given(st.text(max_size=300), st.text(max_size=40))
def test_no_prompt_and_no_field_is_markup(prompt: str, name: str) -> None:
    """Whatever somebody typed, or a file is called."""
    form = PromptForm(QuietService().client(), prompt=prompt, extra={name: True})
    page(form)
    form.prompt = _HOSTILE
    found = page(form)

    assert "<script>alert(2)</script>" in found.text
    form.close()


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("The file /srv/ada/lumen/cat.png is gone.", "The file cat.png is gone."),
        (r"D:\ada\pictures\cat.png is gone", "cat.png is gone"),
        ("~/pictures/cat.png", "cat.png"),
        ("https://a:b@example.org/x.png?sig=1 said no", "example.org said no"),
        ("s3://bucket/key said no", "bucket said no"),
        ("看https://a:b@example.org/x.png?sig=1", "看example.org"),
        ("看https://example.org/猫/x.png，请重试", "看example.org，请重试"),  # noqa: RUF001 -- a Chinese comma
        ("https://example.org/x?a=O'Neil&b=c said no", "example.org said no"),
        ("看https://example.org/猫（1）.png?a=b", "看example.org"),  # noqa: RUF001 -- Chinese brackets
        (
            "无法读取https://example.org/x.png?…的图、s3://bucket/x的图",
            "无法读取example.org的图、bucket的图",
        ),
        (
            "cats and/or dogs, 1/2 of them, 16:9 or 4:3",
            "cats and/or dogs, 1/2 of them, 16:9 or 4:3",
        ),
    ],
)
def test_what_went_wrong_is_said_without_a_path_or_an_address(words: str, left: str) -> None:
    """Of a path the file's name stays, of an address the host."""
    assert without_places(words) == left


@pytest.mark.usefixtures("_offline_account")
def test_a_key_that_was_pasted_into_a_prompt_is_in_nothing_that_stays(
    service: QuietService,
) -> None:
    """Neither in what form and panel leave nor in their own words."""
    # no space stands between two words in Chinese
    prompt = "a fox sk-lumen-0123456789abcdef in snow 密钥sk-lumen-0123456789abcdef"
    form, panel = PromptForm(service.client(), prompt=prompt), TaskPanel([ended(prompt).task])
    words = [*static_form(form), *static_form(panel), repr(form), repr(panel)]
    # which a notebook keeps that nbconvert executes
    words.append(str(panel.get_state()))

    assert all("0123456789" not in one for one in words)
    # out of a form's field it is cut altogether
    assert ["a fox sk-… in snow" in one or "a fox in snow" in one for one in words] == [True] * len(
        words
    )
    form.close()
    panel.close()


@pytest.mark.parametrize(
    ("host", "words", "charged"),
    [
        ("", "sandbox", False),
        ("lesson/owls", "lesson owls", False),
        ("lesson+sandbox/owls", "lesson owls", False),
        ("lumen.example.org", "lumen.example.org", True),
    ],
)
def test_who_charges_is_named_and_only_a_service_charges(
    host: str, words: str, charged: bool
) -> None:
    """As form and panel name it: a lesson's pictures cost nothing, whatever their model costs."""
    assert (host_words(host), charges(host)) == (words, charged)
