"""Other processes with a client of the same account and journal."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

from tests.client.conftest import KEY

if TYPE_CHECKING:
    from pathlib import Path


def in_child(home: Path, url: str, code: str, *, hosting: str = "None") -> subprocess.Popen[str]:
    """Start a process with a client of the same account and journal; `hosting` is Python.

    It does not wait for pictures that likely never come.
    """
    begin = f"""
        import sys
        from lumen_widgets.client import DataURIHosting, LumenClient
        from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
        from lumen_widgets.core.timing import Timing
        use_scheduler(Scheduler(timing=Timing(doubtful_pictures=0.0)))
        client = LumenClient(
            {KEY!r}, {url!r}, journal={str(home)!r}, timeout=10.0, hosting={hosting}
        )
    """
    words = [sys.executable, "-c", textwrap.dedent(begin) + textwrap.dedent(code)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
