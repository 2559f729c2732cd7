"""A program that a silent service keeps waiting, for tests that interrupt it or let it end."""

from __future__ import annotations

import sys
import threading

from lumen_widgets.client import LumenClient


def main() -> None:
    """Submit to the address in the first argument, then do what the second one says."""
    url, verb, timeout = sys.argv[1:]
    client = LumenClient("sk-lumen-local-bystander", url, timeout=float(timeout))
    if verb == "submit":
        print("ready", flush=True)
        client.generate("a cat")
    if verb == "submit beside":
        threading.Thread(target=client.generate, args=("a cat",), daemon=True).start()
        # alive, not only listed: a thread that is still starting is not waited for at the end
        while "lumen-submit" not in {one.name for one in threading.enumerate() if one.is_alive()}:
            threading.Event().wait(0.001)
        print("ready", flush=True)
        return
    task = client.generate("a cat")
    if verb == "end":
        threading.Event().wait(0.6)
    print("ready", flush=True)
    if verb == "wait":
        task.wait()
    elif verb == "as_completed":
        list(client.as_completed([task]))
    elif verb == "stream":
        list(client.stream([task]))
    elif verb == "refresh":
        task.refresh()


if __name__ == "__main__":
    main()
