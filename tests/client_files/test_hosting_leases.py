"""What leases hold and for how long, on a clock of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from typing import TYPE_CHECKING

import pytest

from lumen_widgets.client import CallableHosting, HostedFile, HostingError
from lumen_widgets.client.hosting import upload_cache
from lumen_widgets.client.hosting.lease import Lease
from lumen_widgets.client.hosting.protocol import RENEW_BEFORE
from lumen_widgets.client.hosting.upload_cache import GRACE_PERIOD, UploadCache, use_upload_cache
from lumen_widgets.core.polling.scheduler import Scheduler, use_scheduler
from tests.client_files.hosted import SERVICE, MemoryHosting, host, local
from tests.conditions import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumen_widgets.core.pictures.images import LocalPicture

pytestmark = pytest.mark.slow


class Driven:
    """A scheduler whose time goes on when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.scheduler = Scheduler(clock=lambda: self.now, threads=0)

    def after(self, seconds: float) -> None:
        """Let time pass, and run what is due by then."""
        self.now += seconds
        self.scheduler.run_due()


@pytest.fixture
def driven() -> Driven:
    """Drive the process's scheduler."""
    made = Driven()
    use_scheduler(made.scheduler)
    return made


def test_the_same_bytes_are_put_there_once() -> None:
    """A picture used again, also by several threads at once, is put once at each hosting."""
    crowd = threading.Barrier(8)
    first, second = MemoryHosting(), MemoryHosting()

    def edit() -> None:
        crowd.wait(10)
        host(local(), first)

    threads = [threading.Thread(target=edit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert host(local(), first) == host(local(), first) == host(local(), second)
    assert (first.puts, second.puts) == (1, 1)


def test_a_file_goes_ten_minutes_after_its_last_lease(driven: Driven) -> None:
    """It stays while one of two leases holds it, and for the grace after the last one."""
    hosting = MemoryHosting()
    first, second = Lease(), Lease()
    for lease in (first, second):
        lease.address(local(), hosting, SERVICE)
    first.release()
    first.release()  # again, it does nothing
    driven.after(2 * GRACE_PERIOD)
    assert len(hosting.there) == 1

    second.release()
    driven.after(GRACE_PERIOD - 1)
    assert len(hosting.there) == 1
    driven.after(1)
    assert hosting.there == set()


def test_a_file_that_is_used_again_waits_anew(driven: Driven) -> None:
    """Edits in a row of the same picture put it once, and each of them gives it the whole grace."""
    hosting = MemoryHosting()
    for _ in range(5):
        host(local(), hosting)
        driven.after(GRACE_PERIOD - 1)
    assert (hosting.puts, len(hosting.there)) == (1, 1)

    driven.after(1)
    assert hosting.there == set()
    host(local(), hosting)
    assert (hosting.puts, len(hosting.there)) == (2, 1)


def test_what_is_kept_is_never_deleted(driven: Driven) -> None:
    """A file that the service may still read is left to expire, whatever else uses it."""
    hosting = MemoryHosting()
    unknown = Lease()
    unknown.address(local(), hosting, SERVICE)
    unknown.leave_to_expire()
    unknown.release()
    host(local(), hosting)
    driven.after(2 * GRACE_PERIOD)
    assert (hosting.puts, len(hosting.there)) == (1, 1)


def test_addresses_of_a_request_are_taken_again(driven: Driven) -> None:
    """A file that a request names is held for it; an address of another hosting is passed over."""
    hosting = MemoryHosting()
    url = host(local(), hosting)
    again = Lease()
    again.acquire_urls(["https://elsewhere.example/cat.png", "data:image/png;base64,AAAA", url])
    driven.after(2 * GRACE_PERIOD)
    assert hosting.there == {url}

    again.release()
    driven.after(GRACE_PERIOD)
    with pytest.raises(HostingError, match="is not at its address any more; nothing was sent"):
        Lease().acquire_urls([url])


def test_an_address_that_has_ended_is_not_acquired_again() -> None:
    """A file that is still there, and whose address has ended, is of no use to the service."""
    later = 0.0
    use_upload_cache(UploadCache(clock=lambda: time.time() + later))
    url = host(local(), MemoryHosting(lasts=2 * RENEW_BEFORE))
    later = 2 * RENEW_BEFORE
    with pytest.raises(HostingError, match="is not at its address any more; nothing was sent"):
        Lease().acquire_urls([url])


@pytest.mark.parametrize("set_back", [0.0, 10 * RENEW_BEFORE])
def test_an_address_ends_although_the_clock_is_set_back(set_back: float) -> None:
    """It lasts no longer by that: it is not sent again, and its picture is put there anew."""
    passed = wrong = 0.0
    use_upload_cache(
        UploadCache(
            clock=lambda: time.time() + passed - wrong, monotonic=lambda: time.monotonic() + passed
        )
    )
    hosting = MemoryHosting(lasts=2 * RENEW_BEFORE)
    url = host(local(), hosting)
    passed, wrong = 2 * RENEW_BEFORE, set_back
    with pytest.raises(HostingError, match="is not at its address any more; nothing was sent"):
        Lease().acquire_urls([url])
    hosting.lasts = None
    host(local(), hosting)
    assert hosting.puts == 2


class Renewing(MemoryHosting):
    """A hosting whose addresses need to be renewed before each use."""

    renewals = 0
    while_renewing: Callable[[], None] = staticmethod(lambda: None)
    left = RENEW_BEFORE * 2

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
        """Keep a file, for a short time."""
        put = super().put(data, media_type, digest)

        def renew() -> HostedFile:
            self.renewals += 1
            self.while_renewing()
            ends = time.time() + self.left
            return HostedFile(f"{put.url}&{self.renewals}", ends, put.remove, renew)

        return HostedFile(put.url, time.time() + RENEW_BEFORE / 2, put.remove, renew)


def test_a_renewed_file_is_the_same_file(driven: Driven) -> None:
    """It is not put there again, not deleted meanwhile, and deleted once in the end."""
    hosting = Renewing()
    first = host(local(), hosting)
    hosting.while_renewing = lambda: driven.after(2 * GRACE_PERIOD)
    second = host(local(), hosting)
    assert second == f"{first}&1"
    assert (hosting.puts, hosting.renewals, len(hosting.there)) == (1, 1, 1)
    Lease().acquire_urls([first, second])

    host(local(), hosting)
    driven.after(2 * GRACE_PERIOD)
    assert hosting.renewals == 1
    assert len(hosting.there) == 1  # the lease above still holds it


def test_a_renewal_that_helps_nothing_is_an_upload() -> None:
    """An address that does not last after its renewal either is not used."""
    hosting = Renewing()
    hosting.left = RENEW_BEFORE / 2
    assert host(local(), hosting) != host(local(), hosting)
    assert (hosting.puts, hosting.renewals) == (2, 1)


def test_an_upload_that_replaces_another_is_not_deleted_with_it(driven: Driven) -> None:
    """A hosting that names files by their content gives one address twice: the new file stays."""
    there: list[str] = []

    class ByContent:
        def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
            there.append(digest)
            ends = time.time() + RENEW_BEFORE / 2
            return HostedFile(f"https://files.example/{digest}", ends, there.clear)

    hosting = ByContent()
    host(local(), hosting)
    second, third = Lease(), Lease()
    url = second.address(local(), hosting, SERVICE)
    third.acquire_urls([url])
    second.release()
    driven.after(2 * GRACE_PERIOD)
    assert len(there) == 2

    third.release()
    driven.after(GRACE_PERIOD)
    assert there == []


class OneName:
    """A hosting that names every file alike, and signs each address anew or not."""

    def __init__(self, query: str = "") -> None:
        self._query = query
        self.puts = 0
        self._file = b""

    def is_there(self, picture: LocalPicture) -> bool:
        """Say whether a picture's file is at the one place."""
        return self._file == picture.data

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
        """Keep a file in the place of the one before."""
        del media_type, digest
        self.puts += 1
        self._file = data
        return HostedFile(
            f"https://files.example/upload.png{self._query.format(self.puts)}", None, self.delete
        )

    def delete(self) -> None:
        """Delete what is there."""
        self._file = b""


ALIKE = pytest.mark.parametrize(
    "query",
    [
        "",
        "?X-Amz-Date={0}&X-Amz-Signature={0}",
        "?x-id=GetObject&X-Amz-Signature={0}",
        "?q-sign-algorithm=sha1&q-sign-time={0};9&q-signature={0}",
        "?AccessKeyId=a&Expires={0}&Signature={0}",
        "?sv=2022&sig={0}",
        "?authorization=bce-auth-v1%2Fa%2F{0}",
        "?auth_key={0}-0-0-{0}",
        "?e=145149120{0}&token=a:{0}",
        "?imageView2/0/w/9&e=145149120{0}&token=a%3A{0}",
        "?temp_url_sig={0:040x}&temp_url_expires=173000000{0}",
        "?x-expires=173000000{0}&x-signature={0}",
        "?nonce={0}&timestamp=173000000{0}000&signature={0}",
        "?expires_at=2026-11-30T20:00:0{0}Z&sig={0}",
        "?md5={0:022}&expires=173000000{0}",
        "?st={0:022}&e=173000000{0}",
        "?token={0:043}&expires=173000000{0}",
        "?sign={0:032x}&t=671d9a8{0}",
        "?sign=173000000{0}-r-0-{0:032x}",
        "?wsSecret={0:032x}&wsTime=671d9a8{0}",
        "?_upt={0:08}1730000000",
        "?hdnts=exp=173000000{0}~acl=/*~hmac={0:032x}",
        "?verify=173000000{0}-{0:043}%3D",
        "?ik-t=173000000{0}&ik-s={0:040x}",
        "?token=eyJhbGci.eyJ1cmw{0}.c2lnbmF0dXJl{0}",
        "?expires={0}",
        "#{0}",
    ],
)


@ALIKE
def test_one_address_is_not_sent_for_two_pictures(query: str) -> None:
    """The service would read one of them for both, a mask for its picture, and be paid for it."""
    lease, hosting = Lease(), OneName(query)
    lease.address(local(), hosting, SERVICE)
    with pytest.raises(HostingError, match="name each upload differently"):
        lease.address(local(50), hosting, SERVICE)


@ALIKE
def test_a_picture_whose_place_another_one_took_is_put_there_again(
    query: str, driven: Driven
) -> None:
    """One after another, each is at its address for as long as it is needed."""
    hosting = OneName(query)
    for picture in (local(), local(50), local()):
        host(picture, hosting)
        assert hosting.is_there(picture)

    again = Lease()
    again.address(local(50), hosting, SERVICE)
    driven.after(2 * GRACE_PERIOD)
    assert hosting.is_there(local(50))
    again.release()
    driven.after(GRACE_PERIOD)
    assert not hosting.is_there(local(50))
    assert hosting.puts == 4


@ALIKE
def test_a_request_is_not_sent_again_with_another_picture_at_its_address(
    query: str, driven: Driven
) -> None:
    """Also where the upload of the other one was refused, since that is there all the same."""
    hosting = OneName(query)
    first = Lease()
    url = first.address(local(), hosting, SERVICE)
    named = {url: local().content}
    first.acquire_urls([url], named)
    with pytest.raises(HostingError):
        Lease().address(local(50), hosting, SERVICE)
    with pytest.raises(HostingError, match="not at its address any more; nothing was sent"):
        Lease().acquire_urls([url], named)

    first.release()
    driven.after(GRACE_PERIOD)
    url = host(local(), hosting)
    host(local(50), hosting)
    with pytest.raises(HostingError, match="not at its address any more; nothing was sent"):
        Lease().acquire_urls([url], {url: local().content})


@pytest.mark.parametrize(
    "other",
    [
        "https://files.example:443/a/cat.png",
        "HTTPS://Files.Example./a/cat.png",
        "https://files.example/%61/c%61t.png",
        "https://files.example/a/b/../cat.png",
        "https://files.example/./a/cat.png?",
        "https://files.example/a/cat.png?%73ig=1",
    ],
)
def test_one_address_in_two_spellings_is_one(other: str) -> None:
    """The service reads the same at both."""
    urls = iter(["https://files.example/a/cat.png", other])
    lease, hosting = Lease(), CallableHosting(lambda *_: next(urls))
    lease.address(local(), hosting, SERVICE)
    with pytest.raises(HostingError, match="name each upload differently"):
        lease.address(local(50), hosting, SERVICE)


@pytest.mark.parametrize(
    "pair",
    [
        ("https://files.example/%C3%A9?a%2fb", "https://files.example/%c3%a9?a%2Fb"),
        ("https://files.example/a?id=1&of=2", "https://files.example/a?of=2&id=1"),
    ],
)
def test_letters_in_hex_and_fields_may_be_written_in_two_ways(pair: tuple[str, str]) -> None:
    """As some libraries have letters in hex small, or sort the fields."""
    urls = iter(pair)
    lease, hosting = Lease(), CallableHosting(lambda *_: next(urls))
    lease.address(local(), hosting, SERVICE)
    with pytest.raises(HostingError, match="name each upload differently"):
        lease.address(local(50), hosting, SERVICE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://files.example/a", "https://files.example//a"),
        ("https://files.example/a", "https://files.example/%2Fa"),
        ("https://files.example/a", "https://files.example/A"),
        ("https://files.example/a", "https://files.example:8443/a"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::2]/a"),
        ("https://files.example/?id=1", "https://files.example/?id=2"),
        # what signs elsewhere is a name where nothing is signed
        ("https://files.example/?st=1", "https://files.example/?st=2"),
        ("https://files.example/?policy=1", "https://files.example/?policy=2"),
        ("https://files.example/?q-id=1", "https://files.example/?q-id=2"),
        ("https://files.example/?token=1", "https://files.example/?token=2"),
        ("https://files.example/?e=1&token=1", "https://files.example/?e=1&token=2"),
        ("https://files.example/a?versionId=1&sig=a", "https://files.example/a?versionId=2&sig=a"),
        (
            "https://files.example/a?id=1730000001&sig=a",
            "https://files.example/a?id=1730000002&sig=a",
        ),
        (
            "https://files.example/a?date=20260101&sig=a",
            "https://files.example/a?date=20260102&sig=a",
        ),
        # where the path names no picture, this may
        (
            "https://files.example/a?token=0123456789abcdef&expires=1730000000",
            "https://files.example/a?token=0123456789abcdee&expires=1730000000",
        ),
        # and where there is no time, or something else signs
        (
            "https://files.example/a.png?token=0123456789abcdef",
            "https://files.example/a.png?token=0123456789abcdee",
        ),
        ("https://files.example/a.png?sign=leo&t=1", "https://files.example/a.png?sign=aries&t=1"),
        (
            "https://files.example/a.png?token=0123456789abcdef&sig=a",
            "https://files.example/a.png?token=0123456789abcdee&sig=a",
        ),
    ],
)
def test_addresses_that_only_look_alike_are_two(one: str, other: str) -> None:
    """Nothing is refused that the service can tell apart."""
    urls = iter([one, other])
    lease, hosting = Lease(), CallableHosting(lambda *_: next(urls))
    assert lease.address(local(), hosting, SERVICE) != lease.address(local(50), hosting, SERVICE)


def test_two_pictures_are_not_renewed_to_one_address() -> None:
    """Where each had one of its own until then."""

    class Renewing:
        def put(self, _data: bytes, _media_type: str, digest: str) -> HostedFile:
            ends = time.time() + RENEW_BEFORE
            return HostedFile(f"https://files.example/{digest}", ends - 1, renew=self.renew)

        def renew(self) -> HostedFile:
            return HostedFile("https://files.example/newest")

    hosting, again = Renewing(), Lease()
    for picture in (local(), local(50)):
        host(picture, hosting)
    again.address(local(), hosting, SERVICE)
    with pytest.raises(HostingError, match="name each upload differently"):
        again.address(local(50), hosting, SERVICE)


def test_what_is_asked_of_one_path_may_be_any_number_of_files() -> None:
    """A query that says which file it is makes two addresses of it, signed or not."""
    lease, hosting = Lease(), OneName("?id={0}&signature=abc")
    urls = {lease.address(picture, hosting, SERVICE) for picture in (local(), local(50))}
    lease.acquire_urls(urls)
    assert len(urls) == 2


class Slow:
    """A hosting that names files by their content, whose deletion ends when the test says so."""

    def __init__(self, signature: str) -> None:
        self._signature = signature
        self.puts = 0
        self.there: set[str] = set()
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.ended = threading.Event()

    def put(self, data: bytes, media_type: str, digest: str) -> HostedFile:
        """Keep a file."""
        del data, media_type
        self.puts += 1
        self.there.add(digest)
        query = self._signature and f"?{self._signature}={self.puts}"
        return HostedFile(f"https://files.example/{digest}{query}", None, lambda: self.end(digest))

    def end(self, digest: str) -> None:
        """Delete a file, at last."""
        self.begun.set()
        assert self.may_end.wait(PATIENCE)
        self.there.discard(digest)
        self.ended.set()


@pytest.mark.parametrize("signature", ["", "signed"])
@pytest.mark.parametrize("hosting_of_its_own", [False, True])
def test_an_upload_outlasts_the_deletion_of_an_earlier_one(
    signature: str, *, hosting_of_its_own: bool
) -> None:
    """A hosting that names files by their content deleted what had just been put there again."""
    use_upload_cache(UploadCache(grace_period=0.0))
    hosting = Slow(signature)
    host(local(), hosting)
    assert hosting.begun.wait(PATIENCE)
    again = CallableHosting(lambda data, media_type: hosting.put(data, media_type, name))
    (name,) = hosting.there
    taken: list[str] = []

    def upload() -> None:
        taken.append(Lease().address(local(), again if hosting_of_its_own else hosting, SERVICE))

    thread = threading.Thread(target=upload)
    thread.start()
    until(lambda: hosting.puts == 2)
    hosting.may_end.set()
    assert hosting.ended.wait(PATIENCE)
    thread.join(PATIENCE)

    assert len(taken) == 1
    assert hosting.there == {name}


def test_an_upload_is_refused_while_a_deletion_that_would_take_it_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is said before anything is paid, and tried anew once the deletion has ended."""
    monkeypatch.setattr(upload_cache, "DELETE_TIMEOUT", 0.1)
    use_upload_cache(UploadCache(grace_period=0.0))
    hosting = Slow("")
    host(local(), hosting)
    assert hosting.begun.wait(PATIENCE)
    with pytest.raises(HostingError, match="nothing was sent"):
        host(local(), hosting)
    hosting.may_end.set()
    until(lambda: not hosting.there)
    monkeypatch.undo()

    assert Lease().address(local(), hosting, SERVICE)
    assert len(hosting.there) == 1


def test_a_file_goes_where_no_thread_can_be_started(
    driven: Driven, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the interpreter ends: then the scheduler's own thread deletes it."""
    hosting = MemoryHosting()
    host(local(), hosting)

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    driven.after(GRACE_PERIOD)
    assert hosting.there == set()


def test_a_forked_child_deletes_nothing_of_its_parent() -> None:
    """A child that ends, or lets go of a lease that it has inherited, leaves the file alone."""
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    program = """
        import os, sys
        from tests.client_files.hosted import SERVICE, MemoryHosting, host, local
        from lumen_widgets.client.hosting.lease import Lease

        class Telling(MemoryHosting):
            def put(self, *args):
                put = super().put(*args)
                return type(put)(put.url, None, self.tell)

            def tell(self):
                # in one piece, since two files may be deleted at the same time
                who = b"the parent" if os.getpid() == parent else b"the child"
                os.write(1, b"deleted by " + who + b"\\n")

        parent, hosting, lease = os.getpid(), Telling(), Lease()
        lease.address(local(), hosting, SERVICE)
        host(local(41), hosting)
        child = os.fork()
        if not child:
            lease.release()
            sys.exit(0)
        os.waitpid(child, 0)
        lease.release()
        print("the child has ended", flush=True)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "the child has ended\n" + 2 * "deleted by the parent\n"
