import type { MiddlewareHandler } from "hono";
import type { Supervisor } from "../../index.ts";
import type { Views } from "../views.ts";
import { actorMetrics } from "./actor-metrics.ts";
import { httpMetrics } from "./http-metrics.ts";
import type { Instruments } from "./instruments.ts";
import { openInstruments } from "./instruments.ts";
import { jobMetrics } from "./job-metrics.ts";
import type { Meter } from "./meter.ts";
import { outputMetrics } from "./output-metrics.ts";
import { processMetrics } from "./process-metrics.ts";
import { providerMetrics } from "./provider-metrics.ts";
import { SessionWatch } from "./session-watch.ts";
import { stateMetrics } from "./state-metrics.ts";
import { streamMetrics } from "./stream-metrics.ts";
import { toolMetrics } from "./tool-metrics.ts";

export type MetricsOptions = {
  readonly supervisor: Supervisor;
  readonly views: Views;
  /** The agent that a worker was made as; undefined: none. */
  readonly agentOf: (session: string, workerId: string) => string | undefined;
};

/**
 * What happens on a supervisor and its server, counted from now on, for Prometheus. Labels are bounded: no ids, no tenants, no texts.
 *
 * It keeps no process alive.
 */
export class Metrics {
  /** Counts the requests that go through it. */
  readonly countRequests: MiddlewareHandler;
  readonly #supervisor: Supervisor;
  readonly #instruments: Instruments;
  readonly #meters: readonly Meter[];
  readonly #watch: SessionWatch;

  /** @throws {HeddleError} `SERVER_NOT_INSTALLED`. */
  constructor({ supervisor, views, agentOf }: MetricsOptions) {
    const instruments = openInstruments();
    this.#supervisor = supervisor;
    this.#instruments = instruments;
    this.#meters = [
      jobMetrics(instruments),
      outputMetrics(instruments),
      toolMetrics(instruments),
      actorMetrics(instruments),
      stateMetrics(instruments),
      providerMetrics(instruments),
      streamMetrics(instruments, views),
      processMetrics(instruments),
    ];
    this.countRequests = httpMetrics(instruments);
    this.#watch = new SessionWatch({ supervisor, agentOf, meters: this.#meters });
  }

  get contentType(): string {
    return this.#instruments.registry.contentType;
  }

  /** All figures, in Prometheus' text format. */
  async text(): Promise<string> {
    const state = this.#supervisor.inspect();
    for (const meter of this.#meters) meter.onScrape?.(state, this.#watch.jobs);
    return await this.#instruments.registry.metrics();
  }

  /** Nothing more is counted. What was can still be read. */
  close(): void {
    this.#watch.close();
    for (const meter of this.#meters) meter.close?.();
  }
}
