import { createReadStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open, stat } from "node:fs/promises";
import { HeddleError } from "../index.ts";
import type { Input } from "./input.ts";
import type { Redact } from "./redact.ts";
import type { ResultLine } from "./result-line.ts";
import type { Held, Mend } from "./resume.ts";
import { hashLine, readHashes, readHeldResults } from "./resume.ts";

/** What is in the file of `--out` before a run; nothing is changed yet. */
export type Found = {
  readonly path: string;
  /** A device such as /dev/null is not, and has nothing kept beside it. */
  readonly isFile: boolean;
  readonly held: Held;
  readonly mend: Mend;
  /** There are results, but no hashes to know changed prompts by. */
  readonly lacksHashes: boolean;
};

/**
 * Looks at the file of `--out`.
 *
 * @throws {HeddleError} `INVALID_OPTION` when it may not be appended to: it holds something and `resume` is not asked for, it
 * holds no result lines, it is no file.
 */
export async function findResults(path: string, resume: boolean): Promise<Found> {
  const { isFile, sizeBytes } = await look(path);
  const empty = { statuses: new Map(), hashes: new Map() };
  const found: Found = { path, isFile, held: empty, mend: { type: "none" }, lacksHashes: false };
  if (sizeBytes === 0) return found;
  if (!resume) {
    throw refusal(
      `${path} holds something already: --resume goes on with it, or take another name`,
    );
  }
  const results = await readHeldResults(createReadStream(path));
  if (results.type === "strange") {
    throw refusal(`line ${results.line} of ${path} is no result line, so it is left as it is`);
  }
  const { statuses, mend } = results;
  const lacksHashes = (await look(statePath(path))).sizeBytes === 0;
  const hashes = lacksHashes ? empty.hashes : await readHashes(createReadStream(statePath(path)));
  return { ...found, held: { statuses, hashes }, mend, lacksHashes };
}

/** The file of `--out`, open for appending, and beside it the hashes of what was asked. */
export class ResultFile {
  readonly #results: Appender;
  readonly #hashes: Appender | undefined;

  private constructor(results: Appender, hashes: Appender | undefined) {
    this.#results = results;
    this.#hashes = hashes;
  }

  /** @throws {HeddleError} `INVALID_OPTION` when it cannot be written. */
  static async open({ path, isFile, mend }: Found, redact: Redact): Promise<ResultFile> {
    const results = await Appender.open(path, redact);
    if (mend.type === "truncate") await results.truncate(mend.sizeBytes);
    if (mend.type === "break") await results.append("");
    const hashes = isFile ? await Appender.open(statePath(path), redact) : undefined;
    // The last hash may have been cut; blank lines are passed over.
    if (hashes !== undefined && hashes.sizeBytes > 0) await hashes.append("");
    return new ResultFile(results, hashes);
  }

  async write(line: ResultLine): Promise<void> {
    await this.#results.append(JSON.stringify(line));
  }

  /** Keeps what `input` asks, so that a later `--resume` knows a changed prompt. */
  async keepQuestion(input: Input): Promise<void> {
    if (input.ownId) await this.#hashes?.append(hashLine(input));
  }

  async close(): Promise<void> {
    await Promise.all([this.#results.close(), this.#hashes?.close()]);
  }
}

/** Appends whole lines, one after the other: a line is never torn by the next, only by the end of the process. */
class Appender {
  readonly sizeBytes: number;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #redact: Redact;
  #last: Promise<void> = Promise.resolve();

  private constructor(path: string, handle: FileHandle, redact: Redact, sizeBytes: number) {
    this.#path = path;
    this.#handle = handle;
    this.#redact = redact;
    this.sizeBytes = sizeBytes;
  }

  static async open(path: string, redact: Redact): Promise<Appender> {
    try {
      const handle = await open(path, "a");
      return new Appender(path, handle, redact, (await handle.stat()).size);
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  async append(line: string): Promise<void> {
    const written = this.#last.then(() => this.#handle.appendFile(`${this.#redact(line)}\n`));
    this.#last = written.catch(() => undefined);
    try {
      await written;
    } catch (cause) {
      const message = `cannot write ${this.#path}: ${(cause as Error).message}`;
      throw new HeddleError("HOST_FAILED", message, { cause });
    }
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#handle.truncate(sizeBytes);
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#handle.close();
  }
}

function statePath(path: string): string {
  return `${path}.state`;
}

async function look(path: string): Promise<{ isFile: boolean; sizeBytes: number }> {
  const stats = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw unwritable(path, cause);
  });
  if (stats === undefined) return { isFile: true, sizeBytes: 0 };
  if (stats.isDirectory()) throw refusal(`${path} is a directory`);
  if (stats.isFIFO() || stats.isSocket()) {
    throw refusal(`${path} is a pipe; results go to one without --out, by standard output`);
  }
  return { isFile: stats.isFile(), sizeBytes: stats.size };
}

function refusal(message: string): HeddleError {
  return new HeddleError("INVALID_OPTION", message, { details: { field: "out" } });
}

function unwritable(path: string, cause: unknown): HeddleError {
  const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
  const why = isMissing ? "there is no such directory" : (cause as Error).message;
  return new HeddleError("INVALID_OPTION", `cannot write ${path}: ${why}`, { cause });
}
