"""The votes of a blind test: one for each pair, the first that came.

A page sends a vote until it is answered, and several pages may vote on one test, so a vote may come
twice, late, or on a pair that has one. It says for the how manieth time its pair is voted on: what
was taken back does not come back with an echo of it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal, NamedTuple

from lumen_widgets.widgets.compare.ranking import Vote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumen_widgets.widgets.compare.blind_pairs import Pair

Outcome = Literal["left", "right", "tie"]


class PairVote(NamedTuple):
    """What was said of a pair."""

    pair: int  # its number in the test
    attempt: int  # how often the pair had been taken back before
    outcome: Outcome


class BlindVotes:
    """The votes on the pairs of one test; may be called from any thread.

    Parameters
    ----------
    pairs
        The pairs, in the order of the test.

    """

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._pairs = pairs
        self._lock = threading.Lock()
        # by pair, in the order in which the votes came
        self._votes: dict[int, PairVote] = {}
        # by pair, how often its vote was taken back
        self._undone: dict[int, int] = {}

    def cast(self, pair: int, attempt: int, outcome: Outcome) -> bool:
        """Take in a vote; say whether it counts."""
        with self._lock:
            known = 0 <= pair < len(self._pairs) and pair not in self._votes
            if not known or attempt != self._undone.get(pair, 0):
                return False
            self._votes[pair] = PairVote(pair, attempt, outcome)
            return True

    def undo(self, pair: int, attempt: int) -> bool:
        """Take a vote back; say whether there was one that is of that attempt."""
        with self._lock:
            vote = self._votes.get(pair)
            if vote is None or vote.attempt != attempt:
                return False
            del self._votes[pair]
            self._undone[pair] = attempt + 1
            return True

    def take(self, votes: Sequence[PairVote], undone: Mapping[int, int]) -> bool:
        """Take over votes on the same pairs; not where there are some already."""
        with self._lock:
            if self._votes or self._undone:
                return False
            self._votes = {one.pair: one for one in votes}
            self._undone = dict(undone)
            return True

    @property
    def cast_votes(self) -> list[PairVote]:
        """The votes that count, in the order in which they came."""
        with self._lock:
            return list(self._votes.values())

    @property
    def undone(self) -> dict[int, int]:
        """How often the vote on a pair was taken back, by pair."""
        with self._lock:
            return dict(self._undone)

    @property
    def votes(self) -> list[Vote]:
        """The votes that count, by the numbers of the pictures."""
        found = []
        for pair, _, outcome in self.cast_votes:
            left, right = self._pairs[pair]
            winner = {"left": left, "right": right, "tie": None}[outcome]
            found.append(Vote(left, right, winner))
        return found
