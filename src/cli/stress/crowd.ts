import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import type { Tally } from "../tally.ts";
import type { AgentResult, Surroundings } from "./agent.ts";
import { Agent } from "./agent.ts";
import { nowMs } from "./clock.ts";
import type { Fault } from "./fault.ts";
import { describeFault } from "./fault.ts";
import type { LoopDelay } from "./gauges.ts";
import { Gauges } from "./gauges.ts";

/** More at once would only take the cores from each other. */
const STARTS_AT_ONCE = 16;
/** The longest time over which the beginnings of the streams are spread. */
const LONGEST_SPREAD_MS = 1_000;

/** What was measured of all agents together. */
export type CrowdFigures = {
  readonly results: readonly AgentResult[];
  /** How many agents have got their threads. */
  readonly ready: number;
  /** From the first agent's start to when all had their threads. */
  readonly startMs: number;
  /** When the first stream began, in Unix time; undefined: none has. */
  readonly streamFromMs: number | undefined;
  /** From then to the end of the last one; 0 without any. */
  readonly streamMs: number;
  readonly rssReadyBytes: number;
  readonly rssPeakBytes: number;
  readonly loopDelay: LoopDelay | undefined;
};

/**
 * All agents of a run. First each gets its thread, then all stream at once.
 *
 * The beginnings of the streams are spread over one interval between chunks, as those of agents that know nothing of each
 * other are: else the chunks of all would be due at the same moments.
 */
export class Crowd {
  readonly #agents: readonly Agent[];
  readonly #around: Surroundings;
  readonly #tally: Tally;
  readonly #results: AgentResult[] = [];
  readonly #ready: Agent[] = [];
  #streamFromMs: number | undefined;

  constructor(faults: readonly Fault[], around: Surroundings, tally: Tally) {
    this.#around = around;
    this.#tally = tally;
    this.#agents = faults.map((fault, i) => new Agent(i + 1, fault, around));
  }

  /** In a few words, for people who wait. */
  progress(chunks: number): string {
    if (this.#streamFromMs === undefined) {
      return `starting: ${this.#ready.length} of ${this.#agents.length} agents are ready`;
    }
    const seconds = (nowMs() - this.#streamFromMs) / 1_000;
    return `streaming: ${chunks} chunks, ${Math.round(chunks / Math.max(seconds, 0.001))} a second`;
  }

  async run(): Promise<CrowdFigures> {
    const fromMs = performance.now();
    await this.#start();
    const readyMs = performance.now();
    const rssReadyBytes = process.memoryUsage.rss();
    const gauges = new Gauges();
    try {
      await this.#stream();
    } finally {
      gauges.stop();
    }
    return {
      results: this.#results,
      ready: this.#ready.length,
      startMs: readyMs - fromMs,
      streamFromMs: this.#streamFromMs,
      streamMs: this.#streamFromMs === undefined ? 0 : nowMs() - this.#streamFromMs,
      rssReadyBytes,
      rssPeakBytes: Math.max(rssReadyBytes, gauges.rssPeakBytes),
      loopDelay: this.#streamFromMs === undefined ? undefined : gauges.loopDelay,
    };
  }

  async #start(): Promise<void> {
    const waiting = this.#agents.values();
    const starter = async (): Promise<void> => {
      for (const agent of waiting) {
        if (this.#around.isInterrupted()) return;
        this.#tally.started(agent.name, Date.now());
        const failure = await agent.start();
        if (failure === undefined) this.#isReady(agent);
        else this.#ended(agent, failure);
      }
    };
    await Promise.all(Array.from({ length: STARTS_AT_ONCE }, starter));
  }

  #isReady(agent: Agent): void {
    this.#ready.push(agent);
    this.#tally.state(agent.name, "ready");
  }

  async #stream(): Promise<void> {
    if (this.#around.isInterrupted() || this.#ready.length === 0) return;
    this.#tally.inputEnded = true;
    this.#streamFromMs = nowMs();
    const spreadMs = Math.min(LONGEST_SPREAD_MS, this.#around.pace?.intervalMs ?? 0);
    await Promise.all(
      this.#ready.map(async (agent, i) => {
        if (spreadMs > 0) await delay((spreadMs * i) / this.#ready.length);
        if (this.#around.isInterrupted()) return;
        this.#tally.state(agent.name, "streaming");
        this.#ended(agent, await agent.stream());
      }),
    );
  }

  #ended(agent: Agent, result: AgentResult): void {
    this.#results.push(result);
    const { name: id, code, broken } = result;
    const status = result.status === "unsettled" ? "failed" : result.status;
    const what = broken[0] ?? describeFault(agent.fault);
    const error = code === undefined ? null : { code, message: what };
    this.#tally.ended({ id, status, text: what, error }, Date.now());
  }
}
