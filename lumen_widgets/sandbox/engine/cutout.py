"""A cut-out is the likely subject of any picture, told from its background by colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from lumen_widgets.sandbox.engine.field import Field

# The long side at which colours are compared: finer detail is noise to a histogram.
_LONG_SIDE = 224
# Steps of brightness in each channel of the histogram.
_STEPS = 12
_ROUNDS = 3
# A subject takes more than this share of a picture, and less than that.
_LEAST, _MOST = 0.01, 0.9


def subject_mask(picture: Image.Image) -> Field:
    """Guess where the subject of a picture is.

    Starts from an ellipse in the middle, compares how often each colour occurs inside and outside,
    and repeats with what it found.

    Parameters
    ----------
    picture
        RGB.

    Returns
    -------
    Field
        Shape (height, width), 1 on the subject and 0 on the background, soft between.

    """
    scale = min(1.0, _LONG_SIDE / max(picture.size))
    width, height = (max(8, round(side * scale)) for side in picture.size)
    small = picture.resize((width, height), Image.Resampling.BOX).filter(
        ImageFilter.GaussianBlur(1)
    )
    levels = (np.asarray(small, np.intp) * _STEPS) // 256
    colour = (levels[..., 0] * _STEPS + levels[..., 1]) * _STEPS + levels[..., 2]
    y, x = np.arange(height)[:, None] / height, np.arange(width)[None] / width
    away = np.hypot((x - 0.5) / 0.36, (y - 0.56) / 0.40)
    inside = np.clip(1.3 - away, 0, 1)
    central = np.clip(1.75 - away, 0, 1)
    for _ in range(_ROUNDS):
        bins = _STEPS**3
        fore = np.bincount(colour.ravel(), inside.ravel(), bins)
        back = np.bincount(colour.ravel(), (1 - inside).ravel(), bins)
        share = (fore / fore.sum() + 1e-6) / (fore / fore.sum() + back / back.sum() + 2e-6)
        inside = np.clip((share[colour] * central - 0.38) * 5, 0, 1)
        if not _LEAST < inside.mean() < _MOST:
            # nearly nothing or nearly all was found, which is no subject: take the ellipse
            inside = np.clip((1.0 - away) * 6, 0, 1)
            break
    mask = Image.fromarray((inside * 255).astype(np.uint8))
    # specks go, and the edge moves inwards so that no rim of the old background stays
    mask = mask.filter(ImageFilter.MedianFilter(7)).filter(ImageFilter.MinFilter(3))
    mask = mask.filter(ImageFilter.GaussianBlur(0.8)).resize(picture.size, Image.Resampling.BICUBIC)
    return np.asarray(mask, np.float32) / np.float32(255)
