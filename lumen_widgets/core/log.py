"""The package's log, which ends nothing: a handler of the user's may raise anything.

It may do so wherever something is logged, also between a task that was paid and whoever waits for
it: a stream that was closed is enough.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    LoggerAdapter = logging.LoggerAdapter[logging.Logger]
else:
    LoggerAdapter = logging.LoggerAdapter


class Log(LoggerAdapter):
    """A logger whose calls raise nothing.

    Parameters
    ----------
    name
        Its name in Python's logging.

    Examples
    --------
    >>> Log().debug("asked about %s", "task-1")

    """

    def __init__(self, name: str = "lumen_widgets") -> None:
        super().__init__(logging.getLogger(name), {})

    def log(self, level: int, msg: object, *args: object, **settings: Any) -> None:
        """Log a message at a level; all other calls lead here."""
        is_main = threading.current_thread() is threading.main_thread()
        # On the main thread Ctrl-C may come in here. On all others what exits, or is cancelled, is
        # the handler, and a wait must not end by it.
        with suppress(Exception if is_main else BaseException):
            # the line that is named is the one that logs
            super().log(level, msg, *args, **{"stacklevel": 2, **settings})
