"""Colours as a screen shows them: what a picture's file says of them, applied.

A screen is taken for sRGB, as a browser takes one. Only copies that are shown are converted, and
opened pictures of inks, of which a PNG is sent; a file is sent and kept as it was.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

# White and the three primaries of sRGB, x and y of each, and the exponent that PNG writes for it.
_SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_GAMMA = 1 / 2.2
# Nearer than this nothing can be seen to differ.
_SAME = 0.005
# Exponents beyond these are no picture's.
_LEAST_GAMMA, _MOST_GAMMA = 0.05, 5.0
# Type of what a profile may have any number of, in a row that each colour passes, for a few bytes
# each: a picture of 500 bytes kept a process busy for half an hour.
_ELEMENTS = b"mpet"
# A profile of more tags is read by no library.
_MOST_TAGS = 100
# How cones see XYZ (Bradford): white is adapted there.
_CONES = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))


def by_profile(image: Image, profile: bytes) -> Image | None:
    """Return a picture converted by an ICC profile, None where that cannot be."""
    return by_profiles(image, profile, None)


def by_profiles(image: Image, profile: bytes, wanted: bytes | None) -> Image | None:
    """Return a picture converted from one ICC profile to another of RGB, None where that cannot be.

    Where none is wanted, that is sRGB.
    """
    if _ELEMENTS in _tag_types(profile) | _tag_types(wanted or b""):
        return None
    try:
        from PIL import ImageCms

        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "L" if is_of_greys(profile) else "CMYK" if image.mode == "CMYK" else "RGB"
        colours = image.convert(mode)
        target = ImageCms.ImageCmsProfile(
            ImageCms.createProfile("sRGB") if wanted is None else io.BytesIO(wanted)
        )
        shown = ImageCms.profileToProfile(colours, given, target, outputMode="RGB")
    except Exception:  # noqa: BLE001  Pillow without littlecms, a broken profile, one of other colours
        return None
    if shown is not None and image.mode == "RGBA":
        shown.putalpha(image.getchannel("A"))
    return shown


def is_of_greys(profile: bytes) -> bool:
    """Say whether an ICC profile describes greys, and no colours."""
    return profile[16:20] == b"GRAY"


def by_gamma(image: Image, gamma: float | None, primaries: tuple[float, ...] | None) -> Image:
    """Return a picture converted by a PNG's gAMA and cHRM, as far as they make sense."""
    import numpy as np
    import PIL.Image

    gamma, primaries = gamma or _GAMMA, primaries or _SRGB
    same = max(abs(a - b) for a, b in zip(primaries, _SRGB, strict=True)) < _SAME
    if abs(gamma - _GAMMA) < _SAME and same:
        return image
    if not _LEAST_GAMMA <= gamma <= _MOST_GAMMA:
        return image
    steps = np.arange(256) / 255
    if abs(gamma - _GAMMA) < _SAME:
        light = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004  sRGB's own curve
    else:
        light = steps ** (1 / gamma)
    pixels = np.asarray(image)
    linear = light.astype(np.float32)[pixels[..., :3]]
    if not same:
        matrix = _matrix(primaries)
        if matrix is None:
            return image
        linear = np.clip(linear @ matrix.T.astype(np.float32), 0, 1)
    curved = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)  # noqa: PLR2004  sRGB's own curve
    shown = np.concatenate([(curved * 255).round().astype(np.uint8), pixels[..., 3:]], axis=2)
    return PIL.Image.fromarray(shown)


def _tag_types(profile: bytes) -> set[bytes]:
    """Return the types of what an ICC profile holds, whose table comes after 128 bytes."""
    entries = range(132, 132 + 12 * _MOST_TAGS, 12)
    places = (int.from_bytes(profile[at + 4 : at + 8], "big") for at in entries)
    return {profile[place : place + 4] for place in places}


def _matrix(primaries: tuple[float, ...]) -> NDArray[np.float64] | None:
    """Return what makes linear sRGB of linear samples, None for primaries that are none."""
    import numpy as np

    try:
        given, white = _to_xyz(primaries)
        srgb, white_srgb = _to_xyz(_SRGB)
        cones = np.array(_CONES)
        adapted = np.linalg.inv(cones) @ np.diag((cones @ white_srgb) / (cones @ white)) @ cones
        matrix: NDArray[np.float64] = np.linalg.inv(srgb) @ adapted @ given
    except (ZeroDivisionError, np.linalg.LinAlgError):
        return None
    return matrix if np.isfinite(matrix).all() else None


def _to_xyz(primaries: tuple[float, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what makes XYZ of linear samples, and the XYZ of white."""
    import numpy as np

    white, *colours = (
        np.array([x / y, 1.0, (1 - x - y) / y])
        for x, y in zip(primaries[::2], primaries[1::2], strict=True)
    )
    columns = np.stack(colours, axis=1)
    return columns * np.linalg.solve(columns, white), white
