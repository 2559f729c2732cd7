"""Ten repaints in a row by a model that redraws everything: ``python -m tests.tools.ten_repaints``.

It makes README's pair of pictures: with ``exact=False`` and without, each with the differences to
the first picture below it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import PIL.Image

from lumen_widgets.client import LumenClient
from tests.sandboxes import serving

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lumen_widgets.client import Picture

_README = Path(__file__).parents[2] / ".github" / "images"

# Left and top of each place, as parts of what is left beside a disc.
_PLACES = [(x / 4, y) for y in (0.1, 0.9) for x in range(5)]
_THINGS = ("boat", "cat", "tree", "rocket", "house", "bird", "balloon", "dog", "flower", "star")
# How many times differences are enlarged to be seen.
_ENLARGED = 6


def places(width: int, height: int) -> list[NDArray[np.bool_]]:
    """Return ten masks, discs in two rows."""
    radius = min(width, height) / 12
    y, x = np.mgrid[:height, :width]
    found = []
    for across, down in _PLACES:
        left = radius + across * (width - 2 * radius)
        top = radius + down * (height - 2 * radius)
        found.append((x + 0.5 - left) ** 2 + (y + 0.5 - top) ** 2 < radius**2)
    return found


def repainted(client: LumenClient, source: Picture, *, exact: bool) -> Picture:
    """Return a picture after ten repaints, each of what came of the one before."""
    picture = source
    for thing, mask in zip(_THINGS, places(source.width, source.height), strict=True):
        size = (picture.width, picture.height)
        area = PIL.Image.fromarray(mask).resize(size, PIL.Image.Resampling.NEAREST)
        task = client.inpaint(f"a {thing}", picture, area, exact=exact, model="sandbox-redraws")
        picture = task.wait(120)[0]
    return picture


def differences(picture: Picture, first: Picture) -> NDArray[np.uint8]:
    """Return the differences of a picture to the first one, enlarged."""
    same = picture.to_pil().convert("RGB").resize((first.width, first.height))
    found = np.abs(np.asarray(same).astype(int) - first.to_numpy().astype(int)) * _ENLARGED
    return np.asarray(found.clip(0, 255), np.uint8)


def main() -> None:
    """Make README's picture."""
    with tempfile.TemporaryDirectory() as home, serving(Path(home)) as sandbox:
        client = LumenClient(sandbox.api_key, sandbox.url, journal=False)
        first = client.generate("a lighthouse by the sea at sunset, oil painting", size="768x576")
        source = first.wait(120)[0]
        both = [repainted(client, source, exact=exact) for exact in (False, True)]
    size = (source.width, source.height)
    rows = [
        np.hstack([np.asarray(one.to_pil().convert("RGB").resize(size)) for one in both]),
        np.hstack([differences(one, source) for one in both]),
    ]
    sheet = PIL.Image.fromarray(np.vstack(rows))
    sheet.save(_README / "ten-repaints.jpg", quality=85)
    print(_README / "ten-repaints.jpg")


if __name__ == "__main__":
    main()
