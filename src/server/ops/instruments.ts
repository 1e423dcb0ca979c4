import { createRequire } from "node:module";
import type { Counter, Gauge, Histogram, Registry } from "prom-client";
import { HeddleError } from "../../index.ts";

type PromClient = typeof import("prom-client");

/** Makes metrics, all in one registry. Every name is given its prefix `heddle_` here. */
export type Instruments = {
  readonly registry: Registry;
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string>(name: string, help: string, labels?: readonly L[]): Gauge<L>;
  /** `buckets`: upper bounds, in the unit of the name. */
  histogram<L extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly L[],
  ): Histogram<L>;
};

/**
 * With a registry of its own: nothing is shared with another app, or with what the embedding program measures.
 *
 * The package is loaded here and now, not with this module: whoever has not installed it gets an app without metrics, and whoever has misses nothing that
 * happens before somebody asks.
 *
 * @throws {HeddleError} `SERVER_NOT_INSTALLED`.
 */
export function openInstruments(): Instruments {
  const client = load();
  const registry = new client.Registry();
  const registers = [registry];
  const named = <L extends string>(name: string, help: string, labels: readonly L[] = []) => ({
    name: `heddle_${name}`,
    help,
    labelNames: labels,
    registers,
  });
  return {
    registry,
    counter: (...given) => new client.Counter(named(...given)),
    gauge: (...given) => new client.Gauge(named(...given)),
    histogram: (name, help, buckets, labels) =>
      new client.Histogram({ ...named(name, help, labels), buckets: [...buckets] }),
  };
}

function load(): PromClient {
  try {
    return createRequire(import.meta.url)("prom-client") as PromClient;
  } catch (cause) {
    const message = "metrics need the package prom-client: npm install prom-client";
    throw new HeddleError("SERVER_NOT_INSTALLED", message, { cause });
  }
}
