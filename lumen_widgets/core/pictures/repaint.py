"""What an inpaint repaints, as a person sees it: how much of the picture, and the mask in small."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

# px of the longer side: the most of a picture that a widget may carry
_SIDE = 96

# What is painted is seen, however little it is: in small its grey is at least this, which stands
# out from black by 5 to 1. When a step averages 15 x 15 pixels, one such grey among black ones
# still rounds to more than black.
_FAINTEST, _LARGEST_STEP = 128, 15
# several steps of this size come near to the wanted size
_STEP = 8
# a share below which even that is lost on a screen: each dot is drawn three pixels wide
_SPARSE = 0.001


@dataclass(frozen=True)
class Repaint:
    """What is repainted; it keeps nothing of the mask but this.

    Attributes
    ----------
    share
        Part of the picture's pixels that is repainted, above 0 and up to 1.
    thumbnail
        The mask as a PNG of at most 96 px: white where all is repainted, black where nothing is,
        grey where a part is. What is small in it is drawn larger rather than lost.

    """

    share: float
    thumbnail: bytes = field(repr=False)


def repaint_of(mask: NDArray[np.bool_]) -> Repaint:
    """Measure a mask, and draw it in small.

    Parameters
    ----------
    mask
        Bool of shape (height, width): True is repainted.

    Examples
    --------
    >>> import numpy as np
    >>> repaint_of(np.ones((64, 64), bool))
    Repaint(share=1.0)

    """
    import numpy as np
    import PIL.Image

    share = int(np.count_nonzero(mask)) / mask.size
    whole = small = PIL.Image.fromarray(mask * np.uint8(255))
    # whole blocks only: a resampling filter may pass over a pixel between two of its windows
    while (step := math.ceil(max(small.size) / _SIDE)) > 1:
        small = _seen(small.reduce(step if step <= _LARGEST_STEP else _STEP))
    if small is not whole and share < _SPARSE:
        from PIL.ImageFilter import MaxFilter

        small = small.filter(MaxFilter(3))
    file = io.BytesIO()
    small.save(file, "PNG")
    return Repaint(share, file.getvalue())


def _seen(image: Image) -> Image:
    return image.point([max(grey, _FAINTEST) if grey else 0 for grey in range(256)])
