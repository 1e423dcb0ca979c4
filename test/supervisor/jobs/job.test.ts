import { describe, expect, test } from "vitest";
import { HeddleError } from "../../../src/errors.ts";
import type { JobEvent } from "../../../src/protocol/job.ts";
import { textOf } from "../../support/arbitraries.ts";
import { turn } from "../../support/fake-clock.ts";
import { JobUnderTest } from "./fake-job.ts";

const crash = new HeddleError("ACTOR_CRASHED", "boom");

async function eventsOf({ job }: JobUnderTest): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  for await (const event of job.events()) events.push(event);
  return events;
}

describe("a job that completes", () => {
  test("gives its result in every way there is", async () => {
    const it = new JobUnderTest();
    it.begin();
    it.respond("one", "two");
    it.end();
    const result = {
      text: "onetwo",
      usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
      steps: 1,
      finishReason: "stop",
    };
    expect(await it.job.outcome).toEqual({ status: "completed", result });
    expect(await it.job.wait()).toEqual(result);
    expect(it.job.state).toBe("completed");
    const events = await eventsOf(it);
    expect(events.map(({ type }) => type)).toEqual([
      "started",
      "chunk",
      "chunk",
      "response",
      "completed",
    ]);
    expect(events.at(-1)).toMatchObject({ result });
    const texts: string[] = [];
    for await (const chunk of it.job) texts.push(textOf(chunk));
    expect(texts).toEqual(["one", "two"]);
  });

  test("adds its input, and what came of it, to the conversation", () => {
    const it = new JobUnderTest();
    it.begin();
    it.respond("answer");
    it.end();
    expect(it.job.messages()).toEqual([
      { role: "user", content: "hi" },
      { role: "assistant", content: "answer" },
    ]);
  });
});

describe("a job that fails", () => {
  test("rejects, throws in a loop, and keeps what had arrived, marked", async () => {
    const it = new JobUnderTest();
    it.begin();
    it.receive("half");
    it.end(crash);
    const outcome = await it.job.outcome;
    expect(outcome).toMatchObject({ status: "failed", partial: { text: "half" } });
    await expect(it.job.wait()).rejects.toMatchObject({ code: "ACTOR_CRASHED", message: "boom" });
    const texts: string[] = [];
    const loop = (async () => {
      for await (const chunk of it.job) texts.push(textOf(chunk));
    })();
    await expect(loop).rejects.toBe(outcome.error);
    expect(texts).toEqual(["half"]);
    expect((await eventsOf(it)).at(-1)).toMatchObject({
      type: "failed",
      partial: { text: "half" },
    });
    expect(it.job.messages().at(-1)).toMatchObject({ content: "half", interrupted: true });
  });

  test("is no unhandled rejection when nobody waits", async () => {
    const rejections: unknown[] = [];
    const note = (error: unknown) => rejections.push(error);
    process.on("unhandledRejection", note);
    const it = new JobUnderTest();
    it.begin();
    it.end(crash);
    await turn();
    await turn();
    process.off("unhandledRejection", note);
    expect(rejections).toEqual([]);
  });
});

describe("cancel()", () => {
  test("a queued job ends at once, without ever having begun", async () => {
    const it = new JobUnderTest();
    it.job.append({ type: "waiting", for: "thread" });
    expect(await it.job.cancel("user left")).toEqual({ how: "cooperative", afterMs: 0 });
    expect(await it.job.outcome).toMatchObject({
      status: "cancelled",
      error: { code: "JOB_CANCELLED", details: { reason: "user left" } },
    });
    expect(it.told.map(({ type }) => type)).toEqual(["waiting", "cancelled"]);
  });

  test("a running job is stopped by its driver, once, and answers when it has ended", async () => {
    const it = new JobUnderTest();
    it.begin();
    const [first, again] = [it.job.cancel("a"), it.job.cancel("b")];
    expect(again).toBe(first);
    expect(it.stops).toEqual([{ type: "cancel", reason: "a" }]);
    expect(it.job.state).toBe("cancelling");
    it.clock.advance(70);
    it.end(crash);
    expect(await first).toEqual({ how: "cooperative", afterMs: 70 });
    expect(await it.job.outcome).toMatchObject({ status: "cancelled" });
    expect((await eventsOf(it)).at(-1)).toMatchObject({ type: "cancelled", reason: "a" });
  });

  test("tells how the ladder has ended it", async () => {
    const it = new JobUnderTest();
    it.begin();
    const cancelled = it.job.cancel();
    it.job.stoppedBy("terminated");
    it.end();
    expect(await cancelled).toMatchObject({ how: "terminated" });
  });

  test("of a job that has ended is settled, and changes nothing", async () => {
    const it = new JobUnderTest();
    it.begin();
    it.end();
    expect(await it.job.cancel()).toEqual({ how: "settled", afterMs: 0 });
    expect(it.job.state).toBe("completed");
    expect(it.stops).toEqual([]);
  });

  test("of a job that fails already answers, and does not change why", async () => {
    const it = new JobUnderTest();
    it.begin();
    it.job.fail(new HeddleError("JOB_TIMEOUT", "late"));
    const cancelled = it.job.cancel("user");
    it.end();
    expect(await cancelled).toMatchObject({ how: "cooperative" });
    expect(await it.job.outcome).toMatchObject({
      status: "failed",
      error: { code: "JOB_TIMEOUT" },
    });
  });
});

describe("a job's AbortSignal", () => {
  test("cancels it, and its reason becomes the job's", async () => {
    const abort = new AbortController();
    const it = new JobUnderTest({ signal: abort.signal });
    it.begin();
    abort.abort(new Error("closed the tab"));
    expect(it.stops).toEqual([{ type: "cancel", reason: "closed the tab" }]);
  });

  test("that was aborted before cancels it too, but not before the caller has the job", async () => {
    const it = new JobUnderTest({ signal: AbortSignal.abort("no") });
    expect(it.job.state).toBe("queued");
    expect(await it.job.outcome).toMatchObject({ status: "cancelled" });
  });

  test("is let go when the job ends", () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const added = () => {
      listeners += 1;
    };
    const removed = () => {
      listeners -= 1;
    };
    Object.assign(signal, { addEventListener: added, removeEventListener: removed });
    const it = new JobUnderTest({ signal });
    expect(listeners).toBe(1);
    it.begin();
    it.end();
    expect(listeners).toBe(0);
  });

  test.each([[Object.create(null)], [Symbol("s")], [undefined], [{ toString: null }]])(
    "may be aborted with %s",
    async (reason) => {
      const abort = new AbortController();
      const it = new JobUnderTest({ signal: abort.signal });
      abort.abort(reason);
      expect(await it.job.outcome).toMatchObject({ status: "cancelled" });
    },
  );
});

describe("a settled job", () => {
  test("takes no event and no signal any more", async () => {
    const it = new JobUnderTest();
    it.begin();
    it.end();
    const { nextSeq } = it.job.stream.log;
    it.state("idle");
    it.job.fail(crash);
    it.end(crash);
    it.job.signal({ type: "written-off", error: { code: "THREAD_STUCK", message: "" } });
    expect(it.job.stream.log.nextSeq).toBe(nextSeq);
    expect(await it.job.outcome).toMatchObject({ status: "completed" });
  });

  test("keeps the process alive no longer, and tells those who waited for it in the same turn", () => {
    const it = new JobUnderTest();
    let isTold = false;
    it.job.onSettled(() => {
      isTold = it.job.isSettled && it.told.at(-1)?.type === "completed";
    });
    expect(it.holders).toBe(1);
    it.begin();
    it.end();
    expect([it.holders, isTold]).toEqual([0, true]);
    const late: string[] = [];
    it.job.onSettled(() => late.push("told"));
    expect(late).toEqual(["told"]);
  });
});

describe("Job.onStopped()", () => {
  test.each([
    ["is to stop", (it: JobUnderTest) => void it.job.cancel()],
    ["ends by itself", (it: JobUnderTest) => it.end()],
  ])("tells once, as soon as the job %s", (_, happen) => {
    const it = new JobUnderTest();
    it.begin();
    const told: string[] = [];
    it.job.onStopped(() => told.push("before"));
    expect(told).toEqual([]);
    happen(it);
    it.end();
    it.job.onStopped(() => told.push("after"));
    expect(told).toEqual(["before", "after"]);
  });
});

describe("what the session is told of a job", () => {
  test("is every event but chunks, in the order of the log, also when a subscriber causes one", () => {
    const it = new JobUnderTest();
    it.job.events$.subscribe((event) => {
      if (event.type === "started") it.state("working");
      if (event.type === "chunk") void it.job.cancel();
    });
    it.begin();
    it.receive("a");
    it.end();
    expect(it.told.map(({ seq, type }) => `${seq} ${type}`)).toEqual([
      "0 started",
      "1 state",
      "3 cancelled",
    ]);
  });

  test("holds come to the driver", () => {
    const it = new JobUnderTest({}, { windowBytes: 4 });
    it.begin();
    it.job.stream.openCall(() => {});
    const reader = it.job.events();
    it.receive("0123");
    void reader.return?.();
    expect(it.holds).toEqual([true, false]);
  });
});

describe("Job.events()", () => {
  test.each([
    [null, "options"],
    [5, "options"],
    [[], "options"],
    [{ nonesuch: 1 }, "options.nonesuch"],
    [{ polcy: "latest" }, "options.polcy"],
  ])("refuses %j, which is no options of it", (options, field) => {
    const { job } = new JobUnderTest();
    expect(() => job.events(options as object)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field } }),
    );
  });

  test.each([{ from: -1 }, { from: 1.5 }, { from: "0" }, { policy: "all" }])(
    "refuses %j",
    (options) => {
      const { job } = new JobUnderTest();
      expect(() => job.events(options as object)).toThrow(
        expect.objectContaining({
          code: "INVALID_OPTION",
          details: { field: Object.keys(options)[0] },
        }),
      );
    },
  );
});
