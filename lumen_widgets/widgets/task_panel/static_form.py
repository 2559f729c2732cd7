"""What stays of a panel's rows: a table of the tasks, the newest first, with small pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.client.spending.prices import format_credits
from lumen_widgets.core.words import format_count
from lumen_widgets.notebook.cell_status import MASK_ALT, share_words
from lumen_widgets.widgets.static_form import entry, short, without_places
from lumen_widgets.widgets.tasks import charges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumen_widgets.widgets.static_form import StaticParts
    from lumen_widgets.widgets.task_panel.messages import TaskRow
    from lumen_widgets.widgets.task_panel.row import PanelRow

# a longer table is not read; lumen.history() lists everything
MOST_ROWS = 60
# bytes of the table, and what is kept free below it
_MOST_BYTES, _FREE = 100_000, 2_000
# characters of a prompt, of what went wrong, and of a model's name
_PROMPT, _ERROR, _MODEL = 240, 300, 80

_STATES = {
    "sending": "Sending",
    "refused": "Not accepted",
    "unknown": "Outcome unknown",
    "cancelled": "Cancelled by the service",
}


class StaticRow(NamedTuple):
    """What stays of one row.

    Attributes
    ----------
    shown, text
        Its HTML, and the same in a line of words.
    host
        Who charges; empty for the sandbox.

    """

    shown: str
    text: str
    host: str


def static_row(row: PanelRow) -> StaticRow:
    """Return what stays of a row as it is now; its picture may have to be drawn first."""
    told = row.current()
    if told["pictured"] and row.thumbnail is None:
        row.draw()
    prompt = short(told["prompt"], _PROMPT) or "(not known here)"
    facts = " · ".join(_facts(told))
    trouble = f"No news when this was saved: {told['trouble']}" if told["trouble"] else ""
    words = [*_error_words(told), *filter(None, (trouble, told["notice"]))]
    lines = [short(without_places(one), _ERROR) for one in words]
    pictures = [(row.thumbnail, f"Pictures of: {prompt}" if told["arrived"] > 1 else prompt)]
    pictures += [(row.mask, MASK_ALT)]
    shown = entry(pictures, prompt, facts, told["id"], *lines)
    text = " · ".join([prompt, facts, *([told["id"]] if told["id"] else [])])
    return StaticRow(shown, text, told["host"])


def add_rows(parts: StaticParts, rows: Sequence[StaticRow], count: int) -> None:
    """Add a table of rows, as many as there is room for, and how many there are beside them.

    Parameters
    ----------
    parts
        The form.
    rows
        The newest rows, the newest first.
    count
        How many rows there are.

    """
    if not rows:
        parts.add_words("No tasks.")
        return
    left, chosen = min(_MOST_BYTES, parts.left - _FREE), list[StaticRow]()
    for one in rows:
        left -= len(one.shown.encode())
        if left < 0:
            break
        chosen.append(one)
    if not chosen:
        parts.add_words(f"{format_count(count, 'task')}: lumen.history() lists them.")
        return
    text = "\n".join(f"- {one.text}" for one in chosen)
    parts.add_entries(("Pictures", "Task"), [one.shown for one in chosen], text)
    if count > len(chosen):
        parts.add_words(f"… and {count - len(chosen)} more: lumen.history() lists them.")


def _facts(told: TaskRow) -> list[str]:
    status, incomplete = told["status"], _is_incomplete(told)
    state = _STATES.get(status, status.capitalize())
    if incomplete:
        arrived = told["arrived"]
        state = f"Only {format_count(arrived, 'picture')}" if arrived else "No pictures"
    if told["running"] or told["group"] == "running":
        state = f"{state}, when this was saved"
    elif not told["watched"] and told["group"] == "open":
        state = f"{state}, no longer watched"
    facts = [short(told["model"], _MODEL), state]
    if told["elapsed"] is not None and not told["running"]:
        facts[-1] += f" after {told['elapsed']:.1f} s"
    if told["arrived"] and not incomplete:
        facts.append(format_count(told["arrived"], "picture"))
    if told["repaints"] is not None:
        facts.append(f"repaints {share_words(told['repaints'])}")
    facts.append(_charge_words(told))
    return [one for one in facts if one]


def _is_incomplete(told: TaskRow) -> bool:
    """Return whether a row tells of pictures that are missing, of a task that did not fail."""
    failed = {"failed", "cancelled", "refused", "unknown"}
    return told["error"] is not None and not told["running"] and told["status"] not in failed


def _charge_words(told: TaskRow) -> str:
    if not charges(told["host"]):
        return ""
    amount = None if told["credits"] is None else format_credits(told["credits"])
    if told["charge"] == "refunded":
        return "Credits refunded" if amount is None else f"{amount} refunded"
    if told["charge"] == "unknown":
        return "Credits may have been charged"
    return amount or "" if told["charge"] == "charged" else ""


def _error_words(told: TaskRow) -> list[str]:
    error = told["error"]
    return [] if error is None else [f"{error['message']} {error['next_step']}".strip()]
