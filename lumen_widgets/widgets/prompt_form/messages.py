"""What kernel and browser say about a form; `js/prompt_form/messages.ts` is the other side of it.

What is typed travels as traits. Here is what may not be one: pictures, errors, submits and the
webhook's secret. A test holds the names of both sides alike.
"""

from __future__ import annotations

from typing import Literal, TypedDict


class FormModel(TypedDict):
    """A model that the client knows."""

    code: str
    can: list[str]  # the endpoints that it serves: generations, edits, inpaint


class FormPicture(TypedDict):
    """A reference picture or the mask, as a form shows it."""

    key: str  # which of the form's pictures; never shown
    name: str  # its file's name, or what it is
    width: int  # pixels; 0 until known, and for one that is known by its address alone
    height: int
    thumbnail: str | None  # at most 96 px, as a data: URL
    error: str  # why it cannot be sent; empty if it can
    coverage: float | None  # the part that a mask repaints, 0 to 1; None for pictures, or unknown
    ours: str  # its digest, where its settings can come back; else empty


class PaintedPicture(TypedDict):
    """The reference picture that the mask is painted on, which is the only one that is sent."""

    key: str
    own: bool  # whether it was painted in the form; else the user gave a painter of their own
    painting: str  # the id of what is painted on it


class ChosenModel(TypedDict):
    """A model that the form has chosen, since the one before could not do what was asked."""

    model: str
    instead_of: str
    cannot: Literal["repaint", "extend"]


class FieldError(TypedDict):
    """What is wrong with a field, and what to give instead."""

    field: str  # the keyword of `generate`
    message: str


class FormBudget(TypedDict):
    """What the budget of this process allows, and what of it is left."""

    credits: float | None  # None is no limit
    left: float | None
    tasks: int | None
    tasks_left: int | None


class TypedField(TypedDict):
    """What a field holds in the browser."""

    field: str  # the trait's name
    value: str | float | bool | None


class UnansweredSubmit(TypedDict):
    """A submit that a page knows no answer to."""

    request: str
    form: str  # the form that sent it, by its trait `_form`


class FormSnapshotMessage(TypedDict):
    """Kernel → browser: all that is no trait, in answer to a hello."""

    kind: Literal["form"]
    sequence: int
    request: str
    images: list[FormPicture]
    mask: FormPicture | None
    painted: PaintedPicture | None
    chosen: ChosenModel | None
    errors: list[FieldError]
    earlier: list[str]  # prompts, newest first
    lost: list[str]  # the unanswered submits that no open form of this kernel has sent


class PicturesMessage(TypedDict):
    """Kernel → browser: the pictures changed, or more is known about them."""

    kind: Literal["pictures"]
    sequence: int
    images: list[FormPicture]
    mask: FormPicture | None
    painted: PaintedPicture | None
    chosen: ChosenModel | None


class ErrorsMessage(TypedDict):
    """Kernel → browser: what is wrong changed."""

    kind: Literal["errors"]
    sequence: int
    errors: list[FieldError]


class EarlierMessage(TypedDict):
    """Kernel → browser: the earlier prompts, newest first."""

    kind: Literal["earlier"]
    sequence: int
    earlier: list[str]


class AnswerMessage(TypedDict):
    """Kernel → browser: what became of a submit; not taken means that nothing was sent."""

    kind: Literal["answer"]
    sequence: int
    request: str
    taken: bool
    repeated: bool  # whether it had arrived before: then nothing was done this time
    errors: list[FieldError]


class OpenedMessage(TypedDict):
    """Kernel → browser: the painter that was asked for is open, or cannot be."""

    kind: Literal["opened"]
    request: str
    error: str  # empty if it is open


class ShowExtendMessage(TypedDict):
    """Kernel → browser: unfold the sides of an extension."""

    kind: Literal["show_extend"]


class ReceivedMessage(TypedDict):
    """Kernel → browser: how much of a file is here, and why no more of it is wanted."""

    kind: Literal["received"]
    upload: str
    size: int  # bytes
    error: str  # empty if all is well


class CodeMessage(TypedDict):
    """Kernel → browser: what the form would send, as code, in answer to `AsCodeMessage`."""

    kind: Literal["code"]
    request: str
    python: str
    curl: str


class FormResult(TypedDict):
    """A picture that a submit of the form has made, in the strip."""

    key: str  # which of them; never shown
    sha256: str
    name: str  # its index in its task where that has several, and its prompt
    width: int  # pixels
    height: int
    model: str
    count: int  # how many pictures were asked for with it


class ResultsMessage(TypedDict):
    """Kernel → browser: the pictures of the strip changed; all of them, newest first."""

    kind: Literal["results"]
    pictures: list[FormResult]
    total: int  # how many there were, also those that are not shown any more


class AwaitedMessage(TypedDict):
    """Kernel → browser: how what was sent last stands, as long as no picture of it is here."""

    kind: Literal["awaited"]
    request: str  # of the submit
    state: Literal["", "running", "ended"]  # empty where nothing is awaited
    reason: str  # why there is no news of it, or no picture of it; empty where all goes well


class FieldChange(TypedDict):
    """A field whose value would change, in words; empty for nothing."""

    field: str  # the keyword of `generate`
    now: str
    back: str


class RecallMessage(TypedDict):
    """Kernel → browser: settings that are offered, or came back and can be undone."""

    kind: Literal["recall"]
    state: Literal["", "offered", "done", "undone"]
    name: str  # of the picture or preset that they are of
    changes: list[FieldChange]  # of what is offered
    fields: list[str]  # that changed
    lost: list[str]  # what cannot come back, each as a sentence


class PresetsMessage(TypedDict):
    """Kernel → browser: the presets by name, and what went wrong with one of them."""

    kind: Literal["presets"]
    names: list[str]
    error: str  # empty if all is well


class OfferMessage(TypedDict):
    """Browser → kernel: say what would change if the settings of this picture came back."""

    kind: Literal["offer"]
    sha256: str


class ChooseMessage(TypedDict):
    """Browser → kernel: bring these fields back of what is offered; none takes the offer away."""

    kind: Literal["choose"]
    fields: list[str] | None


class UndoMessage(TypedDict):
    """Browser → kernel: put back what came back last, or let go of the way back."""

    kind: Literal["undo"]
    forget: bool


class PresetMessage(TypedDict):
    """Browser → kernel: keep the form's settings under a name, bring such back, or delete them."""

    kind: Literal["preset"]
    action: Literal["save", "apply", "delete"]
    name: str


class GalleryMessage(TypedDict):
    """Browser → kernel: open the gallery in the form, or close it."""

    kind: Literal["gallery"]
    opened: bool


class CloseCompareMessage(TypedDict):
    """Browser → kernel: close the comparison that is open in the form."""

    kind: Literal["close_compare"]


class FormHelloMessage(TypedDict):
    """Browser → kernel: a page shows the form and asks for all that is no trait."""

    kind: Literal["hello"]
    request: str
    unanswered: list[UnansweredSubmit]  # what is known of them is answered once more


class TypedMessage(TypedDict):
    """Browser → kernel: what was typed and may not have been handed over when the page goes."""

    kind: Literal["typed"]
    fields: list[TypedField]


class SubmitMessage(TypedDict):
    """Browser → kernel: send what the form holds; the secret is kept nowhere else.

    One that is sent again has the same request, under which the kernel pays once.
    """

    kind: Literal["submit"]
    request: str
    sequence: int  # of the newest message that the page has had: what it knew when it was clicked
    fields: list[TypedField]
    secret: str
    painting: str  # the id of what the page shows as painted; empty where nothing is


class AsCodeMessage(TypedDict):
    """Browser → kernel: a page shows the form as code; the fields are those that it shows."""

    kind: Literal["as_code"]
    request: str
    fields: list[TypedField]


class AddressMessage(TypedDict):
    """Browser → kernel: take the picture at this address."""

    kind: Literal["address"]
    request: str
    place: Literal["images", "mask"]
    url: str


class ChunkMessage(TypedDict):
    """Browser → kernel: a piece of a file, whose bytes are the message's one buffer."""

    kind: Literal["chunk"]
    upload: str
    place: Literal["images", "mask"]
    name: str
    size: int  # bytes of the whole file
    start: int  # where in it this piece begins


class RemoveMessage(TypedDict):
    """Browser → kernel: take a picture out."""

    kind: Literal["remove"]
    key: str


class PaintMessage(TypedDict):
    """Browser → kernel: open the painter on a reference picture, with what was painted on it."""

    kind: Literal["paint"]
    request: str
    key: str


class ClosePainterMessage(TypedDict):
    """Browser → kernel: close the painter; what is painted stays the mask."""

    kind: Literal["close_painter"]
    painting: str  # the id of what the page shows in it


class DiscardMessage(TypedDict):
    """Browser → kernel: throw away what is painted; the form is as it was before."""

    kind: Literal["discard"]
    painting: str  # the id of what the page shows as painted


class MoveMessage(TypedDict):
    """Browser → kernel: put a picture at another place in the row, counted from 0."""

    kind: Literal["move"]
    key: str
    to: int
