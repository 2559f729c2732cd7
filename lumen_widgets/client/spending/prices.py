"""Prices: credits for one picture, by model code, as the user has set them.

The service serves no prices, and the API documentation states none ("price by model and group"):
the list starts empty, and nothing here guesses.
"""

from __future__ import annotations

import math
from collections.abc import MutableMapping
from fractions import Fraction
from numbers import Real
from typing import TYPE_CHECKING

from lumen_widgets.core.errors import InvalidRequest
from lumen_widgets.core.signal import Signal, lock_over_forks
from lumen_widgets.core.words import as_written, literal, short_repr, strip_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lumen_widgets.core.request import Request

# Of credits for one picture, and of pictures: what such numbers sum up to always fits into a float.
_MOST = 10**15


class Prices(MutableMapping[str, float]):
    """Credits for one picture, by model code: a mapping that the user fills in.

    All that shows or limits a cost reads it here. A price that changes counts from the next submit
    on. It may be changed and read from any thread.

    Raises
    ------
    InvalidRequest
        When a code is set that is no text, or a price that is no number from 0 to 10 ** 15.

    Examples
    --------
    >>> prices = Prices()
    >>> prices["my-model"] = 2
    >>> prices.update({"another": 0.5})
    >>> prices
    {'my-model': 2.0, 'another': 0.5}

    """

    # one for all: it is held for no longer than a dictionary is copied
    _lock = lock_over_forks()

    def __init__(self) -> None:
        # replaced and never changed in place, so that reading it needs no lock
        self._table: dict[str, float] = {}
        self._changed: Signal[str] = Signal("the prices")

    def __getitem__(self, model: str) -> float:
        return self._table[model]

    def __setitem__(self, model: str, credits_: float) -> None:
        code, price = _code(model), _price(model, credits_)
        with self._lock:
            self._table = {**self._table, code: price}
        self._changed.send(code)

    def __delitem__(self, model: str) -> None:
        with self._lock:
            table = dict(self._table)
            del table[model]
            self._table = table
        self._changed.send(model)

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def __repr__(self) -> str:
        """Look like the dictionary that it is used as."""
        return repr(self._table)

    def _repr_html_(self) -> str:
        import html

        if not self._table:
            return '<p>No price is known. <code>lumen.prices["model"] = 2.0</code> sets one.</p>'
        rows = "".join(
            f"<tr><td>{html.escape(strip_controls(model))}</td>"
            f"<td>{format_number(credits_)}</td></tr>"
            for model, credits_ in self._table.items()
        )
        return as_written(
            f"<table><tr><th>Model</th><th>Credits for one picture</th></tr>{rows}</table>"
        )

    def table(self) -> dict[str, float]:
        """Return all prices as they are at this moment."""
        return dict(self._table)

    def subscribe(self, fn: Callable[[str], None]) -> Callable[[], None]:
        """Have `fn` called with the code of each price that changed; return what ends that.

        It is called on the thread that changed it and should take no time; what it raises is
        logged.

        Examples
        --------
        >>> stop = prices.subscribe(print)
        >>> stop()

        """
        return self._changed.connect(fn)


prices = Prices()


def read_amount(value: object) -> float | None:
    """Return credits as a user passed them; None for what is no finite number from 0 up."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        amount = float(value)
    except (OverflowError, TypeError):
        return None
    return amount if 0 <= amount < math.inf else None


def exact(credits_: float) -> Fraction:
    """Return credits as the decimal number that was written: three times 0.1 are 0.3.

    Examples
    --------
    >>> exact(0.1) * 3 == exact(0.3)
    True

    """
    return Fraction(repr(float(credits_)))


def picture_count(request: Request) -> int | None:
    """Return how many pictures a request asks for; None where `extra` says something else of n."""
    if "n" not in request.body:
        return 1  # "1 to 4, default 1" (API documentation)
    n = request.body["n"]
    return n if isinstance(n, int) and not isinstance(n, bool) and 0 < n <= _MOST else None


def cost_of(request: Request) -> Fraction | None:
    """Return the credits that a request costs, None where the price list does not say.

    Examples
    --------
    >>> from lumen_widgets.core.request import Request
    >>> cost_of(Request("generations", {"model": "unheard-of", "prompt": "a cat"})) is None
    True

    """
    price, n = prices.get(request.model), picture_count(request)
    return None if price is None or n is None else exact(price) * n


def credits_of(request: Request) -> float | None:
    """Return the credits that a request costs as a float, None where the list does not say."""
    return None if (cost := cost_of(request)) is None else float(cost)


def format_number(number: float | Fraction) -> str:
    """Return a number as people write it, all of its places that a price can have.

    Examples
    --------
    >>> format_number(2.0), format_number(0.25), format_number(1234567.5)
    ('2', '0.25', '1234567.5')

    """
    return f"{float(number):.12g}"


def format_credits(credits_: float | Fraction, kind: str = "") -> str:
    """Return an amount in words.

    Parameters
    ----------
    credits_
        How many.
    kind
        Whose, such as ``"sandbox"``, where they are not the service's own.

    Examples
    --------
    >>> format_credits(1), format_credits(2.5, "sandbox")
    ('1 credit', '2.5 sandbox credits')

    """
    words = [format_number(credits_), kind, "credit" if credits_ == 1 else "credits"]
    return " ".join(word for word in words if word)


def _code(model: object) -> str:
    if not isinstance(model, str) or not model.strip():
        raise InvalidRequest(
            f"A price is set for a model's code, not for {short_repr(model)}.",
            next_step='Write it as lumen.prices["model"] = 2.0.',
            field="model",
        )
    return model


def _price(model: str, credits_: object) -> float:
    price = read_amount(credits_)
    if price is None or price > _MOST:
        raise InvalidRequest(
            f"The price {short_repr(credits_)} of {literal(model)} is no number of credits from 0 "
            f"to {_MOST:,}.",
            next_step="Give the credits for one picture, as the service's console says them; "
            f"del lumen.prices[{model!r}] forgets a price.",
            field="model",
        )
    return price
