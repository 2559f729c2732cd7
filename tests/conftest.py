"""What every test has: no way out of this machine, a home of its own, and the shared servers."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from lumen_widgets.client import prices
from lumen_widgets.client.spending import budget as budgets
from lumen_widgets.core.polling.scheduler import use_scheduler
from lumen_widgets.notebook.account import accounts
from tests import chromium, kernels, network
from tests.jupyter import STEP_MS, EmptyPage, Lab
from tests.lab_server import LabServer
from tests.sandboxes import SandboxServer, serving, stop_left_running

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser

# short enough for a test, long enough that `queued` and `processing` can both be seen
SANDBOX_LATENCY = (0.6, 1.0)

# seconds for a test of a large size, also on a busy machine
_FULL_TIMEOUT = 1800

_outcomes = pytest.StashKey[dict[str, pytest.TestReport]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--full``, ``--quick`` and ``--part``."""
    parser.addoption("--full", action="store_true", help="also run the tests marked full")
    parser.addoption(
        "--quick", action="store_true", help="leave out what is marked browser or slow"
    )
    parser.addoption(
        "--part", choices=["browser", "rest"], help="run what is marked browser, or the rest, alone"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C be heard, and close the way out, for fixtures of the whole run too."""
    config.pluginmanager.register(_NoBrowserTestSkipped())
    config.pluginmanager.register(_LeftOut(config))
    hypothesis.settings.register_profile(
        "lumen",
        # how long an example takes says how busy the machine is
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
        # a change is told by its own faults; the whole run looks for new ones in old code
        derandomize=not config.getoption("--full"),
    )
    hypothesis.settings.load_profile("lumen")
    # a run in the background inherits that Ctrl-C is ignored, and so would what it starts
    signal.signal(signal.SIGINT, signal.default_int_handler)
    network.close()


def pytest_unconfigure() -> None:
    """Open the way out again."""
    network.reopen()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not asked for, and put the browser tests last.

    Of a part that runs by itself, the other tests are left out without a word.
    """
    part = config.getoption("--part")
    if part is not None:
        items[:] = [item for item in items if ("browser" in item.keywords) == (part == "browser")]
    unwanted = set() if config.getoption("--full") else {"full"}
    if config.getoption("--quick"):
        unwanted |= {"browser", "slow"}
    left_out = [item for item in items if not unwanted.isdisjoint(item.keywords)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if unwanted.isdisjoint(item.keywords)]
    for item in items:
        if "full" in item.keywords and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(_FULL_TIMEOUT))
    # Playwright leaves an event loop running in the main thread, where asyncio.run then refuses
    # long files first, so that at the end no process waits for another one
    long = {item.path for item in items if "slow" in item.keywords}
    items.sort(key=lambda item: ("browser" in item.keywords, item.path not in long))


class _ByFile(LoadScopeScheduling):  # type: ignore[misc] # xdist ships no types
    """Shares the tests out by the file, so that what a file's tests need is made once.

    All tests of the wheel stay together, since it is built once. Where browser tests run by
    themselves they are shared out one by one: they are long, and need the same things.
    """

    def _split_scope(self, nodeid: str) -> str:
        if self.config.getoption("--part") == "browser":
            return nodeid
        file = nodeid.partition("::")[0]
        return "tests/wheel" if file.startswith("tests/wheel/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByFile:
    """Share the tests out by the file: with pytest 9.2, xdist 3.8 ignores its own groups."""
    return _ByFile(config, log)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes a kernel on the newest one, and with ``--full`` on older ones too."""
    if "kernel" in metafunc.fixturenames:
        older = kernels.OLDER if metafunc.config.getoption("--full") else ()
        metafunc.parametrize("kernel", [kernels.NEWEST, *older], indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep each outcome for the fixtures' own ends."""
    report = yield
    item.stash.setdefault(_outcomes, {})[report.when] = report
    return report


class _LeftOut:
    """Says what ``--quick`` left out, of a run in this process or in several."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._counts: Counter[str] = Counter()

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count by the folder."""
        self._counts.update(item.path.parent.name for item in items)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Hand the counts from a process that runs tests to the one that gathers outcomes."""
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput["left_out"] = dict(self._counts)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take the counts: every process collects the same tests."""
        self._counts = Counter(getattr(node, "workeroutput", {}).get("left_out", self._counts))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say it."""
        if self._config.getoption("--quick"):
            folders = ", ".join(f"{name} {count}" for name, count in self._counts.most_common())
            terminalreporter.write_line(
                f"--quick left out {self._counts.total()} tests in {folders or 'no folder'}; "
                "`python -m tests` runs all but those for --full"
            )


class _NoBrowserTestSkipped:
    """Fails a run that skipped a browser test: it would look like one that passed.

    It reads reports, which reach the process that gathers them from every other one.
    """

    def __init__(self) -> None:
        self._skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a browser test that was skipped."""
        if report.skipped and "browser" in report.keywords and not hasattr(report, "wasxfail"):
            self._skipped.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Fail the run."""
        if self._skipped and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which were skipped."""
        for name in self._skipped:
            terminalreporter.write_line(
                f"FAILED {name} - a browser test may not be skipped", red=True
            )


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test a LUMEN_HOME of its own, and none of the settings of the user who runs it."""
    for name in os.environ.keys() - {"LUMEN_CHROMIUM"}:
        if name.startswith("LUMEN_"):
            monkeypatch.delenv(name)
    # nor the key in their keyring, which may also ask for a password
    monkeypatch.setitem(sys.modules, "keyring", None)
    home = tmp_path / "lumen-home"
    monkeypatch.setenv("LUMEN_HOME", str(home))
    yield
    stop_left_running(home)


@pytest.fixture(autouse=True)
def _own_budget(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test a count of its own, and none of the prices that another one set."""
    monkeypatch.setattr(budgets, "_current", budgets.Budget())
    yield
    prices.clear()


@pytest.fixture(autouse=True)
def _own_account() -> Iterator[None]:
    """Let each test begin as a new kernel does, with no account chosen."""
    yield
    accounts.forget()


@pytest.fixture(autouse=True)
def _own_scheduler() -> Iterator[None]:
    """Give each test a scheduler of its own: nothing learnt before it, nothing polled after it."""
    before = use_scheduler(None)
    yield
    last = use_scheduler(before)
    if last is not None:
        last.close()


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    """Fail a test that tried to leave this machine, even if it swallowed the error."""
    network.attempts.clear()
    yield
    assert not network.attempts, f"tried to reach {network.attempts}"


@pytest.fixture
def decodes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows with every picture that Pillow decodes here, by whatever way."""
    import PIL.Image

    found: list[str] = []
    real = PIL.Image._getdecoder  # the one place that all formats pass

    def counted(mode: str, *args: Any, **settings: Any) -> Any:
        found.append(mode)
        return real(mode, *args, **settings)

    monkeypatch.setattr("PIL.Image._getdecoder", counted)
    return found


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    """One sandbox for the whole run, in a home of its own, quicker than a real service."""
    with serving(tmp_path_factory.mktemp("sandbox")) as server:
        server.set(latency=SANDBOX_LATENCY)
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    from playwright.sync_api import sync_playwright

    path = chromium.find()
    if path is None:
        pytest.fail(chromium.ADVICE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=list(chromium.FLAGS), timeout=STEP_MS
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def lab_server(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[LabServer]:
    """One JupyterLab server for the whole run."""
    with LabServer(tmp_path_factory.mktemp("jupyterlab")) as server:
        # before a page asks which kernels there are, which it does once a minute
        for version in kernels.OLDER if pytestconfig.getoption("--full") else ():
            kernels.install(version, server.data)
        yield server


@pytest.fixture
def kernel(lab_server: LabServer, request: pytest.FixtureRequest) -> str:
    """Name of a kernel that JupyterLab offers: each that widgets must work on, in turn."""
    version: str = request.param
    if version == kernels.NEWEST:
        return version
    return kernels.install(version, lab_server.data)


@pytest.fixture(scope="session")
def empty_pages() -> dict[float, EmptyPage]:
    """Pages of JupyterLab that the tests before have left."""
    return {}


@pytest.fixture
def lab(
    lab_server: LabServer,
    browser: Browser,
    empty_pages: dict[float, EmptyPage],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> Iterator[Lab]:
    """JupyterLab in a browser, without the notebooks and kernels of the tests before.

    When a test fails, pictures of its pages are left in its ``tmp_path``.
    """
    opened = Lab(lab_server, browser, empty_pages)
    yield opened
    outcome = request.node.stash[_outcomes].get("call")
    passed = outcome is not None and outcome.passed
    if not passed:
        for number, page in enumerate(opened.pages):
            page.screenshot(tmp_path / f"page-{number}.png")
    # what a failed test left in a page would be the next one's
    opened.close(keep=passed)
