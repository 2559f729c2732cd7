"""The client of the Lumen Image API with its options, for scripts and notebooks alike.

Every name is loaded on first use; `__init__.pyi` beside this file names them for type checkers.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_NAMES = {
    "lumen_widgets.client.client": "LumenClient",
    "lumen_widgets.client.hosting.callable_hosting": "CallableHosting",
    "lumen_widgets.client.hosting.data_uri_hosting": "DataURIHosting",
    "lumen_widgets.client.hosting.fsspec_hosting": "FsspecHosting",
    "lumen_widgets.client.hosting.protocol": "HostedFile Hosting",
    "lumen_widgets.client.spending.budget": "Budget budget",
    "lumen_widgets.client.spending.prices": "prices",
    "lumen_widgets.client.webhooks.receiver": "WebhookReceiver",
    "lumen_widgets.client.webhooks.signatures": "sign_webhook verify_webhook",
    "lumen_widgets.core.errors": """
        AuthenticationError BudgetExceeded DownloadError HostingError InsufficientCredits
        InvalidRequest JournalError LessonError LumenError MissingKey NotFound NotInLesson
        RateLimited ServiceUnreachable SubmitOutcomeUnknown TaskCancelled TaskFailed TasksFailed
        UpstreamError WaitTimeout""",
    "lumen_widgets.core.pictures.picture": "Picture Pictures",
    "lumen_widgets.core.request": "Request",
    "lumen_widgets.core.task": "Task",
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 -- a list all the same, made of the table


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
