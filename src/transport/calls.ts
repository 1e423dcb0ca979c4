import type { Endpoint, Remote } from "comlink";
import { expose, releaseProxy, wrap } from "comlink";
import { fromWireError, HeddleError, toHeddleError, toWireError } from "../errors.ts";
import type { WireError } from "../protocol/error.ts";

/*
 * Calls between threads: comlink behind a guarded endpoint. What comlink alone does not give, and this file adds:
 *
 * 1. A call settles when the other thread dies, or is dead already.
 * 2. Only the own methods of the exposed object can be called: no property paths, no set, no construct, no endpoint.
 * 3. Arguments and replies are plain data: a peer cannot make this side open ports.
 * 4. Errors keep their `code` and cause. They travel inside a result, because comlink's own handler for errors is one for
 *    the whole process, and belongs to the user.
 */

/** One half of a call on its way. Both halves share the thread's one port with every other message, so order is kept. */
export type CallMessage =
  | { readonly type: "call"; readonly body: unknown }
  | { readonly type: "reply"; readonly body: unknown };

export type Methods = { readonly [name: string]: (...args: never[]) => unknown };

type Result =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: WireError };

type Body = { readonly id: string; readonly type: string };
type Listener = (event: { data: unknown }) => void;

/** Calls the methods that the other thread exposes. */
export class Caller<M extends { readonly [K in keyof M]: (...args: never[]) => unknown }> {
  readonly #pending = new Set<string>();
  readonly #post: (message: CallMessage) => void;
  /** Held here as long as calls can be made: comlink releases a proxy that is garbage-collected, and its calls never settle. */
  readonly #remote: Remote<Record<string, (...args: unknown[]) => Result>>;
  #listener: Listener = () => {};
  #closed: HeddleError | undefined;

  constructor(post: (message: CallMessage) => void) {
    this.#post = post;
    this.#remote = wrap(this.#endpoint());
  }

  /** @throws {HeddleError} what the method threw; or, once `close` was called, what it was called with. */
  async call<K extends keyof M & string>(
    method: K,
    ...args: Parameters<M[K]>
  ): Promise<Awaited<ReturnType<M[K]>>> {
    if (this.#closed) throw this.#closed;
    const target = this.#remote[method] as unknown as (...args: unknown[]) => Promise<Result>;
    try {
      const result = await target(...args);
      if (!result.ok) throw fromWireError(result.error);
      return result.value as Awaited<ReturnType<M[K]>>;
    } catch (error) {
      throw toHeddleError(error, "INTERNAL");
    }
  }

  /** Takes the `body` of a `reply`. One that answers no pending call is ignored, one that is not plain data rejects its call. */
  deliver(body: unknown): void {
    const { id, type } = (body ?? {}) as Partial<Body>;
    if (typeof id !== "string" || !this.#pending.has(id)) return;
    if (type !== "RAW") {
      this.#refuse(id, new HeddleError("INTERNAL", "the reply is not plain data"));
      return;
    }
    this.#pending.delete(id);
    this.#listener({ data: body });
  }

  /** Rejects every pending and every later call with `error`. */
  close(error: HeddleError): void {
    if (this.#closed) return;
    this.#closed = error;
    for (const id of [...this.#pending]) this.#refuse(id, error);
    // comlink keeps the endpoint of a proxy until the proxy is garbage, and this endpoint leads to the proxy: without this,
    // both would stay for ever, and whatever they lead to.
    this.#remote[releaseProxy]();
  }

  #endpoint(): Endpoint {
    return {
      postMessage: (body: Body) => {
        this.#pending.add(body.id);
        if (this.#closed) this.#refuse(body.id, this.#closed);
        else this.#send(body);
      },
      addEventListener: (_type: string, listener: unknown) => {
        this.#listener = listener as Listener;
      },
      removeEventListener: () => {},
    };
  }

  #send(body: Body): void {
    try {
      this.#post({ type: "call", body });
    } catch (error) {
      this.#refuse(body.id, error);
    }
  }

  #refuse(id: string, error: unknown): void {
    const value: Result = { ok: false, error: toWireError(error) };
    this.deliver({ id, type: "RAW", value });
  }
}

/** Lets the other thread call `methods`. Returns what takes the `body` of each `call`. */
export function exposeMethods(
  methods: Methods,
  post: (message: CallMessage) => void,
): (body: unknown) => void {
  const guarded: Record<string, (...args: never[]) => Promise<Result>> = Object.create(null);
  for (const [name, method] of Object.entries(methods)) {
    guarded[name] = async (...args) => settle(method, args);
  }
  let listener: Listener = () => {};
  expose(guarded, {
    postMessage: (body: unknown) => post({ type: "reply", body }),
    addEventListener: (_type: string, added: unknown) => {
      listener = added as Listener;
    },
    removeEventListener: () => {},
  });
  return (body) => {
    if (isPlainApply(body, guarded)) listener({ data: body });
  };
}

async function settle(method: (...args: never[]) => unknown, args: never[]): Promise<Result> {
  try {
    return { ok: true, value: await method(...args) };
  } catch (error) {
    return { ok: false, error: toWireError(error) };
  }
}

/** Whether `body` is a call of one exposed method with plain arguments. Anything else is dropped: no honest caller sends it. */
function isPlainApply(body: unknown, guarded: object): boolean {
  if (typeof body !== "object" || body === null) return false;
  const { type, path, argumentList } = body as Record<string, unknown>;
  return (
    type === "APPLY" &&
    Array.isArray(path) &&
    path.length === 1 &&
    typeof path[0] === "string" &&
    Object.hasOwn(guarded, path[0]) &&
    Array.isArray(argumentList) &&
    argumentList.every((argument) => (argument as { type?: unknown } | null)?.type === "RAW")
  );
}

/** The error of calls to a thread that is gone. */
export function threadGone(what: string, cause?: unknown): HeddleError {
  return new HeddleError("THREAD_GONE", `${what} is gone`, { cause });
}
