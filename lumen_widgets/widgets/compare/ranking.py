"""A ranking of pictures by votes on pairs of them: votes in, places out.

The score of a picture is the share of votes that it would win against each of the others, where a
tie is half a win. Davidson's model (the one of Bradley and Terry, with ties) estimates it from who
was compared with whom. Where the votes do not determine that model, as with a picture that won
every time, the score is the share that the picture did win.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

Method = Literal["bradley-terry", "wins"]

# scores that differ by less are equal: what remains of rounding is far smaller, and one vote of 496
# makes more
_EQUAL = 1e-6
# Newton's method needs some ten steps; more means that the numbers do not allow it
_MOST_STEPS = 100
_LENGTHS = tuple(0.5**halved for halved in range(27))
# slopes of the likelihood of a vote: where it has its peak for all purposes, and where it has not
_STEEP, _STILL_STEEP = 1e-10, 1e-6
# votes added to a share, half of them won, before its error is taken from it (Agresti and Coull):
# without them, a picture that won its only vote would be sure to win all
_ADDED = 4.0


class Vote(NamedTuple):
    """Which of two pictures was found to be better; pictures are numbers."""

    left: int
    right: int
    winner: int | None  # None is a tie


class Place(NamedTuple):
    """A picture's place in a ranking."""

    picture: int
    place: int  # from 1; pictures of one score share the place
    score: float  # 0 to 1: the share of votes that it would win against each of the others
    error: float  # the standard error of that
    votes: int  # on how many votes it rests
    above_next: float | None  # 0.5 to 1: how sure it is above the next one; None for the last


class Ranking(NamedTuple):
    """All pictures, the best first, and how that was found."""

    method: Method
    votes: int
    places: tuple[Place, ...]


class _Estimate(NamedTuple):
    """Scores by one method, and how they were found."""

    method: Method
    scores: Numbers
    errors: Numbers
    # what is compared to say how sure one picture is above another, and its covariance
    strengths: Numbers
    covariance: Numbers


def rank(count: int, votes: Sequence[Vote]) -> Ranking:
    """Rank pictures by votes.

    Parameters
    ----------
    count
        How many pictures there are; they are numbered from 0.
    votes
        The votes, in any order. A pair may have several.

    """
    wins, ties = vote_tables(count, votes)
    found = _by_model(wins, ties) if _is_determined(wins, ties) else None
    estimate = _by_shares(wins, ties) if found is None else found
    # equal ones in the order in which they are numbered
    order = sorted(range(count), key=lambda one: (-round(float(estimate.scores[one]), 9), one))
    voted = (wins + wins.T + ties).sum(axis=1)
    places: list[Place] = []
    for at, one in enumerate(order):
        score = float(estimate.scores[one])
        shared = places and places[-1].score - score < _EQUAL
        places.append(
            Place(
                picture=one,
                place=places[-1].place if shared else at + 1,
                score=score,
                error=float(estimate.errors[one]),
                votes=int(voted[one]),
                above_next=_sureness(estimate, one, order[at + 1]) if at + 1 < count else None,
            )
        )
    return Ranking(estimate.method, len(votes), tuple(places))


def vote_tables(count: int, votes: Sequence[Vote]) -> tuple[Numbers, Numbers]:
    """Return how often each picture (row) won over each other one, and how often they tied."""
    wins, ties = np.zeros((count, count)), np.zeros((count, count))
    for left, right, winner in votes:
        if winner is None:
            ties[left, right] += 1
            ties[right, left] += 1
        else:
            wins[winner, right if winner == left else left] += 1
    return wins, ties


def _is_determined(wins: Numbers, ties: Numbers) -> bool:
    """Say whether the votes have one most likely model, with finite numbers.

    Two things would let a number grow without end. Votes that lead from some pictures to others
    and never back: the strengths of the ones. And ties that explain every win: if each vote is
    consistent with a strength that differs by two steps or more where a picture won, and by two
    steps or less where two tied, then steps and ties can grow together. No such strengths exist if
    some circle of votes has more wins than ties in it.
    """
    count = len(wins)
    reached = (wins + ties > 0) | np.eye(count, dtype=bool)
    # the most wins less ties on any way from one picture to another; Floyd and Warshall
    longest: Numbers = np.where(wins > 0, 1.0, np.where(ties > 0, -1.0, -np.inf))
    for middle in range(count):
        reached |= reached[:, middle, None] & reached[None, middle, :]
        # ways that go round such a circle have no longest one
        through = longest[:, middle, None] + longest[None, middle, :]
        longest = np.minimum(np.maximum(longest, through), float(count))
    return bool(reached.all()) and (not ties.any() or bool((np.diag(longest) > 0).any()))


def _by_model(wins: Numbers, ties: Numbers) -> _Estimate | None:
    """Return the most likely strengths by Newton's method; None if it does not get there.

    The numbers sought are the logarithm of each picture's strength, whose sum is 0, and where there
    are ties that of how readily pictures tie.
    """
    count, tied = len(wins), bool(ties.any())
    size = count + tied
    # of numbers that differ by one for all pictures, the model says the same
    fixed = np.zeros((size, size))
    fixed[:count, :count] = 1.0
    at = np.zeros(size)
    value, slope, bend = likelihood(wins, ties, at)
    votes = 1 + wins.sum() + ties.sum() / 2
    for _ in range(_MOST_STEPS):
        if np.abs(slope).max() < _STEEP * votes:
            break
        step = np.linalg.solve(bend + fixed, slope)
        for length in _LENGTHS:
            tried = at + length * step
            better, slope_there, bend_there = likelihood(wins, ties, tried)
            if better >= value + 1e-4 * length * float(slope @ step):
                break
        else:
            # nothing is better within what numbers can tell
            break
        at, value, slope, bend = tried, better, slope_there, bend_there
    if not np.isfinite(at).all() or np.abs(slope).max() > _STILL_STEEP * votes:
        return None
    covariance: Numbers = np.linalg.inv(bend + fixed).astype(np.float64)
    covariance[:count, :count] -= 1.0 / count**2
    scores, derived = _expected(at, count)
    variances = np.einsum("ij,jk,ik->i", derived, covariance, derived)
    errors: Numbers = np.sqrt(np.maximum(variances, 0.0))
    return _Estimate("bradley-terry", scores, errors, at[:count], covariance[:count, :count])


def likelihood(wins: Numbers, ties: Numbers, at: Numbers) -> tuple[float, Numbers, Numbers]:
    """Return the logarithm of how likely the votes are, its gradient, and its Hessian, negated."""
    count = len(wins)
    first, second = np.triu_indices(count, 1)
    won, lost, tied = wins[first, second], wins[second, first], ties[first, second]
    total = won + lost + tied
    chances = _chances(at, count, first, second)
    win, loss, tie = chances
    # likely enough to have a logarithm
    logs = np.log(np.maximum(chances, 1e-300))
    value = float((won * logs[0] + lost * logs[1] + tied * logs[2]).sum())
    # by the difference d of two strengths, and by how readily they tie, e
    by_d = (won - lost) / 2 - total * (win - loss) / 2
    dd = total * (win + loss - (win - loss) ** 2) / 4
    slope, bend = np.zeros(len(at)), np.zeros((len(at), len(at)))
    np.add.at(slope, first, by_d)
    np.add.at(slope, second, -by_d)
    np.add.at(bend, (first, first), dd)
    np.add.at(bend, (second, second), dd)
    np.add.at(bend, (first, second), -dd)
    np.add.at(bend, (second, first), -dd)
    if len(at) > count:
        de = -total * (win - loss) * tie / 2
        slope[count] = (tied - total * tie).sum()
        bend[count, count] = (total * tie * (1 - tie)).sum()
        np.add.at(bend[count], first, de)
        np.add.at(bend[count], second, -de)
        bend[:count, count] = bend[count, :count]
    return value, slope, bend


def _chances(at: Numbers, count: int, first: Any, second: Any) -> Numbers:
    """Return how likely the first of a pair wins, the second wins, and they tie."""
    half = (at[first] - at[second]) / 2
    tying = np.full_like(half, at[count] if len(at) > count else -np.inf)
    powers = np.stack([half, -half, tying])
    raised: Numbers = np.exp(powers - powers.max(axis=0))
    chances: Numbers = raised / raised.sum(axis=0)
    return chances


def _expected(at: Numbers, count: int) -> tuple[Numbers, Numbers]:
    """Return the share that each picture would win, and its derivative by each number."""
    first, second = np.nonzero(~np.eye(count, dtype=bool))
    win, loss, tie = _chances(at, count, first, second)
    scores, derived = np.zeros(count), np.zeros((count, len(at)))
    others = count - 1
    np.add.at(scores, first, (win + tie / 2) / others)
    by_d = (win + loss - (win - loss) ** 2) / 4 / others
    np.add.at(derived, (first, first), by_d)
    np.add.at(derived, (first, second), -by_d)
    if len(at) > count:
        np.add.at(derived[:, count], first, -(win - loss) * tie / 2 / others)
    return scores, derived


def _by_shares(wins: Numbers, ties: Numbers) -> _Estimate:
    """Return the share of its votes that each picture won; half, where it had none."""
    voted = (wins + wins.T + ties).sum(axis=1)
    won = wins.sum(axis=1) + ties.sum(axis=1) / 2
    scores = np.where(voted > 0, won / np.maximum(voted, 1), 0.5)
    likely = (won + _ADDED / 2) / (voted + _ADDED)
    errors = np.sqrt(likely * (1 - likely) / (voted + _ADDED))
    return _Estimate("wins", scores, errors, scores, np.diag(errors**2))


def _sureness(estimate: _Estimate, one: int, next_one: int) -> float:
    """Say how sure one picture is above the next one."""
    covariance = estimate.covariance
    variance = covariance[one, one] + covariance[next_one, next_one] - 2 * covariance[one, next_one]
    apart = float(estimate.strengths[one] - estimate.strengths[next_one])
    if apart < _EQUAL:
        return 0.5
    return 0.5 + 0.5 * math.erf(apart / math.sqrt(2 * max(float(variance), 1e-12)))
