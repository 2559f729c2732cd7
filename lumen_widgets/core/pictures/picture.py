"""The pictures of a finished task, as a script and a cell meet them."""

from __future__ import annotations

import base64
import contextlib
import errno
import html
import io
import os
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.pictures.cell_result import ShownHere
from lumen_widgets.core.pictures.colours import by_gamma, by_profile, is_of_greys
from lumen_widgets.core.pictures.contact_sheet import (
    contact_sheet,
    sheet_alt,
    sheet_bundle,
    sheet_words,
)
from lumen_widgets.core.pictures.decoding import CICP, copy_of, plain, turned
from lumen_widgets.core.pictures.recent_pixels import recent_pixels
from lumen_widgets.core.pictures.sources import words_of
from lumen_widgets.core.words import short_repr, strip_controls, without_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import SupportsIndex, TypeVar

    import numpy as np
    from IPython.lib.pretty import RepresentationPrinter
    from numpy.typing import NDArray
    from PIL.Image import Image

    from lumen_widgets.core.pictures.downloads import FetchedPicture
    from lumen_widgets.core.pictures.provenance.record import Provenance

    T = TypeVar("T")

_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}
# Pixels that no side may go beyond: WebP's format, and what libjpeg takes.
_LONGEST_SIDES = {"image/webp": 16_383, "image/jpeg": 65_500}
_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}

# Long side in pixels. The copy is stored in the notebook: two originals of 4K would make it larger
# than GitHub shows, and at this size a laptop's screen still has no pixel to spare.
DISPLAY_SIDE = 1024

# A profile that is passed on for a browser to apply goes into the notebook with each copy, and with
# each thumbnail into a message: one of a screen or a colour space has a few kB, and no honest one
# as many as a hostile file can have.
_LONGEST_PROFILE = 16_384

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
        In pixels, as it is seen.
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
    raw
        What the service sent, of a picture that was made of that here; None for itself.
    changed_outside
        The share (0 to 1) of what lies outside of a repaint's mask that the service redrew: cells
        of 5 x 5 pixels, at the smaller of both sizes, that differ by more than 8 of 255 once drift
        and colour are undone. None where that is not known.
    note
        What was put back of it, or why nothing could be, in a sentence or two; "" for nothing.
    provenance
        How it was made; None takes what its task says.

    Attributes
    ----------
    bytes : bytes
        The file: the original, or what was made of it here.

    Notes
    -----
    A pickled picture keeps its bytes, its words and how it was made; it comes back without task
    and url.

    """

    _shown: ShownHere | None = None
    # of a picture that an earlier release has pickled
    _provenance: Provenance | None = None

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
        raw: Picture | None = None,
        changed_outside: float | None = None,
        note: str = "",
        provenance: Provenance | None = None,
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
        self._raw = raw
        self.changed_outside = changed_outside
        self.note = note
        self._provenance = provenance

    @property
    def provenance(self) -> Provenance | None:
        """How it was made, as `save` can write it down; None where that is not known.

        Examples
        --------
        >>> picture.provenance.parents  # doctest: +SKIP

        """
        if self._provenance is not None or self.task is None:
            return self._provenance
        said: Provenance = self.task.provenance
        return said

    @property
    def raw(self) -> Picture:
        """What the service sent: the picture itself, where nothing was put back in it.

        Examples
        --------
        >>> repainted[0].raw.save("as it came.png")  # doctest: +SKIP

        """
        return self if self._raw is None else self._raw

    def derived(
        self, file: FetchedPicture | None = None, *, changed_outside: float | None, note: str
    ) -> Picture:
        """Return what was made of this picture, which is its `raw`.

        Parameters
        ----------
        file
            What was made; None where it is this picture, of which only more is known now.
        changed_outside, note
            As for the class.

        """
        kept = self if file is None else file
        return Picture(
            self.bytes if file is None else file.data,
            media_type=kept.media_type,
            width=kept.width,
            height=kept.height,
            sha256=kept.sha256,
            index=self.index,
            count=self.count,
            prompt=self.prompt,
            task=self.task,
            url=self.url if file is None else None,
            raw=None if file is None else self,
            changed_outside=changed_outside,
            note=note,
            provenance=self._provenance,
        )

    @property
    def alt(self) -> str:
        """What to say in place of the picture: ``Picture 1 of 2: a cute cat``."""
        return alt_text(self.index, self.count, self.prompt)

    def as_shown(self, long_side: int) -> tuple[Image, bytes | None]:
        """Return a small copy of the pixels, as a screen shows them.

        Parameters
        ----------
        long_side
            Width or height at most, in pixels; a smaller picture is not enlarged.

        Returns
        -------
        tuple of PIL.Image.Image and bytes or None
            RGB, or RGBA where there is any transparency, upright and as `to_srgb` converts it; and
            the ICC profile that is still to be applied, as a rule None.

        Examples
        --------
        >>> image, _ = picture.as_shown(256)  # doctest: +SKIP

        """
        image, profile = to_srgb(_pixels(self, long_side), long_side)
        return _opaque(image), profile

    def to_pil(self) -> Image:
        """Return the original as a PIL image, decoded, and not turned: as Pillow opens its file.

        Examples
        --------
        >>> picture.to_pil().size  # doctest: +SKIP
        (1024, 1024)

        """
        return copy_of(recent_pixels().decode(self.bytes).image)

    def to_numpy(self) -> NDArray[np.uint8]:
        """Return the pixels as uint8 of shape (height, width, 3), or 4 where there is alpha.

        They stand upright, as the picture is seen.
        """
        import numpy as np

        return np.array(_coloured(plain(_pixels(self))), dtype=np.uint8)

    def save(self, path: str | os.PathLike[str], provenance: bool = False) -> Path:
        """Write the picture to a file, replacing one of that name.

        Parameters
        ----------
        path
            A file whose suffix decides the format (.png, .jpg, .jpeg, .webp): the original's own
            format gives its exact bytes, another one is converted to (transparency becomes white
            in a JPEG). Or a folder, in which a name is made up from prompt, index and content.
        provenance
            Whether the file also says how it was made, for whoever has it: prompt, model and the
            other settings, task id, digests of mask and source, and that a model made it. A PNG
            says it in texts, a JPEG or WebP in XMP; the pixels are the same. A file that carries
            C2PA, which is signed as it is, is written as it is, and ``cat.png.json`` beside it.
            `lumen.parameters` reads it. False writes nothing that was not there.

        Returns
        -------
        Path
            The file, which is complete or was not touched.

        Raises
        ------
        InvalidRequest
            The suffix is none of these, or the picture is too long for that format; or how it was
            made is not known, has a key in its words, or would stand in another file's place.
        OSError
            The file cannot be written.

        Examples
        --------
        >>> picture.save("cat.webp")  # doctest: +SKIP
        PosixPath('cat.webp')
        >>> lumen.parameters(picture.save("cat.png", provenance=True))  # doctest: +SKIP

        """
        given: object = provenance
        if not isinstance(given, bool):
            raise InvalidRequest(
                f"provenance is {short_repr(given)}, not True or False; nothing was written.",
                next_step="Write it as provenance=True or leave it out.",
                field="provenance",
            )
        made = self.provenance if provenance else None
        if provenance and made is None:
            raise InvalidRequest(
                "How this picture was made is not known here; nothing was written.",
                next_step="Save it without provenance, or take it from lumen.history().",
                field="provenance",
            )
        target = path_to_write(path)
        made_up = target.is_dir()
        if made_up:
            target = target.resolve() / self.file_name
        media_type = _TYPES.get(target.suffix.lower())
        if media_type is None:
            raise InvalidRequest(
                f"Cannot tell a picture format from {target.name!r}.",
                next_step="End the name in .png, .jpg or .webp, give a folder that exists, or use "
                "to_pil().save() for another format.",
                field="path",
            )
        same = media_type == self.media_type
        longest = _LONGEST_SIDES.get(media_type)
        if not same and longest is not None and max(self.width, self.height) > longest:
            raise InvalidRequest(
                f"The picture is {self.width} x {self.height} pixels, and no side of a "
                f"{target.suffix} file has more than {longest:,}.",
                next_step="End the name in .png.",
                field="path",
            )
        data = self.bytes if same else self._converted(media_type)
        # In a folder that others can write to, a name that we make up may be a link of theirs.
        if made is None:
            write_file(target, data, follow=not made_up)
        else:
            self._save_noted(target, data, media_type, made, follow=not made_up)
        return target

    def _save_noted(
        self, target: Path, data: bytes, media_type: str, made: Provenance, *, follow: bool
    ) -> None:
        """Write a file that says how it was made, or beside which that is said."""
        from lumen_widgets.core.pictures.provenance.copies import (
            check_sidecar,
            noted_copy,
            sidecar_of,
        )

        size = (self.width, self.height)
        copy = noted_copy(data, media_type, made, sha256=self.sha256, index=self.index, size=size)
        files = {_followed(target) if follow else target: copy.data}
        if copy.sidecar is not None:
            beside = sidecar_of(target)
            check_sidecar(beside)
            # First: it has the digest of its picture, and says nothing of another one.
            files = {beside: copy.sidecar, **files}
        write_files(files)

    def _shown_width(self) -> int:
        """Return the width in a cell, in CSS pixels."""
        return max(1, round(self.width * min(1, _SHOWN / max(self.width, self.height))))

    @property
    def file_name(self) -> str:
        """A name for its file, made up from prompt, index and content."""
        slug = re.sub(r"\W+", "-", (self.prompt or "")[:_NAME_LENGTH].lower()).strip("-_")
        words = f"{slug or 'picture'}-{self.index + 1}-{self.sha256[:8]}"
        return f"{words}{_SUFFIXES[self.media_type]}"

    def _converted(self, media_type: str) -> bytes:
        image, profile = _as_seen(self, media_type)
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
        made = self.provenance
        return {**self.__dict__, "task": None, "url": None, "_shown": None, "_provenance": made}

    def suppress_display(self, shown: ShownHere) -> None:
        """Show nothing as the result of the cell that has shown this picture already."""
        self._shown = shown

    @property
    def is_suppressed(self) -> bool:
        """Whether IPython is about to show it as the result of a cell that has shown it."""
        return self._shown is not None and self._shown.is_result_now()

    def _ipython_display_(self) -> None:
        if not self.is_suppressed:
            # for IPython: to be shown by its mimebundle, as if this method was not there
            raise NotImplementedError

    def _mime_(self) -> tuple[str, str]:
        """Return what marimo shows, which takes one type only."""
        data, media_type = display_copy(self)
        source = f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
        words = html.escape(self.alt, quote=True)
        return "text/html", f'<img alt="{words}" width="{self._shown_width()}" src="{source}">'

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
    """The pictures of one call, in order; a cell shows several as one sheet, with their indices.

    Slices, sums, multiples and copies are `Pictures` too; what else makes a list of pictures, as
    `sorted` does, may be given to this class.

    Parameters
    ----------
    pictures
        The pictures; none if left out.

    Examples
    --------
    >>> Pictures()
    []
    >>> Pictures(sorted(cats + dogs, key=lambda picture: picture.width))[:2]  # doctest: +SKIP

    """

    def __init__(self, pictures: Iterable[Picture] = ()) -> None:
        super().__init__(pictures)
        self._has_been_shown = False

    def suppress_display(self, shown: ShownHere | None = None) -> None:
        """Show nothing as the result of the cell that has shown these pictures.

        That holds for each picture too. Without IPython this does nothing.

        Parameters
        ----------
        shown
            That cell; None is the one that runs now.

        """
        self._has_been_shown = True
        shown = shown or ShownHere()
        for picture in self:
            picture.suppress_display(shown)

    @overload
    def __getitem__(self, index: SupportsIndex) -> Picture: ...
    @overload
    def __getitem__(self, index: slice) -> Pictures: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Picture | Pictures:
        """Return one picture, or the pictures of a slice."""
        found = super().__getitem__(index)
        return Pictures(found) if isinstance(found, list) else found

    @overload
    def __add__(self, other: list[Picture]) -> Pictures: ...
    @overload
    def __add__(self, other: list[T]) -> list[Picture | T]: ...
    def __add__(self, other: list[Any]) -> list[Any]:
        """Return these pictures and then others; with anything else, a plain list."""
        return _listed(list.__add__(self, other))

    def __radd__(self, other: list[Any]) -> list[Any]:
        return _listed(list.__add__(other, self))

    def __mul__(self, times: SupportsIndex) -> Pictures:
        return Pictures(super().__mul__(times))

    __rmul__ = __mul__

    def copy(self) -> Pictures:
        """Return a list of the same pictures."""
        return Pictures(self)

    def _ipython_display_(self) -> None:
        """Show nothing where the cell has shown these pictures; IPython asks for its last value."""
        # what was added to the list since was not shown
        shown = self._has_been_shown and all(picture.is_suppressed for picture in self)
        if not (self and shown):
            # for IPython: to be shown by its mimebundle, as if this method was not there
            raise NotImplementedError

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, str], dict[str, dict[str, str | int]]] | None:
        """Return what a notebook shows and stores: a contact sheet and its words, never HTML.

        One picture is shown as itself, and an empty list as text.
        """
        if len(self) == 1:
            return self[0]._repr_mimebundle_(include, exclude)
        return sheet_bundle(self) if self else None

    def _repr_pretty_(self, printer: RepresentationPrinter, cycle: bool) -> None:  # noqa: ARG002  IPython passes it
        """Write the words of what is shown: IPython would write a list's own beside the sheet."""
        is_part = len(printer.stack) > 1
        if is_part or not self:
            printer.text(repr(self))
        elif len(self) == 1:
            printer.text(self[0].alt)
        else:
            printer.text(sheet_words(self, range(len(self))))

    def _display_(self) -> _Html:
        """Return what marimo shows: it would take a list apart."""
        if len(self) == 1:
            return _Html(self[0]._mime_()[1])
        return _Html(_sheet_html(self) if self else repr(self))

    def __reduce__(self) -> tuple[type[Pictures], tuple[list[Picture]]]:
        return type(self), (list(self),)


class _Html:
    """HTML for marimo."""

    def __init__(self, markup: str) -> None:
        self._markup = markup

    def _mime_(self) -> tuple[str, str]:
        return "text/html", self._markup


def _sheet_html(pictures: Pictures) -> str:
    sheet = contact_sheet(pictures)
    source = f"data:{sheet.media_type};base64,{base64.b64encode(sheet.data).decode('ascii')}"
    words = html.escape(sheet_alt(pictures, range(len(pictures))), quote=True)
    return f'<img alt="{words}" width="{sheet.shown_width}" src="{source}">'


def _listed(items: list[Any]) -> list[Any]:
    return Pictures(items) if all(isinstance(item, Picture) for item in items) else items


def alt_text(index: int, count: int, prompt: str | None) -> str:
    """Return what to say in place of a picture.

    Examples
    --------
    >>> alt_text(0, 2, "a cute cat")
    'Picture 1 of 2: a cute cat'

    """
    words = f"Picture {index + 1} of {count}"
    if prompt:
        # it stays in the notebook with the picture
        words = f"{words}: {without_keys(' '.join(strip_controls(prompt).split()))}"
    return words if len(words) <= _ALT_LENGTH else f"{words[: _ALT_LENGTH - 1]}…"


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
        metadata, and its colours are as a browser shows those of the original (`to_srgb`).

    Examples
    --------
    >>> data, media_type = display_copy(picture)  # doctest: +SKIP

    """
    image, profile = picture.as_shown(long_side)
    media_type = "image/png" if image.mode == "RGBA" else "image/jpeg"
    return _encoded(image, media_type, _DISPLAY_QUALITY, profile), media_type


def to_srgb(image: Image, long_side: int) -> tuple[Image, bytes | None]:
    """Return a decoded picture as a screen shows it, and the profile that is still to be applied.

    Parameters
    ----------
    image
        What `decode` returned, upright; it stays as it is.
    long_side
        Width or height at most, in pixels; a smaller picture is not enlarged.

    Returns
    -------
    tuple of PIL.Image.Image and bytes or None
        An image of its own, RGB or RGBA, its ICC profile or gAMA and cHRM applied. A profile that
        cannot be applied here is returned beside the picture as it is stored, unless it is long.
        One whose colours are described by cICP is returned as it is stored: what they describe is
        beyond sRGB as a rule. A profile of greys says nothing of colours.

    """
    info = image.info
    inks = image.mode == "CMYK"
    profile = info.get("icc_profile") if CICP not in info else None
    if profile and is_of_greys(profile) and not _is_grey(image):
        profile = None
    if not inks:
        image = plain(image)
        # Palettes and greys are widened first: resizing mixes neighbouring colours.
        has_alpha = image.mode in {"LA", "RGBA"}
        grey = image.mode in {"L", "LA"} and bool(profile)
        mode = "RGBA" if has_alpha else "L" if grey else "RGB"
        # to the mode that it has already, Pillow would copy all of it
        image = image if image.mode == mode else image.convert(mode)
    # `thumbnail` would make one side of a very long picture 0
    scale = min(1.0, long_side / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    image = image.copy() if size == image.size else image.resize(size, reducing_gap=2.0)
    if profile:
        converted = by_profile(image, profile)
        if converted is not None:
            return converted, None
        passed_on = None if inks or len(profile) > _LONGEST_PROFILE else profile
        return image.convert("RGB") if image.mode in {"L", "CMYK"} else image, passed_on
    if inks:
        return image.convert("RGB"), None
    if _has_gamma(info):
        image = by_gamma(image, info.get("gamma"), info.get("chromaticity"))
    return image, None


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


def path_to_write(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file that is to be written, as a user gave it.

    Raises
    ------
    InvalidRequest
        No file can have that name, or it is none.

    """
    given: object = path
    if not isinstance(given, str | os.PathLike):
        raise InvalidRequest(
            f"The path is {short_repr(given)}, not the name of a file.",
            next_step="Give a path; to write into an open file, write the bytes instead.",
            field="path",
        )
    try:
        target = Path(os.fsdecode(given))
        writable = b"\0" not in os.fsencode(target)
    except UnicodeEncodeError:  # half of a character
        writable = False
    except Exception as error:  # noqa: BLE001  one of another library, which may raise anything
        raise InvalidRequest(
            f"Given a {type(given).__name__} that does not say its path: {words_of(error)}.",
            next_step="Give the path as a string.",
            field="path",
        ) from None
    if not writable:
        raise InvalidRequest(
            "The path has a character in it that no file's name can have.",
            next_step="Give another name.",
            field="path",
        )
    # without a home folder, as of no such user, it is a name like any other
    with contextlib.suppress(RuntimeError):
        target = target.expanduser()
    return target


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
    write_files({_followed(path) if follow else path: data})


def write_files(files: Mapping[Path, bytes]) -> None:
    """Write several files, each beside its place, and only then put them there, in their order.

    Raises
    ------
    OSError
        One cannot be written; none of those that were there before was touched.

    """
    parts = {path.with_name(f".{secrets.token_hex(8)}.part"): path for path in files}
    try:
        for part, path in parts.items():
            # Not `tempfile`, whose files no other user may read: it is the user's own to share.
            with part.open("xb") as file:
                file.write(files[path])
        for part, path in parts.items():
            part.replace(path)
    except BaseException:
        for part in parts:
            with contextlib.suppress(OSError):
                part.unlink()
        raise


def _followed(path: Path) -> Path:
    """Return where a link leads; any other path is that of itself."""
    try:
        return path.resolve()
    except RuntimeError as error:  # before Python 3.13, of links that lead in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from error


def _pixels(picture: Picture, long_side: int | None = None) -> Image:
    """Return the original decoded and upright, only to be looked at.

    Where so many pixels of its longer side are enough, it may come reduced to more than these.
    """
    longest = max(picture.width, picture.height)
    if long_side and (picture.media_type != "image/jpeg" or longest < 2 * long_side):
        long_side = None
    return turned(recent_pixels().decode(picture.bytes, long_side=long_side).image)


def _is_grey(image: Image) -> bool:
    """Say whether a picture's file stores greys, beside any transparency."""
    return image.mode in {"1", "L", "LA"} or image.mode.startswith("I;16")


def _has_gamma(info: dict[str | tuple[int, int], Any]) -> bool:
    """Say whether gAMA and cHRM are all that a file says of its colours."""
    return bool({"gamma", "chromaticity"} & info.keys()) and not {CICP, "srgb"} & info.keys()


def _as_seen(picture: Picture, media_type: str) -> tuple[Image, bytes | None]:
    """Return a picture for a file of another format, and the colour profile that goes along.

    What the other format cannot say of the colours is applied: a profile of inks, one of greys
    beside the colours that they become, and a PNG's gAMA and cHRM.
    """
    original = _pixels(picture)
    profile = original.info.get("icc_profile") or None
    image = original if original.mode == "CMYK" else plain(original)
    if original.mode == "CMYK" or (profile is None and _has_gamma(original.info)):
        return to_srgb(original, max(original.size))
    if profile is not None and is_of_greys(profile):
        stays_grey = image.mode == "L" and media_type != "image/webp"
        if not stays_grey:
            return to_srgb(original, max(original.size))
    return image.copy(), profile


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
