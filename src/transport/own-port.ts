import type { MessagePort } from "node:worker_threads";
import { parentPort, workerData } from "node:worker_threads";

/**
 * This thread's port to its supervisor. It is taken out of `workerData`, so that code loaded later does not find it there. Node's
 * own port to the parent is closed: nobody there reads it, and what is sent on it would only hold the parent up.
 */
export function takeOwnPort(): MessagePort {
  const data = workerData as { port?: MessagePort };
  const taken = data.port as MessagePort;
  delete data.port;
  parentPort?.close();
  return taken;
}
