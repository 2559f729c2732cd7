"""The seam for the live panel: this package shows one without knowing the widgets above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumen_widgets.client import LumenClient, Task


class LivePanel(Protocol):
    """A widget that follows tasks while a cell waits for them."""

    def _repr_mimebundle_(self, **kwargs: Any) -> Any: ...

    def retire(self) -> None:
        """Close the widget as soon as its tasks have ended and no view shows it."""


_provided: Callable[[Sequence[Task], LumenClient], LivePanel] | None = None


def provide(make: Callable[[Sequence[Task], LumenClient], LivePanel]) -> None:
    """Set what makes a panel; the package's face does, when a notebook call is first used."""
    global _provided  # noqa: PLW0603 # one provider for the process, set once
    _provided = make


def make_panel(tasks: Sequence[Task], client: LumenClient) -> LivePanel | None:
    """Return a live panel of `tasks`, or None where nothing provides one."""
    return _provided(tasks, client) if _provided is not None and tasks else None
