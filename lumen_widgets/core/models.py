"""The model codes that this client knows, and what each can do.

The service has no call that lists its models. What stands here is what the API documentation says;
users add to `MODELS`. A code that is not in the table is passed through, never refused. What a
model costs is in the price list that the user fills in (`lumen.prices`), known code or not.
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
    longest_side
        Pixels of the longer side of what it makes, at most.
    ratios
        The ratios that it takes as a size, such as ``("1:1", "16:9")``; none takes pixels.

    Examples
    --------
    >>> MODELS["my-model"] = Model(can=frozenset({"generations"}))

    """

    can: frozenset[Endpoint]
    longest_side: int = 2048
    ratios: tuple[str, ...] = ()


# "other models support text-to-image / image-to-image only" (API documentation, on inpainting).
MODELS: dict[str, Model] = {
    "gpt-image-2-low": Model(frozenset({GENERATE, EDIT})),
    "fal-flux-pro-fill": Model(frozenset({INPAINT})),
}

# As in the API documentation's examples: the first for pictures and edits, the second to inpaint.
MODEL, INPAINT_MODEL = "gpt-image-2-low", "fal-flux-pro-fill"
