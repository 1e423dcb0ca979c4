import { duration } from "../report.ts";
import type { AgentResult } from "./agent.ts";
import type { StressOptions } from "./arguments.ts";
import type { CrowdFigures } from "./crowd.ts";
import type { Fault } from "./fault.ts";
import { describeFault } from "./fault.ts";
import type { LoopDelay } from "./gauges.ts";
import type { Percentiles } from "./percentiles.ts";
import { percentilesOf } from "./percentiles.ts";

/** What a run has come to: what `--json` prints. Others read it: a field is never removed or renamed. Undefined fields are left out. */
export type StressReport = {
  readonly agents: number;
  readonly chunks: number;
  readonly rate: number;
  readonly readers: number;
  readonly seed: number;
  /** How many agents were to have which fault. */
  readonly faults: { readonly [type in Exclude<Fault["type"], "none">]: number };
  /** The signal that ended the run before its time. */
  readonly interruptedBy: string | null;
  /** How many agents have got their threads. */
  readonly readyAgents: number;
  /** From the first agent's start to when all had their threads. */
  readonly startMs: number;
  /** From the first stream's beginning to the last one's end. */
  readonly streamMs: number;
  /** How the agents' streams have ended. `unsettled`: not at all. */
  readonly outcomes: { readonly [status in AgentResult["status"]]: number };
  readonly codes: { readonly [code: string]: number };
  /** Over all agents, as the first reader of each has had them. */
  readonly chunksRead: number;
  /** From the first stream's beginning to the last chunk of any. */
  readonly chunksPerSecond: number;
  /** From when a chunk was due to when a reader had it; of a sample of at most a million chunks. */
  readonly latencyMs: Percentiles | null;
  /** From running the job to the first chunk with its first reader. */
  readonly firstChunkMs: Percentiles | null;
  /** How much later than they should timers of the host's thread have run while the agents streamed. */
  readonly loopDelayMs: LoopDelay | null;
  readonly rssBeforeBytes: number;
  readonly rssReadyBytes: number;
  readonly rssPeakBytes: number;
  /** What the process had grown by for each agent that was ready, when all were. */
  readonly rssPerAgentBytes: number | null;
  readonly brokenPromises: number;
  /** The first hundred. */
  readonly broken: readonly BrokenPromise[];
};

export type BrokenPromise = {
  readonly agent: string;
  /** What was done to the agent; empty: nothing. */
  readonly fault: string;
  readonly what: string;
};

const BROKEN_SHOWN = 100;

/** Puts all that was measured together. Pure. */
export function stressReport(
  options: StressOptions,
  faults: readonly Fault[],
  figures: CrowdFigures,
  more: {
    readonly rssBeforeBytes: number;
    readonly latency: Percentiles | undefined;
    readonly interruptedBy: string | undefined;
  },
): StressReport {
  const { results, ready, startMs, streamMs, rssReadyBytes, rssPeakBytes, loopDelay } = figures;
  const { agents, chunks, rate, readers, seed } = options;
  const chunksRead = results.reduce((sum, result) => sum + result.chunks, 0);
  const broken = results.flatMap(({ name: agent, fault, broken }) =>
    broken.map((what): BrokenPromise => ({ agent, fault: describeFault(fault), what })),
  );
  const planned = (type: Fault["type"]) => faults.filter((fault) => fault.type === type).length;
  const ended = (status: AgentResult["status"]) =>
    results.filter((result) => result.status === status).length;
  return {
    agents,
    chunks,
    rate,
    readers,
    seed,
    faults: { crash: planned("crash"), cancel: planned("cancel"), stall: planned("stall") },
    interruptedBy: more.interruptedBy ?? null,
    readyAgents: ready,
    startMs: Math.round(startMs),
    streamMs: Math.round(streamMs),
    outcomes: {
      completed: ended("completed"),
      cancelled: ended("cancelled"),
      failed: ended("failed"),
      unsettled: ended("unsettled"),
    },
    codes: countsOf(results.flatMap(({ code }) => code ?? [])),
    chunksRead,
    chunksPerSecond: throughputOf(figures, chunksRead),
    latencyMs: more.latency ?? null,
    firstChunkMs: percentilesOf(results.flatMap((result) => result.firstChunkMs ?? [])) ?? null,
    loopDelayMs: loopDelay ?? null,
    rssBeforeBytes: more.rssBeforeBytes,
    rssReadyBytes,
    rssPeakBytes,
    rssPerAgentBytes:
      ready === 0 ? null : Math.round((rssReadyBytes - more.rssBeforeBytes) / ready),
    brokenPromises: broken.length,
    broken: broken.slice(0, BROKEN_SHOWN),
  };
}

function throughputOf({ streamFromMs = 0, results }: CrowdFigures, chunks: number): number {
  const lastAtMs = results.reduce((last, result) => Math.max(last, result.lastChunkAtMs ?? 0), 0);
  return chunks === 0 ? 0 : Math.round((chunks * 1_000) / (lastAtMs - streamFromMs));
}

/** What is run, on one line. */
export function titleOf(
  options: Pick<StressOptions, "agents" | "chunks" | "rate" | "readers" | "seed">,
): string {
  const { agents, chunks, rate, readers, seed } = options;
  const pace = rate === 0 ? "as fast as they go" : `at ${rate}/s`;
  return `agents ${agents}, chunks ${chunks} ${pace}, readers ${readers}, seed ${seed}`;
}

/** The report for people, as lines. */
export function reportLines(report: StressReport): string[] {
  const { faults, latencyMs, firstChunkMs, loopDelayMs } = report;
  const rows: readonly (readonly [string, string])[] = [
    ["run", titleOf(report)],
    ["started", `${report.readyAgents} agents ready after ${duration(report.startMs)}`],
    ["streamed", `${duration(report.streamMs)}${interruption(report)}`],
    ["outcomes", countsLine(report.outcomes) || "none"],
    ...codesRow(report),
    ["faults", countsLine(faults) || "none"],
    ["throughput", `${report.chunksPerSecond} chunks/s (${report.chunksRead} chunks)`],
    [
      "chunk latency",
      latencyMs ? `${percentiles(latencyMs)}, from due to read` : notMeasured(report),
    ],
    [
      "first chunk",
      firstChunkMs ? `${percentiles(firstChunkMs)}, from run() to read` : "none came",
    ],
    ["loop delay", loopDelayMs ? percentiles(loopDelayMs) : "not measured"],
    ["memory", memory(report)],
    ["promises", promises(report)],
  ];
  const broken = report.broken.map(
    ({ agent, fault, what }) => `  ${agent}${fault === "" ? "" : `, ${fault}`}: ${what}`,
  );
  return [...rows.map(([name, what]) => `${name.padEnd(15)}${what}`), ...broken];
}

function interruption({ interruptedBy }: StressReport): string {
  return interruptedBy === null ? "" : `, until ${interruptedBy}`;
}

/** As "8 completed, 1 failed"; what is 0 is left out. */
function countsLine(counts: { readonly [name: string]: number }): string {
  const entries = Object.entries(counts).filter(([, count]) => count > 0);
  return entries.map(([name, count]) => `${count} ${name}`).join(", ");
}

function codesRow({ codes }: StressReport): (readonly [string, string])[] {
  const line = countsLine(codes);
  return line === "" ? [] : [["codes", line]];
}

function notMeasured({ rate }: StressReport): string {
  return rate === 0 ? "not measured: without a rate no chunk is due" : "not measured";
}

function percentiles(of: LoopDelay): string {
  return `p50 ${ms(of.p50)}, p99 ${ms(of.p99)}, max ${ms(of.max)} ms`;
}

function memory({ rssBeforeBytes, rssReadyBytes, rssPeakBytes, rssPerAgentBytes }: StressReport) {
  const [before, ready, peak] = [rssBeforeBytes, rssReadyBytes, rssPeakBytes].map((bytes) =>
    mb(bytes, 0),
  );
  const each = rssPerAgentBytes === null ? "" : `${mb(rssPerAgentBytes, 1)} MB an agent, `;
  return `${each}RSS ${before} MB before, ${ready} ready, ${peak} at most`;
}

function promises({ brokenPromises, outcomes }: StressReport): string {
  if (brokenPromises > 0) return `${brokenPromises} BROKEN`;
  const { completed, cancelled, failed } = outcomes;
  return completed + cancelled + failed === 0 ? "none was tried" : "all kept";
}

function countsOf(names: readonly string[]): { readonly [name: string]: number } {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function ms(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}

function mb(bytes: number, digits: number): string {
  return (bytes / 1e6).toFixed(digits);
}
