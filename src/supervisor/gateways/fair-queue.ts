type Waiting<T> = { readonly order: number; readonly item: T };

/**
 * What waits, by tenant: each tenant's turn comes round, and its own are taken by their order.
 *
 * With `n` tenants, whoever is the first of a tenant's is taken after `n - 1` others at most.
 */
export class FairQueue<T> {
  /** The tenant whose turn it is comes first. None is empty. */
  readonly #lines = new Map<string, Waiting<T>[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** How many wait, by tenant. */
  get sizes(): readonly (readonly [tenant: string, count: number])[] {
    return [...this.#lines].map(([tenant, line]) => [tenant, line.length]);
  }

  /** It is taken before those of the same tenant that have a higher `order`. */
  add(tenant: string, order: number, item: T): void {
    const line = this.#lines.get(tenant) ?? [];
    const place = line.findLastIndex((other) => other.order <= order) + 1;
    line.splice(place, 0, { order, item });
    this.#lines.set(tenant, line);
    this.#size += 1;
  }

  /** Who is next. */
  get first(): T | undefined {
    const [line] = this.#lines.values();
    return line?.[0]?.item;
  }

  /** Takes who is next out. */
  take(): T | undefined {
    const [next] = this.#lines;
    if (!next) return undefined;
    const [tenant, line] = next;
    const taken = line.shift();
    this.#size -= 1;
    this.#lines.delete(tenant);
    if (line.length > 0) this.#lines.set(tenant, line);
    return taken?.item;
  }

  remove(tenant: string, item: T): void {
    const line = this.#lines.get(tenant);
    const place = line?.findIndex((waiting) => waiting.item === item) ?? -1;
    if (!line || place < 0) return;
    line.splice(place, 1);
    this.#size -= 1;
    if (line.length === 0) this.#lines.delete(tenant);
  }
}
