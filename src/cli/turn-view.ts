import type { JobEvent, WorkerJob } from "../index.ts";
import { visible, visibleLine } from "./confirm/visible.ts";
import type { Streams } from "./output.ts";
import type { Colors } from "./terminal.ts";
import { cutToWidth } from "./terminal.ts";

/**
 * Shows a job to a person while it runs: its text on standard output, as it comes, and its tool calls on standard error, one dim
 * line for each beginning and each end. It reads without loss: the job streams no faster than it is read.
 */
export class TurnView {
  readonly #streams: Streams;
  readonly #colors: Colors;
  #isInLine: boolean = false;

  /** `colors` are for standard error. */
  constructor(streams: Streams, colors: Colors) {
    this.#streams = streams;
    this.#colors = colors;
  }

  /** Resolves when the job has ended and all is shown. The last line of text is ended. */
  async follow(job: WorkerJob): Promise<void> {
    for await (const event of job.events()) await this.#show(event);
    await this.#endLine();
  }

  /** A terminal has shown `^C` there where the cursor was. */
  breakLine(): void {
    this.#isInLine = false;
    void this.#streams.stderr.write("\n");
  }

  async #show(event: JobEvent): Promise<void> {
    if (event.type === "chunk") {
      const { chunk } = event;
      if (chunk.type === "text" || chunk.type === "refusal") await this.#print(chunk.text);
      return;
    }
    // The texts of two responses are not to run together.
    if (event.type === "response") await this.#endLine();
    const line = lineOf(event);
    if (line !== undefined) await this.#tell(line);
  }

  async #print(text: string): Promise<void> {
    if (text === "") return;
    this.#isInLine = !text.endsWith("\n");
    await this.#streams.stdout.print(text);
  }

  async #endLine(): Promise<void> {
    if (this.#isInLine) await this.#print("\n");
  }

  async #tell(line: string): Promise<void> {
    await this.#endLine();
    const { stderr } = this.#streams;
    const shown = stderr.isTerminal ? cutToWidth(line, stderr.size.columns - 1) : line;
    await stderr.write(`${this.#colors.dim(shown)}\n`);
  }
}

/** What is told of an event, on one line; undefined: nothing. */
function lineOf(event: JobEvent): string | undefined {
  switch (event.type) {
    case "tool-started":
      return `· ${visible(event.toolName)} ${visibleLine(event.args)}`;
    case "tool-finished": {
      const { toolName, isError, error, result } = event;
      const end = isError ? visible(failureOf(error, result)) : sizeOf(result);
      return `· ${visible(toolName)} → ${end}`;
    }
    case "waiting":
      return event.for === "thread" ? undefined : `· waiting: ${event.for}`;
    case "warning":
      return `· ${visible(event.message)}`;
    case "fallback":
      return `· ${visible(event.from)} → ${visible(event.to)}: ${event.error.code}`;
    case "restarted":
      return `· restarted after ${event.failure.code}`;
    default:
      return undefined;
  }
}

type ToolFinished = Extract<JobEvent, { readonly type: "tool-finished" }>;

function failureOf(error: ToolFinished["error"], result: string): string {
  return error === undefined ? result : `${error.code}: ${error.message}`;
}

/** How long a tool's result is. */
export function sizeOf(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes < 1_024) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return `${(bytes / 1_024).toFixed(1)} KiB`;
}
