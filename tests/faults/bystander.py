"""A program that a silent service keeps waiting, for tests that interrupt it or let it end."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from lumen_widgets.client import LumenClient

if TYPE_CHECKING:
    from types import FrameType


def say_when_waiting() -> None:
    """Say ``ready`` once this thread waits: for a lock in a call named so, or for an answer."""

    def profile(frame: FrameType, event: str, called: Any) -> None:
        waits = {("wait", "acquire"), ("readinto", "recv_into")}
        if event == "c_call" and (frame.f_code.co_name, called.__name__) in waits:
            sys.setprofile(None)
            print("ready", flush=True)

    sys.setprofile(profile)


def main() -> None:
    """Submit to the address in the first argument, then do what the second one says."""
    url, verb, timeout = sys.argv[1:]
    client = LumenClient("sk-lumen-local-bystander", url, timeout=float(timeout))
    if verb == "submit":
        print("ready", flush=True)
        client.generate("a cat")
    if verb == "submit beside":
        beside = threading.Thread(target=client.generate, args=("a cat",), daemon=True)
        beside.start()
        # alive, not only listed: a thread that is still starting is not waited for at the end
        while beside.is_alive() and "lumen-submit" not in {
            one.name for one in threading.enumerate() if one.is_alive()
        }:
            threading.Event().wait(0.001)
        print("ready", flush=True)
        return
    task = client.generate("a cat")
    if verb == "end":
        print("ready", flush=True)
        sys.stdin.read()
        return
    say_when_waiting()
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
