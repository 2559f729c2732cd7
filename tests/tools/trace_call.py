"""How much of the package a call passes through: ``python -m tests.tools.trace_call``.

It runs one call of the notebook's on the sandbox, each time in a fresh process with a home of its
own, and counts the files of the package that it enters, in all threads, until its pictures are here
and what goes on behind it has come to rest. It knows public names alone, so that it measures other
checkouts too: ``PYTHONPATH=CHECKOUT python tests/tools/trace_call.py``.

What counts: each entry into a function of the package during the call. A module that is loaded
during the call is no call, nor is what its top level calls; a generator counts once, not each time
that it goes on, and a comprehension not at all (newer Pythons run it in place). The caller is the
nearest function of the package up the stack, whatever library stands between. The sandbox, which
stands for the service, is left out.

Files, pairs and distinct calls (the same function called from the same function counts once) are
the same in every run but for a handful. All calls are not: a task is asked about for as long as it
takes, which is a second on a machine that is idle and more on a busy one.
"""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import redirect_stdout
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from types import CodeType, FrameType

_CALLS = ("generate", "edit", "inpaint")
# fixed, so that waiting takes about the same number of questions; drawing two pictures takes less
_LATENCY = 1.0
# nothing of ours was entered for so long: longer than any pause between two questions
_REST = 0.7
# a call that is still busy after so long never comes to rest
_MOST_SECONDS = 60.0
_COMPREHENSIONS = {"<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>"}


class _Entry(NamedTuple):
    """One entry into a function: its file, and that of its caller, "" for a thread's first."""

    callee: str
    caller: str
    # which function of which other, by their full names
    call: tuple[str, str]


class _Loading(threading.local):
    """How many modules and classes this thread is making, one inside of the other."""

    depth = 0


class _Tracer:
    """What notes every entry into a function of the package, in all threads that start from now."""

    def __init__(self, package: Path) -> None:
        self._package = str(package) + os.sep
        self._loading = _Loading()
        self.entries: list[_Entry] = []
        self.last = time.monotonic()

    def start(self) -> None:
        """Note from here on."""
        threading.setprofile(self._hear)
        sys.setprofile(self._hear)

    def stop(self) -> None:
        """Note nothing more of this thread; others are still heard."""
        sys.setprofile(None)

    def wait_for_rest(self) -> None:
        """Return once no thread has entered anything for a while."""
        deadline = time.monotonic() + _MOST_SECONDS
        while (busy := time.monotonic() - self.last) < _REST:
            if time.monotonic() > deadline:
                raise TimeoutError(f"still busy {_MOST_SECONDS:g} seconds after the call")
            time.sleep(_REST - busy)
        threading.setprofile(None)

    def _hear(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event not in {"call", "return"} or not self._is_ours(frame):
            return
        code = frame.f_code
        if not code.co_flags & inspect.CO_OPTIMIZED:
            # the top level of a module or of a class: no function
            self._loading.depth += 1 if event == "call" else -1
            return
        self.last = time.monotonic()
        if (
            event == "return"
            or self._loading.depth
            or code.co_name in _COMPREHENSIONS
            or _goes_on(code, frame.f_lasti)
        ):
            return
        caller = frame.f_back
        while caller is not None and not self._is_ours(caller):
            caller = caller.f_back
        names = (caller.f_code.co_qualname if caller else "", code.co_qualname)
        self.entries.append(_Entry(self._file(frame), self._file(caller) if caller else "", names))

    def _is_ours(self, frame: FrameType) -> bool:
        return frame.f_code.co_filename.startswith(self._package)

    def _file(self, frame: FrameType) -> str:
        return Path(frame.f_code.co_filename[len(self._package) :]).as_posix()


def _goes_on(code: CodeType, position: int) -> bool:
    """Tell whether a generator or coroutine goes on, rather than begins.

    Its frame is entered at a RESUME, whose lowest two bits say where it stands: 0 is the start.
    """
    resumable = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
    return bool(code.co_flags & resumable) and code.co_code[position + 1] & 3 != 0


def _trace_here(call: str) -> dict[str, Any]:
    """Run the call in this process, and return what it entered."""
    sys.addaudithook(_stay_on_this_machine)
    # a key that is kept on this machine would make the call a paid one
    sys.modules["keyring"] = None  # type: ignore[assignment] # what makes an import fail
    import lumen_widgets as lumen

    started: list[subprocess.Popen[bytes]] = []
    original = subprocess.Popen.__init__

    def remember(process: Any, *words: Any, **named: Any) -> None:
        original(process, *words, **named)
        started.append(process)

    subprocess.Popen.__init__ = remember  # type: ignore[method-assign, assignment] # to end the sandbox later
    try:
        lumen.sandbox.settings(latency=(_LATENCY, _LATENCY))
        words = _arguments(call)
        tracer = _Tracer(Path(lumen.__file__).parent)
        with redirect_stdout(io.StringIO()):
            tracer.start()
            pictures = getattr(lumen, call)(*words, n=2)
            tracer.stop()
            tracer.wait_for_rest()
        if len(pictures) != 2:
            raise RuntimeError(f"{call} gave {len(pictures)} pictures instead of 2")
    finally:
        for process in started:
            process.terminate()
            process.wait()
    return _counts([entry for entry in tracer.entries if not entry.callee.startswith("sandbox/")])


def _stay_on_this_machine(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse every connection but to this machine: no mistake here may cost credits."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
        if not (host.startswith("127.") or host in {"::1", "localhost"}):
            raise ConnectionRefusedError(f"the trace may not reach {host}")


def _arguments(call: str) -> list[Any]:
    if call == "generate":
        return ["x"]
    import numpy as np
    from PIL import Image

    side = 512
    slope = np.linspace(0, 255, side, dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(np.broadcast_to(slope, (side, side)).copy()).convert("RGB").save(file, "PNG")
    if call == "edit":
        return ["x", file.getvalue()]
    mask = np.zeros((side, side), dtype=bool)
    mask[side // 4 : side // 2, side // 4 : side // 2] = True
    return ["x", file.getvalue(), mask]


def _counts(entries: list[_Entry]) -> dict[str, Any]:
    crossing = [
        entry
        for entry in entries
        if entry.caller not in {"", entry.callee} and not entry.caller.startswith("sandbox/")
    ]
    arrows = Counter((entry.caller, entry.callee) for entry in crossing)
    files = Counter(entry.callee for entry in entries)
    return {
        "files": len(files),
        "pairs": len(arrows),
        "cross_file_calls": len(crossing),
        "calls": len(entries),
        "distinct_cross_file_calls": len(set(crossing)),
        "distinct_calls": len(set(entries)),
        "touched": dict(sorted(files.items())),
        "arrows": [[*arrow, times] for arrow, times in sorted(arrows.items())],
    }


def _trace_in_a_fresh_process(call: str) -> dict[str, Any]:
    found = importlib.util.find_spec("lumen_widgets")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("no lumen_widgets here: run it in a checkout, or set PYTHONPATH")
    checkout = str(Path(found.origin).parents[1])
    # neither a key nor an account nor a budget of the user who runs this
    own = {name: value for name, value in os.environ.items() if not name.startswith("LUMEN_")}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        done = subprocess.run(
            [sys.executable, "-P", __file__, "--here", "--call", call],
            env=own | {"LUMEN_HOME": home, "PYTHONPATH": checkout},
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    counts: dict[str, Any] = json.loads(done.stdout)
    return counts


def trace(call: str, runs: int) -> dict[str, Any]:
    """Trace a call in several fresh processes.

    Parameters
    ----------
    call
        ``"generate"``, ``"edit"`` or ``"inpaint"``.
    runs
        How many, 1 or more.

    Returns
    -------
    dict
        ``files``, ``pairs``, ``cross_file_calls`` and ``calls``, the two of ``distinct_…`` too,
        each the median of all runs, and from the run of median calls ``touched`` (calls by file)
        and ``arrows`` (caller, callee, calls).

    """
    found = sorted(
        (_trace_in_a_fresh_process(call) for _ in range(runs)), key=lambda one: one["calls"]
    )
    numbers = [name for name, value in found[0].items() if isinstance(value, int)]
    medians = {name: statistics.median_low(one[name] for one in found) for name in numbers}
    return {"call": call, "runs": runs} | found[(runs - 1) // 2] | medians


def _told(counts: dict[str, Any]) -> str:
    first = (
        f"{counts['call']}: {counts['files']} files, {counts['pairs']} directed pairs,"
        f" {counts['cross_file_calls']:,} cross-file calls, {counts['calls']:,} calls"
        f" (medians of {counts['runs']})"
    )
    second = (
        f"distinct: {counts['distinct_cross_file_calls']:,} cross-file calls,"
        f" {counts['distinct_calls']:,} calls"
    )
    lines = [first, second]
    by_folder = sorted(counts["touched"].items(), key=lambda item: (_folder(item[0]), -item[1]))
    for folder, group in groupby(by_folder, key=lambda item: _folder(item[0])):
        files = list(group)
        calls = sum(times for _, times in files)
        lines += ["", f"{folder}  files: {len(files)}, calls: {calls:,}"]
        lines += [f"  {times:6,}  {Path(file).name}" for file, times in files]
    return "\n".join(lines)


def _folder(file: str) -> str:
    return f"{Path(file).parent.as_posix()}/".replace("./", "lumen_widgets/")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.tools.trace_call", description="Trace one call through the package."
    )
    parser.add_argument("--call", choices=_CALLS, default="generate")
    parser.add_argument("--runs", type=int, default=3, help="medians of so many (default: 3)")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(_trace_here(options.call)))
        return
    counts = trace(options.call, max(options.runs, 1))
    print(json.dumps(counts, indent=1) if options.json else _told(counts))


if __name__ == "__main__":
    main()
