import { MessageChannel, Worker } from "node:worker_threads";
import type { Endpoint, Remote } from "comlink";
import { wrap } from "comlink";
import type { Methods } from "./comlink-thread.ts";

/** A thread with comlink and nothing else. */
export type ComlinkThread = {
  readonly remote: Remote<Methods>;
  readonly end: () => Promise<unknown>;
};

export function startComlinkThread(): ComlinkThread {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL("./comlink-thread.ts", import.meta.url), {
    workerData: port2,
    transferList: [port2],
  });
  const remote = wrap<Methods>(port1 as unknown as Endpoint);
  return {
    remote,
    end: async () => {
      port1.close();
      await worker.terminate();
    },
  };
}
