import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { AppEnv } from "./app-env.ts";
import type { ServerLogger } from "./log.ts";

/** They are asked every few seconds by whoever watches the server. */
const QUIET = new Set(["/healthz", "/readyz"]);

/**
 * Logs each request when it is answered; one that is answered by a stream, when that begins. It says which route was meant, not by which path: what
 * clients put into paths, queries, headers and bodies is not logged.
 */
export function requestLog(log: ServerLogger): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const begunMs = performance.now();
    await next();
    const { status } = c.res;
    const route = routePath(c, -1);
    // Nobody has asked for a tenant's name before it is known.
    const tenant = (c.get("tenant") as { readonly name: string } | undefined)?.name;
    const facts = {
      method: c.req.method,
      ...(route.includes("*") ? {} : { route }),
      status,
      ms: Math.round(performance.now() - begunMs),
      ...(tenant === undefined ? {} : { tenant }),
    };
    log[levelOf(route, status)](facts, "request");
  };
}

function levelOf(route: string, status: number): "debug" | "info" | "warn" {
  if (QUIET.has(route)) return "debug";
  return status >= 500 ? "warn" : "info";
}
