"""The static form of a widget: what it shows, as HTML that needs no kernel, and as lines of text.

Pictures stand in the HTML as data, each with its alt text. As outputs of their own they would lose
that: neither JupyterLab nor nbconvert's default template says it. There is no style sheet, since a
page such as GitHub's leaves it out, and no colour, so that it reads well on any page. Nothing in it
is markup that came from a prompt, a file or a server, and there is no address or path in it.
"""

from __future__ import annotations

import base64
import html
import io
import re
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import PIL.Image

from lumen_widgets.core.pictures.contact_sheet import sheet_bundle
from lumen_widgets.core.words import APART, IN_ADDRESS, PARTED, strip_controls, without_keys
from lumen_widgets.notebook.cell import data_uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lumen_widgets.core.pictures.contact_sheet import SheetPicture

# bytes of HTML: a notebook with ten widgets is still one that GitHub shows
MOST_BYTES = 150_000
# of a picture's file, which is a third larger as text, of a sheet's, and of small pictures in a row
# as text; the rest is for words
_PICTURE_BYTES, _SHEET_BYTES, _ROW_BYTES = 60_000, 100_000, 20_000
# pictures of a sheet: more would be too small to tell apart
MOST_ON_SHEET = 24
# px of a picture's longer side, tried one after the other until its file is small enough
_SIDES = (1536, 1280, 1024, 768, 512, 384, 256, 128, 64)
_QUALITY = 85
# characters of a prompt, and of a line of facts
_PROMPT, _LINE = 4000, 400
# Aligned to the left, since JupyterLab aligns table cells to the right; long words wrap, so that a
# narrow page need not scroll. A page may ignore both.
_CELL = 'align="left" valign="top" style="text-align:left;vertical-align:top"'
_WRAP = _CELL[:-1] + ';overflow-wrap:anywhere"'
_LONG = 'style="overflow-wrap:anywhere"'
_CODE = 'style="white-space:pre-wrap;overflow-wrap:anywhere"'

# Behind its last part words may follow without a space, as Chinese ones do.
_ADDRESS = re.compile(
    rf"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://(?>(?:{IN_ADDRESS}*[/?#&=%.@])?)"
    rf"(?:[^{PARTED}{APART}]+|…|[^{PARTED}]*)",
    re.IGNORECASE,
)
# with two parts at least: one alone is a word such as and/or, or the end of an address
_PATH = re.compile(r"(?<![\w./:])(?:~|[A-Za-z]:)?(?:[/\\][^\s/\\\"'<>:,;]+){2,}")


class StaticForm(NamedTuple):
    """What stays of a widget.

    Attributes
    ----------
    html
        What a page shows.
    text
        The same in words, for a page that shows no HTML.

    """

    html: str
    text: str


class StaticParts:
    """Collects the parts of a static form, one below the other.

    Examples
    --------
    >>> parts = StaticParts()
    >>> parts.add_line("Lumen mask painter", "64 x 64")
    >>> parts.form().html
    '<p style="overflow-wrap:anywhere"><b>Lumen mask painter</b> · 64 x 64</p>'

    """

    def __init__(self) -> None:
        self._html: list[str] = []
        self._text: list[str] = []

    def add_line(self, heading: str, *facts: str) -> None:
        """Add what the widget is, and facts beside it."""
        said = [short(one, _LINE) for one in facts if one]
        shown = " · ".join([f"<b>{escaped(heading)}</b>", *map(escaped, said)])
        self.add(f"<p {_LONG}>{shown}</p>", " · ".join([heading, *said]))

    def add_words(self, words: str) -> None:
        """Add a sentence."""
        words = short(words, _LINE)
        self.add(f"<p {_LONG}>{escaped(words)}</p>", words)

    def add_prompt(self, prompt: str) -> None:
        """Add a prompt as it was typed, in whichever direction it is read."""
        prompt = strip_controls(prompt[:_PROMPT]) + ("…" if len(prompt) > _PROMPT else "")
        lines = escaped(prompt).replace("\n", "<br>")
        self.add(f'<p dir="auto" {_LONG}>{lines}</p>', prompt)

    def add_facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Add what is set, as a table of names and values."""
        known = [(name, short(value, _LINE)) for name, value in facts if value]
        if not known:
            return
        rows = "".join(
            f'<tr><th scope="row" {_CELL}>{escaped(name)}</th>'
            f'<td {_WRAP} dir="auto">{escaped(value)}</td></tr>'
            for name, value in known
        )
        lines = "\n".join(f"{name}: {value}" for name, value in known)
        self.add(f"<table><tbody>{rows}</tbody></table>", lines)

    def add_code(self, what: str, code: str) -> None:
        """Add code to copy, below what it does."""
        self.add(
            f"<p>{escaped(what)}</p><pre {_CODE}><code>{_in_one_block(code)}</code></pre>",
            f"{what}\n{code}",
        )

    def add_pictures(self, pictures: Sequence[tuple[str, str]]) -> None:
        """Add small pictures in a row, as many as there is room for.

        Parameters
        ----------
        pictures
            Of each the ``data:`` URL and the alt text.

        """
        shown = [image(data, alt) for data, alt in pictures]
        sizes = accumulate(len(one.encode()) for one in shown)
        count = sum(size <= _ROW_BYTES for size in sizes)
        if count:
            words = (f"[{short(alt, _LINE)}]" for _, alt in pictures[:count])
            self.add(f"<p>{' '.join(shown[:count])}</p>", "\n".join(words))

    def add_picture(self, picture: PIL.Image.Image, alt: str, width: int | None = None) -> None:
        """Add a picture, made as small as it must be.

        Parameters
        ----------
        picture
            RGB or RGBA.
        alt
            What to say in its place.
        width
            How wide it is shown, in CSS pixels; None is as it is.

        """
        data = fitting(picture)
        self.add(f"<p>{image(data_uri(*data), alt, width)}</p>", f"[{short(alt, _LINE)}]")

    def add_sheet(
        self, pictures: Sequence[SheetPicture], names: Sequence[str] | None = None
    ) -> None:
        """Add pictures as one sheet, the first of many.

        Parameters
        ----------
        pictures
            Of none there is no sheet, and one stands by itself.
        names
            What stands above each; None is its place among them.

        """
        chosen = pictures[:MOST_ON_SHEET]
        if not chosen:
            return
        names = None if names is None else names[:MOST_ON_SHEET]
        data, metadata = sheet_bundle(chosen, names=names)
        media_type, facts = next(iter(metadata.items()))
        file = base64.b64decode(data[media_type])
        if len(file) > _SHEET_BYTES:
            file, media_type = fitting(decoded(file), _SHEET_BYTES)
        alt, width = str(facts["alt"]), int(facts["width"])
        self.add(f"<p>{image(data_uri(file, media_type), alt, width)}</p>", data["text/plain"])

    def add_entries(self, heads: tuple[str, str], entries: Sequence[str], text: str) -> None:
        """Add a table of what `entry` returned.

        Parameters
        ----------
        heads
            What its two columns are.
        entries
            The rows.
        text
            The same in words.

        """
        head = "".join(f'<th scope="col" {_CELL}>{escaped(name)}</th>' for name in heads)
        rows = "".join(entries)
        self.add(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>", text)

    def add(self, shown: str, text: str) -> None:
        """Add HTML that is safe, and the same in words."""
        self._html.append(shown)
        self._text.append(text)

    @property
    def left(self) -> int:
        """How many bytes of HTML there may still be."""
        return MOST_BYTES - sum(len(one.encode()) for one in self._html)

    def form(self) -> StaticForm:
        """Return what was added, without a key that somebody pasted into a prompt."""
        # in base64 there is none that could be taken for one
        return StaticForm(without_keys("".join(self._html)), without_keys("\n".join(self._text)))


def entry(
    pictures: Iterable[tuple[str | None, str]], heading: str, facts: str, code: str, *lines: str
) -> str:
    """Return a row of a table: small pictures, and what they are.

    Parameters
    ----------
    pictures
        Of each the ``data:`` URL, None where there is none, and the alt text.
    heading
        What somebody typed.
    facts, code
        What is known of it, and its id.
    *lines
        Sentences below that.

    """
    shown = " ".join(image(data, alt) for data, alt in pictures if data is not None)
    named = f" · <code>{escaped(code)}</code>" if code else ""
    words = [f'<b dir="auto">{escaped(heading)}</b>', escaped(facts) + named, *map(escaped, lines)]
    return f"<tr><td {_CELL}>{shown}</td><td {_WRAP}>{'<br>'.join(words)}</td></tr>"


def escaped(text: str) -> str:
    """Return text as HTML shows it."""
    return html.escape(strip_controls(text), quote=True)


def _in_one_block(code: str) -> str:
    """Return code as HTML without an empty line, at which Markdown begins to read it as prose."""
    return html.escape(code).replace("\n\n", "\n&#10;")


def short(text: str, most: int) -> str:
    """Return text from outside as one line of at most `most` characters."""
    line = " ".join(strip_controls(text[: 4 * most]).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def without_places(words: str) -> str:
    """Return a sentence with no more of an address than its host, of a path than its last part.

    A notebook is given to others: an address may be signed, a path has the name of its owner.

    Examples
    --------
    >>> without_places("Look at /srv/ada/cat.png and https://example.org/a/b?sig=1.")
    'Look at cat.png and example.org'

    """
    words = _ADDRESS.sub(lambda found: _host(found[0]), words)
    return _PATH.sub(lambda found: re.split(r"[/\\]", found[0])[-1], words)


def image(data: str, alt: str, width: int | None = None) -> str:
    """Return a picture as HTML.

    Parameters
    ----------
    data
        A ``data:`` URL.
    alt
        What to say in its place.
    width
        How wide it is shown, in CSS pixels; None is as it is.

    """
    shown = "" if width is None else f' width="{width}"'
    return f'<img alt="{escaped(short(alt, _LINE))}"{shown} src="{html.escape(data)}">'


def fitting(picture: PIL.Image.Image, most: int = _PICTURE_BYTES) -> tuple[bytes, str]:
    """Return a picture's file of at most so many bytes, and its media type.

    A PNG where it has any transparency, else a JPEG; as large as that lets it be, and 64 px at
    least.
    """
    kind = "PNG" if picture.mode == "RGBA" else "JPEG"
    data, largest = b"", max(picture.size)
    for side in (largest, *(one for one in _SIDES if one < largest)):
        small = picture.copy()
        small.thumbnail((side, side), PIL.Image.Resampling.LANCZOS)
        file = io.BytesIO()
        # a PNG has no quality
        small.save(file, kind, optimize=True, quality=_QUALITY)
        data = file.getvalue()
        if len(data) <= most:
            break
    return data, f"image/{kind.lower()}"


def decoded(file: bytes) -> PIL.Image.Image:
    """Return a picture that was made here."""
    picture = PIL.Image.open(io.BytesIO(file))
    return picture.convert("RGBA" if picture.mode in {"RGBA", "LA", "P"} else "RGB")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "an address"
    except ValueError:
        return "an address"
