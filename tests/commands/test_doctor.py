"""What ``lumen-widgets doctor`` tells, and what it keeps to itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lumen_widgets import sandbox
from lumen_widgets.__main__ import main
from tests import lessons

_KEY = "sk-lumen-sentinel-never-to-be-seen"


def test_it_names_versions_and_places_but_nothing_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A report has what explains a bug: no key, no password, no path of the service's address."""
    monkeypatch.setenv("LUMEN_API_KEY", _KEY)
    monkeypatch.setenv("LUMEN_BASE_URL", "https://user:pass-word@gateway.example/private/path")

    assert main(["doctor"]) == 0

    told = capsys.readouterr().out
    facts = dict(line.split(": ", 1) for line in told.splitlines())
    assert facts["API key"] == "set"
    assert facts["service"] == "gateway.example"
    assert facts["python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}.")
    assert "LUMEN_HOME, writable" in facts["home"]
    assert facts["sandbox"].startswith("not running")
    assert facts["kept"].startswith("0 pictures, 0.0 MB")
    assert not any(secret in told for secret in (_KEY, "pass-word", "private"))


def test_it_says_what_lumen_use_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A lesson by its name alone, with how much it has; what cannot be used is said as an error."""
    (path := tmp_path / "owls.lumen").write_bytes(lessons.lesson({"an owl": ["red"]}))
    for use, said in (
        (None, "not set"),
        ("sandbox", "sandbox (nothing else is submitted to)"),
        ("service", "service (where no cell chooses)"),
        (str(path), "the lesson owls.lumen, 1 task (nothing else is submitted to)"),
        (str(tmp_path / "gone.lumen"), "There is no lesson gone.lumen here"),
        (_KEY, "LUMEN_USE in the environment is neither"),
    ):
        if use is not None:
            monkeypatch.setenv("LUMEN_USE", use)
        assert main(["doctor"]) == 0
        told = capsys.readouterr().out
        assert f"LUMEN_USE: {said}" in told
        assert str(path.parent) not in told.partition("LUMEN_USE")[2]
        assert _KEY not in told


def test_it_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Asking how things stand makes no folder, not even an empty home."""
    home = tmp_path / "not-there-yet"
    monkeypatch.setenv("LUMEN_HOME", str(home))

    assert main(["doctor"]) == 0

    assert not home.exists()


def test_a_home_that_is_no_path(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong with it is said, with all the other facts."""
    monkeypatch.setenv("LUMEN_HOME", "~no-such-user/x")

    assert main(["doctor"]) == 0

    told = capsys.readouterr().out
    assert "home: The journal cannot be in '~no-such-user/x'" in told
    assert "sandbox: " in told


def test_the_users_own_folder_is_not_spelt_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A path in the home folder begins with ~, since the folder's name is often the user's."""
    monkeypatch.setenv("LUMEN_HOME", str(Path.home() / "pictures-of-lumen"))

    main(["doctor"])

    told = capsys.readouterr().out
    assert f"home: {Path('~') / 'pictures-of-lumen'} " in told
    assert str(Path.home() / "pictures") not in told


@pytest.mark.slow
def test_it_finds_the_sandbox_that_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """A running sandbox is named by its address, never by its key."""
    running = sandbox.start()

    main(["doctor"])

    told = capsys.readouterr().out
    assert f"sandbox: answers at {running.url}, " in told
    assert running.api_key not in told


def test_it_says_that_the_sandbox_is_switched_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a hub without sandboxes the report says why there is none."""
    monkeypatch.setenv("LUMEN_SANDBOX", "off")

    main(["doctor"])

    assert "sandbox: switched off (LUMEN_SANDBOX=off)" in capsys.readouterr().out


def test_a_word_that_is_no_command_is_refused_with_the_words_that_are() -> None:
    """A misspelt command names the commands there are."""
    done = subprocess.run(
        [sys.executable, "-m", "lumen_widgets", "serve"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "lab,sandbox,doctor" in done.stderr.replace(" ", "").replace("'", "")
