"""An IPython in this process, of which nothing is left once it is not needed."""

from __future__ import annotations

import atexit
from contextlib import contextmanager
from typing import TYPE_CHECKING

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def running_ipython() -> Iterator[InteractiveShell]:
    """Have an IPython that `get_ipython` finds, for as long as the block lasts.

    It has no history: that would be kept in the user's own file, by a thread that only ends with
    the process.
    """
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    try:
        yield shell
    finally:
        InteractiveShell.clear_instance()
        # it would be reset then, which has Python look at all that there is: minutes for hundreds
        atexit.unregister(shell.atexit_operations)
