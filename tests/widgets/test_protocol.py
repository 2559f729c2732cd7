from __future__ import annotations

import re
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import anywidget
import pytest

from lumen_widgets.widgets import TaskPanel, messages

_SOURCE = (Path(__file__).parents[2] / "js" / "messages.ts").read_text(encoding="utf-8")
_SCALARS = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
_PYTHON_MESSAGES = {name: value for name, value in vars(messages).items() if is_typeddict(value)}


def _typescript_interfaces() -> dict[str, dict[str, str]]:
    """Read every exported interface of messages.ts as {name: {field: type}}."""
    source = re.sub(r"/\*.*?\*/", "", _SOURCE, flags=re.DOTALL)
    return {
        name: dict(re.findall(r"(\w+): ([^;]+);", body))
        for name, body in re.findall(r"export interface (\w+) \{(.*?)\}", source, flags=re.DOTALL)
    }


def _as_typescript(annotation: Any) -> str:
    """Write a Python annotation as TypeScript would."""
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    if is_typeddict(annotation):
        return str(annotation.__name__)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is list:
        return f"{_as_typescript(arguments[0])}[]"
    if origin is Literal:
        return " | ".join(f'"{value}"' for value in arguments)
    if origin in (Union, types.UnionType):
        return " | ".join(_as_typescript(argument) for argument in arguments)
    raise AssertionError(f"messages.py uses {annotation}, which this test cannot compare")


@pytest.mark.parametrize("name", sorted(_PYTHON_MESSAGES))
def test_a_message_has_the_same_fields_and_types_in_python_and_typescript(name: str) -> None:
    """What one side sends is what the other side reads."""
    python = {
        field: _as_typescript(annotation)
        for field, annotation in get_type_hints(_PYTHON_MESSAGES[name]).items()
    }

    assert _typescript_interfaces()[name] == python


def test_the_traits_of_the_panel_are_those_that_its_typescript_reads() -> None:
    """A trait that is renamed on one side only would show an empty panel."""
    inherited = set(anywidget.AnyWidget.class_traits(sync=True))
    own = set(TaskPanel.class_traits(sync=True)) - inherited

    assert own == set(_typescript_interfaces()["TaskPanelModel"])


def test_every_message_of_typescript_is_known_to_python() -> None:
    """No message exists on one side only."""
    interfaces = set(_typescript_interfaces()) - {"TaskPanelModel"}

    assert interfaces == set(_PYTHON_MESSAGES)
