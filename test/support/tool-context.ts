import { HeddleError } from "../../src/errors.ts";
import type { ExecOptions, ExecResult, ToolContext } from "../../src/tools/tool.ts";

export type FakeToolContext = ToolContext & {
  /** What was shown by `progress`. */
  readonly shown: readonly unknown[];
  /** What was run by `exec`. */
  readonly commands: readonly {
    readonly argv: readonly string[];
    readonly options?: ExecOptions;
  }[];
  cancel(): void;
};

/** A tool's context without a supervisor. `exec` does what is given, and `progress` has the real bound. */
export function toolContext(
  exec: (argv: readonly string[], options?: ExecOptions) => Promise<ExecResult> = nothing,
): FakeToolContext {
  const abort = new AbortController();
  const shown: unknown[] = [];
  const commands: { argv: readonly string[]; options?: ExecOptions }[] = [];
  return {
    signal: abort.signal,
    get cancelled() {
      return abort.signal.aborted;
    },
    context: {},
    jobId: "job",
    toolCallId: "job/0/0",
    progress(value) {
      if (Buffer.byteLength(JSON.stringify(value)) > 8_192) {
        throw new HeddleError("INVALID_INPUT", "progress is too large");
      }
      shown.push(value);
    },
    tell: nothing,
    ask: nothing,
    run: nothing,
    async exec(argv, options) {
      commands.push({ argv, ...(options === undefined ? {} : { options }) });
      return await exec(argv, options);
    },
    shown,
    commands,
    cancel: () => abort.abort(new HeddleError("JOB_CANCELLED", "cancelled")),
  };
}

/** What was decided about a call before it is carried out. */
export const APPROVAL = { context: {}, jobId: "job", toolCallId: "job/0/0" };

async function nothing(): Promise<never> {
  throw new HeddleError("INTERNAL", "the tool was not to do this");
}
