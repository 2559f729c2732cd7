"""The key and a webhook's secret in an answer that repeats them, in every spelling that is read."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import TYPE_CHECKING, Any, Literal
from unicodedata import normalize
from urllib.parse import quote, quote_plus

import pytest

from lumen_widgets.client import LumenClient, LumenError
from lumen_widgets.client.hosting.protocol import hosting_error
from lumen_widgets.core.answers import words_of
from lumen_widgets.core.callback import Secret
from lumen_widgets.core.http.keys import Key
from lumen_widgets.core.http.origin import read_origin
from lumen_widgets.core.words import spellings
from lumen_widgets.journal import Journal
from tests.client import fault_server as fault
from tests.client.fault_server import FaultServer, Received, http

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Spell = Callable[[str], str]

# both with what encoders escape
KEY = "sk-lumen-ab+cd/EF&gh=ijklmnopqrstuvwxyz0123~~?"
SECRET = 'c3Vw/er+"sécret"\\==~?>'  # noqa: S105  made up


def _in_hex(text: str) -> str:
    units = text.encode("utf-16-be").hex(" ", 2).split()
    return "".join(f"\\u{unit}" for unit in units)


def _in_lines(text: str, line_break: str) -> str:
    return line_break.join(text[at : at + 24] for at in range(0, len(text), 24))


# of a text: how it stands between the quotes of a JSON string
SPELLINGS: dict[str, Spell] = {
    "as it is": lambda text: json.dumps(text)[1:-1],
    "with slashes escaped": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "with signs escaped": lambda text: json.dumps(text)[1:-1].replace("+", "\\u002B"),
    "escaped": _in_hex,
    "escaped in capitals": lambda text: _in_hex(text).upper().replace("\\U", "\\u"),
    "for HTML": lambda text: json.dumps(html.escape(text))[1:-1],
    "for HTML, by number": lambda text: "".join(f"&#x{ord(letter):X};" for letter in text),
    "for an address": lambda text: quote(text, safe=""),
    "for an address in another": lambda text: quote(quote(text, safe=""), safe=""),
    "for JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "as Python shows it": lambda text: json.dumps(ascii(text)[1:-1])[1:-1],
    "as Python shows its bytes": lambda text: json.dumps(repr(text.encode())[2:-1])[1:-1],
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in base64, with slashes escaped": lambda text: (
        base64.b64encode(text.encode()).decode().replace("/", "\\/")
    ),
    "in base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "in base64 with a word before it": lambda text: base64.b64encode(
        f"Key {text}".encode()
    ).decode(),
    "in base64 within more": lambda text: base64.urlsafe_b64encode(
        f"Bearer {text}, twice".encode()
    ).decode(),
    "in base64, in lines": lambda text: json.dumps(
        base64.encodebytes(f"{'-' * 40}{text}".encode()).decode()
    )[1:-1],
    "in base64, in lines of a letter": lambda text: json.dumps(
        _in_lines(base64.b64encode(text.encode()).decode(), "\r\n  ")
    )[1:-1],
    "in base64, in lines in an address": lambda text: quote(
        _in_lines(base64.b64encode(text.encode()).decode(), "\n"), safe=""
    ),
    "in base64, as UTF-16": lambda text: base64.b64encode(text.encode("utf-16-le")).decode(),
    "in hex, as UTF-16": lambda text: text.encode("utf-16-be").hex(),
    "in hex, in lines of C": lambda text: json.dumps(
        _in_lines(", ".join(f"0x{octet:02x}" for octet in text.encode()), "\n    ")
    )[1:-1],
    "in hex, byte by byte in an address": lambda text: quote(text.encode().hex(":"), safe=""),
    "for HTML in HTML": lambda text: json.dumps(html.escape(html.escape(text)))[1:-1],
    "in numbers": lambda text: str(list(text.encode())),
    "in numbers, in lines": lambda text: json.dumps(json.dumps(list(text.encode()), indent=4))[
        1:-1
    ],
    "in numbers, as Go shows them": lambda text: f"[{' '.join(map(str, text.encode()))}]",
    "in hex, byte by byte": lambda text: text.encode().hex(":"),
    "in hex, as a string of C": lambda text: json.dumps(
        "".join(f"\\x{octet:02x}" for octet in text.encode())
    )[1:-1],
    "in hex": lambda text: text.encode().hex(),
    "in hex in capitals": lambda text: text.encode().hex().upper(),
    "with accents apart": lambda text: json.dumps(normalize("NFD", text), ensure_ascii=False)[1:-1],
    "with accents apart, escaped": lambda text: json.dumps(normalize("NFD", text))[1:-1],
    "with a mark in it": lambda text: json.dumps(f"{text[:8]}\u200b{text[8:]}", ensure_ascii=False)[
        1:-1
    ],
    "with an escaped mark in it": lambda text: json.dumps(f"{text[:8]}\u200b{text[8:]}")[1:-1],
}


def _refuses(status: int) -> Callable[[str], Callable[[Received], bytes]]:
    def behave(said: str) -> Callable[[Received], bytes]:
        return lambda _: http(status, f'{{"error": {{"message": "bad: {said} !"}}}}'.encode())

    return behave


def _fails(said: str) -> Callable[[Received], bytes]:
    end = f'{{"id": "t", "status": "failed", "error": {{"code": "{said}", "message": "{said}"}}}}'
    return lambda request: (
        http(200, {"id": "t"}) if request.method == "POST" else http(200, end.encode())
    )


def _refuses_to_say(said: str) -> Callable[[Received], bytes]:
    refuse = _refuses(404)(said)
    return lambda request: http(200, {"id": "t"}) if request.method == "POST" else refuse(request)


SERVICES: dict[str, Callable[[str], Callable[[Received], bytes]]] = {
    "refused": _refuses(400),
    "of unknown outcome": _refuses(500),
    "failed": _fails,
    "no status": _refuses_to_say,
}


def _told(service: Callable[[Received], bytes], home: Path, secret: str = SECRET) -> str:
    """Return what a user and the journal get to know of a call that goes wrong."""
    with FaultServer(fault.calls(service)) as server:
        client = LumenClient(KEY, server.url, journal=home, timeout=10.0)
        with pytest.raises(LumenError) as caught:
            client.generate(
                "a cat", webhook_url="https://example.org/hook", webhook_secret=secret
            ).wait(30)
    return f"{caught.value} {vars(caught.value)} {Journal(home).rows()}"


@pytest.mark.slow
@pytest.mark.parametrize("end", SERVICES)
@pytest.mark.parametrize("how", SPELLINGS)
@pytest.mark.parametrize("secret", [KEY, SECRET], ids=["key", "webhook secret"])
def test_no_spelling_shows_a_secret(tmp_path: Path, secret: str, how: str, end: str) -> None:
    """What is read out of an answer has no secret, however the service wrote it."""
    spelt = SPELLINGS[how](secret)
    told = _told(SERVICES[end](spelt), tmp_path)

    assert secret not in told
    assert secret[9:] not in told
    assert repr(secret)[1:-1] not in told
    assert spelt not in told


@pytest.mark.slow
@pytest.mark.parametrize("end", SERVICES)
def test_a_message_that_is_cut_shows_no_part_of_a_secret(tmp_path: Path, end: str) -> None:
    """A service may repeat a whole request: the secret lay across the end of what is shown."""
    secret = "hush-" + "0123456789" * 4
    told = _told(SERVICES[end]("x" * 280 + f" {secret}"), tmp_path, secret)

    assert "xxx" in told
    assert "hush" not in told


@pytest.mark.slow
@pytest.mark.parametrize("end", SERVICES)
@pytest.mark.parametrize(
    "secret",
    ["horse  staple", "horse\tstaple", "horse\u00a0staple", "horse\u200dstaple", "horse-staple "],
    ids=["two spaces", "tab", "hard space", "joiner", "space after it"],
)
def test_a_secret_is_hidden_that_one_line_shows_otherwise(
    tmp_path: Path, secret: str, end: str
) -> None:
    """What is left out where words are shown in one line, or trimmed, may be part of a secret."""
    said = json.dumps(secret.strip())[1:-1]
    told = _told(SERVICES[end](said), tmp_path, secret)

    assert "horse" not in told
    assert "staple" not in told


ADDRESSES = {
    "as it is": "https://me:passw0rd@store.example/cat.png?X-Signature=f00df00d&b=1",
    "with slashes escaped": "https:\\/\\/store.example\\/cat.png?X-Signature=f00df00d\\u0026b=1",
    "within another": "https%3A%2F%2Fstore.example%2Fcat.png%3FX-Signature%3Df00df00d",
    "behind a fragment": "HTTP://store.example/cat.png#t=f00df00d",
    "of another scheme": "看s3://me:passw0rd@store.example/cat.png?X-Signature=f00df00d",
    "without a scheme": "//me:passw0rd@store.example/cat.png?X-Signature=f00df00d",
    "without a head": "store.example me:passw0rd@store.example/cat.png?f00df00d",
    "of a connection": "host='store.example', port=443: with url: /cat.png?sig=f00df00d",
    "within one within another": "https%253A%252F%252Fstore.example%252Fcat.png%253FX%253Df00d",
    "with marks escaped": "https:\\\\u002f\\\\u002fme:passw0rd\\\\u0040store.example\\\\u003ff00d",
    "in the path of another": "https://a.example/https://me:passw0rd@store.example/cat?f00df00d",
    "with a password of any letters": "https://me:f00d/passw0rd#f00d@store.example/cat.png",
    "between Chinese marks": "（https://me:passw0rd@store.example/猫，图.png?X-Signature=f00df00d）",  # noqa: RUF001 -- Chinese ones
    "broken over lines": "https://store.example/cat.png?X-A=1&\\nX-Amz-Signature=f00df00d&X=1",
}


@pytest.mark.slow
@pytest.mark.parametrize("end", SERVICES)
@pytest.mark.parametrize("how", ADDRESSES)
def test_no_signature_of_an_address_is_shown(tmp_path: Path, how: str, end: str) -> None:
    """A service says which picture it could not read: whoever has all of that has the picture."""
    told = _told(SERVICES[end](f"cannot read {ADDRESSES[how]} now"), tmp_path)

    assert "f00d" not in told
    assert "passw0rd" not in told
    assert "store.example" in told
    assert " now" in told


@pytest.mark.parametrize("before", range(270, 290))
def test_no_password_of_an_address_is_shown_that_is_cut(before: int) -> None:
    """What says that it is a password stands behind it."""
    said = "x" * before + " https://me:passw0rd@store.example/cat.png"
    assert "pas" not in words_of({"error": said})["message"]


@pytest.mark.parametrize(
    "said",
    [
        "Why? Because #1 is better, and/or? No: n=9? size=16:9? 您好？请重试#1.",  # noqa: RUF001 -- a Chinese question
        "Ask me@x.example or git@host.example:a/b; https://x.example:8000/@user/cat is fine.",
        "详情见https://docs.example/busy，或联系me@x.example。图片/蒙版是否有效?请检查一下尺寸是否一致。",  # noqa: RUF001 -- Chinese marks
        "See https://docs.example/busy. http://[::1]:80/@x, file:///C:/a@b/c.png, token=5, C#?!",
    ],
)
def test_words_and_plain_addresses_are_shown_as_they_are(said: str) -> None:
    """What has no query and no password stays readable."""
    assert words_of({"error": said}) == {"message": said}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("无法读取{}的图片", "无法读取{}的图片"),
        ("无法读取{}：请重试！", "无法读取{}：请重试！"),  # noqa: RUF001 -- Chinese marks
        ("画像{}を読み込めません", "画像{}を読み込めません"),
        ("이미지 {}를 읽을 수 없습니다", "이미지 {}를 읽을 수 없습니다"),
        ("تعذرت قراءة {}،حاول", "تعذرت قراءة {}،حاول"),
        ("«{}»ne se lit pas", "«{}»ne se lit pas"),
        ("cannot read {}—try again", "cannot read {}—try again"),
        ("[见{}]，请重试", "[见{}，请重试"),  # noqa: RUF001 -- a Chinese comma
        ("['{}','a@b.example']", "['{}','a@b.example']"),
        ("“{}”，请联系a@b.example。", "“{}”，请联系a@b.example。"),  # noqa: RUF001 -- Chinese marks
        ("{}、https://a.example/?b=c", "{}、https://a.example/?…"),
    ],
)
def test_what_is_said_right_behind_an_address_is_shown(said: str, shown: str) -> None:
    """Many languages put no space there, and what to do next stood behind it."""
    address = "https://store.example/猫.png?title=猫的图&X-Signature=f00df00d"
    told = words_of({"error": said.format(address)})["message"]
    assert told == shown.format("https://store.example/猫.png?…")

    error = hosting_error(OSError(said.format(address)), "The hosting")
    assert f"OSError: {told};" in str(error)


@pytest.mark.parametrize(
    "said",
    [
        "https://store.example/cat?title=猫的图&X=f00df00d的图",
        "https://me:f00df00d?猫f00df00d@store.example/cat",
        "https:\\u002f\\u002fstore.example\\u003ftitle\\u003d猫\\u0026X\\u003df00df00d请",
        "https://store.example/cat?X=f00df00d或https://me:f00df00d@b.example/请",
        "store.example 签名signature=f00df00d，password=密码f00df00d，请",  # noqa: RUF001 -- Chinese commas
        "请用me:f00df00d@store.example/cat",
        "https://store.example/cat?title=O'Neil's&auth_key=f00df00d",
        "https://store.example/cat?title=O'Neil\\u0026auth_key\\u003df00df00d",
        "https://store.example/cat?title=猫（1）、狗&amp;auth_key=f00df00d的图",  # noqa: RUF001 -- Chinese brackets
        "https://me:it's-f00df00d@store.example/cat",
    ],
)
def test_words_in_an_address_end_it_nowhere_before_its_last_value(said: str) -> None:
    """What signs it stands behind them."""
    told = words_of({"error": said})["message"]
    assert "f00d" not in told
    assert "store.example" in told
    assert told.startswith(said[0])


@pytest.mark.slow
def test_no_status_shows_a_secret(tmp_path: Path) -> None:
    """A service may give back what it was sent in whatever it says."""
    said = {"id": "t", "status": f"for {SECRET}"}
    with FaultServer(fault.calls(lambda _: http(200, said))) as server:
        client = LumenClient(KEY, server.url, journal=tmp_path, timeout=10.0)
        task = client.generate(
            "a cat", webhook_url="https://example.org/hook", webhook_secret=SECRET
        )
        with pytest.raises(LumenError) as caught:
            task.wait(60)

    told = f"{caught.value} {task!r} {task.status} {Journal(tmp_path).rows()}"
    assert SECRET not in told
    assert repr(SECRET)[1:-1] not in told


def test_a_secret_with_accents_is_hidden_as_html_and_older_programs_have_it() -> None:
    """By the names of its letters, and in an address of Latin-1."""
    hide = Secret("sécret-ñ-12").hide
    assert hide(b"bad: s&eacute;cret-&ntilde;-12!") == b"bad: [webhook secret]!"
    assert hide(b"bad: s%E9cret-%f1-12!") == b"bad: [webhook secret]!"


def test_json_in_another_encoding_shows_no_secret(tmp_path: Path) -> None:
    """JSON may come in UTF-16 too."""
    said: dict[str, Any] = {"error": {"code": KEY, "message": f"bad: {KEY} and {SECRET}"}}
    told = _told(lambda _: http(400, json.dumps(said).encode("utf-16")), tmp_path)

    assert KEY not in told
    assert SECRET not in told


@pytest.mark.parametrize("before", ["", "a", "ab"])
@pytest.mark.parametrize("after", ["", "a", "ab"])
def test_no_letter_of_base64_that_is_of_the_key_alone_is_left(before: str, after: str) -> None:
    """How the same bytes are written depends on what stands before them, and so does their end."""
    hide = Key(KEY, read_origin("https://lumen.example")).hide
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        hidden = hide(b'"%s"' % encode(f"{before}{KEY}{after}".encode()))
        rest = hidden.replace(b"[key]", b"").strip(b'"=')
        assert len(rest) <= -(-8 * len(before) // 6) + -(-8 * len(after) // 6)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_a_secret_in_another_normal_form_is_hidden(form: Literal["NFC", "NFD"]) -> None:
    """Its letters are the same ones to a reader, and often to the service."""
    for secret in ("Ångström-naïve-12", normalize("NFD", "Ångström-naïve-12"), "ﬁne-Å-①②③"):
        said = f"bad: {normalize(form, secret)}!"
        assert Secret(secret).hide(said.encode()) == b"bad: [webhook secret]!"


def test_a_secret_of_words_is_hidden_as_a_form_has_it() -> None:
    """A form writes a space as a plus."""
    said = f"secret={quote_plus('correct horse, at 5')}&n=1"
    assert Secret("correct horse, at 5").hide(said.encode()) == b"secret=[webhook secret]&n=1"


def test_a_very_long_key_is_hidden_to_its_end() -> None:
    """Nothing of it is left, and what follows it is."""
    value = "sk-lumen-" + "0123456789" * 100
    hide = Key(value, read_origin("https://lumen.example")).hide

    assert hide(f'"{value}" is bad'.encode()) == b'"[key]" is bad'
    assert hide(f'"{_in_hex(value)}" is bad'.encode()) == b'"[key]" is bad'
    for encoded in (base64.b64encode(value.encode()), value.encode().hex().encode()):
        assert hide(b'"%s" is bad' % encoded) == b'"[key]" is bad'


@pytest.mark.parametrize("letters", ["\\", "\\-"], ids=["backslashes", "escaped"])
def test_a_secret_of_backslashes_is_hidden_at_once(letters: str) -> None:
    """An answer that repeats most of it stopped the process: it tried every way to read it."""
    secret = letters * 40 + "z"
    find = re.compile(spellings(secret))

    assert find.search(json.dumps(letters * 40).encode()) is None
    for how in ("as it is", "escaped", "for HTML", "for HTML, by number", "for an address"):
        assert find.sub(b"*", SPELLINGS[how](secret).encode()) == b"*", how
