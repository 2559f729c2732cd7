"""The pairs of a blind test: every two pictures once, in an order that says nothing of them.

They come in rounds, in each of which a picture is seen once at most, so that after any number of
votes each picture has had about as many. Each is on the left about as often as on the right.
"""

from __future__ import annotations

import random
from typing import NamedTuple


class Pair(NamedTuple):
    """Two pictures, by their numbers."""

    left: int
    right: int


def blind_pairs(count: int, seed: int) -> tuple[Pair, ...]:
    """Return every pair of so many pictures; the same for the same seed.

    Parameters
    ----------
    count
        How many pictures there are; they are numbered from 0.
    seed
        What order and sides are drawn from.

    """
    draw = random.Random(seed)  # noqa: S311 # nobody gains by guessing it
    pictures = list(range(count))
    draw.shuffle(pictures)
    # With an odd number of seats, two meet once in each round whose number is the sum of theirs,
    # and one of the seats meets itself. An even number of pictures has one more, and it takes that
    # seat's place.
    seats = count - 1 + count % 2
    rounds = [[(one, (turn - one) % seats) for one in range(seats)] for turn in range(seats)]
    draw.shuffle(rounds)
    mirrored = draw.random() < 0.5  # noqa: PLR2004 # a coin
    pairs: list[Pair] = []
    for met in rounds:
        there = [(one, other) for one, other in met if one < other]
        if count % 2 == 0:
            there += [(one, seats) for one, other in met if one == other]
        draw.shuffle(there)
        for one, other in there:
            # of those up to half of a circle ahead, each sees as many as are behind; the last
            # picture of an even number stands beside the circle
            is_left = one % 2 == 0 if other == seats else other - one <= seats // 2
            ordered = (one, other) if is_left != mirrored else (other, one)
            pairs.append(Pair(*(pictures[seat] for seat in ordered)))
    return tuple(pairs)
