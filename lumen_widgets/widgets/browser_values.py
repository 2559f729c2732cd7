"""What a browser wrote into the traits of a widget: checked, since it may be anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def checked(
    widget: Any, written: Mapping[str, Any], names: Collection[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what the traits would hold, and what is wrong with the values that they do not take.

    Parameters
    ----------
    widget
        The widget that has the traits.
    written
        Values by name.
    names
        The traits that a browser may write; all others are left out.

    """
    values, wrong = {}, {}
    for name, value in written.items():
        if name not in names:
            continue
        try:
            values[name] = widget.traits()[name]._validate(widget, value)  # noqa: SLF001 -- traitlets' only way from a value to what the trait would hold
        except traitlets.TraitError as error:
            wrong[name] = str(error)
    return values, wrong
