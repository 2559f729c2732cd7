"""How the service signs its calls: made and checked over the raw bytes of the body.

The API documentation gives the header:
``X-Lumen-Signature: sha256=<hex of HMAC-SHA256(webhook_secret, raw body)>``.
"""

from __future__ import annotations

import hashlib
import hmac

from lumen_widgets.core.callback import check_secret
from lumen_widgets.core.errors import InvalidRequest, redacts_traceback

# "sha256=" and lower-case hex: the example in the API documentation compares the whole header with
# just that.
_SCHEME = "sha256="


@redacts_traceback
def verify_webhook(raw_body: bytes, signature: str | None, secret: str) -> bool:
    """Say whether a call to your webhook was signed with the secret.

    For a web server of your own; `WebhookReceiver` does this by itself. Any body and any signature
    is answered with True or False, in a time that does not tell how much of the signature was
    right.

    A signature is for ever: **it does not cover the time**. ``X-Lumen-Timestamp`` is not signed,
    so an attacker who holds a captured delivery can rewrite the timestamp and send it again. Let
    a verified call only cause a status request: ask for the task with your key
    (``client.task(id)``), rely on that answer, and let a second call for the same task change
    nothing.

    Parameters
    ----------
    raw_body
        The bytes of the body as they came, before anything parses them: JSON that was read and
        written again has other bytes.
    signature
        The value of ``X-Lumen-Signature``; None, for a call that has none, is False.
    secret
        The ``webhook_secret`` of the submit.

    Returns
    -------
    bool
        Whether the signature is the service's.

    Raises
    ------
    InvalidRequest
        If your own part is wrong: the body is no bytes (parsed already?), or the secret is empty
        or is not text. With an empty secret every sender could sign.

    Examples
    --------
    >>> body = b'{"id": "a1b2c3", "status": "succeeded"}'
    >>> verify_webhook(body, sign_webhook(body, "your-secret"), "your-secret")
    True
    >>> verify_webhook(body + b" ", sign_webhook(body, "your-secret"), "your-secret")
    False

    """
    expected = sign_webhook(raw_body, secret)
    if not isinstance(signature, str):
        return False
    # As bytes: compare_digest raises on text that is not ASCII. A lone surrogate has bytes too.
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass"))


@redacts_traceback
def sign_webhook(raw_body: bytes, secret: str) -> str:
    """Return the ``X-Lumen-Signature`` of a body, as the service makes it: for your own tests.

    Parameters
    ----------
    raw_body
        The bytes of the body.
    secret
        Text that is not empty.

    Returns
    -------
    str
        ``sha256=`` and 64 hexadecimal digits in lower case.

    Raises
    ------
    InvalidRequest
        If the body is no bytes, or the secret is empty or is not text.

    Examples
    --------
    >>> sign_webhook(b"{}", "your-secret")[:16]
    'sha256=2da5eb1de'

    """
    check_secret(secret)
    return _SCHEME + hmac.new(secret.encode(), _bytes(raw_body), hashlib.sha256).hexdigest()


def _bytes(raw_body: object) -> bytes | bytearray | memoryview:
    if not isinstance(raw_body, bytes | bytearray | memoryview):
        raise InvalidRequest(
            f"The body is a {type(raw_body).__name__}, not bytes.",
            next_step="Pass the body's bytes as they came, before they are decoded or parsed.",
            field="raw_body",
        )
    return raw_body
