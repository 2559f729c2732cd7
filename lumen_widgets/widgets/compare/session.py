"""What one comparison and the pages that show it say to each other.

Every request of a page is answered, with words if it fails. What a page sends is not trusted to be
well-formed. Nothing is done on the kernel's own thread: what decodes pictures is done by the
widgets' worker, and what is said to pages by the publisher.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from lumen_widgets.client import InvalidRequest, LumenError
from lumen_widgets.core.pictures.decoding import UnreadablePicture
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.widgets.compare.differences import difference
from lumen_widgets.widgets.compare.messages import DifferenceMessage, ErrorMessage
from lumen_widgets.widgets.picture_copies import PictureCopies
from lumen_widgets.widgets.work_queue import work_queue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anywidget import AnyWidget

    from lumen_widgets.client import Picture
    from lumen_widgets.widgets.compare.compared import Compared


class CompareSession:
    """Takes in what pages ask of a comparison.

    Parameters
    ----------
    widget
        The comparison, which sends. Before it is open and after it is closed nothing is sent.
    compared
        Its pictures.

    """

    def __init__(self, widget: AnyWidget, compared: Compared) -> None:
        self._widget = widget
        self._compared = compared
        self._by_sha256: dict[str, Picture] = {one.sha256: one for one in compared.pictures}
        self.copies = PictureCopies(widget, self._by_sha256.get)
        # by the places of two pictures: it takes a while, and several views ask for it
        self._differences: dict[tuple[int, int], DifferenceMessage] = {}

    def close(self) -> None:
        """Leave out what is yet to be done and sent."""
        self.copies.close()
        publisher.forget(self)
        work_queue.forget(self)

    def receive(self, _: Any, content: Any, __: Any) -> None:
        """Take in a message of a page."""
        if not isinstance(content, dict) or self.copies.receive(content):
            return
        if content.get("kind") == "hidden" and isinstance(view := content.get("view"), str):
            self.copies.forget_view(view)
        elif isinstance(request := content.get("request"), str):
            work_queue.run_soon(partial(self._answer, request, content), urgent=True)

    def _answer(self, request: str, content: Mapping[str, Any]) -> None:
        message: DifferenceMessage | ErrorMessage
        try:
            if content.get("kind") != "differ":
                raise InvalidRequest("A comparison has no such request.")
            message = self._differ(request, *self._places(content))
        except LumenError as error:
            message = _error(request, error.message, error.next_step)
        except UnreadablePicture as error:
            message = _error(request, f"The pictures cannot be compared: {error}")
        publisher.run_soon(partial(self._send, message))

    def _differ(self, request: str, left: int, right: int) -> DifferenceMessage:
        known = self._differences.get((left, right))
        if known is None:
            found = difference(self._compared, left, right)
            known = DifferenceMessage(
                kind="difference",
                request="",
                share=found.share,
                largest=found.largest,
                exact=found.exact,
                box=found.box,
            )
            self._differences[left, right] = self._differences[right, left] = known
        message = known.copy()
        message["request"] = request
        return message

    def _places(self, content: Mapping[str, Any]) -> tuple[int, int]:
        left, right = (
            _place(content.get(name), len(self._compared.items)) for name in ("left", "right")
        )
        return left, right

    def _send(self, message: Mapping[str, Any]) -> None:
        if self._widget.comm is not None:
            self._widget.send(message)


def _place(given: object, count: int) -> int:
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < count:
        return given
    raise InvalidRequest("The comparison has no such picture.")


def _error(request: str, message: str, next_step: str = "") -> ErrorMessage:
    return ErrorMessage(kind="error", request=request, message=message, next_step=next_step)
