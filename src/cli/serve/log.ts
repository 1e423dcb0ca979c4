import type { ServerLogger } from "../../server/api.ts";
import type { Output } from "../output.ts";
import { redactor } from "../redact.ts";
import type { LogLevel } from "./arguments.ts";
import type { ServerPackages } from "./server-packages.ts";

/** What may wait for a reader of standard output that is too slow: more is dropped, and how much is said. */
const MAX_WAITING_CHARS = 4_194_304;

/** Names under which nobody is to log anything. The values themselves are taken out wherever they are. */
const SECRET_NAMES = ["authorization", "token", "apiKey", "api_key", "password", "cookie"];

export type LogParts = {
  readonly pino: ServerPackages["pino"];
  readonly level: LogLevel;
  readonly stdout: Output;
  readonly secrets: readonly (string | undefined)[];
};

/** A log of JSON lines on standard output, without the secrets. A reader that is slow, or gone, holds up nothing. */
export function openLog({ pino, level, stdout, secrets }: LogParts): ServerLogger {
  const redact = redactor(secrets);
  const lines = new LogLines(stdout);
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]) },
    },
    { write: (line) => lines.write(redact(line)) },
  );
}

/** Lines on their way to a standard stream, as many as there is room for. */
export class LogLines {
  readonly #stdout: Output;
  #waiting = 0;
  #dropped = 0;

  constructor(stdout: Output) {
    this.#stdout = stdout;
  }

  write(line: string): void {
    if (this.#waiting + line.length > MAX_WAITING_CHARS) {
      this.#dropped += 1;
      return;
    }
    void this.#put(this.#note() + line);
  }

  async #put(text: string): Promise<void> {
    this.#waiting += text.length;
    await this.#stdout.write(text);
    this.#waiting -= text.length;
  }

  /** That lines are missing here; "" when none are. */
  #note(): string {
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (dropped === 0) return "";
    const msg = "lines of the log were dropped: they are not read fast enough";
    return `${JSON.stringify({ level: "warn", time: new Date().toISOString(), dropped, msg })}\n`;
  }
}
