"""A call as code that can be copied: Python for a cell, and curl for a shell.

What is written makes the same request. What it must not hold, it does not: no key, no webhook's
secret, and no address with a query, which may be a signature. What cannot be written down, such as
a picture that exists only in memory, stands there as ``...`` or as a text in angle brackets: code
that is run without it in place is refused before anything is paid.
"""

from __future__ import annotations

import shlex
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlsplit

from lumen_widgets.client import InvalidRequest, LumenClient, LumenError
from lumen_widgets.client.history.account_journal import request_of
from lumen_widgets.core.callback import SECRET_FIELD, URL_FIELD
from lumen_widgets.core.http.origin import SERVICE
from lumen_widgets.core.models import EDIT, GENERATE, VERBS
from lumen_widgets.core.pictures.addresses import is_loopback_url
from lumen_widgets.core.request import check_fields
from lumen_widgets.notebook.account import accounts
from lumen_widgets.notebook.code_call import CodePicture, Unwritten
from lumen_widgets.notebook.code_text import (
    Code,
    Group,
    Lines,
    json_text,
    laid_out,
    python_comment,
    python_value,
    shell_comment,
    shell_text,
)
from lumen_widgets.notebook.current_journal import ask_journal, current_journal
from lumen_widgets.notebook.sent_call import call_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lumen_widgets.client import Picture
    from lumen_widgets.client.exact.wish import Sides, Wish
    from lumen_widgets.core.fields import Fields
    from lumen_widgets.journal import Journal, JournalRow
    from lumen_widgets.notebook.account import Account
    from lumen_widgets.notebook.code_call import CodeCall
    from lumen_widgets.notebook.code_text import Node

_IMPORT = "import lumen_widgets as lumen"

# What the secret of a webhook is read from.
_SECRET_VARIABLE = "LUMEN_WEBHOOK_SECRET"  # noqa: S105 -- a name, and no secret

_KEY_VARIABLE, _SANDBOX_KEY_VARIABLE = "LUMEN_API_KEY", "LUMEN_SANDBOX_KEY"

_OUTSIDE = "This pays outside of the journal and the budget of lumen_widgets."
_SANDBOX_OUTSIDE = (
    "This is outside of the journal and the budget of lumen_widgets. "
    f"{_SANDBOX_KEY_VARIABLE} is the api_key of lumen.sandbox.start."
)
_MASK_WAY = (
    "lumen.inpaint puts back all that is outside of the mask. curl does not, and models redraw "
    "more than they are asked to."
)

_EXTEND_WAY = (
    "lumen.extend puts the picture on a larger canvas with a mask of the new ground, sends both in "
    "a size that the model takes, and puts back what was there. curl does none of that: make both, "
    "and put what comes back into the picture."
)


class CodeOf(NamedTuple):
    """A call as code.

    Attributes
    ----------
    python
        For a cell or a script.
    curl
        For a POSIX shell.

    """

    python: str
    curl: str


class MadeCall(NamedTuple):
    """The call that made a picture.

    Attributes
    ----------
    call
        The call.
    notes
        What is to be said of the account that was used.
    service
        The service's address.
    sandbox
        Whether that is the sandbox of this machine.

    """

    call: CodeCall
    notes: list[str]
    service: str
    sandbox: bool


def python_call(call: CodeCall, *, notes: Sequence[str] = ()) -> str:
    """Return a call as Python.

    Parameters
    ----------
    call
        The call.
    notes
        What is to be said first, of Python alone.

    Examples
    --------
    >>> from lumen_widgets.notebook.code_call import CodeCall
    >>> print(python_call(CodeCall("generations", "a fox", {"model": "gpt-image-2-low", "n": 2})))
    import lumen_widgets as lumen
    <BLANKLINE>
    lumen.generate("a fox", model="gpt-image-2-low", n=2)

    """
    return _PythonCall(call, notes).text()


def curl_call(call: CodeCall, base_url: str, *, sandbox: bool = False) -> str:
    r"""Return a call as a line for a POSIX shell.

    Parameters
    ----------
    call
        The call.
    base_url
        The service's address; a lesson's stands for the service's own.
    sandbox
        Whether that is the sandbox of this machine, which has a key of its own.

    Examples
    --------
    >>> from lumen_widgets.notebook.code_call import CodeCall
    >>> print(curl_call(CodeCall("generations", "a fox", {"n": 2}), "https://lumen.example"))
    # This pays outside of the journal and the budget of lumen_widgets.
    curl https://lumen.example/v1/images/generations \
      -H "Authorization: Bearer $LUMEN_API_KEY" \
      -H 'Content-Type: application/json' \
      -d '{
      "prompt": "a fox",
      "n": 2
    }'

    """
    extra = _with_placeholders(call.fields.get("extra") or {})
    pictures, notes = _pictures_of(call)
    body = {**_checked_fields(call), **pictures, **extra}
    body.pop(SECRET_FIELD, None)
    data = shell_text(json_text(body))
    if URL_FIELD in call.fields or SECRET_FIELD in extra:
        notes.append(f"{_SECRET_VARIABLE} is your own, without quotes and backslashes.")
        # it stands in double quotes, between two texts in single ones
        whole = data.removesuffix("\n}'")
        data = f"""{whole},\n  "{SECRET_FIELD}": "'"${_SECRET_VARIABLE}"'"\n}}'"""
    # a lesson is no service: for curl there is only the real one
    service = SERVICE if base_url.startswith("lesson:") else base_url
    url = f"{service}/v1/images/{call.endpoint}"
    # curl would read brackets in an address as several addresses
    glob = "-g " if any(sign in url for sign in "[]{}") else ""
    key = _SANDBOX_KEY_VARIABLE if sandbox else _KEY_VARIABLE
    first = _SANDBOX_OUTSIDE if sandbox else _OUTSIDE
    return "\n".join(
        [
            *map(shell_comment, [first, *call.notes, *notes]),
            f"curl {glob}{shlex.quote(url)} \\",
            f'  -H "Authorization: Bearer ${key}" \\',
            "  -H 'Content-Type: application/json' \\",
            f"  -d {data}",
        ]
    )


def account_note(account: Account) -> list[str]:
    """Return what is to be said where Python would spend another account's credits than this."""
    client = accounts.ready_client()
    if client is None:
        # without a key, cells use the sandbox
        same = account.is_sandbox
    else:
        used = accounts.of_client(client)
        same = client is account.client or (used.is_sandbox and account.is_sandbox)
    return [] if same else [_other_account(account.name)]


def code_of(picture: Picture | str, journal: Journal | None = None) -> CodeOf:
    """Return the call that made a picture.

    What it was made with is named by its path, where it is kept here, or by its address, where that
    is no secret; the rest is to be filled in.

    Parameters
    ----------
    picture
        A picture, or the hex digest of its file, as it is shown or as it came.
    journal
        Where to look for a picture whose task is not here; None is the journal of the account in
        use.

    Raises
    ------
    InvalidRequest
        What it was made with is not known here.
    JournalError
        The journal is needed, and cannot be read.

    Examples
    --------
    >>> print(code_of(cats[0]).python)  # doctest: +SKIP

    """
    made = made_call(picture, journal)
    return CodeOf(
        python_call(made.call, notes=made.notes),
        curl_call(made.call, made.service, sandbox=made.sandbox),
    )


def made_call(picture: Picture | str, journal: Journal | None = None) -> MadeCall:
    """Return the call that made a picture, as `code_of` writes it.

    Raises
    ------
    InvalidRequest, JournalError
        As `code_of`.

    """
    task = None if isinstance(picture, str) else picture.task
    client = None if task is None else LumenClient.of(task)
    known = task is not None and bool(task.request.prompt)
    row: JournalRow | None = None
    made_from: list[str] = []
    try:
        journal = current_journal(client) if journal is None else journal
        row = _row_of(picture, journal, None if task is None else task.id)
        if row is not None:
            made_from = ask_journal(partial(journal.made_from, row.number))
    except LumenError:
        # a task says by itself what was asked for
        if not known:
            raise
    if task is not None and known:
        request, origin = task.request, task.origin
    elif row is not None:
        request, origin = request_of(row), row.origin
    else:
        raise InvalidRequest(
            "What this picture was made with is not known here.",
            next_step="The journal that has it is of another LUMEN_HOME or machine, or its task "
            "was forgotten.",
        )
    call = call_of(request, None if journal is None else journal.home, made_from)
    if client is None:
        notes, service, sandbox = _origin_note(origin)
    else:
        account = accounts.of_client(client)
        notes, service, sandbox = account_note(account), origin, account.is_sandbox
    return MadeCall(call, notes, service, sandbox)


def row_call(row: JournalRow, journal: Journal) -> MadeCall:
    """Return the call of a row of the journal.

    Raises
    ------
    JournalError
        The journal cannot be read.

    """
    call = call_of(request_of(row), journal.home, row.made_from)
    return MadeCall(call, *_origin_note(row.origin))


def _row_of(picture: Picture | str, journal: Journal, task_id: str | None) -> JournalRow | None:
    """Return the newest row that has a picture, and a request; of a task, that task's."""
    digests = [picture] if isinstance(picture, str) else [picture.sha256, picture.raw.sha256]
    for digest in dict.fromkeys(digests):
        keys = ask_journal(partial(journal.find_by_sha256, digest))
        numbers = list(dict.fromkeys(number for number, _ in keys))
        for row in ask_journal(partial(journal.rows_by_number, numbers)):
            if row.body and task_id in {None, row.task_id}:
                return row
    return None


def _origin_note(origin: str) -> tuple[list[str], str, bool]:
    """Return what is to be said of an account that is not here, its service, and what that is."""
    client = accounts.ready_client()
    if client is not None and client.base_url == origin:
        return [], origin, accounts.of_client(client).is_sandbox
    if is_loopback_url(origin) and (client is None or accounts.of_client(client).is_sandbox):
        # a sandbox has another port each time
        return [], origin if client is None else client.base_url, True
    return [_other_account(urlsplit(origin).netloc)], origin, False


def _other_account(name: str) -> str:
    return (
        f"This is of the account {name}. Cells have another one in use: choose with lumen.use(), "
        "or pass client=."
    )


class _PythonCall:
    """A call on its way to Python: what stands above it is found while it is written."""

    def __init__(self, call: CodeCall, notes: Sequence[str]) -> None:
        self._call = call
        self._imports: set[str] = set()
        self._above = [python_comment(one) for one in (*notes, *call.notes)]
        self._addresses = 0

    def text(self) -> str:
        """Return the Python."""
        call = self._call
        sides = None if call.wish is None else call.wish.sides
        arguments: list[tuple[str, Node]] = [("", Lines(call.prompt))]
        arguments += [("", one) for one in self._pictures(extends=sides is not None)]
        if call.wish is not None:
            arguments += [(f"{name}=", python_value(value)) for name, value in _wished(call.wish)]
        for name, value in call.fields.items():
            if name != SECRET_FIELD:
                arguments.append((f"{name}=", self._value(name, value)))
        if URL_FIELD in call.fields:
            arguments.append((f"{SECRET_FIELD}=", self._secret().code))
        verb = "extend" if sides is not None else VERBS[call.endpoint]
        code = laid_out(Group(f"lumen.{verb}(", arguments, ")"))
        standard = [*sorted(self._imports), ""] if self._imports else []
        return "\n".join([*standard, _IMPORT, "", *self._above, code])

    def _pictures(self, *, extends: bool) -> list[Node]:
        """Return the pictures among the arguments; in a call that lacks one, what is refused."""
        call = self._call
        if call.endpoint == GENERATE:
            return []
        images = [
            one.python or self._fill_in(_numbered("picture", at, call.images, "_"), one.what)
            for at, one in enumerate(call.images, 1)
        ]
        if call.endpoint == EDIT:
            several = Group("[", [("", one) for one in images], "]")
            return [images[0] if len(images) == 1 else several]
        first = images[0] if images else "..."
        if extends:
            return [first]
        mask = call.mask
        return [first, "..." if mask is None else mask.python or self._fill_in("mask", mask.what)]

    def _value(self, name: str, value: Any) -> Node:
        if name == "negative_prompt" and isinstance(value, str):
            return Lines(value)
        return python_value(self._written(value))

    def _written(self, value: Any) -> Any:
        """Return a value with code in place of what is not written."""
        if isinstance(value, Unwritten):
            if value.python:
                return Code(value.python)
            self._addresses += 1
            name = f"address_{self._addresses}"
            return Code(self._fill_in(name, "an address that may be signed, or much in brackets"))
        if isinstance(value, dict):
            return {
                name: self._secret() if name == SECRET_FIELD else self._written(one)
                for name, one in value.items()
            }
        return [self._written(one) for one in value] if isinstance(value, list) else value

    def _secret(self) -> Code:
        self._imports.add("import os")
        return Code(f'os.environ["{_SECRET_VARIABLE}"]')

    def _fill_in(self, name: str, what: str) -> str:
        """Return a name, above which it is said what is to be put there."""
        self._above.append(f"{name} = ...  {python_comment(f'put it here: {what}')}")
        return name


def _pictures_of(call: CodeCall) -> tuple[dict[str, Any], list[str]]:
    """Return what a request's body says of pictures, and what is to be said of it in a shell."""
    if call.endpoint == GENERATE:
        return {}, []
    addresses = [
        one.url or f"<URL of {_numbered('picture', at, call.images)}>"
        for at, one in enumerate(call.images, 1)
    ] or ["<URL of picture 1>"]
    wish = call.wish
    if wish is not None and wish.sides is not None:
        grown = ", ".join(f"{pixels} px {side}" for side, pixels in _grown(wish.sides))
        body = {
            "image_urls": [f"<URL of picture 1 with new ground: {grown}>"],
            "mask_url": "<URL of the mask of the new ground>",
            "size": "<width>x<height>",
        }
        return body, [f"The new ground is {grown}. {_EXTEND_WAY}"]
    notes = [
        f"{_numbered('Picture', at, call.images)} needs an address that the service can read: "
        f"{one.what}."
        for at, one in enumerate(call.images, 1)
        if not one.url
    ]
    if call.endpoint == EDIT:
        return {"image_urls": addresses}, notes
    mask = call.mask or CodePicture(what="there is none yet")
    if not mask.url:
        notes.append(f"The mask needs an address that the service can read: {mask.what}.")
    if wish is not None and wish.exact:
        notes.append(_MASK_WAY)
    if wish is not None and wish.crop is not None:
        notes.append(
            f"lumen.inpaint with crop {wish.crop:g} sends only what is around the mask, for more "
            "detail, and puts that back. This sends all of the picture."
        )
    return {"image_urls": addresses, "mask_url": mask.url or "<URL of the mask>"}, notes


def _numbered(what: str, at: int, of: Sequence[object], between: str = " ") -> str:
    return what if len(of) == 1 and between == "_" else f"{what}{between}{at}"


def _wished(wish: Wish) -> Iterator[tuple[str, Any]]:
    """Yield the keywords of what a repaint wants that are not as they would be without."""
    if wish.sides is not None:
        yield from _grown(wish.sides)
    if not wish.exact:
        yield "exact", False
    if wish.crop is not None:
        yield "crop", int(wish.crop) if wish.crop == int(wish.crop) else wish.crop


def _grown(sides: Sides) -> list[tuple[str, int]]:
    return [(side, pixels) for side, pixels in sides._asdict().items() if pixels]


def _checked_fields(call: CodeCall) -> dict[str, Any]:
    """Return the fields of a body as they are sent; where one is wrong, as they are."""
    others = {"model", "extra", "reuse", SECRET_FIELD, URL_FIELD}
    fields = {name: value for name, value in call.fields.items() if name not in others}
    with suppress(InvalidRequest):
        # of any endpoint and model: what they can is not asked
        checked = check_fields(GENERATE, "any", cast("Fields", {**fields, "model": "any"}))
        fields = {name: checked[name] for name in fields}
    model = {"model": call.fields["model"]} if "model" in call.fields else {}
    body = {**model, "prompt": call.prompt, **fields}
    if URL_FIELD in call.fields:
        body[URL_FIELD] = _with_placeholders(call.fields[URL_FIELD])
    return body


def _with_placeholders(value: Any) -> Any:
    """Return a value of JSON with a text in place of what is not written."""
    if isinstance(value, Unwritten):
        return "<address that is not shown>"
    if isinstance(value, dict):
        return {name: _with_placeholders(one) for name, one in value.items()}
    return [_with_placeholders(one) for one in value] if isinstance(value, list) else value
