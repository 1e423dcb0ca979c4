import { open, readFile, realpath, rename, rm } from "node:fs/promises";
import process from "node:process";
import type { Message } from "../../index.ts";
import { HeddleError } from "../../index.ts";
import type { Redact } from "../redact.ts";
import { readTranscript, writeTranscript } from "./transcript.ts";

/** Where a conversation is kept. A reader finds the old one or the new one in it, never a part of one. */
export class TranscriptFile {
  readonly path: string;
  /** What it held when it was opened. */
  readonly transcript: readonly Message[];
  readonly #redact: Redact;

  private constructor(path: string, transcript: readonly Message[], redact: Redact) {
    this.path = path;
    this.transcript = transcript;
    this.#redact = redact;
  }

  /**
   * One that is not there, or is empty, holds no messages yet.
   *
   * @throws {HeddleError} `INVALID_OPTION` when it cannot be read, or holds something else: it is left as it is.
   */
  static async open(path: string, redact: Redact): Promise<TranscriptFile> {
    const text = await readOrEmpty(path);
    if (text === "") return new TranscriptFile(path, [], redact);
    const read = readTranscript(text);
    if (read.type === "refused") throw refusal(`${path} is no transcript: ${read.reason}`);
    // Through a link, the file that it leads to is written.
    return new TranscriptFile(await realpath(path), read.transcript, redact);
  }

  /** Keeps `transcript`, without secrets, and readable by the file's owner only. Rejects with what the file system says. */
  async save(transcript: readonly Message[]): Promise<void> {
    const draft = `${this.path}.${process.pid}.tmp`;
    try {
      const handle = await open(draft, "w", 0o600);
      try {
        await handle.writeFile(this.#redact(writeTranscript(transcript)));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, this.path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return "";
    throw refusal(`cannot read ${path}: ${message}`, cause);
  }
}

function refusal(message: string, cause?: unknown): HeddleError {
  return new HeddleError("INVALID_OPTION", message, { cause, details: { field: "resume" } });
}
