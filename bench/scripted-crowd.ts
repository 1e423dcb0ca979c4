import type { WorkerJob } from "../dist/index.js";
import { Supervisor, scriptedProvider } from "../dist/index.js";
import type { Figures } from "./harness.ts";
import { perChunk } from "./harness.ts";
import { startCrowd } from "./start-crowd.ts";
import { TokenReader, tokensOf } from "./tokens.ts";

/** Reads one job to its end. */
export type Read = (job: WorkerJob, reader: TokenReader) => Promise<void>;

export const subscribe: Read = async (job, reader) => {
  job.chunks$.subscribe((chunk) => {
    if (chunk.type === "text") reader.take(chunk.text);
  });
  await job.wait();
  reader.end();
};

export const iterate: Read = async (job, reader) => {
  for await (const chunk of job) if (chunk.type === "text") reader.take(chunk.text);
  reader.end();
};

/** A supervisor whose model says "ready", and then, in the second job of a worker, `tokens` as fast as they are taken. */
export async function startScripted(tokens: readonly string[]): Promise<Supervisor> {
  const main = scriptedProvider({
    repeat: true,
    responses: [{ text: "ready" }, { text: tokens.join(""), chunks: tokens.length }],
  });
  return await Supervisor.start({
    providers: { main },
    defaults: { parkAfterMs: 600_000 },
    keepSettled: { count: 0 },
  });
}

/** So many workers that hold a thread, each with a reader of its own, stream `chunks` chunks in all; `watch` begins before that. */
export async function streamScripted(
  workers: number,
  chunks: number,
  read: Read,
  watch: (supervisor: Supervisor) => AsyncDisposable | undefined = () => undefined,
): Promise<Figures> {
  const tokens = tokensOf(chunks / workers);
  await using supervisor = await startScripted(tokens);
  await using _watched = watch(supervisor);
  const session = supervisor.openSession();
  // The script is cut into chunks when it is asked for first, and code is slow when it runs first: neither is the question.
  const first = session.createWorker();
  await session.run(first, { prompt: "start" }).wait();
  await read(session.run(first, { prompt: "go" }), new TokenReader(tokens));
  await first.stop();
  const crowd = await startCrowd(session, workers);
  return await perChunk(chunks, () =>
    Promise.all(
      crowd.map((worker) => read(session.run(worker, { prompt: "go" }), new TokenReader(tokens))),
    ),
  );
}
