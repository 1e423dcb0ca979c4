import type { Input } from "./input.ts";
import type { Streams } from "./output.ts";
import type { Prepared } from "./prepare.ts";
import { ResultFile } from "./result-file.ts";
import type { ResultLine } from "./result-line.ts";

/** Where result lines go. */
export type Destination = {
  /** Called before `input` becomes a job. */
  keepQuestion(input: Input): Promise<void>;
  write(line: ResultLine): Promise<void>;
  close(): Promise<void>;
};

/** @throws {HeddleError} `INVALID_OPTION` when the file of `--out` cannot be written. */
export async function openDestination(
  { options, found }: Prepared,
  { stdout, redact }: Streams,
): Promise<Destination> {
  if (found !== undefined) return await ResultFile.open(found, redact);
  const isShown = options.events || (options.source.type === "prompt" && stdout.isTerminal);
  return {
    keepQuestion: async () => {},
    write: async (line) => {
      if (!isShown) await stdout.print(`${JSON.stringify(line)}\n`);
    },
    close: async () => {},
  };
}
