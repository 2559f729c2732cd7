"""A check of one's own as an option: it sees each call first, and refuses it with a sentence."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, TypeAlias

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.options import Option
from lumen_widgets.core.request import Request
from lumen_widgets.core.words import sentence, short_repr

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.call import Call

# None lets a request pass; a sentence says why it does not.
Check: TypeAlias = "Callable[[Request], str | None]"


class CheckOption(Option):
    """Asks a check of one's own, before anything is looked up, uploaded, written down or sent.

    Parameters
    ----------
    check
        What to ask.

    """

    def __init__(self, check: Check) -> None:
        self._check = check

    def check(self, call: Call) -> None:
        """Refuse what the check refuses, and what it fails on: nobody has let that pass."""
        # a copy, so that what it is shown is what is sent, whatever it does
        shown = Request(call.request.endpoint, copy.deepcopy(call.request.body))
        try:
            said: object = self._check(shown)
        except InvalidRequest:
            raise
        except Exception as error:
            why = f": {error}" if str(error) else ""
            raise InvalidRequest(
                f"check= failed on this request ({type(error).__name__}{why}), so it was not let "
                "pass. Nothing was sent.",
                next_step="Mend the check, or ask whoever wrote it.",
            ) from error
        if said is None:
            return
        if not isinstance(said, str) or not said.strip():
            raise InvalidRequest(
                f"check= returned {short_repr(said)}, so this request was not let pass. Nothing "
                "was sent.",
                next_step="Have it return None for what may be sent, or a sentence that says why "
                "not.",
            )
        raise InvalidRequest(f"{sentence(said.strip())} Nothing was sent.")


def read_check(check: object) -> Check:
    """Return a check that can be asked.

    Raises
    ------
    InvalidRequest
        It is nothing that can be called.

    Examples
    --------
    >>> read_check(print) is print
    True

    """
    if callable(check):
        return check
    raise InvalidRequest(
        f"check is {short_repr(check)}, which cannot be called.",
        next_step="Pass a function that takes a request, and returns None or a sentence.",
        field="check",
    )
