"""How the sandbox behaves: what can be set while it runs, and the checks of what is set.

Settings live as long as the server; a new one starts with the defaults, so that last week's
failures do not surprise today's class.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from lumen_widgets.sandbox.errors import invalid

# Ten minutes: longer than any model takes.
MAX_LATENCY = 600.0
# More is of no use, and far from SQLite's largest integer.
MAX_CREDITS = 10**12


@dataclass(frozen=True)
class Settings:
    """What can be set.

    Attributes
    ----------
    latency
        Shortest and longest time that a task takes, in seconds; drawing may take longer. The
        default is quick, and slow enough that each status is seen.
    fail_rate
        The share of tasks that fail, 0 to 1.
    data_uris
        Whether pictures may be ``data:`` URLs; the service does not say that it takes them.
    uploads
        Whether pictures can be uploaded; without, local pictures need hosting, as on the service.

    """

    latency: tuple[float, float] = (1.5, 3.0)
    fail_rate: float = 0.0
    data_uris: bool = False
    uploads: bool = True

    def changed(self, changes: dict[str, Any]) -> Settings:
        """Return these settings with some changed.

        Raises
        ------
        Refusal
            400, if a name is unknown or a value cannot be; nothing is changed then.

        """
        known = [field.name for field in fields(self)]
        for name in changes:
            if name not in known:
                names = ", ".join([*known, "credits"])
                raise invalid(f"there is no setting {name[:100]!r}; there are {names}")
        values: dict[str, Any] = {name: _CHECKS[name](changes[name]) for name in changes}
        return replace(self, **values)

    def as_dict(self) -> dict[str, Any]:
        """Return all settings, as JSON has them."""
        return {**asdict(self), "latency": list(self.latency)}


def checked_credits(value: Any) -> int:
    """Return a balance that is to be set; refuses what is not 0 to 10¹²."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_CREDITS:
        raise invalid("credits must be a whole number, 0 or more")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value) if abs(value) <= MAX_LATENCY else math.nan


def _latency(value: Any) -> tuple[float, float]:
    pair = [_number(part) for part in value] if isinstance(value, list | tuple) else []
    if len(pair) == 2 and 0 <= pair[0] <= pair[1]:  # noqa: PLR2004 - shortest and longest
        return pair[0], pair[1]
    raise invalid(
        f"latency must be two numbers of seconds, 0 <= shortest <= longest <= {MAX_LATENCY:g}"
    )


def _fail_rate(value: Any) -> float:
    rate = _number(value)
    if not 0 <= rate <= 1:
        raise invalid("fail_rate must be a number, 0 to 1")
    return rate


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise invalid("data_uris and uploads must be true or false")
    return value


_CHECKS = {
    "latency": _latency,
    "fail_rate": _fail_rate,
    "data_uris": _switch,
    "uploads": _switch,
}
