"""A webhook receiver: the service tells it that a task has ended, so that polling can be slow."""

from __future__ import annotations

import math
import secrets
import threading
from typing import TYPE_CHECKING, NoReturn

from lumen_widgets.client.webhooks.deliveries import Deliveries
from lumen_widgets.client.webhooks.settings import DEFAULT_SETTINGS, ReceiverSettings
from lumen_widgets.core.callback import check_secret, is_address
from lumen_widgets.core.errors import InvalidRequest, LumenError, redacts_traceback
from lumen_widgets.core.waiting import to_seconds
from lumen_widgets.core.words import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from lumen_widgets.client.webhooks.endpoint import Endpoint

# What others allow for clocks and for networks too (Stripe, Standard Webhooks), in seconds.
TOLERANCE = 300.0

_MAX_PORT = 65535


class WebhookReceiver:
    """Receives the service's calls, which say that tasks have ended.

    A small web server on 127.0.0.1, in a background thread that never keeps the interpreter alive.
    While it runs, a task whose ``webhook_url`` is its `url` is asked about when its call comes,
    and otherwise every 30 s only: a call may be lost, and for a task that is cancelled none is
    promised. If a task ends and no call comes, a warning is logged and tasks are asked about as
    usual until one does: a receiver that cannot be reached costs half a minute, once.

    A call only causes a status request. Its signature is checked over the raw bytes; then the
    service is asked for the task, with the key, and that answer counts. **The time of a call is not
    signed**: an attacker who holds a captured delivery can rewrite its timestamp and send it again,
    so that `tolerance` only filters. It would do nothing: a task's end is noticed once, and the
    service is asked what it is.

    The service must be able to reach it. On the sandbox it is, as it stands. From the internet it
    takes a tunnel or a reverse proxy that leads to its port and lets the service in without a
    login (JupyterHub's own proxy asks for one): give its address as `public_url`.

    Parameters
    ----------
    public_url
        Where the service reaches this receiver; None is its address on this machine. What is
        behind the address may keep or drop the path before the last part.
    port
        The port on 127.0.0.1; 0 takes a free one.
    secret
        What the service signs its calls with; None makes one that cannot be guessed.
    tolerance
        Seconds that a call may be old, or ahead of this machine's clock; None takes any.
    settings
        Limits and times of the receiver; None takes the defaults.

    Raises
    ------
    InvalidRequest
        If an argument is not as above.

    Examples
    --------
    >>> with WebhookReceiver(public_url="https://my.tunnel.example", port=8123) as receiver:
    ...     task = client.generate(
    ...         "a cute cat", webhook_url=receiver.url, webhook_secret=receiver.secret
    ...     )
    ...     task.wait()  # doctest: +SKIP

    """

    @redacts_traceback
    def __init__(
        self,
        public_url: str | None = None,
        *,
        port: int = 0,
        secret: str | None = None,
        tolerance: float | None = TOLERANCE,
        settings: ReceiverSettings | None = None,
    ) -> None:
        if secret is None:
            secret = secrets.token_hex(32)
        check_secret(secret)
        self._public_url = None if public_url is None else _checked_public_url(public_url)
        self._port = _checked_port(port)
        self._token = secrets.token_hex(16)
        # A closure, not an attribute: a debugger's or traceback's list of values shows nothing.
        self._secret: Callable[[], str] = lambda: secret
        self._settings = _checked_settings(settings)
        self._deliveries = Deliveries(self._secret, _checked_tolerance(tolerance), self._settings)
        self._lock = threading.RLock()
        self._endpoint: Endpoint | None = None

    @property
    def url(self) -> str:
        """The address to give as ``webhook_url``; its last part cannot be guessed.

        Raises
        ------
        LumenError
            If the receiver does not run: a call would find no server there.

        """
        if self._endpoint is None:
            raise LumenError(
                "The webhook receiver does not run.",
                next_step="Call its start(), or use it in a with block.",
            )
        return self._full_url()

    @property
    def secret(self) -> str:
        """What to give as ``webhook_secret``."""
        return self._secret()

    @property
    def port(self) -> int:
        """The port on 127.0.0.1, to which a tunnel leads; 0 before a free one was taken."""
        return self._port

    @property
    def count(self) -> int:
        """How many calls of the service have come: 0 at the end says that none gets through."""
        return self._deliveries.count

    def start(self) -> Self:
        """Start to listen, and return the receiver itself; one that runs is left as it is.

        Raises
        ------
        LumenError
            If the port cannot be used.

        Examples
        --------
        >>> receiver = WebhookReceiver().start()  # doctest: +SKIP

        """
        # Only here: the server's libraries take longer to import than all of the client.
        from lumen_widgets.client.webhooks import endpoint

        with self._lock:
            if self._endpoint is None:
                listener = endpoint.listen(self._port, self._settings.max_connections)
                # The same again after close and start: tasks on their way have this address.
                self._port = listener.getsockname()[1]
                self._endpoint = endpoint.Endpoint(
                    listener, self._token, self._deliveries.receive, self._settings
                )
                self._deliveries.start(self._full_url())
        return self

    def close(self) -> None:
        """Stop listening; tasks that are not done are asked about as usual from now on.

        Examples
        --------
        >>> receiver.close()  # doctest: +SKIP

        """
        with self._lock:
            if self._endpoint is not None:
                self._endpoint.stop()
                self._endpoint = None
                self._deliveries.stop(self._full_url())

    def _full_url(self) -> str:
        return f"{self._public_url or f'http://127.0.0.1:{self._port}'}/{self._token}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        """Name neither address nor secret: a repr ends in notebooks and logs."""
        where = "closed" if self._endpoint is None else f"on port {self._port}"
        return f"<WebhookReceiver {where}, calls: {self.count}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A WebhookReceiver cannot be pickled, since it holds a secret.")


def _checked_settings(settings: object) -> ReceiverSettings:
    if settings is None:
        return DEFAULT_SETTINGS
    if not isinstance(settings, ReceiverSettings):
        raise InvalidRequest(
            f"settings is of type {type(settings).__name__}, not ReceiverSettings.",
            next_step="Leave it out for the usual limits and times.",
            field="settings",
        )
    return settings


def _checked_public_url(public_url: object) -> str:
    if not isinstance(public_url, str) or not is_address(public_url) or set(public_url) & set("?#"):
        raise InvalidRequest(
            "public_url is not an http or https address without a query.",
            next_step="Give the address that leads to the receiver's port from outside, such as "
            "https://my.tunnel.example.",
            field="public_url",
        )
    return public_url.rstrip("/")


def _checked_port(port: object) -> int:
    number = whole_number(port)
    if number is None or not 0 <= number <= _MAX_PORT:
        raise InvalidRequest(
            f"port is not a whole number from 0 to {_MAX_PORT}.",
            next_step="Leave it out for a free one.",
            field="port",
        )
    return number


def _checked_tolerance(tolerance: object) -> float | None:
    if tolerance is None:
        return None
    seconds = to_seconds(tolerance)
    if 0 < seconds < math.inf:
        return seconds
    raise InvalidRequest(
        "tolerance is not a number of seconds above 0.",
        next_step=f"Leave it out for {TOLERANCE:g} s, or pass None to take any time.",
        field="tolerance",
    )
