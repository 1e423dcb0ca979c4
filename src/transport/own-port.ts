import type { MessagePort } from "node:worker_threads";
import { workerData } from "node:worker_threads";

/** This thread's port to its supervisor. It is taken out of `workerData`, so that code loaded later does not find it there. */
export function takeOwnPort(): MessagePort {
  const data = workerData as { port?: MessagePort };
  const taken = data.port as MessagePort;
  delete data.port;
  return taken;
}
