"""The one thread that sends updates to the browser, so that no other thread waits for it."""

from __future__ import annotations

from lumen_widgets.notebook.worker import Worker

# seconds: four updates a second are as many as a reader can follow, and spare a hub's network
_INTERVAL = 0.25

publisher = Worker("lumen-publisher", "a view could not be brought up to date", _INTERVAL)
