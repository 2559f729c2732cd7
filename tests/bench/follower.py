"""A program: one client waits for fake tasks that it submits at once, round after round.

It is run by the Python of that client's environment, and imports nothing of ours for another's::

    python -P follower.py CLIENT COUNT FOLDER URL [URL …]

For each round, a `FakeService` at one URL, it prints a line of JSON: ``processor`` is this
process's own time in seconds; ``known`` says of each task when the client knew that it is over,
and ``here`` when its picture was here, where the client fetches it, in seconds of
`time.monotonic`. That is one clock for all processes of a machine.

Ours takes all tasks in one thread. The others wait for each in a thread of its own, by the call
that they have for it, without arguments that change how often it asks.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    # What a round returns: when each task was known to be over, and when its picture was here.
    Times: TypeAlias = tuple[dict[str, float], dict[str, float]]
    Round: TypeAlias = Callable[[str, int], Callable[[], Times]]

_KEY = "sk-lumen-local-SENTINELsentinel0123456789"
# Not of this machine, so that it is asked at the service's pace; set aside for tests (RFC 2544).
_ORIGIN = "https://198.18.0.1"
_PATIENCE = 120.0


def ours(folder: Path) -> Round:
    """Follow with our client and its journal, at the service's pace, over sockets of this machine.

    What one round has learnt is known in the next.
    """
    import requests
    from requests.adapters import HTTPAdapter

    from lumen_widgets.client import LumenClient, Task

    class ToThisMachine(HTTPAdapter):
        """Connects to this machine, wherever a request goes."""

        port = 0

        def build_connection_pool_key_attributes(
            self, *_request: Any, **_settings: Any
        ) -> tuple[Any, Any]:
            return {"scheme": "http", "host": "127.0.0.1", "port": self.port}, {}

    def begin(url: str, count: int) -> Callable[[], Times]:
        adapter, session = ToThisMachine(), requests.Session()
        adapter.port = int(url.rpartition(":")[2])
        session.trust_env = False
        session.mount("https://", adapter)
        client = LumenClient(_KEY, _ORIGIN, session=session, journal=folder)
        known: dict[str, float] = {}
        here: dict[str, float] = {}
        all_here = threading.Event()

        def note(task: Task) -> None:
            now = time.monotonic()
            if task.status == "succeeded":
                known.setdefault(task.id, now)
            if task.done:
                here.setdefault(task.id, now)
            if len(here) == count:
                all_here.set()

        def run() -> Times:
            tasks = []
            for number in range(count):
                tasks.append(client.generate(f"fake task {number}"))
                tasks[-1].subscribe(note)
            for task in tasks:
                task.wait(_PATIENCE)
            # the last news may still be on their way to what notes them
            all_here.wait(_PATIENCE)
            return known, here

        return run

    return begin


def openai(_folder: Path) -> Round:
    """Follow with openai, by the one wait for a task that it has: every second."""
    # it says that its service's videos will be gone
    warnings.simplefilter("ignore", DeprecationWarning)

    def begin(url: str, count: int) -> Callable[[], Times]:
        client = import_module("openai").OpenAI(api_key="none", base_url=f"{url}/v1")

        def wait(_number: int) -> str:
            return str(client.videos.create_and_poll(model="sora-2", prompt="fake").id)

        return in_threads(wait, count)

    return begin


def replicate(_folder: Path) -> Round:
    """Follow with replicate: every half second, after the first one."""

    def begin(url: str, count: int) -> Callable[[], Times]:
        client = import_module("replicate").Client(api_token="none", base_url=url)  # noqa: S106 -- of no service
        # made at its first use: threads at once would each make one, and the last stays, with the
        # connections of the others closed
        _ = client._client

        def wait(_number: int) -> str:
            prediction = client.predictions.create(version="1", input={"prompt": "fake"})
            prediction.wait()
            return str(prediction.id)

        return in_threads(wait, count)

    return begin


def fal(_folder: Path) -> Round:
    """Follow with fal-client: every tenth of a second, and the result is a request of its own."""

    def begin(url: str, count: int) -> Callable[[], Times]:
        module: Any = import_module("fal_client.client")
        # where its queue is can be set, but not that it is on http
        module.QUEUE_URL_FORMAT = f"{url}/"
        client = module.SyncClient(key="none")

        def wait(_number: int) -> str:
            ids: list[str] = []
            client.subscribe("fake/fake", {"prompt": "fake"}, on_enqueue=ids.append)
            return ids[0]

        return in_threads(wait, count)

    return begin


def in_threads(wait: Callable[[int], str], count: int) -> Callable[[], Times]:
    """Return what waits for all tasks, each in a thread."""

    def timed(number: int) -> tuple[str, float]:
        return wait(number), time.monotonic()

    def run() -> Times:
        with ThreadPoolExecutor(count) as pool:
            return dict(pool.map(timed, range(count))), {}

    return run


CLIENTS: dict[str, Callable[[Path], Round]] = {
    "ours": ours,
    "openai": openai,
    "replicate": replicate,
    "fal-client": fal,
}


def main(name: str, count: int, folder: Path, urls: list[str]) -> None:
    """Follow the tasks of every round."""
    begin = CLIENTS[name](folder)
    for url in urls:
        run = begin(url, count)
        before = time.process_time()
        known, here = run()
        processor = time.process_time() - before
        print(json.dumps({"processor": processor, "known": known, "here": here}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
