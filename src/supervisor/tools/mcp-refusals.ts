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

const MAX_TEXT = 1_000;
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
 * specification; 410, and 400 with words about the session, in practice. A JSON-RPC error that answers the request itself, and does not speak of
 * the session, is about the request, whatever its status.
 *
 * @param text the body of the answer.
 * @param id the request's.
 */
export function isSessionGone({ status }: Refusal, text: string, id: RequestId): boolean {
  const answer = answerOf(text);
  const isOfSession = /\bsession\b/i.test(text) && SESSION_CODES.includes(answer.error?.code);
  switch (status) {
    case 404:
    case 410:
      return isOfSession || answer.error === undefined || answer.id !== id;
    case 400:
      return isOfSession;
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
export function sessionGone(status: number, text: string): HeddleError {
  const details = { status, isSessionGone: true };
  const what = `does not know the session any more (HTTP ${status}: ${text.slice(0, MAX_TEXT)})`;
  return new HeddleError("MCP_SERVER_LOST", what, { details });
}

type ErrorAnswer = { readonly id?: unknown; readonly error?: { readonly code?: unknown } };

function answerOf(text: string): ErrorAnswer {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Seconds, or a date. */
function waitOf(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
