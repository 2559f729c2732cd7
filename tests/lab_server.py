"""The JupyterLab server under test: one for the whole run, every folder of it its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, Self

import requests

from tests.conditions import PATIENCE
from tests.sandboxes import left_running, stop_left_running

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

    from tests.sandboxes import SandboxServer

# what a sandbox begins with: short, and long enough that each status is seen
_LATENCY = (1.5, 3.0)

_SETTINGS = {
    # without these JupyterLab asks its project's site for news, and shows a toast over the page
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}

# each page would have the server look whether JupyterLab is to be built anew: two seconds of it
_PAGE_CONFIG = {"buildCheck": False, "buildAvailable": False}


class LabServer:
    """A running JupyterLab, started on entry and stopped on exit.

    Attributes
    ----------
    url
        ``http://127.0.0.1:PORT``.
    token
        What lets a page in.
    root
        The folder that it serves.

    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "root"
        self.token = os.urandom(16).hex()
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.root.mkdir(parents=True)
        environment = self._environment()
        for name, values in _SETTINGS.items():
            path = Path(environment["JUPYTERLAB_SETTINGS_DIR"], name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        config = Path(environment["JUPYTER_CONFIG_DIR"], "labconfig", "page_config.json")
        config.parent.mkdir(parents=True)
        config.write_text(json.dumps(_PAGE_CONFIG))
        words = [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
            "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0",
            f"--ServerApp.root_dir={self.root}", f"--IdentityProvider.token={self.token}",
            "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]  # fmt: skip
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                words, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            self.url = self._wait(Path(environment["JUPYTER_RUNTIME_DIR"]))
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def log(self) -> Path:
        """The file that the server's own words go to."""
        return self.home / "jupyterlab.log"

    @property
    def data(self) -> Path:
        """The folder in which it looks for kernels."""
        return self.home / "jupyter_data_dir"

    def stop(self) -> None:
        """End the server, its kernels, and the sandbox that they share."""
        stop_left_running(self._lumen_home)
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def api(self, method: Literal["GET", "DELETE"], path: str) -> Any:
        """Ask the server's own REST interface, and return the JSON that it answers."""
        answer = requests.request(
            method,
            f"{self.url}/api/{path}",
            headers={"Authorization": f"token {self.token}"},
            timeout=PATIENCE,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    @property
    def sandbox(self) -> SandboxServer:
        """The sandbox that its kernels share, which one of them has started."""
        found = left_running(self._lumen_home)
        assert found is not None, "no cell has started the sandbox"
        return found

    def reset_sandbox(self) -> None:
        """Give the sandbox its first pace again, whichever test changed it."""
        if left_running(self._lumen_home) is not None:
            self.sandbox.set(latency=_LATENCY)

    def drawing_held(self) -> AbstractContextManager[None]:
        """Have tasks of the sandbox run, and not end, for as long as a block lasts."""
        return self.sandbox.drawing_held()

    @property
    def _lumen_home(self) -> Path:
        return self.home / "lumen_home"

    def _environment(self) -> dict[str, str]:
        folders = {
            name: str(self.home / name.lower())
            for name in (
                "JUPYTER_CONFIG_DIR",
                "JUPYTER_DATA_DIR",
                "JUPYTER_RUNTIME_DIR",
                "JUPYTERLAB_SETTINGS_DIR",
                "JUPYTERLAB_WORKSPACES_DIR",
                "IPYTHONDIR",
                "LUMEN_HOME",
            )
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LUMEN_")}
        return kept | folders

    def _wait(self, runtime: Path) -> str:
        """Return the address once it answers: the server writes it down, its port being its own."""
        assert self._process is not None
        deadline = monotonic() + PATIENCE
        note = runtime / f"jpserver-{self._process.pid}.json"
        while monotonic() < deadline and self._process.poll() is None:
            try:
                url = f"http://127.0.0.1:{json.loads(note.read_text())['port']}"
                headers = {"Authorization": f"token {self.token}"}
                if requests.get(f"{url}/api/status", headers=headers, timeout=5).ok:
                    return url
            except (OSError, ValueError):
                self._pause()
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text(errors='replace')}")

    def _pause(self) -> None:
        """Wait a little for the server, and less if it ends."""
        assert self._process is not None
        try:
            self._process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            return
