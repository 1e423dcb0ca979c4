import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { openaiProvider, Supervisor } from "../dist/index.js";
import type { Bench, Figures } from "./harness.ts";
import { percentile } from "./harness.ts";

const CANCELS = 60;
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
    "heddle, streaming": () => heddle("/v1"),
    "heddle, waiting": () => heddle("/stall"),
    "heddle, spinning": heddleSpinning,
  },
};

async function bareFetch(): Promise<Figures> {
  return await withServer(async (url) => {
    const abort = new AbortController();
    const response = await fetch(`${url}/v1`, { method: "POST", signal: abort.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    const askedMs = now();
    abort.abort();
    await reader?.read().catch(() => {});
    return { askedMs, settledMs: now() };
  });
}

async function heddle(path: string): Promise<Figures> {
  let supervisor: Supervisor | undefined;
  try {
    return await withServer(async (url, begun) => {
      const main = openaiProvider({ model: "m", baseURL: `${url}${path}`, apiKey: "none" });
      supervisor ??= await Supervisor.start({ providers: { main } });
      const job = supervisor.openSession().run({}, { prompt: "go" });
      if (path === "/v1") for await (const _ of job) break;
      else await begun;
      const askedMs = now();
      await job.cancel();
      return { askedMs, settledMs: now() };
    });
  } finally {
    await supervisor?.close();
  }
}

/** A worker whose thread spins has no socket to close: what counts is how soon it is gone. */
async function heddleSpinning(): Promise<Figures> {
  const main = openaiProvider({ model: "m", baseURL: "http://127.0.0.1:9/v1", apiKey: "none" });
  await using supervisor = await Supervisor.start({ providers: { main } });
  const session = supervisor.openSession();
  const settled: number[] = [];
  for (let i = 0; i < CANCELS / 3; i++) {
    const worker = session.createWorker({ behavior: SPINNER, unresponsiveMs: 60_000 });
    await worker.ask("ready");
    await worker.tell("spin");
    await sleep(5);
    const askedMs = now();
    await worker.terminate();
    settled.push(now() - askedMs);
  }
  const [p50, p99] = [percentile(settled, 50), percentile(settled, 99)];
  return {
    "closed p50 ms": p50,
    "closed p99 ms": p99,
    "answered p50 ms": p50,
    "answered p99 ms": p99,
  };
}

async function withServer(
  cancel: (url: string, begun: Promise<unknown>) => Promise<Cancel>,
): Promise<Figures> {
  const server = fork(new URL("./sse-server.ts", import.meta.url));
  const [{ port }] = (await once(server, "message")) as [{ port: number }];
  const closed: number[] = [];
  const settled: number[] = [];
  for (let i = 0; i < CANCELS; i++) {
    const closing = figureOf(server, "closedMs");
    const begun = figureOf(server, "begun");
    const { askedMs, settledMs } = await cancel(`http://127.0.0.1:${port}`, begun);
    closed.push((await closing) - askedMs);
    settled.push(settledMs - askedMs);
  }
  server.disconnect();
  return {
    "closed p50 ms": percentile(closed, 50),
    "closed p99 ms": percentile(closed, 99),
    "answered p50 ms": percentile(settled, 50),
    "answered p99 ms": percentile(settled, 99),
  };
}

/** What the server says next by that name. */
function figureOf(server: ChildProcess, name: string): Promise<number> {
  return new Promise((resolve) => {
    const look = (message: { readonly [name: string]: number }) => {
      if (message[name] === undefined) return;
      server.off("message", look);
      resolve(message[name]);
    };
    server.on("message", look);
  });
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
