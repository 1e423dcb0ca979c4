import { describe, expect, test } from "vitest";
import type { ProviderDescriptor, Session, SupervisorEvent } from "../../src/index.ts";
import { Supervisor, scriptedProvider } from "../../src/index.ts";
import { collect, firstChunk, startSupervisor } from "../support/supervisors.ts";

function fixture(name: string, rest: Partial<ProviderDescriptor> = {}): ProviderDescriptor {
  return { module: new URL(`../fixtures/providers/${name}.ts`, import.meta.url), ...rest };
}

/** A session whose default provider is the user's own; "demo" is a scripted one on another gateway. */
async function startEcho(rest: Partial<ProviderDescriptor> = {}) {
  const demo = scriptedProvider({ repeat: true, responses: [{ text: "still here" }] });
  const supervisor = await startSupervisor({
    providers: { echo: fixture("echo", rest), demo },
    defaults: { provider: "echo", graceMs: 100 },
  });
  const events: SupervisorEvent[] = [];
  supervisor.events$.subscribe((event) => events.push(event));
  return { supervisor, events, session: supervisor.openSession() };
}

function ask(session: Session, prompt: string) {
  return session.run({}, { prompt });
}

describe("a provider of the user's own", () => {
  test("streams", async () => {
    const { session } = await startEcho();
    const job = ask(session, "every good boy");
    expect(await collect(job)).toEqual([
      { type: "text", text: "every " },
      { type: "text", text: "good " },
      { type: "text", text: "boy" },
    ]);
    expect(await job.wait()).toMatchObject({ text: "every good boy" });
  });

  test("may answer without streaming", async () => {
    const { session } = await startEcho();
    expect(await ask(session, "no stream").wait()).toMatchObject({ text: "all at once" });
  });

  test("sees no environment but what it asked for by name, and no port", async () => {
    process.env["HEDDLE_TEST_WANTED"] = "yes";
    process.env["HEDDLE_TEST_SECRET"] = "no";
    const { session } = await startEcho({
      env: ["HEDDLE_TEST_WANTED", "HEDDLE_TEST_UNSET"],
      options: { a: [1] },
    });
    const { text } = await ask(session, "what do you see").wait();
    expect(JSON.parse(text)).toEqual({
      env: {},
      data: {},
      options: { a: [1] },
      context: { name: "echo", env: { HEDDLE_TEST_WANTED: "yes" } },
    });
  });

  test.each([
    ["missing", "PROVIDER_LOAD_FAILED", /"bad".*missing\.ts.*cannot be loaded/],
    ["no-factory", "PROVIDER_LOAD_FAILED", /export a function createProvider.*provider/],
    ["throws-on-import", "PROVIDER_LOAD_FAILED", /cannot be loaded/],
    ["throws-on-create", "PROVIDER_LOAD_FAILED", /createProvider\(\) threw/],
    ["not-a-provider", "PROVIDER_LOAD_FAILED", /request\(\)/],
  ])("that is %s is refused by start()", async (name, code, message) => {
    const good = scriptedProvider({ responses: [{ text: "x" }] });
    const error = await Supervisor.start({ providers: { good, bad: fixture(name) } }).catch(
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code });
    expect(error.message).toMatch(message);
    if (name.startsWith("throws")) expect(error.cause.message).toMatch(/not today|url is missing/);
  });

  test("with options that cannot be cloned is refused by start()", async () => {
    const bad = fixture("echo", { options: { log: () => {} } });
    const error = await Supervisor.start({ providers: { bad } }).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: "INVALID_OPTION",
      details: { field: "providers.bad.options" },
    });
  });

  test.each([
    ["throw", "PROVIDER_FAILED", "I broke"],
    ["wrong shape", "PROVIDER_PROTOCOL", "response.text"],
    ["other text", "PROVIDER_PROTOCOL", "text of the chunks"],
  ])("fails its job only: %s", async (prompt, code, message) => {
    const { session } = await startEcho();
    const error = await ask(session, prompt)
      .wait()
      .catch((thrown) => thrown);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(await ask(session, "fine").wait()).toMatchObject({ text: "fine" });
  });

  test("that dies after its first chunk fails that job with GATEWAY_LOST, keeps what came, and is there for the next", async () => {
    const { session, events } = await startEcho();
    const bystander = session.run({ provider: "demo" }, { prompt: "hello" });
    const job = ask(session, "exit after");
    const outcome = await job.outcome;
    expect(outcome).toMatchObject({
      status: "failed",
      error: { code: "GATEWAY_LOST" },
      partial: { text: "exit after" },
    });
    expect(await ask(session, "again").wait()).toMatchObject({ text: "again" });
    expect(await bystander.wait()).toMatchObject({ text: "still here" });
    expect(events).toContainEqual(
      expect.objectContaining({ type: "gateway-lost", gateway: "gateway-echo", failed: 1 }),
    );
    expect(events).toContainEqual({ type: "gateway-restarted", gateway: "gateway-echo" });
  });

  test("that dies before it has delivered anything is asked once more", async () => {
    const deaths = new Int32Array(new SharedArrayBuffer(4));
    const { session } = await startEcho({ options: deaths });
    expect(await ask(session, "exit once").wait()).toMatchObject({ text: "exit once" });
    expect(Atomics.load(deaths, 0)).toBe(2);
  });

  test("that dies each time it is asked fails the job after the second time", async () => {
    const { session } = await startEcho();
    await expect(ask(session, "exit before").wait()).rejects.toMatchObject({
      code: "GATEWAY_LOST",
    });
    expect(await ask(session, "after that").wait()).toMatchObject({ text: "after that" });
  });

  test.each(["ignore cancel", "spin"])(
    "that does not stop is ended with its thread: %s",
    async (prompt) => {
      const { session, events } = await startEcho();
      const job = ask(session, prompt);
      await firstChunk(job);
      await job.cancel("stop it");
      expect(await job.outcome).toMatchObject({ status: "cancelled" });
      expect(events).toContainEqual(
        expect.objectContaining({ type: "gateway-lost", gateway: "gateway-echo" }),
      );
      expect(await ask(session, "fresh").wait()).toMatchObject({ text: "fresh" });
    },
  );

  test("that does not stop at a deadline is ended with its thread, and the deadline is what the job fails with", async () => {
    const { session, events } = await startEcho();
    const job = session.run({}, { prompt: "ignore cancel" }, { timeouts: { chunkMs: 50 } });
    await expect(job.wait()).rejects.toMatchObject({ code: "CHUNK_TIMEOUT" });
    expect(events).toContainEqual(
      expect.objectContaining({ type: "gateway-lost", gateway: "gateway-echo" }),
    );
    expect(await ask(session, "fresh").wait()).toMatchObject({ text: "fresh" });
  });
});
