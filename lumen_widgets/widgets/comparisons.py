"""What stands beside a picture when it is compared: what it was made of, or the rest of its task.

Nothing is fetched for it: what is not on this machine is not shown.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from lumen_widgets.client import InvalidRequest, JournalError
from lumen_widgets.core.log import Log
from lumen_widgets.core.models import EDIT, GENERATE
from lumen_widgets.core.pictures.images import file_digest
from lumen_widgets.core.pictures.sources import is_url, unwrapped
from lumen_widgets.core.recipe import SOURCE
from lumen_widgets.widgets.compare.compared import MOST, MOST_BLIND, as_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumen_widgets.client import Picture, Request
    from lumen_widgets.core.pictures.images import PictureSource
    from lumen_widgets.notebook.journal_pictures import JournalPictures

_log = Log(__name__)


class Comparison(NamedTuple):
    """What is compared.

    Attributes
    ----------
    pictures
        In order.
    names
        What each is called; None leaves that to `Compare`.
    blind
        Whether it is a blind test.

    """

    pictures: tuple[Picture, ...]
    names: tuple[str, ...] | None = None
    blind: bool = False

    def is_same(self, other: Comparison) -> bool:
        """Say whether another one shows the same."""
        mine, others = ([one.sha256 for one in each.pictures] for each in (self, other))
        return mine == others and self.blind == other.blind


class Comparisons:
    """What one widget's pictures are compared with; each call may read the disk.

    Parameters
    ----------
    journal
        The journal that knows of them.
    show
        Opens a comparison where the widget shows it, on the publisher's thread.
    given
        Returns the pictures that a picture was made with, where the widget has them itself.

    """

    def __init__(
        self,
        journal: JournalPictures,
        show: Callable[[Comparison], object],
        given: Callable[[Picture], Sequence[PictureSource]] = lambda _: (),
    ) -> None:
        self.show = show
        self._journal = journal
        self._given = given

    def of(self, pictures: Sequence[Picture], *, blind: bool = False) -> Comparison:
        """Return what is to be seen where these pictures are compared.

        Parameters
        ----------
        pictures
            Several are compared with each other, as they stand; of two, what the other was made of
            stands before it: a gallery shows the newest first. One alone is compared with what it
            was made of: an edit, repaint or extension stands after its source, and before what the
            service sent, where that differs; any other picture stands among those of its task.
        blind
            Whether several are put to a blind test; more than four are in any case.

        Raises
        ------
        InvalidRequest
            They are too many, or there is nothing beside the one.
        JournalError
            The journal cannot be read.

        """
        if len(pictures) > MOST_BLIND:
            raise InvalidRequest(
                f"A blind test takes {MOST_BLIND} pictures at most.",
                next_step="Choose fewer.",
                field="pictures",
            )
        if len(pictures) > 1:
            shown = tuple(pictures)
            if len(shown) == 2 and self._is_made_of(*shown):  # noqa: PLR2004
                shown = shown[::-1]
            return Comparison(shown, blind=blind or len(shown) > MOST)
        (picture,) = pictures
        found = self._made_of(picture) or self._of_task(picture)
        if found is None:
            raise InvalidRequest(
                "There is nothing to compare this picture with: it stands alone.",
                next_step="Choose two to four; in a gallery, Space selects.",
                field="pictures",
            )
        return found._replace(blind=blind)

    def _made_of(self, picture: Picture) -> Comparison | None:
        """Return a picture beside what it was made of; None where nothing of that is to be had."""
        raw = () if picture.raw.sha256 == picture.sha256 else (picture.raw,)
        before, are_kept = self._sources(picture)
        before = before[: MOST - 1 - len(raw)]
        if not (before or raw):
            return None
        shown = (*before, picture, *raw)
        # what each is to the others, `Compare` knows of what was kept
        return Comparison(shown) if are_kept else Comparison(shown, _names(len(before), len(raw)))

    def _is_made_of(self, picture: Picture, other: Picture) -> bool:
        """Say whether a picture was made of another one."""
        sources, _ = self._sources(picture)
        return other.sha256 in {one.sha256 for one in sources}

    def _of_task(self, picture: Picture) -> Comparison | None:
        """Return the pictures of a picture's task; None where it is the only one."""
        task = picture.task
        found = [] if task is None else list(task.pictures)
        found = found if len(found) > 1 else self._journal.siblings(picture)
        shown = found[:MOST]
        if len(shown) < 2:  # noqa: PLR2004 # one alone is compared with nothing
            return None
        return Comparison(tuple(shown), tuple(f"[{one.index}]" for one in shown))

    def _sources(self, picture: Picture) -> tuple[list[Picture], bool]:
        """Return the pictures that a picture was made with, and whether each was kept as such."""
        request = self._journal.request_of(picture)
        if request is None or request.endpoint == GENERATE:
            return [], True
        found = self._ours(picture, request)
        if request.endpoint == EDIT:
            # of several, those that are not ours are here only if the widget has them
            given = self._given_with(picture)
            return (given, False) if len(given) > len(found) else (found, True)
        kept = None if request.recipe is None else request.recipe.files.get(SOURCE)
        if not found and kept is not None:
            # its file may have been pruned
            with suppress(OSError):
                return [as_picture(kept.data)], True
        return (found[:1], True) if found else (self._given_with(picture)[:1], False)

    def _given_with(self, picture: Picture) -> list[Picture]:
        """Return the pictures that the widget has of itself, as far as they are still to be had."""
        found = []
        for one in self._given(picture):
            if not _is_here(one):
                continue
            try:
                found.append(as_picture(one))
            except InvalidRequest as error:
                # a file that is gone, or was written over
                _log.debug("%s", error)
        return found

    def _ours(self, picture: Picture, request: Request) -> list[Picture]:
        """Return those of a request's pictures that the journal has."""
        contents = request.content_by_url
        addresses = request.body.get("image_urls")
        digests = [
            digest
            for one in (addresses if isinstance(addresses, list) else ())
            if isinstance(one, str) and (digest := file_digest(contents.get(one, ""))) is not None
        ]
        found = []
        for digest in digests or self._journal.made_with(picture):
            try:
                one = self._journal.by_sha256(digest)
            except JournalError:
                one = None
            if one is not None:
                found.append(one)
        return found


def _names(before: int, raw: int) -> tuple[str, ...]:
    """Return what pictures are called that were made of so many, and came as so many others."""
    numbers = [f" {number}" for number in range(1, before + 1)] if before > 1 else [""] * before
    came = ("Put back", "As it came") if raw else ("After",)
    return (*(f"Before{number}" for number in numbers), *came)


def _is_here(source: Any) -> bool:
    """Say whether a picture can be had without asking a server for it."""
    inside = unwrapped(source)
    return not (isinstance(inside, str) and is_url(inside))
