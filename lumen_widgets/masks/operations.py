"""The operations on a mask: strokes, shapes, invert and clear, checked when they are made."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Mode: TypeAlias = Literal["add", "subtract", "intersect"]
MODES: tuple[str, ...] = get_args(Mode)

# far beyond any picture, and small enough that the products of two coordinates stay exact
FARTHEST = 1e6
# an hour of painting without a pause at 250 points a second
_MOST_POINTS = 1_000_000
# characters of a wrong value that a message repeats
_LONGEST_SHOWN = 80


class MaskError(ValueError):
    """An operation that cannot be carried out; the text says what was given and what to give."""


# eq=False: two operations of a history are the same only if they are one object


@dataclass(frozen=True, eq=False)
class Stroke:
    """A brush drawn along points: what is within `radius` of the line through them.

    Attributes
    ----------
    points
        float32 of shape (n, 2), x before y; one point is a dab.
    radius
        In pixels.
    erase
        Whether it takes out of the mask.

    """

    points: NDArray[np.float32]
    radius: float
    erase: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", _points(self.points, least=1))
        object.__setattr__(self, "radius", _number("radius", self.radius, above=0.0))
        object.__setattr__(self, "erase", _truth("erase", self.erase))

    def __repr__(self) -> str:
        return f"Stroke({_count(self.points)}, radius={self.radius:g}, erase={self.erase})"


@dataclass(frozen=True, eq=False)
class _Boxed:
    """What is given by its top left corner and its size."""

    x: float
    y: float
    width: float
    height: float
    mode: Mode = "add"

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            object.__setattr__(self, name, _number(name, getattr(self, name)))
        for name in ("width", "height"):
            object.__setattr__(self, name, _number(name, getattr(self, name), above=0.0))
        _check_mode(self.mode)


class Rectangle(_Boxed):
    """A rectangle: pixels whose centres are in ``[x, x + width)`` and ``[y, y + height)``."""


class Ellipse(_Boxed):
    """The ellipse that is inscribed in a rectangle."""


@dataclass(frozen=True, eq=False)
class Polygon:
    """A polygon, closed by itself; where it crosses itself, what is inside an odd number of times.

    Attributes
    ----------
    points
        float32 of shape (n, 2), n at least 3.
    mode
        How it goes into the mask.

    """

    points: NDArray[np.float32]
    mode: Mode = "add"

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", _points(self.points, least=3))
        _check_mode(self.mode)

    def __repr__(self) -> str:
        return f"Polygon({_count(self.points)}, mode={self.mode!r})"


@dataclass(frozen=True, eq=False)
class Invert:
    """Every pixel in the mask is taken out, and every other one put in."""


@dataclass(frozen=True, eq=False)
class Clear:
    """Every pixel is taken out of the mask."""


Operation: TypeAlias = Stroke | Rectangle | Ellipse | Polygon | Invert | Clear


def _check_mode(mode: object) -> None:
    if not isinstance(mode, str) or mode not in MODES:
        raise MaskError(f"mode is {_shown(mode)}. Give one of {', '.join(map(repr, MODES))}.")


def _number(name: str, value: object, *, above: float = -math.inf) -> float:
    try:
        number = float(value)  # type: ignore[arg-type] # raises for what is not a number
    except (TypeError, ValueError, OverflowError):
        raise MaskError(f"{name} is {_shown(value)}, not a number of pixels.") from None
    if isinstance(value, str) or not math.isfinite(number) or abs(number) > FARTHEST:
        raise MaskError(
            f"{name} is {_shown(value)}. Give a number of pixels between {-FARTHEST:g} and "
            f"{FARTHEST:g}."
        )
    if number <= above:
        raise MaskError(f"{name} is {_shown(value)}. Give a number of pixels above {above:g}.")
    return number


def _shown(value: object) -> str:
    """Return the repr of a value for a message, shortened."""
    try:
        text = repr(value)
    except ValueError:
        # Python refuses to convert an int of more than 4300 digits
        return "too large a number"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _truth(name: str, value: object) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise MaskError(f"{name} is {_shown(value)}. Give True or False.")
    return bool(value)


def _points(given: object, *, least: int) -> NDArray[np.float32]:
    """Return points as a read-only copy of shape (n, 2)."""
    try:
        if isinstance(given, Iterable) and not isinstance(given, np.ndarray):
            given = list(given)
        # a number too large for float32 becomes infinite, which is refused below
        with np.errstate(over="ignore"):
            points = np.array(given, np.float32, order="C")
    except (TypeError, ValueError, OverflowError):
        raise MaskError("The points are not pairs of numbers. Give [(x, y), …].") from None
    if points.ndim != 2 or points.shape[1:] != (2,):  # noqa: PLR2004 # x and y of each point
        raise MaskError(f"The points have the shape {points.shape}. Give [(x, y), …].")
    if not least <= len(points) <= _MOST_POINTS:
        raise MaskError(
            f"There are {len(points)} points. Give between {least} and {_MOST_POINTS:,}."
        )
    if not np.isfinite(points).all() or np.abs(points).max() > FARTHEST:
        raise MaskError(
            "A point is not a finite number, or is more than a million pixels away. "
            "Give picture pixels, (0, 0) the top left corner."
        )
    points.setflags(write=False)
    return points


def _count(points: NDArray[np.float32]) -> str:
    return "1 point" if len(points) == 1 else f"{len(points)} points"
