"""A store on loopback that speaks S3: moto's server, behind a door that checks signed addresses.

moto takes every signature; the door computes it again with the code that Amazon publishes, and
refuses what is not signed, is signed for something else, or has ended, as S3 does.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlencode

import boto3
import requests
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

KEY_ID, SECRET, REGION, BUCKET = "AKIDSENTINEL", "SENTINELsecret", "eu-central-1", "pictures"


@dataclass
class Store:
    """A store that runs, and what it has seen."""

    url: str
    # The door's clock is ahead by so many seconds.
    ahead: float = 0.0
    # What is set here, a request waits for before it is answered.
    hold: threading.Event | None = None
    # Status and body that are answered in place of everything else.
    always: tuple[str, bytes] | None = None
    # Method and path of each request.
    seen: list[tuple[str, str]] = field(default_factory=list)

    @property
    def options(self) -> dict[str, Any]:
        """How `FsspecHosting` finds it."""
        return {"endpoint_url": self.url, "key": KEY_ID, "secret": SECRET}

    def names(self) -> list[str]:
        """Return the names of all files there."""
        found = self._client().list_objects_v2(Bucket=BUCKET)
        return [entry["Key"] for entry in found.get("Contents", [])]

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        data: bytes = self._client().get_object(Bucket=BUCKET, Key=name)["Body"].read()
        return data

    def puts(self) -> int:
        """Return how many files were put there."""
        return sum(method == "PUT" for method, _ in self.seen)

    def make_bucket(self) -> None:
        """Make the one bucket, in a store that is empty."""
        # All of moto's stores in a process are one.
        requests.post(f"{self.url}/moto-api/reset", timeout=10).raise_for_status()
        self._client().create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        self.seen.clear()

    def _client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
        )


class Quiet(WSGIRequestHandler):
    """Writes nothing about requests."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  werkzeug's own name
        """Write nothing."""


class S3Server:
    """Runs a store until it is closed."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server(
            "127.0.0.1", 0, self._answer, threaded=True, request_handler=Quiet
        )
        self.store = Store(f"http://127.0.0.1:{self._server.server_port}")
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.store.make_bucket()

    def close(self) -> None:
        """Run no more, and forget all files."""
        if self.store.hold is not None:
            self.store.hold.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(
        self, environ: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], Any]
    ) -> Iterable[bytes]:
        self.store.seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if self.store.hold is not None:
            self.store.hold.wait(60)
        if self.store.always is not None:
            status, body = self.store.always
            start(status, [("Content-Type", "application/xml")])
            return [body]
        signed = "HTTP_AUTHORIZATION" in environ or "moto-api" in environ["PATH_INFO"]
        if not signed and not _is_signed(environ, time.time() + self.store.ahead):
            start("403 Forbidden", [("Content-Type", "application/xml")])
            return [b"<Error><Code>AccessDenied</Code></Error>"]
        answer: Iterable[bytes] = self._moto(environ, start)
        return answer


def _is_signed(environ: dict[str, Any], now: float) -> bool:
    """Say whether a request's address is signed by the one key of this store, and still good."""
    query = environ["QUERY_STRING"]
    said = {name: values[0] for name, values in parse_qs(query).items()}
    if "X-Amz-Signature" not in said:
        return False
    rest = urlencode([pair for pair in parse_qsl(query) if pair[0] != "X-Amz-Signature"])
    host = environ["HTTP_HOST"]
    request = AWSRequest(
        environ["REQUEST_METHOD"],
        f"http://{host}{environ['PATH_INFO']}?{rest}",
        headers={"host": host},
    )
    region = said["X-Amz-Credential"].split("/")[2]
    signer = S3SigV4QueryAuth(Credentials(KEY_ID, SECRET), "s3", region)
    request.context["timestamp"] = said["X-Amz-Date"]
    right = signer.signature(
        signer.string_to_sign(request, signer.canonical_request(request)), request
    )
    began = time.mktime(time.strptime(said["X-Amz-Date"], "%Y%m%dT%H%M%SZ")) - time.timezone
    ends = began + int(said["X-Amz-Expires"])
    return right == said["X-Amz-Signature"] and now < ends
