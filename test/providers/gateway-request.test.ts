import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HeddleError } from "../../src/errors.ts";
import type { ModelResponseChunk } from "../../src/protocol/model.ts";
import { turn } from "../support/fake-clock.ts";
import { failure, RequestUnderTest, response } from "./request-under-test.ts";

const rejections: unknown[] = [];
const note = (error: unknown) => rejections.push(error);

beforeEach(() => {
  rejections.length = 0;
  process.on("unhandledRejection", note);
});

/** In a gateway thread an unhandled rejection would end every request of every tenant. */
afterEach(async () => {
  await turn();
  await turn();
  process.off("unhandledRejection", note);
  expect(rejections).toEqual([]);
});

const stopped = new HeddleError("JOB_CANCELLED", "user left");

describe("GatewayRequest.run()", () => {
  test("passes chunks on and gives the response", async () => {
    const it = new RequestUnderTest();
    it.attempt.text("a");
    it.attempt.write({ type: "reasoning", text: "hm" });
    it.attempt.text("b");
    it.attempt.respond("ab");
    await turn();
    expect(it.sent).toEqual(["a", "hm", "b"]);
    expect(it.frames[0]?.requestIds).toEqual([7, 7, 7]);
    expect(it.outcome).toEqual({ response: response("ab") });
    expect(it.clock.pendingTimers).toBe(0);
  });

  test("empty chunks are dropped, but for tool calls, whose beginning says something", async () => {
    const it = new RequestUnderTest();
    it.attempt.text("");
    it.attempt.write({ type: "reasoning", text: "" });
    it.attempt.write({ type: "tool-call", index: 0, id: "a", name: "add", argumentsText: "" });
    it.attempt.respond("", { toolCalls: [{ id: "a", name: "add", argumentsText: "" }] });
    await turn();
    expect(it.sent).toEqual([""]);
    expect(it.frames[0]?.heads).toEqual([{ index: 0, id: "a", name: "add" }]);
    expect(it.attempt.writes).toEqual(["taken", "taken", "taken"]);
  });

  test("a provider that does not stream has its text sent as one chunk", async () => {
    const it = new RequestUnderTest();
    it.attempt.write({ type: "reasoning", text: "hm" });
    it.attempt.respond("whole");
    await turn();
    expect(it.sent).toEqual(["hm", "whole"]);
    expect(it.outcome?.response?.text).toBe("whole");
  });

  test("a response that is not the text of its chunks is refused", async () => {
    const it = new RequestUnderTest();
    it.attempt.text("ab");
    it.attempt.respond("abc");
    await turn();
    expect(it.code).toBe("PROVIDER_PROTOCOL");
  });

  test.each([undefined, null, "text", {}, { ...response(""), finishReason: "done" }])(
    "%o in place of a response is refused",
    async (given) => {
      const it = new RequestUnderTest({ provider: async () => given as never });
      await turn();
      expect(it.code).toBe("PROVIDER_PROTOCOL");
    },
  );

  test("a provider that throws where it should reject fails its request alone", async () => {
    const it = new RequestUnderTest({
      provider: () => {
        throw new TypeError("oops");
      },
    });
    await turn();
    expect(it.outcome?.error).toMatchObject({
      code: "PROVIDER_FAILED",
      cause: { message: "oops" },
    });
  });

  test.each([undefined, "text", { status: 500 }, () => {}])(
    "a provider that rejects with %o fails with PROVIDER_FAILED",
    async (thrown) => {
      const it = new RequestUnderTest();
      it.attempt.fail(thrown);
      await turn();
      expect(it.outcome?.error).toMatchObject({ code: "PROVIDER_FAILED", cause: thrown });
    },
  );

  test("a provider's own HeddleError keeps its code", async () => {
    const it = new RequestUnderTest();
    it.attempt.fail(new HeddleError("PROVIDER_AUTH", "no key"));
    await turn();
    expect(it.outcome?.error).toMatchObject({ code: "PROVIDER_AUTH", message: "no key" });
  });
});

describe("a chunk that is none", () => {
  const odd = { type: "audio" } as unknown as ModelResponseChunk;

  test("is refused to the provider, and nothing of it is sent", async () => {
    const it = new RequestUnderTest();
    it.attempt.write(odd);
    await turn();
    expect(it.attempt.writes).toEqual(["PROVIDER_PROTOCOL"]);
    expect(it.sent).toEqual([]);
  });

  test("is no unhandled rejection when the provider does not look", async () => {
    const it = new RequestUnderTest();
    void it.attempt.sink.write(odd);
    it.attempt.respond("");
    await turn();
    expect(it.outcome?.response).toBeDefined();
  });
});

describe("what is written after the end", () => {
  test("is refused, sent to nobody, and sets no timer", async () => {
    const it = new RequestUnderTest({ deadlines: { chunkMs: 100 } });
    it.attempt.respond("");
    await turn();
    it.attempt.text("late");
    void it.attempt.sink.write({ type: "text", text: "later" });
    await turn();
    expect(it.attempt.writes).toEqual(["PROVIDER_PROTOCOL"]);
    expect([it.sent, it.clock.pendingTimers]).toEqual([[], 0]);
  });

  test("by an attempt that has failed does not get into the next one", async () => {
    const it = new RequestUnderTest();
    const [first] = it.attempts;
    first?.fail(failure());
    await it.pass(100);
    first?.text("old");
    it.attempt.text("new");
    it.attempt.respond("new");
    await turn();
    expect(it.sent).toEqual(["new"]);
    expect(it.outcome?.response?.text).toBe("new");
  });

  test("a write that waits when its own provider responds is over, and sets no timer", async () => {
    const deadlines = { chunkMs: 100, stepMs: 100 };
    const it = new RequestUnderTest({ deadlines, demandBytes: 1 });
    it.attempt.text("ab");
    void it.attempt.sink.write({ type: "text", text: "c" });
    it.attempt.respond("abc");
    await turn();
    expect(it.outcome?.response?.text).toBe("abc");
    expect(it.sent).toEqual(["ab", "c"]);
    expect(it.attempt.writes).toEqual(["INTERNAL"]);
    expect(it.clock.pendingTimers).toBe(0);
  });
});

describe("GatewayRequest.cancel()", () => {
  test("aborts the provider's signal with the reason and rejects its writes", async () => {
    const it = new RequestUnderTest({ demandBytes: 1 });
    it.attempt.text("ab");
    it.request.cancel(stopped);
    it.attempt.text("more");
    void it.attempt.sink.write({ type: "text", text: "unseen" });
    await turn();
    expect(it.attempt.signal.reason).toBe(stopped);
    expect(it.attempt.writes).toEqual(["JOB_CANCELLED", "JOB_CANCELLED"]);
    expect(it.sent).toEqual(["ab"]);
  });

  test("the request does not end before the provider has", async () => {
    const it = new RequestUnderTest();
    it.request.cancel(stopped);
    await turn();
    expect(it.outcome).toBeUndefined();
    it.attempt.fail(new Error("aborted"));
    await turn();
    expect(it.outcome?.error).toBe(stopped);
  });

  test("a provider that responds all the same has responded in vain", async () => {
    const it = new RequestUnderTest();
    it.attempt.text("a");
    it.request.cancel(stopped);
    it.attempt.respond("a");
    await turn();
    expect(it.outcome?.error).toBe(stopped);
  });

  test("the first reason counts", async () => {
    const it = new RequestUnderTest();
    it.request.cancel(stopped);
    it.request.cancel(new HeddleError("STEP_TIMEOUT", "late"));
    it.attempt.fail(new Error("aborted"));
    await turn();
    expect(it.outcome?.error).toBe(stopped);
  });

  test("before the provider was asked, it is not asked", async () => {
    let isAsked = false;
    const it = new RequestUnderTest({
      provider: async () => {
        isAsked = true;
        return response("");
      },
    });
    expect(isAsked).toBe(true);
    it.request.cancel(stopped);
    await turn();
    expect(it.outcome?.error).toBe(stopped);
  });

  test("after the end it changes nothing", async () => {
    const it = new RequestUnderTest();
    it.attempt.respond("");
    await turn();
    it.request.cancel(stopped);
    it.request.demand(10_000);
    await turn();
    expect(it.outcome?.response).toBeDefined();
  });
});
