"""Other ipykernels for the browser tests: the versions on which handlers run on other threads."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# 6.31 runs handlers after a cell; 7.3 runs them during it, on a thread of their own
OLDER = ("6.31.0", "7.3.0")
NEWEST = "python3"


def install(version: str, data_folder: Path) -> str:
    """Install an ipykernel beside this environment's own, and return its kernel's name.

    Parameters
    ----------
    version
        Of ipykernel.
    data_folder
        ``JUPYTER_DATA_DIR`` of the server that shall offer it.

    """
    name = f"ipykernel-{version}"
    packages = data_folder / "packages" / name
    kernel = data_folder / "kernels" / name / "kernel.json"
    if kernel.exists():
        return name
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    # 6.31 needs nest_asyncio; newer ones have another in its place
    wanted = [f"ipykernel=={version}", "nest_asyncio>=1.6"]
    subprocess.run([*words, "--target", str(packages), *wanted], check=True)
    kernel.parent.mkdir(parents=True)
    kernel.write_text(
        json.dumps(
            {
                "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                "display_name": name,
                "language": "python",
                "env": {"PYTHONPATH": str(packages)},
                "interrupt_mode": "signal",
            }
        )
    )
    return name
