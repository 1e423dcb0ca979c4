import { Subject } from "rxjs";
import type { ModelResponseChunk } from "../dist/index.js";
import type { Bench, Contestant, Figures, Size } from "./harness.ts";
import { perChunk } from "./harness.ts";
import type { Read } from "./scripted-crowd.ts";
import { iterate, startScripted, subscribe } from "./scripted-crowd.ts";
import { TokenReader, tokensOf } from "./tokens.ts";

/** Deliveries of one run: chunks times readers. */
const DELIVERIES = { full: 2_000_000, tiny: 4_000 };

/** One job's text has to fit into its log. */
const MOST_CHUNKS = 1_000_000;

const READERS = [1, 8, 64, 1_000];

export const bench: Bench = {
  question: "How many deliveries a second, when one job's chunks are read by many?",
  baseline: "RxJS Subject x1",
  rounds: 5,
  contestants: Object.fromEntries(
    READERS.flatMap((readers): [string, Contestant][] => [
      [`RxJS Subject x${readers}`, (size) => subjectAlone(readers, size)],
      [`heddle chunks$ x${readers}`, (size) => heddle(readers, subscribe, size)],
      [`heddle for await x${readers}`, (size) => heddle(readers, iterate, size)],
    ]),
  ),
  targets: [],
};

function tokensFor(readers: number, size: Size): readonly string[] {
  return tokensOf(Math.min(MOST_CHUNKS, Math.ceil(DELIVERIES[size] / readers)));
}

/** Without a thread, a log or a model: the least that telling so many can cost. */
async function subjectAlone(readers: number, size: Size): Promise<Figures> {
  const tokens = tokensFor(readers, size);
  return await deliveries(tokens, readers, async (all) => {
    const subject = new Subject<ModelResponseChunk>();
    for (const reader of all) {
      subject.subscribe((chunk) => {
        if (chunk.type === "text") reader.take(chunk.text);
      });
    }
    for (const text of tokens) subject.next({ type: "text", text });
    for (const reader of all) reader.end();
  });
}

async function heddle(readers: number, read: Read, size: Size): Promise<Figures> {
  const tokens = tokensFor(readers, size);
  await using supervisor = await startScripted(tokens);
  const session = supervisor.openSession();
  const worker = session.createWorker();
  return await deliveries(tokens, readers, async (all) => {
    await session.run(worker, { prompt: "start" }).wait();
    const job = session.run(worker, { prompt: "go" });
    await Promise.all(all.map((reader) => read(job, reader)));
  });
}

/** Streams twice; the second time counts. */
async function deliveries(
  tokens: readonly string[],
  readers: number,
  stream: (all: readonly TokenReader[]) => Promise<void>,
): Promise<Figures> {
  const all = () => Array.from({ length: readers }, () => new TokenReader(tokens));
  await stream(all());
  const { "chunks/s": rate = Number.NaN, "CPU µs/chunk": cost = Number.NaN } = await perChunk(
    tokens.length * readers,
    () => stream(all()),
  );
  return { "deliveries/s": rate, "CPU µs/delivery": cost };
}
