"""Notebooks executed in a kernel without a browser, and what is then in their files."""

from __future__ import annotations

import base64
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

import lumen_widgets as lumen
from lumen_widgets.journal import Journal
from lumen_widgets.lab import INDEX
from tests.notebook.executed import execute

if TYPE_CHECKING:
    from tests.sandboxes import SandboxServer

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted(
    path
    for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb")
    # which has no code
    if path.name != INDEX
)

# The numbers of the notebooks that are run twice.
_TWICE = ("01", "02", "03")

# What a notebook prints of that which it is about, by its number.
_PRINTED = {
    "02": [
        "pixels outside of the mask that differ: 0",
        "is as it was: True",
        "bit for bit: True",
    ],
    "05": [
        *("calls that came: 1\n", "as it came:         True\n", "another secret:     False\n"),
        *("the same content: True\n", "verified:         False\n", "ten minutes old:      401\n"),
        *("and again:            204\n", "calls     1 → 4\n", "status    succeeded → succeeded\n"),
    ],
    "06": [
        *("9 tasks are submitted\n", "failed:  a boat on fire", "5 of 9 were submitted\n"),
        *("killed; the rest of what it said: ''\n", "saved: sketch-"),
        "tasks that were paid for a second time: 0\n",
    ],
}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_shipped_notebook_runs_from_top_to_bottom_offline(path: Path, tmp_path: Path) -> None:
    """Every cell runs on the sandbox, and every call that makes pictures shows them.

    But for one that is there to fail, and catches what is raised. What teaches to make pictures
    pays nothing the second time: each call finds what the first run paid, and gives its pictures.
    """
    executed = execute(path, tmp_path)
    if path.name[:2] in _TWICE:
        paid, pictures = Journal().rows(), _pictures(executed)
        executed = execute(path, tmp_path)
        assert len(paid) > 1
        assert len(Journal().rows()) == len(paid)
        # what executes it misses a picture that arrives between two cells; one that is reused is
        # there at once
        shown = _pictures(executed)
        assert [one for one in pictures if one not in shown] == []

    assert 'lumen.use("sandbox")' in next(c for c in executed.cells if c.cell_type == "code").source
    for cell in executed.cells:
        source = cell.get("source", "")
        makes = "lumen.generate(" in source or source.startswith("%%lumen")
        if makes and cell.cell_type == "code" and "except" not in source:
            kinds = [set(output.get("data", ())) for output in cell.outputs]
            assert any(kind & {"image/jpeg", "image/png"} for kind in kinds), cell.source
    printed = _printed(executed)
    for words in _PRINTED.get(path.name[:2], []):
        assert words in printed


def _printed(notebook: Any) -> str:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.text for output in outputs if "text" in output)


# Run by a kernel as it starts: whatever Python code then connects, or looks up a name, is noted and
# fails. A kernel's own sockets are not Python's.
_CUT_OFF = """
import socket

def _refuse(*words):
    with open({log!r}, "a") as log:
        print(words[1:], file=log)
    raise OSError("there is no network")

socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = _refuse
socket.getaddrinfo = _refuse
"""


def test_the_notebook_on_the_best_picture_runs_from_a_lesson_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cells say sandbox, LUMEN_USE says the lesson: the pictures are those of the first run."""
    (path,) = [one for one in NOTEBOOKS if one.stem.startswith("03")]
    first = execute(path, tmp_path)
    lesson = tmp_path / "best.lumen"
    written = lumen.history().export(lesson, confirm=True)
    assert written.left_out == []
    startup, log = tmp_path / "ipython" / "profile_default" / "startup", tmp_path / "connected"
    startup.mkdir(parents=True)
    (startup / "cut_off.py").write_text(_CUT_OFF.format(log=str(log)))
    for name, value in {
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "LUMEN_HOME": str(tmp_path / "a student's"),
        "LUMEN_SANDBOX": "off",
        "LUMEN_USE": str(lesson),
    }.items():
        monkeypatch.setenv(name, value)
    second = execute(path, tmp_path)

    assert not log.exists(), log.read_text()
    assert _pictures(first) == _pictures(second)
    text = json.dumps(second, ensure_ascii=False)
    assert "In use: Lesson best.lumen · nothing is charged (LUMEN_USE goes before" in text
    assert str(tmp_path) not in text
    assert {row.origin for row in Journal().rows()} == {"lesson://best.lumen"}


def _pictures(notebook: Any) -> list[str]:
    """Return the pictures that a notebook shows, without those of widgets."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    bundles = [output.get("data", {}) for output in outputs]
    return [
        data
        for bundle in bundles
        if "application/vnd.jupyter.widget-view+json" not in bundle
        for kind, data in sorted(bundle.items())
        if kind.startswith("image/")
    ]


# Written into a file that a cell reads, so that no cell has it; with what encoding would change.
WEBHOOK_SECRET = "hush/hush+SENTINEL of a webhook"  # noqa: S105 -- a sentinel


def _forms(secret: str) -> set[str]:
    """Return a secret as it could stand in a file: as it is, encoded, or only its beginning."""
    data = secret.encode()
    # Base64 of it begins in one of three ways, by what stands before.
    encoded = {base64.b64encode(bytes(pad) + data).decode()[4:-4] for pad in range(3)}
    return {secret, quote(secret, safe=""), repr(secret)[1:-1], secret[:8], data.hex()} | encoded


_TROUBLE = [
    "lumen.generate('a fox', model='sandbox-always-fails', **hook)",
    "lumen.generate('a fox', model='sandbox-not-in-group', **hook)",
    "lumen.generate('a fox', n=9, **hook)",
    "lumen.generate('a fox', **{**hook, 'webhook_url': 'nowhere'})",
    "lumen.LumenClient(base_url='http://127.0.0.1:1', timeout=0.2).generate('a fox', **hook)",
    "lumen.LumenClient(timeout=-1)",
    "lumen.verify_webhook('parsed', '', hook['webhook_secret'])",
    "lumen.WebhookReceiver(secret=hook['webhook_secret'], port=-1)",
    "client.edit('a fox', b'no picture', **hook)",
    "form.submit(webhook_secret=hook['webhook_secret'])",
]


@pytest.mark.parametrize("mode", ["Plain", "Context", "Verbose", "Minimal"])
def test_no_secret_is_left_after_trouble_in_any_mode(
    mode: str, sandbox: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Key and webhook secret are in no output, state, log, pickle or file, however errors show."""
    home = tmp_path / "home"
    monkeypatch.setenv("LUMEN_HOME", str(home))
    monkeypatch.setenv("LUMEN_API_KEY", sandbox.api_key)
    monkeypatch.setenv("LUMEN_BASE_URL", sandbox.url)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    (secret := tmp_path / "secret").write_text(WEBHOOK_SECRET)
    log = tmp_path / "kernel.log"
    cells = [
        (
            "import http.client, logging, pathlib, pickle, traceback\n"
            f"logging.basicConfig(filename={str(log)!r}, level=logging.DEBUG)\n"
            "http.client.HTTPConnection.debuglevel = 1\n"
            "import lumen_widgets as lumen\n"
            "lumen.use('service'); client = lumen.LumenClient()\n"
            "class Hook(dict):\n"
            "    __repr__ = lambda self: '<hook>'\n"
            "hook = Hook(webhook_url='http://127.0.0.1:9/x', "
            f"webhook_secret=pathlib.Path({str(secret)!r}).read_text())"
        ),
        f"%xmode {mode}",
        "task = lumen.generate('a fox', size='64x64', wait=False, **hook)\ntask",
        (
            "print(task.wait(60), task, task.request, vars(task.request), client, vars(client))\n"
            "pickle.dumps(task.request)"
        ),
        (
            "form = lumen.PromptForm()\nform.prompt = 'an owl'\nform.size = '64x64'\n"
            "form.webhook_url = hook['webhook_url']\nform"
        ),
        "made = form.submit(webhook_secret=hook['webhook_secret'])\nlumen.TaskPanel()",
        "form.model = ''",
        *_TROUBLE,
        # What tools that print the locals of a stack would show.
        *(
            f"try:\n    {line}\nexcept BaseException as error:\n"
            "    found = traceback.TracebackException.from_exception(error, capture_locals=True)\n"
            "    print('SEEN', ''.join(found.format()), pickle.dumps(error))"
            for line in _TROUBLE
        ),
    ]
    executed = execute(cells, tmp_path, allow_errors=True, store_widget_state=True)
    places = {
        "notebook": json.dumps(executed),
        **{
            str(path.relative_to(tmp_path)): path.read_bytes().decode("latin-1")
            for path in tmp_path.rglob("*")
            if path.is_file() and path != secret
        },
    }
    key = sandbox.api_key.removeprefix("sk-lumen-local-")

    assert places["notebook"].count("SEEN") > len(_TROUBLE)
    assert '"webhook_url"' in places["notebook"], "no state of the form was stored"
    assert "/v1/images/generations" in places["kernel.log"], "nothing was logged"
    assert any(name.startswith("home") for name in places)
    for form in _forms(key) | _forms(WEBHOOK_SECRET):
        assert {name for name, text in places.items() if form in text} == set(), form


def test_the_key_is_in_no_notebook_widget_state_journal_or_error(
    sandbox: SandboxServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever a cell does with a client, the key cannot be found afterwards."""
    home = tmp_path / "home"
    monkeypatch.setenv("LUMEN_HOME", str(home))
    monkeypatch.setenv("LUMEN_API_KEY", sandbox.api_key)
    monkeypatch.setenv("LUMEN_BASE_URL", sandbox.url)
    caplog.set_level(logging.DEBUG)
    log = tmp_path / "kernel.log"
    cells = [
        (
            "import logging, os\n"
            f"logging.basicConfig(filename={str(log)!r}, level=logging.DEBUG)\n"
            "import lumen_widgets as lumen\nlumen.use('service')"
        ),
        "pictures = lumen.generate('a fox', size='64x64')\npictures",
        "task = lumen.generate('an owl', size='64x64', wait=False)\ntask",
        "panel = lumen.TaskPanel([task])\npanel",
        "client = lumen.LumenClient()\nprint(client, repr(client), vars(client))\nclient",
        "lumen.show(task)",
        "lumen.generate('a fox', model='sandbox-always-fails')",
        "lumen.generate('a fox', model='sandbox-not-in-group')",
        "lumen.generate('a fox', n=9)",
        "lumen.LumenClient('sk-lumen-wrong').generate('a fox')",
        "import pickle\npickle.dumps(client)",
        "%xmode Verbose\nclient.generate('')",
    ]
    executed = execute(cells, tmp_path, allow_errors=True, store_widget_state=True)
    states = json.dumps(executed.metadata.get("widgets", {}))
    places = {
        "notebook": json.dumps(executed),
        "kernel log": log.read_text(encoding="utf-8"),
        "test log": caplog.text,
        **{
            str(path.relative_to(home)): path.read_bytes().decode("latin-1")
            for path in home.rglob("*")
            if path.is_file()
        },
    }
    secret = sandbox.api_key.removeprefix("sk-lumen-local-")

    assert "_rows" in states, "no widget state was stored, so this test looked at nothing"
    assert {name for name, text in places.items() if secret in text} == set()
    errors = [o.ename for c in executed.cells for o in c.get("outputs", ()) if "ename" in o]
    assert errors[:4] == ["TaskFailed", "NotFound", "InvalidRequest", "AuthenticationError"]
