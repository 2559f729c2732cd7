"""A Lumen server for one's own machine: it speaks the Lumen Image API, and draws previews.

Nothing is loaded until it is used: importing this package is cheap and starts nothing.

>>> from lumen_widgets import sandbox
>>> server = sandbox.start()            # the one that runs already, or a new one
>>> sandbox.settings(latency=(2, 8))    # as slow as a real service
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lumen_widgets.sandbox.errors import SandboxError
    from lumen_widgets.sandbox.runner import serve
    from lumen_widgets.sandbox.user_server import Sandbox, account, settings, start

__all__ = ["Sandbox", "SandboxError", "account", "serve", "settings", "start"]

_MODULES = {
    "Sandbox": "user_server",
    "SandboxError": "errors",
    "account": "user_server",
    "serve": "runner",
    "settings": "user_server",
    "start": "user_server",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
