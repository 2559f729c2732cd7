"""What things cost: ``python -m tests.bench [--full]`` prints tables, medians of five in one run.

Milliseconds are only printed: what a machine takes is no test of the code.
"""

from __future__ import annotations

import argparse
import platform
import sys

from tests.bench import client, drawing, imports, masks, pacing, painter, panel, server


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="all prompts, sizes and numbers")
    full = parser.parse_args().full
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # tables as they come
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    for part in (imports, server, drawing, client, pacing, panel, masks, painter):
        print(f"\n{part.measure(full=full)}")


if __name__ == "__main__":
    main()
