import type { RouteConfig } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import type { HeddleError, Supervisor, WorkerOptions } from "../index.ts";
import type { ServerLogger } from "./log.ts";
import type { Metrics } from "./ops/metrics.ts";
import type { Tenant } from "./options.ts";
import type { TenantDesk } from "./tenant-desk.ts";
import type { Tenants } from "./tenants.ts";
import type { Views } from "./views.ts";

/** What every handler finds in its context. */
export type AppEnv = { Variables: { tenant: Tenant; desk: TenantDesk } };

/** What the routes of an app share. */
export type AppParts = {
  readonly supervisor: Supervisor;
  readonly agents: ReadonlyMap<string, WorkerOptions>;
  readonly tenants: Tenants;
  readonly views: Views;
  /** Or why there are none. */
  readonly metrics: Metrics | HeddleError;
  readonly log: ServerLogger;
  readonly openaiApprovals: "deny" | "refuse";
};

/** Anybody may ask these: they say nothing of anybody. */
export const OPEN_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

const ErrorShape = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    }),
  })
  .openapi("Error");

type Responses = RouteConfig["responses"];
type Content = Responses[string];

/** The body of a request, in a route's description. */
export function jsonBody<S extends z.ZodType>(
  schema: S,
): { body: { required: true; content: { "application/json": { schema: S } } } } {
  return { body: { required: true, content: { "application/json": { schema } } } };
}

/** An answer in JSON, in a route's description. */
export function json<S extends z.ZodType>(
  description: string,
  schema: S,
): { description: string; content: { "application/json": { schema: S } } } {
  return { description, content: { "application/json": { schema } } };
}

/** An answer in server-sent events, in a route's description. */
export function events(description: string): Content {
  return { description, content: { "text/event-stream": { schema: z.string() } } };
}

/** What every route may answer with when it refuses or fails, in a route's description. */
export const refused: { readonly default: Content } = {
  default: json("Refused or failed: `code` says why.", ErrorShape),
};
