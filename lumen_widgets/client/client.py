"""The client: one account at one service, and the calls that make pictures there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from lumen_widgets.client.account import Account
from lumen_widgets.client.arguments import host_names, open_journal, request_timeout
from lumen_widgets.client.calls import Calls
from lumen_widgets.core import completion
from lumen_widgets.core.http.keys import read_key
from lumen_widgets.core.http.origin import read_origin
from lumen_widgets.core.request import check_again

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    import requests

    from lumen_widgets.client.hosting.protocol import Hosting
    from lumen_widgets.core.request import Request
    from lumen_widgets.core.task import Task
    from lumen_widgets.journal import Journal


class LumenClient(Calls):
    """A client of the Lumen Image API, for scripts and notebooks alike.

    Every submit is written to the journal before it is sent, sent once, and followed in the
    background until its pictures are here.

    Parameters
    ----------
    api_key
        The key; None looks in ``LUMEN_API_KEY``, in the system's keyring if the package
        ``keyring`` is installed, and in Colab's secrets. A key that stands in a cell of a
        notebook is warned of: cells are saved.
    base_url
        The service's address; None takes ``LUMEN_BASE_URL``, else the service itself.
    hosting
        Gives pictures that exist only here an address that the service can read: a
        `FsspecHosting`, `CallableHosting`, `DataURIHosting`, or an object of one's own; None uses
        the uploads of a sandbox, where the base URL is one, else ``LUMEN_HOSTING``.
    journal
        Where tasks are written down: None is the user's own journal (``LUMEN_HOME``), a path is
        a journal in that folder, False is none.
    session
        The `requests.Session` to use, for its adapters, proxies, TLS settings and headers.
    timeout
        Seconds for one submit with its repeats, and for one request of any other kind.
    allow_hosts
        Host names that result pictures may come from although they are private addresses.

    Attributes
    ----------
    base_url : str
        The service's address.
    journal : Journal or None
        The journal, None where there is none.

    Raises
    ------
    MissingKey, AuthenticationError
        If there is no key, or it has characters that no key has.
    InvalidRequest
        If another argument is not as above.

    Examples
    --------
    >>> client = LumenClient()  # doctest: +SKIP
    >>> client.generate("a cute cat on a windowsill").wait()[0].save("cat.png")  # doctest: +SKIP

    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        hosting: Hosting | None = None,
        journal: str | os.PathLike[str] | Journal | bool | None = None,
        session: requests.Session | None = None,
        timeout: float = 30.0,
        allow_hosts: Sequence[str] = (),
    ) -> None:
        try:
            origin = read_origin(base_url)
            key = read_key(api_key, origin)
        finally:
            # Whatever raises from here on, the locals of this frame have no key in clear.
            del api_key
        self.base_url = origin.url
        self.journal = open_journal(journal)
        self._account = Account(
            key,
            hosting=hosting,
            journal=self.journal,
            session=session,
            timeout=request_timeout(timeout),
            allow_hosts=host_names(allow_hosts),
        )

    def submit(self, request: Request) -> Task:
        """Send a request as it is, once, and return the task: it is paid, again if it was before.

        Parameters
        ----------
        request
            The ``request`` of a task or of one's own making. Addresses in it may have expired;
            pictures are not looked at again.

        Raises
        ------
        InvalidRequest
            If it cannot be sent: only the task's id is known, or the journal, where it comes
            from, keeps no ``data:`` pictures and no webhook's secret.
        LumenError
            As for `generate`.

        Examples
        --------
        >>> again = client.submit(task.request)  # doctest: +SKIP

        """
        return self._account.submit(check_again(request), self)

    def _submit(
        self, draft: Request, host: Callable[[], Request] | None = None, *, reuse: bool = False
    ) -> Task:
        hosted = None if host is None else lambda: check_again(host())
        return self._account.submit(check_again(draft), self, hosted, reuse=reuse)

    def usual_seconds(self, request: Request) -> float | None:
        """Return how long tasks like this one took here, by the journal: an estimate, no promise.

        Alike are tasks of the same service, endpoint, model, size, resolution, quality and n.

        Returns
        -------
        float or None
            The median of the newest of them that succeeded, in seconds, from 3 to 30 of them;
            None while there are fewer, or no journal that can be read.

        Examples
        --------
        >>> client.usual_seconds(task.request)  # doctest: +SKIP
        12.4

        """
        return self._account.usual_seconds(request)

    def task(self, task_id: str) -> Task:
        """Take up a task by its id.

        One that is done and whose pictures the journal has needs no network; any other is asked
        about once, and followed from then on.

        Raises
        ------
        NotFound
            If the service knows no such task.
        AuthenticationError, InvalidRequest, InsufficientCredits
            If it refuses to say, or `task_id` cannot be an id.
        ServiceUnreachable, RateLimited, UpstreamError
            If no answer came within the client's time-out.

        Examples
        --------
        >>> client.task("a1b2c3").wait()  # doctest: +SKIP

        """
        return self._account.take_up(task_id, self)

    def resume(self) -> list[Task]:
        """Take up the tasks of this account that no process follows any more.

        They are those in the journal that have not ended, or whose pictures are not all here, and
        whose process is gone: killed, restarted, or on another machine and silent for ten minutes.
        Each goes to one process, however many resume at once. This returns at once; each task is
        asked about once in the background, and followed from then on.

        Returns
        -------
        list of Task
            The tasks, oldest first. One that the service knows no more ends with its error.

        Raises
        ------
        InvalidRequest
            If there is no journal.
        JournalError
            If it cannot be read or written.

        Notes
        -----
        A request that was sent, and whose answer nobody saw, has no id: it is never sent again.
        ``client.journal.lost(…)`` and `lumen.history` name those.

        Examples
        --------
        >>> for task in client.as_completed(client.resume()):  # doctest: +SKIP
        ...     print(task.id, task.error or task.pictures)

        """
        return self._account.resume(self).tasks

    # Of any client's tasks: they stand here because this is where people look for them.
    as_completed = staticmethod(completion.as_completed)
    stream = staticmethod(completion.stream)

    def __repr__(self) -> str:
        """Name the service and nothing of the key: a repr ends in notebooks and logs."""
        # A debugger may look at one whose making failed.
        return f"<LumenClient {getattr(self, 'base_url', '(unfinished)')}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A LumenClient cannot be pickled, since it holds a key: make a new one where it is "
            "needed."
        )
