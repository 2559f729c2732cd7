"""The upload cache: each content is put at a hosting once, and deleted when nothing holds it."""

from __future__ import annotations

import atexit
import copy
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lumen_widgets.client.hosting.protocol import (
    RENEW_BEFORE,
    HostedFile,
    checked_file,
    hosting_error,
)
from lumen_widgets.client.hosting.time_limit import call_with_timeout
from lumen_widgets.core.errors import HostingError
from lumen_widgets.core.locks import Condition
from lumen_widgets.core.polling.scheduler import shared_scheduler
from lumen_widgets.core.signal import forked
from lumen_widgets.core.waiting import wait_slice

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.client.hosting.protocol import Hosting
    from lumen_widgets.core.pictures.images import LocalPicture
    from lumen_widgets.core.polling.scheduler import Job

_log = logging.getLogger("lumen_widgets")

# Seconds that a file stays without a holder: edits in a row of the same picture, by hand or by
# "Again" in a panel, come minutes apart. Shorter than RENEW_BEFORE: its address lasts until then.
GRACE_PERIOD = 600.0

# Seconds to wait for one deletion, which then goes on by itself: status requests run on the same
# threads, and a host that hangs must not block them.
DELETE_TIMEOUT = 10.0

# Seconds that the end of the process waits for deletions: Jupyter kills a kernel that takes five.
# Before that it waits for leases of tasks that have just ended: a background thread releases them.
EXIT_TIMEOUT, EXIT_RELEASE_TIMEOUT = 3.0, 0.25


@dataclass(eq=False)
class _File:
    """A file at a hosting; it holds the hosting, which is known by its `id`."""

    hosting: Hosting
    hosted: HostedFile
    deleted: bool = False


class UploadCache:
    """The files that this process has put at hostings, each with its holders (see `Lease`).

    Parameters
    ----------
    grace_period
        Seconds until a file without a holder is deleted.
    clock
        Unix seconds, by which addresses expire.

    """

    def __init__(
        self, grace_period: float = GRACE_PERIOD, clock: Callable[[], float] = time.time
    ) -> None:
        self._grace_period = grace_period
        self._clock = clock
        # A forked child must not delete what its parent has hosted.
        self._is_forked_child = False
        forked.connect_method(self._mark_forked_child)
        self._changed = Condition()
        self._files: dict[tuple[int, str], _File] = {}
        # Running uploads, each with the error that it ended with, if any.
        self._uploads: dict[tuple[int, str], list[HostingError]] = {}
        self._holds: dict[object, set[_File]] = {}
        # Every address that was given out, with its end: a request with it may be sent again.
        self._addresses: dict[str, tuple[_File, float | None]] = {}
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
                while (known := self._files.get(key)) is None or not self._lasts(known.hosted):
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

    def acquire_url(self, url: str, holder: object) -> bool:
        """Hold the file with an address that was given out; return False if that has ended."""
        with self._changed:
            file, ends = self._addresses.get(url, (None, None))
            if file is None:  # of no hosting of this process
                return True
            if file.deleted or (ends is not None and ends <= self._clock()):
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

    def _lasts(self, hosted: HostedFile) -> bool:
        """Say whether an address outlives the time that a task may have to wait."""
        return hosted.expires_at is None or hosted.expires_at - self._clock() > RENEW_BEFORE

    def _upload(
        self, known: _File | None, picture: LocalPicture, hosting: Hosting, holder: object
    ) -> str:
        """Renew a known file's address, or else upload the picture; hold the file."""
        try:
            renew = known.hosted.renew if known else None
            hosted = checked_file(renew()) if renew else None
            if hosted is None or not self._lasts(hosted):
                put = hosting.put(picture.data, picture.media_type, picture.sha256)
                known, hosted = None, checked_file(put)
        except HostingError:
            raise
        except Exception as error:
            raise hosting_error(error, "The hosting") from error
        # A data: address holds the whole picture: it costs memory and is made again in no time.
        if not hosted.url.startswith("data:"):
            file = known or _File(hosting, hosted)
            with self._changed:
                file.hosted = hosted
                self._files[id(hosting), picture.sha256] = file
                self._addresses[hosted.url] = file, hosted.expires_at
                self._hold(file, holder)
            # Registered again each time, to run before what the host's package has registered.
            atexit.unregister(_delete_at_exit)
            atexit.register(_delete_at_exit)
        return hosted.url

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
            remove = self._addresses[file.hosted.url][0] is file
        try:
            if remove:
                call_with_timeout(DELETE_TIMEOUT, file.hosted.delete, lambda _: None)
        except Exception as error:  # noqa: BLE001 -- a user's own host may raise anything, and no call waits for this
            said = "A hosted picture could not be deleted and is left to expire (%s)."
            _log.log(self._level, said, type(error).__name__)
            self._level = logging.DEBUG  # one warning is enough where deleting is not permitted
        finally:
            with self._changed:
                del self._idle[file]
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
