import type { BehaviorOptions, BehaviorWorker, Session, WorkerState } from "../../src/index.ts";

/** What the fixtures' modules export, by their file names. */
export type Fixtures = {
  contextual: typeof import("../fixtures/behaviours/contextual.ts").behavior;
  counter: typeof import("../fixtures/behaviours/counter.ts").behavior;
  faulty: typeof import("../fixtures/behaviours/faulty.ts").behavior;
  gate: typeof import("../fixtures/behaviours/gate.ts").behavior;
  lives: typeof import("../fixtures/behaviours/lives.ts").behavior;
  social: typeof import("../fixtures/behaviours/social.ts").behavior;
  stoppable: typeof import("../fixtures/behaviours/stoppable.ts").behavior;
  "throws-on-start": typeof import("../fixtures/behaviours/throws-on-start.ts").behavior;
};

/** Restarts at once. */
export const AT_ONCE = { initialMs: 1, maxMs: 1 };

export function moduleOf(name: string): URL {
  return new URL(`../fixtures/behaviours/${name}.js`, import.meta.url);
}

export function create<N extends keyof Fixtures>(
  session: Session,
  name: N,
  options: Omit<BehaviorOptions, "behavior"> = {},
): BehaviorWorker<Fixtures[N]> {
  return session.createWorker<Fixtures[N]>({ ...options, behavior: moduleOf(name) });
}

/** Resolves when the worker is in that state. */
export async function reaches(
  worker: Pick<BehaviorWorker, "state$">,
  state: WorkerState,
): Promise<void> {
  const reached = Promise.withResolvers<void>();
  const subscription = worker.state$.subscribe((now) => {
    if (now === state) reached.resolve();
  });
  await reached.promise;
  subscription.unsubscribe();
}

/** A handler that is held until it is let go: `shut` of the fixture `gate`. */
export class Gate {
  readonly message: { readonly gate: SharedArrayBuffer };
  readonly #view: Int32Array;

  constructor() {
    const gate = new SharedArrayBuffer(8);
    this.message = { gate };
    this.#view = new Int32Array(gate);
  }

  /** Resolves when the handler is being held. */
  async entered(): Promise<void> {
    await Atomics.waitAsync(this.#view, 1, 0).value;
  }

  open(): void {
    Atomics.store(this.#view, 0, 1);
    Atomics.notify(this.#view, 0);
  }
}
