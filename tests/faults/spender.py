"""A program that submits tasks until it is killed, and says of each which id it was given.

Whoever started it can have it held at an instant, so that a kill at that instant needs no luck: a
thread that is about to do something says so, and does not before it is let go. The others go on.
"""

from __future__ import annotations

import faulthandler
import socket
import sqlite3
import sys
import threading
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

from lumen_widgets.client import LumenClient
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from lumen_widgets.core.timing import Timing

# Seconds after which it says where its threads are, for whoever looks at a test that waits in vain.
_LONG = 100.0


class Instant(Enum):
    """What the program is about when it is killed."""

    ANY = "at any time after its start"
    BEFORE_POST = "a row is begun, the request has not come yet"
    POSTED = "the request is there, no answer is sent"
    ANSWERED = "the answer has just been sent"
    WRITING = "a transaction of the journal is open, with all its changes"
    ASKED = "a status is asked for"
    FETCHED = "a picture has just been sent"
    KEEPING = "a picture is written, and has not got its name"
    MAKING = "a new journal is being made, or written to"


class Hold:
    """Holds a thread of this program at an instant.

    Parameters
    ----------
    orders
        Brings a line for each order: the name of an instant and which one of its kind in turn, or
        ``go on``. Takes a line once a thread is held.
    journal
        The journal's file.

    """

    def __init__(self, orders: socket.socket, journal: Path) -> None:
        self._orders = orders
        self._lines = orders.makefile()
        self._journal = journal
        self._open_transaction = journal.with_name(f"{journal.name}-journal")
        self._lock = threading.Lock()
        self._instant = Instant.ANY
        self._left = 0
        self._let_go = threading.Event()

    def obey(self) -> bool:
        """Wait for one order and take it; say whether there was one."""
        order = self._lines.readline()
        if order == "go on\n":
            self._let_go.set()
        elif order:
            name, count = order.split()
            with self._lock:
                self._instant, self._left = Instant[name], int(count)
        return bool(order)

    def come(self, instant: Instant) -> None:
        """Hold this thread if it is its turn."""
        with self._lock:
            if instant is not self._instant:
                return
            self._left -= 1
            if self._left:
                return
        self._orders.sendall(b"held\n")
        self._let_go.wait()

    def listen(self) -> None:
        """Look at all that this program does from here on."""
        on_statement = self._on_statement

        class Connection(sqlite3.Connection):
            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **options)
                self.set_trace_callback(on_statement)

        connect: Any = partial(sqlite3.connect, factory=Connection)
        sqlite3.connect = connect
        sys.addaudithook(self._on_event)

    def _on_statement(self, statement: str) -> None:
        self.come(Instant.MAKING)
        if statement == "COMMIT" and self._open_transaction.exists():
            self.come(Instant.WRITING)

    def _on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "http.client.send" and bytes(arguments[1]).startswith(b"POST "):
            self.come(Instant.BEFORE_POST)
        elif event == "os.rename" and str(arguments[0]).endswith(".part"):
            self.come(Instant.KEEPING)
        elif event in {"os.link", "os.remove"} and self._journal.name in str(arguments[0]):
            self.come(Instant.MAKING)


def main() -> None:
    """Submit to an address, with a journal in a folder, by some threads: the arguments."""
    url, home, name, threads, orders = sys.argv[1:]
    faulthandler.dump_traceback_later(_LONG)
    hold = Hold(socket.socket(fileno=int(orders)), Path(home, "journal.sqlite3"))
    hold.listen()
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
    hold.obey()
    for thread in range(int(threads)):
        threading.Thread(target=spend, args=(thread,)).start()
    while hold.obey():
        pass


if __name__ == "__main__":
    main()
