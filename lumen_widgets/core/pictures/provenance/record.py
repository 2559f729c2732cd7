"""What is written down of how one picture was made: words, numbers and digests.

No key, no address, no path and no field that a user gave by `extra` is ever in it: it is for a file
that goes to others.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lumen_widgets.core.models import INPAINT, VERBS

if TYPE_CHECKING:
    from collections.abc import Mapping

# What made a picture; of one that a lesson gave it is not known which of the two.
SANDBOX, SERVICE, LESSON = "sandbox", "service", "lesson"

# The fourth call, beside those that have an endpoint each.
EXTEND = "extend"

# The names of the sides of an extension.
SIDE_NAMES = ("left", "top", "right", "bottom")

# Letters of what a service or a user calls something; a task's id has a few dozen.
LONGEST_NAME = 200

# What JSON leaves as it is, and XML does not take, or programs leave out.
_NO_XML = re.compile("[\x7f-\x9f\ufffe\uffff]")


@dataclass(frozen=True)
class Provenance:
    """How a picture was made, as far as that is known.

    Attributes
    ----------
    call
        ``generate``, ``edit``, ``inpaint`` or ``extend``; "" where only the task's id is known.
    settings
        What was asked for: the keywords of a call that settle what comes of words.
    task_id
        The service's id.
    source
        ``sandbox`` or ``service``, the first for a server on this machine; or ``lesson``.
    parents
        Hex digests of the files that it was made from.
    images
        How many pictures it was made from, where `parents` are not all of them: what was given as
        pixels, or by an address, has no file. 0 where they are, or it is not known.
    mask
        Of a repaint, the hex digest of the mask's file, or ``mask:`` with its size and the digest
        of its bits; "" where it is not known.
    exact
        Whether what lies outside of the mask was put back; None where there is no mask.
    crop
        How much around the mask was sent; None for all of it.
    sides
        How much new ground an extension has, by side.
    left_out
        Names of other fields that were sent, and are not written down.

    """

    call: str = ""
    # Prompts are private: one that is logged by accident does not carry them.
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    task_id: str = ""
    source: str = SERVICE
    parents: tuple[str, ...] = ()
    images: int = 0
    mask: str = ""
    exact: bool | None = None
    crop: float | None = None
    sides: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    @property
    def is_repaint(self) -> bool:
        """Whether a part of it is another picture's."""
        return self.call in {VERBS[INPAINT], EXTEND}

    def as_json(self, *, sha256: str, index: int) -> dict[str, Any]:
        """Return it as JSON, with what is known of one picture of the task.

        Parameters
        ----------
        sha256
            Hex digest of the picture's file as it is without any of this.
        index
            Its place among the task's pictures, from 0.

        """
        said = {
            "version": package_version(),
            "source": self.source,
            "task_id": self.task_id,
            "index": index,
            "sha256": sha256,
            "call": self.call,
            **self.settings,
            "parents": list(self.parents),
            "images": self.images or None,
            "mask": self.mask,
            "exact": self.exact,
            "crop": self.crop,
            **self.sides,
            "left_out": list(self.left_out),
        }
        return {name: value for name, value in said.items() if value not in (None, "", [])}


def json_text(value: Mapping[str, Any]) -> str:
    """Return JSON that a file can hold: in it stand letters as they are, and no control."""
    text = json.dumps(value, ensure_ascii=False)
    return _NO_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def package_version() -> str:
    """Return the version of this package; "" where it is not installed."""
    # loaded only where a file is written: it takes as long as all of the client's own modules
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("lumen_widgets")
    except PackageNotFoundError:
        return ""
