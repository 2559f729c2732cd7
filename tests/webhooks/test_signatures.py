"""Signatures: made as the API documentation says, and any input is answered with True or False."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.client import sign_webhook, verify_webhook
from lumen_widgets.core import errors
from tests.webhooks.calling import SECRET, body_of

BODY = b'{"id": "a1b2c3", "status": "succeeded", "data": [{"url": "https://img.example/1"}]}\r\n'
GOOD = sign_webhook(BODY, SECRET)
HEX = GOOD.removeprefix("sha256=")


def test_as_the_page_says() -> None:
    """The signature is the example of the API documentation, written out."""
    expected = "sha256=" + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
    assert expected == GOOD
    assert verify_webhook(BODY, GOOD, SECRET)
    frozen: Any = bytearray(BODY)
    assert verify_webhook(frozen, GOOD, SECRET)


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "abc",
        "sha256=",
        HEX,
        "v1,",
        "v1,a,b",
        f"v0={HEX}",
        f"v1,{HEX}",
        f"sha1={HEX}",
        f"SHA256={HEX}",
        f"sha256={HEX.upper()}",
        f"sha256=sha256={HEX}",
        f"sha256={'0' * 64}",
        GOOD[:-1],
        GOOD[:-32],
        f"{GOOD}0",
        f" {GOOD}",
        f"{GOOD}\n",
        f"{GOOD}, {GOOD}",
        f"sha256={'0' * 64} {GOOD}",
        f"sha256={'0' * 64},{GOOD}",
        "sha256=!!! not base64 ===",
        "sha256=" + "e" * 1_000_000,
        "sha256=é" + HEX[1:],
        "é",
        "\ud800",
        "\0",
        b"sha256=",
        7,
    ],
)
def test_signatures_of_strangers(signature: Any) -> None:
    """Whatever stands in the header, only the one right value is right; nothing raises."""
    assert verify_webhook(BODY, signature, SECRET) is False


@pytest.mark.parametrize(
    "body",
    [
        BODY + b" ",
        BODY[:-1],
        BODY.replace(b"\r\n", b"\n"),
        b"\xef\xbb\xbf" + BODY,
        BODY + b"\n",
        json.dumps(json.loads(BODY), sort_keys=True).encode(),
        json.dumps(json.loads(BODY), separators=(",", ":")).encode(),
        b"",
        b"\xff\xfe",
    ],
)
def test_other_bytes_are_another_body(body: bytes) -> None:
    """A byte more, another line end, JSON that was read and written again: all are refused."""
    assert verify_webhook(body, GOOD, SECRET) is False


def test_an_empty_body_has_a_signature_too() -> None:
    """What a body means is not a question of its signature."""
    assert verify_webhook(b"", sign_webhook(b"", SECRET), SECRET)


@pytest.mark.parametrize(
    "secret", ["other", SECRET + " ", SECRET[:-1], "whsec_", "whsec_" + SECRET]
)
def test_another_secret(secret: str) -> None:
    """A secret is taken as it stands, spaces and prefixes included."""
    assert verify_webhook(BODY, GOOD, secret) is False
    assert verify_webhook(BODY, sign_webhook(BODY, secret), secret)


@pytest.mark.parametrize("secret", ["", " ", "\t\n", None, b"bytes", "\ud800"])
def test_no_secret_is_a_mistake_of_ours(secret: Any) -> None:
    """An empty secret would let everyone sign; that it is missing is said aloud, not repeated."""
    with pytest.raises(errors.InvalidRequest, match="webhook_secret is empty or is not text"):
        verify_webhook(BODY, GOOD, secret)
    with pytest.raises(errors.InvalidRequest):
        sign_webhook(BODY, secret)


@pytest.mark.parametrize("body", [BODY.decode(), json.loads(BODY), None])
def test_a_body_that_was_parsed_is_a_mistake_of_ours(body: Any) -> None:
    """A body that is no bytes any more cannot be verified, and the error says what to pass."""
    with pytest.raises(errors.InvalidRequest, match="not bytes") as caught:
        verify_webhook(body, GOOD, SECRET)
    assert caught.value.field == "raw_body"


SECRETS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@pytest.mark.slow
@given(st.binary(), SECRETS)
def test_what_is_signed_is_verified(body: bytes, secret: str) -> None:
    """Any bytes can be signed with any secret, and nothing else passes."""
    signature = sign_webhook(body, secret)
    assert verify_webhook(body, signature, secret)
    assert not verify_webhook(body + b"\0", signature, secret)
    assert not verify_webhook(body, signature.upper(), secret)


@pytest.mark.slow
@given(st.binary(), st.one_of(st.none(), st.text(st.characters())), SECRETS)
def test_a_stranger_never_raises(body: bytes, signature: str | None, secret: str) -> None:
    """Any body with any text for a signature, lone surrogates included, is refused and no more."""
    assert verify_webhook(body, signature, secret) is False


@pytest.mark.slow
@given(st.integers(0, 70), st.characters())
def test_one_wrong_letter(place: int, letter: str) -> None:
    """A signature with one letter changed is right only if it was changed into itself."""
    body = body_of("a1")
    good = sign_webhook(body, SECRET)
    changed = good[:place] + letter + good[place + 1 :]
    assert verify_webhook(body, changed, SECRET) is (changed == good)
