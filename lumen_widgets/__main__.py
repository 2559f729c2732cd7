"""The command line: ``lumen-widgets lab``, ``sandbox`` and ``doctor``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, as ``lumen-widgets`` and ``python -m lumen_widgets`` do.

    Parameters
    ----------
    argv
        The words after the program's name; None takes them from the command line.

    Returns
    -------
    int
        The exit status: 0, or 1 with a sentence on stderr that says what to do.

    Examples
    --------
    >>> from lumen_widgets.__main__ import main
    >>> main(["doctor"])  # doctest: +SKIP
    0

    """
    options = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = options.command
    return command(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lumen-widgets", description="Make pictures in a notebook with the Lumen Image API."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    lab = commands.add_parser(
        "lab", help="open the notebooks in JupyterLab, with a sandbox to draw their pictures"
    )
    lab.add_argument(
        "--dir",
        type=Path,
        default=Path("lumen-notebooks"),
        help="where your copies of the notebooks are kept (default: %(default)s)",
    )
    lab.add_argument(
        "--port", type=_port, default=None, help="port of JupyterLab (default: its own choice)"
    )
    lab.add_argument(
        "--no-browser", action="store_true", help="print the address instead of opening it"
    )
    lab.set_defaults(command=_lab)

    sandbox = commands.add_parser(
        "sandbox", help="serve a Lumen sandbox of its own until stopped; prints one line of JSON"
    )
    sandbox.add_argument(
        "--port", type=_port, default=0, help="port on 127.0.0.1 (default: any free one)"
    )
    sandbox.add_argument(
        "--home", type=Path, required=True, help="where it keeps its database and pictures"
    )
    sandbox.set_defaults(command=_sandbox)

    doctor = commands.add_parser("doctor", help="print what a bug report needs, nothing secret")
    doctor.set_defaults(command=_doctor)
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 2**16):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port number (0 to 65535)")
    return int(text)


def _lab(options: argparse.Namespace) -> int:
    from lumen_widgets.lab import LabError, open_lab

    try:
        return open_lab(options.dir, port=options.port, browser=not options.no_browser)
    except LabError as error:
        sys.stderr.write(f"lumen-widgets lab: {error}\n")
        return 1


def _sandbox(options: argparse.Namespace) -> int:
    from lumen_widgets.sandbox import SandboxError, serve

    try:
        serve(port=options.port, home=options.home)
    except SandboxError as error:
        sys.stderr.write(f"lumen-widgets sandbox: {error}\n")
        return 1
    return 0


def _doctor(_: argparse.Namespace) -> int:
    from lumen_widgets.doctor import report

    sys.stdout.write(report())
    return 0


if __name__ == "__main__":
    sys.exit(main())
