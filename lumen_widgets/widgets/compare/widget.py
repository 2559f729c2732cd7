"""The comparison: pictures in one frame, beside or upon each other, or two by two without a name.

Protocol (`messages.py`): with the widget's state a page gets the names of the pictures and where
each lies in the frame in which all of them do; their copies travel as `widgets/picture_copies.py`
says. From then on a page needs the kernel for one thing alone, to count by how much two pictures
*differ*, which it asks for ahead. Of a blind test it gets all pairs with the widget's state, and no
name; it *votes*, *unvotes* and *ends* the test, and is told of all votes by a trait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from lumen_widgets.client import InvalidRequest
from lumen_widgets.widgets.base import LumenWidget, weakly
from lumen_widgets.widgets.browser_values import checked
from lumen_widgets.widgets.bundles import bundle
from lumen_widgets.widgets.compare.blind_session import BlindSession
from lumen_widgets.widgets.compare.compared import read_compared
from lumen_widgets.widgets.compare.messages import FrameSize
from lumen_widgets.widgets.compare.ranked_pictures import RankedPictures
from lumen_widgets.widgets.compare.session import CompareSession
from lumen_widgets.widgets.static_form import StaticParts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumen_widgets.client import Pictures
    from lumen_widgets.widgets.compare.blind_test import LeftTest
    from lumen_widgets.widgets.static_form import StaticForm

# what a browser may write
_CONTROLS = frozenset({"mode", "left", "right"})


class Compare(LumenWidget):
    """Pictures compared: a slider, side by side with zoom in step, by turns, or their difference.

    Parameters
    ----------
    *pictures
        Two to four of them, or one list. Each is a `Picture`, or whatever `LumenClient.edit` takes:
        a path, bytes, a PIL image, an array, an address, which is fetched.
    blind
        Whether they are shown two by two, in random order and without their names, to be voted on:
        then there may be up to 32.
    names
        What each is called; by default what tells them apart, such as model or size, or that one
        was made from the other.
    language
        ``"en"``, ``"zh"``, or ``""`` for the browser's own.
    static
        Whether the saved notebook keeps a picture of it.

    Raises
    ------
    InvalidRequest
        They are too few or too many, one cannot be read, or the names are not as many.

    Examples
    --------
    >>> lumen.Compare(before, after)  # doctest: +SKIP
    >>> lumen.Compare(pictures, blind=True)  # doctest: +SKIP

    """

    _esm = bundle("compare.js")
    _css = bundle("compare.css")

    mode = traitlets.Enum(["slider", "side", "flick", "difference"], default_value="slider").tag(
        sync=True
    )
    """How they are shown: ``"slider"`` (the default where the first two have the same proportions),
    ``"side"`` (the default otherwise), ``"flick"`` or ``"difference"``. Written by the user and by
    Python."""

    left = traitlets.Int(0).tag(sync=True)
    """Which picture is on the left of the slider, and is compared by difference: its place from 0.
    Default 0. Written by the user and by Python."""

    right = traitlets.Int(1).tag(sync=True)
    """Which picture is on the right of the slider, and is compared with the left one; by turns, it
    is shown first. Default 1. Written by the user and by Python."""

    votes: traitlets.List[Any] = traitlets.List(read_only=True)
    """The votes of a blind test, oldest first: each a dict of ``left`` and ``right``, the places of
    two pictures from 0, and ``winner``, the place of the better one, None for a tie. Empty by
    default. Written by the comparison: on a background thread, so what observes it should take no
    time."""

    language = traitlets.Enum(("", "en", "zh"), default_value="").tag(sync=True)
    """The language that the comparison speaks: ``"en"``, ``"zh"``, or ``""`` (the default) for the
    browser's own. Written by the user."""

    static = traitlets.Bool(default_value=True)
    """Whether one sheet of the pictures stays in the saved notebook, for when there is no kernel
    (True by default), or of a blind test the ranking. Written by the user."""

    _blind = traitlets.Bool().tag(sync=True)
    """Whether it is a blind test. Written once, by the kernel."""

    _compared: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """The pictures. Written once, by the kernel."""

    _frame: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    """The size of the frame in which they lie. Written once, by the kernel."""

    _test: traitlets.Dict[str, Any] = traitlets.Dict(allow_none=True, default_value=None).tag(
        sync=True
    )
    """Of a blind test, all that is to be voted on. Written by the kernel."""

    _ballot: traitlets.Dict[str, Any] = traitlets.Dict({"votes": [], "undone": []}).tag(sync=True)
    """The votes of a blind test, as pages know them. Written by the kernel."""

    _ranking: traitlets.Dict[str, Any] = traitlets.Dict(allow_none=True, default_value=None).tag(
        sync=True
    )
    """The ranking of a blind test that has ended, else None. Written by the kernel."""

    # here too, since ipywidgets closes even what could not be made
    _session: CompareSession | None = None
    _voting: BlindSession | None = None

    def __init__(
        self,
        *pictures: Any,
        blind: bool = False,
        names: Sequence[str] | None = None,
        language: str = "",
        static: bool = True,
    ) -> None:
        self._given = read_compared(pictures, names, blind=blind)
        frame = self._given.frame
        self._session = CompareSession(self, self._given)
        if blind:
            self._voting = BlindSession(self, self._given.items, weakly(self._note_static_at_once))
        super().__init__(
            mode="slider" if frame.is_filled_by(0, 1) else "side",
            language=language,
            static=static,
            _blind=blind,
            # names and order of a blind test are in no page before its end
            _compared=[] if blind else self._given.items,
            _test=None if self._voting is None else self._voting.test.told,
            _frame=FrameSize(width=frame.width, height=frame.height),
        )
        self.observe(self._note_static_at_once, ["static", "votes"])
        self.on_msg(self._session.receive)
        if self._voting is not None:
            self.on_msg(self._voting.receive)

    def __repr__(self) -> str:
        """Return the comparison in words, for front ends that cannot show it."""
        if self._voting is not None:
            votes = f"{len(self.votes)} of {self._voting.test.pairs} votes"
            return f"Lumen blind test · {len(self._given.items)} pictures · {votes}"
        return f"Lumen comparison · {' | '.join(self._given.names)}"

    @property
    def pictures(self) -> Pictures:
        """What is compared, in the order in which it was given: a copy."""
        return self._given.pictures.copy()

    @property
    def ranking(self) -> RankedPictures:
        """The pictures of a blind test with their scores, the best first, by the votes so far.

        A score (0 to 1) is the share of votes that the picture would win against each of the
        others. A cell shows it as a table, with how sure each place is; `RankedPictures` has the
        same as numbers, and says how it was found.

        Raises
        ------
        InvalidRequest
            It is no blind test.

        """
        if self._voting is None:
            raise InvalidRequest(
                "This comparison is no blind test, so it has no ranking.",
                next_step="Make one with lumen.Compare(pictures, blind=True), and vote.",
            )
        return RankedPictures(self._given.pictures, self._given.names, self._voting.test.rank())

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Set what a browser wrote; what no control could have written is left out."""
        accepted, _ = checked(self, sync_data, _CONTROLS)
        # as it was written: where a trait holds something else, the browser is told so
        super().set_state({name: sync_data[name] for name in accepted})

    def close(self) -> None:
        """Take the comparison from every page; what it left stays."""
        super().close()

    def _release(self) -> None:
        for session in (self._session, self._voting):
            if session is not None:
                session.close()

    def _leaves(self) -> LeftTest | None:
        return None if self._voting is None else self._voting.test.leave()

    def _takes(self, left: Any) -> bool:
        return left is None or (self._voting is not None and self._voting.take(left))

    @traitlets.validate("left", "right")
    def _check_place(self, proposal: Any) -> int:
        place = int(proposal["value"])
        if not 0 <= place < len(self._given.items):
            raise traitlets.TraitError(
                f"{proposal['trait'].name} is {place}. Give the place of one of the "
                f"{len(self._given.items)} pictures, from 0."
            )
        return place

    def static_form(self) -> StaticForm | None:
        """Return what stays of it in a saved notebook: see `LumenWidget.static_form`."""
        if not self.static:
            return None
        parts = StaticParts()
        parts.add_line(*repr(self).split(" · "))
        if self._voting is None:
            parts.add_sheet(self._given.pictures, self._given.names)
        elif self._voting.test.ended:
            # before the end, it would say which picture is which
            ranking = self.ranking._repr_mimebundle_()
            parts.add(ranking["text/html"], ranking["text/plain"])
        return parts.form()
