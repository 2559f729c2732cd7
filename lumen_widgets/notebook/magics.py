"""`%lumen` and `%%lumen`: a call whose prompt is the text of a line, or of a cell."""

from __future__ import annotations

from collections import ChainMap
from contextlib import contextmanager
from inspect import signature
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import needs_local_scope, no_var_expand
from traitlets import TraitError

from lumen_widgets.client import LumenError
from lumen_widgets.core.errors import redacts_traceback
from lumen_widgets.core.words import clean
from lumen_widgets.notebook.magic_completion import add_completion, remove_completion
from lumen_widgets.notebook.magic_line import read_line, refuse_options
from lumen_widgets.notebook.magic_options import (
    AS,
    CALLS,
    FORM,
    PLAIN_CALL,
    Kind,
    Option,
    help_text,
    options,
)
from lumen_widgets.notebook.magic_values import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_NAME = "lumen"


def load(shell: Any, load_form: Callable[[], Any]) -> None:
    """Have `%lumen` and `%%lumen` in a shell.

    Parameters
    ----------
    shell
        IPython's.
    load_form
        Imports the class of the prompt form, since a notebook imports no widget.

    """

    # IPython's own way to fill in names evaluates whatever stands in the braces
    @no_var_expand
    @needs_local_scope
    def lumen(line: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None) -> Any:
        return _run(shell, line, cell, local_ns or {}, load_form)

    lumen.__doc__ = help_text()
    shell.register_magic_function(lumen, "line_cell", _NAME)
    add_completion(shell)


def unload(shell: Any) -> None:
    """Take them away again."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop(_NAME, None)
    remove_completion(shell)


@redacts_traceback
def _run(
    shell: Any,
    line: str,
    cell: str | None,
    local: Mapping[str, Any],
    load_form: Callable[[], Any],
) -> Any:
    """Make the call that a line, or a cell, asks for; return what it returns, unless it is kept.

    Raises
    ------
    UsageError
        An option is wrong; nothing was sent.
    LumenError
        As the call.

    """
    asked = read_line(line, of_cell=cell is not None)
    call = _call_of(asked.values)
    names = Names(ChainMap(dict(local), shell.user_ns))
    values = {option: names.value_of(option, words) for option, words in asked.values.items()}
    text = asked.prompt if cell is None else cell.strip()
    opens_form = asked.values.get(FORM) is True
    # a line of hyphens alone is one that is not finished
    if not (text if cell is not None else text.strip("-")) and not opens_form:
        raise UsageError(
            "There is no prompt. Write it after %lumen, or in a cell below %%lumen; %lumen? shows "
            "how."
        )
    if cell is not None and not asked.is_ended:
        refuse_options(text)
    prompt = names.fill(text)
    fields = {option.keyword: value for option, value in values.items() if option.keyword}
    with _errors_in_one_line():
        if opens_form:
            result = _open_form(load_form(), call, prompt, fields, values)
        else:
            result = CALLS[call](prompt, **fields)
    if AS not in values:
        return result
    shell.push({values[AS]: result})
    # the call has shown its pictures; a form is shown as what the cell returns
    return result if opens_form else None


def _call_of(given: Iterable[Option]) -> str:
    """Return which call the options ask for.

    Raises
    ------
    UsageError
        They ask for none, or for several.

    """
    chosen = [option for option in given if option.chooses]
    if len(chosen) > 1:
        first, second, *_ = (option.dashed for option in chosen)
        raise UsageError(f"{first} and {second} are two calls. Write one of them.")
    call = chosen[0].chooses if chosen else PLAIN_CALL
    for option in given:
        if option.calls and call not in option.calls:
            owners = " or ".join(f"--{one}" for one in option.calls)
            raise UsageError(f"{option.dashed} goes with {owners}.")
    for option in options().values():
        if call in option.calls and option.kind is Kind.PICTURE and option not in given:
            raise UsageError(f"--{call} needs {option.dashed} too: {option.words}")
    return call


@contextmanager
def _errors_in_one_line() -> Iterator[None]:
    try:
        yield
    except (LumenError, KeyboardInterrupt) as error:
        if str(error):
            # the line that such an error shows would be IPython's own
            words = f"{type(error).__name__}: {error}"
            error._render_traceback_ = lambda: [words]  # type: ignore[method-assign,union-attr] # IPython asks for it
        raise


def _open_form(
    form: Any, call: str, prompt: str, fields: Mapping[str, Any], values: Mapping[Option, Any]
) -> Any:
    """Return a form that holds what the call would send, by the model that the call has.

    Raises
    ------
    UsageError
        It has no such field, or does not take the value.

    """
    traits = {*form.class_trait_names(), "client", "image"}
    for option in values:
        if option.keyword and option.keyword not in traits:
            raise UsageError(
                f"{option.dashed} is no field of a form. Leave it out, or leave out {FORM.dashed}."
            )
    held = {"model": signature(CALLS[call]).parameters["model"].default, **fields}
    held.pop("image", None)
    if "image" in fields:
        held["images"] = [fields["image"]]
    try:
        return form(prompt=prompt, **held)
    except TraitError as error:
        raise UsageError(clean(str(error))) from None
