"""What a caller may give as a picture or mask, and what is in it: a file, an image or an array."""

from __future__ import annotations

import base64
import binascii
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.pictures.decoding import MAX_BYTES
from lumen_widgets.core.words import LONGEST_WORDS, clean, without_queries

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

ACCEPTED = "PNG, JPEG or WebP"

# Letters of what another library says that are read: it may repeat all that it was given.
_LONGEST_READ = 1 << 14

# Two letters at least: one is a drive on Windows.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")


class Given(NamedTuple):
    """What was given: one of `file`, `image` and `array`.

    Attributes
    ----------
    name
        How to name it in an error.
    as_array
        Python that makes an array of what was given, in which ``{}`` is the argument's name.

    """

    name: str
    as_array: str
    file: bytes | None = None
    image: Image | None = None
    array: NDArray[np.generic] | None = None


def unwrapped(source: object) -> object:
    """Return what an image of IPython or ipywidgets shows, bytes or an address; all else as it is.

    Neither library is imported for it.
    """
    ipython, widgets = sys.modules.get("IPython.display"), sys.modules.get("ipywidgets")
    if ipython is not None and isinstance(source, ipython.Image):
        return source.data if source.data is not None else source.url
    if widgets is not None and isinstance(source, widgets.Image):
        value = bytes(source.value)
        return value.decode(errors="replace") if source.format == "url" else value
    return source


def attribute(source: object, name: str) -> Any:  # Any: whatever an object has by that name
    """Return what an object has by a name, None for nothing: some raise other errors than theirs.

    A dict whose keys are its attributes may raise KeyError, one that is made late whatever fails.
    """
    try:
        return getattr(source, name, None)
    except Exception:  # noqa: BLE001  a library of the caller's, which may raise anything
        return None


def read_given(source: object, what: str) -> Given:
    """Return what is in a picture or a mask that is no http(s) address.

    Parameters
    ----------
    source
        A ``data:`` string, a path, bytes, an open file (all of it, wherever it stands), a PIL
        image, a numpy array, or whatever has ``numpy()`` or ``__array__``.
    what
        ``"picture"`` or ``"mask"``.

    Raises
    ------
    InvalidRequest
        It is none of these, or cannot be read.

    """
    if isinstance(source, str) and source.lstrip()[:5].lower() == "data:":
        opened = "PIL.Image.open(urllib.request.urlopen({}))"
    elif isinstance(source, (bytes, bytearray, memoryview)):
        opened = "PIL.Image.open(io.BytesIO({}))"
    else:
        opened = "PIL.Image.open({})"
    if isinstance(source, (str, os.PathLike, bytes, bytearray, memoryview)):
        data, name = read_bytes(source, what)
        return Given(name, f"np.asarray({opened})", file=data)
    if callable(attribute(source, "read")):
        data, name = read_bytes(_content(source, what), what)
        return Given(f"a file of {name}", f"np.asarray({opened})", file=data)

    import numpy as np
    import PIL.Image

    if isinstance(source, PIL.Image.Image):
        return Given(f"a PIL image of mode {source.mode!r}", "np.asarray({})", image=source)
    if isinstance(source, np.ma.MaskedArray) and np.ma.is_masked(source):
        raise InvalidRequest(
            f"Given {_name_of(source)}, some of whose samples are masked out.",
            next_step=f"Say what is there, such as 0: {what} = {what}.filled(0)",
        )
    if isinstance(source, np.ndarray):
        return Given(_name_of(source), "{}", array=source)
    if callable(attribute(source, "numpy")) or attribute(source, "__array__") is not None:
        array, text = _as_array(source, what)
        return Given(f"a {type(source).__name__}, {_name_of(array)}", text, array=array)
    raise InvalidRequest(
        f"Given a {type(source).__name__}, which is not a {what}.",
        next_step="Give a URL, a path, bytes, an open file, a PIL image, a numpy array or a "
        "Picture.",
    )


def _name_of(array: NDArray[np.generic]) -> str:
    return f"an array of {array.dtype} and shape {array.shape}"


def _content(file: Any, what: str) -> bytes:
    """Return all that is in an open file, and leave it where it stands."""
    try:
        at = file.tell() if file.seekable() else None
        if at is not None:
            file.seek(0)
        data = _read_all(file)
        if at is not None:
            file.seek(at)
    except Exception as error:  # noqa: BLE001  a library of the caller's, which may raise anything
        raise InvalidRequest(
            f"Given a {type(file).__name__} that cannot be read: {words_of(error)}.",
            next_step=f"Give the {what}'s path, or its bytes.",
        ) from None
    if not isinstance(data, bytes | bytearray | memoryview):
        raise InvalidRequest(
            f"Given a {type(file).__name__} that reads text, where a {what} has bytes.",
            next_step='Open it with mode "rb".',
        )
    return bytes(data)


def words_of(error: Exception) -> str:
    """Return what an error of another library says, without its full stop; its name for nothing.

    It may say which address it could not read, whose query may be a signature.
    """
    words = ""
    with suppress(Exception):  # one that cannot even say what it is about
        words = without_queries(clean(str(error)[:_LONGEST_READ]))[:LONGEST_WORDS].rstrip(".")
    return words or type(error).__name__


def _read_all(file: Any) -> Any:
    """Return what is in a file up to a byte more than is allowed, though it gives less at once.

    An unbuffered file, or one of another library, may give as little as a byte for each read.
    """
    data = file.read(MAX_BYTES + 1)
    if not isinstance(data, bytes | bytearray | memoryview):
        return data
    content = bytearray(data)
    while len(data) and len(content) <= MAX_BYTES:
        data = file.read(MAX_BYTES + 1 - len(content))
        if data is None:  # nothing is there yet, of a file that does not wait
            raise OSError("all of it is not there yet")
        content += data
    return bytes(content)


def _as_array(source: Any, what: str) -> tuple[NDArray[np.generic], str]:
    """Return a tensor or the like as an array, and the Python that does it.

    A tensor of torch is first taken off the graph of its gradient and off the device.
    """
    import numpy as np

    steps = [name for name in ("detach", "cpu", "numpy") if callable(attribute(source, name))]
    text = "".join(["{}", *(f".{name}()" for name in steps)])
    text = text if "numpy" in steps else f"np.asarray({text})"
    try:
        for name in steps:
            source = getattr(source, name)()
        return np.asarray(source), text
    except Exception as error:  # noqa: BLE001  a library of the caller's, which may raise anything
        raise InvalidRequest(
            f"Given a {type(source).__name__} that numpy cannot read: {words_of(error)}.",
            next_step=f"Give the {what} as a numpy array.",
        ) from None


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
        try:
            length = memoryview(source).nbytes
        except ValueError as error:  # it was released
            raise InvalidRequest(
                f"Given a memoryview that cannot be read: {words_of(error)}.",
                next_step=f"Give the {what}'s path, or its bytes.",
            ) from None
        name = f"{length} bytes"
        if length > MAX_BYTES:  # before they are copied
            raise _too_many_bytes(name)
        data = bytes(source)
    elif isinstance(source, str) and source.lstrip()[:5].lower() == "data:":
        data, name = _from_data_uri(source.strip()), "a data: URI"
    else:
        text = _path_of(source, what)
        data, name = _from_path(text, source, what), f"the file {text!r}"
    if len(data) > MAX_BYTES:
        raise _too_many_bytes(name)
    return data, name


def _path_of(source: str | os.PathLike[str], what: str) -> str:
    """Return a path as text; one of another library may fetch a file to say where it is."""
    try:
        return os.fsdecode(source)
    except Exception as error:  # noqa: BLE001  as in `_content`
        raise InvalidRequest(
            f"Given a {type(source).__name__} that does not say its path: {words_of(error)}.",
            next_step=f"Give the {what}'s path as a string, or its bytes.",
        ) from None


def _from_path(text: str, source: str | os.PathLike[str], what: str) -> bytes:
    if isinstance(source, str) and (scheme := _SCHEME.match(source)):
        raise InvalidRequest(
            f"A {what} cannot be read from a {scheme[1]}: address.",
            next_step="Give an http(s) address, a path, or the bytes themselves.",
        )
    try:
        path = Path(text).expanduser()
        # Devices and pipes have no end, or never begin.
        if path.is_file() or not path.exists():
            with path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        shown = without_queries(text)  # an address without its scheme is taken for a path
        shown = shown if len(shown) <= 200 else f"{shown[:200]}…"  # noqa: PLR2004  enough to recognise it
        raise InvalidRequest(
            f"There is no file {shown!r} in {str(Path.cwd())!r}.",
            next_step="Check the path, or give a URL, bytes, a PIL image or an array instead.",
        ) from None
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidRequest(
            f"The {what} {without_queries(text)[:200]!r} cannot be read: {reason.rstrip('.')}.",
            next_step="Check the path and its permissions.",
        ) from None
    raise InvalidRequest(
        f"{text!r} is a folder or a device, not a {what}.",
        next_step=f"Give the path of a {ACCEPTED} file.",
    )


def _from_data_uri(text: str) -> bytes:
    head, comma, payload = text.partition(",")
    # Base64 has four characters for three bytes, percent-encoding has three for one.
    if len(payload) > 3 * MAX_BYTES:
        raise _too_many_bytes("a data: URI")
    try:
        data = unquote_to_bytes(payload)
    except UnicodeEncodeError:  # half of a character
        data, comma = b"", ""
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
