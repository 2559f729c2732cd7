"""Has a notebook that is executed without a page keep the bundle of each kind of widget once.

Whoever executes one (nbclient, and with it nbconvert and papermill) keeps the state of every widget
that there was, also of closed ones, and with it each time the whole bundle: of the notebooks here
that was half of the file. So it is told, in messages that a page does not heed, that a closed
widget has no bundle, and that a widget beside another one of its kind has its bundle from that. A
page gets every bundle as before.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from lumen_widgets.notebook.cell import has_page, in_notebook

if TYPE_CHECKING:
    from ipywidgets import Widget

# of a message that is no update: ipywidgets does nothing with a method that it does not know
_METHOD = "kept"
# a widget that shows nothing, as anywidget takes it
_NOTHING = "export default {};\n"
# a widget that is what another one's bundle makes of it; in a page from a saved notebook both exist
_SHARED = """const load = async (model) => {{
  const other = await model.widget_manager.get_model("{id}");
  const source = new Blob([other.get("_esm")], {{ type: "text/javascript" }});
  const url = URL.createObjectURL(source);
  try {{
    const made = (await import(url)).default;
    return typeof made === "function" ? await made() : made;
  }} finally {{
    URL.revokeObjectURL(url);
  }}
}};
export default () => {{
  let widget;
  return {{
    async initialize(context) {{
      widget = await load(context.model);
      return widget.initialize?.(context);
    }},
    render: (context) => widget.render?.(context),
  }};
}};
"""

# by the name of their kind, in the order in which they were made; the first has the bundle
_open: dict[str, list[weakref.ref[Widget]]] = {}


def note_opened(widget: Widget) -> None:
    """Take in that there is a new widget, whose bundle was sent."""
    if not _is_kept():
        return
    others = _others(widget)
    if others:
        _keep(widget, _SHARED.format(id=others[0].model_id), "")
    _open[_kind(widget)] = [weakref.ref(one) for one in (*others, widget)]


def note_closing(widget: Widget) -> None:
    """Take in that a widget is about to be closed."""
    if not _is_kept():
        return
    listed = [one() for one in _open.get(_kind(widget), ())]
    was_first = bool(listed) and listed[0] is widget
    others = _others(widget)
    _open[_kind(widget)] = [weakref.ref(one) for one in others]
    _keep(widget, _NOTHING, "")
    if was_first and others:
        first, *rest = others
        bundle = first.get_state(["_esm", "_css"])
        _keep(first, bundle["_esm"], bundle["_css"])
        for one in rest:
            _keep(one, _SHARED.format(id=first.model_id), "")


def _is_kept() -> bool:
    """Say whether somebody may keep the state: with a page it is the page that does."""
    return in_notebook() and not has_page()


def _others(widget: Widget) -> list[Any]:
    """Return the other widgets of its kind that are open."""
    known = (one() for one in _open.get(_kind(widget), ()))
    return [one for one in known if one is not None and one is not widget and one.comm is not None]


def _kind(widget: Widget) -> str:
    # anywidget gives each widget a class of its own
    return type(widget).__name__


def _keep(widget: Any, esm: str, css: str) -> None:
    state = {"_esm": esm, "_css": css}
    widget.comm.send({"method": _METHOD, "state": state, "buffer_paths": []})
