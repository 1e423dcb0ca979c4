import { HeddleError } from "../index.ts";

/** Where a server listens, and what it bears with from its clients. Times are in ms, 1 to 3,600,000. */
export type ListenOptions = {
  /** 0 to 65,535; 0: one that is free. @defaultValue 8787 */
  readonly port?: number;
  /** A name or an address of this machine. @defaultValue "127.0.0.1" */
  readonly hostname?: string;
  /** How long a client may take to send the head of a request, or anything at all once it has connected (408). @defaultValue 10_000 */
  readonly headersTimeoutMs?: number;
  /** How long it may take to send a whole request (408). No less than `headersTimeoutMs`. @defaultValue 30_000 */
  readonly requestTimeoutMs?: number;
  /** How long a connection is kept for the client's next request. Behind a proxy: longer than the proxy keeps it. @defaultValue 5_000 */
  readonly keepAliveTimeoutMs?: number;
  /** How long what is left of a response may lie unread, once it is complete, before its connection is ended. @defaultValue 30_000 */
  readonly unreadMs?: number;
  /** Of the head of a request, in bytes, 1,024 to 1,048,576 (431). @defaultValue 16_384 */
  readonly maxHeaderBytes?: number;
  /** Connections at once, 1 to 1,000,000; further ones are closed as they come. @defaultValue 10_000 */
  readonly maxConnections?: number;
};

type NumberName = Exclude<keyof ListenOptions, "hostname">;
type Bounds = { readonly byDefault: number; readonly least: number; readonly most: number };

const MS = { least: 1, most: 3_600_000 } as const;
const BOUNDS: { readonly [name in NumberName]: Bounds } = {
  port: { byDefault: 8_787, least: 0, most: 65_535 },
  headersTimeoutMs: { byDefault: 10_000, ...MS },
  requestTimeoutMs: { byDefault: 30_000, ...MS },
  keepAliveTimeoutMs: { byDefault: 5_000, ...MS },
  unreadMs: { byDefault: 30_000, ...MS },
  maxHeaderBytes: { byDefault: 16_384, least: 1_024, most: 1_048_576 },
  maxConnections: { byDefault: 10_000, least: 1, most: 1_000_000 },
};
const NAMES = Object.keys(BOUNDS) as readonly NumberName[];

/** @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds. */
export function listenOptionsOf(given: ListenOptions = {}): Required<ListenOptions> {
  const unknown = Object.keys(given).find((name) => name !== "hostname" && !isNumberName(name));
  if (unknown !== undefined) refuse(unknown, `is unknown; known are hostname, ${NAMES.join(", ")}`);
  const numbers = Object.fromEntries(NAMES.map((name) => [name, numberOf(name, given[name])]));
  const options = { hostname: hostnameOf(given.hostname), ...numbers } as Required<ListenOptions>;
  if (options.requestTimeoutMs < options.headersTimeoutMs)
    refuse(
      "requestTimeoutMs",
      `must be no less than headersTimeoutMs, ${options.headersTimeoutMs}`,
    );
  return options;
}

function hostnameOf(given: unknown = "127.0.0.1"): string {
  if (typeof given === "string" && /^[^\s]{1,255}$/.test(given)) return given;
  refuse("hostname", "must be a name or an address, of 1 to 255 characters");
}

function numberOf(name: NumberName, given: unknown): number {
  const { byDefault, least, most } = BOUNDS[name];
  if (given === undefined) return byDefault;
  const isIn =
    Number.isSafeInteger(given) && (given as number) >= least && (given as number) <= most;
  if (!isIn) refuse(name, `must be an integer from ${least} to ${most}`);
  return given as number;
}

function isNumberName(name: string): name is NumberName {
  return Object.hasOwn(BOUNDS, name);
}

function refuse(field: string, problem: string): never {
  throw new HeddleError("INVALID_OPTION", `${field} ${problem}`, { details: { field } });
}
