"""What one prompt form and the pages that show it say to each other."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from lumen_widgets.client.exact.ground import check_sides
from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.log import Log
from lumen_widgets.core.models import INPAINT
from lumen_widgets.core.words import holds_key, strip_controls
from lumen_widgets.notebook.cell_status import error_words
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.widgets.browser_values import checked
from lumen_widgets.widgets.mask_painter.painting import Painting
from lumen_widgets.widgets.mask_painter.widget import painting_of
from lumen_widgets.widgets.prompt_form.checks import (
    FIELDS,
    SIDES,
    as_messages,
    errors_in,
    values_of,
)
from lumen_widgets.widgets.prompt_form.form_code import form_code
from lumen_widgets.widgets.prompt_form.form_painter import FormPainter
from lumen_widgets.widgets.prompt_form.messages import (
    AnswerMessage,
    CodeMessage,
    EarlierMessage,
    ErrorsMessage,
    FormPicture,
    FormSnapshotMessage,
    OpenedMessage,
    PaintedPicture,
    PicturesMessage,
    ReceivedMessage,
    ShowExtendMessage,
)
from lumen_widgets.widgets.prompt_form.reference_pictures import ReferencePictures
from lumen_widgets.widgets.prompt_form.taken_submits import taken_submits
from lumen_widgets.widgets.prompt_form.uploads import UploadRefused, Uploads
from lumen_widgets.widgets.work_queue import work_queue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anywidget import AnyWidget

    from lumen_widgets.notebook.account import Account
    from lumen_widgets.notebook.as_code import CodeOf
    from lumen_widgets.notebook.submission import Submission
    from lumen_widgets.widgets.prompt_form.checks import FormValues
    from lumen_widgets.widgets.prompt_form.strip import Strip
    from lumen_widgets.widgets.prompt_form.taken_submits import TakenSubmit

_log = Log(__name__)

# the traits that a page may write
TYPED = frozenset({*FIELDS, "_extra_text"}) - {"extra", "images", "mask"}
# the field beside which it is said what is wrong with a trait, where they differ
_FIELD_OF = {"_extra_text": "extra"}
# fields whose values may be refused because of another: what was wrong with them is past with it
_REFUSED_WITH = {
    **dict.fromkeys(SIDES, SIDES),
    "images": SIDES,
    "mask": ("crop", *SIDES),
    "exact": ("crop",),
}
# what an empty mask means where it can be painted in
_NOTHING_PAINTED = "Nothing is painted yet. Paint over what is to be repainted, or discard it."
# traits whose text a notebook keeps, and where somebody may have pasted a key
MAY_HOLD_KEY = ("prompt", "negative_prompt", "model", "_extra_text")
KEY_CUT = (
    "There seemed to be an API key in this, and it was cut out: a notebook would keep it. Look at "
    "what is left. If the key was saved or sent somewhere, replace it in the service's console."
)
# what was painted in a page is not what would be sent
_GONE_ON = "What was painted here was thrown away since. Look at what is there now, and send again."
# pictures that a browser may add: each may be 64 MiB of the kernel's memory
MOST_PICTURES = 16
# earlier prompts that are offered, and rows of the journal in which they are looked for
_EARLIER, _ROWS = 50, 200
# submits that a tab may not have seen: more than anybody clicks while a kernel is busy
_RECENT = 100
# characters of a request's id, which the journal keeps too
_ID_LENGTH = 128

# the sessions of the forms that are open in this kernel, by the form's own id
_open: weakref.WeakValueDictionary[str, FormSession] = weakref.WeakValueDictionary()


@dataclass
class _RecentSubmit:
    """A submit of this form, and the sequence number of its answer once there is one."""

    content: tuple[Any, ...]
    known: TakenSubmit
    answered: int | None = None


class FormSession:
    """Takes in what pages do with a form, and sends them what is no trait.

    Parameters
    ----------
    form
        The form, whose traits hold what is typed.
    form_id
        What pages know the form by.
    account
        Whose credits are spent, and whose journal has the prompts of earlier sessions.
    strip
        What its pictures are for.
    submit
        Called with values that were found to be in order, the webhook's secret, the id that the
        page gave the submit, and what to call with the submission before anything is done with it.
    show
        Called with what another form submitted, for this one to show.
    page_appeared
        Called when a page shows the form.
    code_changed
        Called when the form may be other code, though none of its fields changed.

    Attributes
    ----------
    references
        The form's pictures, with what is known of each.
    painting
        The painter in the form.

    """

    def __init__(
        self,
        form: AnyWidget,
        form_id: str,
        account: Account,
        strip: Strip,
        *,
        submit: Callable[[FormValues, str, str, Callable[[Submission], None]], Submission],
        show: Callable[[Submission], object],
        page_appeared: Callable[[], None],
        code_changed: Callable[[], None],
    ) -> None:
        self.references = ReferencePictures(self._show_pictures, strip.is_known)
        self.painting = FormPainter(form, self._show_pictures)
        self._form = form
        self._form_id = form_id
        self._account = account
        self._strip = strip
        self._dispatch = submit
        self._show = show
        self._page_appeared = page_appeared
        self._code_changed = code_changed
        self._lock = threading.Lock()
        # each tab may have a thread of its own in the kernel; a function of the user's is called
        self._receiving = threading.RLock()
        self._sequence = 0
        self._uploads = Uploads()
        # submits taken in, by every form of the account: one that arrives twice is paid once
        self._submits = taken_submits(account.client)
        self._recent: deque[_RecentSubmit] = deque(maxlen=_RECENT)
        # addresses taken in: one that arrives twice adds one picture
        self._addresses: set[str] = set()
        # what cannot be seen from a field's value: refused by a trait, or by the service
        self._refused: dict[str, str] = {}
        self._asked = False
        self._sent_errors: dict[str, str] = {}
        self._earlier: list[str] = []
        self._read_journal = False
        _open[form_id] = self

    def close(self) -> None:
        """Leave out what is yet to be sent, and let go of the pictures."""
        publisher.forget(self)
        self.painting.end()
        self.references.close()

    def forget_error(self, field: str) -> None:
        """Take in that a field changed: what was wrong with its old value is past."""
        with self._lock:
            for name in (field, *_REFUSED_WITH.get(field, ())):
                self._refused.pop(name, None)
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

    def as_code(self, typed: dict[str, Any], wrong: dict[str, str]) -> CodeOf:
        """Return what the form would send, as code.

        Parameters
        ----------
        typed
            Newer values of its fields.
        wrong
            What is wrong with others, which were not taken.

        """
        values = values_of(self._form, typed)
        mask = self.references.mask
        held = (*self.references.images, *(() if mask is None else (mask,)))
        return form_code(
            values,
            self._account,
            errors={**self._errors(values, asked=True), **wrong},
            names={id(painting_of(one.source) or one.source): one.name for one in held},
            open_painting=painting_of(self._form.painter),
        )

    def offer_again(self, prompt: str) -> None:
        """Offer a prompt that was sent among the earlier ones."""
        prompt = strip_controls(prompt)
        with self._lock:
            others = [one for one in self._earlier if one != prompt]
            self._earlier = [prompt, *others][:_EARLIER]
        publisher.run_soon(self._publish_earlier)

    def show_errors(self) -> None:
        """Have what is wrong sent to the pages, if that changed."""
        publisher.run_soon(self._publish_errors)
        publisher.run_soon(self._code_changed)

    def show_extend(self) -> None:
        """Have every page unfold the sides of an extension."""
        if self._form.comm is not None:
            self._form.send(ShowExtendMessage(kind="show_extend"))

    def receive(self, _: Any, content: Any, buffers: Any) -> None:
        """Take in a message; what a browser sends is not trusted to be well-formed."""
        if isinstance(content, dict):
            if self._strip.receive(content):
                return
            with self._receiving:
                self._take_in(content, buffers)

    def _take_in(self, content: dict[str, Any], buffers: Any) -> None:
        request = content.get("request")
        match content.get("kind"):
            case "hello" if isinstance(request, str):
                self._greet(request, content.get("unanswered"))
            case "submit" if (
                isinstance(request, str) and _is_id(request) and _are_read(content.get("fields"))
            ):
                with self._submits.carrying_out:
                    self._submit(request, content)
            case "typed":
                typed, _ = self._typed(content.get("fields"))
                for name, value in typed.items():
                    self._form.set_trait(name, value)
            case "as_code" if isinstance(request, str):
                self._send_code(request, content.get("fields"))
            case "chunk":
                self._take_chunk(content, list(buffers or ()))
            case "address" if isinstance(request, str) and request not in self._addresses:
                self._addresses.add(request)
                self._take_address(content.get("place"), content.get("url"))
            case "remove":
                self._remove(content.get("key"))
            case "move":
                self._move(content.get("key"), content.get("to"))
            case _:
                self._take_painting(content)

    def _take_painting(self, content: dict[str, Any]) -> None:
        request = content.get("request")
        match content.get("kind"):
            case "paint" if isinstance(request, str):
                self._paint(request, content.get("key"))
            case "close_painter":
                self.painting.close(content.get("painting"))
            case "discard":
                self.painting.discard(content.get("painting"))

    def _greet(self, request: str, unanswered: Any) -> None:
        self._page_appeared()
        lost = self._answer_again(unanswered if isinstance(unanswered, list) else [])
        with self._lock:
            first, self._read_journal = not self._read_journal, True
            earlier = list(self._earlier)
        self._sent_errors = self._errors(self._values(), asked=self._asked)
        images, mask = self._shown_pictures()
        self._form.send(
            FormSnapshotMessage(
                kind="form",
                sequence=self._next(),
                request=request,
                images=images,
                mask=mask,
                painted=self._painted(),
                chosen=self.painting.chosen,
                errors=as_messages(self._sent_errors),
                earlier=earlier,
                lost=lost,
            )
        )
        self._strip.greet()
        if first:
            work_queue.run_soon(self._read_earlier)

    def send_once(
        self, request: str, send: Callable[[Callable[[Submission], None]], Submission]
    ) -> Submission:
        """Send what needs no check under an id, unless that was done under it.

        Raises
        ------
        InvalidRequest
            It was, and is over.
        LumenError
            What `send` raises.

        """
        known, new = self._submits.begin(request, self._form_id)
        if not new:
            if (sent := known.sent()) is None:
                raise InvalidRequest(
                    "This was sent already.", next_step="Look in the list, or in lumen.history()."
                )
            return sent
        try:
            sent = send(known.hold)
        except BaseException:
            known.decide(taken=False)
            raise
        known.decide(taken=True)
        return sent

    def _submit(self, request: str, content: dict[str, Any]) -> None:
        known, new = self._submits.begin(request, self._form_id)
        self._finish_interrupted(known)
        # nothing was done yet of one that was interrupted before that
        if not (new or known.was_interrupted):
            self._repeat_answer(request, known)
            return
        typed, wrong = self._typed(content.get("fields"))
        if self.painting.is_another(shown := content.get("painting")):
            # what the page shows is what it means, also where the form has gone on to another one
            typed["mask"] = self.painting.find(shown)
            if typed["mask"] is None:
                wrong["mask"] = _GONE_ON
        values = values_of(self._form, typed)
        if (same := self._find_unseen(values, known, content.get("sequence"))) is not None:
            self._finish_interrupted(same.known)
            known.follow(same.known)
            self._repeat_answer(request, known)
            # whoever sees this answer knows of it: another click is meant
            if same.answered is None:
                same.answered = self._sequence
            return
        secret = secret if isinstance(secret := content.get("secret"), str) else ""
        errors = self.check(values, secret, wrong)
        if not errors:
            # before anything is sent: Ctrl-C may come before the answer
            self._recent.append(_RecentSubmit(self._content(values), known))
            self._dispatch(values, secret, request, known.hold)
        known.decide(taken=not errors)
        self._answer(request, errors, taken=not errors)

    def _finish_interrupted(self, known: TakenSubmit) -> None:
        """Send what Ctrl-C left begun, if it did; once, also if it was sent already."""
        if known.was_interrupted and (begun := known.sent()) is not None:
            self._show(begun)
            begun.start()
            known.decide(taken=True)

    def _find_unseen(
        self, values: FormValues, known: TakenSubmit, seen: Any
    ) -> _RecentSubmit | None:
        """Return a submit of the same from a page of which this one could not know, if any.

        Two tabs show one form: while the kernel is busy, a click in one is not seen in the other.
        """
        if not isinstance(seen, int):
            return None
        content = self._content(values)
        return next(
            (
                one
                for one in list(self._recent)
                if one.known is not known
                and one.content == content
                and (one.answered is None or seen < one.answered)
                # else Ctrl-C came before anything was done of it
                and (one.known.sent() is not None or not one.known.was_interrupted)
            ),
            None,
        )

    def _content(self, values: FormValues) -> tuple[Any, ...]:
        """Return what a submit asks for, with the names of its pictures in place of them."""
        mask = self.references.mask
        names = {
            # a mask that can say what it is may have more in it
            id(one.source): f"{one.key} {one.revision}"
            for one in (*self.references.images, *(() if mask is None else (mask,)))
        }
        names[id(None)] = ""
        if isinstance(values.mask, Painting):
            names[id(values.mask)] = f"{values.mask.id} {values.mask.steps.sequence}"
        pictures = [names.get(id(one), object()) for one in (*values.images, values.mask)]
        wish = values.exact, values.crop, values.sides
        return values.prompt, dict(values.fields), values.extra_text, wish, pictures

    def _answer_again(self, unanswered: list[Any]) -> list[str]:
        """Answer the submits that are known, and return those that no open form has sent."""
        lost = []
        for one in unanswered:
            request, form_id = (
                (one.get("request"), one.get("form")) if isinstance(one, dict) else (None, None)
            )
            if not (isinstance(request, str) and isinstance(form_id, str)):
                continue
            if (known := self._submits.get(request)) is not None:
                self._repeat_answer(request, known)
            elif form_id not in _open:
                lost.append(request)
        return lost

    def _repeat_answer(self, request: str, known: TakenSubmit) -> None:
        """Answer a submit that arrived before, and do nothing again."""
        if known.taken is None:
            # what carries it out answers it, or another click
            return
        submission = known.sent()
        if submission is not None and known.form not in _open:
            known.form = self._form_id
            self._show(submission)
        errors = self._errors(self._values(), asked=self._asked)
        self._answer(request, errors, taken=known.taken, repeated=True)

    def _answer(
        self, request: str, errors: dict[str, str], *, taken: bool, repeated: bool = False
    ) -> None:
        """Answer a submit."""
        sequence = self._next()
        self._form.send(
            AnswerMessage(
                kind="answer",
                sequence=sequence,
                request=request,
                taken=taken,
                repeated=repeated,
                errors=as_messages(errors),
            )
        )
        known = self._submits.get(request)
        for one in list(self._recent):
            if one.known is known and one.answered is None:
                one.answered = sequence

    def _typed(self, fields: Any) -> tuple[dict[str, Any], dict[str, str]]:
        """Return what a browser's fields hold, and what is wrong with the others."""
        written = {
            str(field.get("field")): field.get("value")
            for field in (fields if isinstance(fields, list) else ())
            if isinstance(field, dict)
        }
        values, wrong = checked(self._form, written, TYPED)
        wrong |= dict.fromkeys(keys_in(written), KEY_CUT)
        return values, {_FIELD_OF.get(name, name): message for name, message in wrong.items()}

    def _send_code(self, request: str, fields: Any) -> None:
        code = self.as_code(*self._typed(fields))
        self._form.send(
            CodeMessage(kind="code", request=request, python=code.python, curl=code.curl)
        )

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
            if len(held) >= MOST_PICTURES:
                self.refuse("images", f"A form takes {MOST_PICTURES} pictures at most.")
            else:
                self._form.set_trait("images", (*held, source))

    def _remove(self, key: Any) -> None:
        if (mask := self.references.mask) is not None and mask.key == key:
            if self.painting.owns(mask.source):
                self.painting.discard()
            else:
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

    def _paint(self, request: str, key: Any) -> None:
        found = next((one for one in self.references.images if one.key == key), None)
        if found is None:
            self._opened(request, "", "It is not in the form any more.")
        else:
            self.painting.open_soon(found.source, partial(self._opened, request, found.name))

    def _opened(self, request: str, name: str, error: str) -> None:
        """Answer that the painter is open, or say beside the pictures why it is not."""
        if error and name:
            self.refuse("images", f"{name}: {error}")
        if self._form.comm is not None:
            self._form.send(OpenedMessage(kind="opened", request=request, error=error))

    def _values(self) -> FormValues:
        return values_of(self._form, {})

    def _errors(self, values: FormValues, *, asked: bool) -> dict[str, str]:
        errors = errors_in(values, asked=asked)
        mask = None if values.mask is None else self.references.mask
        images = [
            one
            for one in self.references.images
            if any(one.source is sent for sent in values.images)
        ]
        if bad := [one for one in images if one.error]:
            errors["images"] = f"{bad[0].name}: {bad[0].error}"
        if self.painting.owns(values.mask):
            # it fits its picture, and what is known of it may be older than the last stroke
            if asked and not values.mask.coverage:
                errors["mask"] = _NOTHING_PAINTED
        elif mask is not None and mask.error:
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
        if values.extends and len(images) == 1 and images[0].width:
            try:
                check_sides(values.sides, images[0].width, images[0].height)
            except InvalidRequest as error:
                errors.setdefault(str(error.field), error_words(error))
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
        self.show_errors()

    def _shown_pictures(self) -> tuple[list[FormPicture], FormPicture | None]:
        images, mask = self.references.shown()
        held = self.references.mask
        if mask is not None and held is not None and self.painting.owns(held.source):
            # that nothing is painted yet is no error before it is to be sent
            mask["error"] = ""
            if not mask["coverage"]:
                mask["thumbnail"] = None
        return images, mask

    def _painted(self) -> PaintedPicture | None:
        """Return the picture that the mask is painted on, where the form has it."""
        held = self.references.mask
        mask = None if held is None else held.source
        if (painting := painting_of(mask)) is None:
            return None
        keys = [one.key for one in self.references.images if one.source is painting.image]
        if not keys:
            return None
        return PaintedPicture(key=keys[0], own=self.painting.owns(mask), painting=painting.id)

    def _publish_pictures(self) -> None:
        images, mask = self._shown_pictures()
        self._send(
            PicturesMessage(
                kind="pictures",
                sequence=self._next(),
                images=images,
                mask=mask,
                painted=self._painted(),
                chosen=self.painting.chosen,
            )
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
        journal = self._account.client.journal
        if journal is None:
            return
        try:
            rows = journal.rows(_ROWS)
        except Exception:  # noqa: BLE001 # earlier prompts are a comfort: a broken journal says so when it matters
            _log.debug("no earlier prompts", exc_info=True)
            return
        found = [row.body.get("prompt") for row in rows]
        # marks that steer a terminal or turn letters around cannot be seen in a field
        prompts = [strip_controls(one) for one in found if isinstance(one, str)]
        with self._lock:
            known = dict.fromkeys(self._earlier)
            known |= dict.fromkeys(one for one in prompts if one)
            self._earlier = list(known)[:_EARLIER]
        publisher.run_soon(self._publish_earlier)

    def _next(self) -> int:
        with self._lock:
            self._sequence += 1
            return self._sequence


def keys_in(written: Mapping[str, Any]) -> list[str]:
    """Return the names of those fields that seem to hold a key."""
    return [
        name
        for name in MAY_HOLD_KEY
        if isinstance(text := written.get(name), str) and holds_key(text)
    ]


def forget_form(form_id: str) -> None:
    """Take in that a form is closed: what its pages have sent since is lost."""
    _open.pop(form_id, None)


def _are_read(fields: object) -> bool:
    """Say whether a submit's fields say what its page showed: of others nothing is paid.

    One that is named twice has two values, and of one that is not known here it is not known what
    it asks for.
    """
    if not isinstance(fields, list) or not all(
        isinstance(one, dict) and isinstance(one.get("field"), str) and "value" in one
        for one in fields
    ):
        return False
    names = {one["field"] for one in fields}
    return len(names) == len(fields) and names <= TYPED


def _is_id(request: str) -> bool:
    plain = request.isascii() and request.isprintable() and " " not in request
    return 0 < len(request) <= _ID_LENGTH and plain
