"""The ipycanvas layers of a painter: the picture, and above it one that is free to draw on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import Image

if TYPE_CHECKING:
    from ipycanvas import Canvas, MultiCanvas
    from ipywidgets import DOMWidget

    from lumen_widgets.widgets.mask_painter.picture import BackgroundPicture


class PictureCanvas:
    """An ipycanvas that shows a picture, in every page that comes to show it.

    Parameters
    ----------
    picture
        The picture, at the size that is shown.

    Attributes
    ----------
    widget : ipycanvas.MultiCanvas
        Both layers, as one widget.

    """

    def __init__(self, picture: BackgroundPicture) -> None:
        # imported here, so that it is not loaded where pictures are only made
        from ipycanvas import MultiCanvas

        self._picture = picture
        self._image = Image(value=picture.file, format=picture.format)
        self._opener: Canvas | None = None
        self.widget: MultiCanvas = MultiCanvas(
            2, width=picture.view_width, height=picture.view_height
        )
        self.widget.on_client_ready(self._draw)
        # a cell may keep the kernel busy from here on: its page gets the picture all the same
        self._draw()

    @property
    def free(self) -> Canvas:
        """The layer above the picture, whose coordinates are picture pixels."""
        return self.widget[1]

    def close(self) -> None:
        """Take the layers and their picture from every page, and give back their memory there."""
        # pages keep the canvases of widgets that are closed
        self.widget.width = self.widget.height = 0
        for widget in (self._image, self._opener, self.widget[0], self.widget[1], self.widget):
            if widget is not None:
                _close(widget)

    def _draw(self, *_: Any) -> None:
        """Draw the picture; a page that was reloaded begins with nothing."""
        from ipycanvas import Canvas

        # ipycanvas sends which canvas it draws on only when that changes, while a page that was
        # reloaded does not know. A new canvas makes it send that, and then the next one again.
        opener, self._opener = self._opener, Canvas(width=1, height=1)
        self._opener.clear()
        if opener is not None:
            _close(opener)
        picture, (lower, upper) = self._picture, (self.widget[0], self.widget[1])
        lower.clear()
        lower.draw_image(self._image, 0, 0, picture.view_width, picture.view_height)
        across = picture.view_width / picture.width
        down = picture.view_height / picture.height
        upper.set_transform(across, 0, 0, down, 0, 0)
        # commands that a failed `hold_canvas` of a cell left waiting would wait for ever
        upper.flush()


def _close(widget: DOMWidget) -> None:
    """Close a widget with its layout, which is a widget of its own and would stay."""
    widget.layout.close()
    widget.close()
