"""How a reply is read that any server may have written, before urllib3 makes of it what it will."""

from __future__ import annotations

import http.client
from http import HTTPStatus


class Reply(http.client.HTTPResponse):
    """A reply that is read on past any 1xx, and whose broken headers are nobody's news.

    A server, or a proxy before it, may say 102 or 103 and then what counts (RFC 9110, 15.2): taken
    for the answer, it would leave a paid task without its id. Headers that cannot be parsed are
    left out as ever; urllib3 would also log them, with the address, which may be signed, and that
    ends in the cell of a notebook.
    """

    def begin(self) -> None:
        """Read status and headers."""
        super().begin()
        self.msg.defects.clear()
        self.msg.set_payload("")

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc] # http.client's own
            if not HTTPStatus.PROCESSING <= found[1] < HTTPStatus.OK:
                return found
            http.client.parse_headers(self.fp)
