"""Work of the widgets that takes time, on one thread beside the handlers' and the publisher's."""

from __future__ import annotations

from lumen_widgets.notebook.worker import Worker

work_queue = Worker("lumen-widgets", "background work of a widget failed")
