import process from "node:process";
import type { Session, Supervisor } from "../../index.ts";
import type { Streams } from "../output.ts";
import { mayHang, Signals } from "../signals.ts";
import { Tally } from "../tally.ts";
import type { Surroundings } from "./agent.ts";
import type { StressOptions } from "./arguments.ts";
import { within } from "./clock.ts";
import { Crowd } from "./crowd.ts";
import type { StressDisplay } from "./display.ts";
import { openStressDisplay } from "./display.ts";
import type { Fault } from "./fault.ts";
import { latencyOf } from "./latency.ts";
import { limitsFor } from "./limits.ts";
import type { StressReport } from "./report.ts";
import { stressReport } from "./report.ts";
import type { StreamText } from "./stream-text.ts";

/** About what an agent takes, its log left out. */
const AGENT_BYTES = 10e6;
/** Percentiles of more chunks would say the same. */
const MOST_SAMPLES = 1_000_000;

export type StressParts = {
  readonly options: StressOptions;
  readonly streams: Streams;
  /** The run closes it. */
  readonly supervisor: Supervisor;
  /** Of each agent. */
  readonly faults: readonly Fault[];
  readonly text: StreamText;
};

/** One run, with what the user sees of it and what signals do to it. It takes signals until it is closed. */
export class StressRun {
  readonly #parts: StressParts;
  readonly #session: Session;
  readonly #crowd: Crowd;
  readonly #signals: Signals;
  readonly #display: StressDisplay;
  readonly #rssBeforeBytes = process.memoryUsage.rss();
  #chunksRead = 0;

  constructor(parts: StressParts) {
    const { options, streams, supervisor, faults } = parts;
    this.#parts = parts;
    this.#session = supervisor.openSession({ name: "stress" });
    const tally = new Tally(Date.now());
    this.#crowd = new Crowd(faults, this.#surroundings(), tally);
    this.#signals = new Signals({
      onStop: () => this.#interrupt(),
      onKill: () => this.#display.close(),
      mayHang: () => mayHang(supervisor),
    });
    this.#signals.watch();
    const progress = () => this.#crowd.progress(this.#chunksRead);
    this.#display = openStressDisplay(options, streams, tally, progress);
  }

  /** The exit code of an interrupted run; `undefined` if it was not. */
  get exitCode(): number | undefined {
    return this.#signals.exitCode;
  }

  /** Runs all agents to their ends. */
  async perform(): Promise<StressReport> {
    const { options, faults, supervisor } = this.#parts;
    try {
      this.#warn();
      const figures = await this.#crowd.run();
      return stressReport(options, faults, figures, {
        rssBeforeBytes: this.#rssBeforeBytes,
        latency: await latencyOf(figures.results, supervisor),
        interruptedBy: this.#signals.first,
      });
    } finally {
      this.#display.close();
    }
  }

  /** Ends all threads. If that does not come to an end, the process is ended, with `code` if it can be. */
  async close(code: number): Promise<void> {
    const closed = this.#parts.supervisor.close({ drainMs: 0 }).then(() => true);
    const isClosed = await within(closed, limitsFor(this.#parts.options).closeMs);
    this.#signals.release();
    if (isClosed === undefined) process.exit(code);
  }

  #surroundings(): Surroundings {
    const { options, text } = this.#parts;
    const { agents, chunks, rate, readers } = options;
    const every = Math.ceil((agents * chunks * readers) / MOST_SAMPLES);
    return {
      session: this.#session,
      text,
      limits: limitsFor(options),
      readers,
      pace: rate === 0 ? undefined : { every, intervalMs: 1_000 / rate },
      isInterrupted: () => this.#signals.first !== undefined,
      onChunk: () => {
        this.#chunksRead += 1;
      },
    };
  }

  #interrupt(): void {
    this.#display.note("interrupted: cancelling what runs; once more ends at once");
    for (const job of this.#session.jobs.values()) void job.cancel("interrupted");
  }

  #warn(): void {
    const needed = this.#parts.options.agents * AGENT_BYTES;
    const available = process.availableMemory();
    if (needed < available) return;
    const [neededGb, availableGb] = [needed, available].map((bytes) => (bytes / 1e9).toFixed(1));
    const what = `so many agents take about ${neededGb} GB; ${availableGb} GB are available`;
    this.#display.note(what);
  }
}
