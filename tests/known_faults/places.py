"""Where these tests reach into the package: each place once, with what it means there."""

from __future__ import annotations

# Seconds that a write of the journal waits for a file that somebody else holds: shortened, a test
# need not hold it for as long as a stuck program would.
BUSY_SECONDS = "lumen_widgets.journal.database.BUSY_SECONDS"
