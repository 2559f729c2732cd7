"""A widget in which its pictures can be compared: the comparison opens in it, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumen_widgets.client import InvalidRequest
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.widgets.base import ChildWidget, LumenWidget
from lumen_widgets.widgets.compare.widget import Compare
from lumen_widgets.widgets.local_picture import as_pictures

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ipywidgets import Widget

    from lumen_widgets.client import Picture
    from lumen_widgets.widgets.comparisons import Comparison, Comparisons


class ComparingWidget(LumenWidget):
    """A widget of pictures that has a `language`, which a comparison in it speaks too.

    Parameters
    ----------
    **fields
        First values of its traits.

    """

    compare = ChildWidget(Compare, read_only=True)
    """The `Compare` that is open here; None (the default) while none is. Written by the widget,
    with *Compare…* and `compare_pictures`; closing it makes it None."""

    # here too, since ipywidgets closes even what could not be made
    _compared: Comparison | None = None

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.observe(self._speak_in_compare, "language")
        self.on_msg(self._note_closing)

    @property
    def comparisons(self) -> Comparisons:
        """What the pictures of this widget are compared with."""
        raise NotImplementedError

    def compare_pictures(
        self, pictures: Picture | Iterable[Picture], *, blind: bool = False
    ) -> Compare:
        """Open a comparison here, as *Compare…* does, in place of the one that is open.

        Parameters
        ----------
        pictures
            Two to four pictures, which are seen beside each other, of two what the other was made
            of before it; up to 32, which are put to a
            blind test. One alone stands after what it was made of, and before what the service
            sent, where that differs; or, made of nothing, among those of its task.
        blind
            Whether fewer than five are put to a blind test too.

        Returns
        -------
        Compare
            The comparison, which is also `compare`.

        Raises
        ------
        InvalidRequest
            They cannot be compared, or a blind test is open that has votes.
        JournalError
            The journal cannot be read.

        Examples
        --------
        >>> form.compare_pictures(form.pictures[0])  # doctest: +SKIP

        """
        return self.open_comparison(self.comparisons.of(as_pictures(pictures), blind=blind))

    def open_comparison(self, comparison: Comparison) -> Compare:
        """Open what was found to stand beside pictures; one that is open already stays.

        Raises
        ------
        InvalidRequest
            It cannot be compared, or a blind test is open that has votes.

        """
        before: Compare | None = self.compare
        compared = self._compared
        if before is not None and compared is not None:
            if comparison.is_same(compared):
                return before
            if compared.blind and before.votes:
                raise InvalidRequest(
                    "The blind test that is open has votes, which would be gone.",
                    next_step="Close it first.",
                )
        made = Compare(
            *comparison.pictures,
            blind=comparison.blind,
            names=comparison.names,
            language=self.language,
            # this widget's cell is no place to keep what is looked through
            static=False,
        )
        self._compared = comparison
        self.set_trait("compare", made)
        if before is not None:
            before.close()
        return made

    def close_comparison(self) -> None:
        """Close the comparison that is open here, if one is."""
        if self.compare is not None:
            self.compare.close()

    def _release(self) -> None:
        self.close_comparison()
        publisher.forget(self)
        super()._release()

    def _with_parts(self) -> Sequence[Widget]:
        parts = super()._with_parts()
        return parts if self.compare is None else [*parts, self.compare]

    def _note_closing(self, _: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and content.get("kind") == "close_compare":
            # there no Ctrl-C comes between
            publisher.run_soon(self.close_comparison)

    def _speak_in_compare(self, _: Any) -> None:
        if self.compare is not None:
            self.compare.language = self.language
