import type { BehaviorOptions, BehaviorWorker, Session } from "../../dist/index.js";

/** A worker whose thread spins already. */
export async function startSpinning(
  session: Session,
  options: Omit<BehaviorOptions, "behavior"> = {},
): Promise<Pick<BehaviorWorker, "terminate">> {
  const worker = session.createWorker<typeof import("./spinner.ts").behavior>({
    behavior: new URL("./spinner.ts", import.meta.url),
    unresponsiveMs: 60_000,
    ...options,
  });
  const spinning = new Int32Array(new SharedArrayBuffer(4));
  await worker.ask("ready");
  await worker.tell("spin", { spinning });
  await Atomics.waitAsync(spinning, 0, 0).value;
  return worker;
}
