"""How far a painter's picture is to grow: set by Python and by browsers, in the kernel's order."""

from __future__ import annotations

from collections.abc import Mapping

from lumen_widgets.client.exact.ground import check_sides
from lumen_widgets.client.exact.wish import Sides, whole_sides
from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.signal import Signal
from lumen_widgets.core.words import short_repr
from lumen_widgets.widgets.mask_painter.messages import DecidedSides, GroundSides


def _read(value: object, width: int, height: int) -> Sides:
    """Return sides that a picture of that size can have."""
    if isinstance(value, Sides):
        value = value._asdict()
    if not isinstance(value, Mapping):
        raise InvalidRequest(
            f"sides is {short_repr(value)}, which does not say how far each side is to grow.",
            next_step="Give a dict, such as {'left': 256}; a side that is left out is 0.",
            field="sides",
        )
    unknown = [name for name in value if name not in Sides._fields]
    if unknown:
        raise InvalidRequest(
            f"sides has {short_repr(unknown[0])}, which is no side.",
            next_step="The sides are left, top, right and bottom.",
            field="sides",
        )
    sides = whole_sides(*(value.get(name, 0) for name in Sides._fields))
    # a picture that is too large for any extension may still have none
    if any(sides):
        check_sides(sides, width, height)
    return sides


class NewGround:
    """What is to be added on each side of a picture.

    Each copy in a browser numbers what it sends. A copy that has sent something keeps what it
    shows until it is told of that number: what is older would undo it for a moment, or for as long
    as a cell keeps the kernel busy.

    Parameters
    ----------
    width, height
        The picture's size in pixels.
    painting
        The id of the painting that they belong to.

    Attributes
    ----------
    decided : DecidedSides
        The sides as they are, and whose change was decided last.
    changed, repeated : Signal
        Tell of each decision, on the thread that made it: whether it says anything new or not.

    """

    def __init__(self, width: int, height: int, painting: str = "") -> None:
        self._size = width, height
        self._painting = painting
        self._sides = Sides()
        self.decided = self._decided("", 0)
        self.changed: Signal[None] = Signal("a painter")
        self.repeated: Signal[None] = Signal("a painter")
        self._numbers: dict[str, int] = {}

    @property
    def sides(self) -> Sides:
        """The sides as they are now."""
        return self._sides

    def set(self, value: object) -> None:
        """Take sides from Python: a mapping or `Sides`.

        Raises
        ------
        InvalidRequest
            It does not say how far each side is to grow, or the result would be too large.

        """
        self._decide("", 0, _read(value, *self._size))

    def receive(self, copy_id: str, number: int, value: object) -> None:
        """Take sides from a copy; what cannot be, and what came before, changes nothing."""
        try:
            sides = _read(value, *self._size)
        except InvalidRequest:
            sides = self._sides
        if number <= self._numbers.get(copy_id, 0):
            # sent again, since the copy has not heard of it
            sides = self._sides
        else:
            self._numbers[copy_id] = number
        self._decide(copy_id, number, sides)

    def _decide(self, copy_id: str, number: int, sides: Sides) -> None:
        before, self._sides = self.decided, sides
        self.decided = self._decided(copy_id, number)
        (self.repeated if self.decided == before else self.changed).send(None)

    def _decided(self, copy_id: str, number: int) -> DecidedSides:
        left, top, right, bottom = self._sides
        ground = GroundSides(left=left, top=top, right=right, bottom=bottom)
        return DecidedSides(painting=self._painting, copy_id=copy_id, number=number, sides=ground)
