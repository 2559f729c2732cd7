"""The folder that holds what must outlive a session."""

from __future__ import annotations

import os
from pathlib import Path


def default_home() -> Path:
    """Return the folder for journal and pictures; nothing is created.

    Returns
    -------
    Path
        ``LUMEN_HOME`` where it is set, else the platform's folder for user data.

    Examples
    --------
    >>> default_home().is_absolute()
    True

    """
    chosen = os.environ.get("LUMEN_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs  # here, so that importing the journal stays cheap

    return Path(platformdirs.user_data_dir("lumen-widgets", appauthor=False))
