"""The ipycanvas layers of a painter: the picture, and above it one that is free to draw on.

The page draws the picture (`js/mask_painter/picture_host.ts`): ipycanvas would keep each picture
that it is told to draw, decoded, for as long as the page lives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumen_widgets.widgets.base import leave_containers

if TYPE_CHECKING:
    from ipycanvas import Canvas, MultiCanvas
    from ipywidgets import Widget

    from lumen_widgets.widgets.mask_painter.picture import BackgroundPicture


class PictureCanvas:
    """An ipycanvas of the size at which a picture is shown.

    Parameters
    ----------
    picture
        The picture.

    Attributes
    ----------
    widget : ipycanvas.MultiCanvas
        Both layers, as one widget.

    """

    def __init__(self, picture: BackgroundPicture) -> None:
        # imported here, so that it is not loaded where pictures are only made
        from ipycanvas import MultiCanvas
        from ipycanvas.canvas import _CANVAS_MANAGER

        self._scale = _scale(picture)
        self._closed = False
        # `Widget.close_all()` closes what every canvas needs, and nothing else would open it again
        _CANVAS_MANAGER.open()
        self.widget: MultiCanvas = MultiCanvas(
            2, width=picture.view_width, height=picture.view_height
        )
        self._layers: tuple[Canvas, Canvas] = (self.widget[0], self.widget[1])
        self.widget.on_client_ready(self._set_scale)
        # ipycanvas could not be sent any more without one of its parts
        for part in self.parts():
            part.observe(self._part_closed, "comm")
        # a cell may keep the kernel busy from here on: its page gets the scale all the same
        self._set_scale()

    @property
    def free(self) -> Canvas:
        """The layer above the picture, whose coordinates are picture pixels."""
        return self._layers[1]

    def parts(self) -> list[Widget]:
        """Return every widget that this made and still uses, each with its layout."""
        return [part for one in (self.widget, *self._layers) for part in (one, one.layout)]

    def show(self, picture: BackgroundPicture) -> bool:
        """Take the size of another picture, with nothing drawn on it; say whether it still can."""
        if self._closed:
            return False
        self._scale = _scale(picture)
        # layers of another size are emptied; of the same size they would not be
        self.free.reset_transform()
        self.free.clear()
        self.widget.width, self.widget.height = picture.view_width, picture.view_height
        self._set_scale()
        return True

    def close(self) -> None:
        """Take the layers from every page, and give back their memory there."""
        self._closed = True
        # Pages keep the canvases of widgets that are closed, so they get no pixels first; ipycanvas
        # fails there on layers without pixels, so it gets no layers before that.
        self.widget.set_trait("_canvases", [])
        for canvas in (*self._layers, self.widget):
            canvas.width = canvas.height = 0
        for widget in self.parts():
            leave_containers(widget)
            widget.close()

    def _part_closed(self, change: Any) -> None:
        """Close the others with one that somebody closed."""
        if change.new is None and not self._closed:
            self.close()

    def _set_scale(self, *_: Any) -> None:
        """Let the free layer count in picture pixels; a page that was reloaded does not yet."""
        if self._closed:
            return
        lower, upper = self._layers
        # ipycanvas sends which canvas it draws on only when that changes, while a page that was
        # reloaded does not know. So it is sent to the lower layer first, where nobody else draws.
        lower.begin_path()
        across, down = self._scale
        upper.set_transform(across, 0, 0, down, 0, 0)
        # commands that a failed `hold_canvas` of a cell left waiting would wait for ever
        upper.flush()


def _scale(picture: BackgroundPicture) -> tuple[float, float]:
    """Return how much of a pixel on the screen a pixel of the picture is, across and down."""
    return picture.view_width / picture.width, picture.view_height / picture.height
