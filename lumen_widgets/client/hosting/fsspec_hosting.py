"""A store that fsspec knows (S3, Google, Azure, OSS) as a hosting, by signed addresses."""

from __future__ import annotations

import contextlib
import re
import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from lumen_widgets.client.hosting.fsspec_stores import (
    check_can_sign,
    content_type_option,
    delete_file,
    error_text,
    file_system_options,
)
from lumen_widgets.client.hosting.protocol import HostedFile, check_address, is_finite_number
from lumen_widgets.client.hosting.time_limit import call_with_timeout
from lumen_widgets.core.errors import HostingError, InvalidRequest, interrupted
from lumen_widgets.core.pictures.addresses import is_loopback_url
from lumen_widgets.core.signal import forked

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# Seconds. An address is used for new tasks until a quarter of an hour before its end: shorter
# ones would be signed again for nearly each task. Seven days is the longest that S3 signs for.
MIN_EXPIRES, MAX_EXPIRES = 1800, 7 * 24 * 3600

_ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}

# One scheme and a bucket: "simplecache::s3://" and the like are layers for reading.
_URL = re.compile(r"([a-z][a-z0-9+.-]*)://([^:?#][^?#]*)")


class FsspecHosting:
    """Hosts pictures in a store of one's own, at addresses that are signed for a time.

    Files get names that cannot be guessed, stay as private as the store makes new files, and are
    deleted when no task has needed them for ten minutes. Give the folder a lifecycle rule for what
    stays behind: an interpreter that ends has seconds to delete the rest, and cannot look up the
    store's name any more if no connection to it is open. Credentials come from where the store's
    own package looks for them: its environment variables, its files, fsspec's configuration.

    Parameters
    ----------
    url
        Bucket and folder, such as ``s3://bucket/folder``, ``gs://…``, ``az://…`` or ``oss://…``.
    expires
        Seconds that an address is good for, 1800 (half an hour) to 604800 (a week): a task that
        waits in the service's queue reads its pictures late. With temporary credentials an
        address may end sooner, together with them.
    timeout
        Seconds for one upload.
    storage_options
        What the file system takes as keywords, such as ``endpoint_url`` for a store that only
        speaks like S3, or ``profile``.

    Raises
    ------
    HostingError
        fsspec or the store's package is not installed, or the store cannot sign addresses.
    InvalidRequest
        An argument is not as above.

    Examples
    --------
    >>> hosting = FsspecHosting("s3://my-bucket/lumen")  # doctest: +SKIP
    >>> client = LumenClient(hosting=hosting)  # doctest: +SKIP
    >>> client.edit("make it snow", "cat.png").wait()  # doctest: +SKIP

    """

    def __init__(
        self,
        url: str,
        expires: float = 3600,
        *,
        timeout: float = 60.0,
        storage_options: Mapping[str, Any] | None = None,
    ) -> None:
        self._url, self._protocol = _checked_url(url)
        if not (is_finite_number(expires) and MIN_EXPIRES <= expires <= MAX_EXPIRES):
            raise InvalidRequest(
                # not repeated: a store's secret may have been taken for a second argument
                f"expires is not {MIN_EXPIRES} to {MAX_EXPIRES} "
                "seconds: an address has to outlive the time that a task waits in the service's "
                "queue.",
                next_step="Leave it out for an hour.",
                field="expires",
            )
        if not (is_finite_number(timeout) and timeout > 0):
            raise InvalidRequest(
                "timeout is not a number of seconds above 0.",
                next_step="Leave it out for 60.",
                field="timeout",
            )
        self._expires, self._timeout = int(expires), float(timeout)
        if not isinstance(storage_options, Mapping | None):
            raise InvalidRequest(
                f"storage_options is of type {type(storage_options).__name__}, not a dict.",
                next_step='Write storage_options={"profile": "mine"}, as the file system takes it.',
                field="storage_options",
            )
        self._options = dict(storage_options or {})
        check_can_sign(self._protocol)
        self._open: tuple[Any, str] | None = None
        forked.connect_method(self._close)

    def __repr__(self) -> str:
        return f"FsspecHosting({self._url!r}, expires={self._expires})"

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:  # noqa: ARG002  a name made of the digest could be guessed
        """Put a file into the store and sign its address.

        Raises
        ------
        HostingError
            The store cannot be reached, refuses, does not answer in time, or signs nothing that
            the service could read.
        KeyboardInterrupt
            The wait was interrupted; the file is deleted again if it got there.

        """
        # 128 random bits: the name cannot be guessed from the picture or its digest.
        name = secrets.token_hex(16) + _ENDINGS.get(media_type, "")

        def upload() -> HostedFile:
            store, folder = self._store()
            path = f"{folder}/{name}"
            # Signed first: a store that cannot is found out before anything is there.
            hosted = self._signed(store, path)
            store.pipe_file(path, data, **content_type_option(self._protocol, media_type))
            return hosted

        return self._call(upload, _delete_quietly)

    def _signed(self, store: Any, path: str) -> HostedFile:
        ends = time.time() + self._expires
        url = store.sign(path, expiration=self._expires)
        check_address(url)
        if not url.startswith("https:") and not is_loopback_url(url):
            raise HostingError(
                "The store's addresses are http, which anybody on the way can read; nothing was "
                "sent.",
                next_step="Use the store's https address as its endpoint.",
            )
        if "?" not in url:
            raise HostingError(
                "The store gave an address without a signature; nothing was sent.",
                next_step="Give it credentials: anonymous access cannot sign.",
            )
        return HostedFile(
            url,
            ends,
            remove=lambda: self._call(lambda: delete_file(store, path), lambda _: None),
            renew=lambda: self._call(lambda: self._signed(store, path), lambda _: None),
        )

    def _store(self) -> tuple[Any, str]:
        """Return the file system, and the folder in it."""
        if self._open is None:
            from fsspec.core import url_to_fs

            # Not from fsspec's cache, which does not see that the environment has changed.
            store, folder = url_to_fs(
                self._url,
                skip_instance_cache=True,
                **file_system_options(self._protocol, self._options),
            )
            self._open = (store, folder.rstrip("/"))
        return self._open

    def _close(self, _: None) -> None:
        """Drop the parent's connections in a forked child."""
        self._open = None

    def _call(self, function: Callable[[], T], on_late_result: Callable[[T], None]) -> T:
        try:
            return call_with_timeout(self._timeout, function, on_late_result)
        except HostingError:
            raise
        except KeyboardInterrupt:
            raise interrupted(
                "Stopped while a picture was being hosted; nothing was sent and nothing paid."
            ) from None
        except Exception as error:  # noqa: BLE001 -- each store raises errors of its own
            # A new one next time: this one remembers that there were no credentials.
            self._open = None
            # From None, and in words of our own: a store's text repeats addresses and keys.
            raise HostingError(
                f"A picture could not be hosted at {self._url}: {error_text(error)}. Nothing was "
                "sent.",
                next_step="Check the address, the credentials and the network: "
                f"fsspec.open({self._url!r}) with the same settings should work.",
            ) from None


def _checked_url(url: object) -> tuple[str, str]:
    text = url.strip().rstrip("/") if isinstance(url, str) else ""
    found = _URL.fullmatch(text)
    if found is None or not text.isprintable():
        raise InvalidRequest(
            "That is not the address of a store.",
            next_step="Give bucket and folder, such as s3://bucket/folder.",
            field="url",
        )
    # Azure's container@account has no colon before the @; a password has.
    if re.match(r"[^/@]*:[^/@]*@", found[2]):
        raise InvalidRequest(
            "The address of the store has a password in it, which would end in notebooks.",
            next_step="Leave it to the store's own environment variables or storage_options=.",
            field="url",
        )
    return text, found[1]


def _delete_quietly(hosted: HostedFile) -> None:
    with contextlib.suppress(HostingError):
        hosted.delete()
