import type { OptionSpec } from "../option-spec.ts";

export const STRESS_BOUNDS = {
  agents: { least: 1, most: 10_000, whole: true },
  // Eight characters a chunk: what a job may keep by default is more than ten times that.
  chunks: { least: 1, most: 100_000, whole: true },
  rate: { least: 0, most: 10_000, whole: false },
  readers: { least: 1, most: 100, whole: true },
  seed: { least: 0, most: 4_294_967_295, whole: true },
} as const;

export const STRESS_DEFAULTS = { agents: 100, chunks: 200, rate: 20, readers: 1, seed: 1 } as const;

/** What all readers together may be given: the logs of all agents are in memory at once. */
export const MAX_DELIVERIES = 50_000_000;

/** How long a stream may last at its rate. */
export const MAX_STREAM_HOURS = 24;

const { agents, chunks, rate, readers, seed } = STRESS_DEFAULTS;

export const STRESS_OPTIONS: readonly OptionSpec[] = [
  {
    name: "agents",
    value: "N",
    group: "Stress",
    help: [`Agents at once, each on its own thread, 1 to 10000. Default: ${agents}.`],
  },
  {
    name: "chunks",
    value: "M",
    group: "Stress",
    help: [`Chunks that each agent streams, 1 to 100000. Default: ${chunks}.`],
  },
  {
    name: "rate",
    value: "R",
    group: "Stress",
    help: [
      "Chunks a second of each agent, 0 to 10000; 0: as fast as they go.",
      `Default: ${rate}.`,
    ],
  },
  {
    name: "readers",
    value: "K",
    group: "Stress",
    help: [`Readers of each agent, 1 to 100, who check each chunk. Default: ${readers}.`],
  },
  {
    name: "fault",
    value: "LIST",
    group: "Stress",
    help: [
      "Faults, each by its probability for an agent:",
      "crash=0.01,cancel=0.05,stall=0.01. Default: none.",
    ],
  },
  {
    name: "seed",
    value: "S",
    group: "Stress",
    help: [`The same seed gives the same agents the same faults. Default: ${seed}.`],
  },
  {
    name: "json",
    group: "Stress",
    help: ["The report as one JSON object on standard output."],
  },
];
