"""The sandbox on this machine as a client meets it: asked in time, and only where it proves itself.

What is asked for here is the sandbox's own; the Lumen API goes through the transport.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import requests
from urllib3.exceptions import HTTPError

from lumen_widgets.core.http.connection import SendGuard, reading, send_through
from lumen_widgets.core.http.transport import read_body
from lumen_widgets.core.pictures.addresses import is_loopback_url

if TYPE_CHECKING:
    from lumen_widgets.core.http.keys import Key

# Seconds for one request, and for each wait in it: the sandbox is on this machine.
_TIMEOUT, _LONGEST_WAIT = 60.0, 30.0

# What `ask` raises where there is no answer.
FAILURES = (requests.RequestException, HTTPError, OSError, ValueError)


class Reply(NamedTuple):
    """An answer, or the beginning of a long one."""

    status: int
    body: bytes


def ask(session: requests.Session | None, method: str, url: str, key: Key, **more: Any) -> Reply:
    """Return the answer of the sandbox with that key, in time and through no proxy.

    Parameters
    ----------
    session
        Used in place of one of our own.
    method, url
        Of the request, which goes out without the key.
    key
        What the sandbox has to know before anything is sent to it.
    **more
        As `requests.Request` has them.

    Raises
    ------
    requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError
        If there is none (`FAILURES`).

    """
    if session is None:
        session = requests.Session()
        # netrc would be asked about this very machine
        session.trust_env = False
    guard = SendGuard(time.monotonic() + _TIMEOUT, longest_wait=_LONGEST_WAIT, verify=key.verify)
    prepared = session.prepare_request(requests.Request(method, url, **more))
    with reading(send_through(session.get_adapter(url), guard, prepared, proxies={})) as response:
        return Reply(response.status_code, read_body(response))


def describe_sandbox(
    base_url: str, key: Key, session: requests.Session | None = None
) -> dict[str, Any] | None:
    """Ask a service on this machine, once and without the key, what it is.

    Parameters
    ----------
    base_url
        The service's address; nothing is asked of one that is not on loopback.
    key
        What the sandbox has to know.
    session
        Used in place of one of our own.

    Returns
    -------
    dict or None
        What a sandbox says of itself; None for everything that is not the key's sandbox.

    Raises
    ------
    requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError
        If there is no answer (`FAILURES`).

    """
    if not is_loopback_url(base_url):
        return None
    reply = ask(session, "GET", f"{base_url.rstrip('/')}/healthz", key)
    try:
        said = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    is_sandbox = isinstance(said, dict) and said.get("service") == "lumen-sandbox"
    return said if is_sandbox else None
