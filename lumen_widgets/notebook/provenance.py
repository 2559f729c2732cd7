"""What a picture file says of how it was made, and the call that would make it again."""

from __future__ import annotations

import ast
import hashlib
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, overload

from lumen_widgets.client import InvalidRequest, JournalError, LumenError, Picture, Request
from lumen_widgets.client.exact.wish import Sides, Wish
from lumen_widgets.client.spending.prices import cost_of, format_credits
from lumen_widgets.core.call import is_data_uri
from lumen_widgets.core.callback import SECRET_FIELD, URL_FIELD
from lumen_widgets.core.errors import redacts_traceback
from lumen_widgets.core.models import EDIT, GENERATE, INPAINT, INPAINT_MODEL, MODEL, MODELS, VERBS
from lumen_widgets.core.parameters import (
    A1111,
    FoundProvenance,
    Parameters,
    parameters_of,
    provenance_from,
    read_provenance,
    read_sidecar,
)
from lumen_widgets.core.pictures.decoding import UnreadablePicture, media_type_of
from lumen_widgets.core.pictures.provenance.copies import LONGEST_SIDECAR, sidecar_of
from lumen_widgets.core.pictures.provenance.record import EXTEND
from lumen_widgets.core.pictures.sources import ACCEPTED, is_url, read_bytes
from lumen_widgets.core.request import read_flag
from lumen_widgets.core.words import format_count
from lumen_widgets.notebook import calls
from lumen_widgets.notebook.account import accounts, current
from lumen_widgets.notebook.as_code import MadeCall, made_call, python_call, row_call
from lumen_widgets.notebook.cell import Place, note
from lumen_widgets.notebook.code_call import CodeCall, CodePicture, Unwritten
from lumen_widgets.notebook.current_journal import ask_journal, current_journal
from lumen_widgets.notebook.sent_call import kept_path

if TYPE_CHECKING:
    from lumen_widgets.client import Pictures
    from lumen_widgets.core.fields import Fields
    from lumen_widgets.core.models import Endpoint
    from lumen_widgets.notebook.account import Account

# Letters of what only stands in a comment: enough to know the picture again.
_LONGEST_NOTE = 280


class CallCode(str):
    """A call as Python: text that a cell shows as it is, to be copied."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class _Said(NamedTuple):
    """What was given, and what it says of itself."""

    name: str
    found: FoundProvenance | None
    # of the file's bytes
    sha256: str
    # a sidecar that is about another file
    stranger: str = ""


def parameters(path_or_picture: str | os.PathLike[str] | bytes | Picture) -> Parameters:
    """Return what a picture was made with, as its file says it.

    Parameters
    ----------
    path_or_picture
        A PNG, JPEG or WebP file that was saved with ``provenance=True``, or has such a sidecar
        (``cat.png.json``) beside it, or is of A1111's web UI or a program that writes as it does;
        its bytes; or a `Picture`.

    Returns
    -------
    dict
        The keywords of `lumen.generate` that are known (prompt, negative_prompt, model, n, size,
        resolution, quality), and ``task_id``, ``parents`` (SHA-256 of the files that it was made
        from), ``source`` (``"sandbox"``, ``"service"``, ``"lesson"`` or ``"a1111"``) and
        ``version``. Anybody may have written the file: what no call takes is not among them. Its
        attribute ``rest`` has what else the file says, which a cell shows too.

    Raises
    ------
    InvalidRequest
        The file says none of it, or cannot be read.

    Examples
    --------
    >>> lumen.parameters("cat.png")["prompt"]  # doctest: +SKIP
    'a cute cat on a windowsill'

    """
    said = _read(path_or_picture)
    if said.found is None:
        raise _says_nothing(said)
    return parameters_of(said.found)


@overload
def reproduce(
    path_or_picture: str | os.PathLike[str] | bytes | Picture, run: Literal[False] = False
) -> CallCode: ...
@overload
def reproduce(
    path_or_picture: str | os.PathLike[str] | bytes | Picture, run: Literal[True]
) -> Pictures: ...
@redacts_traceback
def reproduce(
    path_or_picture: str | os.PathLike[str] | bytes | Picture, run: bool = False
) -> CallCode | Pictures:
    """Return the call that made a picture, as code; or make it.

    A picture that the journal has, by its bytes, by what its file says of itself, or by its task in
    the account in use, is the call that it was, with the files that were kept for it. Of any other
    one the file says what was asked for; what it was made from is to be filled in, and the code
    says what that is.

    Parameters
    ----------
    path_or_picture
        As for `lumen.parameters`; also any file that the journal has.
    run
        False returns the code and sends nothing. True says whose credits are spent, and what it
        costs as far as that is known, and makes the call with ``reuse=True``: what was paid for it
        before comes back and costs nothing.

    Returns
    -------
    str or Pictures
        The code, which a cell shows; or the pictures.

    Raises
    ------
    InvalidRequest
        How it was made is not known; or it is to be run, and something of it is not here.
    JournalError
        The journal is needed, and cannot be read.
    LumenError
        With ``run=True``, as `lumen.generate`.

    Examples
    --------
    >>> lumen.reproduce("cat.png")  # doctest: +SKIP
    import lumen_widgets as lumen
    <BLANKLINE>
    lumen.generate("a cute cat on a windowsill", model="gpt-image-2-low")

    """
    runs = read_flag("run", run)
    made = _without_webhook(_made(path_or_picture))
    return _run(made.call) if runs else CallCode(python_call(made.call, notes=made.notes))


def _read(source: object) -> _Said:
    """Return what a file, its sidecar or a picture says of how it was made.

    Raises
    ------
    InvalidRequest
        There is no such file, or it is no picture.

    """
    if isinstance(source, Picture):
        made = source.provenance
        found = (
            None
            if made is None
            else provenance_from(made.as_json(sha256=source.sha256, index=source.index))
        )
        if found is None or not found.made.settings:
            found = _of_file(source.bytes, "the picture") or found
        return _Said("The picture", found, source.sha256)
    if isinstance(source, str) and is_url(source):
        raise InvalidRequest(
            "Nothing is fetched to be asked how it was made.",
            next_step="Save the picture, and give the file's path.",
            field="path_or_picture",
        )
    if not isinstance(source, str | os.PathLike | bytes | bytearray | memoryview):
        raise InvalidRequest(
            f"Given a {type(source).__name__}, which says nothing of how it was made.",
            next_step=f"Give the path of a {ACCEPTED} file, its bytes, or a Picture.",
            field="path_or_picture",
        )
    data, name = read_bytes(source, "picture")
    sha256 = hashlib.sha256(data).hexdigest()
    found = _of_file(data, name)
    stranger = ""
    is_path = isinstance(source, os.PathLike) or (
        isinstance(source, str) and not is_data_uri(source)
    )
    if is_path and (found is None or found.made.source == A1111):
        beside, stranger = _of_sidecar(Path(os.fsdecode(cast("str", source))).expanduser(), sha256)
        found = beside or found
    return _Said(name[:1].upper() + name[1:], found, sha256, stranger)


def _of_file(data: bytes, name: str) -> FoundProvenance | None:
    if media_type_of(data) is None:
        raise InvalidRequest(
            f"Given {name}, which is neither PNG nor JPEG nor WebP.", field="path_or_picture"
        )
    try:
        return read_provenance(data)
    except UnreadablePicture as error:
        raise InvalidRequest(
            f"Given {name}, which is {error}.",
            next_step="Fetch or copy it once more.",
            field="path_or_picture",
        ) from None


def _of_sidecar(picture: Path, sha256: str) -> tuple[FoundProvenance | None, str]:
    """Return what the sidecar beside a file says of it; or the name of one that says nothing."""
    path = sidecar_of(picture)
    try:
        if not path.is_file():  # a pipe that lies there may never end
            return None, ""
        with path.open("rb") as file:
            found = read_sidecar(file.read(LONGEST_SIDECAR), sha256)
    except OSError:
        return None, ""
    return found, "" if found is not None else path.name


def _says_nothing(said: _Said) -> InvalidRequest:
    beside = f" Nor does {said.stranger} beside it, of this file." if said.stranger else ""
    return InvalidRequest(
        f"{said.name} does not say how it was made.{beside}",
        next_step="Only what is saved with provenance=True says it; lumen.reproduce also asks the "
        "journal.",
        field="path_or_picture",
    )


def _made(source: object) -> MadeCall:
    """Return the call that made a picture: as the journal has it, else as its file says it."""
    if isinstance(source, Picture):
        try:
            return made_call(source)
        except LumenError:
            said = _read(source)
            if said.found is None:
                raise
    else:
        said = _read(source)
    try:
        made = _in_journal(said)
    except JournalError:
        if said.found is None:
            raise
        made = None
    if made is not None:
        return made
    if said.found is None:
        raise _says_nothing(said)
    return MadeCall(_stated(said.found), [], "", sandbox=False)


def _in_journal(said: _Said) -> MadeCall | None:
    """Return the call of a picture that the journal has: by its bytes, or by what its file says."""
    made = _by_digest(said.sha256)
    if made is not None or said.found is None:
        return made
    # Of what it says itself of who it is, only what fits is believed.
    prompt = said.found.made.settings.get("prompt")
    candidates = (
        partial(_by_digest, said.found.sha256),
        partial(_by_task, said.found.made.task_id),
    )
    for find in candidates:
        made = find()
        if made is not None and prompt in {None, made.call.prompt}:
            return made
    return None


def _by_digest(sha256: str) -> MadeCall | None:
    try:
        return made_call(sha256) if sha256 else None
    except InvalidRequest:
        return None


def _by_task(task_id: str) -> MadeCall | None:
    """Return the call of a task of the account in use, if that is there without starting it."""
    client = accounts.ready_client()
    journal = None if client is None else client.journal
    if client is None or journal is None or not task_id:
        return None
    find = partial(
        journal.find, origin=client.base_url, account=client.fingerprint, task_id=task_id
    )
    row = ask_journal(find)
    return None if row is None or not row.body else row_call(row, journal)


def _stated(found: FoundProvenance) -> CodeCall:
    """Return the call that a file says; what it was made from is to be filled in."""
    made = found.made
    settings = dict(made.settings)
    prompt = settings.pop("prompt", None)
    if prompt is None:
        task = f" It is of the task {made.task_id}." if made.task_id else ""
        raise InvalidRequest(
            f"The file does not say which prompt the picture was made with.{task}",
            field="path_or_picture",
        )
    if made.source == A1111:
        notes = _notes_of_a1111(found, settings)
    else:
        notes = ["As the file says of itself: the journal here does not have this picture."]
        if made.left_out:
            names = ", ".join(made.left_out)[:_LONGEST_NOTE]
            notes.append(f"Sent too, and not in the file: {names}.")
    endpoint, wish = _endpoint(made.call), None
    if made.call == EXTEND:
        wish = Wish(sides=Sides(**made.sides))
    elif endpoint == INPAINT:
        exact = made.exact is not False
        wish = Wish(exact, made.crop if exact else None)
    images: list[CodePicture] = []
    if endpoint != GENERATE:
        images = [_parent(one) for one in made.parents]
        which = "another picture" if images else "the picture"
        unsaid = CodePicture(what=f"{which} that it was made from, which the file does not say")
        images += [unsaid] * (max(made.images, 1) - len(images))
    if endpoint == INPAINT:
        images = images[:1]
    mask = CodePicture(
        what=f"the mask with the SHA-256 {made.mask}"
        if made.mask and not made.mask.startswith("mask:")
        else "the mask, which the file does not say"
    )
    return CodeCall(endpoint, prompt, settings, images, mask, wish, notes)


def _endpoint(call: str) -> Endpoint:
    if call == EXTEND:
        return INPAINT
    return next((endpoint for endpoint, verb in VERBS.items() if verb == call), GENERATE)


def _notes_of_a1111(found: FoundProvenance, settings: dict[str, Any]) -> list[str]:
    """Return what is to be said of a file of A1111's, and leave out a model that is not ours."""
    notes = ["As a file of A1111's web UI says of itself."]
    rest = dict(found.rest)
    if settings.get("model") not in MODELS:
        rest = {"Model": str(settings.pop("model", "")), **rest}
    words = ", ".join(f"{name} {value}" for name, value in rest.items() if value)
    if words:
        notes.append(f"Not taken over: {words}"[:_LONGEST_NOTE])
    return notes


def _parent(sha256: str) -> CodePicture:
    """Return a picture that another one was made from, to be filled in: a file may say anything."""
    words = f"the picture with the SHA-256 {sha256}"
    try:
        path = kept_path(current_journal().home, sha256)
    except LumenError:
        path = None
    return CodePicture(what=words if path is None else f"{words}, which is kept here: {path}")


def _without_webhook(made: MadeCall) -> MadeCall:
    """Return a call that reports to nobody: that is no part of the picture."""
    fields = {
        name: value
        for name, value in made.call.fields.items()
        if name not in {URL_FIELD, SECRET_FIELD}
    }
    return made._replace(call=replace(made.call, fields=fields))


def _run(call: CodeCall) -> Pictures:
    """Say what it costs whom, and make a call as its code says, unless it was paid before.

    Raises
    ------
    InvalidRequest
        Something of it is to be filled in.

    """
    fields = cast("Fields", {**_whole(dict(call.fields)), "reuse": True})
    images = [_literal(one) for one in call.images]
    wish = call.wish
    extends = wish is not None and wish.sides is not None
    masks = call.endpoint == INPAINT and not extends
    mask = _literal(call.mask or CodePicture()) if masks else ""
    account = current()
    _say(account, call)
    if call.endpoint == GENERATE:
        return calls.generate(call.prompt, client=account.client, **fields)
    if call.endpoint == EDIT:
        return calls.edit(call.prompt, images, client=account.client, **fields)
    if wish is not None and wish.sides is not None:
        left, top, right, bottom = wish.sides
        return calls.extend(
            call.prompt,
            images[0],
            left=left,
            top=top,
            right=right,
            bottom=bottom,
            client=account.client,
            **fields,
        )
    wished = Wish() if wish is None else wish
    return calls.inpaint(
        call.prompt,
        images[0],
        mask,
        exact=wished.exact,
        crop=wished.crop,
        client=account.client,
        **fields,
    )


def _literal(picture: CodePicture) -> str:
    """Return where a picture is, as its code says it."""
    if not picture.python:
        raise InvalidRequest(
            f"It cannot be run as it is, and nothing was sent. Put in by hand: "
            f"{picture.what or 'a picture'}.",
            next_step="Without run=True, lumen.reproduce returns the code in which to do that.",
            field="run",
        )
    return str(ast.literal_eval(picture.python))


def _whole(value: Any) -> Any:
    """Return keywords of a call in which everything is written down.

    Raises
    ------
    InvalidRequest
        An address is not: it may be signed.

    """
    if isinstance(value, Unwritten):
        raise InvalidRequest(
            "It cannot be run as it is, and nothing was sent. Put in by hand: an address in extra, "
            "which may be signed.",
            next_step="Without run=True, lumen.reproduce returns the code in which to do that.",
            field="run",
        )
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, list) else value


def _say(account: Account, call: CodeCall) -> None:
    """Name who charges and what it costs, before anything is sent; where it stays."""
    usual = INPAINT_MODEL if call.endpoint == INPAINT else MODEL
    extra = call.fields.get("extra") or {}
    request = Request(call.endpoint, {"model": usual, **call.fields, **extra})
    cost = cost_of(request)
    kind = "sandbox" if account.is_sandbox else ""
    price = [] if cost is None or account.lesson else [f"for {format_credits(cost, kind)}"]
    if cost is None and not account.is_free:
        price = ["at a price that is not known here"]
    asked = " ".join([format_count(request.n, "picture"), *price])
    words = f"{account.name}: {asked}, unless it was paid before."
    place = Place()
    if place.shows_anything:
        place.show(note(words))
    else:
        print(words)  # noqa: T201 -- a script has no cell, and money is named before it is spent
