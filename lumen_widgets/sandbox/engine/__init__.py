"""The sandbox's painter: a prompt is planned as a scene and drawn with numpy and Pillow alone.

It stands in for a model where there is none: no network, no weights, well under a second, the same
bytes for the same job, and a label in the picture that says so.
"""

from __future__ import annotations

from lumen_widgets.sandbox.engine.job import Drawing, DrawingError, Job, Redrawing

__all__ = ["Drawing", "DrawingError", "Job", "Redrawing", "draw"]


def draw(job: Job) -> Drawing:
    """Draw one picture; pure: the same job gives the same bytes in any process.

    Parameters
    ----------
    job
        What to draw.

    Returns
    -------
    Drawing
        The picture as a PNG file of ``job.size``, and the words of the prompt that it shows.

    Raises
    ------
    DrawingError
        A picture or mask is missing or cannot be decoded, the mask is empty, or its size differs
        from the picture's.

    Examples
    --------
    >>> drawing = draw(Job("generate", "一只柯基", seed=1, size=(64, 64)))
    >>> drawing.width, drawing.height, drawing.recognised
    (64, 64, ('柯基',))

    """
    # numpy and Pillow are the worker's to load: the server imports this package for Job alone
    from lumen_widgets.sandbox.engine.picture import picture_of

    return picture_of(job)
