"""The form's side of its protocol: takes in what browsers say, and tells them what changed."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.models import INPAINT
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.widgets.browser_values import checked
from lumen_widgets.widgets.prompt_form.checks import FIELDS, as_messages, errors_in, parsed_extra
from lumen_widgets.widgets.prompt_form.messages import (
    AnswerMessage,
    EarlierMessage,
    ErrorsMessage,
    FormSnapshotMessage,
    PicturesMessage,
    ReceivedMessage,
)
from lumen_widgets.widgets.prompt_form.uploads import UploadRefused, Uploads
from lumen_widgets.widgets.work_queue import work_queue

if TYPE_CHECKING:
    from lumen_widgets.client import LumenClient
    from lumen_widgets.widgets.prompt_form.checks import Values
    from lumen_widgets.widgets.prompt_form.reference_pictures import ReferencePictures

_log = logging.getLogger(__name__)

# what a browser may write; everything else is the kernel's alone
TYPED = frozenset({*FIELDS, "_extra_text"}) - {"extra", "images", "mask"}
# the field beside which it is said what is wrong with a trait, where they differ
_FIELD_OF = {"_extra_text": "extra"}
# pictures that a browser may add: each may be 64 MiB of the kernel's memory
MOST_PICTURES = 16
# earlier prompts that are offered, and rows of the journal in which they are looked for
_EARLIER, _ROWS = 50, 200


class Form(Protocol):
    """The form, as far as its messages need it."""

    comm: Any
    images: tuple[Any, ...]
    mask: Any
    references: ReferencePictures

    @property
    def client(self) -> LumenClient:
        """Whose journal has earlier prompts."""

    def values(self) -> Values:
        """Return what the form holds now."""

    def dispatch(self, values: Values, secret: str) -> object:
        """Send what was found to be in order."""

    def page_appeared(self) -> None:
        """Take in that a page shows the form."""

    def set_trait(self, name: str, value: Any) -> None:
        """Assign to a trait."""

    def send(self, content: Any) -> None:
        """Send a message to every page."""


class FormSession:
    """What one form and the pages that show it say to each other.

    Parameters
    ----------
    form
        The form, whose traits hold what is typed.

    """

    def __init__(self, form: Form) -> None:
        self._form = form
        self._lock = threading.Lock()
        self._sequence = 0
        self._uploads = Uploads()
        # submits and addresses taken in: a message that arrives twice is paid, and adds, once
        self._requests: set[str] = set()
        # what cannot be seen from a field's value: refused by a trait, or by the service
        self._refused: dict[str, str] = {}
        self._asked = False
        self._told: dict[str, str] = {}
        self._earlier: list[str] = []
        self._read_journal = False

    def heard(self, change: Any) -> None:
        """Take in that a field changed: what was wrong with its old value is past."""
        with self._lock:
            self._refused.pop(change["name"], None)
        self.show_errors()

    def refuse(self, field: str, message: str) -> None:
        """Say of a field's value what cannot be seen from it."""
        with self._lock:
            self._refused[_FIELD_OF.get(field, field)] = message
        self.show_errors()

    def ask(self, values: Values, secret: str, wrong: dict[str, str]) -> dict[str, str]:
        """Return what is wrong with `values` now that they are to be sent; `wrong` counts too."""
        with self._lock:
            self._refused = dict(wrong)
        errors = self._errors(values, asked=True)
        # the secret is known only now, so what is wrong with it stays until the next submit
        about_secret = errors_in(values, asked=True, secret=secret)
        for field in ("webhook_url", "webhook_secret"):
            if field in about_secret:
                errors[field] = about_secret[field]
                self.refuse(field, about_secret[field])
        with self._lock:
            self._asked = bool(errors)
        self.show_errors()
        return errors

    def remember(self, prompt: str) -> None:
        """Offer a prompt that was sent again."""
        with self._lock:
            others = [one for one in self._earlier if one != prompt]
            self._earlier = [prompt, *others][:_EARLIER]
        publisher.mark(self._publish_earlier)

    def show_errors(self) -> None:
        """Have the pages told what is wrong, if that changed."""
        publisher.mark(self._publish_errors)

    def show_pictures(self) -> None:
        """Have the pages told of the pictures, and of what is wrong with them."""
        publisher.mark(self._publish_pictures)
        publisher.mark(self._publish_errors)

    def receive(self, _: Any, content: Any, buffers: Any) -> None:
        """Take in a message; what a browser sends is not trusted to be well-formed."""
        if not isinstance(content, dict):
            return
        request = content.get("request")
        match content.get("kind"):
            case "hello" if isinstance(request, str):
                self._greet(request)
            case "submit" if isinstance(request, str) and request not in self._requests:
                self._requests.add(request)
                self._submit(request, content)
            case "typed":
                for name, value in self._typed(content.get("fields"))[0].items():
                    self._form.set_trait(name, value)
            case "chunk":
                self._take_chunk(content, list(buffers or ()))
            case "address" if isinstance(request, str) and request not in self._requests:
                self._requests.add(request)
                self._take_address(content.get("place"), content.get("url"))
            case "remove":
                self._remove(content.get("key"))
            case "move":
                self._move(content.get("key"), content.get("to"))

    def _greet(self, request: str) -> None:
        form = self._form
        form.page_appeared()
        with self._lock:
            first, self._read_journal = not self._read_journal, True
            earlier = list(self._earlier)
        self._told = self._errors(form.values(), asked=self._asked)
        images, mask = form.references.shown()
        form.send(
            FormSnapshotMessage(
                kind="form",
                sequence=self._next(),
                request=request,
                images=images,
                mask=mask,
                errors=as_messages(self._told),
                earlier=earlier,
            )
        )
        if first:
            work_queue.mark(self._look_back)

    def _submit(self, request: str, content: dict[str, Any]) -> None:
        typed, wrong = self._typed(content.get("fields"))
        values = self._form.values()
        if "_extra_text" in typed:
            text = typed.pop("_extra_text")
            # a text with a slip in it is an error of its own: what `extra` says does not matter
            values = replace(values, extra_text=text, extra=parsed_extra(text) or None)
        values = replace(values, **typed)
        secret = secret if isinstance(secret := content.get("secret"), str) else ""
        errors = self.ask(values, secret, wrong)
        if not errors:
            self._form.dispatch(values, secret)
        self._form.send(
            AnswerMessage(
                kind="answer",
                sequence=self._next(),
                request=request,
                taken=not errors,
                errors=as_messages(errors),
            )
        )

    def _typed(self, fields: Any) -> tuple[dict[str, Any], dict[str, str]]:
        """Return what a browser's fields hold, and what is wrong with those that hold nonsense."""
        written = {
            str(field.get("field")): field.get("value")
            for field in (fields if isinstance(fields, list) else ())
            if isinstance(field, dict)
        }
        values, wrong = checked(self._form, written, TYPED)
        return values, {_FIELD_OF.get(name, name): message for name, message in wrong.items()}

    def _take_chunk(self, content: dict[str, Any], buffers: list[Any]) -> None:
        upload, error, size = content.get("upload"), "", 0
        try:
            size, file = self._uploads.take(content, buffers)
            if file is not None:
                self._add(content.get("place"), file)
        except (UploadRefused, InvalidRequest) as refusal:
            error = str(refusal)
        if isinstance(upload, str):
            self._form.send(ReceivedMessage(kind="received", upload=upload, size=size, error=error))

    def _take_address(self, place: Any, url: Any) -> None:
        if isinstance(url, str):
            self._add(place, url.strip())

    def _add(self, place: Any, source: Any) -> None:
        form = self._form
        if place == "mask":
            form.mask = source
        elif place == "images":
            if len(form.images) >= MOST_PICTURES:
                self.refuse("images", f"A form takes {MOST_PICTURES} pictures at most.")
            else:
                form.images = (*form.images, source)

    def _remove(self, key: Any) -> None:
        form = self._form
        if (mask := form.references.mask) is not None and mask.key == key:
            form.mask = None
        kept = [one.source for one in form.references.images if one.key != key]
        if len(kept) < len(form.images):
            form.images = tuple(kept)

    def _move(self, key: Any, to: Any) -> None:
        form = self._form
        row = form.references.images
        moved = [one for one in row if one.key == key]
        if moved and isinstance(to, int) and not isinstance(to, bool):
            rest = [one for one in row if one.key != key]
            # a place beyond any list's is the last one
            rest.insert(min(max(0, to), len(rest)), moved[0])
            form.images = tuple(one.source for one in rest)
            # equal files in another order are no change to traitlets
            form.references.hold(form.images, form.mask)

    def _errors(self, values: Values, *, asked: bool) -> dict[str, str]:
        errors = errors_in(values, asked=asked)
        images, mask = self._form.references.images, self._form.references.mask
        if bad := [one for one in images if one.error]:
            errors["images"] = f"{bad[0].name}: {bad[0].error}"
        if mask is not None and mask.error:
            errors["mask"] = mask.error
        elif mask is not None and images and values.endpoint == INPAINT:
            first = images[0]
            known = first.width and mask.width
            if known and (first.width, first.height) != (mask.width, mask.height):
                errors.setdefault(
                    "mask",
                    f"The mask is {mask.width} x {mask.height} pixels, the picture "
                    f"{first.width} x {first.height}. Make the mask for this picture.",
                )
        with self._lock:
            return errors | self._refused

    def _publish_errors(self) -> None:
        errors = self._errors(self._form.values(), asked=self._asked)
        if errors != self._told:
            self._told = errors
            self._tell(
                ErrorsMessage(kind="errors", sequence=self._next(), errors=as_messages(errors))
            )

    def _publish_pictures(self) -> None:
        images, mask = self._form.references.shown()
        self._tell(
            PicturesMessage(kind="pictures", sequence=self._next(), images=images, mask=mask)
        )

    def _publish_earlier(self) -> None:
        with self._lock:
            earlier = list(self._earlier)
        self._tell(EarlierMessage(kind="earlier", sequence=self._next(), earlier=earlier))

    def _tell(self, message: ErrorsMessage | PicturesMessage | EarlierMessage) -> None:
        """Send what nobody asked for, unless the form was closed meanwhile."""
        if self._form.comm is not None:
            self._form.send(message)

    def _look_back(self) -> None:
        """Read the prompts of earlier sessions out of the journal; takes time."""
        journal = self._form.client.journal
        if journal is None:
            return
        try:
            rows = journal.rows(_ROWS)
        except Exception:  # noqa: BLE001 # earlier prompts are a comfort: a broken journal says so when it matters
            _log.debug("no earlier prompts", exc_info=True)
            return
        prompts = [row.body.get("prompt") for row in rows]
        with self._lock:
            known = dict.fromkeys(self._earlier)
            known |= dict.fromkeys(one for one in prompts if isinstance(one, str) and one)
            self._earlier = list(known)[:_EARLIER]
        publisher.mark(self._publish_earlier)

    def _next(self) -> int:
        with self._lock:
            self._sequence += 1
            return self._sequence
