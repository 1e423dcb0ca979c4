import { HeddleError } from "../index.ts";
import type { Destination } from "./destination.ts";
import type { BadLine, Input } from "./input.ts";
import type { Prepared } from "./prepare.ts";
import { decide } from "./resume.ts";
import type { Tally } from "./tally.ts";

/**
 * Yields the inputs that are to be run, one at a time, as they are asked for; counts and tells the others.
 *
 * `failure` holds why reading ended early, if it did: jobs that run already are not harmed by that.
 */
export class Plan {
  readonly #prepared: Prepared;
  readonly #tally: Tally;
  readonly #destination: Pick<Destination, "keepQuestion">;
  readonly #note: (text: string) => void;
  failure: unknown;
  #lines = 0;

  constructor(
    prepared: Prepared,
    tally: Tally,
    destination: Pick<Destination, "keepQuestion">,
    note: (text: string) => void,
  ) {
    this.#prepared = prepared;
    this.#destination = destination;
    this.#tally = tally;
    this.#note = note;
  }

  async *toRun(): AsyncGenerator<Input, void, undefined> {
    const { options, stopping } = this.#prepared;
    let room = options.limit ?? Number.POSITIVE_INFINITY;
    try {
      for await (const input of this.#admitted()) {
        yield input;
        room -= 1;
        if (room === 0) break;
      }
    } catch (error) {
      this.failure = error;
    }
    const isImplied = options.source.type === "stdin" && !options.source.asked;
    if (isImplied && this.#lines === 0 && !stopping.noMore.aborted) this.failure ??= nothingToRun();
    this.#tally.inputEnded = true;
  }

  async *#admitted(): AsyncGenerator<Input, void, undefined> {
    const { inputs, stopping } = this.#prepared;
    for await (const input of inputs) {
      this.#lines += 1;
      if (stopping.noMore.aborted) return;
      if (!this.#isToRun(input)) continue;
      await this.#destination.keepQuestion(input);
      // A signal may have come while its question was written.
      if (stopping.noMore.aborted) return;
      yield input;
    }
  }

  #isToRun(input: Input | BadLine): input is Input {
    if (input.type === "bad") return this.#refuse(input.line, input.reason);
    const { options, found } = this.#prepared;
    if (found === undefined || !options.resume) return true;
    const decision = decide(input, found.held, options);
    if (decision.type === "refuse") return this.#refuse(input.line, decision.reason);
    if (decision.type === "run") return true;
    this.#tally.count(decision.status === "completed" ? "skipped" : "leftFailed");
    return false;
  }

  #refuse(line: number, reason: string): false {
    this.#tally.count("bad");
    this.#note(`line ${line}: ${reason}`);
    return false;
  }
}

function nothingToRun(): HeddleError {
  const message = "nothing to run: name a FILE.jsonl, - for standard input, or --prompt TEXT";
  return new HeddleError("INVALID_INPUT", message);
}
