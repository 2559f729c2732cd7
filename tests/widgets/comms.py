"""The comm of a widget, in place of the kernel's: what the widget sends, and the way to it."""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ipywidgets import Widget


class PageComm:
    """Stands where a widget's comm is: keeps what pages are sent, and delivers what they send.

    Parameters
    ----------
    widget
        The widget; from here on it has this comm.

    Attributes
    ----------
    comm_id
        The id of the comm that it had, by which ipywidgets knows it.
    sent
        The custom messages that the widget sent, each with its buffers.
    answer
        Called with every message, on the thread that sends it.

    """

    def __init__(self, widget: Widget) -> None:
        self.comm_id: str = widget.model_id
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        self.answer: Callable[[dict[str, Any]], None] = lambda _: None
        self._log = widget.log
        self._receive: Callable[[dict[str, Any]], None] = lambda _: None
        widget.comm = self

    def send(self, data: dict[str, Any], metadata: object = None, buffers: Any = None) -> None:
        """Take in what the widget sends, as it travels; its traits are read from the widget."""
        if data["method"] != "custom":
            return
        content = json.loads(json.dumps(data["content"], allow_nan=False))
        self.sent.append((content, [bytes(one) for one in buffers or ()]))
        self.answer(content)

    def on_msg(self, receive: Callable[[dict[str, Any]], None]) -> None:
        """Take in what receives messages."""
        self._receive = receive

    def close(self) -> None:
        """Do nothing: the widget forgets this comm by itself."""

    def say(self, content: object, buffers: Sequence[bytes] | None = ()) -> None:
        """Deliver a message of a page.

        Raises
        ------
        Exception
            What the widget raised, which ipywidgets only logs.

        """
        failed = _Failures()
        self._log.addHandler(failed)
        try:
            views = None if buffers is None else [memoryview(one) for one in buffers]
            data = {"method": "custom", "content": content}
            self._receive({"content": {"data": data}, "buffers": views})
        finally:
            self._log.removeHandler(failed)
        for error in failed.errors:
            raise error


class _Failures(logging.Handler):
    """Keeps the exceptions that are logged on the thread that made this."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[BaseException] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the exception of a record."""
        if record.exc_info and record.exc_info[1] and threading.get_ident() == self._thread:
            self.errors.append(record.exc_info[1])
