"""Another user's program on the port of a sandbox that was killed, and what it came to see."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.conditions import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Impostor(ThreadingHTTPServer):
    """Answers everything as a sandbox would, with a proof that the test makes up.

    Attributes
    ----------
    prove
        Returns what `/healthz` says besides, for the whole path that was asked; an address alone
        is redirected to, and bytes are all that it says.
    seen
        Method, path and key of each request.

    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.prove: Callable[[str], dict[str, Any] | str | bytes] = lambda _path: {}
        self.seen: list[tuple[str, str, str | None]] = []

    def secrets(self) -> list[tuple[str, str, str | None]]:
        """Return the requests that a stranger should not have got."""
        return [one for one in self.seen if one[2] or not one[1].startswith("/healthz")]


class _Handler(BaseHTTPRequestHandler):
    server: Impostor
    protocol_version = "HTTP/1.1"

    def log_message(self, *_words: Any) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        """Say that this is a sandbox, and that each task has succeeded."""
        self.server.seen.append(("GET", self.path, self.headers.get("Authorization")))
        proof = self.server.prove(self.path) if self.path.startswith("/healthz") else {}
        if isinstance(proof, str):
            self.send_response(307)
            self.send_header("Location", proof)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if isinstance(proof, bytes):
            self._say(200, proof)
            return
        url = f"http://127.0.0.1:{self.server.server_address[1]}/x.png"
        self._say(200, {"service": "lumen-sandbox", "version": "0", "uploads": "/sandbox/uploads",
                        "status": "succeeded", "data": [{"url": url}], **proof})  # fmt: skip

    def do_POST(self) -> None:
        """Take everything."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append(("POST", self.path, self.headers.get("Authorization")))
        url = f"http://127.0.0.1:{self.server.server_address[1]}/x.png"
        taken = {"id": "stolen", "status": "queued", "url": url}
        self._say(201 if "upload" in self.path else 200, taken)

    def _say(self, status: int, said: dict[str, Any] | bytes) -> None:
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _bound(port: int) -> Impostor | None:
    # The threads of a killed process may have its files for a moment longer.
    with suppress(OSError):
        return Impostor(port)
    return None


@contextmanager
def impostor_at(url: str) -> Iterator[Impostor]:
    """Run one at the address that a sandbox had."""
    bound = until(lambda: _bound(int(url.rpartition(":")[2])))
    assert bound is not None
    with bound as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
