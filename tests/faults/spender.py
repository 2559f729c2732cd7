"""A program that submits tasks until it is killed, and says of each which id it was given."""

from __future__ import annotations

import sys
import threading

from lumen_widgets.client import LumenClient
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing


def main() -> None:
    """Submit to an address, with a journal in a folder, by some threads: the arguments."""
    url, home, name, threads = sys.argv[1:]
    # Pictures of tasks are fetched between submits, not only after the last one.
    use_scheduler(Scheduler(timing=Timing(requests_window=0.1)))
    client = LumenClient("sk-lumen-local-spender", url, journal=home)
    lock = threading.Lock()

    def spend(thread: int) -> None:
        for number in range(100_000):
            task = client.generate(f"{name}-{thread}-{number}")
            with lock:
                print(task.id, flush=True)

    print("ready", flush=True)
    for thread in range(int(threads)):
        threading.Thread(target=spend, args=(thread,)).start()


if __name__ == "__main__":
    main()
