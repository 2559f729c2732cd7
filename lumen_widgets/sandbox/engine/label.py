"""The label in a picture's corner that says: made by the sandbox, not by a model."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

# Longest first: a small picture gets as much of it as can be read.
_TEXTS = ("LUMEN SANDBOX · preview, not the model · seed {seed}", "LUMEN SANDBOX", "SANDBOX")
# Below this no letter can be told from another.
_SMALLEST = 8


def draw_label(picture: Image.Image, seed: int) -> None:
    """Draw the label into a picture's lower left corner, smaller or shorter where room is scarce.

    Parameters
    ----------
    picture
        RGB; changed in place. Under about 60 by 20 pixels no text is readable, and none is drawn.
    seed
        The picture's seed.

    """
    wanted = max(10, min(picture.size) // 60)
    for text in _TEXTS:
        words = text.format(seed=seed)
        for size in range(wanted, _SMALLEST - 1, -1):
            if _draw_words(picture, words, size):
                return


def _draw_words(picture: Image.Image, words: str, size: int) -> bool:
    font = ImageFont.load_default(size)
    width, margin = font.getlength(words), size * 0.6
    if width + 4 * margin > picture.width or 2.2 * size > picture.height:
        return False
    bottom = picture.height - margin / 2
    pill = (margin, bottom - 1.7 * size, width + 3 * margin, bottom)
    pen = ImageDraw.Draw(picture, "RGBA")
    pen.rounded_rectangle(pill, size * 0.6, fill=(12, 14, 22, 170))
    pen.text((2 * margin, bottom - 0.85 * size), words, (255, 255, 255, 240), font, anchor="lm")
    return True
