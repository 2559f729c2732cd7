from __future__ import annotations

import re
import types
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import anywidget
import pytest

_JS = Path(__file__).parents[2] / "js"
_WIDGETS = Path(__file__).parents[2] / "lumen_widgets" / "widgets"
_STEMS = sorted(path.parent.name for path in _JS.glob("*/messages.ts"))
_SCALARS = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}


def _python_messages(stem: str) -> dict[str, Any]:
    """Return every message of a widget as Python knows it."""
    module = import_module(f"lumen_widgets.widgets.{stem}.messages")
    return {name: value for name, value in vars(module).items() if is_typeddict(value)}


def _typescript_interfaces(path: str) -> dict[str, dict[str, str]]:
    """Read every exported interface of a file as {name: {field: type}}."""
    source = (_JS / path).read_text(encoding="utf-8")
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    types = dict(re.findall(r"export type (\w+) =\s+([^;]+);", source))
    return {
        name: {
            field: re.sub(r"\s+", " ", types.get(kind, kind)).removeprefix("| ")
            for field, kind in re.findall(r"(\w+):\s*([^;]+);", body)
        }
        for name, body in re.findall(r"export interface (\w+) \{(.*?)\n\}", source, flags=re.DOTALL)
    }


def _widget_name(stem: str) -> str:
    """Return the class that a file is named for."""
    return "".join(word.capitalize() for word in stem.split("_"))


def _as_typescript(annotation: Any) -> str:
    """Write a Python annotation as TypeScript would."""
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    if is_typeddict(annotation):
        return str(annotation.__name__)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is list:
        item = _as_typescript(arguments[0])
        return f"({item})[]" if "|" in item else f"{item}[]"
    if origin is Literal:
        return " | ".join(f'"{value}"' for value in arguments)
    if origin in (Union, types.UnionType):
        return " | ".join(_as_typescript(argument) for argument in arguments)
    raise AssertionError(f"a message uses {annotation}, which this test cannot compare")


_MESSAGES = [(stem, name) for stem in _STEMS for name in sorted(_python_messages(stem))]


def test_each_side_of_a_protocol_has_the_other() -> None:
    """No widget has its messages written down on one side only."""
    python = sorted(path.parent.name for path in _WIDGETS.glob("*/messages.py"))

    assert python == _STEMS


@pytest.mark.parametrize(("stem", "name"), _MESSAGES)
def test_a_message_has_the_same_fields_and_types_in_python_and_typescript(
    stem: str, name: str
) -> None:
    """What one side sends is what the other side reads."""
    python = {
        field: _as_typescript(annotation)
        for field, annotation in get_type_hints(_python_messages(stem)[name]).items()
    }

    assert _typescript_interfaces(f"{stem}/messages.ts")[name] == python


@pytest.mark.parametrize("stem", _STEMS)
def test_the_traits_of_a_widget_are_those_that_its_typescript_reads(stem: str) -> None:
    """A trait that is renamed on one side only would show an empty widget."""
    name = _widget_name(stem)
    widget = getattr(import_module("lumen_widgets.widgets"), name)
    own = set(widget.class_traits(sync=True)) - set(anywidget.AnyWidget.class_traits(sync=True))

    assert own == set(_typescript_interfaces(f"{stem}/messages.ts")[f"{name}Model"])


@pytest.mark.parametrize("stem", _STEMS)
def test_every_message_of_typescript_is_known_to_python(stem: str) -> None:
    """No message exists on one side only."""
    interfaces = set(_typescript_interfaces(f"{stem}/messages.ts")) - {f"{_widget_name(stem)}Model"}

    assert interfaces == set(_python_messages(stem))


@pytest.mark.parametrize("name", ["picture_actions", "picture_copies"])
def test_messages_that_several_widgets_share_are_the_same_on_both_sides(name: str) -> None:
    """What a shared part of a page sends is what its side in the kernel reads."""
    module = import_module(f"lumen_widgets.widgets.{name}")
    messages = {one: value for one, value in vars(module).items() if is_typeddict(value)}
    interfaces = _typescript_interfaces(f"shared/{name}.ts")
    assert messages

    for message, value in messages.items():
        fields = {field: _as_typescript(kind) for field, kind in get_type_hints(value).items()}
        assert interfaces[message] == fields
