import type { HeddleError } from "../../src/errors.ts";
import type { CallMessage, Methods } from "../../src/transport/calls.ts";
import { Caller, exposeMethods } from "../../src/transport/calls.ts";

type Calls = { readonly [name: string]: (...args: never[]) => unknown };

/** Two halves of a call with a thread's port between them: messages are cloned, arrive later, and in order. */
export class Link {
  readonly caller: Caller<Calls>;
  /** Every message on its way, as it was sent. */
  readonly messages: CallMessage[] = [];
  /** Takes the body of a call on the side of the methods, as if it had come from the other thread. */
  readonly take: (body: unknown) => void;
  #isCut: boolean = false;

  constructor(methods: Methods) {
    this.caller = new Caller((message) => this.#carry(message, (body) => this.take(body)));
    this.take = exposeMethods(methods, (message) =>
      this.#carry(message, (body) => this.caller.deliver(body)),
    );
  }

  call(method: string, ...args: unknown[]): Promise<unknown> {
    return this.caller.call(method, ...(args as never[]));
  }

  /** The other thread dies: nothing arrives any more. */
  cut(error: HeddleError): void {
    this.#isCut = true;
    this.caller.close(error);
  }

  #carry(message: CallMessage, deliver: (body: unknown) => void): void {
    const { type, body } = structuredClone(message);
    this.messages.push({ type, body });
    queueMicrotask(() => {
      if (!this.#isCut) deliver(body);
    });
  }
}
