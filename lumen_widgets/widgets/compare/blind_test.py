"""A blind test: its pairs and votes, what a page gets of them, and the ranking once it has ended.

A page gets every pair at once, so that it can go on while the kernel runs a cell, and no name with
it: the pictures come in an order that is drawn for it. What it votes is answered by the state of
all votes, in which it finds its own.
"""

from __future__ import annotations

import random
import threading
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard, get_args

from lumen_widgets.widgets.compare.blind_pairs import blind_pairs
from lumen_widgets.widgets.compare.blind_votes import BlindVotes, Outcome, PairVote
from lumen_widgets.widgets.compare.messages import (
    BlindBallot,
    BlindPair,
    BlindPicture,
    BlindRanking,
    BlindTest,
    BlindVote,
    RankedPicture,
    UndonePair,
)
from lumen_widgets.widgets.compare.ranking import Ranking, Vote, rank

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumen_widgets.widgets.compare.messages import ComparedPicture

# of what a browser sends: no pair has been taken back as often
_MOST = 1_000_000


class LeftTest(NamedTuple):
    """A test that another widget may go on with, if it has the same pictures."""

    pictures: list[str]  # their digests, in the order in which they were given
    id: str
    seed: int
    votes: list[PairVote]
    undone: dict[int, int]
    ended: bool


class VotedTest:
    """A blind test, as the kernel has it; may be called from any thread.

    Parameters
    ----------
    items
        The pictures, in the order in which they were given.

    """

    def __init__(self, items: Sequence[ComparedPicture]) -> None:
        self._items = items
        self._lock = threading.Lock()
        self._begin(uuid.uuid4().hex, random.SystemRandom().getrandbits(32))

    def _begin(self, test: str, seed: int) -> None:
        self._id, self._seed = test, seed
        self._pairs = blind_pairs(len(self._items), seed)
        self._votes = BlindVotes(self._pairs)
        self._ended = False

    @property
    def votes(self) -> list[Vote]:
        """The votes that count, by the places of the pictures, in the order in which they came."""
        return self._votes.votes

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return len(self._pairs)

    @property
    def ended(self) -> bool:
        """Whether the ranking was asked for, and voting has not gone on since."""
        return self._ended

    def rank(self) -> Ranking:
        """Rank the pictures by the votes that there are."""
        return rank(len(self._items), self.votes)

    def receive(self, content: Mapping[str, Any]) -> bool:
        """Take in a message of a page; say whether it was for this. Takes no time."""
        kind, pair, attempt = (content.get(name) for name in ("kind", "pair", "attempt"))
        if kind == "end":
            self._ended = content.get("ended") is True
            return True
        if kind not in {"vote", "unvote"}:
            return False
        if _is_number(pair) and _is_number(attempt):
            if kind == "unvote":
                self._votes.undo(pair, attempt)
            for outcome in get_args(Outcome):
                if kind == "vote" and content.get("outcome") == outcome:
                    self._votes.cast(pair, attempt, outcome)
        return True

    def leave(self) -> LeftTest | None:
        """Return the test for another widget, if anything was done with it."""
        votes, undone = self._votes.cast_votes, self._votes.undone
        if not votes and not undone:
            return None
        pictures = [one["sha256"] for one in self._items]
        return LeftTest(pictures, self._id, self._seed, votes, undone, self._ended)

    def take(self, left: LeftTest) -> bool:
        """Go on with what another widget left, if it is of these pictures; say whether it is."""
        with self._lock:
            begun = self._votes.cast_votes or self._votes.undone
            if begun or left.pictures != [one["sha256"] for one in self._items]:
                return False
            self._begin(left.id, left.seed)
            self._votes.take(left.votes, left.undone)
            self._ended = left.ended
            return True

    # what a page gets

    @property
    def told(self) -> BlindTest:
        """The pairs, of pictures without names, in an order that is not that of the user."""
        order = _order(len(self._items), self._seed)
        place = {picture: at for at, picture in enumerate(order)}
        return BlindTest(
            id=self._id,
            pictures=[
                BlindPicture(
                    sha256=one["sha256"],
                    width=one["width"],
                    height=one["height"],
                    bytes=one["bytes"],
                    place=one["place"],
                )
                for one in map(self._items.__getitem__, order)
            ],
            pairs=[BlindPair(left=place[left], right=place[right]) for left, right in self._pairs],
        )

    @property
    def ballot(self) -> BlindBallot:
        """The votes by the numbers of their pairs, in the order in which they came."""
        return BlindBallot(
            votes=[
                BlindVote(pair=pair, attempt=attempt, outcome=outcome)
                for pair, attempt, outcome in self._votes.cast_votes
            ],
            undone=[
                UndonePair(pair=pair, times=times) for pair, times in self._votes.undone.items()
            ],
        )

    @property
    def told_ranking(self) -> BlindRanking:
        """The ranking by the votes that there are, with names."""
        ranking = self.rank()
        return BlindRanking(
            method=ranking.method,
            votes=ranking.votes,
            places=[self._ranked(ranking, at) for at in range(len(self._items))],
        )

    def _ranked(self, ranking: Ranking, at: int) -> RankedPicture:
        place = ranking.places[at]
        item = self._items[place.picture]
        return RankedPicture(
            sha256=item["sha256"],
            name=item["name"],
            relation=item["relation"],
            alt=item["alt"],
            number=place.picture,
            place=place.place,
            score=place.score,
            error=place.error,
            votes=place.votes,
            above_next=place.above_next,
        )


def _order(count: int, seed: int) -> list[int]:
    """Return the order in which a page gets the pictures: by another draw than the pairs'."""
    order = list(range(count))
    random.Random(seed + 1).shuffle(order)  # noqa: S311 # nobody gains by guessing it
    return order


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST
