from __future__ import annotations

import signal
import threading
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

import lumen_widgets as lumen
from lumen_widgets.core.request import Request
from lumen_widgets.core.task import Task, TaskState
from lumen_widgets.notebook import calls
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer, read_request
from tests.client.interrupts import interrupt
from tests.client.service import png, serving
from tests.conditions import PATIENCE
from tests.staged import ORIGIN, StagedTask, use_offline_account

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from tests.notebook.conftest import Published
    from tests.sandboxes import SandboxServer


class InterruptingWatcher:
    """Looks after a task that never ends, and sends Ctrl-C once, when it is first waited for.

    A second Ctrl-C would come at any later moment, perhaps in another test.
    """

    watching = False

    def __init__(self, *, interrupts: bool) -> None:
        self._interrupts = interrupts

    def refresh(self) -> None:
        """Bring no news."""

    def watch(self) -> None:
        """Interrupt the wait that asks for this."""
        if self._interrupts:
            self._interrupts = False
            threading.Thread(target=signal.raise_signal, args=(signal.SIGINT,), daemon=True).start()

    def stop(self) -> None:
        """Do nothing more than before."""


def _endless(task_id: str, *, interrupts: bool = True) -> Task:
    """Return a task that runs; to wait for it is to be interrupted, if it is the one for that."""
    request = Request("generations", {"prompt": "a fox", "model": "m"})
    state = TaskState(task_id, request, origin=ORIGIN, status="processing")
    return Task(state, InterruptingWatcher(interrupts=interrupts))


@pytest.fixture
def client(sandbox: SandboxServer) -> lumen.LumenClient:
    """Return a client of the run's sandbox."""
    return lumen.LumenClient(sandbox.api_key, sandbox.url)


@pytest.mark.slow
def test_a_script_gets_pictures_and_no_output(
    client: lumen.LumenClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """Outside a notebook the same call waits and returns its pictures, and prints nothing."""
    pictures = lumen.generate("a fox", n=2, size="256x192", client=client)

    assert [(picture.width, picture.height) for picture in pictures] == [(256, 192)] * 2
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_a_script_makes_nothing_to_show(
    client: lumen.LumenClient, decodes: list[str], tmp_path: Path
) -> None:
    """Pictures that a script only saves are not decoded, and no copy of them is made anywhere."""
    pictures = lumen.generate("a fox", n=2, size="256x192", client=client)
    for picture in pictures:
        picture.save(tmp_path)

    assert decodes == []
    assert client.journal is not None
    assert len(list((client.journal.home / "pictures").rglob("*.*"))) == 2


@pytest.mark.slow
@pytest.mark.usefixtures("published")
def test_a_cell_decodes_each_picture_once(client: lumen.LumenClient, decodes: list[str]) -> None:
    """Checked, shown, opened by the next line, and drawn small beside its file: one decoding."""
    pictures = lumen.generate("a fox", n=2, size="256x192", client=client)
    for picture in pictures:
        picture.to_pil()

    assert len(decodes) == 2


@pytest.mark.slow
def test_wait_false_returns_the_task(client: lumen.LumenClient) -> None:
    """The task comes back at once and ends by itself."""
    task = lumen.generate("a fox", size="64x64", client=client, wait=False)

    assert len(task.wait(PATIENCE)) == 1


@pytest.mark.slow
def test_an_edit_and_a_repaint_take_a_picture_of_an_earlier_call(
    client: lumen.LumenClient,
) -> None:
    """What one call returned, the next one takes."""
    import numpy as np

    (fox,) = lumen.generate("a fox", size="128x96", client=client)
    mask = np.zeros((96, 128), bool)
    mask[20:60, 30:90] = True
    (night,) = lumen.edit("make it night", fox, client=client)
    (owl,) = lumen.inpaint("an owl", fox, mask, client=client)
    before, after = fox.to_numpy(), owl.to_numpy()

    assert (night.width, night.height) == (128, 96)
    assert np.array_equal(before[~mask], after[~mask])
    assert not np.array_equal(before[mask], after[mask])


@pytest.mark.slow
def test_several_failures_are_raised_together_after_the_pictures(
    client: lumen.LumenClient,
) -> None:
    """`stream` yields what succeeded, and then names each task that failed."""
    good = client.generate("a fox", size="64x64")
    bad = [client.generate("a fox", model="sandbox-always-fails") for _ in range(2)]
    arrived: list[lumen.Picture] = []
    with pytest.raises(lumen.TasksFailed) as raised:
        arrived.extend(lumen.stream([bad[0], good, bad[1]]))

    assert [picture.task for picture in arrived] == [good]
    assert {task.id for task in raised.value.tasks} == {task.id for task in bad}
    assert [picture.task for picture in lumen.stream([good, *bad], errors="skip")] == [good]


@pytest.mark.slow
def test_a_task_that_is_given_twice_is_counted_once(
    client: lumen.LumenClient, published: Published
) -> None:
    """Its cost was said to be twice what it was."""
    lumen.prices["gpt-image-2-low"] = 2.0
    task = client.generate("a fox", size="64x64")
    lumen.show([task, task])

    assert "2 credits spent" in published.texts(0)[-1]
    assert "2 tasks" not in published.texts(0)[-1]


@pytest.mark.slow
def test_a_single_task_raises_its_own_error(client: lumen.LumenClient) -> None:
    """`show` of one task that failed says what that task says."""
    task = client.generate("a fox", model="sandbox-always-fails")

    with pytest.raises(lumen.TaskFailed, match=task.id):
        lumen.show(task)


def test_what_is_not_a_task_is_refused() -> None:
    """A picture given to `show` is an easy mistake to make."""
    with pytest.raises(lumen.InvalidRequest, match="A task was expected, not int"):
        lumen.show([3])  # type: ignore[list-item] # the mistake that this is about
    with pytest.raises(lumen.InvalidRequest, match="A task was expected, not int"):
        lumen.show(3)  # type: ignore[arg-type] # the mistake that this is about


@pytest.mark.parametrize(
    ("flag", "wrong"),
    [
        *product(["wait", "reuse"], [np.array([True, False]), "no", 0]),
        # of what is sent, None leaves it out
        ("wait", None),
    ],
)
def test_what_is_neither_true_nor_false_is_refused_before_it_is_paid(flag: str, wrong: Any) -> None:
    """An array was paid, and then raised an error of numpy's in place of showing its picture."""
    with FaultServer(fault.answers(200, {"id": "a"})) as server:
        client = lumen.LumenClient(KEY, server.url)
        for call, given in (
            (lumen.generate, ()),
            (lumen.edit, ("https://example.org/cat.png",)),
            (lumen.inpaint, ("https://example.org/cat.png", "https://example.org/mask.png")),
        ):
            with pytest.raises(lumen.InvalidRequest, match=f"{flag} is") as caught:
                call("a cat", *given, client=client, **{flag: wrong})
            assert caught.value.field == flag
        assert server.posts == []


@pytest.mark.parametrize("fields", [{"model": 10**5000}, {"extra": {"model": 10**5000}}])
def test_a_model_that_cannot_be_written_out_is_refused_in_words(fields: dict[str, Any]) -> None:
    """Its price is looked for before the call is checked, which raised an error of Python's."""
    with FaultServer(fault.answers(200, {"id": "a"})) as server:
        with pytest.raises(lumen.InvalidRequest, match="model"):
            lumen.generate("a cat", client=lumen.LumenClient(KEY, server.url), **fields)
        assert server.posts == []


def test_a_bool_of_numpy_is_one() -> None:
    """A comparison of arrays' items gives one, and it says what it says."""
    with FaultServer(fault.answers(200, {"id": "a"})) as server:
        client = lumen.LumenClient(KEY, server.url)
        not_now: Any = np.bool_(0)
        task = lumen.generate("a cat", wait=not_now, reuse=not_now, client=client)
        assert len(server.posts) == 1

    assert isinstance(task, Task)


def test_what_is_not_a_client_is_refused() -> None:
    """The name that `lumen.use` takes is none: each place that takes a client says so."""
    sandbox: Any = "sandbox"
    for wrong in (
        lambda: lumen.generate("a fox", client=sandbox),
        lambda: lumen.PromptForm(sandbox),
    ):
        with pytest.raises(lumen.InvalidRequest, match="of type str, not a LumenClient"):
            wrong()
    with pytest.raises(lumen.InvalidRequest, match="of type str, not a LumenClient"):
        lumen.TaskPanel([], sandbox)


def test_an_interrupted_cell_says_how_to_show_its_task(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """After Ctrl-C the error and the summary name one line, which needs no client."""
    use_offline_account()
    shell = InteractiveShell.instance()
    shell.user_ns |= {"lumen": lumen, "task": _endless("t1")}
    shell.run_cell("lumen.show(task)")
    said = capsys.readouterr().out
    advice = 'The task goes on; to show its pictures in a cell: lumen.show("t1")'

    assert "KeyboardInterrupt: Stopped waiting; the task t1 goes on. " in said
    assert 'To show its pictures in a cell: lumen.show("t1")\n' in said
    assert "line 1: lumen.show(task)" in said
    assert "client" not in said
    assert published.texts(0)[-1].endswith(advice)


def test_an_interrupted_cell_counts_the_tasks_that_go_on(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of several tasks the error names the first, and the summary has a line for each."""
    use_offline_account()
    shell = InteractiveShell.instance()
    first = _endless("t1")
    shell.user_ns |= {"lumen": lumen, "tasks": [first, _endless("t2", interrupts=False), first]}
    shell.run_cell("for picture in lumen.stream(tasks): pass")
    said = capsys.readouterr().out

    assert "KeyboardInterrupt: Stopped waiting; 2 tasks go on. " in said
    assert 'To show the pictures of the first in a cell: lumen.show("t1")\n' in said
    assert "client" not in said
    assert {f'lumen.show("t{number}")' in published.texts(0)[-1] for number in (1, 2)} == {True}


def _interrupt_once(running: threading.Event) -> None:
    """Send Ctrl-C as soon as the service has been asked."""

    def interrupt() -> None:
        if running.wait(PATIENCE):
            signal.raise_signal(signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("lumen.generate('a fox')", "lumen.history()[0].id is the task"),
        ("lumen.generate('a fox', wait=False)", "lumen.show(…) takes it up"),
        ("lumen.show('t1')", 'Take it up with lumen.show("t1").'),
        ("next(lumen.stream(['t1']))", 'Take it up with lumen.show("t1").'),
    ],
)
def test_ctrl_c_before_there_is_a_task_names_what_a_notebook_has(
    code: str, advice: str, published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """While the service has not answered a submit, or a task's id is looked up."""
    asked, answered = threading.Event(), threading.Event()

    def hold(server: FaultServer, connection: socket) -> None:
        read_request(server, connection)
        asked.set()
        answered.wait(PATIENCE)

    with FaultServer(hold) as server:
        lumen.use(lumen.LumenClient(KEY, server.url))
        shell = InteractiveShell.instance()
        shell.user_ns |= {"lumen": lumen}
        _interrupt_once(asked)
        shell.run_cell(code)
        answered.set()
    said = capsys.readouterr().out

    assert "KeyboardInterrupt: Stopped waiting" in said
    assert advice in said
    assert "client" not in said
    assert not any("client" in text for text in published.texts(0))


@pytest.mark.parametrize(
    "code",
    [
        "lumen.generate('a fox', sise='16:9')",
        "lumen.edit('snow', (1 / 0 for _ in range(3)))",
        "lumen.edit('snow', Stops())",
        "lumen.inpaint('snow', picture, Breaks())",
        "lumen.edit('snow', picture, client=hosted_by(Stops().read))",
    ],
    ids=["misspelt", "a generator", "Ctrl-C as it is read", "a mask", "Ctrl-C as it is uploaded"],
)
def test_a_cell_says_that_nothing_was_sent_whatever_ended_its_call(
    code: str, published: Published, tmp_path: Path
) -> None:
    """An error of Python's own or of the user's code, and Ctrl-C, may come before anything left."""

    class Stops:
        def seekable(self) -> bool:
            return False

        def read(self, *_: object) -> bytes:
            signal.raise_signal(signal.SIGINT)
            # on another thread than the one that it interrupts
            threading.Event().wait(0.5)
            return b""

    class Breaks:
        def __lumen_mask__(self) -> object:
            raise ZeroDivisionError

    def hosted_by(upload: Any) -> lumen.LumenClient:
        hosting = lumen.CallableHosting(upload)
        return lumen.LumenClient(KEY, ORIGIN, journal=tmp_path, hosting=hosting)

    lumen.use(lumen.LumenClient(KEY, ORIGIN, journal=tmp_path))
    shell = InteractiveShell.instance()
    shell.user_ns |= {"lumen": lumen, "picture": png(), "Stops": Stops, "Breaks": Breaks}
    shell.user_ns["hosted_by"] = hosted_by
    assert not shell.run_cell(code).success

    assert published.texts(0)[-1] == "✗ No task was made, and nothing was spent."


def test_a_wait_that_is_over_names_what_a_notebook_has(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same words after the fifteen minutes that a cell waits at most."""
    use_offline_account()
    request = Request("generations", {"prompt": "a fox", "model": "m"})
    task = StagedTask("t1", request, status="processing").task
    shell = InteractiveShell.instance()
    shell.user_ns |= {"lumen": lumen, "task": task}
    shell.run_cell("for _ in lumen.stream(task, timeout=0): pass")
    said = capsys.readouterr().out

    assert 'Take it up with lumen.show("t1").' in said
    assert "client" not in said
    assert published.texts(0)[-1].endswith('lumen.show("t1")')


def test_marimo_is_told_how_a_task_shows_its_pictures() -> None:
    """There no output is replaced later, so the task does not promise one."""
    task = StagedTask("t1", Request("generations", {"prompt": "a fox", "model": "m"})).task

    assert task._mime_() == (
        "text/plain",
        "<Task t1 queued …>: its wait(), in another cell, shows its pictures.",
    )


def test_an_interrupted_script_names_no_cell() -> None:
    """In a script there is no cell to show pictures in: what the client says is left as it is."""
    use_offline_account()
    with pytest.raises(KeyboardInterrupt) as raised:
        lumen.show(_endless("t1"))

    assert "cell" not in str(raised.value)


@pytest.mark.usefixtures("published")
def test_what_the_sandbox_refuses_is_its_message_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cell shows what to do, as it does for every other error, and no stack of ours."""
    monkeypatch.setenv("LUMEN_SANDBOX", "off")
    shell = InteractiveShell.instance()
    shell.user_ns["lumen"] = lumen
    shell.run_cell("lumen.sandbox.settings(latency=(1, 2))")
    said = capsys.readouterr().out

    assert said.startswith("SandboxError: ")
    assert said.strip().count("\n") == 0


def test_an_array_without_dimensions_is_no_list() -> None:
    """It says that it can be gone through, and raises an error of numpy's where one tries."""
    client, one = lumen.LumenClient(KEY, "http://127.0.0.1:9", journal=False), np.array(2)
    given: list[Callable[[Any], Any]] = [
        lambda value: list(client.as_completed(value)),
        lambda value: list(client.stream(value)),
        lambda value: list(lumen.stream(value)),
        lambda value: lumen.LumenClient(KEY, allow_hosts=value),
        lumen.show,
        lumen.Gallery,
        lumen.TaskPanel,
    ]
    for call in given:
        with pytest.raises(lumen.InvalidRequest):
            call(one)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    "call",
    [partial(lumen.generate, "a fox"), partial(lumen.generate, "a fox", wait=False)],
    ids=["waiting", "not waiting"],
)
def test_wherever_ctrl_c_hits_a_call_it_says_what_became_of_the_task(
    call: Callable[[], object],
) -> None:
    """Once the service took it, the task is named, also while the cell is about to show it."""
    said: list[str] = []

    def generate() -> None:
        # Python swallows what is raised where it collects garbage
        said.append("not interrupted")
        try:
            call()
        except KeyboardInterrupt as stopped:
            said[-1] = str(stopped)
            raise

    with serving() as service:
        service.statuses["*"] = [service.succeeded("a.png")]
        lumen.use(lumen.LumenClient(KEY, service.server.url, journal=False))
        generate()
        # a call that waits has about 300 instants in this package
        for instant in range(1, 400):
            taken = len(service.server.posts)
            place = interrupt(generate, instant, own=(str(Path(calls.__file__).parent),))
            if place is None:
                break
            if len(service.server.posts) > taken and said[-1] != "not interrupted":
                assert f'lumen.show("task-{taken + 1}")' in said[-1], place
    assert said.count("not interrupted") < 20
    assert sum("lumen.show" in one for one in said) > 100
