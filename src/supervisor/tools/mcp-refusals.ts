import { HeddleError } from "../../errors.ts";
import type { Clock } from "../../transport/clock.ts";

type RequestId = string | number;
type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** How a server has refused a request by its status. */
export type Refusal = {
  readonly status: number;
  /** How long it asks to wait before the request is sent again. */
  readonly retryAfterMs?: number;
};

/** Codes that servers' own errors have, by which some say that they do not know the session. */
const SESSION_CODES: readonly unknown[] = [-32_000, -32_001, undefined];

/** Notes of the requests that a server has refused what the client keeps to itself: the status, and when to come again. */
export class McpRefusals {
  readonly #clock: Clock;
  readonly #refusals = new Map<RequestId, Refusal>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** As `fetch`, which it looks at. */
  watch(fetch: Fetch): Fetch {
    return async (url, init) => {
      const response = await fetch(url, init);
      if (!response.ok && init?.method === "POST") this.#note(init.body, response);
      return response;
    };
  }

  /** Why the request was refused; undefined: not by a status. It is told once. */
  take(id: RequestId): Refusal | undefined {
    const refusal = this.#refusals.get(id);
    this.#refusals.delete(id);
    return refusal;
  }

  #note(body: unknown, { status, headers }: Response): void {
    const id = typeof body === "string" ? (JSON.parse(body) as { id?: RequestId }).id : undefined;
    if (id === undefined) return;
    const retryAfterMs = waitOf(headers.get("retry-after"), this.#clock.now());
    this.#refusals.set(id, { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  }
}

/**
 * Whether a server that had given a session says by this refusal that it does not know it any more: then nothing was carried out. 404 by the
 * specification; 410, and 400 with words about the session, in practice.
 *
 * @param text the body of the answer.
 */
export function isSessionGone({ status }: Refusal, text: string): boolean {
  switch (status) {
    case 404:
    case 410:
      return true;
    case 400:
      return /\bsession\b/i.test(text) && SESSION_CODES.includes(codeOf(text));
    default:
      return false;
  }
}

/** The body of the answer that refused a request, as the client's error has it. */
export function refusalText(error: unknown): string {
  const { data } = Object(error) as { data?: { text?: unknown } };
  return typeof data?.text === "string" ? data.text : "";
}

/** The client's error of a request, which says now what it was refused with. */
export function withRefusal(error: unknown, { status, retryAfterMs }: Refusal): unknown {
  const known = Object(error) as { status?: unknown };
  if (typeof known.status !== "number") Object.defineProperty(known, "status", { value: status });
  if (retryAfterMs !== undefined) Object.assign(known, { retryAfterMs });
  return known;
}

/** The error of a request whose session the server does not know any more. */
export function sessionGone(status: number): HeddleError {
  const details = { status, isSessionGone: true };
  return new HeddleError("MCP_SERVER_LOST", "does not know the session any more", { details });
}

function codeOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { error?: { code?: unknown } } | null)?.error?.code;
  } catch {
    return undefined;
  }
}

/** Seconds, or a date. */
function waitOf(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
