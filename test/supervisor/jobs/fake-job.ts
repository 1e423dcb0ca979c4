import type { HeddleError } from "../../../src/errors.ts";
import type { WorkerState } from "../../../src/protocol/worker.ts";
import type { Worker } from "../../../src/supervisor/handles.ts";
import { Job } from "../../../src/supervisor/jobs/job.ts";
import type { Stop, Verdict } from "../../../src/supervisor/jobs/job-lifecycle.ts";
import type { JobDriver } from "../../../src/supervisor/jobs/job-spec.ts";
import { outputOf } from "../../../src/supervisor/jobs/output-schema.ts";
import type { OutputSchema, RunOptions, WorkerOptions } from "../../../src/supervisor/options.ts";
import type { SupervisorEvent } from "../../../src/supervisor/runtime.ts";
import type { JobEventOtherThanChunk } from "../../../src/supervisor/session-event.ts";
import { workerSettings } from "../../../src/supervisor/workers/worker-settings.ts";
import { textRun } from "../../support/arbitraries.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const response = {
  text: "",
  toolCalls: [],
  finishReason: "stop",
  usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
} as const;

/** A job with nothing behind it: the test plays its worker, its actor and its gateway. */
export class JobUnderTest implements JobDriver {
  readonly clock: FakeClock = new FakeClock();
  readonly job: Job;
  /** What the session was told. */
  readonly told: JobEventOtherThanChunk[] = [];
  readonly reported: SupervisorEvent[] = [];
  readonly stops: Stop[] = [];
  readonly holds: boolean[] = [];
  readonly verdicts: Verdict[] = [];
  /** How many hold the process alive. */
  holders = 0;
  workerState: WorkerState = "idle";

  constructor(options: RunOptions = {}, worker: WorkerOptions = {}, output?: OutputSchema) {
    const runtime = {
      clock: this.clock,
      spawn: () => {
        throw new Error("a job needs no thread here");
      },
      newId: () => "id",
      random: () => 0,
      hold: () => {
        this.holders += 1;
        return () => {
          this.holders -= 1;
        };
      },
      report: (event: SupervisorEvent) => void this.reported.push(event),
    };
    const state = () => this.workerState;
    this.job = new Job({
      id: "job",
      worker: {
        id: "worker",
        get state() {
          return state();
        },
      } as Worker,
      input: { prompt: "hi" },
      options,
      settings: workerSettings(worker, {}, new Set(["main"])),
      context: {},
      output: outputOf(output),
      runtime,
      onEvent: (event) => this.told.push(event),
    });
  }

  stop(stop: Stop): void {
    this.stops.push(stop);
  }

  hold(isHeld: boolean): void {
    this.holds.push(isHeld);
  }

  beforeEnd(verdict: Verdict): void {
    this.verdicts.push(verdict);
  }

  begin(): void {
    this.job.begin(this);
  }

  state(state: WorkerState): void {
    this.workerState = state;
    this.job.append({ type: "state", state });
  }

  /** A model call that sends `texts` and goes on. */
  receive(...texts: readonly string[]): void {
    this.job.stream.receive(textRun(...texts), this.clock.now());
  }

  /** A whole model call with `texts` as its text. */
  respond(...texts: readonly string[]): void {
    this.job.signal({ type: "call-opened" });
    this.job.stream.openCall(() => {});
    this.job.account.sent(1);
    this.receive(...texts);
    this.job.account.ended({ type: "responded", usage: response.usage });
    const whole = { ...response, text: texts.join("") };
    this.job.tally.response(whole);
    this.job.append({ type: "response", response: whole });
    this.job.stream.responded();
    this.job.stream.closeCall();
    this.job.signal({ type: "call-ended" });
  }

  /** The actor's part is over. */
  end(error?: HeddleError): void {
    const wire = error && { code: error.code, message: error.message };
    this.job.signal({ type: "actor-ended", error: wire });
  }
}
