"""Text for people: untrusted text made harmless, and numbers and times in words.

Untrusted is what the service says and what a prompt holds, on its way to a terminal, a cell or an
alt text. A prompt may come from anywhere: copied from a page, read from a table, found in a
picture. Escape sequences in it would recolour a terminal, or write over what stands there; marks
that turn the order of letters around would make a sentence of ours read as another one.
"""

from __future__ import annotations

import base64
import html
import json
import re
from bisect import bisect_right
from datetime import UTC, datetime
from functools import lru_cache
from html.entities import codepoint2name
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# Of a sentence of the service's, as much as fits in a message.
LONGEST_WORDS = 300

# Letters of a value that are looked at to show its first ones.
_LONGEST_SHOWN = 1 << 12

# Letters of a secret that are looked for in each of their forms: more take long to prepare.
_SPELT = 256

# What every platform's calendar reaches in every time zone, in unix seconds: from the day after
# 1970-01-01 to the one before 9999-12-31.
_FIRST_TIME, _LAST_TIME = 86_400.0, 253_402_128_000.0

# What a key of the service, or of its like, looks like in a text.
# Any letter but Latin ones may stand before it: Chinese has no spaces, and a word may end in -ńsk.
_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0300-\u036f\u1e00-\u1eff"
_LATIN_OR_DIGIT = re.compile(f"[0-9{_LATIN}]")
# What stands before it may be escaped, as JSON, Python, HTML or an address has it.
_ESCAPE = (
    r"(?:\\{1,8}(?:[bfnrtv]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2})"
    r"|%(?:25){0,3}[0-9a-fA-F]{2}|&#?\w{1,31};)"
)
_KEY = re.compile(
    rf"(?:(?<![0-9{_LATIN}])|(?P<before>{_ESCAPE}{{1,4}}))(?P<key>sk-[A-Za-z0-9_-]{{12,}})"
)
_KEY_AND_SPACE = re.compile(rf"\s?{_KEY.pattern}")


def _mark(letters: str) -> str:
    """Return a pattern of letters of an address: as they are, or as JSON or an address has them."""
    codes = "|".join(f"{ord(letter):02x}" for letter in letters)
    return rf"(?:\\{{0,4}}[{letters}]|(?:%(?:25){{0,3}}|\\{{1,4}}u00)(?:{codes}))"


# Of a text, what an address can be, since quotes and brackets stand around one, and in Chinese no
# space behind it; where one begins in that, with a scheme or without; and the marks that part it.
PARTED = r"\s\"'<>\u3001\u3002\u3008-\u3011\u2018-\u201d\uff08\uff09\uff0c\uff1b"
# One goes on behind an apostrophe or a mark of Chinese, which may stand in a file's name as they
# are, where a value of a query follows; and behind the apostrophe in a password.
_VALUE = rf"{_mark('&?')}(?:amp;)?[a-z0-9_.$-]{{1,80}}{_mark('=')}"
_APOSTROPHE = rf"'(?=[a-z0-9_%][^\s\"<>?&:@\\]{{0,120}}+(?:{_VALUE}|@[a-z0-9]))"
_CHINESE = rf"[^\s\"'<>](?<=[{PARTED}])(?=[^\s\"<>?&:\\]{{0,120}}+{_VALUE})"
IN_ADDRESS = rf"(?:[^{PARTED}]|{_APOSTROPHE}|{_CHINESE})"
_WORD = re.compile(f"{IN_ADDRESS}+", re.IGNORECASE)
_HEAD = re.compile(
    rf"(?:(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{{0,30}}{_mark(':')}|(?<![a-z0-9:/\\])){_mark('/')}{{2}}",
    re.IGNORECASE,
)
_END_OF_HOST = re.compile(_mark("/?#"), re.IGNORECASE)
_AT, _QUERY = (re.compile(_mark(letters), re.IGNORECASE) for letters in ("@", "?#"))
# What has a password: more than a port behind the colon, where it is no IPv6.
_PASSWORD = re.compile(rf"[^\[@:/?#]+?{_mark(':')}(?!\d{{1,5}}(?!\w))", re.IGNORECASE)
# The same where nothing says that it is an address: before a host with a path; and a query that has
# a name and a value, or more than a word behind a path.
_BARE_USER = re.compile(
    r"(?<![\w/@.%+-])([\u0e00-\U0003ffff]{0,99})[\w.%+-]{1,99}:[^/@:]{1,99}@"
    r"(?=[\w-]+(?:\.[\w-]+)+[:/])"
)
_NAMED = re.compile(rf"[\w.$\[\]-]{{1,80}}{_mark('=')}")
_LONG = re.compile(r"[\w%&=.~+/-]{8}", re.ASCII)
# Letters and marks that words begin with where no space is put before them: of Thai, Lao, Burmese,
# Khmer, Chinese, Japanese and Korean, quotes, dashes, and the marks of Arabic and Hindi.
APART = (
    "\u00ab\u00b7\u00bb\u060c\u061b\u061f\u0964\u0965\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\u2010-\u2027\u2030-\u205e\u2e80-\ud7ff\uf900-\ufaff\ufe10-\ufe4f\uff00-\uffef"
    "\U00020000-\U0003ffff"
)
# Up to where a query reaches before such words: one may have them in a value before its last, and
# a password, too, in which there is a question mark.
_NAMES = re.compile(r"[&=%@\\]")
_REST_OF_QUERY = re.compile(rf"(?>(?:.*{_NAMES.pattern})?)[^{APART}]+")
# What signs one, which a line break may have parted from its address.
_SIGNATURE = re.compile(
    r"((?<![a-z0-9])(?:x-[a-z]{2,6}-(?:signature|credential|security-token)|(?:q-)?signature|sig"
    r"|(?:access_?|security_?)?token|password|passwd|pwd|secret|api_?key|[a-z]{2,6}accesskeyid"
    r"|googleaccessid|policy)=)"
    rf"[{APART}]*[^\s\"'<>&{APART}]{{6,}}",
    re.IGNORECASE,
)

# C0 and C1 controls but for tab and line feed, and the marks that embed, override or isolate a
# direction. Marks that only join or hint (ZWJ in an emoji, RLM in Hebrew) are part of writing.
_CONTROLS = re.compile("[\0-\b\v-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def strip_controls(text: str) -> str:
    r"""Return text without what would steer a terminal or turn sentences around.

    Examples
    --------
    >>> strip_controls("a\x1b[2J cat")
    'a[2J cat'

    """
    return _CONTROLS.sub("", text)


def as_written(markup: str) -> str:
    r"""Return HTML of which a page sets no word as a formula, as JupyterLab and nbconvert do.

    Examples
    --------
    >>> as_written("<p>a cat</p>")
    '<p>a cat</p>'
    >>> as_written("<p>$5 or $10</p>")
    '<div class="mathjax_ignore tex2jax_ignore"><p>$5 or $10</p></div>'

    """
    if "$" not in markup and "\\" not in markup:
        return markup
    return f'<div class="mathjax_ignore tex2jax_ignore">{markup}</div>'


def literal(text: str) -> str:
    r"""Return text as Python code that can be copied: an id may hold any characters.

    Examples
    --------
    >>> print(literal('a"); import os'))
    "a\"); import os"

    """
    return json.dumps(strip_controls(text), ensure_ascii=False)


def one_line(value: Any, hide: Callable[[str], str] = lambda text: text) -> str:
    """Return untrusted text as one printable line of at most `LONGEST_WORDS` characters.

    `hide` is asked for the text without secrets before any of it is cut off.
    """
    if value is None or isinstance(value, bool):
        return ""
    try:
        text = value if isinstance(value, str) else repr(value)
    except RecursionError:
        return ""
    return clean(hide(text)[: LONGEST_WORDS * 4])[:LONGEST_WORDS]


def clean(text: str) -> str:
    r"""Return untrusted text as one line in which every letter can be seen.

    Examples
    --------
    >>> clean("a\x1b[2J\u202e\n cat")
    'a[2J cat'

    """
    seen = "".join(letter for letter in text if letter.isprintable() or letter.isspace())
    return " ".join(seen.split())


def sentence(words: str) -> str:
    """Return a service's sentence with a full stop, so that ours can follow."""
    return words if words.endswith((".", "…", "!", "?", "。", "！", "？")) else f"{words}."  # noqa: RUF001 -- the service may answer in Chinese


def short_path(path: Path) -> str:
    """Return a path with the user's home folder, and so with their name, as ``~``.

    A message ends in a notebook, which is shared.
    """
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(path)


def spellings(secret: str) -> bytes:
    r"""Return a pattern of a secret as a service may write it in JSON, in HTML or in an address.

    Each letter may stand there as itself or in any of its escaped forms: one service writes ``\/``,
    another ``\u002B``, and both are read as the letter that they stand for.

    Examples
    --------
    >>> sub = re.compile(spellings("a/b")).sub
    >>> sub(b"*", rb"a/b a\/b \u0061\u002Fb a%2fb a&#x2F;b")
    b'* * * * *'

    """
    # Backslashes that follow each other are read at once, with what escapes the letter after them:
    # where the secret is not there, each way to share them out would be tried.
    parts = re.findall(r"(\\*)([^\\]?)", secret[:_SPELT])
    pattern = b"".join(_run(run) + _letter(letter, after=bool(run)) for run, letter in parts)
    # the rest of a very long one, up to where it must end in any of the three
    return pattern if len(secret) <= _SPELT else pattern + rb"[^\s\"'<>]{0,65536}"


@lru_cache(maxsize=64)
def _run(backslashes: str) -> bytes:
    count = len(backslashes)
    forms = [form for form in _forms("\\") if form != re.escape(b"\\\\")]
    # in JSON within JSON there are four of each
    return b"(?:%s){%d,%d}" % (b"|".join(forms), count, 4 * count + 3) if count else b""


# Letters are few and no secret; a client's first answer waits for the pattern of its whole key.
@lru_cache(maxsize=1024)
def _letter(letter: str, *, after: bool) -> bytes:
    if not letter:
        return b""
    if after:
        escaped = re.escape(f"\\{letter}".encode("utf-8", "replace"))
        return b"(?:%s)" % b"|".join(form for form in _forms(letter) if form != escaped)
    forms = _forms(letter)
    if not (letter.isascii() and letter.isalnum()):
        forms += _nested(letter)
    return b"(?:%s)" % b"|".join(forms)


def _nested(letter: str) -> list[bytes]:
    """Return how a letter stands in text within text: JSON in JSON, or what Python shows.

    Letters that nothing has to escape are left out, since each form takes its time.
    """
    octets = letter.encode("utf-8", "replace")
    slashes = r"\\{1,15}"
    units = letter.encode("utf-16-be", "replace")
    forms = [
        "".join(f"{slashes}u{units[at : at + 2].hex()}" for at in range(0, len(units), 2)),
        f"{slashes}U{ord(letter):08x}",
        f"{slashes}x{ord(letter):02x}",
        "".join(f"{slashes}x{octet:02x}" for octet in octets),
    ]
    patterns = [f"(?i:{form})".encode() for form in forms]
    if letter.isascii():
        shown = json.dumps(letter)[1:-1].removeprefix("\\")
        patterns += [slashes.encode() + re.escape(one.encode()) for one in {letter, shown}]
    return patterns


def _forms(letter: str) -> list[bytes]:
    units = letter.encode("utf-16-be", "replace")
    in_json = "".join(f"\\\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
    # an address in another has its percent signs escaped too, of letters that need any
    percent = "%" if letter.isascii() and letter.isalnum() else "%(?:25){0,3}"
    in_address = "".join(f"{percent}{byte:02x}" for byte in letter.encode("utf-8", "replace"))
    # no more zeros than any encoder writes: a repeat without end would take its time
    forms = [in_json, in_address, f"&#0{{0,6}}{ord(letter)};", f"&#x0{{0,6}}{ord(letter):x};"]
    patterns = [f"(?i:{form})".encode() for form in forms]
    if (in_html := html.escape(letter)) != letter:
        patterns.append(b"&(?:amp;){0,3}" + re.escape(in_html[1:].encode()))  # or in HTML again
    if not letter.isascii():
        # by its name in HTML, and in an address as before UTF-8
        if (name := codepoint2name.get(ord(letter))) is not None:
            patterns.append(b"&%s;" % name.encode())
        patterns += [b"(?i:%%%02x)" % octet for octet in letter.encode("latin-1", "ignore")]
    if letter == " ":
        patterns.append(rb"\+|(?i:%(?:25){0,3}2b)")  # as forms write it, or that in an address
    plain = {letter, json.dumps(letter)[1:-1]}
    if letter.isascii() and not letter.isalnum():
        plain.add(f"\\{letter}")
    patterns += [re.escape(one.encode("utf-8", "replace")) for one in sorted(plain)]
    return patterns


def encodings(secret: str) -> list[bytes]:
    r"""Return patterns of a secret in base64, in hex and as a list of bytes, in any longer text.

    What is encoded may be text in UTF-8 or in either UTF-16. Base64 has two alphabets, and three
    ways to write the same bytes: it depends on how many come before them. Letters that stand for a
    part of what is around the secret as well are left out.

    Examples
    --------
    >>> pattern = re.compile(b"|".join(encodings("~hush-1?")))
    >>> import base64, binascii
    >>> [pattern.search(encode(b"Bearer ~hush-1?.")) is not None
    ...  for encode in (base64.b64encode, base64.urlsafe_b64encode, binascii.hexlify)]
    [True, True, True]

    """
    in_utf8 = secret.encode("utf-8", "replace")
    patterns = [*_encodings(in_utf8, _BETWEEN_HEX, _LINE_BREAK), _in_numbers(in_utf8)]
    # of ASCII both are the same but for a zero byte at one end; in one line only, since making what
    # may stand in between takes its time
    texts = (secret.encode(name, "replace").strip(b"\0") for name in ("utf-16-le", "utf-16-be"))
    for octets in dict.fromkeys(texts):
        patterns += _encodings(octets, rb"\W?", b"")
    return patterns


def _encodings(octets: bytes, between: bytes, line_break: bytes) -> list[bytes]:
    is_long, octets = len(octets) > _SPELT, octets[:_SPELT]
    in_hex = between.join(b"%02x" % octet for octet in octets)
    patterns = [b"(?i:%s)%s" % (in_hex, _REST_IN_HEX if is_long else b"")]
    for before in range(3):
        letters = base64.b64encode(bytes(before) + octets).decode()
        first, (end, parted) = -(-8 * before // 6), divmod(8 * (before + len(octets)), 6)
        rest = _REST_IN_BASE64 if is_long else _LAST_IN_BASE64 if parted else b""
        patterns.append(line_break.join(map(_in_base64, letters[first:end])) + rest)
    return patterns


def _in_numbers(octets: bytes) -> bytes:
    numbers = _BETWEEN_NUMBERS.join(b"%d" % octet for octet in octets[:_SPELT])
    rest = b"" if len(octets) <= _SPELT else rb"[^A-Za-z]{0,65536}"
    return rb"(?<![0-9])%s(?![0-9])%s" % (numbers, rest)


# What programs put between two bytes in hex, and between two lines in base64, with what these are
# indented by: as it is, in JSON and in addresses. No part of it can be read as a letter of hex or
# base64, so that there is one way only to read a text.
_BETWEEN_HEX = rb"(?:[^0-9A-Za-z%\\]|\\[nrtx]?|%[02357][0-9A-F]x?|0x){0,24}"
_LINE_BREAK = rb"(?:\s|(?:%|\\{1,4})(?:[nrt]|0[9ADad]|20)){0,24}"
# Between two bytes in decimal numbers, as a program writes them that takes them for no text.
_BETWEEN_NUMBERS = rb"[^0-9A-Za-z]{1,24}(?:n[^0-9A-Za-z]{1,24})?"  # the n of a line break
# What may follow: the rest of a very long secret; a letter that stands for its last bits and for
# some of what comes next, or what fills up the end.
_REST_IN_HEX = rb"[0-9A-Fa-f]{0,65536}"
_REST_IN_BASE64 = rb"[A-Za-z0-9+/_=-]{0,65536}"
_LAST_IN_BASE64 = rb"[A-Za-z0-9+/_-]?={0,2}"


@lru_cache(maxsize=64)
def _in_base64(letter: str) -> bytes:
    either = {"+": "+-", "/": "/_"}.get(letter, "")
    forms = [_letter(one, after=False) for one in either]
    return b"(?:%s)" % b"|".join(forms) if forms else letter.encode()


# Controls but for those that are spaces, and what Unicode has displays ignore; halves of letters
# and bytes that are no text, and fillers, which count as letters.
_UNSEEN = (
    "\0-\x08\x0e-\x1b\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
_unseen = re.compile(f"[{_UNSEEN}]+").fullmatch

# Bytes with which one may begin, in UTF-8 or escaped.
_MAY_BE_MARK = re.compile(rb"[\0-\x08\x0e-\x1b\x7f-\xff\\&%]")

# One as it is, or as an encoder writes it: with all backslashes that a text has that was encoded
# several times; and with the last alone, since those before it may be part of the secret.
_MARKS = tuple(
    re.compile(
        rf"[{_UNSEEN}]+"
        rf"|{backslashes}"
        r"(?:U[0-9a-fA-F]{8}|[uU][0-3d-fD-F][0-9a-fA-F]{3}|[xX][0-9a-fA-F]{2}|b)"
        r"|&(?:#[0-9]{1,13}|#[xX][0-9a-fA-F]{1,12}|[A-Za-z]{2,32});"
        r"|%[01][0-9a-fA-F]|%7[fF]|%[c-fC-F][0-9a-fA-F](?:%[89abAB][0-9a-fA-F]){1,3}"
    )
    for backslashes in (r"(?<!\\)\\+", r"\\")
)


def take_out(text: bytes, secrets: Sequence[re.Pattern[bytes]], instead: bytes) -> bytes:
    r"""Return text with `instead` for whatever one of the patterns finds.

    A service may break a secret with a mark of no width, as it is or escaped: all of it could be
    read, and the mark may be left out before the words are shown.

    Examples
    --------
    >>> secret = re.compile(rb"hush-[0-9]{1,9}")
    >>> take_out(rb"hush-12, hu\u200bsh&shy;-34 and \u200b", [secret], b"*")
    b'*, * and \\u200b'

    """
    seen: dict[re.Pattern[str], _SeenText] = {}
    for secret in secrets:
        # Marks first: a pattern that ends anywhere would leave what stands behind one.
        for marks in _MARKS[: _readings(text)]:
            if marks not in seen or seen[marks].text != text:
                seen[marks] = _SeenText(text, marks)
            text = seen[marks].take_out(secret, instead)
        text = secret.sub(instead, text)
    return text


def _readings(text: bytes) -> int:
    """Return in how many ways marks may be read in a text."""
    if _MAY_BE_MARK.search(text) is None:
        return 0
    return 2 if b"\\\\" in text else 1


class _SeenText:
    """What can be seen of a text, and where each of its pieces stands in all of it."""

    def __init__(self, text: bytes, marks: re.Pattern[str]) -> None:
        self.text = text
        self._starts, self._places = [0], [0]
        seen = bytearray()
        words, read, place = text.decode("utf-8", "surrogateescape"), 0, 0
        cannot_be_seen = lru_cache(maxsize=1024)(_cannot_be_seen)
        for found in marks.finditer(words):
            mark = found[0]
            if cannot_be_seen(mark):
                if piece := words[read : found.start()].encode("utf-8", "surrogateescape"):
                    seen += piece
                    self._starts.append(len(seen))
                    self._places.append(0)
                place += len(piece) + len(mark.encode("utf-8", "surrogateescape"))
                self._places[-1] = place
                read = found.end()
        self._seen = bytes(seen) + text[place:] if read else b""

    def take_out(self, secret: re.Pattern[bytes], instead: bytes) -> bytes:
        """Return the text without a secret that can be seen in it, with the marks elsewhere."""
        kept, done = bytearray(), 0
        for found in secret.finditer(self._seen):
            first, last = found.span()
            if first < last:
                kept += self.text[done : self._place(first)] + instead
                # what follows its last letter stays
                done = self._place(last - 1) + 1
        return bytes(kept + self.text[done:]) if done else self.text

    def _place(self, at: int) -> int:
        piece = bisect_right(self._starts, at) - 1
        return self._places[piece] + at - self._starts[piece]


def _cannot_be_seen(mark: str) -> bool:
    escaped = mark.lstrip("\\")
    if escaped == mark:
        seen = html.unescape(mark) if mark.startswith("&") else unquote(mark)
    elif escaped == "b":
        seen = "\b"
    else:
        seen = chr(min(int(escaped[1:], 16), 0x10FFFF))
    return not seen or _unseen(seen) is not None


def _replace_keys(pattern: re.Pattern[str], instead: str, text: str) -> str:
    """Return a text with `instead` for what seems to be a key; what is escaped before it stays."""

    def replace(found: re.Match[str]) -> str:
        before, key = found["before"] or "", found["key"]
        if before and _LATIN_OR_DIGIT.match(_last_letter(before)):
            # the end of a word; behind a hyphen of it there may be one still
            return f"{found[0][: -len(key)]}sk-{_KEY.sub(instead, key[3:])}"
        return f"{before}{instead}"

    return pattern.sub(replace, text)


def _last_letter(escaped: str) -> str:
    """Return the last letter of some that an encoder wrote."""
    escapes = [one.lstrip("\\") for one in re.findall(_ESCAPE, escaped)]
    last = escapes[-1]
    if last.startswith("&"):
        return html.unescape(last)[-1:]
    if last[0] in "%x":
        # as UTF-8 a letter is several bytes; Python's text has one for each
        octets = bytes(int(one[-2:], 16) for one in escapes if one[0] in "%x")
        return octets.decode("utf-8", "ignore")[-1:] or chr(octets[-1])
    return chr(min(int(last[1:], 16), 0x10FFFF)) if last[0] in "uU" else " "


def holds_key(text: str) -> bool:
    """Say whether there seems to be a key in a text, of the service's or of its like.

    Examples
    --------
    >>> holds_key("sk-lumen-0123456789abcdef"), holds_key("a task-force in a risk-free world")
    (True, False)

    """
    return _replace_keys(_KEY, "", text) != text


def without_keys(text: str) -> str:
    """Return a text in which only the beginning of what seems to be a key is left.

    Examples
    --------
    >>> without_keys("with sk-lumen-0123456789abcdef in it")
    'with sk-… in it'

    """
    return _replace_keys(_KEY, "sk-…", text)


def without_queries(text: str) -> str:
    """Return a text in which of each address is left what no signature or password is in.

    A service repeats the address that it could not read, and whoever has all of it has the picture.

    Examples
    --------
    >>> without_queries("cannot read https://me:pw@a.example/cat.png?signature=f00d, try later")
    'cannot read https://…@a.example/cat.png?… try later'

    """
    return _SIGNATURE.sub(r"\1…", _WORD.sub(lambda found: _without_query(found[0]), text))


def _without_query(word: str) -> str:
    end = _end_of_query(word)
    return _shown(word[:end]) + _shown(word[end:])


def _end_of_query(word: str) -> int:
    """Return where words begin behind a query, as Chinese ones do without a space."""
    query = _QUERY.search(word)
    if query is None:
        return len(word)
    if (rest := _REST_OF_QUERY.match(word, query.end())) is not None:
        return rest.end()
    # what has neither a name nor a letter of an address is a question
    return len(word) if _NAMES.search(word, query.end()) else query.end()


def _shown(word: str) -> str:
    heads = [head.end() for head in _HEAD.finditer(word)]
    if not heads:
        word = _BARE_USER.sub(r"\1…@", word)
        query = _QUERY.search(word, 1)
        if query is None or not (
            _NAMED.match(word, query.end())
            or ("/" in word[: query.start()] and _LONG.match(word, query.end()))
        ):
            return word
        return f"{word[: query.end()]}…"
    # one may stand in the path of another
    shown = word[: heads[0]]
    for start, end in zip(heads, [*heads[1:], len(word)], strict=True):
        part = _without_user(word[start:end])
        query = _QUERY.search(part)
        if query is not None and query.end() < len(part):
            return f"{shown}{part[: query.end()]}…"
        shown += part
    return shown


def _without_user(address: str) -> str:
    """Return an address, from its host's part on, without user and password.

    They reach to the last @ of that part; of a password that nobody escaped, to the last of all.
    """
    host = _END_OF_HOST.search(address)
    ends = list(_AT.finditer(address, 0, len(address) if host is None else host.start()))
    if not ends and _PASSWORD.match(address):
        ends = list(_AT.finditer(address))
    return f"…@{address[ends[-1].end() :]}" if ends else address


def cut_keys(text: str) -> str:
    """Return a text from which what seems to be a key is cut out, with the space before it.

    Examples
    --------
    >>> cut_keys("a fox sk-lumen-0123456789abcdef in snow"), cut_keys(" a fox ")
    ('a fox in snow', ' a fox ')

    """
    return _replace_keys(_KEY_AND_SPACE, "", text).strip() if holds_key(text) else text


def short_repr(value: object) -> str:
    """Return a value for a message, short and printable whatever a user passed.

    It may be a key, or an address, that was pasted into the wrong place.

    Examples
    --------
    >>> print(short_repr("9比0"), short_repr([1]))
    '9比0' of type list

    """
    if isinstance(value, str | Real):
        try:
            # Marks that cannot be seen are escaped by repr, and letters of any script are not.
            if isinstance(value, str):
                return repr(without_queries(without_keys(value[:_LONGEST_SHOWN])))[:60]
            return str(value)[:60]
        except ValueError:  # an int of more digits than Python writes out
            return "too large"
    return f"of type {type(value).__name__}"


def whole_number(value: object) -> int | None:
    """Return a whole number as Python's own, whosever it is (numpy's, say); None for what is none.

    Examples
    --------
    >>> whole_number(2), whole_number(True), whole_number(2.0)
    (2, None, None)

    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        return None
    try:
        return int(value)
    except TypeError:  # numpy counts its spans of time among the whole numbers
        return None


def has_items(value: object) -> TypeGuard[Iterable[Any]]:
    """Say whether there is something to go through; an array without dimensions only claims it.

    Examples
    --------
    >>> has_items([]), has_items(2)
    (True, False)

    """
    try:
        iter(value)  # type: ignore[call-overload] # which is what is asked
    except TypeError:
        return False
    return True


def format_count(number: int, thing: str) -> str:
    """Return a number of things in words.

    Examples
    --------
    >>> format_count(1, "picture"), format_count(0, "task")
    ('1 picture', '0 tasks')

    """
    return f"{number} {thing}{'' if number == 1 else 's'}"


def local_time(seconds: float) -> datetime:
    """Return unix seconds in this machine's time zone.

    A clock may have been wrong by any number when a row was written: what a calendar does not
    reach is the first or the last day of one, and stands in nobody's way.

    Examples
    --------
    >>> local_time(1e12).year
    9999

    """
    return datetime.fromtimestamp(min(max(seconds, _FIRST_TIME), _LAST_TIME), UTC).astimezone()


def format_time(seconds: float) -> str:
    """Return unix seconds in words: on which day, and at what time by this machine's clock."""
    return format(local_time(seconds), "on %Y-%m-%d at %H:%M")
