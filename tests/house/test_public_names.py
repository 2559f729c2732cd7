"""The names that notebooks rely on."""

from __future__ import annotations

import ast
from importlib import import_module

import pytest

import lumen_widgets
from lumen_widgets.core import errors
from tests import checkout

# the public face, name by name: a change here is a change for every user
_NAMES = [
    "LumenClient", "Task", "Picture", "Pictures", "LumenError", "MissingKey", "InvalidRequest",
    "HostingError", "JournalError", "ServiceUnreachable", "AuthenticationError",
    "InsufficientCredits", "NotFound", "RateLimited", "UpstreamError", "SubmitOutcomeUnknown",
    "TaskFailed", "TaskCancelled", "TasksFailed", "WaitTimeout", "DownloadError", "generate",
    "edit", "extend", "inpaint", "show", "stream", "use", "Compare", "Gallery", "MaskPainter",
    "PromptForm", "Studio", "TaskPanel",
    "prices", "budget", "BudgetExceeded", "WebhookReceiver", "sign_webhook", "verify_webhook",
    "CallableHosting", "DataURIHosting", "FsspecHosting", "sandbox", "History", "history",
    "resume", "parameters", "reproduce", "LessonError", "NotInLesson",
]  # fmt: skip


def test_the_public_names_are_these() -> None:
    """Nothing becomes public, or stops being so, unnoticed."""
    assert sorted(vars(lumen_widgets)["__all__"]) == sorted(_NAMES)


@pytest.mark.parametrize("name", _NAMES)
def test_a_public_name_is_loaded_and_listed(name: str) -> None:
    """Each name is there on first use, is offered by completion, and stays the same object."""
    assert name in dir(lumen_widgets)
    assert getattr(lumen_widgets, name) is getattr(lumen_widgets, name)


def test_each_name_is_that_of_its_package() -> None:
    """A name of the public face is the very object of the package that it lives in."""
    for name, module in vars(lumen_widgets)["_MODULE_OF"].items():
        assert getattr(lumen_widgets, name) is getattr(import_module(module), name)


def test_every_error_is_public() -> None:
    """Whatever class of the error tree is raised, a user can catch it by its public name."""
    tree = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.LumenError)
    }

    assert tree <= set(vars(lumen_widgets)["__all__"])


@pytest.mark.parametrize("package", ["lumen_widgets", "lumen_widgets.client"])
def test_type_checkers_see_the_same_names(package: str) -> None:
    """What the stub beside a lazy package names is what is loaded on first use, from there."""
    stub = checkout.ROOT / package.replace(".", "/") / "__init__.pyi"
    seen = {
        alias.name: f"{node.module}.{alias.name}"
        for node in ast.parse(stub.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    face = import_module(package)

    assert sorted(seen) == sorted(face.__all__)
    for name, home in seen.items():
        module, _, attribute = home.rpartition(".")
        assert getattr(face, name) is getattr(import_module(module), attribute)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A misspelt name fails as on any module."""
    with pytest.raises(AttributeError, match="genrate"):
        _ = getattr(lumen_widgets, "genrate")  # noqa: B009 -- a type checker knows better
