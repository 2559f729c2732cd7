"""What every widget of this package has: it can be closed in any order, and leaves nothing behind.

When a page is loaded, the kernel answers for all widgets at once, and one that holds a closed
widget would take this answer from all of them. So a widget that is closed takes itself out of the
containers that hold it, and is still something that can be named in that answer.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast
from uuid import uuid4

import anywidget
from ipywidgets import Box, DOMWidget, Layout, Widget, widget_serialization
from ipywidgets.widgets.trait_types import InstanceDict
from ipywidgets.widgets.widget import _instances as open_widgets
from traitlets import Instance, Unicode

from lumen_widgets.widgets.cell_runs import Place, watch
from lumen_widgets.widgets.saved_bundles import note_closing, note_opened
from lumen_widgets.widgets.static_output import StaticOutput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumen_widgets.widgets.static_form import StaticForm

W = TypeVar("W", bound=DOMWidget)


def weakly(method: Callable[..., object]) -> Callable[..., None]:
    """Return what calls a bound method for as long as its object lives, and does not hold it."""
    reference = weakref.WeakMethod(method)

    def call(*arguments: Any) -> None:
        alive = reference()
        if alive is not None:
            alive(*arguments)

    return call


def leave_containers(widget: Widget) -> None:
    """Take a widget that closes out of the boxes and tabs that hold it."""
    for box in list(open_widgets.values()):
        if not isinstance(box, Box) or not any(child is widget for child in box.children):
            continue
        # a closed one, too, would keep the box from telling any page what is in it
        kept = [
            place
            for place, child in enumerate(box.children)
            if child is not widget and child.comm is not None
        ]
        # tabs have their titles by number
        titles = [box.titles[place] for place in kept] if hasattr(box, "titles") else None
        box.children = [box.children[place] for place in kept]
        if titles is not None:
            box.titles = titles


def _named(widget: Widget | None, prefix: str) -> str | None:
    """Return how a widget is named in the state of another; a closed one is none."""
    return None if widget is None or widget.comm is None else f"{prefix}{widget.model_id}"


class ChildWidget(Instance[Any], Generic[W]):
    """A trait that holds a widget until anybody closes it, and then None.

    Parameters
    ----------
    kind
        The widget's class.
    prefix
        What stands before its id in messages.
    read_only
        Whether it may be set by `set_trait` alone.

    """

    def __init__(
        self, kind: type[W], prefix: str = "anywidget:", *, read_only: bool = False
    ) -> None:
        super().__init__(kind, allow_none=True, read_only=read_only)
        self.tag(sync=True, to_json=lambda widget, _: _named(widget, prefix))

    def set(self, obj: Any, value: W | None) -> None:
        """Hold a widget, and let go of it when it closes."""
        super().set(obj, value)
        if value is None:
            return
        holder, child = weakref.ref(obj), weakref.ref(value)

        def closed(change: Any) -> None:
            parent = holder()
            if change.new is None and parent is not None and self.get(parent) is child():
                parent.set_trait(self.name, None)

        value.observe(closed, "comm")


class LumenWidget(anywidget.AnyWidget):
    """A widget that may be closed before or after anything that it is in, or that is in it."""

    layout = InstanceDict(Layout).tag(
        sync=True,
        to_json=lambda layout, _: _named(layout, "IPY_MODEL_"),
        from_json=widget_serialization["from_json"],
    )
    """The `ipywidgets.Layout`: sizes and margins. Written by the user."""

    _static_id = Unicode().tag(sync=True)
    """What the widget's static form is marked with, so that a page hides it: random. Written once,
    by the kernel."""

    _closed_id = ""
    _own_layout: Layout | None = None
    # here too, since ipywidgets closes even what could not be made
    _static_output: StaticOutput | None = None
    _tell_holder: Callable[[], object] | None = None

    def __init__(self, **fields: Any) -> None:
        # here already, since ipywidgets closes even what could not be made
        self._views: set[str] = set()
        mark = uuid4().hex
        self._static_output = StaticOutput(
            mark, self.static_form, self._wants_static, self._is_in_box
        )
        super().__init__(_static_id=mark, **fields)
        note_opened(self)
        if not isinstance(fields.get("layout"), Layout):
            self._own_layout = self.layout
        self.on_msg(self._note_view)
        self._place = watch(
            Place(
                self,
                parts=self._with_parts,
                kept_open=self._is_needed,
                leaves=self._leaves,
                takes=self._takes,
                close=self.close,
            )
        )

    @property
    def model_id(self) -> str:
        """The widget's id in messages; a closed widget has the one that it had."""
        return self._closed_id or cast("str", super().model_id)

    def close(self) -> None:
        """Take the widget from every page, and out of the containers that hold it."""
        if self.comm is not None:
            if self._static_output is not None:
                self._static_output.close()
            note_closing(self)
            self._closed_id = self.model_id
            leave_containers(self)
            super().close()
            self._close_layout()
        self._release()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        self._place.note_shown()
        self.display_static(self.model_id)
        return super()._repr_mimebundle_(**kwargs)

    def static_form(self) -> StaticForm | None:
        """Return what stays of the widget in a saved notebook, as it is now; may take a moment.

        Returns
        -------
        StaticForm or None
            Its HTML and its text; None where `static` is False.

        Examples
        --------
        >>> print(painter.static_form().text)  # doctest: +SKIP

        """
        return None

    def display_static(self, shown_id: str) -> None:
        """Leave what stays of the widget in the cell that runs now, which shows it.

        Parameters
        ----------
        shown_id
            The model's id of the widget that the cell displays: of this one, or one that it is in.

        """
        if self._static_output is not None:
            self._static_output.displayed(shown_id)

    def be_part(self, changed: Callable[[], object] | None = None) -> None:
        """Leave nothing where the widget is part of another one, which has it in what it leaves.

        Parameters
        ----------
        changed
            Called when what stays of it changes, on any thread; it takes no time.

        """
        self._tell_holder = changed
        if self._static_output is not None:
            self._static_output.be_part()

    def be_passing(self) -> None:
        """Leave nothing in any cell: something else takes the widget's place there."""
        if self._static_output is not None:
            self._static_output.be_passing()

    def _close_layout(self) -> None:
        """Close the layout that was made for this widget, unless the user gave it to another."""
        own, self._own_layout = self._own_layout, None
        others = (getattr(one, "layout", None) for one in list(open_widgets.values()))
        if own is not None and not any(layout is own for layout in others):
            own.close()

    def _note_view(self, _: Any, content: Any, __: Any) -> None:
        """Take in that a view of a page came or went."""
        if not isinstance(content, dict) or not isinstance(view := content.get("view"), str):
            return
        if content.get("kind") == "shown":
            self._views.add(view)
            if self._static_output is not None:
                self._static_output.note_page()
        elif content.get("kind") == "hidden":
            self._views.discard(view)
            self._place.look_soon()

    def _wants_static(self) -> bool:
        """Say whether anything of it is to stay."""
        return bool(getattr(self, "static", False))

    def _is_in_box(self) -> bool:
        """Say whether a box or tabs hold the widget."""
        boxes = (one for one in list(open_widgets.values()) if isinstance(one, Box))
        return any(child is self for box in boxes for child in box.children)

    def _note_static(self, _: Any = None) -> None:
        """Have what stays brought up to date; takes no time, on any thread."""
        if self._static_output is not None:
            self._static_output.note_change()
        if self._tell_holder is not None:
            self._tell_holder()

    def _note_static_at_once(self, _: Any = None) -> None:
        """Have what stays brought up to date without a pause: it changes seldom."""
        if self._static_output is not None:
            self._static_output.note_change(at_once=True)

    def _with_parts(self) -> Sequence[Widget]:
        """Return this widget and those that it made for itself alone."""
        return [self]

    def _is_needed(self) -> bool:
        """Say whether the widget stays open although nothing of the user's reaches it."""
        return bool(self._views)

    def _leaves(self) -> object:
        """Return what the user made, for the widget that takes this one's place, if anything."""
        return None

    def _takes(self, left: Any) -> bool:
        """Take what such a widget left; say whether it fits."""
        return left is None

    def _release(self) -> None:
        """Give back what a closed widget needs no more; also again, and of one half made."""
