"""What a row keeps beside the pictures that came: what others are made with, and what was made.

A picture that was made of one that came is kept as a file too, so that it is made once; and what it
was made with is kept for as long as its row, so that it can be made again should it be lost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from lumen_widgets.journal.picture_files import picture_path, read_file, store_file, why_unreadable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from pathlib import Path


class RecipeFile(Protocol):
    """A picture's file that is to be kept."""

    @property
    def sha256(self) -> str:
        """Hex digest of its bytes."""

    @property
    def media_type(self) -> str:
        """``image/png``, ``image/jpeg`` or ``image/webp``."""

    @property
    def data(self) -> bytes:
        """All of it."""


class Recipe(Protocol):
    """What pictures are made with of those that come."""

    @property
    def details(self) -> Mapping[str, Any]:
        """JSON: how they are made."""

    @property
    def files(self) -> Mapping[str, RecipeFile]:
        """What they are made with, by their names."""

    @property
    def digest(self) -> str | None:
        """Of what the caller asked for, where something else was sent."""


@dataclass(frozen=True)
class StoredFile:
    """A file that a recipe needs.

    Attributes
    ----------
    sha256, media_type
        Of its bytes.
    path
        Where it was put; it may have been removed since.

    """

    sha256: str
    media_type: str
    path: Path

    @property
    def data(self) -> bytes:
        """All of it; raises FileNotFoundError where it is gone or was changed, else OSError."""
        data = read_file(self.path, self.sha256)
        if data is None:
            raise why_unreadable(self.path) or FileNotFoundError(self.path)
        return data


@dataclass(frozen=True)
class StoredRecipe:
    """A row's `Recipe`, with its files on the disk."""

    details: Mapping[str, Any] = field(repr=False)
    files: Mapping[str, StoredFile]
    digest: str | None


@dataclass(frozen=True)
class DerivedPicture:
    """A picture that was made of one that came.

    Attributes
    ----------
    index
        Place of that one in the task's pictures, from 0.
    made_of
        Hex digest of that one's bytes.
    sha256, media_type, width, height, path
        As of a `StoredPicture`. Where they are those of the one that came, nothing was changed.
    facts
        JSON: what is known of it beside its pixels.

    """

    index: int
    made_of: str
    sha256: str
    media_type: str
    width: int
    height: int
    path: Path
    facts: Mapping[str, Any] = field(repr=False)


def store_files(home: Path, recipe: Recipe) -> None:
    """Write the files of a recipe below `home`, those that are not there yet.

    Raises
    ------
    OSError
        One cannot be written.
    ValueError
        A digest is not that of its data.

    """
    for file in recipe.files.values():
        if not picture_path(home, file.sha256, file.media_type).is_file():
            store_file(home, file.data, sha256=file.sha256, media_type=file.media_type)


def insert_recipe(
    connection: sqlite3.Connection, home: Path, row_number: int, recipe: Recipe
) -> None:
    """Name a recipe in its row, whose files were stored; the caller's transaction is open."""
    connection.execute(
        "UPDATE tasks SET recipe = ? WHERE row = ?",
        (json.dumps([dict(recipe.details), recipe.digest]), row_number),
    )
    connection.executemany(
        "INSERT INTO recipe_files VALUES (?, ?, ?, ?)",
        [(row_number, name, one.sha256, one.media_type) for name, one in recipe.files.items()],
    )
    # One that was deleted while this transaction waited is written once more, as with pictures.
    store_files(home, recipe)


def stored_recipe(home: Path, recipe: Recipe) -> StoredRecipe:
    """Return a recipe whose files were stored below `home`."""
    files = {name: _stored(home, one.sha256, one.media_type) for name, one in recipe.files.items()}
    return StoredRecipe(recipe.details, files, recipe.digest)


def select_recipe(
    connection: sqlite3.Connection, home: Path, entry: sqlite3.Row
) -> StoredRecipe | None:
    """Return a row's recipe."""
    if entry["recipe"] is None:
        return None
    details, digest = json.loads(entry["recipe"])
    files = {
        file["name"]: _stored(home, file["sha256"], file["media_type"])
        for file in connection.execute(
            "SELECT * FROM recipe_files WHERE row = ?", (entry["row"],)
        ).fetchall()
    }
    return StoredRecipe(details, files, digest)


def _stored(home: Path, sha256: str, media_type: str) -> StoredFile:
    return StoredFile(sha256, media_type, picture_path(home, sha256, media_type))


def insert_derived(connection: sqlite3.Connection, row_number: int, made: DerivedPicture) -> None:
    """Name a picture that was made, whose file was stored; the caller's transaction is open."""
    connection.execute(
        "INSERT OR REPLACE INTO derived VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row_number,
            made.index,
            made.made_of,
            made.sha256,
            made.media_type,
            made.width,
            made.height,
            json.dumps(dict(made.facts)),
        ),
    )


def select_derived(
    connection: sqlite3.Connection, home: Path, entry: sqlite3.Row
) -> tuple[DerivedPicture, ...]:
    """Return what was made of a row's pictures, by their index."""
    if entry["recipe"] is None:
        return ()
    found = connection.execute(
        "SELECT * FROM derived WHERE row = ? ORDER BY number", (entry["row"],)
    ).fetchall()
    return tuple(
        DerivedPicture(
            one["number"],
            one["made_of"],
            one["sha256"],
            one["media_type"],
            one["width"],
            one["height"],
            picture_path(home, one["sha256"], one["media_type"]),
            json.loads(one["facts"]),
        )
        for one in found
    )
