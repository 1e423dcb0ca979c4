import type { Budget, Context, Supervisor, WorkerOptions } from "../index.ts";
import { HeddleError } from "../index.ts";
import type { ServerLimits } from "./limits.ts";
import type { ServerLogger } from "./log.ts";

/** Whose request it is: one tenant has one session, and sees nothing of the others'. */
export type Tenant = {
  /** 1 to 128 characters. The session is called so. */
  readonly name: string;
  /** What its tools know of it, as `ctx.context`. */
  readonly context?: Context;
  /** Of all its jobs together, for as long as its session is open. */
  readonly budget?: Budget;
  /** It may see what concerns all tenants: `/metrics`, and the whole of `/api/inspect`. @defaultValue false */
  readonly isOperator?: boolean;
};

/** Says whose request it is; undefined: nobody's, which is answered with 401. What it throws is answered with 500. */
export type Authenticate = (request: Request) => Tenant | undefined | Promise<Tenant | undefined>;

/**
 * Who may use the server. `tokens`: whoever sends one as `Authorization: Bearer TOKEN` is that tenant, given by its name or whole. A function
 * decides by itself. `"none"`: everybody is the tenant `default`, and an operator; only for servers that nobody else can reach.
 */
export type Auth =
  | { readonly tokens: { readonly [token: string]: string | Tenant } }
  | Authenticate
  | "none";

export type ServerOptions = {
  /** Whose agents they are. It stays the caller's: the app opens sessions on it, and closes them with `close()`. */
  readonly supervisor: Supervisor;
  /** Worker options by the name that clients call them. */
  readonly agents: { readonly [name: string]: WorkerOptions };
  readonly auth: Auth;
  /** Names by which the server may be called, besides `localhost`, `127.0.0.1` and `[::1]`: `example.org`, or with a port. @defaultValue none */
  readonly allowHosts?: readonly string[];
  /** Origins of pages that may use the server, besides its own: `https://example.org`. @defaultValue none */
  readonly allowOrigins?: readonly string[];
  readonly limits?: ServerLimits;
  /**
   * What happens on `/v1/chat/completions` when a tool needs approval, which nobody can give there: `deny` tells the model so, `refuse`
   * ends the request with `APPROVAL_REQUIRED`. @defaultValue "deny"
   */
  readonly openaiApprovals?: "deny" | "refuse";
  /** Told of requests, jobs and failures: a `pino` logger, or anything like it. @defaultValue nobody is told */
  readonly logger?: ServerLogger;
  /**
   * Signs what clients keep of a model's response for its provider, such as the signatures of its thoughts: 32 characters or more. Several
   * servers of the same agents have the same one. A conversation that a client has from a server with another key goes on without it.
   * @defaultValue one that is made at each start
   */
  readonly stateKey?: string;
};

const FIELDS = [
  "supervisor",
  "agents",
  "auth",
  "allowHosts",
  "allowOrigins",
  "limits",
  "openaiApprovals",
  "logger",
  "stateKey",
] as const satisfies readonly (keyof ServerOptions)[];

/** @throws {HeddleError} `INVALID_OPTION` that names the field. What is checked elsewhere is not checked here. */
export function checkServerOptions(options: ServerOptions): void {
  for (const name of Object.keys(options)) {
    if (!(FIELDS as readonly string[]).includes(name))
      refuse(name, `is unknown; known are ${FIELDS.join(", ")}`);
  }
  const { agents, openaiApprovals = "deny" } = options;
  if (!isObject(agents) || Object.keys(agents).length === 0)
    refuse("agents", "must be worker options by name, one or more");
  for (const [name, worker] of Object.entries(agents)) checkAgent(name, worker);
  if (openaiApprovals !== "deny" && openaiApprovals !== "refuse")
    refuse("openaiApprovals", 'must be "deny" or "refuse"');
  const { stateKey } = options;
  if (stateKey !== undefined && (typeof stateKey !== "string" || stateKey.length < 32))
    refuse("stateKey", "must be a string of 32 characters or more");
}

function checkAgent(name: string, worker: unknown): void {
  if (name === "" || name.length > 128) refuse("agents", "must have names of 1 to 128 characters");
  if (!isObject(worker)) refuse(`agents.${name}`, "must be a worker's options");
  if ("name" in worker) refuse(`agents.${name}.name`, "must be left out: there may be many of it");
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function refuse(field: string, problem: string): never {
  throw new HeddleError("INVALID_OPTION", `${field} ${problem}`, { details: { field } });
}
