"""What kernel and browser say about a mask; `js/mask_painter/messages.ts` is the other side of it.

A mask travels as the steps that make it, never as pixels. The points of all steps of a message are
one run of float32 pairs in the message's first buffer, each step taking its number of them.
"""

from __future__ import annotations

from typing import Literal, TypedDict


class StrokeStep(TypedDict):
    """A brush along points."""

    kind: Literal["stroke"]
    radius: float  # picture pixels
    erase: bool
    points: int  # how many of the buffer's points


class ShapeStep(TypedDict):
    """A rectangle, or the ellipse inscribed in it, in picture pixels."""

    kind: Literal["rectangle", "ellipse"]
    x: float
    y: float
    width: float
    height: float
    mode: Literal["add", "subtract", "intersect"]


class PolygonStep(TypedDict):
    """A polygon, even-odd."""

    kind: Literal["polygon"]
    mode: Literal["add", "subtract", "intersect"]
    points: int  # how many of the buffer's points


class PlainStep(TypedDict):
    """A step without parameters."""

    kind: Literal["invert", "clear", "undo", "redo"]


class AppliedStep(TypedDict):
    """A step that the kernel took in, or refused to."""

    page: str  # who made it; empty for Python
    number: int  # its number on that page
    taken: bool  # not taken: the page takes it back
    step: StrokeStep | ShapeStep | PolygonStep | PlainStep | None  # None where only its page is


class MaskSnapshotMessage(TypedDict):
    """Kernel → browser: the whole history, in answer to a hello.

    A second buffer holds what was in the mask before the first step, one bit a pixel row after row
    without gaps; it is empty where there was nothing.
    """

    kind: Literal["snapshot"]
    page: str  # whom it answers
    sequence: int  # how many steps the kernel has taken in
    number: int  # the last of that page's own steps among them
    done: list[StrokeStep | ShapeStep | PolygonStep | PlainStep]
    undone: list[StrokeStep | ShapeStep | PolygonStep | PlainStep]


class AppliedMessage(TypedDict):
    """Kernel → browser: steps that were taken in since, in the kernel's order."""

    kind: Literal["applied"]
    sequence: int  # how many steps the kernel has taken in, these among them
    steps: list[AppliedStep]


class ResendMessage(TypedDict):
    """Kernel → browser: steps of a page were lost on the way."""

    kind: Literal["resend"]
    page: str
    number: int  # the first that is missing


class AskMessage(TypedDict):
    """Kernel → browser: a call wants the mask; say how far you are."""

    kind: Literal["ask"]
    request: str


class PaintedPictureMessage(TypedDict):
    """Kernel → browser: the picture's file in the one buffer, where ipycanvas does not show it."""

    kind: Literal["picture"]
    page: str
    media_type: str


class MaskHelloMessage(TypedDict):
    """Browser → kernel: a page shows the painter and asks for the history."""

    kind: Literal["hello"]
    page: str


class StepMessage(TypedDict):
    """Browser → kernel: a person did something."""

    kind: Literal["step"]
    page: str
    number: int  # counted from 1 on that page
    step: StrokeStep | ShapeStep | PolygonStep | PlainStep


class UpToMessage(TypedDict):
    """Browser → kernel: how far this page is, in answer to an ask."""

    kind: Literal["up_to"]
    request: str
    page: str
    number: int  # its last step


class WantPictureMessage(TypedDict):
    """Browser → kernel: ipycanvas shows nothing here; send the picture itself."""

    kind: Literal["want_picture"]
    page: str
