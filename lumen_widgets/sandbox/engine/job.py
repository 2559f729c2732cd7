"""A job is one picture to make; a drawing is what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Redrawing:
    """How a model redraws what lies outside of the mask, as far as that can be set.

    Attributes
    ----------
    grain
        The standard deviation of the grain that it adds, in levels.
    changed
        The share of it that comes back as something else, 0 to 1.

    """

    grain: float = 3.0
    changed: float = 0.0


@dataclass(frozen=True)
class Job:
    """One picture to make; picklable, since it is sent to a worker process.

    Attributes
    ----------
    mode
        Draw from words, draw a picture anew, or repaint the masked part of one.
    prompt
        What to draw, in English or Chinese.
    seed
        Which of the many pictures of that prompt; any integer.
    size
        (width, height) in pixels; for inpaint the picture's own size, unless all is redrawn: then
        any, in multiples of 16.
    negative_prompt
        Nouns that must not be drawn. Default: none.
    images
        PNG, JPEG or WebP files; edit and inpaint work on the first.
    mask
        A picture file of the same size as ``images[0]``; 128 and above is repainted.
    redrawing
        For inpaint: redraw the whole picture, as real models do. Default: change nothing but what
        is masked.

    Examples
    --------
    >>> Job("generate", "a cute cat on a windowsill", seed=7, size=(1024, 1024)).mode
    'generate'

    """

    mode: Literal["generate", "edit", "inpaint"]
    prompt: str
    seed: int
    size: tuple[int, int]
    negative_prompt: str | None = None
    images: tuple[bytes, ...] = ()
    mask: bytes | None = None
    redrawing: Redrawing | None = None


@dataclass(frozen=True)
class Drawing:
    """A finished picture.

    Attributes
    ----------
    png
        The PNG file, with the text chunks ``Software``, ``prompt``, ``seed`` and ``lumen:plan``,
        and ``lumen:alteration`` where the whole picture was redrawn.
    width, height
        Its size in pixels.
    recognised
        The prompt's words that the picture shows, in their order.

    """

    png: bytes
    width: int
    height: int
    recognised: tuple[str, ...]


class DrawingError(Exception):
    """A job that cannot be drawn, through its pictures' fault.

    Attributes
    ----------
    code
        ``undecodable_image``, ``missing_image``, ``missing_mask``, ``mask_size_mismatch`` or
        ``empty_mask``.
    message
        What is wrong, in one sentence.

    """

    def __init__(self, code: str, message: str) -> None:
        # both in args, so that the error survives the way back from a worker process
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message
