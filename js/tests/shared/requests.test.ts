import { expect, test } from "vitest";
import { newId } from "../../shared/ids";
import { Requests } from "../../shared/requests";
import { connect, FakeModel } from "./fake_model";

interface Question {
  kind: "question";
  request: string;
}

function open() {
  const fake = new FakeModel({});
  const requests = new Requests<Question, string>(connect(fake));
  return { fake, sent: fake.sent as Question[], requests };
}

test("each request ends with its own answer, whatever order the answers come in", async () => {
  const { sent, requests } = open();
  const answers = [requests.ask({ kind: "question" }), requests.ask({ kind: "question" })];
  const [first, second] = sent.map(({ request }) => request);
  requests.answer(second ?? "", "second");
  requests.answer(first ?? "", "first");

  expect(await Promise.all(answers)).toEqual(["first", "second"]);
});

test("an answer to no request, or a second one, is passed over", async () => {
  const { sent, requests } = open();
  const answer = requests.ask({ kind: "question" });
  requests.answer("another page's", "lost");
  requests.answer(sent[0]?.request ?? "", "first");
  requests.answer(sent[0]?.request ?? "", "again");

  expect(await answer).toBe("first");
});

test("a request that nothing can answer any more ends without an answer", async () => {
  const { fake, requests } = open();
  const pending = requests.ask({ kind: "question" });
  fake.dead = true;

  expect(await requests.ask({ kind: "question" })).toBe(null);
  expect(await pending).toBe(null);
});

test("ids differ", () => {
  expect(new Set(Array.from({ length: 1000 }, newId)).size).toBe(1000);
});
