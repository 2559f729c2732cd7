"""What the kernel and a gallery say to each other.

`js/gallery/messages.ts` is the other side; a test holds the names of both alike. Copies of pictures
and what is done with them have messages of their own: `widgets/picture_copies.py` and
`widgets/picture_actions.py`.
"""

from __future__ import annotations

from typing import Literal, TypedDict


class GalleryItem(TypedDict):
    """One picture, as a tile and its caption show it; some 400 bytes."""

    key: str  # which picture of this gallery; never shown
    sha256: str
    width: int
    height: int
    index: int  # place among its task's pictures, from 0
    count: int  # how many pictures its task has
    prompt: str  # the first 200 characters
    model: str  # empty where it is not known, as the other words
    size: str  # as it was asked for
    when: float | None  # when it was submitted, unix seconds
    starred: bool
    missing: bool  # whether its file is gone


class GallerySearch(TypedDict):
    """What a view searches for; empty or null takes all."""

    text: str  # words, each of which the prompt holds
    model: str  # part of the model's code
    size: str  # pixels as 1024x1024, or a ratio as 16:9
    since: float | None  # unix seconds
    until: float | None
    starred: bool  # whether starred ones only


class FirstItems(TypedDict):
    """What a page gets with the widget's state: the first screens of all pictures."""

    listing: int  # the list of all of them, by which more are read
    count: int
    arrived: int  # as in a news message
    sequence: int
    items: list[GalleryItem]


class Selection(TypedDict):
    """The picture that is selected, in every view alike."""

    item: GalleryItem | None
    view: str  # the view in which it was chosen; empty for code


class PictureLink(TypedDict):
    """A picture that another one was made from, or led to."""

    item: GalleryItem
    place: int | None  # where the view's listing has it


class AgainPrice(TypedDict):
    """What the same again would cost, in the form that was used last."""

    host: str  # who charges, empty for the sandbox
    credits: float | None  # None where that is not known


class PictureDetails(TypedDict):
    """All that is known of one picture."""

    known: bool  # whether the journal in use has it
    prompt: str  # in full
    negative_prompt: str
    endpoint: str  # generations, edits or inpaint; empty where it is not known
    model: str
    size: str  # as it was asked for
    resolution: str
    quality: str
    when: float | None
    seconds: float | None  # how long the task took
    credits: float | None
    host: str  # who was asked: a host's name, empty where it is not known
    again: AgainPrice | None  # what the same again would cost; None without a form to send it
    task: str  # the service's id
    sha256: str
    note: str  # what was put back in it
    made_from: list[PictureLink]
    lost: int  # pictures that it was made from and that are not here
    led_to: list[PictureLink]


class Refusal(TypedDict):
    """A task that is not forgotten."""

    prompt: str
    reason: Literal["running", "sending", "unknown", "incomplete", "gone"]


class FoundMessage(TypedDict):
    """Kernel → browser: how many pictures a search found, and the first of them."""

    kind: Literal["found"]
    sequence: int
    request: str
    listing: int
    count: int
    total: int  # how many pictures the gallery has
    arrived: int
    items: list[GalleryItem]


class ItemsMessage(TypedDict):
    """Kernel → browser: pictures of a listing, from a place on."""

    kind: Literal["items"]
    sequence: int
    request: str
    listing: int
    start: int
    items: list[GalleryItem]


class ToldMessage(TypedDict):
    """Kernel → browser: what is known of a picture."""

    kind: Literal["told"]
    request: str
    key: str
    details: PictureDetails


class ForgotMessage(TypedDict):
    """Kernel → browser: what goes with pictures that are forgotten, or went."""

    kind: Literal["forgot"]
    request: str
    done: bool  # whether it is gone; else it was only asked about
    tasks: int
    pictures: int
    unknown: int  # chosen pictures that the journal does not have
    refused: list[Refusal]


class NewsMessage(TypedDict):
    """Kernel → browser: pictures have come, or some are gone."""

    kind: Literal["news"]
    sequence: int
    arrived: int  # how many have come since the gallery was made
    changed: bool  # whether some are gone: what is listed is to be read again


class ErrorMessage(TypedDict):
    """Kernel → browser: a request could not be carried out, and why."""

    kind: Literal["error"]
    request: str
    message: str
    next_step: str


class FindMessage(TypedDict):
    """Browser → kernel: a view searches."""

    kind: Literal["find"]
    request: str
    search: GallerySearch


class ReadMessage(TypedDict):
    """Browser → kernel: a view comes near pictures of a listing that it does not know."""

    kind: Literal["read"]
    request: str
    listing: int
    start: int
    count: int


class TellMessage(TypedDict):
    """Browser → kernel: a view shows the details of a picture."""

    kind: Literal["tell"]
    request: str
    key: str
    listing: int


class ChooseMessage(TypedDict):
    """Browser → kernel: a picture was selected, or with an empty key none."""

    kind: Literal["choose"]
    view: str
    key: str


class ForgetMessage(TypedDict):
    """Browser → kernel: forget the tasks of these pictures, or say what would go with them."""

    kind: Literal["forget"]
    request: str
    keys: list[str]
    confirmed: bool


class CloseCompareMessage(TypedDict):
    """Browser → kernel: close the comparison that is open in the gallery."""

    kind: Literal["close_compare"]
