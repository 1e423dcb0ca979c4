import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { proxy } from "comlink";
import type { Figures } from "../harness.ts";
import { perChunk } from "../harness.ts";
import { TokenReader, tokensOf } from "../tokens.ts";
import { startComlinkThread } from "./comlink.ts";

const FRAME = 128;

/** The limit: a thread that posts columns of 128 chunks, and a reader that looks at each text. Nothing is held, kept or told apart. */
export async function rawColumns(chunks: number): Promise<Figures> {
  const post = `
    for (let sent = 0; sent < tokens.length; sent += ${FRAME}) {
      const texts = tokens.slice(sent, sent + ${FRAME});
      parentPort.postMessage({ ids: [1], counts: [texts.length], texts });
    }
  `;
  return await raw<{ readonly texts: readonly string[] }>(chunks, post, (frame, reader) => {
    for (const text of frame.texts) reader.take(text);
  });
}

/** One object for each chunk, as it comes. */
export async function rawObjects(chunks: number): Promise<Figures> {
  const post = `for (const text of tokens) parentPort.postMessage({ type: "text", text });`;
  return await raw<{ readonly text: string }>(chunks, post, (chunk, reader) =>
    reader.take(chunk.text),
  );
}

/** comlink's way to stream: a callback of the reader's that the thread calls for each chunk; a frame's worth of calls is under way at once. */
export async function comlinkCallbacks(chunks: number): Promise<Figures> {
  const { remote, end } = startComlinkThread();
  await remote.stream(
    FRAME,
    FRAME,
    proxy(() => {}),
  );
  const reader = new TokenReader(tokensOf(chunks));
  const figures = await perChunk(chunks, () => remote.stream(chunks, FRAME, proxy(reader.take)));
  reader.end();
  await end();
  return figures;
}

/** A thread streams twice: the first time warms it up. `post` is its code, `read` what is done with each of its messages. */
async function raw<Message>(
  chunks: number,
  post: string,
  read: (message: Message, reader: TokenReader) => void,
): Promise<Figures> {
  const source = `
    const { parentPort, workerData: tokens } = require("node:worker_threads");
    parentPort.on("message", () => {
      ${post}
      parentPort.postMessage(null);
    });
  `;
  const tokens = tokensOf(chunks);
  const worker = new Worker(source, { eval: true, env: {}, workerData: tokens });
  await once(worker, "online");
  const stream = async (): Promise<void> => {
    const reader = new TokenReader(tokens);
    const ended = Promise.withResolvers<void>();
    const look = (message: Message | null): void => {
      if (message === null) ended.resolve();
      else read(message, reader);
    };
    worker.on("message", look);
    worker.postMessage("go");
    await ended.promise;
    worker.off("message", look);
    reader.end();
  };
  await stream();
  const figures = await perChunk(chunks, stream);
  await worker.terminate();
  return figures;
}
