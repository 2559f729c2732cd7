"""The model codes that this client knows: what each can do, and what it costs if a user says so.

The service has no call that lists its models or prices. What stands here is what its page says;
users add to `MODELS`. A code that is not in the table is passed through, never refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Endpoint = Literal["generations", "edits", "inpaint"]

GENERATE: Endpoint = "generations"
EDIT: Endpoint = "edits"
INPAINT: Endpoint = "inpaint"

# What people call the three endpoints, for messages.
VERBS: dict[Endpoint, str] = {GENERATE: "generate", EDIT: "edit", INPAINT: "inpaint"}
ENDPOINTS = tuple(VERBS)


@dataclass(frozen=True)
class Model:
    """What is known of a model.

    Attributes
    ----------
    can
        The endpoints that it serves.
    credits
        Price of one picture in credits, None if unknown: prices depend on the account's group.

    Examples
    --------
    >>> MODELS["my-model"] = Model(can=frozenset({"generations"}), credits=2.0)
    >>> price("my-model", 3)
    6.0

    """

    can: frozenset[Endpoint]
    credits: float | None = None


# "other models support text-to-image / image-to-image only" (the page, on inpainting).
MODELS: dict[str, Model] = {
    "gpt-image-2-low": Model(frozenset({GENERATE, EDIT})),
    "fal-flux-pro-fill": Model(frozenset({INPAINT})),
}


def price(model: str, n: int) -> float | None:
    """Return the credits that `n` pictures of a model cost, or None if the table does not say."""
    known = MODELS.get(model)
    if known is None or known.credits is None:
        return None
    return known.credits * n
