import type { OptionValues } from "../option-values.ts";
import { readNumber } from "../option-values.ts";
import { MAX_DELIVERIES, MAX_STREAM_HOURS, STRESS_DEFAULTS } from "./options.ts";

const FAULT_NAMES = ["crash", "cancel", "stall"] as const;

export type FaultName = (typeof FAULT_NAMES)[number];

export type StressOptions = {
  readonly agents: number;
  readonly chunks: number;
  /** Chunks a second of each agent; 0: as fast as the road carries. */
  readonly rate: number;
  /** Of each agent. */
  readonly readers: number;
  /** Probabilities for an agent; together at most 1. */
  readonly faults: { readonly [name in FaultName]: number };
  readonly seed: number;
  readonly json: boolean;
};

/** Reads what `heddle stress` is given. Pure; what is wrong is added to the problems of `values`. */
export function readStress(values: OptionValues, operands: readonly string[]): StressOptions {
  for (const operand of operands) values.problems.push(`stress takes no FILE: "${operand}"`);
  const options: StressOptions = {
    agents: values.number("agents") ?? STRESS_DEFAULTS.agents,
    chunks: values.number("chunks") ?? STRESS_DEFAULTS.chunks,
    rate: values.number("rate") ?? STRESS_DEFAULTS.rate,
    readers: values.number("readers") ?? STRESS_DEFAULTS.readers,
    faults: readFaults(values.text("fault") ?? "", values.problems),
    seed: values.number("seed") ?? STRESS_DEFAULTS.seed,
    json: values.has("json"),
  };
  // What is wrong by itself says nothing about the whole.
  if (values.problems.length === 0) values.problems.push(...excesses(options));
  return options;
}

function readFaults(list: string, problems: string[]): StressOptions["faults"] {
  const faults = { crash: 0, cancel: 0, stall: 0 };
  const seen = new Set<string>();
  for (const item of list === "" ? [] : list.split(",")) {
    const [word = "", text = ""] = item.split(/=(.*)/s, 2).map((part) => part.trim());
    const name = FAULT_NAMES.find((each) => each === word);
    const probability = readNumber(text, PROBABILITY);
    if (name === undefined) {
      problems.push(`--fault is a list of ${FAULT_NAMES.join(", ")}, as crash=0.01; not "${item}"`);
    } else if (seen.has(name)) problems.push(`--fault has ${name} twice`);
    else if (probability === undefined) {
      problems.push(`--fault ${name} must be a probability from 0 to 1, not "${text}"`);
    } else faults[name] = probability;
    seen.add(word);
  }
  const sum = faults.crash + faults.cancel + faults.stall;
  // A sum of fractions may be a little more than it is.
  if (sum > 1 + 1e-9) problems.push(`--fault: the probabilities add up to ${sum}; 1 at most`);
  return faults;
}

const PROBABILITY = { least: 0, most: 1, whole: false };

function excesses({ agents, chunks, rate, readers }: StressOptions): string[] {
  const problems: string[] = [];
  const deliveries = agents * chunks * readers;
  if (deliveries > MAX_DELIVERIES) {
    problems.push(
      `--agents, --chunks and --readers make ${deliveries} chunks to be read; at most ${MAX_DELIVERIES}`,
    );
  }
  if (rate > 0 && chunks / rate > MAX_STREAM_HOURS * 3_600) {
    problems.push(`--chunks at this --rate would take more than ${MAX_STREAM_HOURS} hours`);
  }
  return problems;
}
