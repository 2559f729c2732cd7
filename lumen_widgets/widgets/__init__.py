"""The widgets: a folder for each, and beside these folders what several widgets use.

In each folder `widget.py` has the class, `session.py` what it and its pages say to each other, and
`messages.py` the type of each message.
"""

from lumen_widgets.widgets.compare.widget import Compare
from lumen_widgets.widgets.gallery.widget import Gallery
from lumen_widgets.widgets.mask_painter.widget import MaskPainter
from lumen_widgets.widgets.prompt_form.widget import PromptForm
from lumen_widgets.widgets.studio.widget import Studio
from lumen_widgets.widgets.task_panel.widget import TaskPanel

__all__ = ["Compare", "Gallery", "MaskPainter", "PromptForm", "Studio", "TaskPanel"]
