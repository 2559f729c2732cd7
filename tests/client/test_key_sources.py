"""Where a key comes from, in which order, and what is said of one that stands in a cell."""

from __future__ import annotations

import subprocess
import sys
import types
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from lumen_widgets.client import LumenClient
from lumen_widgets.core import errors
from lumen_widgets.core.http import keys
from lumen_widgets.core.http.keys import HIDDEN, LONGEST, Key, look_for_key
from lumen_widgets.core.http.origin import read_origin
from tests.client.conftest import KEY
from tests.ipython import running_ipython

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOPBACK = "http://127.0.0.1:1"


class NotebookAccessError(Exception):
    """What Colab raises where the user has not switched access on."""


@pytest.fixture(autouse=True)
def _says_it_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_warned", set[str]())


def _keyring(monkeypatch: pytest.MonkeyPatch, found: Any) -> None:
    def get_password(service: str, user: str) -> Any:
        assert (service, user) == ("lumen_widgets", "api_key")
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setitem(sys.modules, "keyring", types.SimpleNamespace(get_password=get_password))


def _colab(monkeypatch: pytest.MonkeyPatch, found: Any) -> None:
    def get(name: str) -> Any:
        assert name == "LUMEN_API_KEY"
        if isinstance(found, Exception):
            raise found
        return found

    userdata = types.ModuleType("google.colab.userdata")
    vars(userdata)["get"] = get
    for name, module in {
        "google": types.ModuleType("google"),
        "google.colab": types.ModuleType("google.colab"),
        "google.colab.userdata": userdata,
    }.items():
        monkeypatch.setitem(sys.modules, name, module)


def test_the_places_are_asked_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment goes before the keyring, and that before Colab; blank ones are passed by."""
    _colab(monkeypatch, "sk-lumen-colab")
    assert look_for_key() == "sk-lumen-colab"
    _keyring(monkeypatch, "sk-lumen-ring")
    assert look_for_key() == "sk-lumen-ring"
    monkeypatch.setenv("LUMEN_API_KEY", "sk-lumen-environment")
    assert look_for_key() == "sk-lumen-environment"
    monkeypatch.setenv("LUMEN_API_KEY", "  ")
    assert look_for_key() == "sk-lumen-ring"
    _keyring(monkeypatch, " ")
    assert look_for_key() == "sk-lumen-colab"


@pytest.mark.parametrize("found", [None, 7, RuntimeError("locked SENTINEL"), OSError()])
def test_a_keyring_that_has_none_or_fails(monkeypatch: pytest.MonkeyPatch, found: object) -> None:
    """A keyring that is empty, locked or broken counts as none, and its words are not repeated."""
    _keyring(monkeypatch, found)
    with pytest.raises(errors.MissingKey, match="keyring set lumen_widgets api_key") as caught:
        LumenClient(base_url=LOOPBACK)
    assert "SENTINEL" not in str(caught.value)


def test_a_secret_of_colab_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Colab has the secret but gives no access, the error names the switch."""
    _colab(monkeypatch, NotebookAccessError())
    with pytest.raises(errors.MissingKey, match='"Notebook access" on'):
        LumenClient(base_url=LOOPBACK)
    _colab(monkeypatch, KeyError())
    with pytest.raises(errors.MissingKey, match="No API key was found"):
        LumenClient(base_url=LOOPBACK)


def test_a_key_that_is_too_long() -> None:
    """A file pasted as a key is refused before it can become a header."""
    with pytest.raises(errors.AuthenticationError, match="characters"):
        LumenClient("sk-lumen-" + "a" * LONGEST, LOOPBACK)


@pytest.fixture
def cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Run cells in an IPython of this process and return what a cell printed as warnings."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))

    def run(cell: str) -> list[str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            result = shell.run_cell(cell, store_history=True)
        result.raise_error()
        return [warnings.formatwarning(w.message, w.category, w.filename, w.lineno) for w in caught]

    with running_ipython() as shell:
        yield run


IMPORT = "from lumen_widgets.client import LumenClient\n"


@pytest.mark.parametrize(
    "way",
    [
        'LumenClient("KEY", "http://127.0.0.1:1")',
        'key = " KEY "\nLumenClient(key, "http://127.0.0.1:1")',
        'import os\nos.environ["LUMEN_API_KEY"] = "KEY"\nLumenClient(None, "http://127.0.0.1:1")',
    ],
)
def test_a_key_in_a_cell_is_warned_of_once(
    cells: Any, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it got there: a warning that says what to do, once, and never shows the key."""
    monkeypatch.setenv("LUMEN_API_KEY", "")
    said = cells(IMPORT + _with_key(way))
    assert len(said) == 1
    assert "stands in a cell" in said[0]
    assert "LUMEN_API_KEY" in said[0]
    assert "SENTINEL" not in said[0]
    assert cells(_with_key(way)) == []


def _with_key(way: str) -> str:
    return way.replace("LUMEN_API_KEY", "\0").replace("KEY", KEY).replace("\0", "LUMEN_API_KEY")


def test_a_key_from_elsewhere_is_not_warned_of(cells: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment of the kernel brought stands in no cell, so nothing is said."""
    monkeypatch.setenv("LUMEN_API_KEY", KEY)
    assert cells(f"{IMPORT}LumenClient(base_url={LOOPBACK!r})") == []


def test_the_warning_of_an_odd_prefix_shows_no_key_either(cells: Any) -> None:
    """Python prints the line that a warning is for; not where the key is in that line."""
    said = cells(f'{IMPORT}LumenClient("pk-SENTINEL-0123456789", {LOOPBACK!r})')
    assert len(said) == 2
    assert "SENTINEL" not in "".join(said)


@pytest.mark.slow
def test_a_script_never_imports_ipython() -> None:
    """Looking for a literal key asks only an IPython that somebody else has loaded."""
    code = (
        "import sys; from lumen_widgets.client import LumenClient; "
        f"LumenClient({KEY!r}, {LOOPBACK!r}); print('IPython' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout == "False\n"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (b"bad key " + KEY.encode(), b"bad key [key]"),
        (b"sk-lumen-local-SE************6789 is wrong", b"[key] is wrong"),
        (b'{"id": "sk-lumen-1"}', b'{"id": "sk-lumen-1"}'),
    ],
)
def test_what_a_server_repeats_of_a_key_is_blotted_out(said: bytes, left: bytes) -> None:
    """The key is hidden whole, and where a service has only put stars into its middle."""
    assert Key(KEY, read_origin(LOOPBACK)).hide(said) == left


def test_encoded_forms_are_blotted_out_too() -> None:
    """Percent-encoded, JSON-escaped or in base64, as header dumps have it, it is the same key."""
    import base64
    import json
    from urllib.parse import quote

    value = 'pk"a+b/c=d\\e0123456789'
    key = Key(value, read_origin(LOOPBACK))
    for form in (value, quote(value, safe=""), json.dumps(value)[1:-1]):
        assert key.hide(f"<{form}>".encode()) == b"<" + HIDDEN + b">"
    assert key.hide(base64.b64encode(value.encode())).startswith(HIDDEN)


def test_a_very_short_key_garbles_no_id() -> None:
    """A key of few characters may be part of a task's id, which has to arrive as it is."""
    key = Key("7", read_origin(LOOPBACK))
    assert key.hide(b'{"id": "task-77"}') == b'{"id": "task-77"}'
