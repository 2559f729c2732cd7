"""The client: one account at one service, and the calls that make pictures there."""

from __future__ import annotations

import os
import statistics
import weakref
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, NoReturn, Unpack

import requests

from lumen_widgets.client import live_tasks
from lumen_widgets.client.exact.exact_option import ExactOption, was_looked_at
from lumen_widgets.client.exact.wish import Wish, read_sides, read_wish
from lumen_widgets.client.history.account_journal import AccountJournal, JournalRow, open_journal
from lumen_widgets.client.history.journal_option import JournalOption
from lumen_widgets.client.history.resumed_tasks import ResumedTasks, claim_tasks
from lumen_widgets.client.hosting.default_hosting import default_hosting
from lumen_widgets.client.hosting.hosting_option import HostingOption
from lumen_widgets.client.hosting.protocol import check_hosting
from lumen_widgets.client.live_tasks import LiveTasks
from lumen_widgets.client.refusing.check_option import CheckOption, read_check
from lumen_widgets.client.refusing.lumen_use import NAME as LUMEN_USE
from lumen_widgets.client.refusing.lumen_use import SANDBOX, LumenUseOption
from lumen_widgets.client.refusing.marked_words import BRACKETS, MarkedWordsOption
from lumen_widgets.client.spending.budget import SpendingOption
from lumen_widgets.client.webhooks import deliveries
from lumen_widgets.client.webhooks.deliveries import WebhookOption
from lumen_widgets.core import waiting
from lumen_widgets.core.call import Call, read_call, several
from lumen_widgets.core.callback import URL_FIELD
from lumen_widgets.core.errors import InvalidRequest, redacts_traceback
from lumen_widgets.core.fields import PICTURE_FIELDS, with_fields
from lumen_widgets.core.http.keys import read_key
from lumen_widgets.core.http.origin import read_origin
from lumen_widgets.core.http.transport import Transport
from lumen_widgets.core.models import EDIT, GENERATE, INPAINT, INPAINT_MODEL, MODEL
from lumen_widgets.core.options import Option, Options
from lumen_widgets.core.pictures.downloads import DownloadLimits, fetch_picture
from lumen_widgets.core.polling.scheduler import shared_scheduler
from lumen_widgets.core.request import Request, check_again
from lumen_widgets.core.submit import nothing_sent, submit
from lumen_widgets.core.task import Task
from lumen_widgets.core.waiting import check_request_timeout
from lumen_widgets.core.words import has_items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumen_widgets.client.history.account_journal import JournalSource
    from lumen_widgets.client.hosting.protocol import Hosting
    from lumen_widgets.client.refusing.check_option import Check
    from lumen_widgets.client.refusing.lumen_use import LumenUse
    from lumen_widgets.core.fields import Fields
    from lumen_widgets.core.http.keys import Key
    from lumen_widgets.core.http.origin import Origin
    from lumen_widgets.core.models import Endpoint
    from lumen_widgets.core.pictures.downloads import FetchedPicture
    from lumen_widgets.core.pictures.images import PictureSource
    from lumen_widgets.core.pictures.masks import MaskSource

# How many like tasks there must be for an estimate: two may be outliers.
MIN_SAMPLES = 3

# Which client submitted or took up each task that is still in memory.
_clients: weakref.WeakKeyDictionary[Task, LumenClient] = weakref.WeakKeyDictionary()


class LumenClient:
    """A client of the Lumen Image API, for scripts and notebooks alike.

    Every submit is written to the journal before it is sent, sent once, and followed in the
    background until its pictures are here.

    Parameters
    ----------
    api_key
        The key; None looks in ``LUMEN_API_KEY``, in the system's keyring if the package
        ``keyring`` is installed, and in Colab's secrets. A key that stands in a cell of a
        notebook is warned of: cells are saved.
    base_url
        The service's address; None takes ``LUMEN_BASE_URL``, else the service itself.
    hosting
        Gives pictures that exist only here an address that the service can read: a
        `FsspecHosting`, `CallableHosting`, `DataURIHosting`, or an object of one's own; None uses
        the uploads of a sandbox, where the base URL is one, else ``LUMEN_HOSTING``.
    journal
        Where tasks are written down: None is the user's own journal (``LUMEN_HOME``), a path is
        a journal in that folder, False is none.
    session
        The `requests.Session` to use, for its adapters, proxies, TLS settings and headers.
    timeout
        Seconds for one submit with its repeats, and for one request of any other kind.
    allow_hosts
        Host names that result pictures may come from although they are private addresses.
    check
        A function that sees each request before anything else is done with it: it returns None,
        or a sentence that says why the request is refused, as an `InvalidRequest`. What it raises
        refuses too. Pictures that exist only here stand in the request by a digest.

    Attributes
    ----------
    base_url : str
        The service's address.
    journal : Journal or None
        The journal, None where there is none.

    Raises
    ------
    MissingKey, AuthenticationError
        If there is no key, or it has characters that no key has.
    InvalidRequest
        If another argument is not as above.

    Examples
    --------
    >>> client = LumenClient()  # doctest: +SKIP
    >>> client.generate("a cute cat on a windowsill").wait()[0].save("cat.png")  # doctest: +SKIP

    A school's client, which lets prompts of up to 300 characters pass:

    >>> def check(request):
    ...     return "Write at most 300 characters." if len(request.prompt) > 300 else None
    >>> client = LumenClient(check=check)  # doctest: +SKIP

    """

    # whether it has a service that could be asked, and paid
    _has_service = True

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        hosting: Hosting | None = None,
        journal: JournalSource = None,
        session: requests.Session | None = None,
        timeout: float = 30.0,
        allow_hosts: Sequence[str] = (),
        check: Check | None = None,
    ) -> None:
        try:
            origin, key = self._read_account(api_key, base_url)
        finally:
            # Whatever raises from here on, the locals of this frame have no key in clear.
            del api_key
        self.base_url = origin.url
        self.journal = open_journal(journal)
        # Downloads and uploads go out without a key on sessions of their own, unless the user
        # brought one: in a browser there is no other way out.
        self._session = _checked_session(session)
        self._timeout = check_request_timeout(timeout)
        if hosting is not None:
            check_hosting(hosting)
        self._hosting = hosting
        self.check = check
        self._account_journal = AccountJournal(self.journal, origin.url, key.fingerprint)
        self._transport = Transport(origin, key, session or requests.Session())
        self._fetch = partial(
            fetch_picture,
            base_url=origin.url,
            allow_hosts=_host_names(allow_hosts),
            session=session,
            verify=key.verify if key.is_sandbox else None,
        )
        self._tasks = LiveTasks(
            transport=self._transport,
            make_options=self._make_options,
            fetch=self._fetch,
            account_journal=self._account_journal,
            timeout=self._timeout,
            on_new=self._on_new_task,
        )

    @property
    def check(self) -> Check | None:
        """What sees each request first, and may refuse it; it can be set, to None as well."""
        return self._check

    @check.setter
    def check(self, check: Check | None) -> None:
        self._check = None if check is None else read_check(check)

    def fits(self, use: LumenUse) -> bool:
        """Say whether this client is what ``LUMEN_USE`` names, so that it may submit under it."""
        return use.word == SANDBOX and self._transport.key.is_sandbox

    @property
    def fingerprint(self) -> str:
        """What the journal calls this account by; never the key."""
        return self._account_journal.account

    @staticmethod
    def of(task: Task) -> LumenClient | None:
        """Return the client that submitted a task or took it up, None if none here did.

        Examples
        --------
        >>> LumenClient.of(task).base_url  # doctest: +SKIP

        """
        given: object = task
        return _clients.get(given) if isinstance(given, Task) else None

    @redacts_traceback
    @with_fields(MODEL)
    def generate(self, prompt: str, **fields: Unpack[Fields]) -> Task:
        """Have pictures made from a prompt; return the task as soon as the service has it.

        Parameters
        ----------
        prompt
            What the pictures show, in any language.
        model
            Model code.
        n
            How many pictures, 1 to 4.
        size
            ``"1024x1024"`` (pixels, width first) or ``"16:9"``.
        resolution
            ``"1K"``, ``"2K"`` or ``"4K"``.
        quality
            The model's word for it, such as ``"low"``, ``"medium"`` or ``"high"``.
        negative_prompt
            What the pictures should not show.
        webhook_url, webhook_secret
            An http(s) address that the service calls when the task has ended, and what it signs
            the call with: both or neither, such as a `WebhookReceiver` has. The secret is sent
            and kept nowhere.
        extra
            More fields of the request's body, merged into it last.
        reuse
            True gives back what was paid for the same request before, by the journal, and pays
            nothing: its pictures, or the task that still runs, in this process or another. The
            same is what asks this service for the same pictures; pictures and masks go by their
            content. What failed, was cancelled or refused is submitted anew.

        Returns
        -------
        Task
            Call its ``wait``. None in any field above leaves it out: the service decides.

        Raises
        ------
        BudgetExceeded
            If it goes over `lumen.budget`; nothing was uploaded, written down or sent.
        JournalError, ServiceUnreachable
            If it could not be written down, or no connection was opened; nothing was sent.
        InvalidRequest
            If it is refused here, before anything is sent, or by the service.
        AuthenticationError, InsufficientCredits, NotFound, RateLimited, UpstreamError
            If the service refused; nothing was spent.
        SubmitOutcomeUnknown
            If it was sent and it is not known whether it was taken; with `reuse`, now or before.

        Examples
        --------
        >>> task = client.generate("雪山下的猫", n=2, size="16:9")  # doctest: +SKIP

        """
        return self.call(GENERATE, prompt, **fields)

    @redacts_traceback
    @with_fields(MODEL)
    def edit(
        self,
        prompt: str,
        images: PictureSource | Sequence[PictureSource],
        **fields: Unpack[Fields],
    ) -> Task:
        """Have pictures made from pictures and a prompt; return the task.

        Parameters
        ----------
        prompt
            What to change.
        images
            One picture or several: an ``http(s):`` or ``data:`` string, a path, bytes, a PIL
            image, a uint8 array of shape (height, width[, 3 or 4]), or a `Picture`.
        model, n, size, resolution, quality, negative_prompt, webhook_url, webhook_secret, extra
            As for `generate`.
        reuse
            As for `generate`; what is found is not uploaded.

        Raises
        ------
        HostingError
            If a picture could not be given an address; nothing was sent.
        LumenError
            As for `generate`.

        Examples
        --------
        >>> client.edit("make it snow", "cat.png").wait()  # doctest: +SKIP

        """
        with nothing_sent():
            listed = several(images)
        return self.call(EDIT, prompt, images=listed, **fields)

    @redacts_traceback
    @with_fields(INPAINT_MODEL)
    def inpaint(
        self,
        prompt: str,
        image: PictureSource,
        mask: MaskSource,
        *,
        exact: bool = True,
        crop: float | None = None,
        **fields: Unpack[Fields],
    ) -> Task:
        """Have a part of a picture painted anew; return the task.

        Models redraw more than they are asked to, in another size and other colours. What comes
        back is the picture that was given, pixel for pixel, in which only the masked part is new.

        Parameters
        ----------
        prompt, image
            What the part shows afterwards, and the picture as for `edit`.
        mask
            White, True or 128 and more is repainted. A picture, a bool array of shape
            (height, width), or a painter; as large as the picture.
        exact
            True puts the result back into the picture: outside of the mask no bit differs, and
            it is a PNG of the picture's size. What the service sent is each picture's ``raw``. A
            picture given by address is fetched for that before anything is sent. False leaves
            what the service sends as it is.
        crop
            How much of the mask's box is added on every side, of its longer side and at least
            32 pixels, before only that part is sent, in a size of its own: 0.5 sends what is
            around the mask, which keeps more detail for the same credits. None sends all of the
            picture.
        model, n, size, resolution, quality, negative_prompt, webhook_url, webhook_secret, extra
            As for `generate`; a `size` has to be the picture's own, and is left out with `crop`.
        reuse
            As for `edit`. `exact` makes no other request.

        Raises
        ------
        LumenError
            As for `edit`.

        Examples
        --------
        >>> client.inpaint("a corgi", "photo.png", "mask.png", crop=0.5).wait()  # doctest: +SKIP

        """
        given: object = mask  # whatever its type says
        if given is None:
            raise InvalidRequest(
                "The mask is None, so there is nothing to repaint.",
                next_step="Give a mask; a library that found no file may have returned None.",
                field="mask",
            )
        return self.call(
            INPAINT, prompt, images=[image], mask=mask, wish=read_wish(exact, crop), **fields
        )

    @redacts_traceback
    @with_fields(INPAINT_MODEL)
    def extend(
        self,
        prompt: str,
        image: PictureSource,
        *,
        left: int = 0,
        top: int = 0,
        right: int = 0,
        bottom: int = 0,
        **fields: Unpack[Fields],
    ) -> Task:
        """Have a picture go on beyond its edges; return the task.

        Parameters
        ----------
        prompt, image
            What the new ground shows, and the picture as for `edit`.
        left, top, right, bottom
            How many pixels are added on each side, one of them at least; the result has at most
            4096 on a side. What was there stays as it was, bit for bit.
        model, n, resolution, quality, negative_prompt, webhook_url, webhook_secret, extra
            As for `generate`; there is no `size`.
        reuse
            As for `edit`.

        Raises
        ------
        LumenError
            As for `edit`.

        Examples
        --------
        >>> client.extend("more beach", "photo.png", left=256).wait()  # doctest: +SKIP

        """
        wish = read_sides(left, top, right, bottom)
        return self.call(INPAINT, prompt, images=[image], wish=wish, **fields)

    @redacts_traceback
    def call(
        self,
        endpoint: Endpoint,
        prompt: str,
        *,
        images: Sequence[PictureSource] = (),
        mask: MaskSource | None = None,
        wish: Wish | None = None,
        correlation_id: str | None = None,
        **fields: Unpack[Fields],
    ) -> Task:
        """Make one of the three calls, for what decides by itself which it is.

        Parameters
        ----------
        endpoint
            ``"generations"``, ``"edits"`` or ``"inpaint"``.
        prompt, images, mask
            As `generate`, `edit` and `inpaint` take them.
        wish
            What is wanted of a repaint; None is an exact one.
        correlation_id
            What the caller knows the call by (`Task.correlation_id`); None makes one up. One that
            the journal has already, of a call that was not refused, is not sent again.
        **fields
            As for `generate`.

        Raises
        ------
        InvalidRequest
            If a call of this correlation id was sent before.
        LumenError
            As for `generate` and `edit`.

        Examples
        --------
        >>> client.call("generations", "a cute cat", n=2)  # doctest: +SKIP

        """
        fields.setdefault("model", INPAINT_MODEL if endpoint == INPAINT else MODEL)
        if endpoint == INPAINT and wish is None:
            wish = Wish()
        with nothing_sent():
            read = read_call(
                endpoint,
                prompt,
                fields,
                images=images,
                mask=mask,
                base_url=self.base_url,
                correlation_id=correlation_id,
                asked=None if wish is None else wish.asked,
            )
        return self._submit_or_reuse(read, wish)

    def submit(self, request: Request, *, correlation_id: str | None = None) -> Task:
        """Send a request again as it is, once, and return the new task, which is paid anew.

        Parameters
        ----------
        request
            The ``request`` of a task or of one's own making. Addresses in it may have expired;
            pictures are not looked at again.
        correlation_id
            What the caller knows the call by (`Task.correlation_id`); None makes one up. One that
            the journal has already, of a call that was not refused, is not sent again.

        Raises
        ------
        InvalidRequest
            If it cannot be sent: only the task's id is known, or the journal, where it comes
            from, keeps no ``data:`` pictures and no webhook's secret.
        LumenError
            As for `generate`.

        Examples
        --------
        >>> again = client.submit(task.request)  # doctest: +SKIP

        """
        again = check_again(request)
        return self._submit_or_reuse(Call(again.by_content(), again, correlation_id=correlation_id))

    def usual_seconds(self, request: Request) -> float | None:
        """Return how long tasks like this one took here, by the journal: an estimate, no promise.

        Alike are tasks of the same service, endpoint, model, size, resolution, quality and n.

        Returns
        -------
        float or None
            The median of the newest of them that succeeded, in seconds, from 3 to 30 of them;
            None while there are fewer, or no journal that can be read.

        Raises
        ------
        InvalidRequest
            `request` is no request.

        Examples
        --------
        >>> client.usual_seconds(task.request)  # doctest: +SKIP
        12.4

        """
        given: object = request
        if not isinstance(given, Request):
            raise InvalidRequest(
                "That is no request.", next_step="Pass the request of a task.", field="request"
            )
        seconds = self._account_journal.durations(request)
        return statistics.median(seconds) if len(seconds) >= MIN_SAMPLES else None

    def task(self, task_id: str) -> Task:
        """Take up a task by its id.

        One that is done and whose pictures the journal has needs no network; any other is asked
        about once, and followed from then on.

        Raises
        ------
        NotFound
            If the service knows no such task.
        AuthenticationError, InvalidRequest, InsufficientCredits
            If it refuses to say, or `task_id` cannot be an id.
        ServiceUnreachable, RateLimited, UpstreamError
            If no answer came within the client's time-out.

        Examples
        --------
        >>> client.task("a1b2c3").wait()  # doctest: +SKIP

        """
        return self._tasks.take_up(task_id)

    def take_up(self, row: JournalRow) -> Task:
        """Take up the task of one of the journal's rows, as `task` does.

        Raises
        ------
        NotFound
            If the service knows it no more, or has given its id to another one since, and its
            pictures are not all here.
        InvalidRequest
            `row` is no row.
        LumenError
            As for `task`.

        Examples
        --------
        >>> client.take_up(client.journal.rows()[0]).wait()  # doctest: +SKIP

        """
        given: object = row
        if not isinstance(given, JournalRow):
            raise InvalidRequest(
                "That is no row of the journal.",
                next_step="Pass one of client.journal.rows(), or an id to client.task(…).",
                field="row",
            )
        return self._tasks.take_up_row(row)

    def resume(self, among: Collection[JournalRow] | None = None) -> ResumedTasks:
        """Take up the tasks of this account that no process follows any more.

        They are those in the journal that have not ended, or whose pictures are not all here, and
        whose process is gone: killed, restarted, or on another machine and silent for ten minutes.
        Each goes to one process, however many resume at once. This returns at once; each task is
        asked about once in the background, and followed from then on.

        Parameters
        ----------
        among
            Rows of the journal: of these alone the tasks are taken up. None is all.

        Returns
        -------
        list of Task
            The tasks, oldest first. One that the service knows no more ends with its error.

        Raises
        ------
        InvalidRequest
            If there is no journal.
        JournalError
            If it cannot be read or written.

        Notes
        -----
        A request that was sent, and whose answer was not seen, has no id: it is never sent again.
        ``client.journal.unknown_outcomes(…)`` and `lumen.history` name those.

        Examples
        --------
        >>> for task in client.as_completed(client.resume()):  # doctest: +SKIP
        ...     print(task.id, task.error or task.pictures)

        """
        # Of all clients here: what another one follows is not to be claimed. A task that ended
        # with an error is followed no more, although a variable may still hold it.
        here = [
            task
            for task in live_tasks.known()
            if task.origin == self.base_url
            and not (task.done and task.error)
            # another account may have a task of the same id
            and (self.of(task) or self).fingerprint == self.fingerprint
        ]
        return claim_tasks(
            self._account_journal,
            self._tasks,
            transport=self._transport,
            timeout=self._timeout,
            # once a task is done the service may give its id to another
            followed={(task.done and task.correlation_id) or task.id for task in here},
            among=among,
        )

    # Of any client's tasks: they stand here because this is where people look for them.
    as_completed = staticmethod(waiting.as_completed)
    stream = staticmethod(waiting.stream)

    def _submit_or_reuse(self, call: Call, wish: Wish | None = None) -> Task:
        options = self._make_options(call.request, wish=wish)
        task = submit(
            call,
            options,
            transport=self._transport,
            timeout=self._timeout,
            timing=shared_scheduler().timing,
            follow=lambda accepted: self._tasks.add_accepted(accepted, call, options),
        )
        return self._as_wished(task, call, wish) if task.reused and wish is not None else task

    def _as_wished(self, task: Task, call: Call, wish: Wish) -> Task:
        """Return a task that was paid before with its pictures exact, or not, as they are wanted.

        One that still runs gives them as its own call wanted them.
        """
        if not task.done or task.error is not None:
            return task
        if not wish.exact:
            pictures = [picture.raw for picture in task.pictures]
        elif any(was_looked_at(picture) for picture in task.pictures):
            return task
        else:
            option = ExactOption(call.request, wish, fetch=self._fetch_source)
            option.prepare(call)
            option.record(call)
            pictures = [option.derive(picture) or picture for picture in task.pictures]
        if all(one is other for one, other in zip(pictures, task.pictures, strict=True)):
            return task
        wished = self._tasks.with_pictures(task, pictures)
        _clients[wished] = self
        return wished

    def _make_options(
        self, request: Request, row: JournalRow | None = None, wish: Wish | None = None
    ) -> Options:
        """Return the options of one task, in the order in which they reserve credits and files."""
        options = self._first_options()
        if self._has_service:
            correlation_id = None if row is None else row.correlation_id
            options.append(SpendingOption(self.base_url, self.fingerprint, correlation_id))
        if self._has_service and not PICTURE_FIELDS.isdisjoint(request.body):
            options.append(HostingOption(self._chosen_hosting, self.base_url))
        if self._has_service and any(bracket in request.prompt for bracket in BRACKETS):
            options.append(MarkedWordsOption(self._transport.key, self._session))
        options.append(JournalOption(self._account_journal, self._tasks, self._timeout, row))
        if wish is not None or request.recipe is not None:
            # after the journal, which has what it made before
            options.append(ExactOption(request, wish, fetch=self._fetch_source))
        if self._has_service and (URL_FIELD in request.body or deliveries.receivers):
            options.append(WebhookOption())
        return Options(options)

    def _first_options(self) -> list[Option]:
        """Return what sees a call first: what may refuse it, or has an answer without a service."""
        options: list[Option] = []
        if LUMEN_USE in os.environ:
            is_sandbox = self._transport.key.is_sandbox
            account = "the sandbox on this machine" if is_sandbox else self._transport.origin.host
            options.append(LumenUseOption(self.fits, account))
        if self._check is not None:
            options.append(CheckOption(self._check))
        return options

    def _read_account(self, api_key: str | None, base_url: str | None) -> tuple[Origin, Key]:
        """Return where requests go, and the key that signs them."""
        try:
            origin = read_origin(base_url)
            return origin, read_key(api_key, origin)
        finally:
            del api_key

    def _fetch_source(self, url: str) -> FetchedPicture:
        """Fetch a picture that a call names by its address, as carefully as a result."""
        return self._fetch(url, limits=DownloadLimits(seconds=self._timeout))

    def _chosen_hosting(self) -> Hosting | None:
        if self._hosting is None:
            self._hosting = default_hosting(self.base_url, self._transport.key, self._session)
        return self._hosting

    def _on_new_task(self, task: Task) -> None:
        _clients[task] = self
        live_tasks.announce(task)

    def __repr__(self) -> str:
        """Name the service and nothing of the key: a repr ends in notebooks and logs."""
        # A debugger may look at one whose making failed.
        return f"<LumenClient {getattr(self, 'base_url', '(unfinished)')}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A LumenClient cannot be pickled, since it holds a key: make a new one where it is "
            "needed."
        )


def _checked_session(session: requests.Session | None) -> requests.Session | None:
    """Return a session that has what a submit asks of it, before one is on its way."""
    if session is None or callable(getattr(session, "get_adapter", None)):
        return session
    raise InvalidRequest(
        f"session is of type {type(session).__name__}, not a requests.Session.",
        next_step="Pass a requests.Session, or leave it out.",
        field="session",
    )


def _host_names(allow_hosts: object) -> tuple[str, ...]:
    """Return host names as a tuple; one name alone is taken for a list of one."""
    names = (allow_hosts,) if isinstance(allow_hosts, str) else allow_hosts
    if (
        not isinstance(names, Collection)
        or not has_items(names)
        or not all(isinstance(one, str) and one for one in names)
    ):
        raise InvalidRequest(
            "allow_hosts is not a list of host names.",
            next_step='Pass names, such as ["pictures.example.org"].',
            field="allow_hosts",
        )
    return tuple(names)
