"""The program ``python -m lumen_widgets.sandbox``: one sandbox, until it is stopped."""

from __future__ import annotations

import argparse
import sys


def main() -> int:
    """Serve as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m lumen_widgets.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--home", help="its folder; by default the user's own")
    parser.add_argument("--idle-seconds", type=float, help="end after so long without a call")
    arguments = parser.parse_args()
    # Imported here, since the worker process imports this module too.
    from lumen_widgets.sandbox.errors import SandboxError
    from lumen_widgets.sandbox.runner import serve

    try:
        serve(arguments.port, arguments.home, idle_seconds=arguments.idle_seconds)
    except SandboxError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a program's words
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
