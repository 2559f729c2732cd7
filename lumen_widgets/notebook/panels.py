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
        """Send the tasks' last state, and close as soon as no view shows the panel."""


class PanelMaker(Protocol):
    """What makes a panel: the widget's class."""

    def __call__(self, tasks: Sequence[Task], client: LumenClient) -> LivePanel:
        """Make a panel of `tasks`, which names the account of `client`."""


_load: Callable[[], PanelMaker] | None = None


def provide(load: Callable[[], PanelMaker]) -> None:
    """Set what loads the panel's class; the package's face does, on the first notebook call."""
    global _load  # noqa: PLW0603 # one provider for the process, set once
    _load = load


def prepare() -> None:
    """Load the widgets now: after a submit, the first states would be missed meanwhile."""
    if _load is not None:
        _load()


def make_panel(tasks: Sequence[Task], client: LumenClient) -> LivePanel | None:
    """Return a live panel of `tasks`, or None where nothing provides one."""
    return _load()(tasks, client) if _load is not None and tasks else None
