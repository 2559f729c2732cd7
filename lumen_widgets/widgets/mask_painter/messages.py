"""What kernel and browser say about a mask; `js/mask_painter/messages.ts` is the other side of it.

A mask travels as the steps that make it, never as pixels. The points of all steps of a message are
one run of float32 pairs in the message's first buffer, each step taking its number of them.

A painter goes on from one painting to another, so each message names the painting that it is about:
one that comes late is about the former one. Of each painting that it shows, each model in each
browser tab has a copy of the mask (`js/mask_painter/mask_copy.ts`); `copy_id` is its id. The new
ground of an extension is no part of the mask: it travels as four numbers, under the id of the tab's
copy of them (`js/mask_painter/sides_copy.ts`).
"""

from __future__ import annotations

from typing import Literal, TypedDict


class ShownPainting(TypedDict):
    """The value of a trait: what is painted on now."""

    painting: str  # its id
    width: int  # of the picture, in pixels
    height: int
    alt: str  # what stands in for the picture where it cannot be seen


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


class DecidedStep(TypedDict):
    """A step that the kernel has decided: accepted, or refused because it is none."""

    copy_id: str  # the copy in which it was made; empty for Python
    number: int  # its number in that copy
    accepted: bool  # False: the copy removes the step
    # None if refused, or while no copy but the one that made it has ever said hello
    step: StrokeStep | ShapeStep | PolygonStep | PlainStep | None


class MaskSnapshotMessage(TypedDict):
    """Kernel → browser: the whole history, in answer to a hello.

    A second buffer holds what was in the mask before the first step, one bit a pixel row after row
    without gaps; it is empty where there was nothing.
    """

    kind: Literal["snapshot"]
    painting: str
    copy_id: str  # the copy that it answers
    sequence: int  # how many steps the kernel has decided, accepted or refused
    number: int  # the last of that copy's own steps among them
    done: list[StrokeStep | ShapeStep | PolygonStep | PlainStep]
    undone: list[StrokeStep | ShapeStep | PolygonStep | PlainStep]


class DecidedMessage(TypedDict):
    """Kernel → browser: steps that were decided since, in the kernel's order."""

    kind: Literal["decided"]
    painting: str
    sequence: int  # how many steps the kernel has decided, accepted or refused, these among them
    steps: list[DecidedStep]


class ResendMessage(TypedDict):
    """Kernel → browser: steps of a copy were lost on the way."""

    kind: Literal["resend"]
    painting: str
    copy_id: str
    number: int  # the first that is missing


class AskMessage(TypedDict):
    """Kernel → browser: a call wants the mask; answer with the number of the last step."""

    kind: Literal["ask"]
    painting: str
    request: str


class MaskHelloMessage(TypedDict):
    """Browser → kernel: a copy was made and asks for the history."""

    kind: Literal["hello"]
    painting: str
    copy_id: str


class StepMessage(TypedDict):
    """Browser → kernel: a step made in a copy."""

    kind: Literal["step"]
    painting: str
    copy_id: str
    number: int  # counted from 1 in that copy
    step: StrokeStep | ShapeStep | PolygonStep | PlainStep


class UpToMessage(TypedDict):
    """Browser → kernel: the number of a copy's last step, in answer to an ask."""

    kind: Literal["up_to"]
    painting: str
    request: str
    copy_id: str
    number: int  # of its last step


class LeftMessage(TypedDict):
    """Browser → kernel: a copy shows its painting no more, and every step of it was decided."""

    kind: Literal["left"]
    painting: str
    copy_id: str


class TakeOverMessage(TypedDict):
    """Browser → kernel: do all that is offered."""

    kind: Literal["take_over"]
    painting: str
    copy_id: str


class AskPictureMessage(TypedDict):
    """Browser → kernel: a page shows the painter, and its state has no picture."""

    kind: Literal["picture"]
    painting: str
    copy_id: str


class PictureMessage(TypedDict):
    """Kernel → browser: the file of the picture, in the first buffer, in answer to that."""

    kind: Literal["picture"]
    painting: str
    copy_id: str  # the copy that it answers


class GroundSides(TypedDict):
    """How far the picture is to grow on each of its sides, in picture pixels."""

    left: int
    top: int
    right: int
    bottom: int


class DecidedSides(TypedDict):
    """The value of a trait: the sides, and what the kernel took in last."""

    painting: str  # whose sides they are
    copy_id: str  # the copy in which they were set; empty for Python
    number: int  # of that copy's message, counted from 1
    sides: GroundSides  # those of before, if that message was refused


class SidesMessage(TypedDict):
    """Browser → kernel: sides that were set in a copy."""

    kind: Literal["sides"]
    painting: str
    copy_id: str
    number: int  # counted from 1 in that copy
    sides: GroundSides
