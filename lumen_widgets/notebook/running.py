"""Runs one call in a cell: it is sent, followed, and shown, or said why it was not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lumen_widgets.client import Request
from lumen_widgets.core.models import GENERATE
from lumen_widgets.notebook.account import current
from lumen_widgets.notebook.background import Background
from lumen_widgets.notebook.cell import in_notebook
from lumen_widgets.notebook.following import LONGEST_WAIT, follow
from lumen_widgets.notebook.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client import LumenClient, Pictures, Task


def run(
    submit: Callable[[LumenClient], Task],
    client: LumenClient | None,
    *,
    wait: bool,
    reuse: bool,
    model: str,
    n: int | None,
    extra: Mapping[str, Any] | None,
) -> Pictures | Task:
    """Submit a task, and show in this cell what becomes of it.

    Parameters
    ----------
    submit
        Submits it with a client.
    client, wait, reuse
        As `generate` takes them.
    model, n, extra
        What it will cost depends on these; they are not checked yet.

    """
    account = current(client)
    status = Status(account, _priced(model, n, extra), reuse=reuse)
    try:
        task = submit(account.client)
    except BaseException as error:
        status.not_sent(error)
        raise
    if task.reused:
        status.paid_before()
    if not wait:
        if in_notebook():
            Background(task, status)
        return task
    for _ in follow([task], timeout=LONGEST_WAIT, status=status):
        pass
    pictures = task.wait(0)
    if in_notebook():
        pictures.hush()
    return pictures


def _priced(model: object, n: object, extra: object) -> Request:
    """Return as much of a request as its price depends on."""
    body = {"model": model} if n is None else {"model": model, "n": n}
    return Request(GENERATE, {**body, **extra} if isinstance(extra, Mapping) else body)
