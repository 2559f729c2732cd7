"""What a hosting holds already, so that each content is put there once."""

from __future__ import annotations

import copy
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any

from lumen_widgets.client.hosting.caretaker import shared_caretaker
from lumen_widgets.client.hosting.protocol import checked_file, raised
from lumen_widgets.client.hosting.stored import Stored, find_stored
from lumen_widgets.client.hosting.uses import current_uses
from lumen_widgets.core.errors import HostingError, InvalidRequest
from lumen_widgets.core.http.addresses import is_loopback_url
from lumen_widgets.core.waiting import lean

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client.hosting.protocol import HostedFile, Hosting
    from lumen_widgets.core.pictures.images import LocalPicture


def host(
    picture: str | LocalPicture, hosting: Hosting | None, *, base_url: str | None = None
) -> str:
    """Return an address for a picture.

    Parameters
    ----------
    picture
        What `read_picture` or `read_mask` returned; a URL stays as it is.
    hosting
        Where local pictures go. The same bytes are put there once, as long as the address lasts,
        and stay there while a task of this process may need them.
    base_url
        The service that is to read it: one elsewhere cannot reach an address on this machine.

    Raises
    ------
    HostingError
        It is local and there is no hosting, or the hosting failed. Nothing has been paid.
    InvalidRequest
        `hosting` is none.

    Examples
    --------
    >>> host("https://example.org/cat.png", None)
    'https://example.org/cat.png'

    """
    if isinstance(picture, str):
        return picture
    if hosting is None:
        raise HostingError(
            "The service reads pictures by URL, and this one exists only here; nothing was sent.",
            next_step=_ROUTES,
        )
    if not callable(getattr(hosting, "put", None)):
        raise InvalidRequest(
            f"hosting is a {type(hosting).__name__}, which hosts nothing; nothing was sent.",
            next_step='Pass hosting=lumen.FsspecHosting("s3://bucket/folder"), or another object '
            "with a method put(data, media_type, digest).",
            field="hosting",
        )
    uses = current_uses()
    try:
        stored = _shelf_of(hosting).put(picture, hosting)
    except BaseException:
        if uses is not None:
            uses.unsent = True
        raise
    if uses is None:
        stored.give_back()
    else:
        uses.add(stored)
    url = stored.hosted.url
    here = not url.startswith("data:") and is_loopback_url(url)
    if here and base_url is not None and not is_loopback_url(base_url):
        raise HostingError(
            "The hosting gave an address on this machine, which the service cannot reach; nothing "
            "was sent.",
            next_step="Use a store on the internet.",
        )
    return url


_ROUTES = """\
Ways to give it an address:
- pass a URL that the service can read in place of the picture; a painted mask: "Download mask",
  put it somewhere, and pass its URL as mask=
- a store of your own: LumenClient(hosting=lumen.FsspecHosting("s3://bucket/folder")), or the
  environment variable LUMEN_HOSTING=s3://bucket/folder
- a function of your own: LumenClient(hosting=lumen.CallableHosting(fn)), where
  fn(data, media_type) returns a URL
- an experiment, since the service does not say whether it takes them:
  LumenClient(hosting=lumen.DataURIHosting()), or LUMEN_HOSTING=data:
- lumen.use("sandbox"), which takes local pictures"""


class Shelf:
    """The files of one hosting, by content."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, Stored] = {}
        self._attempts: dict[str, _Attempt] = {}

    def put(self, picture: LocalPicture, hosting: Hosting) -> Stored:
        """Return the file with a picture's content, taken for the caller; see `host`.

        Different contents are put there at the same time. Whoever comes with the same content
        meanwhile waits, and shares what comes of it, an error too: a store that does not answer
        is not asked once for each.
        """
        while True:
            with self._lock:
                known = self._files.get(picture.sha256)
                if known is not None and known.lasts and known.take():
                    return known
                attempt = self._attempts.get(picture.sha256)
                mine = attempt is None
                if attempt is None:
                    attempt = self._attempts[picture.sha256] = _Attempt()
            if mine:
                return self._carry_out(attempt, picture, hosting, known)
            while not attempt.over.wait(lean(None)):
                pass
            if attempt.error is not None:
                raise copy.copy(attempt.error) from attempt.error.__cause__

    def _carry_out(
        self, attempt: _Attempt, picture: LocalPicture, hosting: Hosting, known: Stored | None
    ) -> Stored:
        try:
            stored = _renewed(known) or self._fresh(picture, hosting, known)
        except HostingError as error:
            attempt.error = error
            raise
        finally:
            with self._lock:
                del self._attempts[picture.sha256]
            attempt.over.set()
        return stored

    def _fresh(self, picture: LocalPicture, hosting: Hosting, known: Stored | None) -> Stored:
        hosted = _asked(
            lambda: hosting.put(picture.data, picture.media_type, picture.sha256), "The hosting"
        )
        _check_its_own(hosted, picture.sha256)
        stored = Stored(hosted, picture.sha256)
        stored.take()
        # An address that holds the whole picture costs memory and is made again in no time.
        if not hosted.url.startswith("data:"):
            with self._lock:
                self._files[picture.sha256] = stored
            shared_caretaker().watch(stored)
        if known is not None:
            known.replace()
            shared_caretaker().look()
        return stored


class _Attempt:
    """One content that is being put somewhere, for whoever else wants it there."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.error: HostingError | None = None


def _renewed(known: Stored | None) -> Stored | None:
    """Return a known file that is given an address which lasts, None where that cannot be done."""
    if known is None or not known.take():
        return None
    try:
        renew = known.hosted.renew
        if renew is not None and not known.lasts:
            known.renew(_asked(renew, "The hosting"))
    except BaseException:
        known.give_back()
        raise
    if known.lasts:
        return known
    known.give_back()
    return None


def _check_its_own(hosted: HostedFile, content: str) -> None:
    """Check that an address is not one where a request expects another picture."""
    other = find_stored(hosted.url)
    if other is None or other.content == content:
        return
    shared_caretaker().ask_around()
    needed = other.overwrite()
    shared_caretaker().forget(other)
    if needed:
        raise HostingError(
            "The hosting gave a picture the address of another one, which a request still needs; "
            "nothing was sent.",
            next_step="It should give each picture an address of its own, by a digest of its "
            "bytes or a random name.",
        )


def _asked(ask: Callable[[], HostedFile], whose: str) -> HostedFile:
    """Return what a hosting of anybody's answers, checked."""
    try:
        return checked_file(ask())
    except HostingError:
        raise
    except Exception as error:
        raise raised(error, whose) from error


# By process and identity, with the hosting itself, or a weak reference that makes room again: any
# object with a method is a hosting, even one that cannot be hashed. A forked child begins anew,
# since its parent deletes what it has put there itself.
_shelves: dict[tuple[int, int], tuple[Callable[[], Any], Shelf]] = {}


def _shelf_of(hosting: Hosting) -> Shelf:
    place = (os.getpid(), id(hosting))
    known = _shelves.get(place)
    if known is not None and known[0]() is hosting:
        return known[1]
    shelf = Shelf()
    shelves = _shelves  # the module's own name may be gone by then, when the interpreter ends

    def forget(gone: Callable[[], Any]) -> None:
        if (found := shelves.get(place)) is not None and found[0] is gone:
            del shelves[place]

    held: Callable[[], Any]
    try:
        held = weakref.ref(hosting, forget)
    except TypeError:  # of a class with slots: kept for good, or another might get its number
        held = lambda: hosting  # noqa: E731 -- stands in for the weak reference above
    if known is not None:  # left by one that had the same number before
        _shelves.pop(place, None)
    return _shelves.setdefault(place, (held, shelf))[1]
