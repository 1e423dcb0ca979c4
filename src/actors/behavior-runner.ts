import { HeddleError } from "../errors.ts";
import type {
  ActorRequest,
  BehaviorStart,
  Delivery,
  HandlerOutcome,
  Reply,
  Snapshot,
} from "../protocol/behavior.ts";
import { deniedAccess } from "../tools/access-denied.ts";
import type { Behavior, Decision, Handler } from "./api.ts";
import { ActorContext } from "./behavior-context.ts";
import { RequestQueue } from "./request-queue.ts";

type AnyHandlers = { readonly [name: string]: Handler<unknown> };

/** Runs a behaviour inside its actor: keeps its state, handles one message at a time. */
export class BehaviorRunner {
  readonly #queue: RequestQueue<ActorRequest>;
  /** Ends the actor with what a handler has thrown. */
  readonly #crash: (error: unknown) => never;
  readonly #isCancelled: () => boolean;
  readonly #abort: AbortController = new AbortController();
  #behavior: Behavior<unknown, AnyHandlers> | undefined;
  #ctx: ActorContext | undefined;
  #state: unknown;

  constructor(
    call: (request: ActorRequest) => Promise<unknown>,
    crash: (error: unknown) => never,
    isCancelled: () => boolean,
  ) {
    this.#queue = new RequestQueue(call, () => call({ type: "sync" }));
    this.#crash = crash;
    this.#isCancelled = isCancelled;
  }

  /** The worker is to stop: whoever listens may come to an end by itself. */
  stop(reason: string): void {
    this.#abort.abort(new HeddleError("WORKER_STOPPED", reason));
  }

  /** @throws {HeddleError} `BEHAVIOR_LOAD_FAILED`, `BEHAVIOR_START_FAILED`. */
  async load({ moduleUrl, self, context, parked }: BehaviorStart): Promise<void> {
    const behavior = await loadBehavior(moduleUrl);
    this.#behavior = behavior;
    const { signal } = this.#abort;
    const view = { signal, isCancelled: this.#isCancelled };
    this.#ctx = new ActorContext({ self, context }, this.#queue, view);
    this.#state = parked ? parked.state : await this.#start(behavior, this.#ctx);
    await this.#queue.sent();
  }

  async handle({ name, message }: Delivery): Promise<HandlerOutcome> {
    const receive = this.#behavior?.receive ?? {};
    const handler = Object.hasOwn(receive, name) ? receive[name] : undefined;
    if (!handler) return { type: "unknown" };
    const decision = await this.#decide(handler, message);
    await this.#queue.sent();
    const reply = plainReply(decision.reply);
    if (decision.type === "stop") return { type: "stopped", reason: decision.reason, reply };
    this.#state = decision.state;
    return { type: "became", reply };
  }

  /** Only between two messages. */
  snapshot(): Snapshot {
    try {
      return { ok: true, state: structuredClone(this.#state) };
    } catch {
      return { ok: false };
    }
  }

  async #start(behavior: Behavior<unknown, AnyHandlers>, ctx: ActorContext): Promise<unknown> {
    try {
      return await behavior.start(ctx);
    } catch (error) {
      throw new HeddleError("BEHAVIOR_START_FAILED", "start() threw", { cause: error });
    }
  }

  async #decide(handler: Handler<unknown>, message: unknown): Promise<Decision<unknown>> {
    try {
      const decision = await handler(this.#state, message as never, this.#ctx as ActorContext);
      return checkDecision(decision);
    } catch (error) {
      const { signal } = this.#abort;
      if (signal.aborted && gaveUp(error, signal.reason)) throw signal.reason;
      return this.#crash(error);
    }
  }
}

async function loadBehavior(moduleUrl: string): Promise<Behavior<unknown, AnyHandlers>> {
  let module: { readonly behavior?: Partial<Behavior<unknown, AnyHandlers>> };
  try {
    module = await import(moduleUrl);
  } catch (error) {
    const denied = deniedAccess(error);
    const why = denied ? `: ${denied.message}` : "";
    const message = `the behaviour's module cannot be loaded: ${moduleUrl}${why}`;
    throw new HeddleError("BEHAVIOR_LOAD_FAILED", message, { cause: error });
  }
  const { start, receive } = module.behavior ?? {};
  if (typeof start === "function" && typeof receive === "object" && receive !== null) {
    return { start, receive };
  }
  const message = `the module exports no \`behavior\` with start() and receive: ${moduleUrl}`;
  throw new HeddleError("BEHAVIOR_LOAD_FAILED", message);
}

/** Whoever wrote the handler may not have kept to the type. */
function checkDecision(decision: Partial<Decision<unknown>> | undefined): Decision<unknown> {
  if (decision?.type === "become" || decision?.type === "stop")
    return decision as Decision<unknown>;
  throw new HeddleError("INVALID_REPLY", "a handler must return become(…) or stop(…)");
}

/** Functions of Node that take a signal throw its reason, or an error of their own whose cause it is. */
function gaveUp(error: unknown, reason: unknown): boolean {
  return error === reason || (error instanceof Error && error.cause === reason);
}

function plainReply(value: unknown): Reply {
  try {
    return { ok: true, value: structuredClone(value) };
  } catch {
    return { ok: false };
  }
}
