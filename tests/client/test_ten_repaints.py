"""Ten repaints in a row by the sandbox's model that redraws everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lumen_widgets.client import LumenClient
from tests.tools.ten_repaints import differences, places, repainted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandboxes import SandboxServer

pytestmark = pytest.mark.slow


def test_what_was_never_masked_is_bit_identical_to_the_first_picture(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    """Each begins with what came of the one before; the same with `exact=False` drifts away."""
    client = LumenClient(sandbox.api_key, sandbox.url, journal=tmp_path / "journal")
    source = client.generate("a harbour with three boats", size="384x288").wait(120)[0]
    exact = repainted(client, source, exact=True)
    as_sent = repainted(client, source, exact=False)
    untouched = ~np.logical_or.reduce(places(source.width, source.height))

    assert (exact.to_numpy()[untouched] == source.to_numpy()[untouched]).all()
    assert not (exact.to_numpy() == source.to_numpy()).all()
    # the tool enlarges them sixfold: more than eight levels, in the mean
    assert differences(as_sent, source)[untouched].mean() > 48
