/** An actor that sends many more than this in one turn is ended as one that floods. */
const BATCH = 64;

type Waiting<Request> = {
  readonly request: Request;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * What an actor asks of its supervisor, in order, and no faster than the supervisor takes it: after each batch it waits until
 * the supervisor has had a turn. What waits here grows the actor's memory, not the supervisor's.
 */
export class RequestQueue<Request> {
  readonly #call: (request: Request) => Promise<unknown>;
  readonly #sync: () => Promise<unknown>;
  readonly #waiting: Waiting<Request>[] = [];
  #sentInBatch = 0;
  #flushed: PromiseWithResolvers<void> | undefined;

  /** `sync` settles when the supervisor has had a turn. */
  constructor(call: (request: Request) => Promise<unknown>, sync: () => Promise<unknown>) {
    this.#call = call;
    this.#sync = sync;
  }

  send(request: Request): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.push({ request, resolve, reject });
    if (!this.#flushed) this.#flush();
    return promise;
  }

  /** Resolves when all that was asked is on its way: before it, no decision may overtake it. */
  async sent(): Promise<void> {
    await this.#flushed?.promise;
  }

  #flush(): void {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (this.#sentInBatch === BATCH) {
        this.#waiting.unshift(next);
        this.#pause();
        return;
      }
      this.#sentInBatch += 1;
      this.#call(next.request).then(next.resolve, next.reject);
    }
    this.#flushed?.resolve();
    this.#flushed = undefined;
  }

  #pause(): void {
    this.#flushed ??= Promise.withResolvers();
    const goOn = () => {
      this.#sentInBatch = 0;
      this.#flush();
    };
    this.#sync().then(goOn, goOn);
  }
}
