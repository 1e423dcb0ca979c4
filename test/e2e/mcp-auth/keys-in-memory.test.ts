import { text as textOf } from "node:stream/consumers";
import type { Worker } from "node:worker_threads";
import { expect, onTestFinished, test, vi } from "vitest";
import { mcp, scriptedProvider } from "../../../src/index.ts";
import { browse, signIn, started } from "../../support/guarded.ts";
import { startSupervisor } from "../../support/supervisors.ts";

const PROMPT = "a prompt that the agent has before it";

test("tokens and secrets are in no thread's heap, no event, no message to the model and no inspection", async () => {
  const threads: Worker[] = [];
  const note = (thread: Worker) => threads.push(thread);
  process.on("worker", note);
  onTestFinished(() => void process.off("worker", note));
  const clients = { robot: "secret-of-the-robot" };
  const [people, robots] = [await started(), await started({ clients })];
  const calls = ["people_whoami", "robots_whoami", "people_echo"].map((name) => ({ name }));
  const main = scriptedProvider({
    responses: [{ toolCalls: calls }, { text: "w", endless: true }],
  });
  const authorize = vi.fn<(page: URL) => Promise<string>>(browse);
  const supervisor = await startSupervisor({
    providers: { main },
    threads: { spare: 1 },
    mcp: { authorize },
  });
  const session = supervisor.openSession();
  const [clientId, clientSecret] = ["robot", clients.robot];
  const issuer = robots.origin;
  const auth = { type: "client-credentials", clientId, clientSecret, issuer } as const;
  const tools = [
    mcp({ url: people.url, auth: signIn }, { prefix: "people_" }),
    mcp({ url: robots.url, auth }, { prefix: "robots_" }),
  ];
  const job = session.run({ tools }, { prompt: PROMPT });
  const log: unknown[] = [];
  for await (const event of job.events()) {
    log.push(event);
    if (event.type === "chunk" && event.chunk.type === "text") break;
  }
  const secrets = [...people.secrets, ...robots.secrets];
  expect(secrets.length).toBeGreaterThanOrEqual(5);
  const heaps = await Promise.all(
    threads.map(async (thread) => ({
      name: thread.threadName,
      heap: await textOf(await thread.getHeapSnapshot()),
    })),
  );
  const holders = heaps.filter(({ heap }) => secrets.some((secret) => heap.includes(secret)));
  expect(holders.map(({ name }) => name)).toEqual([]);
  // What an agent knows would be found.
  const knowing = heaps.filter(({ heap }) => heap.includes(PROMPT)).map(({ name }) => name);
  expect(knowing).toContainEqual(expect.stringContaining("actor"));
  const shown = JSON.stringify([
    log,
    supervisor.inspect(),
    await supervisor.scripted("main").calls(),
  ]);
  expect(shown).toContain("whoami: alice");
  expect(shown).toContain("[secret]");
  for (const secret of secrets) expect(shown).not.toContain(secret);
});
