"""The task panel in JupyterLab, as somebody uses it with a mouse, with keys, and after a reload."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import expect

from tests.browser.access import faults, make_narrow, too_wide

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.jupyter import Lab, NotebookPage

pytestmark = pytest.mark.browser

_BEGIN = (
    'import lumen_widgets as lumen\nlumen.use("sandbox")\n'
    "from lumen_widgets.notebook.account import current\n"
    "account = current(); client = account.client\n"
    "_ = lumen.sandbox.settings(latency=(0.6, 1.0))"
)
_PANEL = "panel = lumen.TaskPanel(); panel"
_FAILED = (
    'bad = client.generate("an owl", model="sandbox-always-fails"); '
    "_ = list(client.as_completed([bad]))"
)
# a call of which nobody knows what became, without breaking a connection for it
# a task that the service has and of which this kernel knows nothing
_ELSEWHERE = """
import requests
box = lumen.sandbox.start()
made = requests.post(box.url + "/v1/images/generations", timeout=30,
                     json={"prompt": "a whale", "model": "gpt-image-2-low"},
                     headers={"Authorization": "Bearer " + box.api_key}).json()["id"]
"""
_UNKNOWN = """
from lumen_widgets.client import SubmitOutcomeUnknown
from lumen_widgets.notebook.submission import Submission
def lost(client, correlation_id):
    raise SubmitOutcomeUnknown("The connection was lost.", may_have_cost=True,
                               next_step="Look in the service's console.")
submission = Submission(lost, account=account, prompt="a whale", model="gpt-image-2-low")
submission.start(); panel.add(submission)
"""
# a service of this kernel's own, whose tasks run on, and which can be down
_OUTAGE = """
import json, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import lumen_widgets as lumen
class Service(BaseHTTPRequestHandler):
    is_down = False
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.reply(200, {"id": "a1b2c3", "status": "queued"})
    def do_GET(self):
        if self.is_down:
            self.reply(503, {"error": {"message": "We are being repaired."}})
        else:
            self.reply(200, {"id": "a1b2c3", "status": "processing"})
    def reply(self, status, said):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())
    def log_message(self, *_):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
client = lumen.LumenClient("sk-lumen-example", url, journal=False)
panel = lumen.TaskPanel([client.generate("a red fox")]); panel
"""
# tasks of an account whose service is never asked
_MANY = """
lumen.use(lumen.LumenClient("sk-lumen-example", "http://127.0.0.1:9", journal=False))
from lumen_widgets.client import Request, Task
from lumen_widgets.core.task import TaskState
requests = [Request("generations", {"prompt": f"picture {i} " + "of a sea " * (i % 40),
                                    "model": "m"}) for i in range(10_000)]
states = [TaskState(f"task-{i}", request, origin="http://127.0.0.1:9", status="processing")
          for i, request in enumerate(requests)]
tasks = [Task(state) for state in states]
def end(i):
    states[i].finish(status="succeeded"); states[i].signal.send(tasks[i])
panel = lumen.TaskPanel(tasks); panel
"""


# notes every name that a button has, however briefly
_NOTE_LABELS = """(button) => {
  window.lumenLabels = [];
  new MutationObserver(() => window.lumenLabels.push(button.getAttribute("aria-label")))
    .observe(button, { attributes: true });
}"""


def _panel(notebook: NotebookPage, index: int) -> Locator:
    return notebook.cell_output(index).locator(".lumen-tasks")


def _states(panel: Locator) -> Locator:
    return panel.locator(".lumen-task-state")


def test_a_panel_of_every_task_shows_how_each_ends_and_sends_a_failed_one_again(lab: Lab) -> None:
    """Later tasks get rows; a refund is shown; filters find them; another try works."""
    notebook = lab.open(
        [
            f"{_BEGIN}\n_ = lumen.sandbox.settings(latency=(2, 2))",
            _PANEL,
            'good = client.generate("a red fox")',
            'bad = client.generate("an owl", model="sandbox-always-fails"); bad.stop_watching()',
            "_ = list(client.as_completed([bad]))",
        ]
    )
    notebook.run_cell(0)
    notebook.run_cell(1)
    panel = _panel(notebook, 1)
    expect(panel).to_contain_text("No tasks yet")
    expect(panel).to_contain_text("Sandbox on this machine")
    notebook.run_cell(2)
    notebook.run_cell(3)
    # a failure is a change only for a page that was told of the task before it
    expect(_states(panel)).to_have_text(["No longer watched", "Succeeded"])
    notebook.run_cell(4)
    expect(_states(panel)).to_have_text(["Failed", "Succeeded"])
    failed, succeeded = panel.locator(".lumen-task").all()
    expect(failed).to_contain_text("Sandbox credits refunded")
    expect(failed).to_contain_text("submit it again")
    expect(succeeded.locator(".lumen-task-thumbnail")).to_be_visible()
    # in minutes and seconds where it took ten seconds or more
    elapsed = succeeded.locator(".lumen-task-elapsed")
    expect(elapsed).to_have_text(re.compile(r"^(\d\.\d s|\d+:\d\d)$"))
    expect(succeeded.locator("code")).to_have_text(re.compile(r'^lumen\.show\("\w+"\)$'))
    expect(panel.locator("[role=alert]")).to_have_text("Failed: an owl")

    panel.get_by_role("radio", name="Failed 1").check()
    expect(panel.locator(".lumen-task-prompt")).to_have_text(["an owl"])
    panel.get_by_role("searchbox").fill("fox")
    expect(panel).to_contain_text("No task fits this filter.")
    panel.get_by_role("button", name="Show all").click()
    expect(_states(panel)).to_have_count(2)

    panel.get_by_role("button", name="Try again").click()
    expect(_states(panel)).to_have_text(["Failed", "Failed", "Succeeded"])
    expect(panel.locator(".lumen-task").first).to_be_focused()
    assert notebook.errors == []


def test_an_outage_is_said_in_the_row_and_goes_when_it_is_over(lab: Lab) -> None:
    """The row says why there is no news and that asking goes on; nothing is left of it after."""
    notebook = lab.open([_OUTAGE, "Service.is_down = True", "Service.is_down = False"])
    notebook.run_cell(0)
    panel = _panel(notebook, 0)
    trouble = panel.locator(".lumen-task-trouble")
    expect(_states(panel)).to_have_text(["Processing"])
    expect(trouble).to_be_hidden()
    notebook.run_cell(1)
    expect(trouble).to_have_text(
        "No news at the moment. The service, or the model behind it, failed. It says: We are being "
        "repaired. The notebook goes on asking by itself, and nothing has to be sent again."
    )
    expect(_states(panel)).to_have_text(["Processing"])
    expect(panel.locator("[role=status]")).to_contain_text("no news at the moment")
    assert faults(panel, ".lumen-tasks") == []
    make_narrow(panel)
    assert too_wide(panel) == []
    notebook.run_cell(2)
    expect(trouble).to_be_hidden()
    assert notebook.errors == []


def test_two_views_stay_in_step_while_one_stops_watching_and_goes_on(lab: Lab, kernel: str) -> None:
    """What is done in one view shows in the other; an id is copied without a clipboard API too."""
    notebook = lab.open(
        [
            _BEGIN,
            _PANEL,
            "panel",
            'task = client.generate("a quiet harbour")',
        ],
        kernel=kernel,
    )
    notebook.run_cell(0)
    first, second = _panel(notebook, 1), _panel(notebook, 2)
    with lab.server.drawing_held():
        for index in range(1, 4):
            notebook.run_cell(index)
        expect(_states(second)).to_have_text(re.compile("Queued|Processing"))
        first.get_by_role("button", name="Stop watching").click()
        for panel in (first, second):
            expect(_states(panel)).to_have_text("No longer watched")
        second.get_by_role("button", name="Watch again").click()
        expect(_states(second)).to_have_text(re.compile("Queued|Processing"))
    for panel in (first, second):
        expect(_states(panel)).to_have_text("Succeeded")
        expect(panel.locator(".lumen-task-thumbnail")).to_be_visible()

    page = notebook.page
    page.evaluate("() => Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    copy = first.get_by_role("button", name="Copy the id")
    # it says so for two seconds
    copy.evaluate(_NOTE_LABELS)
    copy.click()
    page.wait_for_function("() => window.lumenLabels.includes('Copied')", polling=50)
    search = first.get_by_role("searchbox")
    search.focus()
    page.keyboard.press("ControlOrMeta+v")
    expect(search).to_have_value(first.locator(".lumen-task-id").text_content() or "no id")
    expect(_states(first)).to_have_count(1)


def test_a_call_of_unknown_outcome_takes_up_the_task_that_the_console_shows(lab: Lab) -> None:
    """A wrong id is refused beside its field, what was typed stays; the right one fills the row."""
    notebook = lab.open(
        [
            _BEGIN,
            f"{_ELSEWHERE}\n{_PANEL}",
            _UNKNOWN,
            "print(made)",
        ]
    )
    for index in range(4):
        notebook.run_cell(index)
    panel = _panel(notebook, 1)
    made = notebook.printed(3)
    row = panel.locator(".lumen-task").filter(has_text="Outcome unknown")
    expect(row).to_contain_text("Look in the service's console.")
    field = row.get_by_label("its id")
    row.get_by_role("button", name="Take up").click()
    expect(row.locator(".lumen-field-error")).to_contain_text("Type or paste the id")
    expect(field).to_be_focused()
    field.fill("nobody-knows-this")
    field.press("Enter")
    expect(row.locator(".lumen-field-error")).to_contain_text("no such task")
    expect(field).to_have_value("nobody-knows-this")
    field.fill(made)
    field.press("Enter")
    expect(_states(panel)).to_have_text(["Succeeded"])
    expect(panel.locator(".lumen-task-thumbnail")).to_be_visible()


def test_a_reload_finds_everything_again(lab: Lab, kernel: str) -> None:
    """The page is another; rows, pictures and what can be done about them are the same."""
    notebook = lab.open(
        [
            _BEGIN,
            _PANEL,
            f'client.generate("a fox").wait()\n{_FAILED}',
        ],
        kernel=kernel,
    )
    for index in range(3):
        notebook.run_cell(index)
    expect(_states(_panel(notebook, 1))).to_have_text(["Failed", "Succeeded"])
    notebook.save()
    notebook.reload(1, ".lumen-tasks")
    panel = _panel(notebook, 1)
    expect(_states(panel)).to_have_text(["Failed", "Succeeded"])
    expect(panel.locator(".lumen-task-thumbnail").last).to_be_visible()
    panel.get_by_role("button", name="Try again").click()
    expect(_states(panel)).to_have_text(["Failed", "Failed", "Succeeded"])


def test_everything_is_done_with_keys_and_tab_always_leaves(lab: Lab) -> None:
    """Filter, list and each row's buttons are reached in order; JupyterLab takes no key of them."""
    notebook = lab.open(
        [
            _BEGIN,
            f"panel = lumen.TaskPanel()\nfor _ in range(4):\n    {_FAILED}\npanel",
        ]
    )
    notebook.run_cell(0)
    notebook.run_cell(1)
    panel, page = _panel(notebook, 1), notebook.page
    expect(_states(panel)).to_have_text(["Failed"] * 4)
    panel.get_by_role("radio", name="All").focus()
    page.keyboard.press("ArrowRight")
    expect(panel).to_contain_text("No task fits this filter.")
    page.keyboard.press("ArrowLeft")
    expect(_states(panel)).to_have_count(4)
    page.keyboard.press("Tab")
    expect(panel.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Tab")
    rows = panel.locator(".lumen-task")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(rows.nth(3)).to_be_focused()
    page.keyboard.press("Tab")
    expect(rows.nth(3).get_by_role("button", name="Try again")).to_be_focused()
    page.keyboard.press("Enter")
    expect(_states(panel)).to_have_text(["Failed"] * 5)
    expect(rows.nth(0)).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    inside = "() => document.activeElement.closest('.lumen-tasks') !== null"
    assert not page.evaluate(inside)
    assert len(page.locator(".jp-CodeCell").all()) == 2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_wider_than_320_pixels(
    lab: Lab, theme: Literal["light", "dark"]
) -> None:
    """Names, roles, contrast and targets are right in every state, in the narrowest place too."""
    every_state = [
        f'good = client.generate("a fox, {"long " * 30}", size="16:9"); good.wait()',
        "import numpy as np; mask = np.eye(64, dtype=bool)",
        'owl = client.inpaint("an owl", np.zeros((64, 64, 3), np.uint8), mask); owl.wait()',
        _FAILED,
        "_ = lumen.sandbox.settings(latency=(300, 300))",
        'stopped = client.generate("a boat"); stopped.stop_watching()',
        'slow = client.inpaint("a tram", np.zeros((64, 64, 3), np.uint8), mask)',
        _PANEL,
    ]
    notebook = lab.open([_BEGIN, "\n".join(every_state), _UNKNOWN], theme=theme)
    for index in range(3):
        notebook.run_cell(index)
    panel = _panel(notebook, 1)
    expect(panel.locator(".lumen-task-thumbnail").last).to_be_visible()
    expect(panel.locator(".lumen-task-mask:visible")).to_have_count(2)
    wide = faults(panel, ".lumen-tasks")
    make_narrow(panel)

    assert wide == []
    assert faults(panel, ".lumen-tasks") == []
    assert too_wide(panel) == []


def _scroll(panel: Locator, part: float) -> None:
    """Scroll to a part of the list, and wait until the screen is full of places of rows."""
    scroller = panel.locator(".lumen-tasks-list")
    scroller.evaluate("(el, part) => { el.scrollTop = part * el.scrollHeight; }", part)
    panel.page.wait_for_function(
        f"(el) => ({_SEEN})(el).gap < 2", arg=scroller.element_handle(), polling=50
    )


def test_of_ten_thousand_rows_those_near_the_screen_are_in_the_page(lab: Lab) -> None:
    """Scrolling, keys and filters reach every row; what changes is shown; the page stays small."""
    notebook = lab.open(["import lumen_widgets as lumen", _MANY, "end(0)"])
    notebook.run_cell(0)
    notebook.run_cell(1)
    panel = _panel(notebook, 1)
    rows = panel.locator(".lumen-task")
    expect(rows.first.locator(".lumen-task-id")).to_have_text("task-9999")
    for part in (0.0, 0.31, 0.77, 1.0):
        _scroll(panel, part)
        seen = panel.locator(".lumen-tasks-list").evaluate(_SEEN)
        assert 3 <= seen["visible"] <= seen["rows"] <= seen["visible"] + 20
        expect(panel.get_by_text("Loading…")).to_have_count(0)

    rows.last.focus()
    notebook.page.keyboard.press("Home")
    expect(rows.first).to_be_focused()
    expect(rows.first).to_have_attribute("aria-posinset", "1")
    expect(rows.first).to_have_attribute("aria-setsize", "10000")
    notebook.page.keyboard.press("End")
    last = panel.locator(".lumen-task:focus")
    expect(last).to_have_attribute("aria-posinset", "10000")
    expect(last.locator(".lumen-task-id")).to_have_text("task-0")
    notebook.run_cell(2)
    ended = panel.locator(".lumen-task").last
    expect(ended.locator(".lumen-task-state")).to_have_text("Succeeded")
    expect(panel.get_by_role("radio", name="Succeeded 1")).to_be_attached()
    panel.get_by_role("searchbox").fill("task-77")
    found = panel.locator("[aria-setsize='111']")
    expect(found.first.locator(".lumen-task-id")).to_have_text("task-7799")
    found.first.focus()
    notebook.page.keyboard.press("End")
    expect(panel.locator(".lumen-task:focus .lumen-task-id")).to_have_text("task-77")
    panel.get_by_role("searchbox").fill("")
    panel.get_by_role("radio", name="Succeeded").check()
    expect(panel.locator(".lumen-task-id")).to_have_text(["task-0"])


def test_each_view_of_many_rows_has_its_own_place_and_both_follow(lab: Lab) -> None:
    """A change in the middle shows where the middle is, and one at the top where the top is."""
    notebook = lab.open(["import lumen_widgets as lumen", _MANY, "panel", "end(5000); end(9999)"])
    for index in range(3):
        notebook.run_cell(index)
    middle, top = _panel(notebook, 1), _panel(notebook, 2)
    middle.get_by_role("searchbox").fill("task-5000")
    expect(middle.locator(".lumen-task-id")).to_have_text(["task-5000"])
    expect(top.locator(".lumen-task-id").first).to_have_text("task-9999")
    notebook.run_cell(3)
    for panel in (middle, top):
        expect(_states(panel).first).to_have_text("Succeeded")
        expect(panel.get_by_role("radio", name="Succeeded 2")).to_be_attached()


def test_many_rows_after_a_reload_while_the_kernel_is_busy_and_when_it_is_gone(lab: Lab) -> None:
    """What is known stays, the panel says that the others wait, and they come when it is free."""
    notebook = lab.open(["import lumen_widgets as lumen", _MANY, ""], own_page=True)
    notebook.run_cell(0)
    notebook.run_cell(1)
    notebook.save()
    _scroll(_panel(notebook, 1), 0.5)
    notebook.reload(1, ".lumen-tasks")
    panel = _panel(notebook, 1)
    ids = panel.locator(".lumen-task-id")
    loading = panel.get_by_text("Loading…")
    expect(ids.first).to_have_text("task-9999")
    _scroll(panel, 0.5)
    expect(loading).to_have_count(0)
    expect(ids.first).to_have_text(re.compile(r"^task-[45]\d{3}$"))
    with notebook.deaf(2):
        known = ids.first.text_content() or "no id"
        _scroll(panel, 0.9)
        expect(loading.first).to_be_visible()
        expect(panel).to_contain_text("The notebook is busy; the other rows come")
        panel.get_by_role("searchbox").fill(known)
        expect(ids).to_have_text([known])
        panel.get_by_role("searchbox").fill("")
        _scroll(panel, 0.8)
        expect(loading.first).to_be_visible()
    expect(loading).to_have_count(0)
    expect(panel).not_to_contain_text("The notebook is busy")
    expect(ids.first).to_have_text(re.compile(r"^task-[12]\d{3}$"))

    notebook.restart_kernel()
    expect(panel).to_contain_text("The kernel that this panel belongs to is gone")
    expect(panel).to_contain_text(re.compile(r"9\d{3} more rows were not loaded"))
    expect(ids.first).to_be_visible()


# rows in the page, rows on screen, and px of the screen above the first or below the last of them
_SEEN = """(el) => {
  const screen = el.getBoundingClientRect();
  const rows = [...el.querySelectorAll("article")].map((row) => row.getBoundingClientRect());
  const visible = rows.filter((row) => row.bottom > screen.top && row.top < screen.bottom);
  const gap = Math.max(rows[0].top - screen.top, screen.bottom - rows.at(-1).bottom);
  return { rows: rows.length, visible: visible.length, gap };
}"""
