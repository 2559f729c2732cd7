"""What one prompt form and the pages that show it say to each other."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.models import INPAINT
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.widgets.browser_values import checked
from lumen_widgets.widgets.prompt_form.checks import FIELDS, as_messages, errors_in, values_of
from lumen_widgets.widgets.prompt_form.messages import (
    AnswerMessage,
    EarlierMessage,
    ErrorsMessage,
    FormSnapshotMessage,
    PicturesMessage,
    ReceivedMessage,
)
from lumen_widgets.widgets.prompt_form.reference_pictures import ReferencePictures
from lumen_widgets.widgets.prompt_form.uploads import UploadRefused, Uploads
from lumen_widgets.widgets.work_queue import work_queue

if TYPE_CHECKING:
    from collections.abc import Callable

    from anywidget import AnyWidget

    from lumen_widgets.client import LumenClient
    from lumen_widgets.widgets.prompt_form.checks import FormValues

_log = logging.getLogger(__name__)

# the traits that a page may write
TYPED = frozenset({*FIELDS, "_extra_text"}) - {"extra", "images", "mask"}
# the field beside which it is said what is wrong with a trait, where they differ
_FIELD_OF = {"_extra_text": "extra"}
# pictures that a browser may add: each may be 64 MiB of the kernel's memory
_MOST_PICTURES = 16
# earlier prompts that are offered, and rows of the journal in which they are looked for
_EARLIER, _ROWS = 50, 200


class FormSession:
    """Takes in what pages do with a form, and sends them what is no trait.

    Parameters
    ----------
    form
        The form, whose traits hold what is typed.
    client
        Whose journal has the prompts of earlier sessions.
    submit
        Called with values that were found to be in order, and the webhook's secret.
    page_appeared
        Called when a page shows the form.

    Attributes
    ----------
    references
        The form's pictures, with what is known of each.

    """

    def __init__(
        self,
        form: AnyWidget,
        client: LumenClient,
        *,
        submit: Callable[[FormValues, str], object],
        page_appeared: Callable[[], None],
    ) -> None:
        self.references = ReferencePictures(self._show_pictures)
        self._form = form
        self._client = client
        self._dispatch = submit
        self._page_appeared = page_appeared
        self._lock = threading.Lock()
        self._sequence = 0
        self._uploads = Uploads()
        # submits and addresses taken in: a message that arrives twice is paid, and adds, once
        self._requests: set[str] = set()
        # what cannot be seen from a field's value: refused by a trait, or by the service
        self._refused: dict[str, str] = {}
        self._asked = False
        self._sent_errors: dict[str, str] = {}
        self._earlier: list[str] = []
        self._read_journal = False

    def forget_error(self, field: str) -> None:
        """Take in that a field changed: what was wrong with its old value is past."""
        with self._lock:
            self._refused.pop(field, None)
        self.show_errors()

    def refuse(self, field: str, message: str) -> None:
        """Say of a field's value what cannot be seen from it."""
        with self._lock:
            self._refused[_FIELD_OF.get(field, field)] = message
        self.show_errors()

    def check(self, values: FormValues, secret: str, wrong: dict[str, str]) -> dict[str, str]:
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

    def offer_again(self, prompt: str) -> None:
        """Offer a prompt that was sent among the earlier ones."""
        with self._lock:
            others = [one for one in self._earlier if one != prompt]
            self._earlier = [prompt, *others][:_EARLIER]
        publisher.run_soon(self._publish_earlier)

    def show_errors(self) -> None:
        """Have what is wrong sent to the pages, if that changed."""
        publisher.run_soon(self._publish_errors)

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
                typed, _ = self._typed(content.get("fields"))
                for name, value in typed.items():
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
        self._page_appeared()
        with self._lock:
            first, self._read_journal = not self._read_journal, True
            earlier = list(self._earlier)
        self._sent_errors = self._errors(self._values(), asked=self._asked)
        images, mask = self.references.shown()
        self._form.send(
            FormSnapshotMessage(
                kind="form",
                sequence=self._next(),
                request=request,
                images=images,
                mask=mask,
                errors=as_messages(self._sent_errors),
                earlier=earlier,
            )
        )
        if first:
            work_queue.run_soon(self._read_earlier)

    def _submit(self, request: str, content: dict[str, Any]) -> None:
        typed, wrong = self._typed(content.get("fields"))
        values = values_of(self._form, typed)
        secret = secret if isinstance(secret := content.get("secret"), str) else ""
        errors = self.check(values, secret, wrong)
        if not errors:
            self._dispatch(values, secret)
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
        """Return what a browser's fields hold, and what is wrong with the others."""
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
        if place == "mask":
            self._form.set_trait("mask", source)
        elif place == "images":
            held = [one.source for one in self.references.images]
            if len(held) >= _MOST_PICTURES:
                self.refuse("images", f"A form takes {_MOST_PICTURES} pictures at most.")
            else:
                self._form.set_trait("images", (*held, source))

    def _remove(self, key: Any) -> None:
        if (mask := self.references.mask) is not None and mask.key == key:
            self._form.set_trait("mask", None)
        images = self.references.images
        kept = tuple(one.source for one in images if one.key != key)
        if len(kept) < len(images):
            self._form.set_trait("images", kept)

    def _move(self, key: Any, to: Any) -> None:
        row = self.references.images
        moved = [one for one in row if one.key == key]
        if moved and isinstance(to, int) and not isinstance(to, bool):
            rest = [one for one in row if one.key != key]
            # a place beyond any list's is the last one
            rest.insert(min(max(0, to), len(rest)), moved[0])
            images, mask = tuple(one.source for one in rest), self.references.mask
            self._form.set_trait("images", images)
            # equal files in another order are no change to traitlets
            self.references.hold(images, None if mask is None else mask.source)

    def _values(self) -> FormValues:
        return values_of(self._form, {})

    def _errors(self, values: FormValues, *, asked: bool) -> dict[str, str]:
        errors = errors_in(values, asked=asked)
        images, mask = self.references.images, self.references.mask
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
        errors = self._errors(self._values(), asked=self._asked)
        if errors != self._sent_errors:
            self._sent_errors = errors
            self._send(
                ErrorsMessage(kind="errors", sequence=self._next(), errors=as_messages(errors))
            )

    def _show_pictures(self) -> None:
        """Have the pictures sent to the pages, and what is wrong with them."""
        publisher.run_soon(self._publish_pictures)
        publisher.run_soon(self._publish_errors)

    def _publish_pictures(self) -> None:
        images, mask = self.references.shown()
        self._send(
            PicturesMessage(kind="pictures", sequence=self._next(), images=images, mask=mask)
        )

    def _publish_earlier(self) -> None:
        with self._lock:
            earlier = list(self._earlier)
        self._send(EarlierMessage(kind="earlier", sequence=self._next(), earlier=earlier))

    def _send(self, message: ErrorsMessage | PicturesMessage | EarlierMessage) -> None:
        """Send news to the pages, unless the form was closed meanwhile."""
        if self._form.comm is not None:
            self._form.send(message)

    def _read_earlier(self) -> None:
        """Read the prompts of earlier sessions out of the journal; takes time."""
        journal = self._client.journal
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
        publisher.run_soon(self._publish_earlier)

    def _next(self) -> int:
        with self._lock:
            self._sequence += 1
            return self._sequence
