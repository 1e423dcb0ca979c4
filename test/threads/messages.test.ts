import { firstValueFrom } from "rxjs";
import { filter } from "rxjs/operators";
import { describe, expect, test } from "vitest";
import type { JobInput, Message, SessionEvent } from "../../src/index.ts";
import { firstChunk, startScripted } from "../support/supervisors.ts";

const CONVERSATION: readonly Message[] = [
  { role: "user", content: "What is a heddle?" },
  {
    role: "assistant",
    content: "",
    toolCalls: [{ id: "call-1", name: "look_up", argumentsText: '{"word":"heddle"}' }],
  },
  { role: "tool", toolCallId: "call-1", toolName: "look_up", content: "a part of a loom" },
];

describe("a job with a conversation of its own", () => {
  test("answers that, and leaves its worker's as it was", async () => {
    const { supervisor, session } = await startScripted([{ text: "one" }, { text: "two" }]);
    const worker = session.createWorker({ instructions: "Be brief." });
    await session.run(worker, { prompt: "hello" }).wait();
    const before = worker.transcript;
    await session.run(worker, { messages: CONVERSATION }).wait();
    expect(worker.transcript).toEqual(before);
    const [, call] = await supervisor.scripted("main").calls();
    expect(call?.request).toMatchObject({ instructions: "Be brief.", messages: CONVERSATION });
  });

  test("can have instructions of its own, too", async () => {
    const { supervisor, session } = await startScripted([{ text: "one" }]);
    const worker = session.createWorker({ instructions: "Be brief." });
    await session.run(worker, { messages: CONVERSATION }, { instructions: "Be long." }).wait();
    await session.run(worker, { messages: CONVERSATION }).wait();
    const calls = await supervisor.scripted("main").calls();
    const said = calls.map(({ request }) => request.instructions);
    expect(said).toEqual(["Be long.", "Be brief."]);
    expect(() => session.run(worker, { prompt: "x" }, { instructions: "" })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field: "instructions" } }),
    );
  });

  test("is answered from its last tool result without calling that tool again", async () => {
    const { supervisor, session } = await startScripted([{ text: "It is a part of a loom." }]);
    const result = await session.run({}, { messages: CONVERSATION }).wait();
    expect(result).toMatchObject({ text: "It is a part of a loom.", steps: 1 });
    expect(await supervisor.scripted("main").calls()).toHaveLength(1);
  });

  test.each<[string, readonly unknown[]]>([
    ["messages must be a conversation of one message or more", []],
    ["messages must be a conversation of one message or more", CONVERSATION.slice(0, 2)],
    ["messages[0].role must be", [{ role: "system", content: "hi" }]],
    ["messages[0].content must be", [{ role: "user" }]],
    ["messages[0].content[0].type must be", [{ role: "user", content: [{ type: "sound" }] }]],
    ["messages[0].toolName must be", [{ role: "tool", toolCallId: "x", content: "" }]],
    ["messages[0].toolCalls[0].id must be", [{ role: "assistant", content: "", toolCalls: [{}] }]],
  ])("is refused: %s", async (message, messages) => {
    const { session } = await startScripted([{ text: "one" }]);
    expect(() => session.run({}, { messages } as JobInput)).toThrow(
      expect.objectContaining({
        code: "INVALID_INPUT",
        message: expect.stringContaining(message),
      }),
    );
    expect(session.workers.size).toBe(0);
  });

  test("is refused beside a prompt", async () => {
    const { session } = await startScripted([{ text: "one" }]);
    const input = { prompt: "hi", messages: CONVERSATION } as unknown as JobInput;
    expect(() => session.run({}, input)).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", details: { field: "prompt" } }),
    );
  });
});

describe("session.events$", () => {
  test("tells how a job has stopped that was told to, after its terminal event", async () => {
    const { session } = await startScripted([{ endless: true, text: "on and on " }]);
    const seen: string[] = [];
    session.events$.subscribe((event) =>
      seen.push(event.type === "job-event" ? event.event.type : event.type),
    );
    const isStop = (event: SessionEvent) => event.type === "job-stopped";
    const stopped = firstValueFrom(session.events$.pipe(filter(isStop)));
    const job = session.run({}, { prompt: "go" });
    await firstChunk(job);
    const { how, afterMs } = await job.cancel();
    expect(await stopped).toMatchObject({ jobId: job.id, workerId: job.worker.id, how });
    expect(afterMs).toBeGreaterThanOrEqual(0);
    expect(seen.indexOf("job-stopped")).toBe(seen.indexOf("cancelled") + 1);
  });

  test("tells nothing of the kind when a job ends by itself, or had not begun", async () => {
    const { session } = await startScripted([{ text: "one" }]);
    const seen: string[] = [];
    session.events$.subscribe((event) => seen.push(event.type));
    await session.run({}, { prompt: "go" }).wait();
    await session.run({}, { prompt: "go" }).cancel();
    expect(seen).toContain("job-event");
    expect(seen).not.toContain("job-stopped");
  });
});
