"""How the sandbox behaves: what can be set while it runs, and the checks of what is set.

Settings live as long as the server; a new one starts with the defaults, so that last week's
failures do not surprise today's class.
"""

from __future__ import annotations

import math
import os
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from lumen_widgets.sandbox.engine.job import Redrawing
from lumen_widgets.sandbox.errors import invalid
from lumen_widgets.sandbox.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable

# Ten minutes: longer than any model takes.
MAX_LATENCY = 600.0
# By default the cores, and no more than this: each worker takes about 60 MB while it has nothing to
# draw, and one class of a hub shares its cores.
_USUAL_WORKERS = 4
# More than a machine for one person has use for.
MAX_WORKERS = 16
# More is no limit to anybody.
MAX_RATE = 1_000
# More hides the picture.
MAX_GRAIN = 64.0
# More is of no use, and far from SQLite's largest integer.
MAX_CREDITS = 10**12


@dataclass(frozen=True)
class Settings:
    """What can be set.

    Attributes
    ----------
    latency
        Shortest and longest time that a task takes, in seconds; drawing may take longer. The
        default is about what drawing takes: a newcomer's cell waits for nothing else. To see each
        status, set a slower one, such as ``(2, 8)``.
    fail_rate
        The share of tasks that fail, 0 to 1.
    data_uris
        Whether pictures may be ``data:`` URLs; the service does not say that it takes them.
    uploads
        Whether pictures can be uploaded; without, local pictures need hosting, as on the service.
    workers
        How many pictures may be drawn at once, each in a process of its own: the cores that this
        process may use, four at most. A process takes about 60 MB, and to draw 1024 x 1024 another
        50 MB; together they have at most as many pixels in work as a picture of 4096 x 4096 has.
    redraw_grain
        The standard deviation of the grain that ``sandbox-redraws`` adds to a picture, in levels;
        0 adds none, for those who measure sharpness. Its drift, colours and blur stay as they are.
    redraw_changed
        The share of what lies outside of the mask that ``sandbox-redraws`` paints as something
        else, 0 to 1; by default none. Both are those of the moment in which a task is submitted.
    rate_limit
        At most so many submits in so many seconds, such as ``(2, 10)``: what comes sooner is
        answered 429, with how long to wait. None, the default, is no limit.
    revoked
        Whether the API key is revoked: the API then refuses it, until it is no more.
    models
        The codes of the models that the key's group has, all that there are by default; another one
        is answered 404. None is all of them.

    """

    latency: tuple[float, float] = (0.2, 0.5)
    fail_rate: float = 0.0
    data_uris: bool = False
    uploads: bool = True
    workers: int = field(default_factory=lambda: min(_USUAL_WORKERS, _cores()))
    redraw_grain: float = Redrawing().grain
    redraw_changed: float = Redrawing().changed
    rate_limit: tuple[int, float] | None = None
    revoked: bool = False
    models: tuple[str, ...] = tuple(MODELS)

    @property
    def redrawing(self) -> Redrawing:
        """What models that redraw do beyond what they always do."""
        return Redrawing(self.redraw_grain, self.redraw_changed)

    def changed(self, changes: dict[str, Any]) -> Settings:
        """Return these settings with some changed.

        Raises
        ------
        Refusal
            400, if a name is unknown or a value cannot be; nothing is changed then.

        """
        known = [setting.name for setting in fields(self)]
        for name in changes:
            if name not in known:
                names = ", ".join([*known, "credits"])
                raise invalid(f"there is no setting {name[:100]!r}; there are {names}")
        values: dict[str, Any] = {name: _CHECKS[name](changes[name]) for name in changes}
        return replace(self, **values)

    def as_dict(self) -> dict[str, Any]:
        """Return all settings, to be written as JSON."""
        return asdict(self)


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


def _up_to(most: float, name: str) -> Callable[[Any], float]:
    """Return a check that a setting is a number from 0 to the most that it may be."""

    def checked(value: Any) -> float:
        number = _number(value)
        if not 0 <= number <= most:
            raise invalid(f"{name} must be a number, 0 to {most:g}")
        return number

    return checked


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise invalid("data_uris, uploads and revoked must be true or false")
    return value


def _rate_limit(value: Any) -> tuple[int, float] | None:
    if value is None:
        return None
    if isinstance(value, list | tuple) and len(value) == 2:  # noqa: PLR2004 - a pair
        most, window = value[0], _number(value[1])
        whole = isinstance(most, int) and not isinstance(most, bool)
        if whole and 1 <= most <= MAX_RATE and 0 < window <= MAX_LATENCY:
            return most, window
    raise invalid(
        f"rate_limit must be how many tasks (1 to {MAX_RATE}) in how many seconds "
        f"(at most {MAX_LATENCY:g}), or null"
    )


def _models(value: Any) -> tuple[str, ...]:
    if value is None:
        return tuple(MODELS)
    if isinstance(value, list | tuple) and set(MODELS).issuperset(map(str, value)):
        return tuple(code for code in MODELS if code in value)
    raise invalid(f"models must be some of {', '.join(MODELS)}, or null for all")


def _workers(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_WORKERS:
        raise invalid(f"workers must be a whole number, 1 to {MAX_WORKERS}")
    return value


def _cores() -> int:
    """Return how many cores this process may use, which in a container are not the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_CHECKS = {
    "latency": _latency,
    "fail_rate": _up_to(1, "fail_rate"),
    "data_uris": _switch,
    "uploads": _switch,
    "workers": _workers,
    "redraw_grain": _up_to(MAX_GRAIN, "redraw_grain"),
    "redraw_changed": _up_to(1, "redraw_changed"),
    "rate_limit": _rate_limit,
    "revoked": _switch,
    "models": _models,
}
