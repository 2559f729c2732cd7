"""A job is one picture to make; a drawing is what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
        (width, height) in pixels; for inpaint the picture's own size.
    negative_prompt
        Nouns that must not be drawn. Default: none.
    images
        PNG, JPEG or WebP files; edit and inpaint work on the first.
    mask
        A picture file of the same size as ``images[0]``; 128 and above is repainted.

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


@dataclass(frozen=True)
class Drawing:
    """A finished picture.

    Attributes
    ----------
    png
        The PNG file, with the text chunks ``Software``, ``prompt``, ``seed`` and ``lumen:plan``.
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
