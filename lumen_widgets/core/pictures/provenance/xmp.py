"""XMP in a picture file: that it was made by a model, in the terms of IPTC, and how, in our own.

XMP is XML that a stranger may have written. It is read without a document type, so that there are
no entities to expand, and as far as one megabyte; what was there already is never written anew, but
added to in its text.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

# What IPTC calls pictures that a model made, and those of which it made a part, as a repaint is.
# The pictures of a sandbox, drawn by rules, are marked as what they stand for: a server on this
# machine may also be a way to the service, and a mark too many does less harm than a missing one.
_MADE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_MADE_IN_PART = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
)

_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
# Our own namespace, which is no address, and the one property in it: JSON.
_OURS = "urn:lumen-widgets:provenance:"
_PROPERTY = "parameters"

_END = b"</rdf:RDF>"

# What XMP says of a picture whose C2PA manifest is elsewhere.
_SIGNED_ELSEWHERE = (b"dcterms:provenance", b"http://purl.org/dc/terms/")

# Bytes of XMP that are read, as Pillow has it for any packed text; cameras write some tens of kB.
LONGEST_XMP = 1 << 20


def xmp_packet(text: str, *, in_part: bool) -> bytes:
    """Return XMP that says that a model made a picture.

    Parameters
    ----------
    text
        How, as JSON.
    in_part
        Whether it made a part of it only.

    """
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/">\n<rdf:RDF xmlns:rdf="{_RDF}">\n'
    ).encode() + (
        _description(text, in_part=in_part, says_source=True)
        + b'</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
    )


def add_to_xmp(packet: bytes, text: str, *, in_part: bool) -> bytes | None:
    """Return XMP with that added to it; None where that is not possible as it is written.

    What it says already of where the picture is from stays as it is. The XMP may be no XML that can
    be read, or have its last words in a comment: what is added has to be found in it.
    """
    at = packet.rfind(_END)
    try:
        packet.decode()
    except UnicodeDecodeError:
        return None
    if at < 0 or _OURS.encode() in packet or is_signed_elsewhere(packet):
        return None
    says_source = b"DigitalSourceType" not in packet
    added = _description(text, in_part=in_part, says_source=says_source)
    noted = packet[:at] + added + packet[at:]
    return noted if read_xmp(noted) == text else None


def is_signed_elsewhere(packet: bytes) -> bool:
    """Say whether XMP names a C2PA manifest that lies elsewhere, and signs these very bytes."""
    return any(one in packet for one in _SIGNED_ELSEWHERE)


def _description(text: str, *, in_part: bool, says_source: bool) -> bytes:
    source = (
        f"<Iptc4xmpExt:DigitalSourceType>{_MADE_IN_PART if in_part else _MADE}"
        "</Iptc4xmpExt:DigitalSourceType>\n"
    )
    return (
        f'<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="{_IPTC}" xmlns:lumen="{_OURS}">\n'
        f"{source if says_source else ''}"
        f"<lumen:{_PROPERTY}>{html.escape(text, quote=False)}</lumen:{_PROPERTY}>\n"
        "</rdf:Description>\n"
    ).encode()


def read_xmp(packet: bytes) -> str | None:
    """Return the JSON of ours that XMP holds, as text or as an attribute; None for none."""
    if len(packet) > LONGEST_XMP or _OURS.encode() not in packet:
        return None
    from xml.parsers import expat

    # in UTF-8, whatever it says of itself: of any other name expat would ask for Python's codec
    parser = expat.ParserCreate("utf-8", " ")
    found = _Found(parser)
    try:
        parser.Parse(packet.strip(b"\0"), True)  # noqa: FBT003 -- expat takes it by place only
    except (expat.ExpatError, _HasDoctype, ValueError):
        return None
    return found.text


class _HasDoctype(Exception):
    """XMP has no document type: what has one would have us expand its entities."""


class _Found:
    """What a parser has found of ours."""

    def __init__(self, parser: XMLParserType) -> None:
        self._name = f"{_OURS} {_PROPERTY}"
        self._parts: list[str] | None = None
        self.text: str | None = None
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._read

    @staticmethod
    def _refuse(*_: object) -> None:
        raise _HasDoctype

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if self.text is None and self._name in attributes:
            self.text = attributes[self._name]
        if name == self._name and self.text is None:
            self._parts = []

    def _read(self, text: str) -> None:
        if self._parts is not None:
            self._parts.append(text)

    def _end(self, name: str) -> None:
        if name == self._name and self._parts is not None:
            self.text, self._parts = "".join(self._parts), None
