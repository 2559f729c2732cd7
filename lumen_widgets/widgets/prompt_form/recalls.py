"""Settings that come back into a form: what would change is said first, and it can be undone."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from lumen_widgets.client import InvalidRequest
from lumen_widgets.core.words import strip_controls
from lumen_widgets.notebook.cell import shortened
from lumen_widgets.widgets.prompt_form.messages import FieldChange, RecallMessage
from lumen_widgets.widgets.prompt_form.recalled import RECALLED, Recalled, in_words, is_same

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from traitlets import HasTraits

# characters of a value that show what it is
_VALUE_LENGTH = 120


class _Offer(NamedTuple):
    """Settings that wait for the user's choice."""

    name: str
    recalled: Recalled
    changes: list[FieldChange]


class _Undo(NamedTuple):
    """What a form held before its fields were changed at once."""

    name: str
    fields: dict[str, Any]
    lost: tuple[str, ...]
    # whether it was taken back already, and can be brought back once more
    is_back: bool


class Recalls:
    """What was offered to one form, and what it held before; safe to use from any thread.

    Parameters
    ----------
    form
        The form, whose traits are changed.
    changed
        Called, on any thread, when pages are to be told.

    """

    def __init__(self, form: HasTraits, changed: Callable[[], None]) -> None:
        self._form = form
        self._changed = changed
        self._lock = threading.RLock()
        self._offer: _Offer | None = None
        self._undo: _Undo | None = None

    def message(self) -> RecallMessage:
        """Return what is offered, and what can be undone, for pages."""
        with self._lock:
            offer, undo = self._offer, self._undo
        if offer is not None:
            return RecallMessage(
                kind="recall",
                state="offered",
                name=offer.name,
                changes=offer.changes,
                fields=[],
                lost=list(offer.recalled.lost),
            )
        if undo is not None:
            return RecallMessage(
                kind="recall",
                state="undone" if undo.is_back else "done",
                name=undo.name,
                changes=[],
                fields=[name for name in undo.fields if name in RECALLED],
                lost=list(undo.lost),
            )
        return RecallMessage(kind="recall", state="", name="", changes=[], fields=[], lost=[])

    def offer(self, name: str, recalled: Recalled) -> None:
        """Offer settings: nothing changes until the user has chosen.

        Parameters
        ----------
        name
            Of the picture that they are of.
        recalled
            The settings.

        """
        with self._lock:
            self._offer = _Offer(name, recalled, self._changes(recalled))
        self._changed()

    def refuse(self, why: str) -> None:
        """Say why nothing can be offered."""
        with self._lock:
            self._offer = _Offer("", Recalled({}, (why,)), [])
        self._changed()

    def choose(self, fields: Collection[str] | None) -> None:
        """Bring those fields back of what is offered; None takes the offer away."""
        with self._lock:
            offer, self._offer = self._offer, None
        if offer is not None and fields is not None:
            self.bring_back(offer.name, offer.recalled, fields)
        else:
            self._changed()

    def bring_back(
        self, name: str, recalled: Recalled, fields: Iterable[str] | None = None
    ) -> tuple[str, ...]:
        """Set the fields that differ, those of `fields` or all; return their names.

        Raises
        ------
        InvalidRequest
            There is no such field among those that come back.

        """
        wanted = set(recalled.fields) if fields is None else set(fields)
        if unknown := wanted - set(RECALLED):
            raise InvalidRequest(
                f"{min(unknown)} does not come back with a picture.",
                next_step=f"Name some of {', '.join(RECALLED)}.",
                field="fields",
            )
        try:
            with self._lock:
                self._offer = None
                before = self._set(
                    {field: value for field, value in recalled.fields.items() if field in wanted}
                )
                if before:
                    self._undo = _Undo(name, before, recalled.lost, is_back=False)
                elif recalled.lost:
                    # with nothing to undo, there is still something to say
                    self._offer = _Offer(name, Recalled({}, recalled.lost), [])
        finally:
            # also where a function of the user's that observes a field raised something
            self._changed()
        return tuple(field for field in before if field in RECALLED)

    def undo(self) -> tuple[str, ...]:
        """Put back what the form held before; once more brings it back again. Return the names."""
        try:
            with self._lock:
                undo = self._undo
                if undo is not None:
                    before = self._set(undo.fields)
                    self._undo = undo._replace(fields=before, is_back=not undo.is_back)
        finally:
            # a page that asked waits for an answer, also where there is nothing to undo any more
            self._changed()
        return () if undo is None else tuple(name for name in undo.fields if name in RECALLED)

    def forget(self) -> None:
        """Take the notice away, and with it the way back."""
        with self._lock:
            self._undo = None
        self._changed()

    def _set(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Set fields, and return what those held that have changed, with or without being set."""
        # as it was typed: JSON with a slip in it is in no other field
        before = {name: getattr(self._form, name) for name in (*RECALLED, "_extra_text")}
        # twice: with a picture goes what was painted on it, and then the form takes back the model,
        # the mask and the sides that it had before, which may be set already
        for _ in range(2):
            for name, value in fields.items():
                if not is_same(name, getattr(self._form, name), value):
                    self._form.set_trait(name, value)
        return {
            name: held
            for name, held in before.items()
            if not is_same(name, held, getattr(self._form, name))
        }

    def _changes(self, recalled: Recalled) -> list[FieldChange]:
        return [
            FieldChange(
                field=field,
                now=_shown(field, getattr(self._form, field)),
                back=_shown(field, value),
            )
            for field, value in recalled.fields.items()
            if not is_same(field, getattr(self._form, field), value)
        ]


def _shown(field: str, value: Any) -> str:
    return shortened(strip_controls(in_words(field, value)), _VALUE_LENGTH)
