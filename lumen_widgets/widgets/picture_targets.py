"""Where a picture goes that a user wants to do something with: the form that was used last.

A form registers itself. A widget that shows pictures and is no form asks for the latest one, and
knows nothing else of forms.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lumen_widgets.client import Picture


class PictureTarget(Protocol):
    """What takes pictures: each method is called on any one thread at a time.

    All raise `LumenError` for what cannot be done, in words for the user.
    """

    @property
    def name(self) -> str:
        """What users know it by, such as its prompt; may be empty."""

    @property
    def host(self) -> str:
        """Who charges for what it sends: a host's name, empty for the sandbox."""

    def use(self, picture: Picture) -> None:
        """Take it as one more reference picture."""

    def paint(self, picture: Picture) -> object:
        """Take it as the only reference picture, and open the painter on it."""

    def extend(self, picture: Picture) -> object:
        """Take it as the only reference picture, to be extended."""

    def offer(self, picture: Picture) -> object:
        """Show what would change if its settings came back, for the user to choose."""

    def recall(self, picture: Picture, fields: Iterable[str] | None = None) -> tuple[str, ...]:
        """Bring its settings back, those of `fields` or all; return what changed."""

    def again(self, picture: Picture, submit_id: str | None = None) -> object:
        """Send once more, and pay for, what it was made by; under one id once."""


# the one used last stands last; a plain list, since there are few
_targets: list[weakref.ref[PictureTarget]] = []


def note_used(target: PictureTarget) -> None:
    """Take in that a target was made, or used: it is the latest from here on."""
    forget_target(target)
    _targets.append(weakref.ref(target))


def forget_target(target: PictureTarget) -> None:
    """Take in that a target is closed."""
    _targets[:] = [one for one in list(_targets) if one() not in (None, target)]


def latest_target() -> PictureTarget | None:
    """Return the target that was used last and is open; None without any."""
    return next((found for one in reversed(list(_targets)) if (found := one()) is not None), None)
