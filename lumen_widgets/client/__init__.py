"""The thin client of the Lumen Image API, for scripts and notebooks alike."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lumen_widgets.client.client import LumenClient
    from lumen_widgets.client.hosting.callable_hosting import CallableHosting
    from lumen_widgets.client.hosting.data_uri_hosting import DataURIHosting
    from lumen_widgets.client.hosting.fsspec_hosting import FsspecHosting
    from lumen_widgets.client.hosting.protocol import HostedFile, Hosting
    from lumen_widgets.client.spending.budget import Budget, budget
    from lumen_widgets.client.spending.prices import prices
    from lumen_widgets.client.webhooks.receiver import WebhookReceiver
    from lumen_widgets.client.webhooks.signatures import sign_webhook, verify_webhook
    from lumen_widgets.core.errors import (
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
    from lumen_widgets.core.pictures.picture import Picture, Pictures
    from lumen_widgets.core.request import Request
    from lumen_widgets.core.task import Task

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
_CLIENT, _CORE = "lumen_widgets.client", "lumen_widgets.core"
_HOME = {
    "Budget": f"{_CLIENT}.spending.budget",
    "CallableHosting": f"{_CLIENT}.hosting.callable_hosting",
    "DataURIHosting": f"{_CLIENT}.hosting.data_uri_hosting",
    "FsspecHosting": f"{_CLIENT}.hosting.fsspec_hosting",
    "HostedFile": f"{_CLIENT}.hosting.protocol",
    "Hosting": f"{_CLIENT}.hosting.protocol",
    "LumenClient": f"{_CLIENT}.client",
    "Picture": f"{_CORE}.pictures.picture",
    "Pictures": f"{_CORE}.pictures.picture",
    "Request": f"{_CORE}.request",
    "Task": f"{_CORE}.task",
    "WebhookReceiver": f"{_CLIENT}.webhooks.receiver",
    "budget": f"{_CLIENT}.spending.budget",
    "prices": f"{_CLIENT}.spending.prices",
    "sign_webhook": f"{_CLIENT}.webhooks.signatures",
    "verify_webhook": f"{_CLIENT}.webhooks.signatures",
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use: importing the package itself costs next to nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME.get(name, f"{_CORE}.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
