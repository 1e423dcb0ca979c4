import { HeddleError } from "../../errors.ts";
import type { ToolEnd } from "../../protocol/tool.ts";
import type { Runtime } from "../runtime.ts";

export class ToolPool {
  readonly runtime: Runtime;
  constructor(runtime: Runtime) {
    this.runtime = runtime;
  }
  run(
    _call: unknown,
    _o: { signal: AbortSignal; onProgress: (progress: unknown) => void },
  ): Promise<ToolEnd> {
    throw new HeddleError("INTERNAL", "no pool yet");
  }
  async close(): Promise<void> {}
}
