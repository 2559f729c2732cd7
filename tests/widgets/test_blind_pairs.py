"""The pairs of a blind test, and the votes on them."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.widgets.compare.blind_pairs import blind_pairs
from lumen_widgets.widgets.compare.blind_votes import BlindVotes

COUNTS = st.integers(2, 32)
SEEDS = st.integers(0, 2**32)


@given(COUNTS, SEEDS)
def test_every_two_pictures_meet_once(count: int, seed: int) -> None:
    """No pair is left out, and none comes again."""
    pairs = blind_pairs(count, seed)
    assert Counter(frozenset(pair) for pair in pairs) == Counter(
        map(frozenset, combinations(range(count), 2))
    )


@given(COUNTS, SEEDS, st.data())
def test_after_any_number_of_votes_each_picture_had_about_as_many(
    count: int, seed: int, data: st.DataObject
) -> None:
    """They differ by two at most: by the round that is on, and by the picture that sits one out."""
    pairs = blind_pairs(count, seed)
    seen = Counter(dict.fromkeys(range(count), 0))
    for pair in pairs[: data.draw(st.integers(0, len(pairs)))]:
        seen.update(pair)
    assert max(seen.values()) - min(seen.values()) <= 2


@given(COUNTS, SEEDS)
def test_each_picture_is_on_either_side_as_often(count: int, seed: int) -> None:
    """Whoever prefers one side does not prefer a picture by that."""
    pairs = blind_pairs(count, seed)
    left, right = (Counter(pair[side] for pair in pairs) for side in (0, 1))
    assert all(abs(left[one] - right[one]) <= 1 for one in range(count))


def test_the_order_is_that_of_its_seed() -> None:
    """The same seed gives the same test, another one another."""
    assert blind_pairs(8, 3) == blind_pairs(8, 3)
    firsts = {blind_pairs(8, seed)[0] for seed in range(400)}
    # each of 56 pairs, with its sides, may be the first
    assert len(firsts) > 50


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["cast", "undo"]),
        st.integers(0, 5),
        st.integers(0, 2),
        st.sampled_from(["left", "right", "tie"]),
    ),
    max_size=30,
)


@pytest.mark.slow
@given(EVENTS, st.data())
def test_what_comes_twice_or_late_counts_once(
    events: list[tuple[str, int, int, str]], data: st.DataObject
) -> None:
    """Any message may come again at any later time: nothing changes by that."""
    once, again = (BlindVotes(blind_pairs(4, 1)) for _ in range(2))
    for at, event in enumerate(events):
        _apply(once, event)
        _apply(again, event)
        for echo in data.draw(st.lists(st.sampled_from(events[: at + 1]), max_size=2)):
            # what has not counted when it came is no echo
            if _counts_later(again, echo):
                continue
            _apply(again, echo)
    assert once.cast_votes == again.cast_votes
    assert once.undone == again.undone


def _apply(votes: BlindVotes, event: tuple[str, int, int, str]) -> bool:
    kind, pair, attempt, outcome = event
    if kind == "cast":
        return votes.cast(pair, attempt, outcome)  # type: ignore[arg-type] # drawn of the three
    return votes.undo(pair, attempt)


def _counts_later(votes: BlindVotes, event: tuple[str, int, int, str]) -> bool:
    """Say whether an event that did not count before would count now: it came too early."""
    kind, pair, attempt, _ = event
    there = {vote.pair: vote.attempt for vote in votes.cast_votes}
    if kind == "cast":
        return pair not in there and votes.undone.get(pair, 0) == attempt
    return there.get(pair) == attempt


def test_the_first_vote_on_a_pair_counts() -> None:
    """Of two pages that vote on one pair, the second is late."""
    pairs = blind_pairs(3, 1)
    votes = BlindVotes(pairs)
    assert votes.cast(0, 0, "left")
    assert not votes.cast(0, 0, "right")
    assert votes.cast(1, 0, "tie")
    assert [(vote.left, vote.right, vote.winner) for vote in votes.votes] == [
        (*pairs[0], pairs[0].left),
        (*pairs[1], None),
    ]


def test_what_was_taken_back_does_not_come_back_with_an_echo() -> None:
    """The pair is voted on anew, under another number."""
    votes = BlindVotes(blind_pairs(3, 1))
    assert votes.cast(0, 0, "left")
    assert votes.undo(0, 0)
    assert not votes.undo(0, 0)
    assert not votes.cast(0, 0, "left")
    assert votes.cast(0, 1, "right")
    assert [vote.outcome for vote in votes.cast_votes] == ["right"]
    assert votes.undone == {0: 1}


@pytest.mark.parametrize("pair", [-1, 3, 10**9])
def test_a_vote_on_no_pair_does_not_count(pair: int) -> None:
    """What a page sends is not trusted."""
    votes = BlindVotes(blind_pairs(3, 1))
    assert not votes.cast(pair, 0, "left")
    assert not votes.undo(pair, 0)
