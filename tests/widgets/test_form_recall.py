"""What a form does with the pictures that it made: the strip, settings that come back, presets."""

from __future__ import annotations

import hashlib
import io
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lumen_widgets.client import InvalidRequest, LumenClient, Picture
from lumen_widgets.core.pictures.provenance.record import Provenance
from lumen_widgets.notebook.account import use
from lumen_widgets.notebook.presets import Presets
from lumen_widgets.widgets import Gallery, MaskPainter, PromptForm
from tests.client_files.samples import encoded, gradient
from tests.client_files.test_provenance import with_png_chunk
from tests.conditions import until
from tests.widgets.comms import PageComm
from tests.widgets.forms import MASK, PICTURE, FormPage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandboxes import SandboxServer

SIZE = "64x64"


def made(form: PromptForm) -> Picture:
    """Submit what a form holds, and return its first picture."""
    submission = form.submit()
    return until(lambda: submission.task, "there is a task").wait()[0]


def strip(page: FormPage, count: int) -> list[dict[str, Any]]:
    """Wait until a page shows so many pictures, and return them."""

    def shown() -> list[dict[str, Any]] | None:
        results = page.of("results")
        pictures: list[dict[str, Any]] = results[-1]["pictures"] if results else []
        return pictures if len(pictures) == count else None

    return until(shown, f"{count} pictures are shown")


def recall(page: FormPage, state: str) -> dict[str, Any]:
    """Wait until a page shows that settings are offered, came back or were taken back."""
    return until(
        lambda: next((one for one in page.of("recall")[-1:] if one["state"] == state), None),
        f"recall is {state!r}",
    )


@pytest.fixture
def form(client: LumenClient) -> PromptForm:
    """Return a form whose pictures are small."""
    return PromptForm(client, prompt="a red fox", size=SIZE)


def later(client: LumenClient, sandbox: SandboxServer) -> LumenClient:
    """Return the client of a later kernel, which has nothing but the journal."""
    assert client.journal is not None
    return LumenClient(sandbox.api_key, sandbox.url, journal=client.journal.home)


def test_the_strip_has_every_picture_newest_first_and_a_page_that_is_reloaded_too(
    form: PromptForm, sandbox: SandboxServer
) -> None:
    """Two submits, three pictures, those of a task in their order; one that failed has none."""
    page = FormPage(form)
    form.n = 2
    first = made(form)
    strip(page, 2)
    form.n, form.prompt = None, "an owl"
    second = made(form)
    strip(page, 3)
    sandbox.set(fail_rate=1.0)
    try:
        failed = form.submit()
        until(lambda: failed.task is not None and failed.task.done, "it failed")
    finally:
        sandbox.set(fail_rate=0)
    again = FormPage(form)
    again.hello()
    pictures = strip(again, 3)

    assert [one["sha256"] for one in pictures[:2]] == [second.sha256, first.sha256]
    assert [one["count"] for one in pictures] == [1, 2, 2]
    assert [one["name"] for one in pictures] == ["an owl", "[0] a red fox", "[1] a red fox"]


@pytest.mark.parametrize("given", [None, 0, "cat.png", b"cat", [], ["cat.png"], {}, np.array(1)])
def test_what_is_no_picture_is_refused_in_words(form: PromptForm, given: Any) -> None:
    """A path, bytes, an index or a list, in place of one of the pictures that were made."""
    gallery = Gallery([])
    calls = (form.use, form.recall, form.offer, form.again, form.compare_pictures)
    for call in (*calls, gallery.compare_pictures):
        with pytest.raises(InvalidRequest, match="picture"):
            call(given)
    gallery.close()


def test_settings_come_back_and_can_be_undone_and_brought_back_again(form: PromptForm) -> None:
    """The names of what changed are returned; nothing that was typed meanwhile is lost."""
    form.extra = {"seed": 7}
    fox = made(form)
    form.prompt, form.size, form.n, form.extra = "an owl", None, 2, None
    changed = form.recall(fox)
    after = (form.prompt, form.size, form.n, form.extra)
    undone = form.undo()
    before = (form.prompt, form.size, form.n, form.extra)
    form.undo()

    assert changed == undone == ("prompt", "n", "size", "extra")
    assert after == ("a red fox", SIZE, None, {"seed": 7})
    assert before == ("an owl", None, 2, None)
    assert form.prompt == "a red fox"


def test_only_the_fields_that_were_named_come_back(form: PromptForm) -> None:
    """An unknown field is refused in words."""
    fox = made(form)
    form.prompt, form.size = "an owl", None

    assert form.recall(fox, ["size"]) == ("size",)
    assert form.prompt == "an owl"
    with pytest.raises(InvalidRequest, match="webhook_url"):
        form.recall(fox, ["webhook_url"])


def test_what_a_page_chooses_that_no_form_has_is_passed_over(form: PromptForm) -> None:
    """A page of another release may know more fields; the others come back."""
    page = FormPage(form)
    fox = made(form)
    form.prompt = "an owl"
    form.offer(fox)
    page.say({"kind": "choose", "fields": ["style", ["prompt"], "prompt"]})
    recall(page, "done")

    assert form.prompt == "a red fox"


def test_a_page_is_answered_also_where_an_observer_of_the_users_fails(
    form: PromptForm, caplog: pytest.LogCaptureFixture
) -> None:
    """What the observer raised is logged; a page without an answer would send nothing any more."""
    page = FormPage(form)
    fox = made(form)
    form.prompt = "an owl"
    form.offer(fox)
    recall(page, "offered")

    def fail(_: object) -> None:
        raise RuntimeError("mine")

    form.observe(fail, "prompt")
    page.say({"kind": "choose", "fields": ["prompt"]})
    recall(page, "")
    form.unobserve(fail, "prompt")

    assert form.prompt == "a red fox"
    assert "mine" in caplog.text


def test_without_anything_to_undo_nothing_changes(form: PromptForm) -> None:
    """Undo is no error, and a page that asked for it is answered: until then it sends nothing."""
    page = FormPage(form)
    page.say({"kind": "undo", "forget": False})
    recall(page, "")

    assert form.undo() == ()
    assert form.prompt == "a red fox"


def test_what_would_change_is_said_first_and_the_user_chooses(form: PromptForm) -> None:
    """The page shows both values of each field; nothing changes until the choice is made."""
    page = FormPage(form)
    fox = made(form)
    strip(page, 1)
    form.prompt, form.size = "an owl", None
    action = {"kind": "picture_action", "action": "recall", "sha256": [fox.sha256], "seen": 0}
    page.say({**action, "request": "1"})
    offered = recall(page, "offered")
    assert form.prompt == "an owl"
    page.say({"kind": "choose", "fields": ["prompt"]})
    done = recall(page, "done")
    held = (form.prompt, form.size)
    page.say({"kind": "undo", "forget": False})
    recall(page, "undone")

    assert offered["changes"] == [
        {"field": "prompt", "now": "an owl", "back": "a red fox"},
        {"field": "size", "now": "", "back": SIZE},
    ]
    assert done["fields"] == ["prompt"]
    assert held == ("a red fox", None)
    assert form.prompt == "an owl"


def test_an_offer_that_is_declined_changes_nothing(form: PromptForm) -> None:
    """And there is nothing to undo."""
    page = FormPage(form)
    fox = made(form)
    form.prompt = "an owl"
    form.offer(fox)
    recall(page, "offered")
    page.say({"kind": "choose", "fields": None})
    recall(page, "")

    assert form.prompt == "an owl"
    assert form.undo() == ()


def test_a_later_kernel_brings_back_what_a_picture_of_ours_was_made_from(
    form: PromptForm, client: LumenClient, sandbox: SandboxServer
) -> None:
    """An edit's references are found by their digests; one that is not ours is said."""
    fox = made(form)
    form.prompt, form.images = "the same in ink", (fox, PICTURE)
    ink = made(form)
    other = PromptForm(later(client, sandbox))
    page = FormPage(other)
    changed = other.recall(Picture(ink.bytes, **facts(ink)))

    assert changed == ("prompt", "size", "images")
    assert [one.sha256 for one in other.images] == [fox.sha256]
    (lost,) = recall(page, "done")["lost"]
    assert "1 reference picture does not come back" in lost


def test_a_repaint_comes_back_with_its_picture_its_mask_and_its_crop(
    client: LumenClient, sandbox: SandboxServer
) -> None:
    """Also in a later kernel: the journal keeps what a repaint is put back into."""
    form = PromptForm(
        client, prompt="a hat", model="fal-flux-pro-fill", images=PICTURE, mask=MASK, crop=0.25
    )
    hat = made(form)
    other = PromptForm(later(client, sandbox))
    changed = other.recall(Picture(hat.bytes, **facts(hat)))

    assert set(changed) == {"prompt", "model", "images", "mask", "crop"}
    assert (other.crop, other.size) == (0.25, None)
    assert_repaints_the_same(other)
    assert made(other).width == PICTURE.shape[1]


def assert_repaints_the_same(form: PromptForm) -> None:
    """Check that a form has the picture and the mask of these tests, as files."""
    import PIL.Image

    pixels = np.asarray(PIL.Image.open(io.BytesIO(form.images[0])).convert("RGB"))
    mask = np.asarray(PIL.Image.open(io.BytesIO(form.mask)).convert("L"))
    assert np.array_equal(pixels, PICTURE)
    assert np.array_equal(mask >= 128, MASK)


def test_a_mask_that_was_painted_on_since_comes_back_as_it_was_sent(client: LumenClient) -> None:
    """The painter goes on; the picture was made with what it had then."""
    painter = MaskPainter(PICTURE)
    painter.rectangle(8, 8, 8, 8)
    form = PromptForm(
        client, prompt="a hat", model="fal-flux-pro-fill", images=PICTURE, mask=painter
    )
    hat = made(form)
    painter.select_all() if hasattr(painter, "select_all") else painter.rectangle(0, 0, 48, 32)
    until(lambda: form.recall(hat, ["mask"]) == ("mask",), "the strip has it")

    assert isinstance(form.mask, bytes)


def test_an_extension_comes_back_with_its_sides(
    client: LumenClient, sandbox: SandboxServer
) -> None:
    """Not with the mask and the size that were sent for it."""
    form = PromptForm(client, prompt="a beach", model="fal-flux-pro-fill", images=PICTURE, left=64)
    beach = made(form)
    other = PromptForm(later(client, sandbox))
    other.recall(Picture(beach.bytes, **facts(beach)))

    assert (other.left, other.mask, other.size) == (64, None, None)
    assert len(other.images) == 1


def facts(picture: Picture) -> dict[str, Any]:
    """Return what a picture is made with again, without its task."""
    names = ("media_type", "width", "height", "sha256")
    return {name: getattr(picture, name) for name in names}


def test_the_same_again_is_sent_once_under_its_id_and_the_form_stays_as_it_is(
    form: PromptForm,
) -> None:
    """The strip then has both pictures."""
    page = FormPage(form)
    fox = made(form)
    strip(page, 1)
    form.prompt = "an owl"
    action = {
        "kind": "picture_action",
        "action": "again",
        "sha256": [fox.sha256],
        "seen": 0,
        "host": form.host,
    }
    page.say({**action, "request": "1"})
    page.say({**action, "request": "1"})
    strip(page, 2)

    assert form.task is not None
    assert form.task.request.body["prompt"] == "a red fox"
    assert form.prompt == "an owl"
    assert form.task.correlation_id == "1"


def test_the_same_again_of_a_picture_that_is_only_in_the_journal(
    form: PromptForm, client: LumenClient, sandbox: SandboxServer
) -> None:
    """A later kernel asks for it once more, as a gallery does."""
    fox = made(form)
    other = PromptForm(later(client, sandbox), prompt="an owl")
    submission = other.again(Picture(fox.bytes, **facts(fox)))
    task = until(lambda: submission.task, "it was taken")

    assert task.request.body == {"model": "gpt-image-2-low", "prompt": "a red fox", "size": SIZE}


def test_the_same_again_never_leaves_out_a_picture_that_was_named_in_extra(
    client: LumenClient, sandbox: SandboxServer
) -> None:
    """The journal does not keep it: a later kernel pays for nothing else in its place."""
    extra = {"image_urls": ["data:image/png;base64,AAAA"]}
    fox = made(PromptForm(client, prompt="a red fox", size=SIZE, extra=extra))
    other = PromptForm(later(client, sandbox))
    picture = Picture(fox.bytes, **facts(fox))
    submission = other.again(picture)
    error = until(lambda: submission.error or submission.task, "it is over")
    other.recall(picture)

    assert isinstance(error, InvalidRequest)
    assert other.extra is None


def test_the_same_again_leaves_out_a_webhook_also_where_the_form_cannot_hold_the_request(
    client: LumenClient, sandbox: SandboxServer
) -> None:
    """Its secret is in no journal: a later kernel would be refused, and this one call the hook."""
    form = PromptForm(client, prompt="a hat", images=PICTURE, webhook_url="https://example.org/")
    first = form.submit(webhook_secret="s3cret")  # noqa: S106 # a test's own
    hat = until(lambda: first.task, "there is a task").wait()[0]
    other = PromptForm(later(client, sandbox))
    again = other.again(Picture(hat.bytes, **facts(hat)))
    until(lambda: again.task or again.error, "it is over")

    assert again.error is None
    assert again.task is not None
    assert again.task.request.endpoint == "edits"
    assert "webhook_url" not in again.task.request.body


def test_all_that_comes_back_is_there_though_what_was_painted_goes_with_its_picture(
    form: PromptForm,
) -> None:
    """Without its picture, a mask takes back the model that was chosen for it; undo has both."""
    fox = made(form)
    form.size = None
    form.use(fox)
    form.paint().rectangle(8, 8, 16, 16)
    hat = made(form)
    form.painter.close()
    form.set_trait("mask", None)
    form.images, form.model = (PICTURE,), "gpt-image-2-low"
    form.paint().rectangle(4, 4, 8, 8)
    painter = form.mask
    chosen = form.model
    changed = form.recall(hat)
    held = form.model, form.images, form.mask
    undone = form.undo()

    assert held[0] == chosen == hat.task.request.body["model"]
    assert [one.sha256 for one in held[1]] == [fox.sha256]
    assert isinstance(held[2], bytes)
    assert changed == undone
    assert form.images == (PICTURE,)
    assert form.mask is painter
    assert form.model == chosen


def test_a_picture_gives_the_call_that_made_it_as_code(
    form: PromptForm, client: LumenClient, sandbox: SandboxServer
) -> None:
    """In this kernel and, from the journal, in a later one."""
    fox = made(form)
    other = PromptForm(later(client, sandbox))
    for one in (form, other):
        page = FormPage(one)
        action = {"kind": "picture_action", "action": "code", "sha256": [fox.sha256], "seen": 0}
        page.say({**action, "request": "1"})
        (answer,) = until(partial(page.of, "picture_acted"), "it is answered")

        assert answer["error"] == ""
        assert "a red fox" in answer["python"]
        assert answer["curl"].count(f"{sandbox.url}/") == 1


def test_a_picture_of_the_strip_is_painted_on_and_extended_in_the_form(form: PromptForm) -> None:
    """As *Paint* beside a reference picture does, and the sides of an extension."""
    page = FormPage(form)
    fox = made(form)
    ask = {"kind": "picture_action", "sha256": [fox.sha256], "seen": 0}
    page.say({**ask, "action": "paint", "request": "1"})
    until(lambda: page.of("picture_acted"), "it is answered")
    painter = form.painter
    page.say({**ask, "action": "extend", "request": "2"})
    answers = until(lambda: page.of("picture_acted")[1:] and page.of("picture_acted"))

    assert [one["error"] for one in answers] == ["", ""]
    assert painter is not None
    assert [one.sha256 for one in form.images] == [fox.sha256]
    assert page.of("show_extend")


def test_what_was_painted_is_there_again_after_settings_came_back_and_were_undone(
    form: PromptForm,
) -> None:
    """The painter is the form's mask, and none of it is lost."""
    fox = made(form)
    form.model = "fal-flux-pro-fill"
    form.paint(fox).rectangle(8, 8, 16, 16)
    painter = form.mask
    form.recall(fox)
    assert (form.mask, form.images) == (None, ())
    form.undo()

    assert form.mask is painter
    assert painter.coverage > 0
    assert [one.sha256 for one in form.images] == [fox.sha256]
    assert form.model == "fal-flux-pro-fill"


def test_the_gallery_in_a_form_acts_in_this_form(client: LumenClient) -> None:
    """Also while another form was used since; it is closed with the form."""
    use(client)
    form, other = PromptForm(client, prompt="a red fox", size=SIZE), PromptForm(client)
    page = FormPage(form)
    fox = made(form)
    page.say({"kind": "gallery", "opened": True})
    gallery = until(lambda: form.gallery, "it is open")
    other.use(fox)
    looking = PageComm(gallery)
    looking.say(
        {
            "kind": "picture_action",
            "request": "1",
            "action": "reference",
            "sha256": [fox.sha256],
            "seen": 0,
        }
    )
    until(lambda: form.images, "it was used")
    page.say({"kind": "gallery", "opened": False})
    until(lambda: form.gallery is None, "it is closed")
    form.show_gallery()
    again = form.gallery
    form.close()

    assert [one.sha256 for one in form.images] == [fox.sha256]
    assert again is not None
    assert again.comm is None


def test_of_a_picture_from_elsewhere_nothing_is_known(form: PromptForm) -> None:
    """It can be a reference, and is refused in words for all else."""
    data = b"no picture of ours"
    stranger = Picture(data, media_type="image/png", width=1, height=1, sha256="0" * 64)
    form.use(stranger)
    form.use(stranger)

    assert form.images == (stranger,)
    for ask in (form.recall, form.again, form.offer):
        with pytest.raises(InvalidRequest, match="how this picture was made"):
            ask(stranger)


def test_a_file_of_ours_that_is_dropped_offers_its_settings(form: PromptForm) -> None:
    """It becomes a reference as any file does; its settings come back on request."""
    page = FormPage(form)
    fox = made(form)
    form.prompt = "an owl"
    for name, data in (("fox.png", fox.bytes), ("other.png", fox.bytes + b" ")):
        chunk = {"kind": "chunk", "upload": name, "place": "images", "name": name, "start": 0}
        page.say({**chunk, "size": len(data)}, data)

    def looked_at() -> list[str] | None:
        images = page.hello()["images"]
        known = [one["ours"] for one in images if one["width"]]
        return known if len(known) == 2 else None

    ours = until(looked_at, "both were looked at")
    page.say({"kind": "offer", "sha256": ours[0]})
    recall(page, "offered")
    page.say({"kind": "choose", "fields": ["prompt", "images"]})
    recall(page, "done")

    assert ours == [fox.sha256, ""]
    assert form.prompt == "a red fox"
    assert form.images == ()


def dropped(page: FormPage, files: dict[str, bytes]) -> list[str]:
    """Drop files on a form, and return by which digests it offers their settings."""
    for name, data in files.items():
        chunk = {"kind": "chunk", "upload": name, "place": "images", "name": name, "start": 0}
        page.say({**chunk, "size": len(data)}, data)

    def looked_at() -> list[str] | None:
        known = [one["ours"] for one in page.hello()["images"] if one["width"]]
        return known if len(known) == len(files) else None

    return until(looked_at, "all were looked at")


def test_a_file_that_says_how_it_was_made_offers_its_settings(
    form: PromptForm, tmp_path: Path
) -> None:
    """Ours of any machine, and A1111's: what a call takes, and no picture that it only names."""
    page = FormPage(form)
    fox = made(form)
    data = encoded(gradient())
    stranger = Picture(
        data,
        media_type="image/png",
        width=40,
        height=24,
        sha256=hashlib.sha256(data).hexdigest(),
        provenance=Provenance("edit", {"prompt": "a whale"}, parents=(fox.sha256,), task_id="1"),
    )
    theirs = b"parameters\0a castle\nNegative prompt: fog\nSteps: 9, Size: 512x768, Model: dreams"
    files = {
        "fox.png": fox.save(tmp_path / "fox.png", provenance=True).read_bytes(),
        "whale.png": stranger.save(tmp_path / "whale.png", provenance=True).read_bytes(),
        "castle.png": with_png_chunk(b"tEXt", theirs),
    }
    offers = []
    for digest in dropped(page, files):
        page.say({"kind": "offer", "sha256": digest})
        offers.append(recall(page, "offered"))
        page.say({"kind": "choose", "fields": None})
        recall(page, "")
    changes = [{one["field"]: one["back"] for one in offer["changes"]} for offer in offers]

    assert [offer["name"] for offer in offers] == list(files)
    assert changes[1]["prompt"] == "a whale"
    assert "images" not in changes[1]
    assert offers[1]["lost"][-1] == "What it was made from is not in its file: add that again."
    assert changes[2]["prompt"] == "a castle"
    assert (changes[2]["negative_prompt"], changes[2]["size"]) == ("fog", "512x768")
    assert offers[2]["lost"][0] == "Its model is another program's: dreams."
    assert form.prompt == "a red fox"


def test_a_preset_keeps_settings_by_name_and_nothing_secret(
    form: PromptForm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a file in LUMEN_HOME, which any form can bring back, and undo."""
    monkeypatch.setenv("LUMEN_HOME", str(tmp_path / "home"))
    page = FormPage(form)
    form.set_trait("images", PICTURE)
    form.webhook_url = "https://example.org/?token=s3cret"
    form.extra = {"seed": 7, "webhook_secret": "s3cret", "image": "s3cret"}
    page.say({"kind": "preset", "action": "save", "name": " Fox \n one "})
    until(lambda: page.of("presets") and page.of("presets")[-1]["names"] == ["Fox one"])
    kept = (tmp_path / "home" / "presets.json").read_text()
    form.prompt, form.size = "an owl", None
    page.say({"kind": "preset", "action": "apply", "name": "Fox one"})
    done = recall(page, "done")
    prompt = form.prompt
    form.undo()
    page.say({"kind": "preset", "action": "delete", "name": "Fox one"})
    until(lambda: page.of("presets")[-1]["names"] == [])

    assert "s3cret" not in kept
    assert json.loads(kept)["presets"]["Fox one"]["extra"] == {"seed": 7}
    assert (done["name"], prompt, form.prompt) == ("Fox one", "a red fox", "an owl")


def test_presets_that_would_not_be_read_any_more_are_refused_and_none_is_lost(
    tmp_path: Path,
) -> None:
    """Long prompts add up; a file longer than any of ours is put aside like a damaged one."""
    presets = Presets(tmp_path)
    presets.save("short", {"prompt": "a fox"})
    with pytest.raises(InvalidRequest, match="4 MiB"):
        presets.save("long", {"prompt": "x" * 5_000_000})
    kept = list(presets.read())
    (tmp_path / "presets.json").write_text(
        json.dumps({"presets": {"old": {"prompt": "x" * 5_000_000}}})
    )
    presets.save("new", {"prompt": "an owl"})

    assert kept == ["short"]
    assert list(presets.read()) == ["new"]
    assert '"old"' in (tmp_path / "presets.damaged.json").read_text()


def test_a_preset_of_half_a_character_is_kept_as_it_is(tmp_path: Path) -> None:
    """JSON has an escape for it, and a file in UTF-8 has none."""
    presets = Presets(tmp_path)
    presets.save("half", {"prompt": "a fox \ud83e"})

    assert presets.read() == {"half": {"prompt": "a fox \ud83e"}}


def test_a_preset_of_which_nothing_can_be_taken_says_why(
    form: PromptForm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another release, or a hand, may have written it: a press of *Use* is never without answer."""
    monkeypatch.setenv("LUMEN_HOME", str(tmp_path))
    Presets(tmp_path).save("odd", {"n": "many", "style": 3})
    page = FormPage(form)
    page.say({"kind": "preset", "action": "apply", "name": "odd"})
    told = recall(page, "offered")

    assert told["name"] == "odd"
    assert told["changes"] == []
    assert [one.partition(":")[0] for one in told["lost"]] == ["n"]


def test_a_damaged_file_of_presets_is_none_and_is_not_lost(tmp_path: Path) -> None:
    """Whoever wrote it may want it back; a name that is nothing is refused."""
    path = tmp_path / "presets.json"
    path.write_text("{ not JSON")
    presets = Presets(tmp_path)
    assert presets.read() == {}
    presets.save("a", {"prompt": "a fox"})

    assert presets.read() == {"a": {"prompt": "a fox"}}
    assert [one.read_text() for one in tmp_path.glob("*.damaged.json")] == ["{ not JSON"]
    with pytest.raises(InvalidRequest, match="name"):
        presets.save(" \n", {})
