"""A result put back into its source: the source bit for bit outside of the mask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lumen_widgets.client.exact.alignment import Alignment, aligned
from lumen_widgets.client.exact.blending import Tile, blend_width, shares
from lumen_widgets.client.exact.changed_outside import changed_outside
from lumen_widgets.client.exact.comparison import seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumen_widgets.client.exact.comparison import Mask
    from lumen_widgets.client.exact.resampling import Pixels, Size

# px: the side of the parts in which a picture is put back, so that what is needed beside the
# pictures themselves stays small. In most of them there is no edge, and nothing to be blended.
_TILE = 256

_OPAQUE = 255


@dataclass(frozen=True)
class PutBack:
    """A picture whose repainted part is the model's, and all else its source's.

    Attributes
    ----------
    pixels
        Of the source's shape: (height, width, 3 or 4).
    alignment
        What the model had shifted, which is undone.
    changed_outside
        The share, 0 to 1, of what lies outside of the mask that the model redrew: cells of 5 x 5
        pixels, at the smaller of both sizes, that differ by more than 8 of 255 once drift and
        colours are undone. None where nothing lies outside that could be compared.
    result_size
        Width and height of what the model sent.
    has_outside
        Whether anything lies outside of the mask.

    """

    pixels: Pixels = field(repr=False, compare=False)
    alignment: Alignment
    changed_outside: float | None
    result_size: Size
    has_outside: bool


def put_back(source: Pixels, mask: Mask, result: Pixels, *, blends: bool = True) -> PutBack:
    """Put a result back into its source.

    Parameters
    ----------
    source
        uint8 of shape (height, width, 3 or 4).
    mask
        Bool of shape (height, width): True is repainted.
    result
        uint8 of shape (any height, any width, 3 or 4), of the source's proportions to within 3 %.
    blends
        Whether the result is blended into the source along the inner side of the mask's edge.
        Where what lies outside is not what was there before, as in an extension, it shows less
        without.

    Returns
    -------
    PutBack
        Of the same arguments, always the same. Outside of the mask its pixels are the source's own,
        alpha too. Inside, alpha is the result's, and 255 where that has none; where only the result
        has any, the source shows through.

    Raises
    ------
    NotAlignable
        The proportions differ by more than 3 %.
    ValueError
        An array is not of its shape or type, or is empty.

    Examples
    --------
    >>> import numpy as np
    >>> source, result = np.zeros((9, 9, 3), np.uint8), np.full((9, 9, 3), 200, np.uint8)
    >>> mask = np.eye(9, dtype=bool)
    >>> bool((put_back(source, mask, result).pixels[~mask] == 0).all())
    True

    """
    _check(source, mask, result)
    height, width = mask.shape
    size = result.shape[1], result.shape[0]
    as_seen = seen(source, mask, size)
    alignment = aligned(as_seen, (width, height), result)
    changed = changed_outside(as_seen, result, alignment)
    del as_seen
    pixels = source.copy()
    blend = blend_width(alignment.placement.scale) if blends else 0.0
    for band in _bands(mask):
        new = alignment.undone(result, band, (band.right - band.left, band.bottom - band.top))
        for left in range(band.left, band.right, _TILE):
            tile = band._replace(left=left, right=min(left + _TILE, band.right))
            _lay(pixels, mask, tile, new[tile.within(band)], blend)
    return PutBack(pixels, alignment, changed, size, not mask.all())


def _check(source: Pixels, mask: Mask, result: Pixels) -> None:
    import numpy as np

    for name, pixels in (("source", source), ("result", result)):
        wrong = pixels.dtype != np.uint8 or pixels.ndim != 3  # noqa: PLR2004 -- axes
        if wrong or pixels.shape[2] not in {3, 4} or not pixels.size:
            raise ValueError(f"{name} is no uint8 array of shape (height, width, 3 or 4).")
    if mask.dtype != np.bool_ or mask.shape != source.shape[:2]:
        raise ValueError("mask is no bool array of the source's height and width.")


def _bands(mask: Mask) -> Iterator[Tile]:
    """Yield what is masked of every so many rows, as wide as it has to be."""
    import numpy as np

    for top in range(0, len(mask), _TILE):
        bottom = min(top + _TILE, len(mask))
        columns = np.flatnonzero(mask[top:bottom].any(axis=0))
        if columns.size:
            yield Tile(int(columns[0]), top, int(columns[-1]) + 1, bottom)


def _lay(pixels: Pixels, mask: Mask, tile: Tile, new: Pixels, blend: float) -> None:
    """Lay new pixels on a tile, as far as it is masked."""
    import numpy as np

    inside, old = mask[tile.slices], pixels[tile.slices]
    if not inside.any():
        return
    share = shares(mask, tile, blend)
    if share is None and old.shape == new.shape:
        old[:] = new
        return
    if share is None:
        share = np.full(inside.shape, 255, np.uint8)
    mixed = _mixed(old, new, share)
    # what is outside is not even written to
    np.copyto(old, mixed, where=inside[..., None])


def _mixed(old: Pixels, new: Pixels, share: Pixels) -> Pixels:
    if old.shape[2] == 3:  # noqa: PLR2004 -- colours without alpha
        if new.shape[2] > old.shape[2]:
            share = _rounded_part(share, new[..., 3])
        return _mixed_opaque(old, new[..., :3], share[..., None])
    return _mixed_with_alpha(old, new, share)


def _mixed_opaque(old: Pixels, new: Pixels, share: Pixels) -> Pixels:
    import numpy as np

    of_new = share.astype(np.uint16)
    # 255 * 255 and what rounds fit into 16 bits
    total = old * (_OPAQUE - of_new) + new * of_new + np.uint16(_OPAQUE // 2)
    return (total // np.uint16(_OPAQUE)).astype(np.uint8)


def _mixed_with_alpha(old: Pixels, new: Pixels, share: Pixels) -> Pixels:
    """Mix so that a colour counts as much as it is seen: none shows that nobody saw before."""
    import numpy as np

    part = share.astype(np.float32) / _OPAQUE
    of_old = old[..., 3] * (1 - part)
    of_new = part * (new[..., 3] if new.shape[2] > 3 else np.float32(_OPAQUE))  # noqa: PLR2004 -- its alpha
    alpha = of_old + of_new
    weight = np.divide(of_new, alpha, out=np.ones_like(alpha), where=alpha > 0)[..., None]
    mixed = np.empty_like(old)
    mixed[..., :3] = np.rint(old[..., :3] * (1 - weight) + new[..., :3] * weight)
    mixed[..., 3] = np.rint(alpha)
    return mixed


def _rounded_part(values: Pixels, of: Pixels) -> Pixels:
    import numpy as np

    product = values.astype(np.uint16) * of + np.uint16(_OPAQUE // 2)
    return (product // np.uint16(_OPAQUE)).astype(np.uint8)
