from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lumen_widgets.sandbox.engine.png import write_png
from tests.sandbox_engine.files import decode, photo


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("size", [(1, 1), (300, 1), (1, 600), (65, 256), (40, 257), (64, 513)])
def test_a_picture_is_read_back_to_the_bit(size: tuple[int, int], channels: int) -> None:
    """Whatever its size, and however many pieces it is compressed in, no level changes."""
    picture = photo(size, 7, channels)
    read = decode(write_png(picture, PngInfo()))
    assert read.mode == picture.mode
    assert (np.asarray(read) == np.asarray(picture)).all()


def test_texts_are_known_before_a_pixel_is_decoded() -> None:
    """They stand before the pixels, where a reader that only opens the file finds them."""
    texts = PngInfo()
    texts.add_text("seed", "1")
    texts.add_itxt("prompt", "一只猫")
    file = write_png(Image.new("RGB", (8, 8)), texts)
    assert file.index(b"tEXt") < file.index(b"iTXt") < file.index(b"IDAT")
    assert decode(file).info == {"seed": "1", "prompt": "一只猫"}
