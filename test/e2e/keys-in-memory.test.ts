import { text as textOf } from "node:stream/consumers";
import type { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { openaiProvider } from "../../src/index.ts";
import { BrokenServer } from "../support/broken-server.ts";
import { firstText, startSupervisor } from "../support/supervisors.ts";
import { chunk, chunkedHead, DONE, events, finish, head, text, toolCall } from "./wire/bytes.ts";

const KEY = "sk-in-no-heap-but-one-0123456789";
const PROMPT = "a prompt that the agent has before it";

test("a key is in the heap of its gateway, and in that of no actor, agent or behaviour", async () => {
  const threads: Worker[] = [];
  const note = (thread: Worker) => threads.push(thread);
  process.on("worker", note);
  onTestFinished(() => void process.off("worker", note));
  const said = events(text("hello"), { choices: [{ delta: {}, finish_reason: "stop" }] });
  await using server = await BrokenServer.start(
    [head(), said, DONE, "[end]"],
    // From then on the agent is at work: a job's first call is made in its place.
    [
      head(),
      events(toolCall({ id: "c", name: "none", args: "{}" }), finish("tool_calls")),
      DONE,
      "[end]",
    ],
    [chunkedHead(), chunk(events(text("begun"))), "[stall]"],
  );
  const main = openaiProvider({ model: "m", baseURL: `${server.url}/v1`, apiKey: KEY });
  const supervisor = await startSupervisor({ providers: { main }, threads: { spare: 1 } });
  const session = supervisor.openSession();
  const agent = session.createWorker();
  await session.run(agent, { prompt: "go" }).wait();
  await firstText(session.run(agent, { prompt: PROMPT }));
  const module = new URL("../fixtures/behaviours/introspective.ts", import.meta.url);
  const behaviour = session.createWorker<
    typeof import("../fixtures/behaviours/introspective.ts").behavior
  >({
    behavior: module,
  });
  const backwards = [KEY, "introspective"].map((word) => [...word].reverse().join(""));
  expect(await behaviour.ask("find", { backwards }, { timeoutMs: 60_000 })).toEqual([
    "evitcepsortni",
  ]);
  const heaps = await Promise.all(
    threads.map(async (thread) => {
      const heap = await textOf(await thread.getHeapSnapshot());
      return { thread: thread.threadName, hasKey: heap.includes(KEY), heap };
    }),
  );
  const holders = heaps.filter(({ hasKey }) => hasKey).map(({ thread }) => thread);
  expect(holders).toEqual([expect.stringContaining("gateway")]);
  expect(heaps.length).toBeGreaterThanOrEqual(3);
  // What an agent knows would be found.
  const knowing = heaps.filter(({ heap }) => heap.includes(PROMPT)).map(({ thread }) => thread);
  expect(knowing).toContainEqual(expect.stringContaining("actor"));
});
