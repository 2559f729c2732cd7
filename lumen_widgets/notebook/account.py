"""Which account this notebook uses: sandbox, service, a lesson, or a client of the user's own."""

from __future__ import annotations

import getpass
import html
import os
import sys
import weakref
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from lumen_widgets import sandbox
from lumen_widgets.client import InvalidRequest, LumenClient, MissingKey
from lumen_widgets.client.lesson_client import LessonClient
from lumen_widgets.client.lessons.lesson_file import SUFFIX
from lumen_widgets.client.refusing.check_option import read_check
from lumen_widgets.client.refusing.lumen_use import NAME, SANDBOX, SERVICE, read_lumen_use
from lumen_widgets.core.words import as_written, short_repr, strip_controls
from lumen_widgets.notebook.cell import in_notebook
from lumen_widgets.notebook.lesson_source import is_lesson, open_lesson

if TYPE_CHECKING:
    from lumen_widgets.client import Task
    from lumen_widgets.client.lessons.lesson_file import Lesson
    from lumen_widgets.client.refusing.check_option import Check
    from lumen_widgets.client.refusing.lumen_use import LumenUse

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
        Whether it is the sandbox of this machine, whose credits are not real.
    lesson
        The name of the lesson that its pictures come from, "" for none.
    note
        What to know of how it was chosen, as a sentence; "" for nothing.

    """

    name: str
    client: LumenClient
    is_sandbox: bool = False
    lesson: str = ""
    note: str = ""

    @property
    def is_free(self) -> bool:
        """Whether nothing that it makes is paid with real credits."""
        return self.is_sandbox or bool(self.lesson)

    def __repr__(self) -> str:
        return strip_controls(" ".join(filter(None, [f"In use: {self.name}", self._said])))

    def _repr_html_(self) -> str:
        name, said = (html.escape(strip_controls(one)) for one in (self.name, self._said))
        return as_written(f"<p>In use: <b>{name}</b>{said and f' {said}'}</p>")

    @property
    def _said(self) -> str:
        return f"({self.note})" if self.note else ""


class _SandboxClients:
    """The client of the sandbox that runs, and those of the sandboxes before it."""

    def __init__(self) -> None:
        # a server, the folder of the journal, and the client of both
        self._last: tuple[object, str | None, LumenClient] | None = None
        # tasks of an earlier client may still be held; they cost nothing either
        self._all: weakref.WeakSet[LumenClient] = weakref.WeakSet()

    def __contains__(self, client: LumenClient) -> bool:
        return client in self._all

    def start(self, check: Check | None) -> LumenClient:
        """Return the client of the user's server, which is found or started."""
        running, home = sandbox.start(), os.environ.get(_HOME)
        if self._last is None or self._last[:2] != (running, home):
            self._last = running, home, LumenClient(running.api_key, running.url)
            self._all.add(self._last[2])
        self._last[2].check = check
        return self._last[2]

    def last(self) -> LumenClient | None:
        """Return the client of the last server, unless the journal is in another folder now."""
        if self._last is not None and self._last[1] == os.environ.get(_HOME):
            return self._last[2]
        return None


class _LessonClients:
    """The clients of lessons: another one where the journal or the sandbox beside it is another.

    Each `lumen.use` begins with a new one too, so that a notebook that runs again has the pictures
    of its first run: those of a request that it makes twice are given in their order.
    """

    def __init__(self) -> None:
        self._clients: dict[tuple[object, ...], LessonClient] = {}

    def forget(self) -> None:
        """Begin with new clients."""
        self._clients = {}

    def get(
        self, lesson: Lesson, use: LumenUse | None, check: Check | None, *, draws_others: bool
    ) -> LessonClient:
        """Return the client of a lesson; with `draws_others`, the sandbox is found or started."""
        running = sandbox.start() if draws_others else None
        key = lesson.sha256, lesson.name, use, running, os.environ.get(_HOME)
        client = self._clients.get(key)
        if client is None:
            api_key, url = (None, None) if running is None else (running.api_key, running.url)
            client = LessonClient(lesson, use=use, api_key=api_key, base_url=url)
            self._clients[key] = client
        client.check = check
        return client


class Accounts:
    """The account in use: the one that ``LUMEN_USE`` names, else the chosen one, else the default.

    The default is the service's if a key is found, else the sandbox's. The process has one of
    these, behind this module's functions.
    """

    def __init__(self) -> None:
        self._sandboxes = _SandboxClients()
        self._lessons = _LessonClients()
        self._chosen: Account | None = None
        self._default: tuple[tuple[str | None, ...], Account | None] | None = None
        # what a cell has said beside which account, for the one that LUMEN_USE names
        self._check: Check | None = None
        self._draws_others = False
        # the lesson that LUMEN_USE names
        self._used: tuple[LumenUse, Lesson] | None = None

    @property
    def is_chosen(self) -> bool:
        """Whether `use` was called, or ``LUMEN_USE`` has chosen."""
        return self._chosen is not None or _first_use() is not None

    def use(
        self,
        which: str | os.PathLike[str] | LumenClient,
        *,
        check: Check | None = None,
        sha256: str | None = None,
        fallback: Literal["sandbox"] | None = None,
    ) -> Account:
        """Choose an account, as `lumen.use` does."""
        given: object = which  # a user may pass anything, also what cannot be compared with text
        word = given if isinstance(given, str) else None
        lesson = is_lesson(given)
        if not (lesson or word in {SANDBOX, SERVICE} or isinstance(which, LumenClient)):
            # not repeated: it may be a key, and errors stay in the notebook
            raise InvalidRequest(
                "lumen.use() does not know that account.",
                next_step='Give it "sandbox", "service", the file of a lesson such as '
                f'"owls{SUFFIX}", or a LumenClient, which takes a key.',
            )
        _check_lesson_only(lesson=lesson, sha256=sha256, fallback=fallback)
        allowed = None if check is None else read_check(check)
        draws_others, use = fallback is not None, _first_use()
        if use is not None and not (isinstance(which, LumenClient) and which.fits(use)):
            self._lessons.forget()
            account = self._by_use(use, allowed, draws_others=draws_others)
            if word != use.word:
                account = replace(account, note=f"{NAME} goes before what this cell says")
        elif isinstance(which, LumenClient):
            if allowed is not None:
                which.check = allowed
            account = self.of_client(which)
        elif word == SANDBOX:
            account = self._sandbox(allowed)
        elif word == SERVICE:
            account = self._service(ask=True)
            account.client.check = allowed
        else:
            opened = open_lesson(which, sha256)
            self._lessons.forget()
            account = self._lesson(opened, None, allowed, draws_others=draws_others)
        self.forget()
        self._chosen, self._check, self._draws_others = account, allowed, draws_others
        return account

    def forget(self) -> None:
        """Forget the chosen account and the service's: the next call looks for a key again."""
        self._chosen = self._default = self._check = self._used = None
        self._draws_others = False

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
        if isinstance(client, LessonClient):
            others = ", the sandbox draws others" if client.draws_others else ""
            name = f"Lesson {client.lesson.name}{others} · nothing is charged"
            return Account(name, client, lesson=client.lesson.name)
        if client in self._sandboxes:
            return Account(_SANDBOX_NAME, client, is_sandbox=True)
        return Account(f"{urlsplit(client.base_url).netloc} · pictures cost credits", client)

    def current(self) -> Account:
        """Return the account in use; a sandbox's server is looked up each time, as it may stop."""
        chosen, use = self._chosen, _first_use()
        if use is not None and not (chosen is not None and chosen.client.fits(use)):
            return self._by_use(use, self._check, draws_others=self._draws_others)
        if chosen is not None:
            return self.with_running_server(chosen)
        # there LUMEN_USE is the default alone
        if NAME in os.environ and read_lumen_use() is not None:
            return self._service_with_key() or self._service()
        return self._service_with_key() or self._sandbox(None)

    def with_running_server(self, account: Account) -> Account:
        """Return the same account with a server that runs: an unused sandbox stops by itself."""
        if account.is_sandbox:
            return self._sandbox(account.client.check)
        client = account.client
        if isinstance(client, LessonClient):
            return self._lesson(
                client.lesson, client.use, client.check, draws_others=client.draws_others
            )
        return account

    def ready_client(self) -> LumenClient | None:
        """Return the client in use, if there is one without starting a server for it."""
        chosen, use = self._chosen, _first_use()
        if use is not None and not (chosen is not None and chosen.client.fits(use)):
            if use.word == SANDBOX:
                return self._sandboxes.last()
            return self._by_use(use, self._check, draws_others=False).client
        if chosen is not None and not chosen.is_sandbox:
            client = chosen.client
            needs_server = isinstance(client, LessonClient) and client.draws_others
            return client if needs_server else self.with_running_server(chosen).client
        if chosen is None and (account := self._service_with_key()) is not None:
            return account.client
        return self._sandboxes.last()

    def _by_use(self, use: LumenUse, check: Check | None, *, draws_others: bool) -> Account:
        """Return the account that ``LUMEN_USE`` names."""
        if use.word == SANDBOX:
            return self._sandbox(check)
        if self._used is None or self._used[0] != use:
            self._used = use, open_lesson(use.word)
        return self._lesson(self._used[1], use, check, draws_others=draws_others)

    def _lesson(
        self, lesson: Lesson, use: LumenUse | None, check: Check | None, *, draws_others: bool
    ) -> Account:
        return self.of_client(self._lessons.get(lesson, use, check, draws_others=draws_others))

    def _sandbox(self, check: Check | None) -> Account:
        return Account(_SANDBOX_NAME, self._sandboxes.start(check), is_sandbox=True)

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


def _first_use() -> LumenUse | None:
    """Return what ``LUMEN_USE`` names where that goes before what a cell says."""
    use = read_lumen_use() if NAME in os.environ else None
    return use if use is not None and use.goes_first else None


def _check_lesson_only(*, lesson: bool, sha256: object, fallback: object) -> None:
    """Refuse what only a lesson has, and a fallback that there is not."""
    if fallback is not None and not (isinstance(fallback, str) and fallback == SANDBOX):
        raise InvalidRequest(
            f'fallback is {short_repr(fallback)}; it is "{SANDBOX}" or left out: nothing that a '
            "lesson does not have is ever paid.",
            next_step=f'Write fallback="{SANDBOX}" to have other requests drawn as previews.',
            field="fallback",
        )
    for name, value in (("sha256", sha256), ("fallback", fallback)):
        if value is not None and not lesson:
            raise InvalidRequest(
                f"{name} is for a lesson, and this is none.",
                next_step=f'Leave it out, or write lumen.use("owls{SUFFIX}", {name}=…).',
                field=name,
            )


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


def use(
    which: str | os.PathLike[str] | LumenClient,
    *,
    check: Check | None = None,
    sha256: str | None = None,
    fallback: Literal["sandbox"] | None = None,
) -> Account:
    """Choose the account for every notebook call from here on.

    Without this, a notebook uses what ``LUMEN_USE`` names, else the service if a key is found, else
    the sandbox.

    Parameters
    ----------
    which
        ``"sandbox"``: previews drawn on this machine, with no key, no internet and no real
        credits; its server is found or started. ``"service"``: the Lumen Image API, with the key
        in `LUMEN_API_KEY`, the system's keyring or Colab's secrets; where there is none, you are
        asked for it, and what you type is kept in no file. The file of a lesson (``"owls.lumen"``,
        from the folder that the kernel runs in, or an ``https:`` address): its pictures, the same
        in every run, with no key, no internet and no credits. Or a `LumenClient`.
    check
        A function that sees each request before anything else is done with it, as in
        `LumenClient`; None is none, and leaves a `LumenClient` the one that it has.
    sha256
        What the digest of the lesson's file has to be; required for an address.
    fallback
        ``"sandbox"`` has requests drawn as previews that the lesson does not have; None refuses
        them.

    Returns
    -------
    Account
        What is in use, shown in words as a cell's last line.

    Raises
    ------
    InvalidRequest
        `which` is none of these, or another argument is not as above.
    LessonError
        There is no such lesson, it cannot be read or fetched, or its digest is another.
    MissingKey
        ``"service"`` was asked for, and there is no key.

    Notes
    -----
    ``LUMEN_USE`` in the environment, ``sandbox`` or the file of a lesson, goes before `which` and
    `sha256`: then that is in use, this says so, and a client for anything else refuses to submit.

    Examples
    --------
    >>> import lumen_widgets as lumen
    >>> lumen.use("sandbox")  # doctest: +SKIP
    In use: Sandbox on this machine · previews, nothing is charged
    >>> lumen.use("owls.lumen", fallback="sandbox")  # doctest: +SKIP
    In use: Lesson owls.lumen, the sandbox draws others · nothing is charged

    """
    return accounts.use(which, check=check, sha256=sha256, fallback=fallback)


def is_chosen() -> bool:
    """Say whether `use` was called, or ``LUMEN_USE`` has chosen."""
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
