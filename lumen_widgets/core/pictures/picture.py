"""The pictures of a finished task, as a script and a cell meet them."""

from __future__ import annotations

import base64
import contextlib
import io
import re
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.pictures.decoding import decode, plain
from lumen_widgets.core.words import strip_controls

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}
_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}

# Long side in pixels. The copy is stored in the notebook: two originals of 4K would make it larger
# than GitHub shows, and at this size a laptop's screen still has no pixel to spare.
DISPLAY_SIDE = 1024

# Measured for generated pictures: below this, gradients begin to band.
_DISPLAY_QUALITY = 88

# A conversion to JPEG or WebP is for passing on: beyond this quality nothing more can be seen.
_QUALITY = 92

# The longer side in a cell, in CSS pixels: two pictures fit a screen and can be compared, and a
# display copy of twice the size is sharp on a dense one.
_SHOWN = 512

# Long prompts make long names; 40 characters of Chinese are 120 of the 255 bytes a name may have.
_NAME_LENGTH = 40

# What a screen reader should have to read out at most; the whole prompt is in `task.request`.
_ALT_LENGTH = 300


class Picture:
    """One picture that a task made.

    Parameters
    ----------
    data
        The file as the service gave it.
    media_type
        ``image/png``, ``image/jpeg`` or ``image/webp``.
    width, height
        In pixels.
    sha256
        Hex digest of `data`.
    index
        Place in its task's pictures, from 0.
    count
        How many pictures its task has.
    prompt
        What was asked for, for the words that stand in for the picture.
    task
        The task that made it.
    url
        Where the service keeps it, while it is known to; never shown, stored or pickled.

    Attributes
    ----------
    bytes : bytes
        The original file.

    Notes
    -----
    A pickled picture keeps its bytes and its words; it comes back without task and url.

    """

    def __init__(
        self,
        data: bytes,
        *,
        media_type: str,
        width: int,
        height: int,
        sha256: str,
        index: int = 0,
        count: int = 1,
        prompt: str | None = None,
        task: Any = None,  # Any: pictures stand below tasks, and do not know them
        url: str | None = None,
    ) -> None:
        self.bytes = data
        self.media_type = media_type
        self.width = width
        self.height = height
        self.sha256 = sha256
        self.index = index
        self.count = count
        self.prompt = prompt
        self.task = task
        self.url = url

    @property
    def alt(self) -> str:
        """What to say in place of the picture: ``Picture 1 of 2: a cute cat``."""
        words = f"Picture {self.index + 1} of {self.count}"
        if self.prompt:
            words = f"{words}: {' '.join(strip_controls(self.prompt).split())}"
        return words if len(words) <= _ALT_LENGTH else f"{words[: _ALT_LENGTH - 1]}…"

    def to_pil(self) -> Image:
        """Return the original as a PIL image, decoded.

        Examples
        --------
        >>> picture.to_pil().size  # doctest: +SKIP
        (1024, 1024)

        """
        return decode(self.bytes)[1]

    def to_numpy(self) -> NDArray[np.uint8]:
        """Return the pixels as uint8 of shape (height, width, 3), or 4 where there is alpha."""
        import numpy as np

        return np.array(_coloured(plain(self.to_pil())), dtype=np.uint8)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, replacing one of that name.

        Parameters
        ----------
        path
            A file whose suffix decides the format (.png, .jpg, .jpeg, .webp): the original's own
            format gives its exact bytes, another one is converted to (transparency becomes white
            in a JPEG). Or a folder, in which a name is made up from prompt, index and content.

        Returns
        -------
        Path
            The file, which is complete or was not touched.

        Raises
        ------
        InvalidRequest
            The suffix is none of these.
        OSError
            The file cannot be written.

        Examples
        --------
        >>> picture.save("cat.webp")  # doctest: +SKIP
        PosixPath('cat.webp')

        """
        target = Path(path).expanduser()
        made_up = target.is_dir()
        if made_up:
            target = target.resolve() / self._file_name()
        media_type = _TYPES.get(target.suffix.lower())
        if media_type is None:
            raise InvalidRequest(
                f"Cannot tell a picture format from {target.name!r}.",
                next_step="End the name in .png, .jpg or .webp, give a folder that exists, or use "
                "to_pil().save() for another format.",
                field="path",
            )
        same = media_type == self.media_type
        # In a folder that others can write to, a name that we make up may be a link of theirs.
        write_file(target, self.bytes if same else self._converted(media_type), follow=not made_up)
        return target

    def _shown_width(self) -> int:
        """Return the width in a cell, in CSS pixels."""
        return max(1, round(self.width * min(1, _SHOWN / max(self.width, self.height))))

    def _file_name(self) -> str:
        slug = re.sub(r"\W+", "-", (self.prompt or "")[:_NAME_LENGTH].lower()).strip("-_")
        words = f"{slug or 'picture'}-{self.index + 1}-{self.sha256[:8]}"
        return f"{words}{_SUFFIXES[self.media_type]}"

    def _converted(self, media_type: str) -> bytes:
        image, profile = _opened(self)
        if media_type == "image/jpeg" and image.mode in {"LA", "RGBA"}:
            image = _on_white(image)
        return _encoded(image, media_type, _QUALITY, profile)

    def __repr__(self) -> str:
        """Return a few words; never the address, which may be signed."""
        return (
            f"<Picture {self.index + 1} of {self.count}, {self.width} x {self.height},"
            f" {self.media_type}>"
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "task": None, "url": None}

    def _repr_mimebundle_(
        self,
        include: object = None,  # noqa: ARG002  IPython passes both; it also filters by itself
        exclude: object = None,  # noqa: ARG002
    ) -> tuple[dict[str, str], dict[str, dict[str, str | int]]]:
        """Return what a notebook shows and stores: a display copy and its words, never HTML.

        With ``text/html`` in the bundle, JupyterLab and nbconvert would show only that.
        """
        data, media_type = display_copy(self)
        return (
            {media_type: base64.b64encode(data).decode("ascii"), "text/plain": self.alt},
            {media_type: {"alt": self.alt, "width": self._shown_width()}},
        )


class Pictures(list[Picture]):
    """The pictures of one call, in order; in a cell each is shown as an output of its own.

    Parameters
    ----------
    pictures
        The pictures; none if left out.

    Examples
    --------
    >>> Pictures()
    []

    """

    def __init__(self, pictures: Iterable[Picture] = ()) -> None:
        super().__init__(pictures)
        self._suppressed_in: int | None = None

    def suppress_display(self) -> None:
        """Show nothing more in the cell that runs now, which has shown these pictures already.

        Without IPython this does nothing.
        """
        self._suppressed_in = _execution_count()

    def _ipython_display_(self) -> None:
        """Show every picture; IPython calls this for the last value of a cell."""
        from IPython.display import display

        if self._suppressed_in is None or self._suppressed_in != _execution_count():
            display(*self)

    def __reduce__(self) -> tuple[type[Pictures], tuple[list[Picture]]]:
        return type(self), (list(self),)


def display_copy(picture: Picture, long_side: int = DISPLAY_SIDE) -> tuple[bytes, str]:
    """Return the copy of a picture that a notebook shows and stores.

    Parameters
    ----------
    picture
        The picture.
    long_side
        Width or height at most, in pixels; a smaller picture is not enlarged.

    Returns
    -------
    tuple of bytes and str
        The file, and its media type: JPEG, or PNG where there is any transparency. It carries no
        metadata.

    Examples
    --------
    >>> data, media_type = display_copy(picture)  # doctest: +SKIP

    """
    image, profile = _opened(picture)
    # Palettes and greys are widened first: resizing mixes neighbouring colours.
    image = _coloured(_opaque(image))
    image.thumbnail((long_side, long_side))
    media_type = "image/png" if image.mode == "RGBA" else "image/jpeg"
    return _encoded(image, media_type, _DISPLAY_QUALITY, profile), media_type


def thumbnail(picture: Picture, long_side: int = 96) -> tuple[bytes, str]:
    """Return a copy for a list, small enough to travel in a widget's state.

    Parameters
    ----------
    picture
        The picture.
    long_side
        Width or height at most, in pixels.

    Returns
    -------
    tuple of bytes and str
        The file, and its media type, as for `display_copy`.

    """
    return display_copy(picture, long_side)


def write_file(path: Path, data: bytes, *, follow: bool = True) -> None:
    """Write `data` beside `path`, then put it in its place: the new file is there, or the old one.

    Parameters
    ----------
    path, data
        The file, and what it holds from then on.
    follow
        Whether a link at `path` is followed; otherwise the file takes the link's place.

    Raises
    ------
    OSError
        It cannot be written; a file that was there before is untouched.

    """
    if follow:
        path = path.resolve()
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        # Not `tempfile`, whose files no other user may read: this one is the user's own to share.
        with part.open("xb") as file:
            file.write(data)
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _execution_count() -> int | None:
    """Return the number of the cell that runs now, or None outside IPython."""
    # Asked only if it is loaded already: a script never pays for IPython.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return None if shell is None else int(shell.execution_count)


def _opened(picture: Picture) -> tuple[Image, bytes | None]:
    """Return a picture as L, LA, RGB or RGBA, and its colour profile."""
    original = picture.to_pil()
    # A profile of inks says nothing about the colours that they were turned into.
    profile = None if original.mode == "CMYK" else original.info.get("icc_profile")
    return plain(original), profile


def _encoded(image: Image, media_type: str, quality: int, profile: bytes | None) -> bytes:
    image.info = {}  # a prompt in the original's text chunks is not passed on unasked
    file = io.BytesIO()
    image.save(file, media_type[6:].upper(), quality=quality, icc_profile=profile)
    return file.getvalue()


def _coloured(image: Image) -> Image:
    return image.convert("RGBA" if image.mode in {"LA", "RGBA"} else "RGB")


def _opaque(image: Image) -> Image:
    """Return the picture without an alpha channel that hides nothing."""
    if image.mode not in {"LA", "RGBA"} or image.getextrema()[-1][0] < 255:  # type: ignore[index]  # noqa: PLR2004  opaque; extrema of several channels are pairs of numbers
        return image
    return image.convert(image.mode[:-1])


def _on_white(image: Image) -> Image:
    import PIL.Image

    alpha = image.convert("RGBA")
    return PIL.Image.alpha_composite(PIL.Image.new("RGBA", alpha.size, "white"), alpha).convert(
        "RGB"
    )
