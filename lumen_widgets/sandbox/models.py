"""The models that the sandbox's one key may use: what each can do, and its price.

The codes that the public page names are here with what the page says they can do, and two of the
sandbox's own: one that always fails, for those who want to see a failure and its refund, and one
that repaints as real models do, for those who want to see what becomes of the rest of the picture.
Prices are the sandbox's own: the page states none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["generate", "edit", "inpaint"]


@dataclass(frozen=True)
class Model:
    """One model: its code, its modes, and its price in credits for each picture.

    One that redraws changes the whole picture when it repaints a part, and answers in a size of its
    own.
    """

    code: str
    modes: frozenset[Mode]
    credits: int
    always_fails: bool = False
    redraws: bool = False


MODELS = {
    model.code: model
    for model in (
        Model("gpt-image-2-low", frozenset({"generate", "edit"}), credits=2),
        Model("fal-flux-pro-fill", frozenset({"inpaint"}), credits=5),
        Model("sandbox-redraws", frozenset({"inpaint"}), credits=5, redraws=True),
        Model(
            "sandbox-always-fails",
            frozenset({"generate", "edit", "inpaint"}),
            credits=2,
            always_fails=True,
        ),
    )
}
