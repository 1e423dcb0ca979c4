import { describe, expect, test } from "vitest";
import type { JobEvent } from "../../src/index.ts";
import { collect, startScripted } from "../support/supervisors.ts";
import { callsOf, eventsOf, outcomesOf, toolsOf } from "../support/tools.ts";

const calculator = { tools: [toolsOf("calculator")] };
const moody = { tools: [toolsOf("moody")] };
describe("a tool in the worker's thread", () => {
  test("is shown to the model, and its result is what the model gets next", async () => {
    const { session, supervisor } = await startScripted(
      callsOf({ name: "add", args: { a: 1, b: 2 } }),
    );
    const job = session.run(calculator, { prompt: "go" });
    await job.wait();
    expect(await outcomesOf(job)).toMatchObject([
      { toolCallId: "call_0_0", toolName: "add", result: "3", isError: false },
    ]);
    const [first, second] = await supervisor.scripted("main").calls();
    expect(first?.request.tools?.map(({ name }) => name)).toEqual(["add", "divide"]);
    expect(first?.request.tools?.[0]?.parameters).toMatchObject({
      type: "object",
      required: ["a", "b"],
    });
    expect(second?.request.messages.at(-1)).toMatchObject({ role: "tool", content: "3" });
  });

  test.each([
    ["invalid", { name: "add", args: { a: "1" } }, "TOOL_ARGUMENTS_INVALID"],
    ["cut off", { name: "add", argumentsText: '{"a": 1, "b"' }, "TOOL_ARGUMENTS_INVALID"],
    ["no object", { name: "add", argumentsText: "[1, 2]" }, "TOOL_ARGUMENTS_INVALID"],
    ["of an unknown tool", { name: "subtract" }, "UNKNOWN_TOOL"],
    ["named __proto__", { name: "__proto__" }, "UNKNOWN_TOOL"],
    ["named constructor", { name: "constructor" }, "UNKNOWN_TOOL"],
  ])("a call that is %s is not carried out, and the model is told why", async (_, call, code) => {
    const { session } = await startScripted(callsOf(call));
    const job = session.run(calculator, { prompt: "go" });
    expect((await job.wait()).text).toBe("done");
    expect(await outcomesOf(job)).toMatchObject([{ isError: true, error: { code } }]);
    expect(await eventsOf(job, "tool-started")).toEqual([]);
  });

  test("that throws is an error for the model, with its message and without its stack", async () => {
    const { session } = await startScripted(callsOf({ name: "throws" }));
    const job = session.run(moody, { prompt: "go" });
    const [outcome] = await outcomesOf(job);
    expect(outcome).toMatchObject({
      result: "Error: it broke",
      error: { code: "TOOL_FAILED", cause: { cause: { message: "deep inside" } } },
    });
    expect((await job.wait()).text).toBe("done");
  });

  test("gives text as it is, other data as JSON, and says what it cannot give", async () => {
    const kinds = ["text", "object", "nothing", "null", "cycle", "bigint", "function"];
    const { session } = await startScripted(
      callsOf(...kinds.map((what) => ({ name: "returns", args: { what } }))),
    );
    const job = session.run({ ...moody, maxParallelToolCalls: 1 }, { prompt: "go" });
    const results = (await outcomesOf(job)).map(({ result, error }) => error?.code ?? result);
    const invalid = "TOOL_RESULT_INVALID";
    const nothing = "The tool returned nothing.";
    const given = ["plain", '{"a":[1,2]}', nothing, "null"];
    expect(results).toEqual([...given, invalid, invalid, invalid]);
  });

  test("a long result is cut between two characters, and says how much is missing", async () => {
    const { session } = await startScripted(callsOf({ name: "returns", args: { what: "long" } }));
    const job = session.run({ ...moody, maxToolResultBytes: 101 }, { prompt: "go" });
    const [outcome] = await outcomesOf(job);
    expect(outcome?.result).toBe(`${"é".repeat(50)}\n… 1900 bytes more were left out`);
  });

  test("shows its progress in order, and may show much", async () => {
    const { session } = await startScripted(callsOf({ name: "chatters" }));
    const job = session.run(moody, { prompt: "go" });
    await job.wait();
    const types = (await collect(job.events())).map(({ type }) => type);
    expect(types.lastIndexOf("tool-progress")).toBeLessThan(types.indexOf("tool-finished"));
    const shown = await eventsOf(job, "tool-progress");
    expect(shown.map(({ progress }) => progress)).toEqual(
      Array.from({ length: 1_000 }, (_, i) => i),
    );
  });

  test("has state of its own from job to job of its worker", async () => {
    const { session } = await startScripted(
      [{ toolCalls: [{ name: "counts" }] }, { text: "done" }],
      { repeat: true },
    );
    const worker = session.createWorker(moody);
    for (const result of ["1", "2"]) {
      const job = session.run(worker, { prompt: "go" });
      expect(await outcomesOf(job)).toMatchObject([{ result }]);
    }
  });

  test("knows its job, and its call by a name that is the same when the job is run again", async () => {
    const script = callsOf({ name: "knows", id: "random" }, { name: "knows", id: "random" });
    const seen: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const { session } = await startScripted(script);
      const job = session.run(
        { ...moody, maxParallelToolCalls: 1 },
        { prompt: "go" },
        { id: "job 7" },
      );
      seen.push((await outcomesOf(job)).map(({ result }) => JSON.parse(result)));
    }
    expect(seen[0]).toMatchObject([
      { jobId: "job 7", toolCallId: "job 7/1/0" },
      { jobId: "job 7", toolCallId: "job 7/1/1" },
    ]);
    expect(seen[1]).toEqual(seen[0]);
  });
});

describe("the log", () => {
  test("has one end for each call before the next response, and before the job's end", async () => {
    const { session } = await startScripted([
      { toolCalls: [{ name: "add", args: { a: 1, b: 1 } }, { name: "nope" }, { name: "add" }] },
      { toolCalls: [{ name: "add", args: { a: 2, b: 2 } }] },
    ]);
    const job = session.run({ ...calculator, maxSteps: 2 }, { prompt: "go" });
    await job.outcome;
    const open = new Set<string>();
    for (const event of await collect(job.events())) note(event, open);
    expect(open.size).toBe(0);
    expect(await eventsOf(job, "tool-finished")).toHaveLength(4);
  });
});

function note(event: JobEvent, open: Set<string>): void {
  if (event.type === "response") {
    expect(open.size).toBe(0);
    for (const { id } of event.response.toolCalls) open.add(id);
  }
  if (event.type === "tool-finished") expect(open.delete(event.toolCallId)).toBe(true);
}
