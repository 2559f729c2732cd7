"""The marked words of a prompt, such as ``[[rate_limit]]``, which only a sandbox may be sent.

A sandbox makes an error of the API for each of them, so that it can be seen. To any other service
they are a part of the prompt, which it would paint, and charge.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lumen_widgets.client.sandbox_server import FAILURES, describe_sandbox
from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.options import Option

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from lumen_widgets.core.call import Call
    from lumen_widgets.core.http.keys import Key

_SECONDS = r"\d{1,3}(\.\d{1,3})?"
_HTTP_ERROR = r"[45]\d\d"
_CODE = r"[a-z][a-z0-9_]{0,39}"

# Each word with the pattern of what may stand behind it, as the sandbox reads them; all else in
# such brackets is the prompt's own.
PATTERNS: Mapping[str, str] = {
    "invalid_request": "",
    "unauthorized": "",
    "insufficient_credits": "",
    "forbidden": "",
    "model_not_found": "",
    "rate_limit": _SECONDS,
    "http_error": _HTTP_ERROR,
    "html_error": _HTTP_ERROR,
    "empty_error": _HTTP_ERROR,
    "redirect": "",
    "unknown": "",
    "no_answer": "",
    "unreadable": "",
    "failed": _CODE,
    "cancelled": "",
    "unknown_status": _CODE,
    "task_not_found": "",
    "missing_pictures": "",
    "expired_pictures": "",
    "broken_pictures": "",
    "fewer_pictures": "",
    "slow": _SECONDS,
    "outage": _SECONDS,
}

# How a marked word begins; the other one is what a keyboard for Chinese writes.
BRACKETS = ("[[", "【【")

_MARK = re.compile(r"(?<!\[)(?:\[\[|【【)([^\[\]【】]{1,80})(?:\]\]|】】)(?!\])")


def marked_words(prompt: str) -> list[str]:
    """Return the marked words in a prompt, as they stand there.

    Examples
    --------
    >>> marked_words("a [[cat]] in the rain [[slow 20]]")
    ['[[slow 20]]']

    """
    return [match[0] for match in _MARK.finditer(prompt) if _is_marked(match[1])]


def _is_marked(words: str) -> bool:
    """Say whether these words in brackets are a marked word, with nothing or a value behind it."""
    # a keyboard has more than one space
    name, *value = words.lower().split(None, 1) or [""]
    pattern = PATTERNS.get(name)
    said = "".join(value).strip()
    return pattern is not None and bool(re.fullmatch(f"({pattern})?", said, re.ASCII))


class MarkedWordsOption(Option):
    """Refuses a prompt with a marked word, unless it goes to a sandbox.

    Parameters
    ----------
    key
        Of the account, for the one service that it is for.
    session
        Used in place of one of our own.

    """

    def __init__(self, key: Key, session: requests.Session | None = None) -> None:
        self._key = key
        self._session = session

    def check(self, call: Call) -> None:
        """Refuse the call; nothing is asked of anyone for a prompt without such a word."""
        found = marked_words(call.request.prompt)
        if not found or self._is_sandbox():
            return
        raise InvalidRequest(
            f"The prompt holds {' and '.join(dict.fromkeys(found))}, a marked word that makes an "
            f"error on the sandbox. {self._key.origin} is none: there it would be painted, and "
            "paid. Nothing was sent and nothing spent.",
            next_step='Take it out of the prompt, or try it on the sandbox: lumen.use("sandbox").',
            field="prompt",
        )

    def _is_sandbox(self) -> bool:
        # nothing is sent for such a key to a server that has not proved that it is its sandbox
        if self._key.is_sandbox:
            return True
        try:
            return describe_sandbox(self._key.origin.url, self._key, self._session) is not None
        except FAILURES:
            return False
