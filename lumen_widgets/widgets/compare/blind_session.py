"""What a blind test and the pages that show it say to each other.

What a page sends is not trusted to be well-formed, and has no answer of its own: pages are told of
all votes. Nothing is done on the kernel's own thread.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.widgets.compare.blind_test import LeftTest, VotedTest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anywidget import AnyWidget

    from lumen_widgets.widgets.compare.messages import ComparedPicture

# no set: what a page sends may have no hash
_KINDS = ("vote", "unvote", "end")


class BlindSession:
    """Takes in the votes of pages, and tells them of all.

    Parameters
    ----------
    widget
        The comparison, whose traits are set. Before it is open and after it is closed none is.
    items
        Its pictures.
    changed
        Called once votes have come, or the test has ended or goes on, on the publisher's thread.

    """

    def __init__(
        self, widget: AnyWidget, items: Sequence[ComparedPicture], changed: Callable[[], None]
    ) -> None:
        self._widget = widget
        self._changed = changed
        self.test = VotedTest(items)

    def close(self) -> None:
        """Leave out what is yet to be told."""
        publisher.forget(self)

    def receive(self, _: Any, content: Any, __: Any) -> None:
        """Take in a message of a page."""
        if isinstance(content, dict) and content.get("kind") in _KINDS:
            publisher.run_soon(partial(self._take_in, content))

    def take(self, left: LeftTest) -> bool:
        """Go on with what another widget left; say whether it fits."""
        taken = self.test.take(left)
        if taken:
            publisher.run_soon(self._tell)
        return taken

    def _take_in(self, content: Mapping[str, Any]) -> None:
        self.test.receive(content)
        publisher.run_soon(self._tell)

    def _tell(self) -> None:
        """Set what the widget has and pages are told; some votes at once, where they come fast."""
        if self._widget.comm is None:
            return
        told = {
            "votes": [vote._asdict() for vote in self.test.votes],
            "_test": self.test.told,
            "_ballot": self.test.ballot,
            "_ranking": self.test.told_ranking if self.test.ended else None,
        }
        for name, value in told.items():
            self._widget.set_trait(name, value)
        self._changed()
