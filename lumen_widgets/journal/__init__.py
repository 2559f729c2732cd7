"""The journal: every task ever submitted from this home, and its pictures, on disk.

It is plain SQLite and plain files, and imports no other part of the package.
"""

from __future__ import annotations

from lumen_widgets.journal.database import JournalUnusable, RowLost, default_home
from lumen_widgets.journal.disk_use import DiskUse
from lumen_widgets.journal.journal import AlreadySent, Journal
from lumen_widgets.journal.kept_pictures import KeptPicture, PictureKey
from lumen_widgets.journal.picture_search import PictureSearch
from lumen_widgets.journal.pruning import Forgotten, Pruned, Refusal
from lumen_widgets.journal.recipes import DerivedPicture
from lumen_widgets.journal.rows import SHORTENED, JournalRow, StoredPicture
from lumen_widgets.journal.search import STATES, Search

__all__ = [
    "SHORTENED",
    "STATES",
    "AlreadySent",
    "DerivedPicture",
    "DiskUse",
    "Forgotten",
    "Journal",
    "JournalRow",
    "JournalUnusable",
    "KeptPicture",
    "PictureKey",
    "PictureSearch",
    "Pruned",
    "Refusal",
    "RowLost",
    "Search",
    "StoredPicture",
    "default_home",
]
