import { parentPort, workerData } from "node:worker_threads";
import { readFetch } from "./http-readers.ts";

/*
 * An agent's thread that reads its own stream, and posts each chunk to the main thread. Told a model and a number of chunks, it asks
 * for them, and posts null at the end.
 */
parentPort?.on("message", (chat: { readonly model: string; readonly chunks: number }) => {
  void readFetch(workerData, chat, (text) => parentPort?.postMessage(text)).then(() =>
    parentPort?.postMessage(null),
  );
});
