"""What things cost: ``python -m tests.bench [--full] [NAME …]`` prints tables, medians of five.

Milliseconds are only printed: what a machine takes is no test of the code.
"""

from __future__ import annotations

import argparse
import platform
import sys

from tests.bench import client, drawing, imports, masks, pacing, painter, panel, server

_PARTS = {
    part.__name__.rpartition(".")[2]: part
    for part in (imports, server, drawing, client, pacing, panel, masks, painter)
}


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="all prompts, sizes and numbers")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(_PARTS)}")
    options = parser.parse_args()
    if unknown := set(options.names) - set(_PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # tables as they come
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    for name in options.names or _PARTS:
        print(f"\n{_PARTS[name].measure(full=options.full)}")


if __name__ == "__main__":
    main()
