import { HeddleError } from "../index.ts";

/** What one server takes on. What is more is refused: 429 with `LIMIT_REACHED`, and the limit's name in `details.limit`. */
export type ServerLimits = {
  /** Of a request's body, in bytes, 1 to 104,857,600 (413, `BODY_TOO_LARGE`). @defaultValue 1_048_576 */
  readonly bodyBytes?: number;
  /** Tenants with an open session. One more takes the place of the tenant that has been idle for longest, if there is one. @defaultValue 1_000 */
  readonly sessions?: number;
  /** Workers of one tenant. @defaultValue 1_000 */
  readonly workersPerSession?: number;
  /** Jobs of one tenant that run or wait. @defaultValue 1_000 */
  readonly jobsPerSession?: number;
  /** Open streams, of all tenants. @defaultValue 10_000 */
  readonly streams?: number;
  /** Open streams of one tenant. @defaultValue 1_000 */
  readonly streamsPerSession?: number;
  /** How long a stream may be left unread, in ms, before its connection is ended. The job goes on, and the stream can be resumed. @defaultValue 30_000 */
  readonly unreadMs?: number;
  /** How often a stream on which nothing happens sends a comment, in ms. @defaultValue 15_000 */
  readonly heartbeatMs?: number;
};

type Bounds = { readonly byDefault: number; readonly max: number };

const COUNT_MAX = 1_000_000;
const MS_MAX = 3_600_000;
const BOUNDS: { readonly [K in keyof ServerLimits]-?: Bounds } = {
  bodyBytes: { byDefault: 1_048_576, max: 104_857_600 },
  sessions: { byDefault: 1_000, max: COUNT_MAX },
  workersPerSession: { byDefault: 1_000, max: COUNT_MAX },
  jobsPerSession: { byDefault: 1_000, max: COUNT_MAX },
  streams: { byDefault: 10_000, max: COUNT_MAX },
  streamsPerSession: { byDefault: 1_000, max: COUNT_MAX },
  unreadMs: { byDefault: 30_000, max: MS_MAX },
  heartbeatMs: { byDefault: 15_000, max: MS_MAX },
};

type Limits = { -readonly [K in keyof ServerLimits]-?: number };
const DEFAULTS = Object.fromEntries(
  Object.entries(BOUNDS).map(([name, { byDefault }]) => [name, byDefault]),
) as Limits;

/** @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds. */
export function limitsOf(given: ServerLimits = {}): Required<ServerLimits> {
  const limits: Limits = { ...DEFAULTS };
  for (const [name, value] of Object.entries(given)) {
    const bounds = Object.hasOwn(BOUNDS, name) ? BOUNDS[name as keyof ServerLimits] : undefined;
    if (!bounds) throw invalid(name, `is unknown; known are ${Object.keys(BOUNDS).join(", ")}`);
    if (value === undefined) continue;
    const isIn = Number.isSafeInteger(value) && value >= 1 && value <= bounds.max;
    if (!isIn) throw invalid(name, `must be an integer from 1 to ${bounds.max}`);
    limits[name as keyof ServerLimits] = value;
  }
  return limits;
}

/** @throws {HeddleError} `LIMIT_REACHED` unless there is room for one more. */
export function checkRoom(limit: keyof ServerLimits, taken: number, max: number): void {
  if (taken < max) return;
  throw new HeddleError("LIMIT_REACHED", `no more than ${max} (${limit}) at once`, {
    details: { limit, max },
  });
}

function invalid(name: string, problem: string): HeddleError {
  const field = `limits.${name}`;
  return new HeddleError("INVALID_OPTION", `${field} ${problem}`, { details: { field } });
}
