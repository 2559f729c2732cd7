"""What things cost: ``python -m tests.bench [--full] [NAME …]`` prints tables, medians of five.

Milliseconds are only printed: what a machine takes is no test of the code. The last table has
what was aimed at, beside its targets. With ``--full``, or where ``peers`` is named, the clients
that ours is measured beside are installed, into an environment in the user's cache folder.
"""

from __future__ import annotations

import argparse
import platform
import sys
from functools import partial
from typing import TYPE_CHECKING

from tests.bench import (
    cell,
    client,
    compare,
    contact_sheet,
    drawing,
    gallery,
    imports,
    journal,
    masks,
    pacing,
    painter,
    paintings,
    panel,
    peers,
    pictures,
    repaint,
    server,
    studio,
    summary,
    throughput,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_PARTS: dict[str, Callable[..., object]] = {
    part.__name__.rpartition(".")[2]: part.measure
    for part in (
        *(
            imports,
            server,
            drawing,
            journal,
            client,
            pictures,
            contact_sheet,
            cell,
            throughput,
            pacing,
            peers,
        ),
        *(panel, gallery, compare, studio, masks, painter, paintings, repaint),
    )
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
    if options.full or "peers" in options.names:
        _PARTS["peers"] = partial(peers.measure, others=True)
    for name in options.names or _PARTS:
        print(f"\n{_PARTS[name](full=options.full)}")
    if (noted := summary.table(full=options.full)) is not None:
        print(f"\n{noted}")


if __name__ == "__main__":
    main()
