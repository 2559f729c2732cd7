"""Make pictures in a notebook with the Lumen Image API: `import lumen_widgets as lumen`.

Every name is loaded on first use, so that importing this package costs next to nothing and starts
nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lumen_widgets import sandbox
    from lumen_widgets.client import (
        AuthenticationError,
        BudgetExceeded,
        CallableHosting,
        DataURIHosting,
        DownloadError,
        FsspecHosting,
        HostingError,
        InsufficientCredits,
        InvalidRequest,
        JournalError,
        LumenClient,
        LumenError,
        MissingKey,
        NotFound,
        Picture,
        Pictures,
        RateLimited,
        ServiceUnreachable,
        SubmitOutcomeUnknown,
        Task,
        TaskCancelled,
        TaskFailed,
        TasksFailed,
        UpstreamError,
        WaitTimeout,
        WebhookReceiver,
        budget,
        prices,
        sign_webhook,
        verify_webhook,
    )
    from lumen_widgets.notebook import (
        History,
        edit,
        generate,
        history,
        inpaint,
        resume,
        show,
        stream,
        use,
    )
    from lumen_widgets.widgets import MaskPainter, PromptForm, TaskPanel

__version__ = "0.1.0"

__all__ = [
    "AuthenticationError",
    "BudgetExceeded",
    "CallableHosting",
    "DataURIHosting",
    "DownloadError",
    "FsspecHosting",
    "History",
    "HostingError",
    "InsufficientCredits",
    "InvalidRequest",
    "JournalError",
    "LumenClient",
    "LumenError",
    "MaskPainter",
    "MissingKey",
    "NotFound",
    "Picture",
    "Pictures",
    "PromptForm",
    "RateLimited",
    "ServiceUnreachable",
    "SubmitOutcomeUnknown",
    "Task",
    "TaskCancelled",
    "TaskFailed",
    "TaskPanel",
    "TasksFailed",
    "UpstreamError",
    "WaitTimeout",
    "WebhookReceiver",
    "budget",
    "edit",
    "generate",
    "history",
    "inpaint",
    "prices",
    "resume",
    "sandbox",
    "show",
    "sign_webhook",
    "stream",
    "use",
    "verify_webhook",
]

# which package each public name lives in: what is named nowhere else is the client's; the sandbox
# is a package itself
_HOME = {
    **dict.fromkeys((name for name in __all__ if name != "sandbox"), "lumen_widgets.client"),
    **dict.fromkeys(
        (
            "History",
            "edit",
            "generate",
            "history",
            "inpaint",
            "resume",
            "show",
            "stream",
            "use",
        ),
        "lumen_widgets.notebook",
    ),
    **dict.fromkeys(("MaskPainter", "PromptForm", "TaskPanel"), "lumen_widgets.widgets"),
}


def __getattr__(name: str) -> Any:
    if name == "sandbox":
        return import_module("lumen_widgets.sandbox")
    if name not in _HOME:
        raise AttributeError(f"lumen_widgets has no {name!r}")
    home = import_module(_HOME[name])
    if _HOME[name] == "lumen_widgets.notebook":
        # the notebook shows a panel without knowing the widgets: only this face knows both
        home.panels.provide(_panel_class)
    value = globals()[name] = getattr(home, name)
    return value


def _panel_class() -> Any:
    return import_module("lumen_widgets.widgets").TaskPanel


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
