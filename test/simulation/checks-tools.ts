import { expect } from "vitest";
import type { JobEvent } from "../../src/protocol/job.ts";
import { argumentsOf, callId, inputOf } from "./plan.ts";
import type { SimJob } from "./sim-job.ts";
import type { Simulation } from "./simulation.ts";
import { isApproved, isHostTool, isIdempotent } from "./tool-kinds.ts";

type Call = {
  readonly name: string;
  readonly args: unknown;
  /** What it was begun with, each time. */
  readonly begun: unknown[];
  isBegun: boolean;
  isFinished: boolean;
  question: string | undefined;
  /** What was decided last, and not used yet. */
  allowed: { readonly args: unknown } | undefined;
  isRefused: boolean;
};

/** The tool calls of a job, as its log must tell of them. */
export function expectTools(simulation: Simulation, sim: SimJob, log: readonly JobEvent[]): void {
  const walk = new Walk(sim);
  for (const event of log) walk.take(event);
  walk.expectEnd();
  expectExecutions(simulation, sim, walk.all);
  expectTold(simulation, sim, log);
}

class Walk {
  /** All calls, by the step and place that their arguments tell. */
  readonly all = new Map<string, Call>();
  readonly #sim: SimJob;
  #step = 0;
  #open = new Map<string, Call>();

  constructor(sim: SimJob) {
    this.#sim = sim;
  }

  take(event: JobEvent): void {
    switch (event.type) {
      case "response":
        this.#responded(event.response.toolCalls);
        break;
      case "confirmation-requested":
        this.#requested(this.#find(event), event);
        break;
      case "confirmation-decided":
        this.#decided(this.#find(event), event);
        break;
      case "tool-started":
        this.#started(this.#find(event), event.args);
        break;
      case "tool-progress":
        expect(this.#find(event).isBegun).toBe(true);
        break;
      case "tool-finished":
        this.#finished(this.#find(event), event);
        break;
      case "restarted":
        this.#restarted();
        break;
      default:
    }
  }

  /** Before the next response, and at the end, each call has ended, and nobody is asked any more. */
  expectEnd(): void {
    for (const [id, { isFinished, question }] of this.#open) {
      if (!isFinished || question) expect({ id, isFinished, question }).toEqual(this.#sim.job.id);
    }
  }

  #responded(calls: readonly { readonly id: string; readonly name: string }[]): void {
    this.expectEnd();
    this.#open = new Map();
    for (const [index, { id, name }] of calls.entries()) {
      const call: Call = {
        name,
        args: argumentsOf(this.#step, index),
        begun: [],
        isBegun: false,
        isFinished: false,
        question: undefined,
        allowed: undefined,
        isRefused: false,
      };
      this.#open.set(id, call);
      this.all.set(`${this.#step + 1}/${index}`, call);
    }
    this.#step += 1;
  }

  #requested(
    call: Call,
    { confirmationId, args }: Extract<JobEvent, { type: "confirmation-requested" }>,
  ): void {
    expect(this.#sim.worker.plan.approvals).toBe("ask");
    expect(isApproved(call.name)).toBe(true);
    expect([call.isFinished, call.isBegun, call.question]).toEqual([false, false, undefined]);
    expect(args).toEqual(call.args);
    call.question = confirmationId;
    call.allowed = undefined;
  }

  #decided(call: Call, event: Extract<JobEvent, { type: "confirmation-decided" }>): void {
    const { confirmationId, decision, by, args } = event;
    expect(call.isFinished).toBe(false);
    // What was remembered answers calls that come, and those that wait already.
    if (by === "remembered") expect([undefined, confirmationId]).toContain(call.question);
    else expect(call.question).toBe(confirmationId);
    call.question = undefined;
    if (decision === "approved") call.allowed = { args: call.args };
    else if (decision === "edited") call.allowed = { args };
    else call.isRefused = true;
  }

  #started(call: Call, args: unknown): void {
    const { approvals, maxParallelToolCalls } = this.#sim.worker.plan;
    expect([call.isFinished, call.isBegun, call.isRefused]).toEqual([false, false, false]);
    if (isApproved(call.name) && approvals !== "allow") {
      expect(approvals).toBe("ask");
      expect(call.allowed).toEqual({ args });
    } else expect(args).toEqual(call.args);
    call.allowed = undefined;
    call.isBegun = true;
    call.begun.push(args);
    const begun = [...this.#open.values()].filter((one) => one.isBegun && !one.isFinished);
    expect(begun.length).toBeLessThanOrEqual(maxParallelToolCalls);
  }

  #finished(call: Call, { error }: Extract<JobEvent, { type: "tool-finished" }>): void {
    expect([call.isFinished, call.question]).toEqual([false, undefined]);
    call.isFinished = true;
    if (error?.code === "TOOL_DENIED" || error?.code === "CONFIRMATION_EXPIRED") {
      expect(call.begun).toEqual([]);
    }
    if (call.name === "unknown")
      expect([call.begun, error?.code === undefined]).toEqual([[], false]);
    if (error === undefined) expect(call.isBegun).toBe(true);
  }

  /** What was begun in the thread that has died has ended, or may be begun again. */
  #restarted(): void {
    for (const call of this.#open.values()) {
      if (!call.isBegun || call.isFinished || isHostTool(call.name)) continue;
      expect(isIdempotent(call.name)).toBe(true);
      call.isBegun = false;
    }
  }

  #find({ toolCallId }: { readonly toolCallId: string }): Call {
    const call = this.#open.get(toolCallId);
    if (!call) throw new Error(`${this.#sim.job.id} has no open call ${toolCallId}`);
    return call;
  }
}

/** A tool was called only where the log says so, with just these arguments; beside the supervisor, it was called whenever the log says so. */
function expectExecutions(
  { world }: Simulation,
  { job, settledTurn = 0 }: SimJob,
  calls: ReadonlyMap<string, Call>,
): void {
  const executions = world.executions.filter(({ jobId }) => jobId === job.id);
  for (const [place, { name, begun }] of calls) {
    const own = executions.filter(({ toolCallId }) => toolCallId === `${job.id}/${place}`);
    for (const { args } of own) expect(begun).toContainEqual(args);
    expect(own.length).toBeLessThanOrEqual(begun.length);
    if (isHostTool(name)) expect(own.length).toBe(begun.length);
    expect(new Set(own.map(({ threadId }) => threadId)).size).toBe(own.length);
  }
  expect(executions.filter(({ name }) => !isHostTool(name) && name === "unknown")).toEqual([]);
  for (const { threadId, atTurn } of executions) {
    // A thread that cannot be ended, and turns again, does what nobody waits for any more.
    const isBeyond = world.threads.some((one) => one.threadId === threadId && one.isUnkillable);
    if (!isBeyond) expect(atTurn).toBeLessThanOrEqual(settledTurn);
  }
}

/** What a model is told of a call is what the log says of its end. */
function expectTold({ world }: Simulation, { job }: SimJob, log: readonly JobEvent[]): void {
  const ends = new Map(
    log.flatMap((event) =>
      event.type === "tool-finished" ? [[event.toolCallId, event] as const] : [],
    ),
  );
  for (const { jobId, messages, step } of world.requests) {
    if (jobId !== job.id) continue;
    const told = messages
      .slice(inputOf(messages))
      .flatMap((message) => (message.role === "tool" ? [message] : []));
    for (const { toolCallId, content, isError } of told) {
      const end = ends.get(toolCallId);
      expect([content, isError]).toEqual([end?.result, end?.isError]);
    }
    if (step > 0 && ends.has(callId(step - 1, 0))) {
      expect(told.map(({ toolCallId }) => toolCallId)).toContain(callId(step - 1, 0));
    }
  }
}
