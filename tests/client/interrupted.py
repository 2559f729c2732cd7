"""A script that submits and waits, for a test that interrupts it; run as a program."""

from __future__ import annotations

import sys

from lumen_widgets.client import LumenClient


def main() -> None:
    """Submit one task to the address in the first argument and wait for it."""
    client = LumenClient("sk-lumen-local-interrupted", sys.argv[1])
    print("submitting", flush=True)
    client.generate("a cat").wait()


if __name__ == "__main__":
    main()
