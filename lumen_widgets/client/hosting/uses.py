"""Which hosted files a submit and its task need, and until when."""

from __future__ import annotations

import functools
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Concatenate, ParamSpec, cast

from lumen_widgets.client.hosting.caretaker import shared_caretaker
from lumen_widgets.client.hosting.stored import find_stored
from lumen_widgets.core.answers import TERMINAL
from lumen_widgets.core.errors import HostingError, LumenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lumen_widgets.client.account import Account
    from lumen_widgets.client.hosting.stored import Stored
    from lumen_widgets.core.request import Request
    from lumen_widgets.core.task import Task

P = ParamSpec("P")

# The fields of a request that name pictures (API.md).
_PICTURES = ("image", "image_urls", "mask_url")


class Uses:
    """The hosted files that one submit needs, from before it is sent until its task has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: list[Stored] = []
        self._task: Task | None = None
        self._unsubscribe: Callable[[], None] | None = None
        # Whether it failed while a picture was being hosted, so that nothing can have been sent.
        self.unsent = False

    def add(self, stored: Stored) -> None:
        """Need a file, which the caller has taken."""
        with self._lock:
            self._files.append(stored)

    def until(self, task: Task) -> None:
        """Need the files until the service says that the task has ended."""
        if not self._files:
            return
        self._task = task
        shared_caretaker().holders.add(self)
        self._unsubscribe = task.subscribe(lambda _: self.look())
        self.look()  # it may have ended before the subscription

    def look(self) -> None:
        """Give the files back if the task has ended: then the service reads them no more."""
        if self._task is not None and self._task.status in TERMINAL:
            self.release()

    def release(self) -> None:
        """Need the files no more; again, does nothing."""
        for stored in self._taken():
            stored.give_back()
        if self._unsubscribe is not None:
            self._unsubscribe()
        shared_caretaker().look()

    def keep(self) -> None:
        """Leave the files until they expire: the service may read them at any time."""
        for stored in self._taken():
            shared_caretaker().forget(stored)

    def _taken(self) -> list[Stored]:
        with self._lock:
            files, self._files = self._files, []
        return files


# The submit that this thread is about, to which the files belong that are hosted meanwhile.
_current: ContextVar[Uses | None] = ContextVar("lumen_uses", default=None)


def current_uses() -> Uses | None:
    """Return the uses of the submit that is being prepared, None outside of one."""
    return _current.get()


def keeps_hosted_files(
    submit: Callable[Concatenate[Account, Request, P], Task],
) -> Callable[Concatenate[Account, Request, P], Task]:
    """Have the pictures that a submit hosts stay until its task has ended, and then go.

    They go as well where the service refused it or it was never sent; where nobody knows, they
    are left to expire.
    """

    @functools.wraps(submit)
    def submitted(account: Account, request: Request, *args: P.args, **kwargs: P.kwargs) -> Task:
        uses = Uses()
        token = _current.set(uses)
        try:
            _take_again(request, uses)
            task = submit(account, request, *args, **kwargs)
        except BaseException as error:
            refused = isinstance(error, LumenError) and not error.may_have_cost
            if refused or uses.unsent:
                uses.release()
            else:
                uses.keep()
            raise
        finally:
            _current.reset(token)
        uses.until(task)
        return task

    return cast("Callable[Concatenate[Account, Request, P], Task]", submitted)


def _take_again(request: Request, uses: Uses) -> None:
    """Need the files that a request names already, since it is sent once more."""
    for url in _addresses(request):
        stored = find_stored(url)
        if stored is None:
            continue
        if not stored.take(url):
            uses.unsent = True
            raise HostingError(
                "A picture of this request was hosted for a time, and its address has ended; "
                "nothing was sent.",
                next_step="Call edit or inpaint again with the picture itself.",
            )
        uses.add(stored)


def _addresses(request: Request) -> Iterator[str]:
    for name in _PICTURES:
        value = request.body.get(name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                yield one
