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


class BlindPicture(TypedDict):
    """One picture of a blind test, before its end: nothing that is a name."""

    sha256: str
    width: int
    height: int
    bytes: int  # of its file
    place: FramePlace


class BlindPair(TypedDict):
    """Two pictures of a blind test, by their numbers in it."""

    left: int
    right: int


class BlindTest(TypedDict):
    """All that is to be voted on, in an order that is not that of the user."""

    id: str
    pictures: list[BlindPicture]
    pairs: list[BlindPair]


class BlindVote(TypedDict):
    """The vote on a pair."""

    pair: int  # its number in the test
    attempt: int  # how often a vote on it had been taken back before
    outcome: Literal["left", "right", "tie"]


class UndonePair(TypedDict):
    """A pair whose vote was taken back."""

    pair: int
    times: int


class BlindBallot(TypedDict):
    """The votes that count, oldest first."""

    votes: list[BlindVote]
    undone: list[UndonePair]


class RankedPicture(TypedDict):
    """A picture's place in the ranking, with its name."""

    sha256: str
    name: str
    relation: Literal["", "before", "after", "raw", "exact"]
    alt: str
    number: int  # its place among those that were given, from 0
    place: int  # from 1; pictures of one score share the place
    score: float  # 0 to 1
    error: float  # the standard error of that
    votes: int
    above_next: float | None  # 0.5 to 1: how sure it is above the next one; None for the last


class BlindRanking(TypedDict):
    """The ranking of a blind test that has ended."""

    method: Literal["bradley-terry", "wins"]
    votes: int
    places: list[RankedPicture]


class VoteMessage(TypedDict):
    """Browser → kernel: a vote; it is answered by the ballot."""

    kind: Literal["vote"]
    pair: int
    attempt: int
    outcome: Literal["left", "right", "tie"]


class UnvoteMessage(TypedDict):
    """Browser → kernel: take a vote back; it is answered by the ballot."""

    kind: Literal["unvote"]
    pair: int
    attempt: int


class EndMessage(TypedDict):
    """Browser → kernel: rank the pictures, or go on with the test."""

    kind: Literal["end"]
    ended: bool


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
