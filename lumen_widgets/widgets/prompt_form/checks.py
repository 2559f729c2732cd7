"""What a form's fields say together: which call they make, and what is wrong with each of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast

from lumen_widgets.client import InvalidRequest
from lumen_widgets.client.exact.wish import Sides, Wish, read_sides, read_wish
from lumen_widgets.core.callback import check_callback
from lumen_widgets.core.fields import Fields
from lumen_widgets.core.models import EDIT, GENERATE, INPAINT, MODELS, Endpoint
from lumen_widgets.core.request import check_fields
from lumen_widgets.core.words import strip_controls
from lumen_widgets.notebook.cell_status import error_words
from lumen_widgets.widgets.mask_painter.widget import painting_of
from lumen_widgets.widgets.prompt_form.messages import FieldError, FormModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from traitlets import HasTraits

# keywords of every call that are no trait of a form: it keeps no secret, and does not reuse
_NO_TRAITS = {"webhook_secret", "reuse"}
_KEYWORDS = tuple(name for name in Fields.__annotations__ if name not in _NO_TRAITS)
# those that may be left out, and that are checked each by itself
_OPTIONAL = tuple(name for name in _KEYWORDS if name not in {"model", "webhook_url", "extra"})
# what a repaint takes beside them
SIDES = Sides._fields
_WISHES = ("exact", "crop", *SIDES)
# the traits of a form that make the call; `images`, `mask` and the sides decide which call it is
FIELDS = ("prompt", *_KEYWORDS, *_WISHES, "images", "mask")
# keyword arguments of every widget that make sense for a form
_ANY_WIDGET = ("layout", "tooltip", "tabbable")

# stands for a field that another check is about: any text that no check refuses
_FINE = "fine"


@dataclass(frozen=True)
class FormValues:
    """What a form holds at one moment.

    Attributes
    ----------
    prompt
        The prompt.
    fields
        The keywords of the call; None where a field is empty.
    extra_text
        The keyword ``extra`` as it was typed.
    exact, crop, sides
        What a repaint wants; all sides 0 is no extension.
    images, mask
        The reference pictures and the mask. Of a painter, the mask is the painting that it shows
        now: it may go on to another one. Where it is one of the pictures that is painted on, it is
        that one alone; and where nothing is painted it is no mask of an extension.
    places
        Where each of `images` is among the form's own.

    """

    prompt: str
    fields: Fields
    extra_text: str
    exact: bool
    crop: float | None
    sides: Sides
    images: tuple[Any, ...]
    mask: Any
    places: tuple[int, ...]

    @property
    def extends(self) -> bool:
        """Whether a picture is to go on beyond its edges, whatever else is in the way of it."""
        return any(self.sides)

    @property
    def wish(self) -> Wish | None:
        """What a repaint wants beside its fields; None for other calls.

        Raises
        ------
        InvalidRequest
            As from `LumenClient.inpaint` and `extend`.

        """
        if self.extends:
            return read_sides(*self.sides)
        return None if self.mask is None else read_wish(self.exact, self.crop)

    @property
    def endpoint(self) -> Endpoint:
        """Which call the form makes: it follows from the pictures, and from what the model can."""
        if self.mask is not None or self.extends:
            return INPAINT
        wanted = EDIT if self.images else GENERATE
        known = MODELS.get(self.fields["model"])
        if known is not None and wanted not in known.can and known.can == {INPAINT}:
            return INPAINT
        return wanted

    def given(self) -> Fields:
        """Return the keywords of the call that are to be sent."""
        # a field of blanks looks empty, and what looks empty is left out
        given = {
            name: value
            for name, value in self.fields.items()
            if name == "model"
            or (value is not None and not (isinstance(value, str) and not value.strip()))
        }
        return cast("Fields", given)


def values_of(form: HasTraits, typed: Mapping[str, Any]) -> FormValues:
    """Return what a form holds.

    Parameters
    ----------
    form
        Its traits hold the values.
    typed
        Newer values of some of its traits, by name.

    """
    held = {name: getattr(form, name) for name in (*FIELDS, "_extra_text")}
    held.update(typed)
    if "_extra_text" in typed:
        # a text that is no JSON is an error of its own: what `extra` holds does not matter then
        held["extra"] = parsed_extra(typed["_extra_text"]) or None
    sides = Sides(*(held[side] for side in SIDES))
    places, mask = _sent_pictures(held["images"], held["mask"], extends=any(sides))
    return FormValues(
        held["prompt"],
        cast("Fields", {name: held[name] for name in _KEYWORDS}),
        held["_extra_text"],
        held["exact"],
        held["crop"],
        sides,
        tuple(held["images"][place] for place in places),
        mask,
        places,
    )


def _sent_pictures(
    images: tuple[Any, ...], mask: Any, *, extends: bool
) -> tuple[tuple[int, ...], Any]:
    """Return the places of those of a form's pictures that are sent, and the mask."""
    every = tuple(range(len(images)))
    if (painting := painting_of(mask)) is None:
        return every, mask
    painted = tuple(place for place in every if images[place] is painting.image)[:1]
    return painted or every, None if extends and not painting.coverage else painting


def errors_in(
    values: FormValues, *, asked: bool = False, secret: str | None = None
) -> dict[str, str]:
    """Return what is wrong with each field, as far as this can be said without reading pictures.

    Parameters
    ----------
    values
        What the form holds.
    asked
        Whether a submit was asked for: only then is it an error that something is missing.
    secret
        The webhook's; None if it is not known now, and then it is not checked.

    """
    given = values.given()
    errors: dict[str, str] = {}

    def check(
        field: str, prompt: str = _FINE, endpoint: Endpoint = GENERATE, **fields: Any
    ) -> None:
        try:
            check_fields(endpoint, prompt, cast("Fields", {"model": _FINE, **fields}))
        except InvalidRequest as error:
            errors[field] = error_words(error)

    if asked or values.prompt.strip():
        check("prompt", prompt=values.prompt)
    if asked or given["model"].strip():
        check("model", endpoint=values.endpoint, model=given["model"])
    for name in _OPTIONAL:
        if name in given:
            check(name, **{name: cast("Mapping[str, Any]", given)[name]})
    check("extra", extra=given.get("extra"))
    if parsed_extra(values.extra_text) is None:
        errors["extra"] = 'This is not a JSON object. Write it as {"field": value}.'
    errors |= _wrong_wish(values, given)
    errors |= _wrong_pictures(values, asked=asked) | _wrong_webhook(given, secret)
    return errors


def refuse_unknown(fields: Iterable[str]) -> None:
    """Say what a misspelt keyword may have meant: ipywidgets would take it in silence.

    Raises
    ------
    TypeError
        A form has no such field.

    """
    known = (*FIELDS, "language", "static", *_ANY_WIDGET)
    for name in fields:
        if name in known:
            continue
        near = get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"It takes {', '.join(known)}."
        if name == "webhook_secret":
            hint = "It is not kept in a form: give it to form.submit(webhook_secret=…)."
        raise TypeError(f"PromptForm() has no field {name!r}. {hint}")


def parsed_extra(text: str) -> dict[str, Any] | None:
    """Return the object that a text of JSON is; nothing at all is an empty one; else None."""
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def as_messages(errors: dict[str, str]) -> list[FieldError]:
    """Return errors as they travel."""
    return [
        FieldError(field=field, message=strip_controls(message))
        for field, message in errors.items()
    ]


def known_models() -> list[FormModel]:
    """Return the models that the client knows, for a form to offer."""
    return [FormModel(code=code, can=sorted(model.can)) for code, model in list(MODELS.items())]


def _wrong_wish(values: FormValues, given: Fields) -> dict[str, str]:
    """Return what is wrong with what a repaint wants; of other calls it is no part."""
    try:
        wish = values.wish
    except InvalidRequest as error:
        return {str(error.field): error_words(error)}
    if wish is None:
        return {}
    if wish.sides is not None and values.mask is not None:
        side = next(name for name, pixels in zip(SIDES, wish.sides, strict=True) if pixels)
        return {
            side: "New ground and a mask cannot go together: both say what is painted. "
            "Remove the mask, or set the sides to 0."
        }
    if given.get("size") is None or (wish.sides is None and wish.crop is None):
        return {}
    name = "crop" if wish.sides is None else "extend"
    return {"size": f"{name} sets the size of what is sent by itself. Leave out size: Auto."}


def _wrong_pictures(values: FormValues, *, asked: bool) -> dict[str, str]:
    if values.endpoint != INPAINT:
        return {}
    errors: dict[str, str] = {}
    if len(values.images) > 1:
        errors["images"] = "A repaint takes one picture. Remove the others."
    if asked and not values.images:
        verb = "extend" if values.extends else "repaint"
        errors["images"] = f"There is no picture to {verb}. Add one."
    if asked and values.mask is None and not values.extends:
        errors["mask"] = "There is no mask. Add one: what is white in it is repainted."
    return errors


def _wrong_webhook(given: Fields, secret: str | None) -> dict[str, str]:
    url = given.get("webhook_url")
    try:
        if secret is None:
            check_callback(url, None if url is None else _FINE)
        else:
            check_callback(url, secret or None)
    except InvalidRequest as error:
        return {error.field or "webhook_url": error_words(error)}
    return {}
