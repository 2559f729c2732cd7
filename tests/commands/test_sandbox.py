"""``lumen-widgets sandbox``: a server of its own, until it is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from lumen_widgets.__main__ import main
from tests.sandboxes import serving

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_it_says_where_it_answers_and_with_which_key(tmp_path: Path) -> None:
    """The one line of JSON is printed when the server answers, with its key, at that address."""
    with serving(tmp_path) as server:
        health = requests.get(f"{server.url}/healthz", timeout=30).json()
        account = requests.get(
            f"{server.url}/sandbox/account",
            headers={"Authorization": f"Bearer {server.api_key}"},
            timeout=30,
        )

    assert health["service"] == "lumen-sandbox"
    assert account.json()["balance"] > 0


@pytest.mark.parametrize("port", ["-1", "65536", "http", "\u0661"])
def test_a_port_that_is_none_is_refused(
    port: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be a port number ends the command before anything is started."""
    with pytest.raises(SystemExit, match="2"):
        main(["sandbox", f"--port={port}", "--home", str(tmp_path)])

    assert "is not a port number" in capsys.readouterr().err


def test_a_home_that_cannot_be_used_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that cannot be made ends the command with what is wrong, not with a traceback."""
    (tmp_path / "file").write_text("no folder")

    assert main(["sandbox", "--home", str(tmp_path / "file" / "home")]) == 1
    assert "lumen-widgets sandbox: " in capsys.readouterr().err
