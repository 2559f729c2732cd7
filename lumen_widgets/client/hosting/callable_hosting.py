"""A user's own function as a hosting."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from lumen_widgets.client.hosting.protocol import (
    HostedFile,
    check_address,
    checked_file,
    hosting_error,
)
from lumen_widgets.core.errors import HostingError, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable


class CallableHosting:
    """Hosts pictures with a function of one's own.

    Parameters
    ----------
    fn
        Called as ``fn(data, media_type)`` with the bytes of a whole file, free of metadata, and
        ``image/png``, ``image/jpeg`` or ``image/webp``. It returns the https address that the
        service can read the file at, or a `HostedFile`, which can also say when the address ends
        and how the file is deleted. It is called once for each content, on the thread that
        submits and on several threads at once for different pictures, and may take its time:
        give its own requests a time-out.

    Raises
    ------
    InvalidRequest
        `fn` cannot be called.

    Examples
    --------
    >>> def upload(data: bytes, media_type: str) -> str:
    ...     key = f"{secrets.token_hex(16)}.{media_type.split('/')[1]}"
    ...     bucket.upload(key, data)
    ...     return f"https://files.example/{key}"
    >>> client = LumenClient(hosting=CallableHosting(upload))  # doctest: +SKIP

    """

    def __init__(self, fn: Callable[[bytes, str], str | HostedFile]) -> None:
        if not callable(fn):
            raise InvalidRequest(
                f"CallableHosting was given a {type(fn).__name__}, which cannot be called.",
                next_step="Pass a function of (data, media_type) that returns a URL.",
                field="fn",
            )
        self._fn = fn

    def __repr__(self) -> str:
        return f"CallableHosting({getattr(self._fn, '__name__', type(self._fn).__name__)})"

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:  # noqa: ARG002  a function that wants the digest can compute it
        """Have the function host a file.

        Raises
        ------
        HostingError
            It raised something, which is the error's ``__cause__``, or returned no address that
            the service could read.

        """
        try:
            answer: object = self._fn(data, media_type)
        except HostingError:
            raise
        except Exception as error:
            raise hosting_error(error, "The function that hosts pictures") from error
        if inspect.iscoroutine(answer):
            answer.close()  # else Python warns that it was never awaited
            raise HostingError(
                "The function that hosts pictures is an async one; nothing was sent.",
                next_step="Pass a plain function that returns when the file is there.",
            )
        if isinstance(answer, HostedFile):
            return checked_file(answer)
        check_address(answer)
        return HostedFile(str(answer))
