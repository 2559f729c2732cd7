"""What code does with a painting, or with the painter that shows it: numbers, files and arrays.

Nothing here needs a browser; the widget adds what is on the screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.pictures.picture import path_to_write, write_file
from lumen_widgets.masks import (
    Clear,
    Ellipse,
    Invert,
    MaskError,
    Polygon,
    Rectangle,
    Stroke,
    encode,
)
from lumen_widgets.masks.mask_file import SavedMask, write

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from lumen_widgets.masks import Mode, Operation, Step
    from lumen_widgets.widgets.mask_painter.step_log import StepLog


class MaskByCode:
    """A mask in the making. All coordinates are picture pixels; every call is one undo step."""

    @property
    def _steps(self) -> StepLog:
        """The steps that make the mask."""
        raise NotImplementedError

    @property
    def mask(self) -> Image:
        """The mask as a PIL image of mode ``"1"``, as large as the picture: white is painted.

        It is made of the steps that the kernel has received by now, as are `array`, `coverage`,
        `mask_png` and `save`: none of them waits. A call that is given the painter, such as
        `inpaint`, also waits for a stroke that is still on its way from the browser.
        """
        import PIL.Image

        return PIL.Image.fromarray(self.array)

    @property
    def array(self) -> NDArray[np.bool_]:
        """The mask as a bool array of shape (height, width), a copy: True is painted."""
        return self._steps.mask()

    @property
    def coverage(self) -> float:
        """The part of the picture that is painted, 0 to 1."""
        return self._steps.coverage()

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What makes the mask, first to last; what was undone is not among it."""
        return self._steps.history.done

    @property
    def saved(self) -> SavedMask:
        """What the mask began with and every step since, for a painter that goes on with it."""
        steps = self._steps
        return SavedMask(steps.base, steps.history)

    def mask_png(self) -> bytes:
        """Return the mask as a PNG file of one bit a pixel, white where it is painted."""
        return encode(self.array)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the mask to a file that `MaskPainter(image, mask=path)` goes on with.

        Parameters
        ----------
        path
            A file that ends in ``.png``; one of that name is replaced. It is a PNG of one bit a
            pixel like any other, and has the operations in its text chunks.

        Returns
        -------
        Path
            The file, which is complete or was not touched.

        Raises
        ------
        InvalidRequest
            The name does not end in ``.png``.
        OSError
            The file cannot be written.

        Examples
        --------
        >>> painter.save("sky.png")  # doctest: +SKIP
        PosixPath('sky.png')

        """
        target = path_to_write(path)
        if target.suffix.lower() != ".png":
            raise InvalidRequest(
                f"A mask is not saved as {target.name!r}.", next_step="End the name in .png."
            )
        # the same steps and history for both, while a user may go on painting
        steps = self._steps
        saved = SavedMask(steps.base, steps.history)
        write_file(target, write(steps.mask(saved.history), saved))
        return target

    def stroke(
        self,
        points: Iterable[tuple[float, float]],
        radius: float,
        erase: bool = False,
    ) -> None:
        """Draw a round brush along points.

        Parameters
        ----------
        points
            (x, y) of each; one alone is a dab.
        radius
            In pixels, above 0: a pixel is set if its centre is no farther from the line.
        erase
            Take out of the mask instead.

        Raises
        ------
        InvalidRequest
            A number is not finite, is negative where it may not be, or is beyond a million.

        Examples
        --------
        >>> painter.stroke([(10, 10), (60, 40), (90, 12)], radius=8)  # doctest: +SKIP

        """
        self._do(lambda: Stroke(points, radius, erase))  # type: ignore[arg-type] # any points are converted

    def rectangle(self, x: float, y: float, w: float, h: float, mode: Mode = "add") -> None:
        """Put a rectangle into the mask.

        Parameters
        ----------
        x, y
            Its top left corner.
        w, h
            Its width and height, above 0.
        mode
            ``"add"``, ``"subtract"``, or ``"intersect"``, which leaves only what is in both.

        Raises
        ------
        InvalidRequest
            As `stroke`.

        """
        self._do(lambda: Rectangle(x, y, w, h, mode))

    def ellipse(self, x: float, y: float, w: float, h: float, mode: Mode = "add") -> None:
        """Put the ellipse into the mask that is inscribed in a rectangle, given as `rectangle`."""
        self._do(lambda: Ellipse(x, y, w, h, mode))

    def polygon(self, points: Iterable[tuple[float, float]], mode: Mode = "add") -> None:
        """Put a polygon into the mask: what is inside it an odd number of times.

        Parameters
        ----------
        points
            (x, y) of at least three corners; the last is joined to the first.
        mode
            As for `rectangle`.

        Raises
        ------
        InvalidRequest
            As `stroke`.

        """
        self._do(lambda: Polygon(points, mode))  # type: ignore[arg-type] # any points are converted

    def invert(self) -> None:
        """Swap what is painted and what is not."""
        self._do(Invert)

    def clear(self) -> None:
        """Take everything out of the mask."""
        self._do(Clear)

    def undo(self) -> None:
        """Take the last step back; with none left nothing happens."""
        self._do(lambda: "undo")

    def redo(self) -> None:
        """Bring back the step that was taken back last; with none left nothing happens."""
        self._do(lambda: "redo")

    def _do(self, make: Callable[[], Step]) -> None:
        try:
            step = make()
        except MaskError as error:
            raise InvalidRequest(str(error), field="mask") from None
        self._steps.add(step)
