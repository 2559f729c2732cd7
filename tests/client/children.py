"""Other processes with a client of the same account and journal."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

from tests.client.conftest import KEY

if TYPE_CHECKING:
    from pathlib import Path


def in_child(home: Path, url: str, code: str) -> subprocess.Popen[str]:
    """Start a process with a client of the same account and journal."""
    begin = f"""
        import sys
        from lumen_widgets.client import LumenClient
        client = LumenClient({KEY!r}, {url!r}, journal={str(home)!r}, timeout=10.0)
    """
    words = [sys.executable, "-c", textwrap.dedent(begin) + textwrap.dedent(code)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
