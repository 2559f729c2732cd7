"""Where a picture's bytes come from: an address, a path, a ``data:`` URI, or bytes as they are."""

from __future__ import annotations

import base64
import binascii
import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.pictures.decoding import MAX_BYTES

ACCEPTED = "PNG, JPEG or WebP"

# Two letters at least: one is a drive on Windows.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")


def is_url(text: str) -> bool:
    """Say whether text is an http or https address, rather than a path or a ``data:`` URI."""
    return text.strip()[:8].lower().startswith(("http://", "https://"))


def checked_url(text: str) -> str:
    """Return an address without the spaces around it.

    Raises
    ------
    InvalidRequest
        It has no host, or characters that no address has. The address is not repeated: it may be
        signed.

    """
    text = text.strip()
    try:
        host = urlsplit(text).hostname
    except ValueError:
        host = None
    if not host or not text.isprintable() or " " in text:
        raise InvalidRequest(
            "The picture's address is not a valid URL.",
            next_step="Give an address such as https://example.org/cat.png, percent-encoded.",
        )
    return text


def read_bytes(
    source: str | os.PathLike[str] | bytes | bytearray | memoryview, what: str
) -> tuple[bytes, str]:
    """Return the bytes behind a path, a ``data:`` string or bytes, and how to name them.

    Raises
    ------
    InvalidRequest
        There are none, or more than 64 MiB.

    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        data, name = bytes(source), f"{len(source)} bytes"
    elif isinstance(source, str) and source.lstrip()[:5].lower() == "data:":
        data, name = _from_data_uri(source.strip()), "a data: URI"
    else:
        data, name = _from_path(source, what), f"the file {os.fspath(source)!r}"
    if len(data) > MAX_BYTES:
        raise _too_many_bytes(name)
    return data, name


def _from_path(source: str | os.PathLike[str], what: str) -> bytes:
    text = os.fspath(source)
    if isinstance(source, str) and (scheme := _SCHEME.match(source)):
        raise InvalidRequest(
            f"A {what} cannot be read from a {scheme[1]}: address.",
            next_step="Give an http(s) address, a path, or the bytes themselves.",
        )
    try:
        path = Path(text).expanduser()
        # Devices and pipes have no end, or never begin.
        if path.is_dir() or (path.exists() and not path.is_file()):
            raise InvalidRequest(
                f"{text!r} is a folder or a device, not a {what}.",
                next_step=f"Give the path of a {ACCEPTED} file.",
            )
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        shown = text if len(text) <= 200 else f"{text[:200]}…"  # noqa: PLR2004  enough to recognise it
        raise InvalidRequest(
            f"There is no file {shown!r} in {str(Path.cwd())!r}.",
            next_step="Check the path, or give a URL, bytes, a PIL image or an array instead.",
        ) from None
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidRequest(
            f"The {what} {text[:200]!r} cannot be read: {reason}.",
            next_step="Check the path and its permissions.",
        ) from None


def _from_data_uri(text: str) -> bytes:
    head, comma, payload = text.partition(",")
    # Base64 has four characters for three bytes, percent-encoding has three for one.
    if len(payload) > 3 * MAX_BYTES:
        raise _too_many_bytes("a data: URI")
    data = unquote_to_bytes(payload)
    if head.lower().rstrip().endswith(";base64"):
        try:
            data = base64.b64decode(b"".join(data.split()), validate=True)
        except binascii.Error:
            comma = ""
    if not comma:
        raise InvalidRequest(
            "Given a data: URI that cannot be decoded.",
            next_step="It should read data:image/png;base64, and then the picture in base64.",
        )
    return data


def _too_many_bytes(name: str) -> InvalidRequest:
    return InvalidRequest(
        f"Given {name}, which is larger than {MAX_BYTES // 1024**2} MiB.",
        next_step="Make the picture smaller, or give a URL that the service can read.",
    )
