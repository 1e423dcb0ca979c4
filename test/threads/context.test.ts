import { describe, expect, test } from "vitest";
import type { Context, Session } from "../../src/index.ts";
import { Supervisor, scriptedProvider } from "../../src/index.ts";
import { SupervisorSession } from "../../src/supervisor/supervisor-session.ts";
import { create } from "../support/behaviours.ts";
import { startScripted, startSupervisor } from "../support/supervisors.ts";

const main = scriptedProvider({ repeat: true, responses: [{ text: "x" }] });

/** What a tool of a job in `session` would be told. */
function contextOf(session: Session, worker: object, options: object): Context {
  if (!(session instanceof SupervisorSession)) throw new TypeError("another session");
  return session.run(worker, { prompt: "go" }, options).spec.context;
}

describe("context", () => {
  test("of session, defaults, worker and job are laid over each other", async () => {
    const context = { b: "defaults", c: "defaults", d: "defaults" };
    const supervisor = await startSupervisor({ providers: { main }, defaults: { context } });
    const session = supervisor.openSession({ context: { a: "session", b: "session" } });
    const worker = { context: { c: "worker", d: "worker" } };
    expect(contextOf(session, worker, { context: { d: "job" } })).toEqual({
      a: "session",
      b: "defaults",
      c: "worker",
      d: "job",
    });
    expect(contextOf(session, {}, {})).toEqual({ a: "session", ...context });
    expect(contextOf(supervisor.openSession(), {}, {})).toEqual(context);
  });

  test("a session does not see that of another", async () => {
    const { supervisor } = await startScripted([{ text: "x" }]);
    const alice = supervisor.openSession({ context: { user: "alice" } });
    const bob = supervisor.openSession({ context: { user: "bob" } });
    expect(contextOf(alice, {}, {})).toEqual({ user: "alice" });
    expect(contextOf(bob, {}, {})).toEqual({ user: "bob" });
  });

  test("a behaviour has it from its start on, and so have its children", async () => {
    const { supervisor } = await startScripted([{ text: "x" }]);
    const session = supervisor.openSession({ context: { user: 7, role: "guest" } });
    const context = { role: "owner", since: new Date(0) };
    const worker = create(session, "contextual", { context });
    const expected = { user: 7, role: "owner", since: new Date(0) };
    expect(await worker.ask("atStart")).toEqual(expected);
    expect(await worker.ask("now")).toEqual(expected);
    expect(await worker.ask("spawn")).toEqual(expected);
    expect(await create(session, "contextual").ask("now")).toEqual({ user: 7, role: "guest" });
  });

  test("what is no context is refused, by the name of its field", async () => {
    const { supervisor, session } = await startScripted([{ text: "x" }]);
    const context = { log: () => {} };
    const refusal = (field: string) =>
      expect.objectContaining({ code: "INVALID_OPTION", details: { field } });
    expect(() => supervisor.openSession({ context })).toThrow(refusal("context"));
    expect(() => session.createWorker({ context })).toThrow(refusal("context"));
    expect(() => session.run({}, { prompt: "go" }, { context })).toThrow(refusal("context"));
    expect(() => session.runAll([], { worker: { context } })).toThrow(refusal("worker.context"));
    const start = Supervisor.start({ providers: { main }, defaults: { context } });
    await expect(start).rejects.toEqual(refusal("defaults.context"));
    expect(session.jobs.size + session.workers.size).toBe(0);
  });
});
