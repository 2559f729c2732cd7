"""What a call shows inside an `ipywidgets.Output`: in a callback, in `interact`, in a `with` block.

Such a widget takes what is shown while it captures, and drops what would replace it later
(ipywidgets#1844). So what changes there is held by an `Output` of its own, whose content is set as
a whole: at any time, from any thread, and with nothing else in the user's `Output` touched.
"""

from __future__ import annotations

import contextvars
import sys
import threading
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import ipywidgets

_Entries = tuple[dict[str, Any], ...]

_VIEW = "application/vnd.jupyter.widget-view+json"


def parent_message() -> dict[str, Any]:
    """Return the message that the kernel deals with now, empty outside a kernel."""
    from IPython import get_ipython

    shell = get_ipython()
    message: dict[str, Any] = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return message or {} if _has_message_of_its_own() else _messages.of_a_thread(message or {})


def _has_message_of_its_own() -> bool:
    """Say whether this thread or task has one; to all others the kernel gives the latest."""
    return deals_with_message() or any(
        variable.name == "parent_header" for variable in contextvars.copy_context()
    )


def parent_header() -> dict[str, Any]:
    """Return the header of that message."""
    header: dict[str, Any] = parent_message().get("header", {})
    return header


class _Messages:
    """Which messages the kernel deals with, as IPython tells where one begins and where it ends."""

    def __init__(self) -> None:
        self._running: dict[str, dict[str, Any]] = {}
        self._ended: deque[str] = deque(maxlen=1000)
        self._shell: object = None

    def watch(self) -> None:
        """Hear of each message from now on, and of the one that is dealt with now."""
        # where nobody has loaded it there is no kernel, and asking would load it
        module = sys.modules.get("IPython.core.interactiveshell")
        if module is None or not module.InteractiveShell.initialized():
            return
        shell: Any = module.InteractiveShell.instance()
        if shell is self._shell or not hasattr(shell, "get_parent"):
            return
        self._shell = shell
        shell.events.register("pre_execute", self._begin)
        shell.events.register("post_execute", self._end)
        if deals_with_message():
            self._begin()

    def is_dealt_with(self, message_id: str) -> bool:
        """Say whether a message is not over; of one that is not known, by the thread that asks."""
        if message_id in self._running:
            return True
        return deals_with_message() and message_id not in self._ended

    def running(self, message_id: str) -> dict[str, Any]:
        """Return a message that is dealt with on any thread, empty if it is not known to be."""
        return self._running.get(message_id, {})

    def of_a_thread(self, latest: dict[str, Any]) -> dict[str, Any]:
        """Return the message that a thread without one of its own works for, as far as that shows.

        Some kernels deal with the page's messages while a cell runs: then the latest is one of
        those, again and again, and the thread is the cell's.
        """
        if latest.get("header", {}).get("msg_type") != "comm_msg":
            return latest
        running = [*self._running.values()]
        cells = [one for one in running if one["header"].get("msg_type") == "execute_request"]
        return cells[-1] if cells else latest

    def _begin(self) -> None:
        message = parent_message()
        if message:
            self._running[message["header"]["msg_id"]] = message

    def _end(self) -> None:
        # after what a thread still adds to it: when it is over the page hears no more of it
        with _adding:
            message_id = parent_header().get("msg_id", "")
            self._running.pop(message_id, None)
            self._ended.append(message_id)


_messages = _Messages()
# of the content of any `Output`; again on one thread, since what is added is told to what waits
_adding = threading.RLock()
# by then also a busy page has heard of what was added, and what it sends without it is meant so, as
# after `clear_output(wait=True)`
_LATE = 10.0
# the contents that the page may not know yet, of those outputs to which the kernel added something
_histories: WeakKeyDictionary[ipywidgets.Output, _History] = WeakKeyDictionary()
# of which message each output is about to capture what is shown, before the page is told
_entered: WeakKeyDictionary[ipywidgets.Output, str] = WeakKeyDictionary()


def capturing_output() -> ipywidgets.Output | None:
    """Return the `Output` that takes what is shown now; of nested ones, the one made last."""
    return next(iter(_capturing()), None)


def _capturing() -> list[ipywidgets.Output]:
    """Return the outputs of which one takes what is shown now, the one made last first.

    Of nested ones only the page knows which is the inner one.
    """
    _messages.watch()
    # where nobody has loaded the widgets, none was made
    module, running = sys.modules.get("ipywidgets.widgets.widget"), parent_header().get("msg_id")
    if module is None or not running:
        return []
    import ipywidgets

    made = reversed(list(module._instances.values()))  # noqa: SLF001 -- there is no other list
    outs = [one for one in made if isinstance(one, ipywidgets.Output) and one.msg_id]
    found = [one for one in outs if one.msg_id == running]
    if found or _has_message_of_its_own():
        return found
    return [one for one in outs if _messages.running(one.msg_id)]


def append_output(
    out: ipywidgets.Output, bundle: dict[str, Any], metadata: dict[str, Any] | None = None
) -> None:
    """Add an output to `out`, from any thread, in its `with` block or after it.

    While it captures, the page may have added what the kernel does not know yet, and would lose it
    if the kernel set all of the content: then the page is to add this too.
    """
    # two threads may add at once, and another one may end what captures
    with _adding:
        message = _captured_message(out)
        if message:
            _publish(message, bundle, metadata or {})
            return
        content = _merge_late_update(out)
        history = _histories.get(out)
        if history is None:
            history = _histories[out] = _History(content)
            out.observe(_hear, ("outputs", "comm"))
        content += (_entry(bundle, metadata),)
        _set(out, history, content)


def _publish(message: dict[str, Any], bundle: dict[str, Any], metadata: dict[str, Any]) -> None:
    """Show something as what a message has shown, below what was printed before."""
    page = page_publisher()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    content = {"data": bundle, "metadata": metadata, "transient": {}}
    page.session.send(page.pub_socket, "display_data", content, message, ident=page.topic)


def _captured_message(out: ipywidgets.Output) -> dict[str, Any]:
    """Return the message of which `out` takes what is shown now, empty if there is none."""
    if out not in _entered:
        _entered[out] = out.msg_id
        out._register_validator(_enter, ("msg_id",))  # noqa: SLF001 -- traitlets has no public way to hear of a change before the page does
    if not out.msg_id or _entered[out] != out.msg_id:
        return {}
    own = parent_message()
    if own.get("header", {}).get("msg_id") == out.msg_id:
        return own if _messages.is_dealt_with(out.msg_id) else {}
    return {} if _has_message_of_its_own() else _messages.running(out.msg_id)


def _enter(out: ipywidgets.Output, proposal: dict[str, Any]) -> str:
    """Note what `out` begins or ends to capture, after what a thread still adds to it."""
    with _adding:
        message_id: str = proposal["value"]
        _entered[out] = message_id
    return message_id


class _History:
    """What an `Output` contained, from the last content that the page is known to know to this one.

    The page tells its content only after it has captured or cleared something, and never confirms
    what the kernel has set. What it captured before it heard of that is told as what it knew then
    and what it captured: an update that, left as it is, would undo what the kernel has set.
    """

    def __init__(self, content: _Entries) -> None:
        # and until when the page may take each for the current one
        self._known: list[tuple[_Entries, float]] = []
        self.current = content

    def add(self, content: _Entries) -> None:
        """Note that this is the content now."""
        self._forget()
        self._known.append((self.current, monotonic() + _LATE))
        self.current = content

    def merge(self, told: _Entries) -> _Entries | None:
        """Return what the page told with what it cannot know; None if it knows all or cleared."""
        self._forget()
        grown = [at for at, (known, _) in enumerate(self._known) if _has_grown(known, told)]
        if not grown or _has_grown(self.current, told):
            return None
        # the longest: what the page has captured anew is hardly the same once more
        at = max(grown, key=lambda at: len(self._known[at][0]))
        # it does not go back to what was before
        del self._known[:at]
        return _merge(self._known[0][0], told, self.current)

    def _forget(self) -> None:
        now = monotonic()
        self._known = [one for one in self._known if one[1] > now]


def _has_grown(known: _Entries, told: _Entries) -> bool:
    """Say whether this is what the page knew, and something that it captured."""
    if len(known) > len(told) or known == told:
        return False
    if not known:
        return True
    last = len(known) - 1
    return known[:last] == told[:last] and (
        known[last] == told[last] or _goes_on(known[last], told[last])
    )


def _goes_on(text: dict[str, Any], longer: dict[str, Any]) -> bool:
    """Say whether a stream's text was added to: the page adds to the last one, if it can."""
    kind, other = ((one.get("output_type"), one.get("name")) for one in (text, longer))
    words, more = (str(one.get("text", "")) for one in (text, longer))
    return kind == other and kind[0] == "stream" and more.startswith(words)


def _merge(known: _Entries, told: _Entries, current: _Entries) -> _Entries:
    """Return the current content with what the page captured, below what the page knew of it."""
    merged, rest, below = list(current), list(known), 0
    for place, one in enumerate(current):
        if one in rest:
            rest.remove(one)
            below = place + 1
    if known and known[-1] in merged:
        # its text may go on
        merged[merged.index(known[-1])] = told[len(known) - 1]
    return (*merged[:below], *told[len(known) :], *merged[below:])


def _merge_late_update(out: ipywidgets.Output) -> _Entries:
    """Return what is in `out`, to which is added again what the page did not know of."""
    with _adding:
        content: _Entries = out.outputs
        history = _histories.get(out)
        if history is None or (content == history.current and out.comm is not None):
            return content
        merged = None if out.comm is None else history.merge(content)
        if merged is None:
            del _histories[out]
            out.unobserve(_hear, ("outputs", "comm"))
            return content
        history.add(content)
        _set(out, history, merged)
        return merged


def _set(out: ipywidgets.Output, history: _History, content: _Entries) -> None:
    # before it is told, or it would be taken for what the page has told
    history.add(content)
    out.outputs = content


def _hear(change: dict[str, Any]) -> None:
    _merge_late_update(change["owner"])


def is_captured() -> bool:
    """Say whether IPython's `capture_output` takes what is shown now."""
    from IPython.core.displayhook import CapturingDisplayHook

    return isinstance(sys.displayhook, CapturingDisplayHook)


def page_publisher() -> Any:
    """Return what publishes outputs to the page, also while they are captured."""
    from IPython import get_ipython

    shell = get_ipython()
    kind = shell.display_pub_class
    made = (one for one in shell.configurables if is_captured() and isinstance(one, kind))
    return next(made, shell.display_pub)


class HeldOutput:
    """Outputs in one place inside an `ipywidgets.Output`, to be changed later from any thread.

    Parameters
    ----------
    out
        The user's widget.
    behind
        The id of a widget below which this place is: nothing is put there before the page has told
        that the widget is in `out`, or the page would lose it. Empty is whatever is in `out` first,
        None is at once.

    Notes
    -----
    Where the user's widget was cleared, the next replacement is added to it anew, since it is what
    the user has paid for. What holds the outputs is closed once it is no more in there.

    """

    def __init__(self, out: ipywidgets.Output, *, behind: str | None = None) -> None:
        self._out = out
        self._behind = behind
        self._content: tuple[dict[str, Any], ...] = ()
        self._holder: ipywidgets.Output | None = None
        # whether the page has told that it is in there
        self._seen = False
        # of nested ones the page puts it into the inner one, and only then tells which that is
        self._outs = [out, *(one for one in _capturing() if one is not out)]
        self._observing = False
        self._lock = threading.RLock()

    def replace(self, bundle: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        """Put another bundle in the place of all that is here, also after the cell has ended."""
        with self._lock:
            self._content = (_entry(bundle, metadata),)
        self._show()

    def append(self, bundle: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        """Add a bundle below what is here."""
        with self._lock:
            self._content += (_entry(bundle, metadata),)
        self._show()

    def _show(self) -> None:
        with self._lock:
            if self._out.comm is None:
                return
            if self._holder is not None:
                self._holder.outputs = self._content
                return
            if not self._observing:
                self._observing = True
                for one in self._outs:
                    one.observe(self._look, ("outputs", "comm"))
            if not self._may_begin():
                return
            import ipywidgets

            self._seen = False
            holder = self._holder = ipywidgets.Output(outputs=self._content)
        # without the lock: what else is in there is told, and may be told of something too
        append_output(self._out, holder._repr_mimebundle_())

    def _may_begin(self) -> bool:
        if self._behind is None:
            return True
        for one in self._outs:
            if _has(one.outputs, self._behind) if self._behind else one.outputs:
                self._out, self._behind = one, None
                return True
        return False

    def _look(self, _: object) -> None:
        """Begin once that may be; end where the user's widget was cleared or closed."""
        # without the lock, as above; what only a late update lacks was not cleared
        merged = [(one, _merge_late_update(one)) for one in self._outs]
        with self._lock:
            holder = self._holder
            waits = holder is None and bool(self._content)
            if holder is not None:
                # it may have been added since, or another late update may have come since
                contents = [(one, (*content, *one.outputs)) for one, content in merged]
                found = next((one for one, has in contents if _has(has, holder.model_id)), None)
                if found is not None:
                    self._out, self._seen = found, True
                elif self._seen or self._out.comm is None:
                    for one in self._outs:
                        one.unobserve(self._look, ("outputs", "comm"))
                    self._holder, self._content, self._observing = None, (), False
                    holder.close()
        if waits:
            self._show()


def _has(content: _Entries, model_id: str) -> bool:
    views = (one.get("data", {}).get(_VIEW, {}) for one in content)
    return any(view.get("model_id") == model_id for view in views)


def _entry(bundle: dict[str, Any], metadata: dict[str, Any] | None) -> dict[str, Any]:
    return {"output_type": "display_data", "data": bundle, "metadata": metadata or {}}


def deals_with_message() -> bool:
    """Say whether this thread runs a cell or a callback; some kernels have more than one such."""
    thread = threading.current_thread()
    return thread is threading.main_thread() or type(thread).__module__.startswith("ipykernel.")


# here, so that what the first calls of a notebook run in is known to threads of theirs
_messages.watch()
