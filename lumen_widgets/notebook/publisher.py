"""The one thread that speaks to the browser about tasks, so that no other waits for the browser."""

from __future__ import annotations

from lumen_widgets.notebook.worker import Worker

# seconds: a person cannot follow more than four changes a second, and a hub's network should not
# have to
_INTERVAL = 0.25

publisher = Worker("lumen-publisher", "a view could not be brought up to date", _INTERVAL)
