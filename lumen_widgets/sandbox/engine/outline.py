"""An outline is one closed curve of a glyph: cubic Bézier segments read from SVG path data."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Point = complex
_TOKEN = re.compile(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
# How far, in pixels, a chord may run from its curve: well under what antialiasing shows.
_TOLERANCE = 0.15
# No glyph has a curve that needs more chords than this at 4096 pixels.
_MOST_CHORDS = 96


class Outline:
    """One closed curve.

    Parameters
    ----------
    segments
        Complex array of shape (n, 4): the control points x + iy of each cubic segment.

    """

    def __init__(self, segments: NDArray[np.complex128]) -> None:
        self._segments = segments
        second = np.abs(segments[:, :2] - 2 * segments[:, 1:3] + segments[:, 2:]).max(axis=1)
        self._bend: NDArray[np.float64] = second

    def polygon(self, scale: float) -> list[tuple[float, float]]:
        """Return corners of a polygon that follows the curve at `scale` pixels per unit."""
        # Wang's bound on the chords that a cubic needs, from its second differences
        chords = np.ceil(np.sqrt(0.75 * self._bend * scale / _TOLERANCE)).clip(1, _MOST_CHORDS)
        corners: list[complex] = []
        for (a, b, c, d), count in zip(self._segments, chords.astype(int), strict=True):
            if count == 1:
                corners.append(d)
                continue
            t = np.arange(1, count + 1) / count
            s = 1 - t
            corners.extend(s**3 * a + 3 * s * s * t * b + 3 * s * t * t * c + t**3 * d)
        return [(point.real * scale, point.imag * scale) for point in corners]


def signed_area(polygon: list[tuple[float, float]]) -> float:
    """Return twice a polygon's area, positive where it runs clockwise on the screen."""
    points = np.array(polygon)
    x, y = points[:, 0], points[:, 1]
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


class _Numbers:
    """What is left of a path's text."""

    def __init__(self, data: str) -> None:
        self._tokens = _TOKEN.findall(data)
        self._next = 0

    def more(self) -> bool:
        """Whether anything is left."""
        return self._next < len(self._tokens)

    def command(self) -> str | None:
        """Take the next command letter; None where another set of numbers follows."""
        if self._tokens[self._next].isalpha():
            self._next += 1
            return str(self._tokens[self._next - 1])
        return None

    def number(self) -> float:
        """Take a number."""
        self._next += 1
        return float(self._tokens[self._next - 1])

    def point(self, origin: Point) -> Point:
        """Take a point, given from an origin."""
        x = self.number()
        return origin + complex(x, self.number())

    def flag(self) -> bool:
        """Take a flag of an arc, which may be glued to what follows it: ``a1 1 0 011 1``."""
        token = self._tokens[self._next]
        if len(token) > 1:
            self._tokens[self._next] = token[1:]
        else:
            self._next += 1
        return bool(token[0] == "1")


def _line(start: Point, end: Point) -> tuple[Point, Point, Point, Point]:
    return start, start + (end - start) / 3, end - (end - start) / 3, end


def _arc(
    start: Point, end: Point, radii: tuple[float, float], tilt: float, flags: tuple[bool, bool]
) -> Iterator[tuple[Point, Point, Point, Point]]:
    """Yield an elliptical arc as cubics of at most a quarter turn (SVG 1.1, appendix F.6)."""
    rx, ry = abs(radii[0]), abs(radii[1])
    if start == end or not rx or not ry:
        yield _line(start, end)
        return
    turn = complex(math.cos(math.radians(tilt)), math.sin(math.radians(tilt)))

    def to_circle(point: Point) -> Point:
        straight = point / turn
        return complex(straight.real / rx, straight.imag / ry)

    def from_circle(point: Point) -> Point:
        return complex(point.real * rx, point.imag * ry) * turn

    a, b = to_circle(start), to_circle(end)
    half = abs(b - a) / 2
    radius = max(1.0, half)
    across = math.sqrt(radius * radius - half * half) / (2 * half)
    large, sweep = flags
    side = 1j if large != sweep else -1j
    centre = (a + b) / 2 + side * (b - a) * across
    first = math.atan2((a - centre).imag, (a - centre).real)
    angle = math.atan2((b - centre).imag, (b - centre).real) - first
    if sweep and angle < 0:
        angle += 2 * math.pi
    elif not sweep and angle > 0:
        angle -= 2 * math.pi
    parts = max(1, math.ceil(abs(angle) / (math.pi / 2) - 1e-9))
    handle = 4 / 3 * math.tan(angle / parts / 4)
    for part in range(parts):
        p, q = (
            complex(math.cos(first + angle * k / parts), math.sin(first + angle * k / parts))
            for k in (part, part + 1)
        )
        points = (p, p + 1j * p * handle, q - 1j * q * handle, q)
        w, x, y, z = (from_circle(centre + radius * point) for point in points)
        yield w, x, y, z


class _Pen:
    """A pen that follows a path's commands and keeps the curves that it closes."""

    def __init__(self, data: str) -> None:
        self.outlines: list[Outline] = []
        self._numbers = _Numbers(data)
        self._segments: list[tuple[Point, Point, Point, Point]] = []
        self._here = self._start = 0j
        # the last control point, which the smooth commands mirror
        self._handle: Point | None = None

    def follow(self) -> None:
        """Carry out all commands."""
        command = ""
        while self._numbers.more():
            # numbers after a move are lines
            command = self._numbers.command() or {"M": "L", "m": "l"}.get(command, command)
            kind = command.upper()
            handle, self._handle = self._handle, None
            mirrored = self._here if handle is None else 2 * self._here - handle
            self._step(kind, 0j if command == kind else self._here, mirrored)
        self._close()

    def _step(self, kind: str, origin: Point, mirrored: Point) -> None:
        if kind == "M":
            self._close()
            self._here = self._start = self._numbers.point(origin)
        elif kind == "Z":
            self._line_to(self._start)
            self._close()
        elif kind == "A":
            self._arc_to(origin)
        elif kind in {"C", "S"}:
            first = self._numbers.point(origin) if kind == "C" else mirrored
            self._handle = self._numbers.point(origin)
            self._curve_to(first, self._handle, self._numbers.point(origin))
        elif kind in {"Q", "T"}:
            handle = self._numbers.point(origin) if kind == "Q" else mirrored
            end = self._numbers.point(origin)
            self._curve_to(
                self._here + 2 / 3 * (handle - self._here), end + 2 / 3 * (handle - end), end
            )
            self._handle = handle
        else:
            self._line_to(self._line_end(kind, origin))

    def _line_end(self, kind: str, origin: Point) -> Point:
        if kind == "L":
            return self._numbers.point(origin)
        if kind == "H":
            return complex(origin.real + self._numbers.number(), self._here.imag)
        if kind == "V":
            return complex(self._here.real, origin.imag + self._numbers.number())
        raise ValueError(f"path command {kind!r}")

    def _line_to(self, end: Point) -> None:
        self._segments.append(_line(self._here, end))
        self._here = end

    def _curve_to(self, first: Point, second: Point, end: Point) -> None:
        self._segments.append((self._here, first, second, end))
        self._here = end

    def _arc_to(self, origin: Point) -> None:
        numbers = self._numbers
        radii = numbers.number(), numbers.number()
        tilt = numbers.number()
        flags = numbers.flag(), numbers.flag()
        end = numbers.point(origin)
        self._segments.extend(_arc(self._here, end, radii, tilt, flags))
        self._here = end

    def _close(self) -> None:
        if len(self._segments) > 1:
            self.outlines.append(Outline(np.array(self._segments, dtype=np.complex128)))
        self._segments = []


def read_outlines(data: str) -> list[Outline]:
    """Read SVG path data.

    Parameters
    ----------
    data
        What stands in a ``d`` attribute; every command is understood.

    Returns
    -------
    list of Outline
        One closed curve for each subpath that encloses something.

    Raises
    ------
    ValueError
        The text is not path data.

    """
    pen = _Pen(data)
    try:
        pen.follow()
    except IndexError:
        raise ValueError("path data ends within a command") from None
    return pen.outlines
