"""Masks: operations such as strokes and shapes, and the exact mask that they make together.

Nothing here knows widgets, notebooks or the service. Coordinates are picture pixels, (0, 0) the top
left corner of the top left pixel; a mask is a bool array of shape (height, width), True where the
picture is to be repainted. `js/mask_painter/` does the same in the browser, and a test holds that
both come to the same pixels.
"""

from lumen_widgets.masks.operations import (
    Clear,
    Ellipse,
    Invert,
    MaskError,
    Mode,
    Operation,
    Polygon,
    Rectangle,
    Stroke,
)
from lumen_widgets.masks.png import encode
from lumen_widgets.masks.raster import Raster
from lumen_widgets.masks.undo_history import Step, UndoHistory

__all__ = [
    "Clear",
    "Ellipse",
    "Invert",
    "MaskError",
    "Mode",
    "Operation",
    "Polygon",
    "Raster",
    "Rectangle",
    "Step",
    "Stroke",
    "UndoHistory",
    "encode",
]
