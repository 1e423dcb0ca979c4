import type { Supervisor } from "../../index.ts";
import { HeddleError } from "../../index.ts";
import type { AgentResult } from "./agent.ts";
import type { Percentiles } from "./percentiles.ts";
import { percentilesOf } from "./percentiles.ts";
import { STREAM_CALL } from "./scripts.ts";

/**
 * How late chunks were with their readers, against the moment at which the script had them due; undefined if that is not known.
 *
 * The provider says when each call came to it: from then on its chunks are due at the rate. So what is measured is all of the
 * road: the provider's own timers, the way between the threads, and the wait for the reader's turn.
 */
export async function latencyOf(
  results: readonly AgentResult[],
  supervisor: Supervisor,
): Promise<Percentiles | undefined> {
  const measured = results.filter(({ arrivals }) =>
    arrivals.some((one) => one.offsetsMs.length > 0),
  );
  const providers = [...new Set(measured.map(({ provider }) => provider))];
  const calls = await Promise.all(providers.map((provider) => streamCalls(supervisor, provider)));
  const atMs = new Map(calls.flat());
  return percentilesOf(latencies(measured, atMs));
}

function* latencies(
  results: readonly AgentResult[],
  atMs: ReadonlyMap<string, number>,
): Generator<number, void, undefined> {
  for (const { jobId, arrivals } of results) {
    const dueMs = jobId === undefined ? undefined : atMs.get(jobId);
    if (dueMs === undefined) continue;
    for (const { offsetsMs } of arrivals) for (const offsetMs of offsetsMs) yield offsetMs - dueMs;
  }
}

/** When the calls that stream have come to `provider`, by job. None if its gateway was lost. */
async function streamCalls(
  supervisor: Supervisor,
  provider: string,
): Promise<readonly (readonly [string, number])[]> {
  try {
    const calls = await supervisor.scripted(provider).calls();
    return calls
      .filter(({ callIndex }) => callIndex === STREAM_CALL)
      .map(({ jobId, atMs }) => [jobId, atMs] as const);
  } catch (error) {
    if (HeddleError.is(error)) return [];
    throw error;
  }
}
