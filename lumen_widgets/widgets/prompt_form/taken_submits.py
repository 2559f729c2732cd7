"""The submits that pages sent to the forms of this kernel, each by the id that its page gave it.

A page repeats a submit under the same id when it does not know what became of it: it was reloaded,
its tab was duplicated, or the form's cell ran again. What is known here is answered, never done
again; what an earlier kernel did is in the journal, under the same id.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumen_widgets.client import LumenClient
    from lumen_widgets.notebook.submission import Submission


@dataclass
class TakenSubmit:
    """A submit that arrived.

    Attributes
    ----------
    form
        The form that shows it.
    taken
        Whether it was sent, or was not because of what stood in a field; None until that is
        decided.

    """

    form: str
    taken: bool | None = None
    # held until it is decided: one that began and is gone would be taken for one that never did
    _undecided: Submission | None = None
    # then by others alone: it holds its task's pictures
    submission: weakref.ref[Submission] | None = None

    @property
    def was_interrupted(self) -> bool:
        """Whether Ctrl-C ended it before it was decided; asked where `carrying_out` is held."""
        return self.taken is None

    def hold(self, submission: Submission) -> None:
        """Note what is about to be sent."""
        self._undecided = submission
        self.submission = weakref.ref(submission)

    def decide(self, *, taken: bool) -> None:
        """Note whether it was sent."""
        self.taken = taken
        self._undecided = None

    def follow(self, other: TakenSubmit) -> None:
        """Take in that this is another submit once more."""
        self.submission = other.submission
        self.decide(taken=True)

    def sent(self) -> Submission | None:
        """Return what was sent, if it is undecided or something still holds it."""
        return None if self.submission is None else self.submission()


class TakenSubmits:
    """The submits of one account in this kernel; safe to use from any thread.

    Attributes
    ----------
    carrying_out
        Held by the thread that carries one out. Each tab of a front end may have a thread of its
        own in the kernel, and what two tabs ask for at once is compared before either is sent.

    """

    def __init__(self) -> None:
        # reentrant, for a function of the user's that is called meanwhile
        self.carrying_out = threading.RLock()
        self._lock = threading.Lock()
        self._by_id: dict[str, TakenSubmit] = {}

    def begin(self, request: str, form: str) -> tuple[TakenSubmit, bool]:
        """Return the submit of this id, and whether it is new: then `form` is to carry it out."""
        with self._lock:
            new = request not in self._by_id
            return self._by_id.setdefault(request, TakenSubmit(form)), new

    def get(self, request: str) -> TakenSubmit | None:
        """Return the submit of this id, if it arrived."""
        with self._lock:
            return self._by_id.get(request)


# ids are unique, but for those that a test or a program makes up: those are their account's own
_by_client: weakref.WeakKeyDictionary[LumenClient, TakenSubmits] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def taken_submits(client: LumenClient) -> TakenSubmits:
    """Return the submits to the forms of an account."""
    with _lock:
        return _by_client.setdefault(client, TakenSubmits())
