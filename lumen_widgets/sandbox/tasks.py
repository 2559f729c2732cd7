"""A task: one accepted submit, from queued to its end, and what the API says of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.sandbox.task_spec import TaskSpec

Status = Literal["queued", "processing", "succeeded", "failed"]


@dataclass(frozen=True)
class Outcome:
    """How a task's work ended: the names of its pictures, or else why there are none."""

    pictures: tuple[str, ...] = ()
    code: str = ""
    message: str = ""

    @property
    def failed(self) -> bool:
        """Whether there is a reason instead of pictures."""
        return bool(self.code)


@dataclass(frozen=True)
class Task:
    """One accepted submit.

    Attributes
    ----------
    created
        Unix seconds, as all times here.
    outcome
        How the work ended; None until then. It may be known before the status says so, since a
        task takes at least as long as the latency setting says.

    """

    id: str
    status: Status
    created: float
    spec: TaskSpec
    outcome: Outcome | None = None

    def accepted(self) -> dict[str, Any]:
        """Return the answer to the submit."""
        return {"id": self.id, "status": self.status, "created": int(self.created)}

    def answer(self, url_of: Callable[[str], str]) -> dict[str, Any]:
        """Return the answer to the status call, which is also what a webhook carries.

        Parameters
        ----------
        url_of
            Makes a picture's URL of its name.

        Returns
        -------
        dict
            ``id`` and ``status``; ``data`` once succeeded, ``error`` once failed.

        """
        answer: dict[str, Any] = {"id": self.id, "status": self.status}
        if self.outcome is not None and self.status == "succeeded":
            answer["data"] = [{"url": url_of(name)} for name in self.outcome.pictures]
        if self.outcome is not None and self.status == "failed":
            answer["error"] = {"code": self.outcome.code, "message": self.outcome.message}
        return answer


def share(seed: int, purpose: str) -> float:
    """Return a number in [0, 1) that looks random and is the same for the same seed and purpose.

    So a submit with a seed of its own fails, or takes its time, the same way each time.
    """
    digest = hashlib.sha256(f"{purpose} {seed}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
