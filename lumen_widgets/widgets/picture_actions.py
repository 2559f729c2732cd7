"""What a user can do with a picture that a widget shows: asked for by pages, done in the kernel.

`js/shared/picture_actions.ts` is the other side of it. Each action is asked for under an id, and
done once under it. *The same again* pays: a page that has not seen that it was done already, such
as a second tab while the kernel was busy, does not do it again.
"""

from __future__ import annotations

import itertools
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from lumen_widgets.client import InvalidRequest, LumenError, Picture
from lumen_widgets.core.log import Log
from lumen_widgets.notebook.as_code import code_of
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.notebook.stars import StarChange, star, starred_among, stars_changed
from lumen_widgets.widgets.picture_targets import latest_target
from lumen_widgets.widgets.work_queue import work_queue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from anywidget import AnyWidget

    from lumen_widgets.client import LumenClient
    from lumen_widgets.notebook.as_code import CodeOf
    from lumen_widgets.widgets.comparisons import Comparison, Comparisons
    from lumen_widgets.widgets.picture_targets import PictureTarget

_log = Log(__name__)

Action = Literal[
    "reference", "paint", "extend", "again", "recall", "compare", "code", "save", "star", "unstar"
]
# what is done in a form
_IN_FORM: frozenset[Action] = frozenset({"reference", "paint", "extend", "again", "recall"})
# what may be done with several pictures at once
_SEVERAL: frozenset[Action] = frozenset({"reference", "compare", "save", "star", "unstar"})
_ALL: frozenset[Action] = _IN_FORM | _SEVERAL | {"code"}

# answers that are kept for pages that ask again
_MOST_ANSWERS = 200
# characters of a request's id, which the journal keeps too
_ID_LENGTH = 128
# pictures of one request: more than anybody marks one by one
_MOST_PICTURES = 500


class PictureActionMessage(TypedDict):
    """Browser → kernel: do this with these pictures."""

    kind: Literal["picture_action"]
    request: str
    action: Action
    sha256: list[str]
    seen: int  # the number of the newest answer that the page has had
    host: str | None  # who charges for it, as the page says it; None where it says nothing of that


class PictureActedMessage(TypedDict):
    """Kernel → browser: what came of an action; with an error, nothing was done."""

    kind: Literal["picture_acted"]
    request: str
    sequence: int
    action: Action
    sha256: list[str]
    repeated: bool  # whether it was done before: then nothing was done this time
    target: str  # the name of the form in which it was done
    paths: list[str]  # of the files that were written, or were there already
    python: str  # the call that made it, as code
    curl: str
    error: str  # empty if all is well
    next_step: str


class StarsMessage(TypedDict):
    """Kernel → browser: which pictures have a star, and which have none any more."""

    kind: Literal["stars"]
    sequence: int  # of the newest answer
    starred: list[str]
    unstarred: list[str]


class PictureActions:
    """Does what pages ask for with the pictures of one widget; safe to use from any thread.

    Parameters
    ----------
    widget
        The widget, whose pages ask and are answered.
    client
        Whose journal has the stars; None for a widget that keeps them by `keep_star`.
    find
        Returns a picture that the widget shows, by its digest; None if it is not to be had. Called
        on a worker thread, where it may read a file.
    target
        Returns the form in which things are done; None without one.
    keep_star
        Stars pictures by their digests, or takes their stars away, and tells of that; None has it
        done in the client's journal.
    comparisons
        What pictures are compared with, and where; None for a widget that compares none.

    """

    def __init__(
        self,
        widget: AnyWidget,
        client: LumenClient | None,
        find: Callable[[str], Picture | None],
        target: Callable[[], PictureTarget | None] = latest_target,
        keep_star: Callable[[Collection[str], bool], None] | None = None,
        *,
        comparisons: Comparisons | None = None,
    ) -> None:
        self._widget = widget
        self._client = client
        self._find = find
        self._target = target
        self._keep_star = keep_star or self._star_in_journal
        self._comparisons = comparisons
        self._lock = threading.Lock()
        self._sequence = 0
        # None until it is answered
        self._answers: dict[str, PictureActedMessage | None] = {}
        # by a picture that was asked for again: the number of the answer, None until there is one
        self._again: dict[str, int | None] = {}
        stars_changed.connect_method(self._tell_change)

    def receive(self, content: Any) -> bool:
        """Take in a page's message; say whether it was one for this. Takes no time.

        It is read on the publisher's thread, where no Ctrl-C comes.
        """
        if not isinstance(content, dict) or content.get("kind") != "picture_action":
            return False
        publisher.run_soon(partial(self._take_in, content))
        return True

    def tell_stars(self, sha256: Collection[str]) -> None:
        """Have the pages told which of these pictures have a star, as to a page that appears."""
        names = tuple(sha256)
        work_queue.run_soon(partial(self._read_stars, names))

    def close(self) -> None:
        """Leave out what is yet to be done and sent."""
        work_queue.forget(self)
        publisher.forget(self)

    def _take_in(self, content: dict[str, Any]) -> None:
        """Begin an action, or answer it once more; a browser's message may be anything."""
        request, action, given = (content.get(name) for name in ("request", "action", "sha256"))
        if not (isinstance(request, str) and _is_id(request) and isinstance(given, list)):
            return
        # half of a character is in no digest, and no journal can be asked for it
        names = list(
            dict.fromkeys(
                one for one in given[:_MOST_PICTURES] if isinstance(one, str) and one.isascii()
            )
        )
        with self._lock:
            known = request in self._answers
            answer = self._answers.setdefault(request, None)
            while len(self._answers) > _MOST_ANSWERS:
                del self._answers[next(iter(self._answers))]
        if answer is not None:
            self._send(answer)
        elif not known:
            seen = seen if isinstance(seen := content.get("seen"), int) else 0
            said = content.get("host")
            work_queue.run_soon(partial(self._begin, request, action, names, seen, said))

    def _begin(self, request: str, action: Any, names: list[str], seen: int, said: object) -> None:
        """Do what takes time; what changes a form is left to the publisher."""
        try:
            pictures = self._checked(action, names)
            if action == "again" and self._was_unseen(names[0], seen):
                self._answer(request, action, names, repeated=True)
                return
            if action in _IN_FORM:
                do = partial(self._do_in_form, request, action, names, pictures, said)
                publisher.run_soon(do)
                return
            if action == "compare":
                self._begin_compare(request, names, pictures)
                return
            paths: list[str] = []
            code = None
            if action == "code":
                code = code_of(pictures[0], None if self._client is None else self._client.journal)
            elif action == "save":
                paths = [str(saved(one, Path.cwd())) for one in pictures]
            else:
                self._keep_star(names, action == "star")
        except Exception as error:  # noqa: BLE001 # whatever it is, the page waits for an answer
            self._refuse(request, action, names, error)
        else:
            self._answer(request, action, names, paths=paths, code=code)

    def _do_in_form(
        self,
        request: str,
        action: Action,
        names: list[str],
        pictures: list[Picture],
        said: object,
    ) -> None:
        try:
            target = self._open_target()
            match action:
                case "again":
                    _check_host(target, said)
                    target.again(pictures[0], request)
                case "paint":
                    target.paint(pictures[0])
                case "extend":
                    target.extend(pictures[0])
                case "recall":
                    target.offer(pictures[0])
                case _:
                    for one in pictures:
                        target.use(one)
        except Exception as error:  # noqa: BLE001 # whatever it is, the page waits for an answer
            with self._lock:
                if action == "again" and self._again.get(names[0], 0) is None:
                    del self._again[names[0]]
            self._refuse(request, action, names, error)
        else:
            self._answer(request, action, names, target=target.name)

    def _begin_compare(self, request: str, names: list[str], pictures: list[Picture]) -> None:
        if self._comparisons is None:
            raise InvalidRequest("Pictures are not compared here.")
        comparison = self._comparisons.of(pictures)
        publisher.run_soon(partial(self._compare, request, names, comparison))

    def _compare(self, request: str, names: list[str], comparison: Comparison) -> None:
        try:
            if self._comparisons is not None:
                self._comparisons.show(comparison)
        except Exception as error:  # noqa: BLE001 # whatever it is, the page waits for an answer
            self._refuse(request, "compare", names, error)
        else:
            self._answer(request, "compare", names)

    def _open_target(self) -> PictureTarget:
        target = self._target()
        if target is None:
            raise InvalidRequest(
                "There is no form for it.",
                next_step="Run lumen.PromptForm() in a cell, then choose again.",
            )
        return target

    def _checked(self, action: Any, names: Sequence[str]) -> list[Picture]:
        """Return the pictures that an action needs; a star needs none."""
        if not isinstance(action, str) or action not in _ALL:
            raise InvalidRequest("That cannot be done with a picture.")
        if not names or (len(names) > 1 and action not in _SEVERAL):
            raise InvalidRequest("That is done with one picture.", next_step="Choose one.")
        if action in {"star", "unstar"}:
            return []
        found = [self._find(one) for one in names]
        if None in found:
            raise InvalidRequest(
                "The picture is not here any more: its file is gone, or was changed.",
                next_step="It may have been pruned from the history.",
            )
        return cast("list[Picture]", found)

    def _was_unseen(self, sha256: str, seen: int) -> bool:
        """Say whether a page asks again for what it cannot know was sent; else note that it is."""
        with self._lock:
            if sha256 in self._again:
                answered = self._again[sha256]
                if answered is None or seen < answered:
                    return True
            self._again[sha256] = None
            return False

    def _star_in_journal(self, names: Collection[str], starred: bool) -> None:
        if self._client is not None:
            star(self._client, names, starred=starred)

    def _read_stars(self, names: Sequence[str]) -> None:
        try:
            found = set() if self._client is None else starred_among(self._client, names)
        except LumenError as error:
            # a star is a comfort: a journal that cannot be read says so where it matters
            _log.debug("%s", error)
            found = set()
        self._tell([one for one in names if one in found], [])

    def _tell_change(self, change: StarChange) -> None:
        changed = list(change.sha256)
        self._tell(*((changed, []) if change.starred else ([], changed)))

    def _tell(self, starred: list[str], unstarred: list[str]) -> None:
        with self._lock:
            sequence = self._sequence
        message = StarsMessage(
            kind="stars", sequence=sequence, starred=starred, unstarred=unstarred
        )
        publisher.run_soon(partial(self._send, message))

    def _refuse(self, request: str, action: Any, names: list[str], error: Exception) -> None:
        if isinstance(error, LumenError):
            self._answer(request, action, names, error=error.message, next_step=error.next_step)
            return
        if not isinstance(error, OSError):
            _log.exception("a picture's action failed", exc_info=error)
        words = getattr(error, "strerror", None) or type(error).__name__
        self._answer(request, action, names, error=f"That failed here: {words}.")

    def _answer(
        self,
        request: str,
        action: Any,
        names: list[str],
        *,
        repeated: bool = False,
        target: str = "",
        paths: Sequence[str] = (),
        code: CodeOf | None = None,
        error: str = "",
        next_step: str = "",
    ) -> None:
        with self._lock:
            self._sequence += 1
            message = PictureActedMessage(
                kind="picture_acted",
                request=request,
                sequence=self._sequence,
                action=action,
                sha256=names,
                repeated=repeated,
                target=target,
                paths=list(paths),
                python="" if code is None else code.python,
                curl="" if code is None else code.curl,
                error=error,
                next_step=next_step,
            )
            if request in self._answers:
                self._answers[request] = message
            if action == "again" and not (error or repeated):
                # whoever sees this answer knows of it: another click is meant
                self._again[names[0]] = self._sequence
        publisher.run_soon(partial(self._send, message))

    def _send(self, message: PictureActedMessage | StarsMessage) -> None:
        if self._widget.comm is not None:
            self._widget.send(message)


def _check_host(target: PictureTarget, said: object) -> None:
    """Refuse to pay at another host than the page says beside its button."""
    if said != target.host:
        raise InvalidRequest(
            "Nothing was sent: the form that was used last is another one by now.",
            next_step="Look at the price on the button, and press it again.",
        )


def saved(picture: Picture, folder: Path) -> Path:
    """Write a picture into a folder, under a name that no other file has there.

    A file that has the same bytes already is left as it is, and is the answer.

    Raises
    ------
    OSError
        It cannot be written; then nothing of it is left.

    """
    name = Path(picture.file_name)
    for number in itertools.count(1):
        path = folder / (name if number == 1 else f"{name.stem}-{number}{name.suffix}")
        try:
            # never through a link, which may lead to somebody else's file
            if path.is_symlink():
                continue
            file = path.open("xb")
        except FileExistsError:
            if path.is_file() and path.read_bytes() == picture.bytes:
                return path
            continue
        try:
            with file:
                file.write(picture.bytes)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path
    raise AssertionError("there is always another number")


def _is_id(request: str) -> bool:
    plain = request.isascii() and request.isprintable() and " " not in request
    return 0 < len(request) <= _ID_LENGTH and plain
