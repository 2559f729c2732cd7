"""Many tasks at once on the sandbox: pictures a second, and the client's own time for each."""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import perf_counter, process_time

from lumen_widgets.client import LumenClient
from tests.bench import summary
from tests.bench.table import Table
from tests.sandboxes import serving

_SIDES = (256, 1024)
# what hangs is seen as that
_PATIENCE = 600


def measure(*, full: bool) -> Table:
    """Measure from the first submit to the last picture, which is fetched, checked and kept."""
    count = 200 if full else 4
    table = Table(
        (f"{count} tasks at once", "pictures a second", "submit, ms", "processor time a task, ms")
    )
    found = []
    for side in _SIDES:
        with tempfile.TemporaryDirectory() as folder, serving(Path(folder, "sandbox")) as server:
            server.set(latency=[0, 0])
            client = LumenClient(server.api_key, server.url, journal=Path(folder, "journal"))
            size = f"{side}x{side}"
            # the sandbox's first picture waits for what draws
            client.generate("a fox", size=size).wait(_PATIENCE)
            start, spent = perf_counter(), process_time()
            tasks = [client.generate(f"fox {number}", size=size) for number in range(count)]
            submitted = perf_counter() - start
            for task in tasks:
                task.wait(_PATIENCE)
            rate = count / (perf_counter() - start)
            spent = (process_time() - spent) / count * 1000
        table.add(f"{side}²", rate, submitted / count * 1000, spent)
        found.append((rate, spent))
    sizes = ", ".join(f"{count} of {side}²" for side in _SIDES)
    rates = ", ".join(f"{rate:.1f}" for rate, _ in found)
    summary.note("throughput", f"{sizes} on the sandbox", f"{rates} a second")
    summary.note("processor time", "processor time a 1024² task, client", f"{found[-1][1]:.0f} ms")
    return table
