"""The body of a call: read within a limit, and understood as a JSON object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lumen_widgets.sandbox.errors import Refusal, invalid

if TYPE_CHECKING:
    from starlette.requests import Request

# A body that is too large is read on and thrown away up to this many times the limit: a client that
# is still sending when the connection closes never sees the answer that says why.
_DRAINED = 4


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body of a call.

    Parameters
    ----------
    request
        The call.
    limit
        Of the body's size, in bytes.

    Returns
    -------
    bytes

    Raises
    ------
    Refusal
        413, if the body is larger.

    """
    size = 0
    chunks: list[bytes] = []
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        elif size > _DRAINED * limit:
            break
    if size > limit:
        raise Refusal(413, "too_large", f"the body is larger than {limit} bytes")
    return b"".join(chunks)


def read_object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in a body; its strings are valid Unicode and its numbers finite.

    Raises
    ------
    Refusal
        400, if the body is anything else.

    Examples
    --------
    >>> read_object(b'{"n": 2}')
    {'n': 2}

    """
    try:
        body = json.loads(raw.decode(), parse_constant=_refuse_constant)
        # A lone surrogate (a legal JSON escape) can be neither stored nor drawn.
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise invalid("the body is not valid JSON in UTF-8") from None
    if not isinstance(body, dict):
        raise invalid("the body must be a JSON object")
    return body


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
