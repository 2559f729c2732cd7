"""The upload cache: each content is put at a hosting once, and deleted when nothing holds it."""

from __future__ import annotations

import atexit
import copy
import logging
import math
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from lumen_widgets.client.hosting.place import place_of
from lumen_widgets.client.hosting.protocol import (
    RENEW_BEFORE,
    HostedFile,
    checked_file,
    hosting_error,
)
from lumen_widgets.client.hosting.time_limit import call_with_timeout
from lumen_widgets.core.errors import HostingError
from lumen_widgets.core.locks import Condition
from lumen_widgets.core.log import Log
from lumen_widgets.core.polling.scheduler import shared_scheduler
from lumen_widgets.core.signal import forked
from lumen_widgets.core.waiting import wait_slice

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client.hosting.protocol import Hosting
    from lumen_widgets.core.pictures.images import LocalPicture
    from lumen_widgets.core.polling.scheduler import Job

_log = Log()

# Seconds that a file stays without a holder: edits in a row of the same picture, by hand or by
# "Again" in a panel, come minutes apart. Shorter than RENEW_BEFORE: its address lasts until then.
GRACE_PERIOD = 600.0

# Seconds to wait for one deletion, which then goes on by itself: status requests run on the same
# threads, and a host that hangs must not block them.
DELETE_TIMEOUT = 10.0

# Seconds that the end of the process waits for deletions: Jupyter kills a kernel that takes five.
# Before that it waits for leases of tasks that have just ended: a background thread releases them.
EXIT_TIMEOUT, EXIT_RELEASE_TIMEOUT = 3.0, 0.25


def address_in_use() -> HostingError:
    """Return the error of a picture that was put where another one is to be read."""
    return HostingError(
        "The hosting gave a picture the address of another one that is in use, and the service "
        "would read the same for both; nothing was sent.",
        next_step="Have it name each upload differently, as by secrets.token_hex(16).",
    )


class _End(NamedTuple):
    """When an address ends: in unix seconds, and by a clock that nobody sets.

    A machine's clock may be set back meanwhile, by which an address would last longer; and a laptop
    may sleep, which the other one does not count. The first that says so is right.
    """

    unix: float
    monotonic: float


@dataclass(eq=False)
class _File:
    """A file at a hosting; it holds the hosting, which is known by its `id`."""

    hosting: Hosting
    hosted: HostedFile
    sha256: str
    # when its address ends; None if it does not
    end: _End | None = None
    deleted: bool = False
    # whether another one lies there by now
    replaced: bool = False

    @property
    def place(self) -> str:
        """Where it lies: another file takes it."""
        return place_of(self.hosted.url)

    @property
    def names(self) -> set[str]:
        """What an upload that is the same file has one of, as in a store that names by content.

        Its address, its place, and its content with the address without what may sign it.
        """
        url = self.hosted.url
        return {url, self.place, f"{self.sha256} {url.partition('?')[0]}"}


class UploadCache:
    """The files that this process has put at hostings, each with its holders (see `Lease`).

    Parameters
    ----------
    grace_period
        Seconds until a file without a holder is deleted.
    clock
        Unix seconds, by which addresses expire.
    monotonic
        Seconds that only go forward, by which they do too.

    """

    def __init__(
        self,
        grace_period: float = GRACE_PERIOD,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._grace_period = grace_period
        self._clock = clock
        self._monotonic = monotonic
        # A forked child must not delete what its parent has hosted.
        self._is_forked_child = False
        forked.connect_method(self._mark_forked_child)
        self._changed = Condition()
        self._files: dict[tuple[int, str], _File] = {}
        # Running uploads, each with the error that it ended with, if any.
        self._uploads: dict[tuple[int, str], list[HostingError]] = {}
        self._holds: dict[object, set[_File]] = {}
        # Every address that was given out, with its end: a request with it may be sent again.
        self._addresses: dict[str, tuple[_File, _End | None]] = {}
        # Of each picture by its content, what its file is.
        self._sha256: dict[str, str] = {}
        # By each of its names, the newest upload of a file.
        self._newest: dict[str, _File] = {}
        # Of files that are being deleted, however long that takes; and, by each upload that runs,
        # of those that were so meanwhile.
        self._deleting: set[str] = set()
        self._deleted_meanwhile: dict[object, set[str]] = {}
        # Files without a holder that are to be deleted, until they are.
        self._idle: dict[_File, Job] = {}
        self._level = logging.WARNING

    def acquire(self, picture: LocalPicture, hosting: Hosting, holder: object) -> str:
        """Return the address of a picture at a hosting, and hold it; upload it if need be.

        Different contents are uploaded at the same time. A call with the same content meanwhile
        waits and shares the result, an error too: a store that does not answer is not asked once
        for each.

        Raises
        ------
        HostingError
            The hosting failed.

        """
        key, upload = (id(hosting), picture.sha256), list[HostingError]()
        try:
            with self._changed:
                self._sha256[picture.content] = picture.sha256
                while (known := self._files.get(key)) is None or not self._lasts(known.end):
                    other = self._uploads.setdefault(key, upload)
                    if other is upload:
                        break
                    while self._uploads.get(key) is other:
                        self._changed.wait(wait_slice(None))
                    if other:
                        raise copy.copy(other[0]) from other[0].__cause__
                if known is not None:  # also one to be renewed, which must not go meanwhile
                    self._hold(known, holder)
                    if self._uploads.get(key) is not upload:
                        return known.hosted.url
            return self._upload(known, picture, hosting, holder)
        except HostingError as error:
            upload.append(error)
            raise
        finally:
            with self._changed:
                if self._uploads.get(key) is upload:
                    del self._uploads[key]
                    self._changed.notify_all()

    def acquire_url(self, url: str, holder: object, content: str | None = None) -> bool:
        """Hold the file with an address that was given out; return False if that has ended.

        So it has where something else than `content` lies there by now, as far as that is known.
        """
        with self._changed:
            file, end = self._addresses.get(url, (None, None))
            if file is None:  # of no hosting of this process
                return True
            if file.deleted or file.replaced or self._seconds_left(end) <= 0:
                return False
            if content is not None and self._sha256.get(content, file.sha256) != file.sha256:
                return False
            self._hold(file, holder)
            return True

    def release(self, holder: object, *, delete: bool = True) -> None:
        """End a holder's holds; without `delete` its files are left to expire."""
        if self._is_forked_child:
            return
        with self._changed:
            for file in self._holds.pop(holder, ()):
                if not delete:
                    file.hosted = HostedFile(file.hosted.url, file.hosted.expires_at)
                held = any(file in files for files in self._holds.values())
                if not held and file.hosted.remove is not None:
                    self._schedule(file)
            self._changed.notify_all()

    def delete_idle(self) -> None:
        """Delete what has no holder, at the end of the process, which waits for seconds at most."""
        with self._changed:
            self._changed.wait_for(lambda: not self._holds, EXIT_RELEASE_TIMEOUT)
            self._grace_period, self._level = 0.0, logging.DEBUG  # the host is often gone by then
            for file, job in list(self._idle.items()):
                shared_scheduler().cancel(job)
                self._schedule(file)
            self._changed.wait_for(lambda: not self._idle, EXIT_TIMEOUT)

    def _mark_forked_child(self, _: None) -> None:
        self._is_forked_child = True

    def _end_of(self, hosted: HostedFile) -> _End | None:
        """Return when the address of a file that was put there just now ends."""
        if hosted.expires_at is None:
            return None
        return _End(hosted.expires_at, hosted.expires_at - self._clock() + self._monotonic())

    def _seconds_left(self, end: _End | None) -> float:
        if end is None:
            return math.inf
        return min(end.unix - self._clock(), end.monotonic - self._monotonic())

    def _lasts(self, end: _End | None) -> bool:
        """Say whether an address outlives the time that a task may have to wait."""
        return self._seconds_left(end) > RENEW_BEFORE

    def _upload(
        self, known: _File | None, picture: LocalPicture, hosting: Hosting, holder: object
    ) -> str:
        """Renew a known file's address, or else upload the picture; hold the file."""
        try:
            renew = known.hosted.renew if known else None
            hosted = checked_file(renew()) if renew else None
            if hosted is not None and self._lasts(self._end_of(hosted)):
                with self._changed:
                    self._take_place(_File(hosting, hosted, picture.sha256))
                    self._keep(known or _File(hosting, hosted, picture.sha256), hosted, holder)
            else:
                hosted = self._put(picture, hosting, holder)
        except HostingError:
            raise
        except Exception as error:
            raise hosting_error(error, "The hosting") from error
        if not hosted.url.startswith("data:"):
            # Registered again each time, to run before what the host's package has registered.
            atexit.unregister(_delete_at_exit)
            atexit.register(_delete_at_exit)
        return hosted.url

    def _put(self, picture: LocalPicture, hosting: Hosting, holder: object) -> HostedFile:
        """Upload a picture and hold its file.

        A store that names by content may have deleted it, as what an earlier upload had put there:
        then it is put there again, once that has ended.
        """
        this_upload = object()
        while True:
            with self._changed:
                deleted = self._deleted_meanwhile[this_upload] = set(self._deleting)
            try:
                hosted = checked_file(hosting.put(picture.data, picture.media_type, picture.sha256))
                # A data: address holds the whole picture: it costs memory and is made in no time.
                if hosted.url.startswith("data:"):
                    return hosted
                file = _File(hosting, hosted, picture.sha256)
                with self._changed:
                    if deleted.isdisjoint(file.names):
                        self._take_place(file)
                        self._keep(file, hosted, holder)
                        return hosted
                    deadline = time.monotonic() + DELETE_TIMEOUT
                    while not self._deleting.isdisjoint(file.names):
                        if time.monotonic() >= deadline:
                            raise HostingError(
                                "The hosting still deletes an earlier copy of a picture, and would "
                                "delete this one with it; nothing was sent.",
                                next_step="Try again in a while, or have it name each upload "
                                "differently.",
                            )
                        self._changed.wait(wait_slice(deadline))
            finally:
                with self._changed:
                    del self._deleted_meanwhile[this_upload]

    def _take_place(self, file: _File) -> None:
        """Know of a file that lies where another one lay, which is there no more.

        Raises
        ------
        HostingError
            A request needs that one: the service would read this in its place.

        """
        before = self._newest.get(file.place)
        if before is None or before.sha256 == file.sha256:
            return
        before.replaced = True
        self._files = {key: one for key, one in self._files.items() if one is not before}
        if any(before in files for files in self._holds.values()):
            raise address_in_use()

    def _keep(self, file: _File, hosted: HostedFile, holder: object) -> None:
        """Know a file by its address from now on, and hold it."""
        with self._changed:
            file.hosted, file.end = hosted, self._end_of(hosted)
            self._files[id(file.hosting), file.sha256] = file
            self._addresses[hosted.url] = file, file.end
            self._newest.update(dict.fromkeys(file.names, file))
            self._hold(file, holder)

    def _hold(self, file: _File, holder: object) -> None:
        self._holds.setdefault(holder, set()).add(file)
        if (job := self._idle.pop(file, None)) is not None:
            shared_scheduler().cancel(job)

    def _schedule(self, file: _File) -> None:
        scheduler, delete = shared_scheduler(), partial(self._delete, file)
        with suppress(RuntimeError):  # there is no thread for it: left to expire
            when = scheduler.now() + self._grace_period
            self._idle[file] = scheduler.request(when, delete, origin="hosting")

    def _delete(self, file: _File) -> None:
        with self._changed:
            if file.deleted or file not in self._idle:
                return
            file.deleted = True
            self._files = {key: one for key, one in self._files.items() if one is not file}
            # It may have been uploaded again under the same address, and that must stay.
            remove = all(self._newest.get(name) is file for name in file.names)
            self._newest = {name: one for name, one in self._newest.items() if one is not file}
            if remove:
                for deleted in (self._deleting, *self._deleted_meanwhile.values()):
                    deleted.update(file.names)
        try:
            if remove:
                call_with_timeout(
                    DELETE_TIMEOUT, partial(self._delete_hosted, file), lambda _: None
                )
        except Exception as error:  # noqa: BLE001 -- a user's own host may raise anything, and no call waits for this
            said = "A hosted picture could not be deleted and is left to expire (%s)."
            _log.log(self._level, said, type(error).__name__)
            self._level = logging.DEBUG  # one warning is enough where deleting is not permitted
        finally:
            with self._changed:
                del self._idle[file]
                self._changed.notify_all()

    def _delete_hosted(self, file: _File) -> None:
        """Delete a file, and note when that has ended, be it after the time that is waited for."""
        try:
            file.hosted.delete()
        finally:
            with self._changed:
                self._deleting -= file.names
                self._changed.notify_all()


# The process's cache, under "shared": no lock is needed (and none may be made at import), since
# setdefault is one step. What a parent has put somewhere is not its forked child's.
_caches: dict[str, UploadCache] = {}
forked.connect(lambda _: _caches.clear())


def shared_upload_cache() -> UploadCache:
    """Return the process's upload cache."""
    known = _caches.get("shared")
    return known if known is not None else _caches.setdefault("shared", UploadCache())


def use_upload_cache(cache: UploadCache) -> None:
    """Have new leases of this process hold what they need in `cache`."""
    _caches["shared"] = cache


def _delete_at_exit() -> None:
    if (cache := _caches.get("shared")) is not None:
        cache.delete_idle()
