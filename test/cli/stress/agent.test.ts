import { describe, expect, test } from "vitest";
import type { AgentResult, Surroundings } from "../../../src/cli/stress/agent.ts";
import { Agent } from "../../../src/cli/stress/agent.ts";
import { StreamText } from "../../../src/cli/stress/stream-text.ts";
import type { Session, WorkerJob } from "../../../src/index.ts";
import { HeddleError } from "../../../src/index.ts";

const never = new Promise<never>(() => {});

/** An agent in a session whose jobs are as `run` makes them. */
function agentIn(run: () => Partial<WorkerJob>, isInterrupted = false): Agent {
  const session: Partial<Session> = {
    createWorker: (() => ({})) as unknown as Session["createWorker"],
    run: run as unknown as Session["run"],
  };
  const around: Surroundings = {
    session: session as Session,
    text: new StreamText(10),
    limits: { startMs: 1, jobMs: 1, settleMs: 1, stallMs: 1, closeMs: 1 },
    readers: 1,
    pace: undefined,
    isInterrupted: () => isInterrupted,
    onChunk: () => {},
  };
  return new Agent(1, { type: "none" }, around);
}

const refusing = (): never => {
  throw new HeddleError("OVERLOADED", "too many");
};

async function* noMoreEvents(): AsyncGenerator<never, undefined, undefined> {
  yield await never;
}

describe("Agent", () => {
  test("a job that does not settle in time is a broken promise, and is waited for no longer", async () => {
    const job = { id: "j", outcome: never, wait: () => never, events: noMoreEvents };
    expect(await agentIn(() => job).stream()).toMatchObject({
      status: "unsettled",
      jobId: "j",
      broken: ["it has not settled within 1 ms"],
    } satisfies Partial<AgentResult>);
  });

  test("a refusal is a broken promise", async () => {
    const agent = agentIn(refusing);
    const failed = { status: "failed", code: "OVERLOADED" };
    expect(await agent.start()).toMatchObject({
      ...failed,
      broken: ["it could not be started: OVERLOADED too many"],
    });
    expect(await agent.stream()).toMatchObject({
      ...failed,
      broken: ["it could not be run: OVERLOADED too many"],
    });
  });

  test("in a run that was interrupted it is none", async () => {
    expect(await agentIn(refusing, true).start()).toMatchObject({
      status: "cancelled",
      broken: [],
    });
  });

  test("a first job that says something else is a broken promise", async () => {
    const wait = async () => ({ text: "reedy" }) as Awaited<ReturnType<WorkerJob["wait"]>>;
    expect(await agentIn(() => ({ wait })).start()).toMatchObject({
      status: "failed",
      broken: ['it says "reedy"'],
    });
  });

  test("a fault of the command itself is not taken for one of the agent", async () => {
    const broken = () => {
      throw new TypeError("a fault");
    };
    await expect(agentIn(broken).stream()).rejects.toThrow("a fault");
  });
});
