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
from lumen_widgets.notebook.cell import in_notebook

if TYPE_CHECKING:
    from lumen_widgets.client import Task

_SANDBOX_WORDS = "Sandbox on this machine · previews, nothing is charged"


@dataclass(frozen=True)
class Account:
    """An account in use: shown in a cell as words, never with its key.

    Attributes
    ----------
    name
        Who draws and who charges, in words for people.
    client
        The client that spends its credits.

    """

    name: str
    client: LumenClient

    @property
    def is_sandbox(self) -> bool:
        """Whether its credits are not real."""
        return self.name == _SANDBOX_WORDS

    def __repr__(self) -> str:
        return f"In use: {self.name}"

    def _repr_html_(self) -> str:
        return f"<p>In use: <b>{html.escape(self.name)}</b></p>"


def _sandbox_account() -> Account:
    """Return the sandbox's account, with a server that is running now."""
    global _sandbox  # noqa: PLW0603 # one server a user, and so one client of it
    running, home = sandbox.start(), os.environ.get(_HOME)
    if _sandbox is None or _sandbox[:2] != (running, home):
        _sandbox = running, home, LumenClient(running.api_key, running.url)
        _of_sandboxes.add(_sandbox[2])
    return Account(_SANDBOX_WORDS, _sandbox[2])


def _service_account(*, ask: bool = False) -> Account:
    """Return the service's account, with a key that is found or, if there is none, typed in."""
    try:
        return account_of(LumenClient())
    except MissingKey:
        # someone to ask: a front end that takes input, or a terminal
        if not (ask and (in_notebook() or sys.stdin.isatty())):
            raise
    return account_of(LumenClient(_asked_key()))


def _asked_key() -> str:
    """Ask for a key; what is typed is shown nowhere and is in no history.

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


def _found_account() -> Account | None:
    """Return the service's account if a key is found.

    It is kept until the environment names another one: each client asks the keyring, and knows
    nothing of the tasks that another one follows.
    """
    global _default  # noqa: PLW0603 # one for the process
    settings = tuple(os.environ.get(name) for name in _SETTINGS)
    if _default is None or _default[0] != settings:
        try:
            _default = settings, _service_account()
        except MissingKey:
            _default = settings, None
    return _default[1]


# What a client without arguments takes from the environment; a sandbox's takes its journal alone.
_HOME = "LUMEN_HOME"
_SETTINGS = ("LUMEN_API_KEY", "LUMEN_BASE_URL", "LUMEN_HOSTING", _HOME)

# A server, where the journal is, and the client of both.
_sandbox: tuple[object, str | None, LumenClient] | None = None
# That one and those before it, whose tasks somebody still holds: they cost nothing either.
_of_sandboxes: weakref.WeakSet[LumenClient] = weakref.WeakSet()
_default: tuple[tuple[str | None, ...], Account | None] | None = None
_chosen: Account | None = None


def account_of(client: LumenClient) -> Account:
    """Return the account of a client that somebody else made."""
    if client in _of_sandboxes:
        return Account(_SANDBOX_WORDS, client)
    return Account(f"{urlsplit(client.base_url).netloc} · pictures cost credits", client)


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
    global _chosen, _default  # a notebook has one account in use
    if isinstance(which, LumenClient):
        account = account_of(which)
    elif which == "sandbox":
        account = _sandbox_account()
    elif which == "service":
        account = _service_account(ask=True)
    else:
        raise InvalidRequest(
            f"lumen.use() does not know {which!r}.",
            next_step='Give it "sandbox", "service" or a LumenClient.',
        )
    _chosen, _default = account, None
    return account


def is_chosen() -> bool:
    """Say whether `use` was called."""
    return _chosen is not None


def account_of_task(task: Task) -> Account:
    """Return the account that a task belongs to, as far as this process knows; else that in use."""
    return current(LumenClient.of(task))


def at_hand() -> LumenClient | None:
    """Return the client in use, if there is one without a server being started for it."""
    if _chosen is not None and not _chosen.is_sandbox:
        return _chosen.client
    if _chosen is None and (account := _found_account()) is not None:
        return account.client
    if _sandbox is not None and _sandbox[1] == os.environ.get(_HOME):
        return _sandbox[2]
    return None


def renewed(account: Account) -> Account:
    """Return the same account with a server that runs: a sandbox stops when nobody uses it."""
    return _sandbox_account() if account.is_sandbox else account


def current(client: LumenClient | None = None) -> Account:
    """Return the account of `client`, or the one in use.

    The sandbox's server is looked up each time, since it stops by itself when nobody uses it.
    """
    if client is not None:
        return account_of(client)
    return renewed(_chosen) if _chosen is not None else _found_account() or _sandbox_account()
