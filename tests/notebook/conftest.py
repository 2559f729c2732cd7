"""A kernel's IPython in this process, and what it publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher

from tests.ipython import running_ipython

if TYPE_CHECKING:
    from collections.abc import Iterator


class Published:
    """The outputs that were published, as plain text.

    Parameters
    ----------
    bundles
        What the publisher has taken so far, the first first; it may grow.

    """

    def __init__(self, bundles: list[dict[str, Any]]) -> None:
        self._bundles = bundles

    def texts(self, output: int) -> list[str]:
        """Return what stood in one output, by its number, from its first bundle to its last."""
        named = [(one["transient"]["display_id"], one["data"]) for one in self._bundles]
        ids = list(dict.fromkeys(name for name, _ in named))
        return [data["text/plain"] for name, data in named if name == ids[output]]

    def pictures(self) -> list[str]:
        """Return the words of each output that shows pictures now, in the order of the outputs."""
        now = {one["transient"]["display_id"]: one["data"] for one in self._bundles}
        shown = (one for one in now.values() if {"image/jpeg", "image/png"} & set(one))
        return [data["text/plain"] for data in shown]


@pytest.fixture
def published() -> Iterator[Published]:
    """Run an IPython that has a kernel, and return what it publishes."""
    with running_ipython() as shell:
        shell.display_pub = CapturingDisplayPublisher()
        shell.kernel = object()  # type: ignore[attr-defined] # a kernel's shell has one
        yield Published(shell.display_pub.outputs)
