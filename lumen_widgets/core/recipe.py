"""What another picture is made of: said and kept with the request, so that any process makes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

# The names of the picture and the mask that were given, among the files of a recipe.
SOURCE, MASK = "source", "mask"

# Among its details, what the caller wanted that no field of the request says: new ground on the
# left, at the top, on the right and at the bottom, in pixels; and how much around a mask was sent.
SIDES, CROP = "sides", "crop"
# And a digest of the fields that it was sent with.
FIELDS = "fields"


class RecipeFile(Protocol):
    """A picture's file that a recipe needs, in memory or on the disk."""

    @property
    def sha256(self) -> str:
        """Hex digest of its bytes."""

    @property
    def media_type(self) -> str:
        """``image/png``, ``image/jpeg`` or ``image/webp``."""

    @property
    def data(self) -> bytes:
        """All of it; raises OSError where it is gone or was changed."""


@dataclass(frozen=True)
class Recipe:
    """What makes another picture of each that comes of a request.

    Attributes
    ----------
    details
        JSON: what is done, as the option that does it wrote it.
    files
        What it is done with, by their names.
    digest
        Of what the caller asked for, where something else is sent: see `Call.digest`. The details
        have the `FIELDS` that this is true of.

    """

    # What was given is private: a recipe that is logged by accident does not carry it.
    details: Mapping[str, Any] = field(repr=False)
    files: Mapping[str, RecipeFile] = field(default_factory=dict, repr=False)
    digest: str | None = None
