"""The ranking of a blind test: places by the model where the votes determine it, else by shares."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.widgets.compare.ranking import Ranking, Vote, likelihood, rank, vote_tables

if TYPE_CHECKING:
    import random


@st.composite
def ballots(draw: st.DrawFn, most: int = 6) -> tuple[int, list[Vote]]:
    """Draw a number of pictures, and votes on pairs of them."""
    count = draw(st.integers(2, most))
    pairs = st.sampled_from([*permutations(range(count), 2)])
    drawn = draw(st.lists(st.tuples(pairs, st.sampled_from("lrt")), max_size=24))
    return count, [_vote(pair, outcome) for pair, outcome in drawn]


def _vote(pair: tuple[int, int], outcome: str) -> Vote:
    return Vote(*pair, {"l": pair[0], "r": pair[1], "t": None}[outcome])


def _scores(ranking: Ranking) -> list[float]:
    return [place.score for place in sorted(ranking.places, key=lambda one: one.picture)]


@pytest.mark.slow
@given(ballots())
def test_every_picture_has_one_place_after_any_votes(ballot: tuple[int, list[Vote]]) -> None:
    """Scores are shares, the best first, and equal ones have one place; nothing is not a number."""
    count, votes = ballot
    ranking = rank(count, votes)
    assert sorted(place.picture for place in ranking.places) == [*range(count)]
    assert ranking.votes == len(votes)
    assert sum(place.votes for place in ranking.places) == 2 * len(votes)
    scores = [place.score for place in ranking.places]
    assert scores == sorted(scores, reverse=True)
    for at, place in enumerate(ranking.places):
        assert 0 <= place.score <= 1
        assert 0 < place.error < 1
        above = sum(one.score > place.score + 1e-6 for one in ranking.places)
        assert place.place == above + 1
        if at == count - 1:
            assert place.above_next is None
        else:
            assert place.above_next is not None
            assert 0.5 <= place.above_next <= 1


@pytest.mark.slow
@given(ballots())
def test_by_the_model_each_picture_is_expected_to_win_as_often_as_it_did(
    ballot: tuple[int, list[Vote]],
) -> None:
    """What the most likely strengths predict for the pairs that were voted on is what was voted."""
    count, votes = ballot
    ranking = rank(count, votes)
    if ranking.method == "wins":
        return
    met = {frozenset(pair): 0 for pair in combinations(range(count), 2)}
    for left, right, _ in votes:
        met[frozenset((left, right))] += 1
    if len({*met.values()}) == 1:
        # each pair as often: then the model says what the shares say
        won = [
            sum(1.0 if vote.winner == one else 0.5 * (vote.winner is None and one in vote[:2])
                for vote in votes)
            for one in range(count)
        ]  # fmt: skip
        shares = np.array(won) / (len(votes) * 2 / count)
        assert np.allclose(_scores(ranking), shares, atol=1e-5)
    assert sum(_scores(ranking)) == pytest.approx(count / 2)


@pytest.mark.slow
@given(ballots(3))
def test_the_model_is_used_exactly_where_its_likelihood_has_a_peak(
    ballot: tuple[int, list[Vote]],
) -> None:
    """Far out in every direction the votes are less likely, or else shares are counted."""
    count, votes = ballot
    if not votes:
        return
    wins, ties = vote_tables(count, votes)
    tied = bool(ties.any())

    def likely(numbers: np.ndarray) -> float:
        return likelihood(wins, ties, numbers)[0]

    # the directions in which it may rise without end have such numbers, if there is one
    steps = [np.array(one, float) for one in _directions(count, tied=tied)]
    rises = any(likely(60 * step) >= likely(30 * step) - 1e-9 for step in steps)
    assert (rank(count, votes).method == "wins") == rises


def _directions(count: int, *, tied: bool) -> list[tuple[int, ...]]:
    """Return ways to go: whole steps for each picture, the first fixed, and for ties."""
    span = range(-2 * (count - 1), 2 * (count - 1) + 1)
    grid = np.stack(np.meshgrid(*[span] * (count - 1)), -1).reshape(-1, count - 1)
    found = [(0, *map(int, row)) for row in grid]
    if not tied:
        return [one for one in found if any(one)]
    return [(*one, e) for one in found for e in (0, 1) if any(one) or e]


@pytest.mark.slow
@given(ballots(), st.randoms(use_true_random=False))
def test_neither_order_nor_sides_nor_numbers_of_the_pictures_matter(
    ballot: tuple[int, list[Vote]], draw: random.Random
) -> None:
    """The same votes in another order, or on pictures that are numbered otherwise, rank alike."""
    count, votes = ballot
    names = [*range(count)]
    draw.shuffle(names)
    mixed = [
        Vote(names[right], names[left], None if winner is None else names[winner])
        for left, right, winner in votes
    ]
    draw.shuffle(mixed)
    one, other = rank(count, votes), rank(count, mixed)
    assert one.method == other.method
    assert np.allclose(_scores(one), np.array(_scores(other))[names], atol=1e-6)


def test_a_picture_that_won_every_time_is_ranked_by_shares_and_the_way_is_named() -> None:
    """No finite strength explains it, so the shares are counted."""
    ranking = rank(3, [Vote(0, 1, 1), Vote(1, 2, 1), Vote(2, 0, 0)])
    assert ranking.method == "wins"
    assert [(one.picture, one.place, one.score) for one in ranking.places] == [
        (1, 1, 1.0),
        (0, 2, 0.5),
        (2, 3, 0.0),
    ]


def test_with_few_votes_the_model_knows_who_was_met() -> None:
    """Of two pictures with the same share, the one that met stronger pictures is above."""
    # 0 and 1 each won half: 0 against the strong picture 2, 1 against the weak picture 3
    votes = [Vote(0, 2, 0), Vote(0, 2, 2), Vote(1, 3, 1), Vote(1, 3, 3)]
    votes += [Vote(2, 3, 2)] * 3 + [Vote(3, 2, 3)]
    ranking = rank(4, votes)
    assert ranking.method == "bradley-terry"
    places = {one.picture: one.place for one in ranking.places}
    assert places[0] < places[1]


def test_more_votes_make_it_surer() -> None:
    """The error shrinks, and the first is above the second for sure."""
    once = [Vote(0, 1, 0), Vote(0, 1, 0), Vote(0, 1, 1), Vote(1, 0, None)]
    few, many = rank(2, once), rank(2, once * 30)
    assert few.method == many.method == "bradley-terry"
    assert many.places[0].error < few.places[0].error / 4
    assert few.places[0].above_next is not None
    assert few.places[0].above_next < 0.8
    assert many.places[0].above_next is not None
    assert many.places[0].above_next > 0.99


def test_strengths_are_found_again_from_their_votes() -> None:
    """What is voted by known strengths is ranked as these are, within its own errors."""
    draw = np.random.default_rng(5)
    strengths, tying = np.linspace(1.5, -1.5, 8), 0.3
    votes = []
    for pair in combinations(range(8), 2):
        half = (strengths[pair[0]] - strengths[pair[1]]) / 2
        odds = np.exp([half, -half, tying])
        drawn = draw.choice(["l", "r", "t"], size=200, p=odds / odds.sum())
        votes += [_vote(pair, outcome) for outcome in drawn]
    ranking = rank(8, votes)
    assert [place.picture for place in ranking.places] == [*range(8)]
    true = []
    for one in range(8):
        half = (strengths[one] - np.delete(strengths, one)) / 2
        win, loss = np.exp(half), np.exp(-half)
        true.append(float(((win + np.exp(tying) / 2) / (win + loss + np.exp(tying))).mean()))
    assert all(abs(place.score - true[place.picture]) < 4 * place.error for place in ranking.places)
    assert max(place.error for place in ranking.places) < 0.05


@pytest.mark.parametrize("count", [2, 32])
def test_without_votes_all_are_alike(count: int) -> None:
    """Nothing is known, and nothing is sure."""
    ranking = rank(count, [])
    assert {place.place for place in ranking.places} == {1}
    assert {place.score for place in ranking.places} == {0.5}
