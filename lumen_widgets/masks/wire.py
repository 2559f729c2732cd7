"""The wire format of operations, also in files: JSON objects, with their points as float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lumen_widgets.masks.operations import (
    Clear,
    Ellipse,
    Invert,
    MaskError,
    Operation,
    Polygon,
    Rectangle,
    Stroke,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from lumen_widgets.masks.undo_history import Step

# little-endian on every machine
_POINT = np.dtype("<f4")


def pack(steps: Iterable[Step]) -> tuple[list[dict[str, Any]], bytes]:
    """Return steps as JSON objects, and the points of all of them in one buffer of float32."""
    objects: list[dict[str, Any]] = []
    points: list[bytes] = []
    for step in steps:
        made: dict[str, Any]
        match step:
            case Stroke():
                made = {"kind": "stroke", "radius": step.radius, "erase": step.erase}
            case Rectangle() | Ellipse():
                kind = "rectangle" if isinstance(step, Rectangle) else "ellipse"
                names = ("x", "y", "width", "height", "mode")
                made = {"kind": kind} | {name: getattr(step, name) for name in names}
            case Polygon():
                made = {"kind": "polygon", "mode": step.mode}
            case Invert():
                made = {"kind": "invert"}
            case Clear():
                made = {"kind": "clear"}
            case _:
                made = {"kind": step}
        if isinstance(step, (Stroke, Polygon)):
            made["points"] = len(step.points)
            points.append(step.points.astype(_POINT).tobytes())
        objects.append(made)
    return objects, b"".join(points)


def unpack(objects: Sequence[object], data: bytes | memoryview) -> list[Step]:
    """Return the steps that `pack` was given.

    Raises
    ------
    MaskError
        The objects or the data are not as `pack` makes them; neither is trusted.

    """
    try:
        points = np.frombuffer(data, _POINT).reshape(-1, 2)
    except ValueError:
        raise MaskError("The points are not pairs of float32.") from None
    steps: list[Step] = []
    at = 0
    for one in objects:
        if not isinstance(one, dict):
            raise MaskError(f"A step is a {type(one).__name__}, not an object.")
        count = one.get("points", 0)
        if not isinstance(count, int) or not 0 <= count <= len(points) - at:
            raise MaskError("A step has more points than came with it.")
        steps.append(_step(one, points[at : at + count]))
        at += count
    return steps


def _step(one: dict[str, Any], points: NDArray[np.float32]) -> Step:
    kind = one.get("kind")
    make: dict[object, Callable[[], Step]] = {
        "stroke": lambda: Stroke(points, one.get("radius", 0.0), one.get("erase", False)),
        "rectangle": lambda: Rectangle(*_shape(one)),
        "ellipse": lambda: Ellipse(*_shape(one)),
        "polygon": lambda: Polygon(points, one.get("mode", "add")),
        "invert": Invert,
        "clear": Clear,
        "undo": lambda: "undo",
        "redo": lambda: "redo",
    }
    if not isinstance(kind, str) or kind not in make:
        raise MaskError(f"There is no step {kind!r}.")
    return make[kind]()


def _shape(one: dict[str, Any]) -> tuple[Any, ...]:
    names = ("x", "y", "width", "height")
    # the shape itself refuses a missing number
    return (*(one.get(name) for name in names), one.get("mode", "add"))


def operations_only(steps: Iterable[Step]) -> list[Operation]:
    """Return steps of which none is an undo or a redo.

    Raises
    ------
    MaskError
        One is.

    """
    found: list[Operation] = []
    for step in steps:
        if isinstance(step, str):
            raise MaskError(f"{step} is no operation.")
        found.append(step)
    return found
