"""How many files a call passes through: what somebody has to read who wants to follow it."""

from __future__ import annotations

import pytest

from tests.tools.trace_call import trace

pytestmark = pytest.mark.slow

# it was 61 when every option of the client reached into its middle
_MOST_FILES = 40


def test_a_prompt_reaches_its_pictures_through_few_files() -> None:
    """From the call in a cell to the pictures, in all threads, few files take part."""
    counts = trace("generate", runs=1)

    assert counts["files"] <= _MOST_FILES, "\n".join(counts["touched"])
