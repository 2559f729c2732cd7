"""Which account this notebook uses: the sandbox, the service, or a client of the user's own."""

from __future__ import annotations

import getpass
import html
import os
import sys
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from lumen_widgets import sandbox
from lumen_widgets.client import InvalidRequest, LumenClient, MissingKey
from lumen_widgets.core.words import strip_controls
from lumen_widgets.notebook.cell import in_notebook

if TYPE_CHECKING:
    from lumen_widgets.client import Task

_SANDBOX_NAME = "Sandbox on this machine · previews, nothing is charged"

# What a client without arguments takes from the environment; a sandbox's takes its journal alone.
_HOME = "LUMEN_HOME"
_SETTINGS = ("LUMEN_API_KEY", "LUMEN_BASE_URL", "LUMEN_HOSTING", _HOME)


@dataclass(frozen=True)
class Account:
    """An account in use: shown in a cell by its name, never with its key.

    Attributes
    ----------
    name
        Which server draws and charges, as users read it.
    client
        The client that spends its credits.
    is_sandbox
        Whether its credits are not real.

    """

    name: str
    client: LumenClient
    is_sandbox: bool = False

    def __repr__(self) -> str:
        return f"In use: {strip_controls(self.name)}"

    def _repr_html_(self) -> str:
        return f"<p>In use: <b>{html.escape(strip_controls(self.name))}</b></p>"


class _SandboxClients:
    """The client of the sandbox that runs, and those of the sandboxes before it."""

    def __init__(self) -> None:
        # a server, the folder of the journal, and the client of both
        self._last: tuple[object, str | None, LumenClient] | None = None
        # tasks of an earlier client may still be held; they cost nothing either
        self._all: weakref.WeakSet[LumenClient] = weakref.WeakSet()

    def __contains__(self, client: LumenClient) -> bool:
        return client in self._all

    def start(self) -> LumenClient:
        """Return the client of the user's server, which is found or started."""
        running, home = sandbox.start(), os.environ.get(_HOME)
        if self._last is None or self._last[:2] != (running, home):
            self._last = running, home, LumenClient(running.api_key, running.url)
            self._all.add(self._last[2])
        return self._last[2]

    def last(self) -> LumenClient | None:
        """Return the client of the last server, unless the journal is in another folder now."""
        if self._last is not None and self._last[1] == os.environ.get(_HOME):
            return self._last[2]
        return None


class Accounts:
    """The account in use: the chosen one, else the service's if a key is found, else the sandbox's.

    The process has one of these, behind this module's functions.
    """

    def __init__(self) -> None:
        self._sandboxes = _SandboxClients()
        self._chosen: Account | None = None
        self._default: tuple[tuple[str | None, ...], Account | None] | None = None

    @property
    def is_chosen(self) -> bool:
        """Whether `use` was called."""
        return self._chosen is not None

    def use(self, which: Literal["sandbox", "service"] | LumenClient) -> Account:
        """Choose an account, as `lumen.use` does."""
        given: object = which  # a user may pass anything, also what cannot be compared with text
        word = given if isinstance(given, str) else None
        if isinstance(which, LumenClient):
            account = self.of_client(which)
        elif word == "sandbox":
            account = self._sandbox()
        elif word == "service":
            account = self._service(ask=True)
        else:
            # not repeated: it may be a key, and errors stay in the notebook
            raise InvalidRequest(
                "lumen.use() does not know that account.",
                next_step='Give it "sandbox", "service" or a LumenClient, which takes a key.',
            )
        self.forget()
        self._chosen = account
        return account

    def forget(self) -> None:
        """Forget the chosen account and the service's: the next call looks for a key again."""
        self._chosen = self._default = None

    def of_client(self, client: LumenClient) -> Account:
        """Return the account of any client.

        Raises
        ------
        InvalidRequest
            It is no client.

        """
        if not isinstance(client, LumenClient):
            raise InvalidRequest(
                f"client is of type {type(client).__name__}, not a LumenClient.",
                next_step="Leave it out for the account in use, which lumen.use() chooses.",
                field="client",
            )
        if client in self._sandboxes:
            return Account(_SANDBOX_NAME, client, is_sandbox=True)
        return Account(f"{urlsplit(client.base_url).netloc} · pictures cost credits", client)

    def current(self) -> Account:
        """Return the account in use; a sandbox's server is looked up each time, as it may stop."""
        if self._chosen is not None:
            return self.with_running_server(self._chosen)
        return self._service_with_key() or self._sandbox()

    def with_running_server(self, account: Account) -> Account:
        """Return the same account with a server that runs: an unused sandbox stops by itself."""
        return self._sandbox() if account.is_sandbox else account

    def ready_client(self) -> LumenClient | None:
        """Return the client in use, if there is one without starting a server for it."""
        if self._chosen is not None and not self._chosen.is_sandbox:
            return self._chosen.client
        if self._chosen is None and (account := self._service_with_key()) is not None:
            return account.client
        return self._sandboxes.last()

    def _sandbox(self) -> Account:
        return Account(_SANDBOX_NAME, self._sandboxes.start(), is_sandbox=True)

    def _service(self, *, ask: bool = False) -> Account:
        """Return the service's account, with a key that is found or, if there is none, typed in."""
        try:
            return self.of_client(LumenClient())
        except MissingKey:
            # only a front end that takes input, or a terminal, can be asked
            if not (ask and (in_notebook() or sys.stdin.isatty())):
                raise
        return self.of_client(LumenClient(_ask_for_key()))

    def _service_with_key(self) -> Account | None:
        """Return the service's account if a key is found.

        It is kept until the environment names another one: each new client would ask the keyring,
        and would not know the tasks that an earlier client follows.
        """
        settings = tuple(os.environ.get(name) for name in _SETTINGS)
        if self._default is None or self._default[0] != settings:
            try:
                self._default = settings, self._service()
            except MissingKey:
                self._default = settings, None
        return self._default[1]


def _ask_for_key() -> str:
    """Ask for a key; the typed text is neither shown nor kept in any history.

    Raises
    ------
    MissingKey
        If nothing was typed, or this front end takes no input.

    """
    try:
        typed = getpass.getpass("API key of the Lumen Image API (it is not kept): ")
    except (EOFError, NotImplementedError, OSError):
        typed = ""  # "Run All" without a person, papermill, nbconvert
    if not typed.strip():
        raise MissingKey(
            "No API key was found, and none was typed.",
            next_step='Set LUMEN_API_KEY, or run lumen.use("service") again and type it.',
        )
    return typed


# one kernel, one choice
accounts = Accounts()


def use(which: Literal["sandbox", "service"] | LumenClient) -> Account:
    """Choose the account for every notebook call from here on.

    Without this, a notebook uses the service if a key is found, else the sandbox.

    Parameters
    ----------
    which
        ``"sandbox"``: previews drawn on this machine, with no key, no internet and no real
        credits; its server is found or started. ``"service"``: the Lumen Image API, with the key
        in `LUMEN_API_KEY`, the system's keyring or Colab's secrets; where there is none, you are
        asked for it, and what you type is kept in no file. Or a `LumenClient`.

    Returns
    -------
    Account
        What is in use, shown in words as a cell's last line.

    Raises
    ------
    InvalidRequest
        `which` is none of these.
    MissingKey
        ``"service"`` was asked for, and there is no key.

    Examples
    --------
    >>> import lumen_widgets as lumen
    >>> lumen.use("sandbox")  # doctest: +SKIP
    In use: Sandbox on this machine · previews, nothing is charged

    """
    return accounts.use(which)


def is_chosen() -> bool:
    """Say whether `use` was called."""
    return accounts.is_chosen


def account_of(client: LumenClient) -> Account:
    """Return the account of a client."""
    return accounts.of_client(client)


def account_of_task(task: Task) -> Account:
    """Return the account that a task belongs to, as far as this process knows; else that in use."""
    return current(LumenClient.of(task))


def current(client: LumenClient | None = None) -> Account:
    """Return the account of `client`, or the one in use."""
    return accounts.current() if client is None else accounts.of_client(client)
