"""The kinds of field that a form has: what may be assigned to each, from Python or a browser."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import traitlets

from lumen_widgets.client import InvalidRequest
from lumen_widgets.client.exact.wish import Sides, read_wish, whole_sides
from lumen_widgets.core.models import GENERATE
from lumen_widgets.core.request import as_sent, check_fields
from lumen_widgets.core.sizes import check_size
from lumen_widgets.core.words import whole_number
from lumen_widgets.notebook.cell_status import error_words

if TYPE_CHECKING:
    from traitlets import HasTraits

# a number beyond this is no slip for 1 to 4, and may be one that JSON cannot carry
_LARGEST = 1_000_000


class Text(traitlets.TraitType[Any, Any]):
    """A field of text; one that may be left out takes None, and an empty text is None.

    Text of the right type is kept even if the service would not take it: the form says so beside
    the field.
    """

    def __init__(self, default: str | None = None) -> None:
        super().__init__(default_value=default, allow_none=default is None)

    def validate(self, obj: HasTraits, value: Any) -> str | None:  # noqa: ARG002 # traitlets passes it
        """Return the text, or raise `TraitError` for what is none."""
        if not isinstance(value, str):
            raise traitlets.TraitError(
                f"{self.name} is a {type(value).__name__}, not text. Give it a string."
            )
        try:
            value.encode()
        except UnicodeEncodeError:
            raise traitlets.TraitError(
                f"{self.name} has half of a character in it (a lone surrogate). Type it again."
            ) from None
        return None if value == "" and self.allow_none else value


class Size(Text):
    """A field with a picture's size: text, or a pair of whole numbers, which become text."""

    def validate(self, obj: HasTraits, value: Any) -> str | None:
        """Return the text, or raise `TraitError` for what is neither."""
        if isinstance(value, tuple | list):
            try:
                value = check_size(value)
            except InvalidRequest as error:
                raise traitlets.TraitError(error_words(error)) from None
        return super().validate(obj, value)


class WholeNumber(traitlets.TraitType[Any, Any]):
    """A field with a whole number, or None to leave it out."""

    def __init__(self) -> None:
        super().__init__(default_value=None, allow_none=True)

    def validate(self, obj: HasTraits, value: Any) -> int:  # noqa: ARG002 # traitlets passes it
        """Return the number, or raise `TraitError` for what is none."""
        number = whole_number(value)
        if number is None or abs(number) > _LARGEST:
            raise traitlets.TraitError(f"{self.name} is not a whole number from 1 to 4.")
        return number


class SidePixels(traitlets.TraitType[Any, Any]):
    """A field with how far a picture is to grow on a side: a whole number of pixels, 0 for none."""

    def __init__(self) -> None:
        super().__init__(default_value=0)

    def validate(self, obj: HasTraits, value: Any) -> int:  # noqa: ARG002 # traitlets passes it
        """Return the number, or raise `TraitError` for what is none, in the words of a call."""
        number = whole_number(value)
        if number is not None and abs(number) <= _LARGEST:
            return number
        try:
            whole_sides(**{**Sides()._asdict(), str(self.name): value})
        except InvalidRequest as error:
            raise traitlets.TraitError(error_words(error)) from None
        raise AssertionError(f"{self.name} takes what this trait does not")


class CropShare(traitlets.TraitType[Any, Any]):
    """A field with how much is sent of what is around a mask: a number, or None for all of it."""

    def __init__(self) -> None:
        super().__init__(default_value=None, allow_none=True)

    def validate(self, obj: HasTraits, value: Any) -> float:  # noqa: ARG002 # traitlets passes it
        """Return the number, or raise `TraitError` for what is none, in the words of a call."""
        if not isinstance(value, bool) and isinstance(value, Real):
            try:
                number = float(value)
            except OverflowError:
                number = math.inf
            # JSON carries no others
            if math.isfinite(number):
                return number
        try:
            read_wish(crop=value)
        except InvalidRequest as error:
            raise traitlets.TraitError(error_words(error)) from None
        raise AssertionError("crop takes what this trait does not")


class JsonObject(traitlets.TraitType[Any, Any]):
    """More fields of the request: a mapping of JSON values, or None."""

    def __init__(self) -> None:
        super().__init__(default_value=None, allow_none=True)

    def validate(self, obj: HasTraits, value: Any) -> dict[str, Any] | None:  # noqa: ARG002 # traitlets passes it
        """Return the mapping as it is sent, or raise `TraitError` for what JSON cannot carry."""
        try:
            check_fields(GENERATE, "a", {"model": "a", "extra": value})
        except InvalidRequest as error:
            raise traitlets.TraitError(error_words(error)) from None
        return as_sent(value) if value else None


class PictureSources(traitlets.TraitType[Any, Any]):
    """Pictures as `LumenClient.edit` takes them; always a tuple, so that changes are assignments.

    Anything may be assigned: whether it is a picture takes time to find out, and stands beside the
    field afterwards.
    """

    def __init__(self) -> None:
        super().__init__(default_value=())

    def validate(self, obj: HasTraits, value: Any) -> tuple[Any, ...]:  # noqa: ARG002 # traitlets passes it
        """Return what was given as a tuple; one picture alone is a tuple of one."""
        if value is None:
            return ()
        if isinstance(value, Sequence) and not isinstance(
            value, str | bytes | bytearray | memoryview
        ):
            return tuple(value)
        return (value,)
