"""What stands beside a picture when it is compared: what it was made of, or the rest of its task.

Nothing is fetched for it: what is not on this machine is not shown.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from lumen_widgets.client import InvalidRequest, JournalError, Picture
from lumen_widgets.core.models import EDIT, GENERATE
from lumen_widgets.core.pictures.images import file_digest
from lumen_widgets.core.pictures.sources import is_url, unwrapped
from lumen_widgets.core.recipe import SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumen_widgets.client import Request
    from lumen_widgets.core.pictures.images import PictureSource
    from lumen_widgets.notebook.journal_pictures import JournalPictures

# pictures that are looked at beside each other; more are put to a blind test
MOST = 4
MOST_BLIND = 32


class Comparison(NamedTuple):
    """What is compared.

    Attributes
    ----------
    pictures
        In order: each a `Picture`, or whatever else `Compare` takes.
    names
        What each is called; None leaves that to `Compare`.
    blind
        Whether it is a blind test.

    """

    pictures: tuple[Any, ...]
    names: tuple[str, ...] | None = None
    blind: bool = False

    def is_same(self, other: Comparison) -> bool:
        """Say whether another one shows the same."""
        mine, others = ([_content(one) for one in each.pictures] for each in (self, other))
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
            Several are compared with each other. One alone is compared with what it was made of:
            an edit, repaint or extension stands after its source, and before what the service
            sent, where that differs; any other picture stands among those of its task.
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
            return Comparison(tuple(pictures), blind=blind or len(pictures) > MOST)
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
        before = self._sources(picture)[: MOST - 1 - len(raw)]
        # what each is to the others, `Compare` says by itself
        return Comparison((*before, picture, *raw)) if before or raw else None

    def _of_task(self, picture: Picture) -> Comparison | None:
        """Return the pictures of a picture's task; None where it is the only one."""
        task = picture.task
        found = [] if task is None else list(task.pictures)
        found = found if len(found) > 1 else self._journal.siblings(picture)
        shown = found[:MOST]
        if len(shown) < 2:  # noqa: PLR2004 # one alone is compared with nothing
            return None
        return Comparison(tuple(shown), tuple(f"[{one.index}]" for one in shown))

    def _sources(self, picture: Picture) -> list[Any]:
        """Return the pictures that a picture was made with, as far as they are here."""
        request = self._journal.request_of(picture)
        if request is None or request.endpoint == GENERATE:
            return []
        found: list[Any] = [*self._ours(picture, request)]
        if request.endpoint == EDIT:
            # of several, those that are not ours are here only if the widget has them
            given = [one for one in self._given(picture) if _is_here(one)]
            return given if len(given) > len(found) else found
        kept = None if request.recipe is None else request.recipe.files.get(SOURCE)
        if not found and kept is not None:
            # its file may have been pruned
            with suppress(OSError):
                return [kept.data]
        return (found or [one for one in self._given(picture) if _is_here(one)])[:1]

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


def _content(source: Any) -> object:
    """Return what tells a picture from another one."""
    if isinstance(source, Picture):
        return source.sha256
    return hash(source) if isinstance(source, bytes) else id(source)


def _is_here(source: Any) -> bool:
    """Say whether a picture can be had without asking a server for it."""
    inside = unwrapped(source)
    return not (isinstance(inside, str) and is_url(inside))
