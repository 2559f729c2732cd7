"""What a cell shows: pictures inline, live status, and which account is in use."""

from lumen_widgets.notebook.account import Account, use
from lumen_widgets.notebook.calls import edit, extend, generate, inpaint, show, stream
from lumen_widgets.notebook.history import History, history
from lumen_widgets.notebook.provenance import parameters, reproduce
from lumen_widgets.notebook.resuming import resume

__all__ = [
    "Account",
    "History",
    "edit",
    "extend",
    "generate",
    "history",
    "inpaint",
    "parameters",
    "reproduce",
    "resume",
    "show",
    "stream",
    "use",
]
