"""What the kernel and a comparison say to each other.

`js/compare/messages.ts` is the other side; a test holds the names of both alike. Copies of pictures
have messages of their own: `widgets/picture_copies.py`.
"""

from __future__ import annotations

from typing import Literal, TypedDict


class FrameSize(TypedDict):
    """The frame in which all pictures lie, in pixels of the finest of them."""

    width: float
    height: float


class FramePlace(TypedDict):
    """Where a picture lies in the frame."""

    left: float
    top: float
    width: float
    height: float


class ComparedPicture(TypedDict):
    """One picture, with its name; what it is called is shown in no blind test before its end."""

    sha256: str
    width: int
    height: int
    bytes: int  # of its file
    name: str  # what it was called, or what tells it from the others
    relation: Literal["", "before", "after", "raw", "exact"]  # what it is to one of the others
    alt: str
    place: FramePlace


class DifferMessage(TypedDict):
    """Browser → kernel: by how much do two pictures differ."""

    kind: Literal["differ"]
    request: str
    left: int  # places among the pictures, from 0
    right: int


class DifferenceMessage(TypedDict):
    """Kernel → browser: by how much two pictures differ."""

    kind: Literal["difference"]
    request: str
    share: float  # of the pixels that both cover, those that differ by more than 8 of 255
    largest: int  # difference of a channel, of 255
    exact: bool  # whether every pixel of both files was looked at
    box: FramePlace | None  # in which all those pixels lie


class ErrorMessage(TypedDict):
    """Kernel → browser: a request could not be carried out, and why."""

    kind: Literal["error"]
    request: str
    message: str
    next_step: str
