import { beforeEach, expect, test } from "vitest";
import { Ballot } from "../../compare/ballot";
import type { BlindBallot, BlindRanking, BlindTest } from "../../compare/messages";
import { Connection } from "../../shared/connection";
import { connect, FakeModel } from "../shared/fake_model";

type Traits = {
  _test: BlindTest | null;
  _ballot: BlindBallot;
  _ranking: BlindRanking | null;
};

const PAIRS = [
  { left: 0, right: 1 },
  { left: 2, right: 0 },
  { left: 1, right: 2 },
];
const NOTHING: BlindBallot = { votes: [], undone: [] };

function modelOf(ballot = NOTHING, id = "t1"): FakeModel<Traits> {
  return new FakeModel<Traits>({
    _test: { id, pictures: [], pairs: PAIRS },
    _ballot: ballot,
    _ranking: null,
  });
}

function open(model = modelOf()): Ballot {
  return new Ballot(model.model, connect(model), new AbortController().signal);
}

function rankingOf(votes: number): BlindRanking {
  return { method: "wins", votes, places: [] };
}

beforeEach(() => sessionStorage.clear());

test("votes count at once, and are sent again by the next page until they are answered", () => {
  const ballot = open();
  ballot.vote(0, "left");
  ballot.vote(1, "tie");
  ballot.unvote();
  ballot.vote(1, "right");
  expect(ballot.votes.map(({ pair, outcome }) => [pair, outcome])).toEqual([
    [0, "left"],
    [1, "right"],
  ]);
  expect(ballot.next).toBe(2);

  const first = { pair: 0, attempt: 0, outcome: "left" as const };
  const model = modelOf({ votes: [first], undone: [] });
  const again = open(model);
  expect(again.next).toBe(2);
  expect(model.sent).toEqual([
    { kind: "vote", pair: 1, attempt: 0, outcome: "tie" },
    { kind: "unvote", pair: 1, attempt: 0 },
    { kind: "vote", pair: 1, attempt: 1, outcome: "right" },
  ]);

  const second = { pair: 1, attempt: 1, outcome: "right" as const };
  model.set("_ballot", { votes: [first, second], undone: [{ pair: 1, times: 1 }] });
  expect(again.unanswered).toBe(0);
  expect(sessionStorage.length).toBe(0);
});

test("the first vote on a pair counts, also that of another page", () => {
  const model = modelOf();
  const ballot = open(model);
  ballot.vote(0, "left");
  ballot.vote(0, "right");
  expect(model.sent).toHaveLength(1);
  model.set("_ballot", { votes: [{ pair: 0, attempt: 0, outcome: "tie" }], undone: [] });
  expect(ballot.votes).toEqual([{ pair: 0, attempt: 0, outcome: "tie" }]);
  expect(ballot.unanswered).toBe(0);
});

test("the votes of another test are left alone, and what is damaged is passed over", () => {
  open().vote(0, "left");
  const [key = ""] = Object.keys(sessionStorage);
  for (const [n, act] of [{}, { kind: "vote", pair: -1 }, { kind: "vote", pair: 0 }].entries()) {
    sessionStorage.setItem(`${key}${n}`, JSON.stringify({ test: "t1", at: n, act }));
  }
  expect(open(modelOf(NOTHING, "t2")).votes).toEqual([]);
  expect(open().votes).toHaveLength(1);
});

test("votes are sent again once the page is back from being offline", () => {
  let status = (_: unknown, __: string) => {};
  const signals = { connect: (listener: typeof status) => (status = listener), disconnect() {} };
  const model = modelOf();
  model.widget_manager = { kernel: { connectionStatusChanged: signals } };
  const { signal } = new AbortController();
  const ballot = new Ballot(model.model, new Connection(model, signal), signal);
  status(null, "disconnected");
  ballot.vote(0, "left");
  status(null, "connected");
  expect(model.sent).toEqual(Array(2).fill({ kind: "vote", pair: 0, attempt: 0, outcome: "left" }));
});

test("the ranking is shown once it is of all votes, and voting hides it", () => {
  const model = modelOf();
  const ballot = open(model);
  ballot.vote(0, "left");
  ballot.end(true);
  expect(ballot.ended).toBe(true);
  expect(ballot.ranking).toBeNull();
  model.set("_ranking", rankingOf(0));
  expect(ballot.ranking).toBeNull();
  model.set("_ballot", { votes: [{ pair: 0, attempt: 0, outcome: "left" }], undone: [] });
  model.set("_ranking", rankingOf(1));
  expect(ballot.ranking?.votes).toBe(1);
  ballot.end(false);
  expect(ballot.ended).toBe(false);
  model.set("_ranking", null);
  expect(ballot.ended).toBe(false);
});

test("another page ends the test for all", () => {
  const model = modelOf();
  const ballot = open(model);
  model.set("_ranking", rankingOf(0));
  expect(ballot.ended).toBe(true);
  expect(ballot.ranking).not.toBeNull();
});
