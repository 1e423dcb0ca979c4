import process from "node:process";
import type { JobOutcome, Session, WorkerJob } from "../../index.ts";
import { HeddleError, Supervisor } from "../../index.ts";
import { isInteractive, openConfirmer } from "../confirm/open-confirmer.ts";
import { LineReader } from "../line-reader.ts";
import type { Streams } from "../output.ts";
import { describeChoice, providerName } from "../provider-choice.ts";
import type { StopSignal } from "../signals.ts";
import { mayHang, Signals } from "../signals.ts";
import { readUntil } from "../source.ts";
import { colorsFor } from "../terminal.ts";
import { TurnView } from "../turn-view.ts";
import { Conversation } from "./conversation.ts";
import type { PreparedChat } from "./prepare-chat.ts";
import type { Prompts } from "./prompts.ts";
import { pipedPrompts, terminalPrompts } from "./prompts.ts";
import type { Slash } from "./slash.ts";
import { historyLines, readSlash, SLASH_HELP, usageLine } from "./slash.ts";

/**
 * Talks with one agent until there is nothing more to say.
 *
 * @returns the exit code.
 * @throws {HeddleError} when it could not begin.
 */
export async function chat(prepared: PreparedChat, streams: Streams): Promise<number> {
  const { choice, provider } = prepared;
  await using supervisor = await Supervisor.start({
    providers: { [providerName(choice)]: provider },
    keepSettled: { ms: 0, count: 0 },
    threads: { spare: 1 },
  });
  return await new Chat(prepared, streams, supervisor).talk();
}

class Chat {
  readonly #prepared: PreparedChat;
  readonly #streams: Streams;
  readonly #session: Session;
  readonly #conversation: Conversation;
  readonly #signals: Signals;
  /** Aborts when no further prompt is to be read. */
  readonly #leaving = new AbortController();
  readonly #isInteractive: boolean;
  readonly #view: TurnView;
  #turn: WorkerJob | undefined;
  /** Something that was asked for is not there. */
  #isFlawed: boolean = false;

  constructor(prepared: PreparedChat, streams: Streams, supervisor: Supervisor) {
    this.#prepared = prepared;
    this.#streams = streams;
    this.#isInteractive = isInteractive(streams);
    this.#view = new TurnView(streams, colorsFor(streams.stderr, process.env));
    this.#session = supervisor.openSession({ name: "chat" });
    this.#conversation = new Conversation(this.#session, prepared.worker);
    this.#signals = new Signals({
      onStop: (signal) => this.#stop(signal),
      onKill: () => {},
      mayHang: () => mayHang(supervisor),
    });
  }

  async talk(): Promise<number> {
    const { stdout } = this.#streams;
    this.#signals.watch();
    stdout.gone.addEventListener("abort", () => this.#leave("standard output takes nothing more"));
    this.#openConfirmer();
    this.#introduce();
    try {
      const isInterrupted = await this.#converse();
      if (isInterrupted) return 130;
    } finally {
      this.#signals.release();
      this.#leaving.abort();
    }
    return this.#signals.exitCode ?? (this.#isFlawed || stdout.gone.aborted ? 1 : 0);
  }

  /** Returns whether it was left by Ctrl-C at an idle prompt. */
  async #converse(): Promise<boolean> {
    const prompts = this.#openPrompts();
    while (!this.#leaving.signal.aborted) {
      const prompt = await prompts.next();
      switch (prompt.type) {
        case "prompt":
          await this.#answer(prompt.text);
          break;
        case "unusable":
          this.#note(prompt.reason);
          this.#isFlawed = true;
          break;
        case "interrupted":
          return true;
        case "end":
          return false;
        default:
          prompt satisfies never;
      }
    }
    return false;
  }

  #openPrompts(): Prompts {
    const { signal } = this.#leaving;
    if (!this.#isInteractive) return pipedPrompts(readUntil(process.stdin, signal));
    const mark = colorsFor(this.#streams.stderr, process.env).bold("> ");
    return terminalPrompts(new LineReader(process.stdin, process.stderr), mark, signal);
  }

  async #answer(text: string): Promise<void> {
    const slash = readSlash(text);
    if (slash !== undefined) return await this.#obey(slash);
    try {
      await this.#take(await this.#conversation.say(text));
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      this.#fail(`${error.code}: ${error.message}`);
    }
    await this.#save();
  }

  /** One turn, from its prompt to its end. */
  async #take(turn: WorkerJob): Promise<void> {
    this.#turn = turn;
    // A signal may have come while the turn was made.
    if (this.#leaving.signal.aborted) void turn.cancel("the chat is left");
    await this.#view.follow(turn);
    const outcome = await turn.outcome;
    this.#turn = undefined;
    if (!this.#leaving.signal.aborted) this.#signals.forget();
    this.#tellEnd(outcome);
  }

  #tellEnd({ status, error }: JobOutcome): void {
    if (status === "cancelled") this.#fail("cancelled; what was said is kept");
    else if (error !== undefined) this.#fail(`${error.code}: ${error.message}`);
  }

  async #obey(slash: Slash): Promise<void> {
    switch (slash.type) {
      case "help":
        return await this.#tell(SLASH_HELP);
      case "history":
        return await this.#tell(historyLines(this.#conversation.transcript));
      case "usage":
        return await this.#tell([usageLine(this.#session.usage)]);
      case "clear":
        await this.#conversation.clear();
        await this.#save();
        return await this.#tell(["a new conversation"]);
      case "unknown":
        return await this.#tell([slash.reason]);
      default:
        slash satisfies never;
    }
  }

  /** What cannot be kept is told; the conversation goes on. */
  async #save(): Promise<void> {
    const { file } = this.#prepared;
    try {
      await file?.save(this.#conversation.transcript);
    } catch (error) {
      this.#note(`the conversation is not kept: ${(error as Error).message}`);
      this.#isFlawed = true;
    }
  }

  #stop(signal: StopSignal): void {
    if (signal === "SIGTERM" || this.#turn === undefined) {
      this.#leave(`interrupted by ${signal}`);
      return;
    }
    if (this.#isInteractive) this.#view.breakLine();
    this.#note("cancelling; once more ends at once");
    void this.#turn.cancel("interrupted by SIGINT");
  }

  #leave(reason: string): void {
    this.#leaving.abort();
    void this.#turn?.cancel(reason);
  }

  #openConfirmer(): void {
    openConfirmer(this.#session, {
      streams: this.#streams,
      env: process.env,
      canAsk: true,
      nameOf: ({ workerName }) => workerName,
      note: (text) => this.#note(text),
      onHold: () => {},
      onInterrupt: () => this.#signals.raise("SIGINT"),
    });
  }

  #introduce(): void {
    const { choice, file } = this.#prepared;
    this.#note(describeChoice(choice));
    if (file !== undefined && file.transcript.length > 0) {
      this.#note(`${file.path}: going on after ${file.transcript.length} messages`);
    }
    if (this.#isInteractive) this.#note("/help shows what there is; Ctrl-D leaves");
  }

  /** Only where nobody can see it and ask again does a failed turn count in the end. */
  #fail(text: string): void {
    this.#note(text);
    if (!this.#isInteractive) this.#isFlawed = true;
  }

  #note(text: string): void {
    void this.#streams.stderr.print(`heddle: ${text}\n`);
  }

  async #tell(lines: readonly string[]): Promise<void> {
    await this.#streams.stderr.print(`${lines.join("\n")}\n`);
  }
}
