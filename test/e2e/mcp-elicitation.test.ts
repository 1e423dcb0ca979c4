import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import type {
  ConfirmationRequest,
  JobEvent,
  McpSource,
  Session,
  ToolDecision,
  WorkerJob,
  WorkerOptions,
} from "../../src/index.ts";
import { mcp } from "../../src/index.ts";
import { ASKED_FOR, AskingServer } from "../support/asking-server.ts";
import { collect, startScripted } from "../support/supervisors.ts";

const FIXTURE = fileURLToPath(new URL("../fixtures/mcp/asking.ts", import.meta.url));

/** The server as a process. */
function stdio(): McpSource {
  return mcp({ command: process.execPath, args: [FIXTURE] }, { name: "asking" });
}

async function http(): Promise<McpSource> {
  const server = await AskingServer.start();
  onTestFinished(() => server[Symbol.asyncDispose]());
  return mcp({ url: server.url }, { name: "asking" });
}

/** A session whose agents call the tool, once, with what their prompt says. */
async function start(tool = "ask", args: object = {}): Promise<Session> {
  const { session } = await startScripted([
    { toolCalls: [{ name: tool, args }] },
    { text: "done" },
  ]);
  return session;
}

function run(session: Session, source: McpSource, options: WorkerOptions = {}): WorkerJob {
  return session.run({ tools: [source], ...options }, { prompt: "go" });
}

/** What the server was told, as its tool says. */
async function told(job: WorkerJob): Promise<unknown> {
  for (const event of await collect(job.events())) {
    if (event.type === "tool-finished")
      return event.isError ? event.result : JSON.parse(event.result);
  }
  return expect.unreachable("no tool was called");
}

function answering(session: Session, decision: ToolDecision): ConfirmationRequest[] {
  const asked: ConfirmationRequest[] = [];
  session.confirmations$.subscribe((request) => {
    asked.push(request);
    session.decide(request.confirmationId, decision);
  });
  return asked;
}

function typesOf(events: readonly JobEvent[]): readonly string[] {
  return events
    .map(({ type }) => type)
    .filter((type) => type.startsWith("elicitation") || type.startsWith("tool"));
}

describe.each<[string, () => McpSource | Promise<McpSource>]>([
  ["stdio", stdio],
  ["HTTP", http],
])("a server that asks, over %s", (_, source) => {
  test("is answered, with the defaults of what was left out; the answer is in no log", async () => {
    const session = await start();
    const asked = answering(session, { accept: { name: "Ada", wanted: false } });
    const job = run(session, await source());
    expect(await told(job)).toEqual({
      action: "accept",
      content: { name: "Ada", days: 7, kind: "quick", wanted: false },
    });
    expect(asked).toEqual([
      {
        confirmationId: expect.any(String),
        jobId: job.id,
        workerId: job.worker.id,
        workerName: job.worker.name,
        toolCallId: expect.any(String),
        toolName: "ask",
        args: {},
        elicitation: { server: "asking", message: "Who is you?\nSay it.", schema: ASKED_FOR },
      },
    ]);
    const events = await collect(job.events());
    expect(typesOf(events)).toEqual([
      "tool-started",
      "elicitation-requested",
      "elicitation-decided",
      "tool-finished",
    ]);
    expect(events.find(({ type }) => type === "elicitation-decided")).toMatchObject({
      decision: "accepted",
      by: "session",
      toolName: "ask",
    });
    const answers = events.filter(({ type }) => type.startsWith("elicitation"));
    expect(JSON.stringify(answers)).not.toContain("Ada");
  });

  test.each<[ToolDecision, string, string]>([
    [{ deny: "no" }, "decline", "denied"],
    [{ cancel: true }, "cancel", "dismissed"],
  ])("%j is %s", async (decision, action, logged) => {
    const session = await start();
    answering(session, decision);
    const job = run(session, await source());
    expect(await told(job)).toEqual({ action });
    expect(await collect(job.events())).toContainEqual(
      expect.objectContaining({ type: "elicitation-decided", decision: logged }),
    );
  });

  test("a page to be opened is refused: it is not announced", async () => {
    const session = await start("open");
    const asked = answering(session, { accept: {} });
    const answer = await told(run(session, await source()));
    expect(answer).toMatchObject({ message: expect.stringMatching(/URL/) });
    expect(asked).toEqual([]);
  });

  test("a form that is too large is refused, and the server hears why", async () => {
    const session = await start("huge");
    const asked = answering(session, { accept: {} });
    const answer = await told(run(session, await source()));
    expect(answer).toMatchObject({ message: expect.stringContaining("65536 bytes") });
    expect(asked).toEqual([]);
  });
});

describe("who is asked", () => {
  test("the job's host, which can accept with what it likes", async () => {
    const session = await start();
    const getToolConfirmation = () => ({ accept: { name: "Bob", days: 2 } });
    const options = { host: { getToolConfirmation } };
    const job = session.run({ tools: [stdio()] }, { prompt: "go" }, options);
    expect(await told(job)).toMatchObject({ content: { name: "Bob", days: 2 } });
  });

  test("nobody is there: declined", async () => {
    const session = await start();
    const job = run(session, stdio());
    expect(await told(job)).toEqual({ action: "decline" });
    expect(await collect(job.events())).toContainEqual(
      expect.objectContaining({
        type: "elicitation-decided",
        decision: "denied",
        reason: expect.stringContaining("nobody is there"),
      }),
    );
  });

  test("approvals are denied: declined, though somebody would be there; and it is in the log", async () => {
    const session = await start();
    const asked = answering(session, { accept: { name: "Ada" } });
    const job = run(session, stdio(), { approvals: "deny" });
    expect(await told(job)).toEqual({ action: "decline" });
    expect(asked).toEqual([]);
    expect(typesOf(await collect(job.events()))).toContain("elicitation-decided");
  });

  test("approvals are given without asking: a question is asked all the same", async () => {
    const session = await start();
    answering(session, { accept: { name: "Ada" } });
    const job = run(session, stdio(), { approvals: "allow" });
    expect(await told(job)).toMatchObject({ action: "accept" });
  });

  test("over HTTP each of two jobs is asked its own question, though they share the connection", async () => {
    const source = await http();
    const session = await start();
    const both = Promise.withResolvers<void>();
    const asked: ConfirmationRequest[] = [];
    session.confirmations$.subscribe((request) => {
      asked.push(request);
      if (asked.length === 2) both.resolve();
    });
    const jobs = ["one", "two"].map((name) => run(session, source, { name }));
    await both.promise;
    for (const { confirmationId, workerName } of asked) {
      session.decide(confirmationId, { accept: { name: workerName } });
    }
    const answers = await Promise.all(jobs.map(told));
    expect(answers).toMatchObject([{ content: { name: "one" } }, { content: { name: "two" } }]);
  });

  test("over stdio, nobody, while calls of two jobs are under way: whose question it is cannot be told", async () => {
    const source = stdio();
    const session = await start();
    const asked = Promise.withResolvers<string>();
    session.confirmations$.subscribe(({ confirmationId }) => asked.resolve(confirmationId));
    const first = run(session, source);
    const confirmationId = await asked.promise;
    const second = run(session, source);
    expect(await told(second)).toMatchObject({
      message: expect.stringContaining("calls of several jobs"),
    });
    session.decide(confirmationId, { accept: { name: "Ada" } });
    expect(await told(first)).toMatchObject({ action: "accept" });
  });
});

describe("while it waits", () => {
  test.each<[unknown, RegExp]>([
    [{ accept: {} }, /decision\.accept does not answer.*name/],
    [{ accept: { name: "A" } }, /name/],
    [{ accept: { name: "Ada", days: 0.5 } }, /days/],
    [{ accept: { name: "Ada", kind: "slow" } }, /kind/],
    [
      { accept: { name: "Ada", more: 1 } },
      /decision\.accept\.more must be left out: asked for are name/,
    ],
    [{ accept: [] }, /decision\.accept must be an object/],
    [{ accept: { name: "Ada", days: () => 1 } }, /plain data/],
    [{ approve: true }, /name/],
    [{ edit: {} }, /accept, deny or cancel/],
    [{ accept: { name: "Ada" }, remember: "session" }, /never remembered/],
    [{ cancel: false }, /decision\.cancel must be true/],
    [{ accept: {}, cancel: true }, /one of/],
  ])("%j is no answer, and it goes on waiting", async (wrong, message) => {
    const session = await start();
    session.confirmations$.subscribe(({ confirmationId }) => {
      const decide = () => session.decide(confirmationId, wrong as ToolDecision);
      expect(decide).toThrow(
        expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringMatching(message) }),
      );
      session.decide(confirmationId, { accept: { name: "Ada" } });
    });
    expect(await told(run(session, await http()))).toMatchObject({ action: "accept" });
  });

  test("what answers an elicitation decides on no call that waits for approval", async () => {
    const { session } = await startScripted([{ toolCalls: [{ name: "go" }] }, { text: "done" }]);
    const parameters = { type: "object" };
    const tool = { name: "go", parameters, needsApproval: true, execute: () => "gone" };
    session.confirmations$.subscribe(({ confirmationId }) => {
      for (const decision of [{ accept: {} }, { cancel: true }] as const) {
        expect(() => session.decide(confirmationId, decision)).toThrow(/a call waits/);
      }
      session.decide(confirmationId, { approve: true });
    });
    const job = session.run({ hostTools: [tool] }, { prompt: "go" });
    expect((await job.wait()).text).toBe("done");
  });

  test("its worker is awaiting confirmation, and works on with the answer", async () => {
    const session = await start();
    const job = run(session, stdio());
    const states: string[] = [];
    for await (const event of job.events()) {
      if (event.type === "state") states.push(event.state);
      if (event.type !== "state" || event.state !== "awaiting-confirmation") continue;
      const [confirmationId = ""] = session.confirmations.keys();
      session.decide(confirmationId, { accept: { name: "Ada" } });
    }
    expect(states).toEqual(["working", "awaiting-confirmation", "working"]);
  });

  test("nobody answers within confirmationMs: the server is told that it was closed", async () => {
    const session = await start();
    session.confirmations$.subscribe(({ expiresAtMs }) => expect(expiresAtMs).toBeGreaterThan(0));
    const job = run(session, stdio(), { timeouts: { confirmationMs: 200 } });
    expect(await told(job)).toEqual({ action: "cancel" });
    expect(await collect(job.events())).toContainEqual(
      expect.objectContaining({ type: "elicitation-decided", decision: "expired" }),
    );
  });

  test("its job is cancelled: it is asked no longer", async () => {
    const session = await start();
    const job = run(session, stdio());
    session.confirmations$.subscribe(() => void job.cancel("enough"));
    expect(await job.outcome).toMatchObject({ status: "cancelled" });
    expect(session.confirmations.size).toBe(0);
    expect(await collect(job.events())).toContainEqual(
      expect.objectContaining({ type: "elicitation-decided", decision: "cancelled" }),
    );
  });
});
