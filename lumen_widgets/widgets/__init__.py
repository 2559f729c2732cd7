"""The widgets: one file each, with the same stem as its TypeScript and its CSS."""

from lumen_widgets.widgets.mask_painter import MaskPainter
from lumen_widgets.widgets.prompt_form import PromptForm
from lumen_widgets.widgets.task_panel import TaskPanel

__all__ = ["MaskPainter", "PromptForm", "TaskPanel"]
