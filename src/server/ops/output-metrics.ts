import type { JobEventOtherThanChunk, JobSize, Usage } from "../../index.ts";
import type { Instruments } from "./instruments.ts";
import type { Meter, TrackedJob } from "./meter.ts";
import { isTerminal } from "./meter.ts";

/** Of one job, what was counted already: nothing of it is counted twice, however often the figures are read. */
type Counted = { size: JobSize; usage: Tokens };

type Kind = "input" | "output" | "cached_input" | "reasoning";
type Tokens = { readonly [kind in Kind]: number };

const KINDS: readonly Kind[] = ["input", "output", "cached_input", "reasoning"];
const NO_TOKENS: Tokens = { input: 0, output: 0, cached_input: 0, reasoning: 0 };

/** What jobs send and take: chunks and tokens. */
export function outputMetrics(instruments: Instruments): Meter {
  const chunks = instruments.counter(
    "chunks_total",
    "Chunks of model responses that have arrived, of running jobs, too.",
    ["agent", "provider"],
  );
  const chunkBytes = instruments.counter(
    "chunk_bytes_total",
    "UTF-8 bytes of the chunks that have arrived, of running jobs, too.",
    ["agent", "provider"],
  );
  const tokens = instruments.counter(
    "tokens_total",
    "Tokens of ended model calls. cached_input is a part of input, reasoning a part of output. estimated: the server has not said, or the call was cut off; counted at the end of the job.",
    ["agent", "provider", "kind", "estimated"],
  );
  const counted = new WeakMap<TrackedJob, Counted>();

  const countedOf = (tracked: TrackedJob): Counted => {
    const known = counted.get(tracked);
    if (known) return known;
    // What a job had before it was tracked is not counted: that may have been counted by whoever was there before.
    const isNew = tracked.queuedAtMs !== undefined;
    const { size, usage } = tracked.job;
    const first = isNew
      ? { size: { events: 0, chunks: 0, chunkBytes: 0 }, usage: NO_TOKENS }
      : { size, usage: tokensOf(usage) };
    counted.set(tracked, first);
    return first;
  };
  const countChunks = (tracked: TrackedJob) => {
    const known = countedOf(tracked);
    const { size } = tracked.job;
    const added = size.chunks - known.size.chunks;
    if (added === 0) return;
    chunks.inc(tracked.labels, added);
    chunkBytes.inc(tracked.labels, size.chunkBytes - known.size.chunkBytes);
    known.size = size;
  };
  const countTokens = (by: TrackedJob["labels"], added: Tokens, isEstimated: boolean) => {
    for (const kind of KINDS) {
      const labels = { ...by, kind, estimated: String(isEstimated) };
      if (added[kind] > 0) tokens.inc(labels, added[kind]);
    }
  };
  const onJobEvent = (tracked: TrackedJob, event: JobEventOtherThanChunk) => {
    if (event.type === "response") {
      const known = countedOf(tracked);
      const { usage, provider = tracked.labels.provider } = event.response;
      const added = tokensOf(usage);
      known.usage = sum(known.usage, added);
      countTokens({ ...tracked.labels, provider }, added, usage.estimated === true);
    }
    if (!isTerminal(event)) return;
    const total = tokensOf(tracked.job.usage);
    countTokens(tracked.labels, rest(total, countedOf(tracked).usage), true);
    countChunks(tracked);
    counted.delete(tracked);
  };
  return {
    onJobEvent,
    onScrape: (_state, jobs) => {
      for (const tracked of jobs) countChunks(tracked);
    },
  };
}

function tokensOf(usage: Usage): Tokens {
  return {
    input: usage.inputTokens,
    output: usage.outputTokens,
    cached_input: usage.cachedInputTokens ?? 0,
    reasoning: usage.reasoningTokens ?? 0,
  };
}

function sum(a: Tokens, b: Tokens): Tokens {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cached_input: a.cached_input + b.cached_input,
    reasoning: a.reasoning + b.reasoning,
  };
}

function rest(total: Tokens, counted: Tokens): Tokens {
  return {
    input: total.input - counted.input,
    output: total.output - counted.output,
    cached_input: total.cached_input - counted.cached_input,
    reasoning: total.reasoning - counted.reasoning,
  };
}
