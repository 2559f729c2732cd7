"""The history as a cell shows it: plain HTML that needs no kernel, and plain text.

Nothing in it is markup that came from a prompt or a server. It names no colour, so that it reads
well on any page, and it has no style sheet, since a page may leave that out.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from lumen_widgets.client.spending.prices import format_credits
from lumen_widgets.core.pictures.decoding import media_type_of
from lumen_widgets.core.words import as_written, format_count, strip_controls
from lumen_widgets.notebook.cell import data_uri, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lumen_widgets.notebook.history_entry import HistoryEntry

# characters of a prompt that help to recognise it, in the table and in a line of text
_PROMPT_IN_TABLE, _PROMPT_IN_LINE = 240, 48
# Aligned to the left, since JupyterLab aligns table cells to the right; long words wrap, so that a
# narrow page need not scroll. A page may ignore both.
_CELL = 'align="left" valign="top" style="text-align:left;vertical-align:top"'
_WRAP = _CELL[:-1] + ';overflow-wrap:anywhere"'


def table(entries: Iterable[HistoryEntry], count: int) -> str:
    """Return the entries as an HTML table, with the total.

    Parameters
    ----------
    entries
        The entries to show.
    count
        The total, with those that are not shown.

    """
    shown = list(entries)
    if not count:
        return "<p>No request in this history.</p>"
    rows = "".join(_row(entry) for entry in shown)
    head = "".join(f'<th scope="col" {_CELL}>{name}</th>' for name in ("Pictures", "Request"))
    words = f"{format_count(count, 'request')}, newest first"
    return as_written(
        f"<table><caption>{words}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
        f"</table>{_more(len(shown), count)}"
    )


def text(entries: Iterable[HistoryEntry], count: int) -> str:
    """Return the entries as lines of text, with the total."""
    if not count:
        return "No request in this history."
    shown = list(entries)
    lines = [f"{format_count(count, 'request')}, newest first:"]
    lines += [
        " · ".join(
            [
                f"{entry.when:%Y-%m-%d %H:%M}",
                entry.words,
                *([entry.id] if entry.id else []),
                shortened(entry.prompt, _PROMPT_IN_LINE),
            ]
        )
        for entry in shown
    ]
    if count > len(shown):
        lines.append(f"… and {count - len(shown)} more")
    return strip_controls("\n".join(lines))


def _row(entry: HistoryEntry) -> str:
    facts = [entry.model, str(entry.request.body.get("size") or "")]
    facts += [entry.origin.partition("://")[2], f"{entry.when:%Y-%m-%d %H:%M}"]
    outcome = [entry.words]
    if entry.seconds is not None:
        outcome.append(f"{entry.seconds:.1f} s")
    if entry.credits is not None:
        outcome.append(format_credits(entry.credits))
    task = f" · <code>{_escaped(entry.id)}</code>" if entry.id else ""
    prompt = shortened(entry.prompt, _PROMPT_IN_TABLE) or "(not known here)"
    lines = [
        f'<b dir="auto">{_escaped(prompt)}</b>',
        _escaped(" · ".join(fact for fact in facts if fact)),
        f"{_escaped(' · '.join(outcome))}{task}",
    ]
    return f"<tr><td {_CELL}>{_thumbnails(entry)}</td><td {_WRAP}>{'<br>'.join(lines)}</td></tr>"


def _thumbnails(entry: HistoryEntry) -> str:
    return " ".join(
        f'<img src="{data_uri(data, media_type_of(data) or "")}" alt="{_escaped(alt)}">'
        for data, alt in entry.small_copies()
    )


def _escaped(text: str) -> str:
    return html.escape(strip_controls(text), quote=True)


def _more(shown: int, count: int) -> str:
    if count <= shown:
        return ""
    code = f"<code>lumen.history()[{shown}:]</code>"
    return f"<p>… and {count - shown} more: {code}, or ask for less with text, state or since.</p>"
