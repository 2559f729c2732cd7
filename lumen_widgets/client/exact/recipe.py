"""What an exact picture is made with, as the journal keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.client.exact.crop import Box
from lumen_widgets.client.exact.wish import Sides
from lumen_widgets.core.recipe import CROP, FIELDS, MASK, SIDES, SOURCE, Recipe

if TYPE_CHECKING:
    from typing import Any

    from lumen_widgets.core.recipe import RecipeFile

# Names of the other details.
_BOX, _ASKED, _REASON = "box", "asked", "reason"
_INKS = "inks"


class Ingredients(NamedTuple):
    """What an exact picture is made with.

    Attributes
    ----------
    source
        The picture that was given, upright; None where it could not be had.
    mask
        What is repainted of it; None where it is extended.
    box
        The part of it that was sent; None for all of it.
    sides
        The new ground on its sides; None for none.
    asked
        Width and height that the model was asked for; None where it was not.
    crop
        The share that was asked for, from which the box follows; None where nothing was cropped,
        or an earlier release has written it.
    reason
        Why there is no exact picture, as a sentence.
    was_inks
        Whether the picture that was given is in CMYK, though `source` is not.

    """

    source: RecipeFile | None = None
    mask: RecipeFile | None = None
    box: Box | None = None
    sides: Sides | None = None
    asked: tuple[int, int] | None = None
    crop: float | None = None
    reason: str = ""
    was_inks: bool = False

    def recipe(self, digest: str | None = None, fields: str | None = None) -> Recipe:
        """Return it as it is kept.

        Parameters
        ----------
        digest
            Of what was asked, where something else is sent.
        fields
            Of the fields that are sent then.

        """
        details: dict[str, Any] = {
            _BOX: self.box and list(self.box),
            SIDES: self.sides and list(self.sides),
            _ASKED: self.asked and list(self.asked),
            CROP: self.crop,
            _REASON: self.reason,
            _INKS: self.was_inks or None,
            FIELDS: fields,
        }
        files = {SOURCE: self.source, MASK: self.mask}
        return Recipe(
            {name: value for name, value in details.items() if value not in (None, "")},
            {name: file for name, file in files.items() if file is not None},
            digest,
        )


def read_recipe(recipe: Recipe) -> Ingredients:
    """Return what a recipe says, which another release may have written.

    Raises
    ------
    ValueError, TypeError
        It is none of this release's.

    """
    box, sides, asked, crop = (recipe.details.get(name) for name in (_BOX, SIDES, _ASKED, CROP))
    return Ingredients(
        recipe.files.get(SOURCE),
        recipe.files.get(MASK),
        None if box is None else Box(*map(int, box)),
        None if sides is None else Sides(*map(int, sides)),
        None if asked is None else (int(asked[0]), int(asked[1])),
        None if crop is None else float(crop),
        str(recipe.details.get(_REASON, "")),
        bool(recipe.details.get(_INKS)),
    )
