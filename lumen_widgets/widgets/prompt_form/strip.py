"""The part of a form that has pictures to do things with: the strip, recall and presets.

It takes in the messages of pages that are about these, and sends what is to be shown. What changes
the form is done on the publisher's thread, in the order in which it was asked for.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from lumen_widgets.client import InvalidRequest, LumenError, Picture
from lumen_widgets.core.callback import SECRET_FIELD, URL_FIELD
from lumen_widgets.core.fields import PICTURE_FIELDS
from lumen_widgets.core.parameters import read_provenance
from lumen_widgets.core.pictures.decoding import UnreadablePicture
from lumen_widgets.core.words import strip_controls, without_keys
from lumen_widgets.notebook.cell_status import error_words
from lumen_widgets.notebook.journal_pictures import JournalPictures
from lumen_widgets.notebook.kept_pictures import request_of_picture
from lumen_widgets.notebook.presets import Presets
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.widgets.browser_values import checked
from lumen_widgets.widgets.comparisons import Comparisons
from lumen_widgets.widgets.picture_actions import PictureActions
from lumen_widgets.widgets.picture_copies import PictureCopies
from lumen_widgets.widgets.picture_names import picture_name
from lumen_widgets.widgets.prompt_form.messages import (
    AwaitedMessage,
    PresetsMessage,
    ResultsMessage,
)
from lumen_widgets.widgets.prompt_form.recalled import (
    RECALLED,
    Recalled,
    Sources,
    recalled_request,
    recalled_stated,
    recalled_values,
)
from lumen_widgets.widgets.prompt_form.recalls import Recalls
from lumen_widgets.widgets.prompt_form.results import Results
from lumen_widgets.widgets.work_queue import work_queue

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient, Request, Task
    from lumen_widgets.core.parameters import FoundProvenance
    from lumen_widgets.notebook.kept_task import KeptTask
    from lumen_widgets.notebook.submission import Submission
    from lumen_widgets.widgets.picture_targets import PictureTarget
    from lumen_widgets.widgets.prompt_form.checks import FormValues
    from lumen_widgets.widgets.prompt_form.messages import RecallMessage

# what a preset has: never a key, a secret, an address or a picture
_PRESET = (
    "prompt",
    "negative_prompt",
    "model",
    "n",
    "size",
    "resolution",
    "quality",
    "extra",
    "exact",
    "crop",
)
# files of which it is held what they say: a form has fewer pictures
_MOST_STATED = 32
_NO_PRESET = {*PICTURE_FIELDS, URL_FIELD, SECRET_FIELD}


class Strip:
    """The strip of one form.

    Parameters
    ----------
    form
        The form, which is also where its pictures are used.
    client
        Whose journal has pictures and stars.
    presets
        Returns the user's presets.

    Attributes
    ----------
    results
        The pictures in it.
    recalls
        What is offered to come back, and what can be undone.
    comparisons
        What its pictures are compared with.

    """

    def __init__(
        self,
        form: Any,
        client: LumenClient,
        presets: Callable[[], Presets] = Presets,
    ) -> None:
        self._form = form
        self._client = client
        self._presets = presets
        self.results = Results(client)
        self.recalls = Recalls(form, lambda: publisher.run_soon(self._send_recall))
        target: Callable[[], PictureTarget | None] = lambda: form  # noqa: E731 -- typed: a form is one
        pictures = JournalPictures(client.journal)
        self.comparisons = Comparisons(pictures, form.open_comparison, self._images_of)
        self._actions = PictureActions(
            form, client, self.results.find, target, comparisons=self.comparisons
        )
        self._copies = PictureCopies(form, self.results.find, self.results.tile)
        # what was sent last, and what pages were told of it
        self._last: Submission | None = None
        self._told: AwaitedMessage | None = None
        self._sources = Sources(pictures, self.results.find)
        # by digest, the name of a file that says how it was made, and what it says
        self._stated: dict[str, tuple[str, FoundProvenance]] = {}

    def receive(self, content: dict[str, Any]) -> bool:
        """Take in a page's message; say whether it was one for this. Takes no time."""
        if content.get("kind") == "hidden" and isinstance(view := content.get("view"), str):
            self._copies.forget_view(view)
            return False
        if self._actions.receive(content) or self._copies.receive(content):
            return True
        # a browser's word may be anything, also what no set can be asked for
        if content.get("kind") in ("offer", "choose", "undo", "preset", "gallery"):
            publisher.run_soon(partial(self._carry_out, content))
            return True
        return False

    def greet(self) -> None:
        """Have all of it sent to a page that appears."""
        publisher.run_soon(self._send_results)
        publisher.run_soon(partial(self._send_awaited, again=True))
        publisher.run_soon(self._send_recall)
        work_queue.run_soon(self._send_presets)

    def note_sent(self, submission: Submission, values: FormValues) -> None:
        """Take in what is being sent: from now on its pictures are awaited."""
        self.results.note_sent(submission, values)
        self._last = submission
        publisher.run_soon(self._send_awaited)

    def note_news(self, submission: Submission) -> None:
        """Take in what a submission has made, and show it."""
        if self.results.take(submission):
            publisher.run_soon(self._send_results)
        publisher.run_soon(self._send_awaited)

    def note_earlier(self, task: Task | KeptTask, age: int) -> None:
        """Take in what a task has made that was not sent from here, and show it.

        Parameters
        ----------
        task, age
            As for `Results.take_earlier`.

        """
        if self.results.take_earlier(task, age):
            publisher.run_soon(self._send_results)

    def close(self) -> None:
        """Leave out what is yet to be done and sent."""
        self._actions.close()
        self._copies.close()
        work_queue.forget(self)
        publisher.forget(self)

    def recalled(self, picture: Picture) -> Recalled:
        """Return what the form would hold to ask once more for a picture.

        Raises
        ------
        InvalidRequest
            It is not known how it was made.
        JournalError
            The journal cannot be read.

        """
        result, request = self.results.get(picture.sha256), self.request_of(picture)
        if result is not None and result.values is not None:
            return recalled_values(result.values, request)
        if request is None:
            raise InvalidRequest(
                "It is not known how this picture was made: it is in no journal here.",
                next_step="Take one that was made here.",
            )
        made_from = partial(self._sources.made_from, picture)
        return recalled_request(self._form, request, self._sources, made_from)

    def recalled_row(self, row_number: int, request: Request) -> Recalled:
        """Return what the form would hold to send a request of the journal once more.

        Raises
        ------
        JournalError
            The journal cannot be read.

        """
        made_from = partial(self._sources.made_from_row, row_number)
        return recalled_request(self._form, request, self._sources, made_from)

    def request_of(self, picture: Picture) -> Request | None:
        """Return what was asked for to have a picture, None where that is not known.

        Raises
        ------
        JournalError
            The journal cannot be read.

        """
        return request_of_picture(picture, self._client.journal)

    def again(
        self,
        picture: Picture,
        by_values: Callable[[FormValues], Submission],
        by_request: Callable[[Request, FormValues], Submission],
    ) -> Submission:
        """Send what a picture was made by once more.

        Parameters
        ----------
        picture
            The picture.
        by_values
            Sends what the form would hold for it: pictures get an address anew.
        by_request
            Sends the request as it was sent, but for its webhook; for what the form cannot hold
            any more.

        Raises
        ------
        InvalidRequest
            It is not known how it was made.
        JournalError
            The journal cannot be read.

        """
        recalled = self.recalled(picture)
        values = recalled.values(self._form)
        request = self.request_of(picture)
        if recalled.lost and request is not None:
            # a webhook does not come back, and the journal would not have its secret
            hook = {URL_FIELD, SECRET_FIELD}
            body = {name: value for name, value in request.body.items() if name not in hook}
            return by_request(replace(request, body=body, secret=None), values)
        return by_values(values)

    def is_known(self, sha256: str, file: bytes | None, name: str) -> bool:
        """Say whether the settings of a picture can come back: by the journal, or by its file.

        Parameters
        ----------
        sha256, file
            The digest, and the file, where there is one.
        name
            What the form calls it.

        """
        with suppress(LumenError):
            if request_of_picture(sha256, self._client.journal) is not None:
                return True
        found = None
        with suppress(UnreadablePicture):
            found = None if file is None else read_provenance(file)
        if found is None or "prompt" not in found.made.settings:
            return False
        self._stated[sha256] = name, found
        while len(self._stated) > _MOST_STATED:
            del self._stated[next(iter(self._stated))]
        return True

    def _images_of(self, picture: Picture) -> tuple[Any, ...]:
        """Return the pictures that the form held when a picture of it was sent for."""
        result = self.results.get(picture.sha256)
        return () if result is None or result.values is None else result.values.images

    def _carry_out(self, content: dict[str, Any]) -> None:
        kind, name = content.get("kind"), content.get("name")
        if kind == "offer":
            work_queue.run_soon(partial(self._offer, content.get("sha256")))
        elif kind == "undo":
            self.recalls.forget() if content.get("forget") is True else self.recalls.undo()
        elif kind == "choose":
            fields = content.get("fields")
            chosen = (
                [one for one in fields if one in RECALLED] if isinstance(fields, list) else None
            )
            self.recalls.choose(chosen)
        elif kind == "gallery":
            self._form.show_gallery(opened=content.get("opened") is True)
        elif isinstance(name, str):
            # a file is read and written
            work_queue.run_soon(partial(self._do_preset, content.get("action"), name))

    def _offer(self, sha256: Any) -> None:
        """Offer the settings of a reference picture that is one of ours, or says them itself."""
        try:
            is_digest = isinstance(sha256, str) and sha256.isascii()
            picture = self.results.find(sha256) if is_digest else None
            stated = self._stated.get(sha256) if is_digest else None
            if picture is not None:
                self.recalls.offer(picture_name(picture), self.recalled(picture))
            elif stated is not None:
                self.recalls.offer(stated[0], self._recalled_stated(stated[1]))
        except LumenError as error:
            self.recalls.refuse(f"{error.message} {error.next_step}")

    def _recalled_stated(self, found: FoundProvenance) -> Recalled:
        """Return what the form would hold by what a file says: more, where that is known here."""
        picture = self.results.find(found.sha256) if found.sha256 else None
        request = None if picture is None else self.request_of(picture)
        same = request is not None and request.prompt == found.made.settings.get("prompt")
        if picture is not None and same:
            return self.recalled(picture)
        return recalled_stated(self._form, found, self._sources)

    def _do_preset(self, action: Any, name: str) -> None:
        error = ""
        try:
            presets = self._presets()
            if action == "save":
                presets.save(name, preset_of(self._form))
            elif action == "delete":
                presets.delete(name)
            elif action == "apply" and (kept := presets.read().get(name)) is not None:
                publisher.run_soon(partial(self._apply, name, kept))
            elif action == "apply":
                error = "This preset is not there any more."
        except LumenError as failed:
            error = f"{failed.message} {failed.next_step}"
        self._send_presets(error)

    def _apply(self, name: str, kept: dict[str, Any]) -> None:
        values, wrong = checked(self._form, kept, _PRESET)
        lost = tuple(f"{field}: {message}" for field, message in wrong.items())
        self.recalls.bring_back(name, Recalled(values, lost))

    def _send_presets(self, error: str = "") -> None:
        try:
            names = list(self._presets().read())
        except LumenError as failed:
            names, error = [], error or failed.message
        message = PresetsMessage(kind="presets", names=names, error=error)
        publisher.run_soon(partial(self._send, message))

    def _send_results(self) -> None:
        pictures, total = self.results.shown()
        self._send(ResultsMessage(kind="results", pictures=pictures, total=total))
        self._actions.tell_stars([one["sha256"] for one in pictures])

    def _send_awaited(self, *, again: bool = False) -> None:
        """Send how what was sent last stands, if that is news or a page has yet to know it."""
        message = _awaited(self._last)
        if again or message != self._told:
            self._told = message
            self._send(message)

    def _send_recall(self) -> None:
        self._send(self.recalls.message())

    def _send(
        self, message: ResultsMessage | AwaitedMessage | RecallMessage | PresetsMessage
    ) -> None:
        if self._form.comm is not None:
            self._form.send(message)


def _awaited(call: Submission | None) -> AwaitedMessage:
    """Return what pages are told of a call that may not have its pictures yet."""
    message = AwaitedMessage(kind="awaited", request="", state="", reason="")
    if call is None:
        return message
    message["request"] = call.correlation_id
    task = call.task
    error = call.error if task is None else task.error
    if error is not None and not (task is not None and task.pictures):
        message["state"] = "ended"
        # as a panel says it: a notebook keeps no key that was pasted into a prompt
        message["reason"] = without_keys(error_words(error))
    elif task is None or not task.done:
        message["state"] = "running"
        message["reason"] = strip_controls((task and task.lasting_trouble) or "")
    return message


def preset_of(form: Any) -> dict[str, Any]:
    """Return what a preset keeps of a form: JSON, and nothing secret."""
    values = {name: getattr(form, name) for name in _PRESET}
    extra = values.pop("extra") or {}
    kept = {
        name: value
        for name, value in extra.items()
        if name not in _NO_PRESET and "data:" not in json.dumps(value)
    }
    return {**values, "extra": kept or None}
