"""The thin client of the Lumen Image API, for scripts and notebooks alike."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lumen_widgets.client.budgets import Budget, budget
    from lumen_widgets.client.client import LumenClient
    from lumen_widgets.client.errors import (
        AuthenticationError,
        BudgetExceeded,
        DownloadError,
        HostingError,
        InsufficientCredits,
        InvalidRequest,
        JournalError,
        LumenError,
        MissingKey,
        NotFound,
        RateLimited,
        ServiceUnreachable,
        SubmitOutcomeUnknown,
        TaskCancelled,
        TaskFailed,
        TasksFailed,
        UpstreamError,
        WaitTimeout,
    )
    from lumen_widgets.client.hosting.callable_hosting import CallableHosting
    from lumen_widgets.client.hosting.data_uri_hosting import DataURIHosting
    from lumen_widgets.client.hosting.fsspec_hosting import FsspecHosting
    from lumen_widgets.client.hosting.protocol import HostedFile, Hosting
    from lumen_widgets.client.pictures.picture import Picture, Pictures
    from lumen_widgets.client.price_list import prices
    from lumen_widgets.client.request import Request
    from lumen_widgets.client.task import Task
    from lumen_widgets.client.webhooks.receiver import WebhookReceiver
    from lumen_widgets.client.webhooks.signatures import sign_webhook, verify_webhook

__all__ = [
    "AuthenticationError",
    "Budget",
    "BudgetExceeded",
    "CallableHosting",
    "DataURIHosting",
    "DownloadError",
    "FsspecHosting",
    "HostedFile",
    "Hosting",
    "HostingError",
    "InsufficientCredits",
    "InvalidRequest",
    "JournalError",
    "LumenClient",
    "LumenError",
    "MissingKey",
    "NotFound",
    "Picture",
    "Pictures",
    "RateLimited",
    "Request",
    "ServiceUnreachable",
    "SubmitOutcomeUnknown",
    "Task",
    "TaskCancelled",
    "TaskFailed",
    "TasksFailed",
    "UpstreamError",
    "WaitTimeout",
    "WebhookReceiver",
    "budget",
    "prices",
    "sign_webhook",
    "verify_webhook",
]

# Whatever is not here is an error, by far the most of the names.
_HOME = {
    "Budget": "budgets",
    "CallableHosting": "hosting.callable_hosting",
    "DataURIHosting": "hosting.data_uri_hosting",
    "FsspecHosting": "hosting.fsspec_hosting",
    "HostedFile": "hosting.protocol",
    "Hosting": "hosting.protocol",
    "LumenClient": "client",
    "Picture": "pictures.picture",
    "Pictures": "pictures.picture",
    "budget": "budgets",
    "prices": "price_list",
    "Request": "request",
    "Task": "task",
    "WebhookReceiver": "webhooks.receiver",
    "sign_webhook": "webhooks.signatures",
    "verify_webhook": "webhooks.signatures",
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use: importing the package itself costs next to nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
