"""Where an address leads: without what signs it, and in one spelling."""

from __future__ import annotations

import re
import string
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

# What stores sign an address with (S3, CloudFront, Google, OSS, Azure, COS, OBS, TOS, BOS, Kodo).
# In lower case; beside a signature, none of it says which file it is.
_SIGNING = frozenset({
    "accesskeyid", "awsaccesskeyid", "expires", "googleaccessid", "key-pair-id", "nonce",
    "ossaccesskeyid", "policy", "scid", "security-token", "se", "sip", "ske", "skoid", "sks", "skt",
    "sktid", "skv", "sp", "spr", "sr", "st", "sv",
})  # fmt: skip
_SIGNING_PREFIXES = (
    "q-", "response-", "x-amz-", "x-cos-", "x-goog-", "x-obs-", "x-oss-", "x-tos-",
)  # fmt: skip
_SIGNATURE = re.compile("(.+[-_])?sig|(.+[-_])?signature|auth_key|authorization")
# Kodo's are as short as a file's own may be: only together, with a time and a key, do they sign.
_KODO = re.compile(r"(?<![^&])e=\d+&token=[^&:]+(:|%3a)[^&]+", re.IGNORECASE)

# What servers and their caches sign with (nginx, Gcore, Yandex, Bunny, Tencent, Qiniu, Volcengine,
# Wangsu, UpYun, Akamai, Fastly, Cloudflare, ImageKit, imgix, Supabase) may be a file's own name
# elsewhere. It signs where the path ends as a picture does, and there is a time: beside it, or in
# it as in a JSON Web Token.
_SEAL = re.compile(r"(.+[-_])?(token_*|s)|hdn\w+|hm|hmac|md5|sign|st|verify|wssecret|_upt")
_SEALED, _PICTURE = re.compile(r"[^&]{16,}"), re.compile(r".*\.(png|jpe?g|webp)", re.IGNORECASE)
_SEAL_WITH_TIME = re.compile(
    r"(.*=)?[12]\d{9}(\D.*)?|\w{8}[12]\d{9}|[5-7][0-9a-f]{7}(-\w*){2}-[0-9a-f]{32}"
    r"|ey[\w-]+\.[\w-]+\.[\w-]*"
)
# Seconds, as they are or in hex, or thousandths of them; or a date.
_TIME_NAME = re.compile(
    r"(.+[-_])?(e|ex|exp|expires?|expiry|expiration|is|t|ts|time|timestamp|date|deadline)"
    r"|expires[-_]?at|wstime"
)
_TIME = re.compile(
    r"[12]\d{9}(\d{3})?|(0x)?[5-7][0-9a-f]{7}|\d{4}-?\d\d-?\d\dt[\d:.]+(z|[+-][\d:]+)"
)

# A character as a URL may have it in hex, and those that are the same written out (RFC 3986, 2.3).
_ESCAPED = re.compile(r"%[0-9A-F]{2}", re.IGNORECASE)
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")


class _Field(NamedTuple):
    """A field of a query: as it is written, and its name and value in lower case."""

    written: str
    name: str
    value: str

    @property
    def is_signature(self) -> bool:
        return _SIGNATURE.fullmatch(self.name) is not None

    @property
    def is_time(self) -> bool:
        return bool(_TIME_NAME.fullmatch(self.name) and _TIME.fullmatch(self.value))

    @property
    def is_seal(self) -> bool:
        return bool(_SEAL.fullmatch(self.name) and _SEALED.fullmatch(self.value))

    @property
    def signs(self) -> bool:
        """Whether it belongs to what signs a signed address."""
        is_known = self.name in _SIGNING or self.name.startswith(_SIGNING_PREFIXES)
        return is_known or self.is_signature or self.is_time


def place_of(url: str) -> str:
    """Return an http(s) address as one of all that lead to the same file, as far as can be told.

    It is without what signs it and without its fragment, and in one spelling.

    Examples
    --------
    >>> place_of("HTTPS://Files.example:443/%63at.png?Expires=7&Signature=x#1")
    'https://files.example/cat.png'

    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # one of the caller's, which the service may make something of
        return url
    written = _KODO.sub("", _spelt_alike(parts.query)).split("&")
    fields = _naming([_read(one) for one in written if one], parts.path)
    query = "&".join(one.written for one in sorted(fields, key=lambda one: one.name))
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    host = f"{(parts.hostname or '').rstrip('.')}{'' if port in {None, usual} else f':{port}'}"
    path: list[str] = []
    for step in _spelt_alike(parts.path).split("/")[1:]:
        path = path[:-1] if step == ".." else [*path, step] if step != "." else path
    return f"{parts.scheme}://{host}/{'/'.join(path)}{query and f'?{query}'}"


def _naming(fields: list[_Field], path: str) -> list[_Field]:
    """Return the fields of a query that say which file it is."""
    seals = [one for one in fields if one.is_seal] if _PICTURE.fullmatch(path) else []
    has_time = any(one.is_time for one in fields)
    seals = [one for one in seals if has_time or _SEAL_WITH_TIME.fullmatch(one.value)]
    is_signed = bool(seals) or any(one.is_signature for one in fields)
    if is_signed or [one.name for one in fields] == ["expires"]:
        return [one for one in fields if one not in seals and not one.signs]
    return fields


def _read(field: str) -> _Field:
    name, _, value = field.partition("=")
    return _Field(field, unquote(name).lower(), unquote(value).lower())


def _spelt_alike(text: str) -> str:
    """Return a part of an address with each character as it is always written."""

    def write(found: re.Match[str]) -> str:
        character = chr(int(found[0][1:], 16))
        return character if character in _UNRESERVED else found[0].upper()

    return _ESCAPED.sub(write, text)
