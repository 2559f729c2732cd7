"""Hosting: gives a local picture an address that the service can read."""

from __future__ import annotations

import inspect
import math
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from lumen_widgets.core.errors import HostingError, InvalidRequest
from lumen_widgets.core.waiting import to_seconds
from lumen_widgets.core.words import clean, without_queries

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds. A task may wait in a queue before the service reads its pictures: an address that ends
# sooner than this is renewed before it is used again.
RENEW_BEFORE = 15 * 60.0

# Characters of an address: servers take 8,000 or more (RFC 9110 asks for that), and a signed one
# with a session's token has 2,000.
MAX_ADDRESS_LENGTH = 8000

_ALTERNATIVES = """\
Ways to give it an address:
- pass a URL that the service can read in place of the picture; a painted mask: "Download mask",
  put it somewhere, and pass its URL as mask=
- a store of your own: LumenClient(hosting=lumen.FsspecHosting("s3://bucket/folder")), or the
  environment variable LUMEN_HOSTING=s3://bucket/folder
- a function of your own: LumenClient(hosting=lumen.CallableHosting(fn)), where
  fn(data, media_type) returns a URL
- an experiment, since the service does not say whether it takes them:
  LumenClient(hosting=lumen.DataURIHosting()), or LUMEN_HOSTING=data:
- lumen.use("sandbox"), which takes local pictures"""

# The secret part of a signed address, wherever an error's text repeats it; how many characters of
# such a text are repeated, and how many are read.
_QUERY, _MAX_TEXT, _MAX_READ = re.compile(r"\?[!-~]+"), 200, 1 << 14


@dataclass(frozen=True)
class HostedFile:
    """A file that is reachable by its address until it expires or is deleted.

    Attributes
    ----------
    url
        Where it is. The address is enough to read the file, so it is not in the repr.
    expires_at
        When the address ends, unix seconds; None if it does not.
    remove
        Deletes the file; None where that cannot be done.
    renew
        Returns the same file under an address that ends later; None where the file has to be put
        there again for that.

    Examples
    --------
    >>> HostedFile("https://files.example/7f3a.png?signature=…")
    HostedFile(expires_at=None)

    """

    url: str = field(repr=False)
    expires_at: float | None = None
    remove: Callable[[], None] | None = field(default=None, repr=False, compare=False)
    renew: Callable[[], HostedFile] | None = field(default=None, repr=False, compare=False)

    def delete(self) -> None:
        """Delete the file, if the host can.

        Raises
        ------
        HostingError
            The host could not be asked, or refused.

        """
        if self.remove is not None:
            self.remove()


class Hosting(Protocol):
    """A place for files that the service can read by URL; any object with this method is one."""

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
        """Host a file.

        Different files may be put there from several threads at once. Each upload should get an
        address of its own: a file is deleted, by its `remove`, when no task needs it any more.

        Parameters
        ----------
        data
            The whole file, free of metadata.
        media_type
            ``image/png``, ``image/jpeg`` or ``image/webp``.
        digest
            Hex SHA-256 of `data`. It is not a secret: a name made of it alone can be guessed from
            the same file.

        Raises
        ------
        HostingError
            It could not be hosted.

        """


def checked_hosting(hosting: Hosting | None) -> Hosting:
    """Return what is to host a picture, if it can.

    Raises
    ------
    HostingError
        There is none.
    InvalidRequest
        As `check_hosting` says.

    """
    if hosting is None:
        raise HostingError(
            "The service reads pictures by URL, and this one exists only here; nothing was sent.",
            next_step=_ALTERNATIVES,
        )
    check_hosting(hosting)
    return hosting


def check_hosting(hosting: object) -> None:
    """Check that something can host, as far as that shows before anything is to be hosted.

    Raises
    ------
    InvalidRequest
        It has no method `put` of three arguments: a string and a function have none, and of a
        class only its objects have one.

    """
    if not _takes_files(getattr(hosting, "put", None)):
        what = (
            f"the class {hosting.__name__}"
            if isinstance(hosting, type)
            else f"a {type(hosting).__name__}"
        )
        raise InvalidRequest(
            f"hosting is {what}, which hosts nothing; nothing was sent.",
            next_step='Pass hosting=lumen.FsspecHosting("s3://bucket/folder"), or another object '
            "with a method put(data, media_type, digest).",
            field="hosting",
        )


def _takes_files(put: object) -> bool:
    if not callable(put):
        return False
    try:
        inspect.signature(put).bind(b"", "image/png", "")
    except TypeError:
        return False
    except ValueError:  # it does not say what it takes, as something built in
        return True
    return True


def checked_file(hosted: object) -> HostedFile:
    """Return what a hosting answered, if the service can make something of it.

    Raises
    ------
    HostingError
        It is no `HostedFile`, its address is none that can be sent, or has ended. The address is
        not repeated: it may be signed.

    """
    if not isinstance(hosted, HostedFile):
        raise HostingError(
            f"The hosting gave a {type(hosted).__name__} for a picture, not a HostedFile; "
            "nothing was sent.",
            next_step="Return HostedFile(url, expires_at) from its put method.",
        )
    ends = hosted.expires_at
    url: object = hosted.url  # a user's own hosting may give anything
    if ends is not None and not is_finite_number(ends):
        raise HostingError(
            "The hosting says of a picture that its address ends at something that is no time; "
            "nothing was sent.",
            next_step="Give expires_at in unix seconds, or None.",
        )
    if ends is not None and ends <= time.time():
        raise HostingError(
            "The hosting gave an address for a picture that has ended already; nothing was sent.",
            next_step="Give expires_at in unix seconds, and check this machine's clock.",
        )
    if not (isinstance(url, str) and url.startswith("data:")):
        check_address(url)
    return hosted


def is_finite_number(value: object) -> bool:
    """Say whether something that was given as seconds is a finite number."""
    return abs(to_seconds(value)) < math.inf


def hosting_error(error: Exception, subject: str) -> HostingError:
    """Return the error for what a user's own hosting raised, free of what an address keeps secret.

    Parameters
    ----------
    error
        What was raised.
    subject
        The subject of the sentence, such as ``"The hosting"``.

    """
    # of this one more: no word of it is a question
    text = _QUERY.sub("?…", without_queries(clean(str(error)[:_MAX_READ])))[:_MAX_TEXT]
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return HostingError(
        f"{subject} raised {said.rstrip('.')}; nothing was sent.",
        next_step="Look at the error's __cause__, and try the hosting by itself.",
    )


def check_address(url: object) -> None:
    """Check that an address which a hosting gave can be sent to the service.

    Raises
    ------
    HostingError
        It is not an http(s) address with a host, is too long, or has a password, spaces or
        control characters in it.

    """
    problem = _address_problem(url)
    if problem is not None:
        raise HostingError(
            f"The hosting gave an address for a picture that {problem}; nothing was sent.",
            next_step="It should give an https address that the service can read without a "
            "password.",
        )


def _address_problem(url: object) -> str | None:
    """Say what is wrong with an address, in words that do not repeat it."""
    if not isinstance(url, str) or len(url) > MAX_ADDRESS_LENGTH:
        return "is too long" if isinstance(url, str) else f"is a {type(url).__name__}, not text"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "has characters that no address has"
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return "is not a URL"
    if not good:
        return "is not an http(s) address"
    return "has a user name or password in it" if "@" in parts.netloc else None
