/** An end that comes once. It counts from before it begins: those who hear of the first thing that ends may ask for it again. */
export class Ending {
  #over: PromiseWithResolvers<void> | undefined;

  get hasBegun(): boolean {
    return this.#over !== undefined;
  }

  /** Calls `run`, which never rejects, unless the end has begun already. Resolves when it is over. */
  begin(run: () => Promise<void>): Promise<void> {
    if (this.#over) return this.#over.promise;
    const over = Promise.withResolvers<void>();
    this.#over = over;
    void run().then(over.resolve);
    return over.promise;
  }
}
