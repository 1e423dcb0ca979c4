import type { Session } from "../dist/index.js";
import { openaiProvider, Supervisor } from "../dist/index.js";
import { startSpinning } from "./behaviors/start-spinning.ts";
import type { Bench, Figures, Size } from "./harness.ts";
import { atMost, percentile, times, value } from "./harness.ts";
import { nowMs } from "./servers/clock.ts";
import { forkServer } from "./servers/fork-server.ts";

const CANCELS = { full: 100, tiny: 2 };
const SPINNER = new URL("./behaviors/spinner.ts", import.meta.url);

/** One cancel: when it was asked for, and when whoever asked was told that it is done. */
type Cancel = { readonly askedMs: number; readonly settledMs: number };

export const bench: Bench = {
  question:
    "How long from a cancel to the closed socket, as the server sees it, and to its answer?",
  baseline: "bare fetch",
  rounds: 5,
  contestants: {
    "bare fetch": bareFetch,
    "heddle, streaming": (size) => heddle("/v1", size),
    "heddle, waiting": (size) => heddle("/stall", size),
    "heddle, idle": heddleIdle,
    "heddle, spinning": heddleSpinning,
  },
  targets: [
    ...["heddle, streaming", "heddle, waiting"].map((contestant) => ({
      figure: "closed p99 ms",
      contestant,
      bound: atMost(times(3, "bare fetch")),
    })),
    { figure: "settled p99 ms", contestant: "heddle, spinning", bound: atMost(value(25)) },
  ],
};

async function bareFetch(size: Size): Promise<Figures> {
  return await withServer(size, async (url) => {
    const abort = new AbortController();
    const response = await fetch(`${url}/v1`, { method: "POST", body: "{}", signal: abort.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    const askedMs = nowMs();
    abort.abort();
    await reader?.read().catch(() => {});
    return { askedMs, settledMs: nowMs() };
  });
}

/** Below `/v1` in the middle of a stream, below `/stall` while it waits for the first chunk. */
async function heddle(path: string, size: Size): Promise<Figures> {
  let supervisor: Supervisor | undefined;
  try {
    return await withServer(size, async (url, begun) => {
      const main = openaiProvider({ model: "m", baseURL: `${url}${path}`, apiKey: "none" });
      supervisor ??= await Supervisor.start({ providers: { main } });
      const job = supervisor.openSession().run({}, { prompt: "go" });
      if (path === "/v1") for await (const _ of job) break;
      else await begun;
      const askedMs = nowMs();
      const { how } = await job.cancel();
      const settledMs = nowMs();
      if (how !== "cooperative") throw new Error(`the job ended otherwise: ${how}`);
      return { askedMs, settledMs };
    });
  } finally {
    await supervisor?.close();
  }
}

/** A worker that has nothing to do, but holds a thread: what counts is how soon it is gone. */
async function heddleIdle(size: Size): Promise<Figures> {
  return await endEach(size, async (session) => {
    const worker = session.createWorker({ behavior: SPINNER });
    await worker.ask("ready");
    return () => worker.stop();
  });
}

/** A worker whose thread spins, ended without a grace. */
async function heddleSpinning(size: Size): Promise<Figures> {
  return await endEach(size, async (session) => {
    const worker = await startSpinning(session);
    return () => worker.terminate();
  });
}

/** No socket is open: only the settling is measured. */
async function endEach(
  size: Size,
  start: (session: Session) => Promise<() => Promise<unknown>>,
): Promise<Figures> {
  const main = openaiProvider({ model: "m", baseURL: "http://127.0.0.1:9/v1", apiKey: "none" });
  await using supervisor = await Supervisor.start({ providers: { main } });
  const session = supervisor.openSession();
  const settled: number[] = [];
  for (let i = 0; i < CANCELS[size]; i++) {
    const end = await start(session);
    const askedMs = nowMs();
    await end();
    settled.push(nowMs() - askedMs);
  }
  return percentilesOf("settled", settled);
}

async function withServer(
  size: Size,
  cancel: (url: string, begun: Promise<unknown>) => Promise<Cancel>,
): Promise<Figures> {
  await using server = await forkServer("cancel-server");
  const closed: number[] = [];
  const settled: number[] = [];
  for (let i = 0; i < CANCELS[size]; i++) {
    const closing = server.hears("closedMs");
    const { askedMs, settledMs } = await cancel(server.url, server.hears("begun"));
    closed.push((await closing) - askedMs);
    settled.push(settledMs - askedMs);
  }
  return { ...percentilesOf("closed", closed), ...percentilesOf("settled", settled) };
}

function percentilesOf(name: string, timesMs: readonly number[]): Figures {
  return {
    [`${name} p50 ms`]: percentile(timesMs, 50),
    [`${name} p99 ms`]: percentile(timesMs, 99),
  };
}
