import { Subject } from "rxjs";
import { describe, expect, test } from "vitest";
import type { Answer, AskOptions } from "../../../src/cli/confirm/confirmer.ts";
import { Confirmer } from "../../../src/cli/confirm/confirmer.ts";
import type { ConfirmationRequest, SessionEvent, ToolDecision } from "../../../src/index.ts";
import { HeddleError } from "../../../src/index.ts";

type Question = AskOptions & {
  readonly request: ConfirmationRequest;
  readonly answer: (answer: Answer) => void;
  readonly fail: (error: Error) => void;
};

/** A session whose questions come up by hand, and a person who answers them by hand. */
class Desk {
  readonly confirmations$ = new Subject<ConfirmationRequest>();
  readonly events$ = new Subject<SessionEvent>();
  readonly decided: [string, ToolDecision][] = [];
  readonly open = new Set<string>();
  readonly #questions: Question[] = [];
  #arrived: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor() {
    const confirmer = new Confirmer(this, (request, options) => {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      this.#questions.push({ ...options, request, answer: resolve, fail: reject });
      this.#arrived.resolve();
      return promise;
    });
    confirmer.watch();
  }

  ask(id: string, more: Partial<ConfirmationRequest> = {}): void {
    this.open.add(id);
    this.confirmations$.next({
      confirmationId: id,
      jobId: "j",
      workerId: "w",
      workerName: "w",
      toolCallId: id,
      toolName: "send",
      args: {},
      ...more,
    });
  }

  readonly decide = (id: string, decision: ToolDecision): void => {
    if (!this.open.has(id)) throw new HeddleError("UNKNOWN_CONFIRMATION", "it was decided");
    if ("edit" in decision && decision.edit === "bad") {
      throw new HeddleError("INVALID_INPUT", "not what the tool takes");
    }
    this.decided.push([id, decision]);
    this.settle(id);
  };

  settle(id: string): void {
    this.open.delete(id);
    const named = { toolCallId: id, toolName: "send", confirmationId: id };
    this.events$.next({
      type: "job-event",
      jobId: "j",
      workerId: "w",
      event: { type: "confirmation-decided", seq: 0, atMs: 0, decision: "cancelled", ...named },
    });
  }

  /** The next question that the person is asked. */
  async next(): Promise<Question> {
    for (;;) {
      const question = this.#questions.shift();
      if (question !== undefined) return question;
      this.#arrived = Promise.withResolvers();
      await this.#arrived.promise;
    }
  }

  get isQuiet(): boolean {
    return this.#questions.length === 0;
  }
}

const approved = { type: "decided", decision: { approve: true }, always: false } as const;
const always = { ...approved, always: true } as const;
const edited = (edit: unknown) => ({ type: "decided", decision: { edit }, always: false }) as const;

describe("Confirmer", () => {
  test("questions come one after the other, in order, and say how many wait", async () => {
    const desk = new Desk();
    for (const id of ["1", "2", "3"]) desk.ask(id);
    const first = await desk.next();
    expect([first.request.confirmationId, desk.isQuiet]).toEqual(["1", true]);
    first.answer(approved);
    const second = await desk.next();
    expect([second.request.confirmationId, second.behind]).toEqual(["2", 1]);
    second.answer({ type: "decided", decision: { deny: "no" }, always: false });
    (await desk.next()).answer(edited({ a: 1 }));
    desk.ask("4");
    await desk.next();
    expect(desk.decided).toEqual([
      ["1", { approve: true }],
      ["2", { deny: "no" }],
      ["3", { edit: { a: 1 } }],
    ]);
  });

  test("an edit that the tool does not take is asked about again, with the reason", async () => {
    const desk = new Desk();
    desk.ask("1");
    const first = await desk.next();
    expect(first.complaint).toBeUndefined();
    first.answer(edited("bad"));
    const again = await desk.next();
    expect([again.request.confirmationId, again.complaint]).toEqual([
      "1",
      "not what the tool takes",
    ]);
    again.answer(edited("good"));
    desk.ask("2");
    await desk.next();
    expect(desk.decided).toEqual([["1", { edit: "good" }]]);
  });

  test("always: what waits of that tool is approved, and what is to come; other tools are asked about", async () => {
    const desk = new Desk();
    desk.ask("1");
    desk.ask("2");
    desk.ask("3", { toolName: "remove" });
    (await desk.next()).answer(always);
    const remove = await desk.next();
    expect(remove.request.confirmationId).toBe("3");
    remove.answer(approved);
    desk.ask("4");
    desk.ask("5", { toolName: "remove" });
    await desk.next();
    expect(desk.decided.map(([id]) => id)).toEqual(["1", "2", "3", "4"]);
  });

  test("always is not for a tool of that name of a child", async () => {
    const desk = new Desk();
    desk.ask("1");
    (await desk.next()).answer(always);
    desk.ask("2", { parentId: "j", workerName: "helper" });
    const child = await desk.next();
    expect(child.request.confirmationId).toBe("2");
  });

  test("what is decided elsewhere is withdrawn, and what waits behind it is asked", async () => {
    const desk = new Desk();
    desk.ask("1");
    desk.ask("2");
    desk.ask("3");
    const first = await desk.next();
    desk.settle("2");
    desk.settle("1");
    expect(first.signal.aborted).toBe(true);
    first.answer({ type: "none" });
    expect((await desk.next()).request.confirmationId).toBe("3");
    expect(desk.decided).toEqual([]);
  });

  test("an answer that comes too late is none", async () => {
    const desk = new Desk();
    desk.ask("1");
    const first = await desk.next();
    desk.settle("1");
    first.answer(approved);
    desk.ask("2");
    await desk.next();
    expect(desk.decided).toEqual([]);
  });

  test("what cannot be asked is denied, and others are asked", async () => {
    const desk = new Desk();
    desk.ask("1");
    (await desk.next()).fail(new Error("the terminal is gone"));
    desk.ask("2");
    await desk.next();
    expect(desk.decided).toEqual([["1", { deny: "nobody could be asked: the terminal is gone" }]]);
  });
});
