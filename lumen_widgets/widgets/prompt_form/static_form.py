"""What stays of a form: what it asks for, and the tasks that came of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lumen_widgets.core.models import EDIT, INPAINT
from lumen_widgets.core.words import format_count
from lumen_widgets.notebook.cell_status import MASK_ALT, share_words
from lumen_widgets.widgets.mask_painter.static_form import add_painting
from lumen_widgets.widgets.mask_painter.widget import painting_of
from lumen_widgets.widgets.static_form import StaticParts, short, without_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumen_widgets.widgets.prompt_form.checks import FormValues
    from lumen_widgets.widgets.prompt_form.messages import FormPicture

# small pictures of what is sent along: a form takes more, which the count says
_MOST_PICTURES = 8
# characters of a further field's name, and of a text in it: a longer one is no setting
_EXTRA, _WORD = 60, 16
_NAMES = {
    "model": "Model",
    "n": "Pictures",
    "size": "Size",
    "resolution": "Resolution",
    "quality": "Quality",
    "negative_prompt": "Not in it",
}


def asked_parts(
    account: str,
    values: FormValues,
    pictures: Sequence[FormPicture],
    mask: FormPicture | None,
) -> StaticParts:
    """Return the parts that say what a form asks for.

    Parameters
    ----------
    account
        Whose credits it spends.
    values
        What it holds.
    pictures, mask
        The same as pages show them.

    """
    parts = StaticParts()
    parts.add_line("Lumen form", account)
    if values.prompt.strip():
        parts.add_prompt(values.prompt)
    else:
        parts.add_words("No prompt yet.")
    parts.add_facts(_facts(values, mask))
    painting = painting_of(values.mask)
    images = [(one["thumbnail"], one["name"]) for one in pictures[:_MOST_PICTURES]]
    if painting is None or len(images) > 1:
        parts.add_pictures([(data, name) for data, name in images if data])
    if painting is not None:
        add_painting(parts, painting)
    elif mask is not None and mask["thumbnail"]:
        parts.add_pictures([(mask["thumbnail"], MASK_ALT)])
    return parts


def _facts(values: FormValues, mask: FormPicture | None) -> list[tuple[str, str]]:
    calls = {EDIT: "edit", INPAINT: "extend" if values.extends else "inpaint"}
    given: dict[str, Any] = {**values.given()}
    facts = [("Call", calls.get(values.endpoint, "generate"))]
    facts += [(name, str(given[field])) for field, name in _NAMES.items() if field in given]
    if values.images:
        facts.append(("Pictures sent", format_count(len(values.images), "picture")))
    if mask is not None and mask["coverage"]:
        facts.append(("Repaints", share_words(mask["coverage"])))
    if values.mask is not None and not values.extends:
        facts.append(("Put back exactly", "yes" if values.exact else "no"))
        facts.append(("Cropped", "" if values.crop is None else f"with {values.crop:g} around it"))
    sides = {name: pixels for name, pixels in values.sides._asdict().items() if pixels}
    facts.append(("New ground", ", ".join(f"{one} px {side}" for side, one in sides.items())))
    facts.append(("More fields", _extra_words(given.get("extra"))))
    # its address may be known to nobody else
    facts.append(("Webhook", "yes" if "webhook_url" in given else ""))
    return facts


def _extra_words(extra: object) -> str:
    """Return further fields, with the values that are settings: a text may be a key."""
    if not isinstance(extra, dict):
        return ""
    return ", ".join(f"{short(str(name), _EXTRA)}: {_value(one)}" for name, one in extra.items())


def _value(value: object) -> str:
    is_setting = value is None or isinstance(value, bool | int | float)
    if isinstance(value, str):
        return value if len(value) <= _WORD and without_places(value) == value else "…"
    return short(json.dumps(value), _EXTRA) if is_setting else "…"
