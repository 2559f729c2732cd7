import { expect, test } from "vitest";
import { newId } from "../../shared/ids";
import { Requests } from "../../shared/requests";

interface Question {
  kind: "question";
  request: string;
}

function open() {
  const sent: Question[] = [];
  const requests = new Requests<Question, string>((request) => sent.push(request));
  return { sent, requests };
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

test("ids differ", () => {
  expect(new Set(Array.from({ length: 1000 }, newId)).size).toBe(1000);
});
