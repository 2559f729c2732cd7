"""The Studio: one surface to work on, made of the widgets that there are.

It holds one child, a `PromptForm`, and nothing of what that does: strip, painter, gallery and tasks
are the form's own, which its page shows in the Studio's places (`js/shared/form_exports.ts`). The
Studio is their layout, and says what was spent. So its protocol is a trait (`messages.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import traitlets

from lumen_widgets.client.spending.budget import budget, subscribe_budget
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.widgets.base import ChildWidget, LumenWidget, weakly
from lumen_widgets.widgets.bundles import bundle
from lumen_widgets.widgets.prompt_form.widget import PromptForm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ipywidgets import Widget

    from lumen_widgets.client import LumenClient


class Studio(LumenWidget):
    """Form, results, painter, gallery and tasks on one surface: in a wide cell, or in a tab.

    In JupyterLab, *Create New View for Cell Output* in the menu of its output opens it in a tab,
    which it fills. It goes on where the account's work ended: with the last request, and the last
    tasks with their pictures. All that can be done in it by Python is done with its `form`.

    Parameters
    ----------
    client
        Whose credits are spent; None is the account in use when the Studio is made (`lumen.use`).
    language
        ``"en"``, ``"zh"``, or ``""`` for the browser's own.
    static
        Whether the saved notebook keeps the pictures, and what the form asked for.

    Examples
    --------
    >>> studio = lumen.Studio()  # doctest: +SKIP
    >>> studio.form.pictures[0].save("best.png")  # doctest: +SKIP

    """

    _esm = bundle("studio.js")
    _css = bundle("studio.css")

    form = ChildWidget(PromptForm, read_only=True)
    """The `PromptForm` in it: its fields, its pictures, its painter. None once it was closed.
    Written once, by the Studio."""

    language = traitlets.Enum(("", "en", "zh"), default_value="").tag(sync=True)
    """The language that the Studio speaks: ``"en"``, ``"zh"``, or ``""`` (the default) for the
    browser's own. Written by the user."""

    static = traitlets.Bool(default_value=True)
    """Whether pictures are shown under the Studio, where the notebook keeps them (True by default),
    and for when there is no kernel what its form leaves. Written by the user."""

    _host = traitlets.Unicode().tag(sync=True)
    """Who charges: the service's host, empty for the sandbox of this machine. Written once, by the
    kernel."""

    _spending: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    """What was spent and is left, as a `Spending`. Written by the kernel."""

    _studio = traitlets.Unicode().tag(sync=True)
    """What pages know this Studio by: random. Written once, by the kernel."""

    # here too, since ipywidgets closes even what could not be made
    _unsubscribe: Callable[[], None] | None = None

    def __init__(
        self, client: LumenClient | None = None, *, language: str = "", static: bool = True
    ) -> None:
        form = PromptForm(client, language=language, static=static)
        super().__init__(
            language=language,
            static=static,
            _host=form.host,
            _spending={**budget().spending()},
            _studio=uuid4().hex,
        )
        self.set_trait("form", form)
        self.observe(self._hand_down, ["language", "static"])
        self._unsubscribe = subscribe_budget(weakly(self._spending_changed))
        self.on_msg(self._note_page)

    def __repr__(self) -> str:
        """Return the Studio in words, for front ends that cannot show it."""
        return "Lumen Studio" if self.form is None else f"Lumen Studio\n{self.form!r}"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Show the Studio in the cell that runs now, under which its pictures go from here on."""
        if self.form is not None:
            self.form.display_here(self.model_id)
            self.form.display_static(self.model_id)
        return super()._repr_mimebundle_(**kwargs)

    def set_state(self, sync_data: Mapping[str, Any]) -> None:  # noqa: ARG002 # ipywidgets passes it
        """Take in nothing that a browser wrote: a page of it has nothing to write."""
        super().set_state({})

    def close(self) -> None:
        """Close the Studio with all that is in it; what was submitted goes on."""
        super().close()

    def _release(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self.form is not None:
            self.form.close()
        publisher.forget(self)

    def _wants_static(self) -> bool:
        # what stays of the Studio is what its form leaves
        return False

    def _with_parts(self) -> Sequence[Widget]:
        return [self, *(self.form.parts() if self.form is not None else ())]

    def _is_needed(self) -> bool:
        return super()._is_needed() or (self.form is not None and self.form.unfinished)

    def _note_page(self, _: Any, content: Any, __: Any) -> None:
        """Go on where the account's work ended, once a page shows that there is a Studio."""
        shown = isinstance(content, dict) and content.get("kind") == "shown"
        if shown and self.form is not None:
            self.form.take_up_last()

    def _hand_down(self, _: Any) -> None:
        if self.form is not None:
            self.form.language, self.form.static = self.language, self.static

    def _spending_changed(self, _: None) -> None:
        publisher.run_soon(self._show_spending)

    def _show_spending(self) -> None:
        self._spending = {**budget().spending()}
