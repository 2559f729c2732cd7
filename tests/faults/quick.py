"""A client in a hurry: every wait of its own made short, and nothing else about it changed."""

from __future__ import annotations

from lumen_widgets.core.pictures.downloads import DownloadLimits
from lumen_widgets.core.timing import Timing
from tests.faults.sayings import LARGEST_PICTURE

# Seconds for a submit, far above what one takes here and far below what a person would set.
TIMEOUT = 0.5

# The order of things, how often they are tried and what they mean stay as they are.
TIMING = Timing(
    busy_waits=(0.005, 0.01),
    shortest_busy_wait=0.005,
    unreachable_waits=(0.005, 0.01),
    local_interval=0.004,
    local_requests=100_000.0,
    refresh_interval=0.004,
    answer_timeout=0.1,
    longest_answer_timeout=0.2,
    longest_backoff=0.05,
    longest_retry_after=0.05,
    requests=1000,
    requests_window=0.05,
    idle_thread=0.02,
    late_pictures=0.3,
    doubtful_pictures=0.05,
    # A reply that drips for minutes is given up after seconds.
    downloads=DownloadLimits(LARGEST_PICTURE, seconds=2.0, longest_wait=0.15),
)
