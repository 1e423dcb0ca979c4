import type { Context } from "hono";
import type { WorkerJob } from "../index.ts";
import type { JobEncoder } from "./job-encoder.ts";
import { SSE_HEADERS } from "./job-encoder.ts";
import type { ViewEnd } from "./job-view.ts";
import { JobView } from "./job-view.ts";
import type { ServerLimits } from "./limits.ts";
import { checkRoom } from "./limits.ts";
import type { TenantDesk } from "./tenant-desk.ts";

const TICK_MS = 250;
/** At the end of the server: how long a stream may be left unread, and how long it may take to read what is left. */
const LAST_UNREAD_MS = 1_000;
const LAST_MS = 10_000;

export type ViewRequest = {
  readonly desk: TenantDesk;
  readonly job: WorkerJob;
  readonly encoder: JobEncoder;
  /** @defaultValue 0 */
  readonly from?: number;
  readonly headers?: { readonly [name: string]: string };
  readonly onDelivered?: () => void;
  readonly onLeft?: () => void;
};

/** The open streams of a server. One clock looks after all of them. */
export class Views {
  readonly #limits: Required<ServerLimits>;
  readonly #open = new Set<JobView>();
  readonly #ended = { delivered: 0, left: 0, "cut-off": 0 };
  #timer: NodeJS.Timeout | undefined;
  #unreadMs: number;
  #finished: PromiseWithResolvers<void> | undefined;

  constructor(limits: Required<ServerLimits>) {
    this.#limits = limits;
    this.#unreadMs = limits.unreadMs;
  }

  get size(): number {
    return this.#open.size;
  }

  /** How many have ended so far, and how. */
  get ended(): { readonly [how in ViewEnd]: number } {
    return this.#ended;
  }

  /** Whether there is room for one more, before anything is begun for it. @throws {HeddleError} `LIMIT_REACHED`. */
  checkRoom(desk: TenantDesk): void {
    checkRoom("streams", this.#open.size, this.#limits.streams);
    checkRoom("streamsPerSession", desk.streams, this.#limits.streamsPerSession);
  }

  /** Answers a request with a stream. @throws {HeddleError} `LIMIT_REACHED`. */
  respond(c: Context, { desk, headers, from = 0, ...view }: ViewRequest): Response {
    this.checkRoom(desk);
    // Nobody reads what a HEAD is answered with.
    if (c.req.method === "HEAD") return c.body(null, 200, { ...SSE_HEADERS, ...headers });
    const closeStream = desk.openStream();
    const opened = new JobView({
      ...view,
      from,
      nowMs: () => performance.now(),
      disconnect: disconnectOf(c),
      onClosed: (how) => {
        this.#ended[how] += 1;
        closeStream();
        this.#forget(opened);
      },
    });
    this.#open.add(opened);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
    return c.body(opened.stream, 200, { ...SSE_HEADERS, ...headers });
  }

  /** To be called when all jobs have ended: resolves when their streams have been read to the end, within 10 s; one that is not read is cut off after 1 s. */
  async finish(): Promise<void> {
    this.#unreadMs = Math.min(this.#unreadMs, LAST_UNREAD_MS);
    if (this.#open.size === 0) return;
    this.#finished ??= Promise.withResolvers();
    const timer = setTimeout(() => this.close(), LAST_MS);
    await this.#finished.promise;
    clearTimeout(timer);
  }

  /** Cuts off all that are still open. */
  close(): void {
    for (const view of this.#open) view.cut();
  }

  #tick(): void {
    const { heartbeatMs } = this.#limits;
    for (const view of this.#open) view.tick(heartbeatMs, this.#unreadMs);
  }

  #forget(view: JobView): void {
    this.#open.delete(view);
    if (this.#open.size > 0) return;
    this.#finished?.resolve();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** On Node the app is given the response's socket; elsewhere a stream is ended by an error. */
function disconnectOf(c: Context): (() => void) | undefined {
  const env = c.env as { readonly outgoing?: { readonly destroy?: () => void } } | undefined;
  const outgoing = env?.outgoing;
  return outgoing?.destroy ? () => outgoing.destroy?.() : undefined;
}
