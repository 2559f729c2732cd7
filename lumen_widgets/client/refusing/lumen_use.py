"""``LUMEN_USE``: which account a process may use, by its environment, before what any cell says.

``sandbox``, or the file of a lesson: a client for anything else refuses to submit, so that what
runs with nobody there, as a grader or in CI, cannot spend. ``service`` is only what is used where
no cell chooses.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.options import Option

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.call import Call

NAME = "LUMEN_USE"

SANDBOX, SERVICE = "sandbox", "service"

# The end of a lesson's name: anything else may be a slip, or a key.
_LESSON = ".lumen"


class LumenUse(NamedTuple):
    """What ``LUMEN_USE`` says.

    Attributes
    ----------
    word
        ``"sandbox"``, ``"service"``, or the path of a lesson's file as it stands there.

    """

    word: str

    @property
    def goes_first(self) -> bool:
        """Whether it goes before what a cell says."""
        return self.word != SERVICE

    @property
    def shown(self) -> str:
        """What it says, without the folders of a path, which are of this machine alone."""
        return self.word if self.word in {SANDBOX, SERVICE} else Path(self.word).name


def read_lumen_use() -> LumenUse | None:
    """Return what the environment says; None where it says nothing.

    Raises
    ------
    InvalidRequest
        It says something that is none of the three; that is not repeated, since it may be a key.

    Examples
    --------
    >>> read_lumen_use()

    """
    given = os.environ.get(NAME, "").strip()
    if not given:
        return None
    if given.lower() in {SANDBOX, SERVICE}:
        return LumenUse(given.lower())
    if given.lower().endswith(_LESSON) and "://" not in given:
        return LumenUse(given)
    raise InvalidRequest(
        f"{NAME} in the environment is neither sandbox, nor service, nor the file of a lesson "
        f"(*{_LESSON}), so nothing is sent.",
        next_step="Set it to one of these, or unset it, and start the kernel again.",
        field=NAME,
    )


class LumenUseOption(Option):
    """Refuses the calls of a client that ``LUMEN_USE`` does not name.

    Parameters
    ----------
    fits
        Says whether a client is what it names.
    account
        What the client is for, in words.

    """

    def __init__(self, fits: Callable[[LumenUse], bool], account: str) -> None:
        self._fits = fits
        self._account = account

    def check(self, call: Call) -> None:  # noqa: ARG002 -- it is refused whatever it asks for
        """Refuse the call; the environment is read each time, since it may have been set since."""
        use = read_lumen_use()
        if use is None or not use.goes_first or self._fits(use):
            return
        raise InvalidRequest(
            f"{NAME} allows {use.shown} alone here, and this client is for {self._account}. "
            "Nothing was sent.",
            next_step="Leave client= out, or call lumen.use(…), which then gives what "
            f"{NAME} names; or unset {NAME} before the kernel starts.",
        )
