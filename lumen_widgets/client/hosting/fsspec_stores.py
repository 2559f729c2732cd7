"""Differences between the stores that fsspec knows: options, content types, errors."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from lumen_widgets.core.errors import HostingError

if TYPE_CHECKING:
    from collections.abc import Mapping

# The packages whose file systems can sign, by the protocols of their addresses. Others that can
# are taken too.
PACKAGES = {
    "s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs",
    "abfss": "adlfs", "oss": "ossfs",
}  # fmt: skip

# The errors of stores, by the names of their classes: so their packages need not be imported.
_ERRORS = (
    ({"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError",
      "NoCredentialsProvided", "DefaultCredentialsError"}, "no credentials for it were found"),
    ({"PermissionError", "Forbidden", "HttpAuthenticationError"},
     "it refused (wrong credentials, or they may not write there)"),
    ({"FileNotFoundError", "NoSuchBucket", "ResourceNotFoundError"}, "it has no such bucket"),
    ({"TimeoutError", "FSTimeoutError", "ConnectTimeoutError", "ReadTimeoutError"},
     "it did not answer in time"),
    ({"EndpointConnectionError", "ConnectionError", "ClientConnectorError", "HTTPClientError"},
     "it cannot be reached"),
)  # fmt: skip


def check_can_sign(protocol: str) -> None:
    """Find out without the network whether the file system of a protocol can sign addresses."""
    package = PACKAGES.get(protocol)
    try:
        import fsspec
    except ImportError:
        raise HostingError(
            "Hosting in a store needs fsspec, which is not installed.",
            next_step=f"Install it: pip install {package or 'fsspec'}",
        ) from None
    try:
        kind = fsspec.get_filesystem_class(protocol)
    except ImportError:
        raise HostingError(
            f"A {protocol}:// store needs a package that is not installed.",
            next_step=f"Install it: pip install {package or 'fsspec[full]'}",
        ) from None
    except ValueError:
        kind = None
    if kind is None or kind.sign is fsspec.AbstractFileSystem.sign:
        raise HostingError(
            f"A {protocol}:// store cannot give out signed addresses.",
            next_step="These can: s3:// (s3fs), gs:// (gcsfs), az:// (adlfs), oss:// (ossfs). For "
            "another one pass lumen.CallableHosting(fn).",
        )


def file_system_options(protocol: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return a file system's options, with current signatures where S3 would use old ones.

    botocore still signs addresses in the second version by default, which no bucket made since
    2020 takes.
    """
    if PACKAGES.get(protocol) != "s3fs":
        return dict(options)
    from fsspec.config import conf

    given = options.get("config_kwargs", conf.get("s3", {}).get("config_kwargs", {}))
    return {**options, "config_kwargs": {"signature_version": "s3v4", **given}}


def content_type_option(protocol: str, media_type: str) -> dict[str, Any]:
    """Return the keyword by which a store is told what kind of file it gets.

    There is none for an access list: new files are private unless the store was told otherwise,
    and buckets with access lists switched off refuse any. OSS goes by the name's ending.
    """
    match PACKAGES.get(protocol):
        case "s3fs":
            return {"ContentType": media_type}
        case "gcsfs":
            return {"content_type": media_type}
        case "adlfs":
            with contextlib.suppress(ImportError):
                from azure.storage.blob import ContentSettings

                return {"content_settings": ContentSettings(content_type=media_type)}
    return {}


def delete_file(store: Any, path: str) -> None:
    """Delete a file from a store."""
    # One request, where the method exists; `rm` first looks up what the path is.
    if type(store).__module__.partition(".")[0] in {"s3fs", "gcsfs"}:
        store.rm_file(path)
    else:
        store.rm(path)


def error_text(error: BaseException) -> str:
    """Return what went wrong with a store, in words of our own: its text has addresses and keys."""
    words = next((words for names, words in _ERRORS if names & _class_names(error)), None)
    return words or f"the store failed ({type(error).__name__})"


def _class_names(error: BaseException) -> set[str]:
    """Return the names of an error's classes, and of those of what caused it."""
    names: set[str] = set()
    for _ in range(10):  # chains are 3 or 4 deep; this ends a loop
        names |= {kind.__name__ for kind in type(error).__mro__}
        cause = error.__cause__ or error.__context__
        if cause is None:
            break
        error = cause
    return names
