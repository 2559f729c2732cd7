"""Small work that neither a handler nor the publisher should do."""

from __future__ import annotations

from lumen_widgets.notebook.worker import Worker

errands = Worker("lumen-errands", "an errand of a widget failed")
