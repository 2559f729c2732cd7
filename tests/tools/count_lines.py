"""How many lines of code the package has: ``python -m tests.tools.count_lines [--root DIR]``.

A line counts if something of it runs: no blank line, no comment, no docstring. Stubs (`.pyi`) and
data are not counted, nor is the sandbox, which stands for the service.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import tokenize
from collections import Counter
from pathlib import Path

_ROOT = Path(__file__).parents[2]

# The main path: what is read to understand how a prompt becomes pictures
_MAIN_PATH = [
    "core/request.py",
    "core/submit.py",
    "core/task.py",
    "core/waiting.py",
    "core/answers.py",
    "core/http/transport.py",
    "core/polling/poller.py",
    "client/client.py",
]

_NO_CODE = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


def code_lines(source: str) -> int:
    r"""Count the lines of a file that hold code.

    Parameters
    ----------
    source
        The text of a Python file.

    Returns
    -------
    int
        Lines that are neither blank nor a comment nor part of a docstring; a string of several
        lines that is no docstring counts as many.

    Raises
    ------
    SyntaxError
        It is no Python.

    Examples
    --------
    >>> code_lines("# why\nx = 1\n")
    1

    """
    lines = set[int]()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            match node.body:
                case [ast.Expr(value=ast.Constant(value=str())) as docstring, *_]:
                    lines -= set(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return len(lines)


def count(root: Path) -> dict[str, int]:
    """Count the lines of code of each file of a checkout's package.

    Parameters
    ----------
    root
        The checkout's folder.

    Returns
    -------
    dict
        Lines by file, relative to the package; the sandbox is left out.

    """
    package = root / "lumen_widgets"
    files = [path.relative_to(package) for path in sorted(package.rglob("*.py"))]
    return {
        path.as_posix(): code_lines((package / path).read_text(encoding="utf-8"))
        for path in files
        if path.parts[0] != "sandbox"
    }


def _sum(title: str, files: list[str], counted: dict[str, int], *, each: bool) -> list[str]:
    """Say how many lines some files have, and which of them are not there."""
    there = [file for file in files if file in counted]
    lines = [f"{sum(counted[file] for file in there):7,}  {title} ({_files(len(there))})"]
    if each:
        lines += [f"{counted[file]:11,}  {file}" for file in there]
        lines += [f"          -  {file} is not there" for file in files if file not in counted]
    return lines


def _files(number: int) -> str:
    return f"{number} file{'' if number == 1 else 's'}"


def _report(counted: dict[str, int], traced: Path | None, chosen: list[str]) -> list[str]:
    lines = _sum("the package without its sandbox", list(counted), counted, each=False)
    for name in sorted(Counter(Path(file).parts[0] for file in counted)):
        inside = [file for file in counted if Path(file).parts[0] == name]
        lines += _sum(f"  {name}", inside, counted, each=False)
    lines += ["", *_sum("main path", _MAIN_PATH, counted, each=True)]
    if traced is not None:
        touched = list(json.loads(traced.read_text(encoding="utf-8"))["touched"])
        core = [
            file
            for file in touched
            if file.startswith("core/") and not file.startswith("core/pictures/")
        ]
        title = "core files that the trace touches, pictures/ aside"
        lines += ["", *_sum(title, core, counted, each=True)]
        lines += _sum("all files that the trace touches", touched, counted, each=False)
    if chosen:
        lines += ["", *_sum("the files that were asked for", chosen, counted, each=True)]
    return lines


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.tools.count_lines", description="Count lines that hold code."
    )
    parser.add_argument("--root", type=Path, default=_ROOT, help="another checkout")
    parser.add_argument("--trace", type=Path, help="what trace_call --json printed, as a file")
    parser.add_argument("files", nargs="*", help="also these, relative to lumen_widgets/")
    options = parser.parse_args()
    print("\n".join(_report(count(options.root), options.trace, options.files)))


if __name__ == "__main__":
    main()
