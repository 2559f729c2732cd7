"""The proof that a server knows its key, which ``/healthz?nonce=…`` answers.

Whoever gets the port of a sandbox that was killed could answer as if it were that sandbox; so no
client sends its key, a prompt or a picture before it has seen this. The address is part of it:
where a stranger hands the question on to the sandbox at another port, the answer does not fit.
"""

from __future__ import annotations

import hmac


def proof(api_key: str, base_url: str, nonce: str) -> str:
    """Return what only a server that knows the key can answer.

    Parameters
    ----------
    api_key
        The server's.
    base_url
        Its origin.
    nonce
        A number that the client has made up for this one question.

    """
    text = f"lumen-sandbox\0{base_url}\0{nonce}".encode()
    return hmac.new(api_key.encode(), text, "sha256").hexdigest()
