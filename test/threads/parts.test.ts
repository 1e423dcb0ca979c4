import { describe, expect, test } from "vitest";
import type {
  AssistantMessage,
  JobEvent,
  ModelResponse,
  ResponsePart,
  WorkerJob,
} from "../../src/index.ts";
import { Supervisor, scriptedProvider } from "../../src/index.ts";

const PNG = "iVBORw0KGgo=";
const THOUGHT: ResponsePart = {
  type: "reasoning",
  text: "hm",
  state: { data: { signature: "s1" } },
};
const CALL: ResponsePart = { type: "tool-call", index: 0, state: { data: "thought-signature" } };
const look = {
  name: "look",
  description: "Looks.",
  parameters: { type: "object", properties: {} },
  execute: () => "seen",
};

async function start(responses: Parameters<typeof scriptedProvider>[0]["responses"]) {
  const main = scriptedProvider({ responses });
  const backup = scriptedProvider({ responses, repeat: true });
  const supervisor = await Supervisor.start({ providers: { main, backup } });
  return { supervisor, session: supervisor.openSession() };
}

const LOOP = [
  { reasoning: "hm", toolCalls: [{ name: "look" }], parts: [THOUGHT, CALL] },
  { text: "done" },
  { text: "again" },
];

async function logOf(job: WorkerJob): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  for await (const event of job.events()) events.push(event);
  return events;
}

function answers(request: { readonly messages: readonly unknown[] } | undefined) {
  const messages = (request?.messages ?? []) as readonly AssistantMessage[];
  return messages.filter(({ role }) => role === "assistant");
}

describe("parts of a response", () => {
  test("go back with their state in the tool loop, and in the worker's next job", async () => {
    const { supervisor, session } = await start(LOOP);
    await using _ = supervisor;
    const worker = session.createWorker({ provider: "main", hostTools: [look] });
    await session.run(worker, { prompt: "go" }).wait();
    await session.run(worker, { prompt: "on" }).wait();
    const [, second, third] = await supervisor.scripted("main").calls();
    for (const call of [second, third]) {
      expect(answers(call?.request)[0]?.parts).toEqual([
        { ...THOUGHT, state: { provider: "main", model: "", data: { signature: "s1" } } },
        { ...CALL, state: { provider: "main", model: "", data: "thought-signature" } },
      ]);
    }
  });

  test("are in the transcript, and go on with it in another supervisor", async () => {
    const first = await start(LOOP);
    const worker = first.session.createWorker({ provider: "main", hostTools: [look] });
    await first.session.run(worker, { prompt: "go" }).wait();
    const transcript = JSON.parse(JSON.stringify(worker.transcript));
    await first.supervisor.close();
    const { supervisor, session } = await start([{ text: "on" }]);
    await using _ = supervisor;
    const job = session.run({ provider: "main", transcript }, { prompt: "on" });
    await job.wait();
    const [call] = await supervisor.scripted("main").calls();
    expect(answers(call?.request)[0]?.parts?.[0]).toMatchObject({
      state: { data: { signature: "s1" } },
    });
  });

  test("lose their state on the way to another provider, and to another model", async () => {
    const { supervisor, session } = await start(LOOP);
    await using _ = supervisor;
    const worker = session.createWorker({ provider: "main", hostTools: [look] });
    await session.run(worker, { prompt: "go" }).wait();
    const { transcript } = worker;
    await session
      .run({ provider: "backup", transcript, hostTools: [look] }, { prompt: "on" })
      .wait();
    await session.run(worker, { prompt: "on" }, { model: { name: "m2" } }).wait();
    const [elsewhere] = await supervisor.scripted("backup").calls();
    const otherModel = (await supervisor.scripted("main").calls()).at(-1);
    for (const call of [elsewhere, otherModel]) {
      expect(answers(call?.request)[0]?.parts).toEqual([
        { type: "reasoning", text: "hm" },
        { type: "tool-call", index: 0 },
      ]);
    }
  });

  test("a response that is cut off keeps its text, and none of its thoughts", async () => {
    const { supervisor, session } = await start([{ text: "half", stall: true }, { text: "on" }]);
    await using _ = supervisor;
    const worker = session.createWorker({ provider: "main" });
    const job = session.run(worker, { prompt: "go" });
    for await (const chunk of job) if (chunk.type === "text") break;
    await job.cancel();
    expect(worker.transcript.at(-1)).toEqual({
      role: "assistant",
      content: expect.any(String),
      interrupted: true,
    });
  });

  test("a file of the model is in the log by reference, and in the conversation with its bytes", async () => {
    const file: ResponsePart = { type: "file", mediaType: "image/png", data: PNG };
    const { supervisor, session } = await start([{ finishReason: "stop", parts: [file] }]);
    await using _ = supervisor;
    const worker = session.createWorker({ provider: "main" });
    const job = session.run(worker, { prompt: "draw" });
    const events = await logOf(job);
    const event = events.find(({ type }) => type === "response");
    const [logged] = (event as { response: ModelResponse }).response.parts ?? [];
    expect(logged).toMatchObject({ mediaType: "image/png", sizeBytes: 8 });
    expect(logged).not.toHaveProperty("data");
    const { ref } = logged as { ref: string };
    expect(job.media(ref)).toEqual({ mediaType: "image/png", data: PNG });
    expect(job.media("sha256:else")).toBeUndefined();
    expect((worker.transcript.at(-1) as AssistantMessage).parts).toEqual([file]);
  });

  test("warnings of a provider are events of the job, each once", async () => {
    const warnings = ["topK is not honoured"];
    const { supervisor, session } = await start([
      { toolCalls: [{ name: "look" }], warnings },
      { text: "a", warnings },
    ]);
    await using _ = supervisor;
    const job = session.run({ provider: "main", hostTools: [look] }, { prompt: "go" });
    const events = await logOf(job);
    expect(events.filter(({ type }) => type === "warning")).toEqual([
      expect.objectContaining({ source: "main", message: "topK is not honoured" }),
    ]);
  });

  test.each([
    [[{ type: "tool-call", index: 1 }], "parts[0].index"],
    [[{ type: "thought", text: "" }], "parts[0].type"],
    [[{ type: "text", text: "else" }], "parts"],
    [[{ type: "text", text: "a", state: { data: 1 } }], "parts[0].state"],
    [[{ type: "text", text: "a", signature: 1 }], "parts[0].signature"],
  ])("a transcript with %j is refused by name", async (parts, field) => {
    const { supervisor, session } = await start([{ text: "a" }]);
    await using _ = supervisor;
    const message = { role: "assistant", content: "a", parts } as AssistantMessage;
    const make = () => session.createWorker({ provider: "main", transcript: [message] });
    const details = { field: `transcript[0].${field}` };
    expect(make).toThrow(expect.objectContaining({ code: "INVALID_OPTION", details }));
  });
});

describe("a response that is no success", () => {
  test.each([
    ["broken off", { text: "half", finishReason: "error" as const }, "PROVIDER_FINISH_REASON"],
    [
      "of an unknown end",
      { text: "half", finishReason: "other" as const },
      "PROVIDER_FINISH_REASON",
    ],
    ["empty, with thoughts", { reasoning: "hm", finishReason: "stop" as const }, "PROVIDER_EMPTY"],
    [
      "empty, with tokens",
      {
        finishReason: "stop" as const,
        usage: { inputTokens: 1, outputTokens: 9, totalTokens: 10 },
      },
      "PROVIDER_EMPTY",
    ],
  ])("%s fails the job", async (_name, response, code) => {
    const { supervisor, session } = await start([response]);
    await using _ = supervisor;
    const { error } = await session.run({ provider: "main" }, { prompt: "go" }).outcome;
    expect(error?.code).toBe(code);
  });
});
