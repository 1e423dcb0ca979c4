import type { ModelResponseChunk } from "../../src/protocol/model.ts";
import type { ConfirmationRequest, ToolDecision } from "../../src/protocol/tool.ts";
import type { WorkerHost } from "../../src/supervisor/host.ts";
import type { SupervisorSession } from "../../src/supervisor/supervisor-session.ts";
import type { Participant } from "./world.ts";

/** What a host does with chunks. */
export type Taking = "none" | "takes" | "throws" | "hangs";

/** What a host says to questions about tool calls. */
export type Deciding =
  | "is not asked"
  | "approves"
  | "denies"
  | "edits"
  | "remembers"
  | "never answers"
  | "throws"
  | "says nonsense";

/** The application's side of a job. It answers when the scheduler lets it. */
export class SimHost implements Participant {
  readonly host: WorkerHost;
  readonly #answers = new Set<() => void>();

  constructor(takes: Taking, decides: Deciding) {
    const asked = (_workerId: string, request: ConfirmationRequest) =>
      this.#answer(request, decides);
    this.host = {
      ...(takes === "none" ? {} : { responseChunkReceived: receiver(takes) }),
      ...(decides === "is not asked" ? {} : { getToolConfirmation: asked }),
    };
  }

  collect(all: (() => void)[]): void {
    all.push(...this.#answers);
  }

  #answer(request: ConfirmationRequest, decides: Deciding): Promise<ToolDecision> {
    const { promise, resolve, reject } = Promise.withResolvers<ToolDecision>();
    if (decides === "never answers" || decides === "is not asked") return promise;
    const answer = () => {
      this.#answers.delete(answer);
      if (decides === "throws") reject(new Error("a bug in the host"));
      else resolve(decisionOf(decides, request.args));
    };
    this.#answers.add(answer);
    return promise;
  }
}

/** Somebody who in the end approves of everything that is asked. */
export class SimPerson implements Participant {
  readonly #sessions: readonly SupervisorSession[];

  constructor(sessions: readonly SupervisorSession[]) {
    this.#sessions = sessions;
  }

  collect(all: (() => void)[]): void {
    for (const session of this.#sessions) {
      if (session.tools.confirmations.size === 0) continue;
      for (const id of session.confirmations.keys()) {
        all.push(() => session.decide(id, { approve: true }));
      }
    }
  }
}

/** An edit adds to what the tool is called with, so that it cannot be taken for anything else. */
export function decisionOf(
  decides: Exclude<Deciding, "is not asked" | "never answers" | "throws">,
  args: unknown,
): ToolDecision {
  switch (decides) {
    case "approves":
      return { approve: true };
    case "remembers":
      return { approve: true, remember: "session" };
    case "denies":
      return { deny: "not now" };
    case "edits":
      return { edit: { n: 1_000 + (args as { readonly n: number }).n } };
    case "says nonsense":
      return { edit: { n: "a word" } };
    default:
      return decides satisfies never;
  }
}

function receiver(takes: Exclude<Taking, "none">) {
  return (_workerId: string, _chunk: ModelResponseChunk): void | Promise<void> => {
    if (takes === "throws") throw new Error("a bug in the host");
    return takes === "hangs" ? new Promise<void>(() => {}) : undefined;
  };
}
