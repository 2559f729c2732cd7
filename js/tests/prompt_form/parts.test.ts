import { describe, expect, test } from "vitest";
import { abilities, endpointOf, modelsFor } from "../../prompt_form/abilities";
import type { ChunkMessage } from "../../prompt_form/messages";
import { drawingSize, orientation, parseSize, ratioOf } from "../../prompt_form/parsed_size";
import { PromptHistory } from "../../prompt_form/prompt_history";
import { MAX_BYTES, refusal, Uploads } from "../../prompt_form/uploads";
import { errorWords, wordsFor } from "../../prompt_form/words";

const MODELS = [
  { code: "both", can: ["generations", "edits"] },
  { code: "fill", can: ["inpaint"] },
];

describe("the shape of a size", () => {
  test("is parsed from pixels and ratios, and from nothing else", () => {
    expect(parseSize("1536x1024")).toEqual({ kind: "pixels", width: 1536, height: 1024 });
    expect(parseSize("16:9")).toEqual({ kind: "ratio", width: 16, height: 9 });
    for (const text of ["", "banana", "16:", "0x9", "16/9", "-1x2"]) {
      expect(parseSize(text)).toBeNull();
    }
  });

  test("has an orientation, a drawing that fits, and a ratio in small numbers", () => {
    const wide = { kind: "pixels", width: 1536, height: 1024 } as const;

    expect(orientation(wide)).toBe("wide");
    expect(drawingSize(wide, 60)).toEqual([60, 40]);
    expect(drawingSize({ kind: "ratio", width: 999, height: 1 }, 60)[1]).toBe(2);
    expect(ratioOf(wide)).toBe("3:2");
    expect(ratioOf({ kind: "pixels", width: 1021, height: 1019 })).toBeNull();
  });
});

describe("the endpoint of a form", () => {
  test("follows from its pictures, and from a model that can only repaint", () => {
    const both = abilities(MODELS, "both");
    expect(endpointOf(0, false, both)).toBe("generations");
    expect(endpointOf(2, false, both)).toBe("edits");
    expect(endpointOf(1, true, both)).toBe("inpaint");
    expect(endpointOf(0, false, abilities(MODELS, "fill"))).toBe("inpaint");
    expect(endpointOf(1, false, abilities(MODELS, "unknown"))).toBe("edits");
  });

  test("is served by the models that name it", () => {
    expect(modelsFor(MODELS, "inpaint")).toEqual(["fill"]);
  });
});

describe("earlier prompts", () => {
  test("go up and down, back to the text being typed", () => {
    const history = new PromptHistory();
    history.setPrompts(["newest", "older"]);

    expect(history.older("half")).toBe("newest");
    expect(history.older("newest")).toBe("older");
    expect(history.older("older")).toBeNull();
    expect(history.newer()).toBe("newest");
    expect(history.newer()).toBe("half");
    expect(history.newer()).toBeNull();
  });

  test("skip the one that is in the box already", () => {
    const history = new PromptHistory();
    history.setPrompts(["sent", "older"]);

    expect(history.older("sent")).toBe("older");
    expect(history.newer()).toBe("sent");
  });
});

describe("a file", () => {
  test("is refused if it is no picture, empty, or larger than the kernel accepts", () => {
    expect(refusal({ type: "image/png", size: 9 })).toBeNull();
    expect(refusal({ type: "", size: 9 })).toBeNull();
    expect(refusal({ type: "image/svg+xml", size: 9 })).toBe("type");
    expect(refusal({ type: "image/png", size: 0 })).toBe("empty");
    expect(refusal({ type: "image/png", size: MAX_BYTES + 1 })).toBe("size");
  });

  test("is sent in chunks, each after the one before was received", async () => {
    const sent: [ChunkMessage, number][] = [];
    const uploads: Uploads = new Uploads(
      (message, data) => {
        sent.push([message, data.byteLength]);
        const size = message.start + data.byteLength;
        queueMicrotask(() =>
          uploads.receive({ kind: "received", upload: message.upload, size, error: "" }),
        );
      },
      () => {},
    );
    const bytes = new Uint8Array(2 * 1024 * 1024 + 5);
    const error = await uploads.add("images", new File([bytes], "fox.png"));

    expect(error).toBe("");
    expect(sent.map(([message, size]) => [message.start, size])).toEqual([
      [0, 1048576],
      [1048576, 1048576],
      [2097152, 5],
    ]);
    expect(uploads.all).toEqual([]);
  });

  test("that the kernel refuses stops at once, with its reason", async () => {
    let chunks = 0;
    const uploads: Uploads = new Uploads(
      ({ upload }) => {
        chunks += 1;
        queueMicrotask(() => uploads.receive({ kind: "received", upload, size: 0, error: "No." }));
      },
      () => {},
    );
    const bytes = new Uint8Array(3 * 1024 * 1024);

    expect(await uploads.add("images", new File([bytes], "fox.png"))).toBe("No.");
    expect(chunks).toBe(1);
  });
});

test("an error is in the language of the form, with the kernel's details", () => {
  expect(errorWords("size", "It is wrong.", wordsFor("en"))).toBe("It is wrong.");
  expect(errorWords("size", "It is wrong.", wordsFor("zh"))).toContain("1024x1024");
  expect(errorWords("images", "cat.png: damaged", wordsFor("zh"))).toContain("cat.png: damaged");
  expect(errorWords("other", "It is wrong.", wordsFor("zh"))).toBe("It is wrong.");
});
