import { Worker } from "node:worker_threads";
import { Supervisor, scriptedProvider } from "../dist/index.js";
import type { Bench, Figures, Size } from "./harness.ts";
import { atMost, percentile, times } from "./harness.ts";
import { startComlinkThread } from "./peers/comlink.ts";

/** Round trips, one after the other; as many before them warm up. */
const CALLS = { full: 5_000, tiny: 20 };

const ECHO = new URL("./behaviors/echo.ts", import.meta.url);
const ASKER = new URL("./behaviors/asker.ts", import.meta.url);

export const bench: Bench = {
  question: "How long is the round trip of a call to a thread, one at a time?",
  baseline: "raw postMessage",
  rounds: 5,
  contestants: {
    "raw postMessage": rawPostMessage,
    comlink: comlinkCall,
    "heddle worker.ask": hostAsks,
    "heddle actor asks actor": actorAsks,
  },
  targets: [
    {
      figure: "p50 µs",
      contestant: "heddle worker.ask",
      bound: atMost(times(2, "raw postMessage")),
    },
  ],
};

async function rawPostMessage(size: Size): Promise<Figures> {
  const source = `
    const { parentPort } = require("node:worker_threads");
    parentPort.on("message", (value) => parentPort.postMessage(value));
  `;
  const worker = new Worker(source, { eval: true, env: {} });
  let answered = (_: number): void => {};
  worker.on("message", (value: number) => answered(value));
  const figures = await timeEach(size, (value) => {
    const answer = new Promise<number>((resolve) => {
      answered = resolve;
    });
    worker.postMessage(value);
    return answer;
  });
  await worker.terminate();
  return figures;
}

async function comlinkCall(size: Size): Promise<Figures> {
  const { remote, end } = startComlinkThread();
  const figures = await timeEach(size, (value) => remote.echo(value));
  await end();
  return figures;
}

async function hostAsks(size: Size): Promise<Figures> {
  await using supervisor = await start();
  const worker = supervisor
    .openSession()
    .createWorker<typeof import("./behaviors/echo.ts").behavior>({ behavior: ECHO });
  return await timeEach(size, (value) => worker.ask("echo", { value }));
}

/** By way of the supervisor; measured by the one that asks. */
async function actorAsks(size: Size): Promise<Figures> {
  await using supervisor = await start();
  const session = supervisor.openSession();
  session.createWorker({ behavior: ECHO, name: "echo" });
  const asker = session.createWorker<typeof import("./behaviors/asker.ts").behavior>({
    behavior: ASKER,
  });
  await asker.ask("measure", { target: "echo", calls: CALLS[size] }, { timeoutMs: 100_000 });
  return figuresOf(
    await asker.ask("measure", { target: "echo", calls: CALLS[size] }, { timeoutMs: 100_000 }),
  );
}

async function start(): Promise<Supervisor> {
  const main = scriptedProvider({ responses: [{ text: "x" }] });
  return await Supervisor.start({ providers: { main }, defaults: { parkAfterMs: 600_000 } });
}

async function timeEach(size: Size, call: (value: number) => Promise<number>): Promise<Figures> {
  const timesUs: number[] = [];
  for (let i = 0; i < 2 * CALLS[size]; i++) {
    const startMs = performance.now();
    const answer = await call(i);
    timesUs.push((performance.now() - startMs) * 1_000);
    if (answer !== i) throw new Error(`asked for ${i}, was answered ${answer}`);
  }
  return figuresOf(timesUs.slice(CALLS[size]));
}

function figuresOf(timesUs: readonly number[]): Figures {
  return { "p50 µs": percentile(timesUs, 50), "p99 µs": percentile(timesUs, 99) };
}
