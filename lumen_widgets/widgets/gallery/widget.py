"""The gallery: the pictures of the history, or of a sequence, to look through and to act on.

Protocol (`messages.py`): with the widget's state a page gets the first screen of pictures, and what
it then needs it asks for: it *finds* what fits a search and gets a listing, *reads* the parts of
that which a view comes near, and has itself *told* all that is known of a picture. It *chooses* a
picture, which is then `selected`, and has tasks *forgotten*. By themselves come *news*: pictures
that have arrived since, or are gone. So state and messages stay small however many pictures there
are. Copies of pictures travel as `widgets/picture_copies.py` says, and what else is done with them
as `widgets/picture_actions.py` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from lumen_widgets.client import InvalidRequest, Picture, Pictures
from lumen_widgets.core.words import has_items
from lumen_widgets.notebook.journal_pictures import pictures_in_use
from lumen_widgets.widgets.bundles import bundle
from lumen_widgets.widgets.comparing import ComparingWidget
from lumen_widgets.widgets.gallery.picture_source import GivenPictures, HistoryPictures
from lumen_widgets.widgets.gallery.session import GallerySession
from lumen_widgets.widgets.static_form import MOST_ON_SHEET, StaticParts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lumen_widgets.widgets.comparisons import Comparison, Comparisons
    from lumen_widgets.widgets.gallery.messages import Selection
    from lumen_widgets.widgets.static_form import StaticForm


class Gallery(ComparingWidget):
    """Pictures to look through: search, large view, details, what each was made from and led to.

    Parameters
    ----------
    pictures
        `Pictures`, or any sequence of them; or one picture. None is the whole history of the
        account in use: every picture of its journal, the newest first, and those to come.
    language
        ``"en"``, ``"zh"``, or ``""`` for the browser's own.
    static
        Whether the saved notebook keeps pictures of it.

    Raises
    ------
    InvalidRequest
        `pictures` holds something else, or the account in use has no journal.
    JournalError
        The journal cannot be read.

    Examples
    --------
    >>> gallery = lumen.Gallery()  # doctest: +SKIP
    >>> gallery.selected.save("best.png")  # doctest: +SKIP

    """

    _esm = bundle("gallery.js")
    _css = bundle("gallery.css")

    selected = traitlets.Instance(Picture, allow_none=True)
    """The picture that was opened or chosen last, None (the default) for none. Written by the user,
    in Python or in a page: then on a background thread, so what observes it should take no time."""

    starred = traitlets.Instance(Pictures, args=(), read_only=True)
    """The pictures that were starred in this gallery since it was made, in that order; empty by
    default. Written by the gallery, as `selected` is."""

    language = traitlets.Enum(("", "en", "zh"), default_value="").tag(sync=True)
    """The language that the gallery speaks: ``"en"``, ``"zh"``, or ``""`` (the default) for the
    browser's own. Written by the user."""

    static = traitlets.Bool(default_value=True)
    """Whether one sheet of pictures stays in the saved notebook, for when there is no kernel (True
    by default): of those that the gallery was given, else of those starred in it. Written by the
    user."""

    _history = traitlets.Bool().tag(sync=True)
    """Whether it shows a whole history, to which pictures come. Written once, by the kernel."""

    _first: traitlets.Dict[str, Any] = traitlets.Dict().tag(
        sync=True, to_json=lambda _, self: self._session.first
    )
    """The first screen of pictures, as they are when the browser asks for the widget's state. Never
    written."""

    _selected: traitlets.Dict[str, Any] = traitlets.Dict({"item": None, "view": ""}).tag(sync=True)
    """What is `selected`, and in which view it was chosen. Written by the kernel."""

    # here too, since ipywidgets closes even what could not be made
    _session: GallerySession | None = None
    # else here
    _compares_in: Callable[[Comparison], object] | None = None

    def __init__(
        self,
        pictures: Iterable[Picture] | Picture | None = None,
        *,
        language: str = "",
        static: bool = True,
    ) -> None:
        given = None if pictures is None else _checked(pictures)
        journal = pictures_in_use(given)
        self._given = given
        source = HistoryPictures(journal) if given is None else GivenPictures(given, journal)
        self._session = GallerySession(
            self,
            source,
            journal,
            self._take_choice,
            self._note_static_at_once,
            compare=self._open_comparison,
        )
        self._choosing = False
        super().__init__(language=language, static=static, _history=given is None)
        self.observe(self._show_selected, "selected")
        self.observe(self._note_static_at_once, ["static", "starred"])
        self.on_msg(self._session.receive)
        if given is None:
            self._session.begin()

    def __repr__(self) -> str:
        """Return the gallery in words, for front ends that cannot show it."""
        return self._words()

    @property
    def comparisons(self) -> Comparisons:
        """What the pictures of this gallery are compared with."""
        assert self._session is not None  # noqa: S101 # for the type checker
        return self._session.comparisons

    def compares_in(self, show: Callable[[Comparison], object]) -> None:
        """Have what is compared in a page shown elsewhere, as in the form that this stands in."""
        self._compares_in = show

    def _open_comparison(self, comparison: Comparison) -> object:
        return (self._compares_in or self.open_comparison)(comparison)

    def set_state(self, sync_data: Mapping[str, Any]) -> None:  # noqa: ARG002 # ipywidgets passes it
        """Take in nothing that a browser wrote; what is chosen in a page comes as a message."""
        super().set_state({})

    def _take_choice(self, picture: Picture | None, selection: Selection) -> None:
        """Take in what was selected in a page, as the session read it."""
        self._choosing = True
        try:
            self._selected = {**selection}
            self.selected = picture
        finally:
            self._choosing = False

    def close(self) -> None:
        """Take the gallery from every page, and end its subscriptions; what it left stays."""
        super().close()

    def _release(self) -> None:
        if self._session is not None:
            self._session.close()
        super()._release()

    def _show_selected(self, change: Any) -> None:
        """Have pages show what code has selected."""
        if self._session is not None and not self._choosing:
            self._session.select(change.new)

    def static_form(self) -> StaticForm | None:
        """Return what stays of it in a saved notebook: see `LumenWidget.static_form`."""
        if not self.static:
            return None
        pictures = self._given if self._given is not None else self.starred
        parts = StaticParts()
        parts.add_line(*self._words(len(pictures)).split(" · "))
        parts.add_sheet(pictures)
        return parts.form()

    def _words(self, on_sheet: int = 0) -> str:
        count = 0 if self._session is None else self._session.count
        pictures = "1 picture" if count == 1 else f"{count:,} pictures"
        words = f"Lumen gallery · {pictures}" + (", the history" if self._given is None else "")
        starred = len(self.starred)
        if starred:
            words = f"{words} · {starred:,} starred here"
        if on_sheet > MOST_ON_SHEET:
            words = f"{words} · the first {MOST_ON_SHEET} below"
        return words


def _checked(given: Any) -> Pictures:
    """Return pictures as a list; one alone is one of them.

    Raises
    ------
    InvalidRequest
        Something in it is none.

    """
    several = has_items(given) and not isinstance(given, str | bytes | Picture)
    pictures = list(given) if several else [given]
    for one in pictures:
        if not isinstance(one, Picture):
            raise InvalidRequest(
                f"A picture was expected, not {type(one).__name__}.",
                next_step="Give it Pictures, as lumen.generate returns them, or nothing for the "
                "whole history.",
                field="pictures",
            )
    return Pictures(pictures)
