"""What a cell shows: pictures inline, live status, and which account is in use."""

from lumen_widgets.notebook.account import Account, use
from lumen_widgets.notebook.calls import edit, generate, inpaint
from lumen_widgets.notebook.following import show, stream

__all__ = ["Account", "edit", "generate", "inpaint", "show", "stream", "use"]
