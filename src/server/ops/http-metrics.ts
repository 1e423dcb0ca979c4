import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { Instruments } from "./instruments.ts";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Counts requests, by the pattern of their route: what is no route of the app's has an empty one. */
export function httpMetrics(instruments: Instruments): MiddlewareHandler {
  const requests = instruments.counter(
    "http_requests_total",
    "Requests that were answered, by the pattern of their route (empty: there is none), method and status.",
    ["route", "method", "status"],
  );
  const seconds = instruments.histogram(
    "http_request_duration_seconds",
    "Time until the answer has begun; for a stream, not until its end.",
    SECONDS,
    ["route", "method"],
  );
  return async (c, next) => {
    const startMs = performance.now();
    await next();
    // Middleware is registered for all methods, and is no route.
    const route = matchedRoutes(c).findLast((each) => each.method !== "ALL")?.path ?? "";
    const method = METHODS.has(c.req.method) ? c.req.method : "OTHER";
    requests.inc({ route, method, status: c.res.status });
    seconds.observe({ route, method }, (performance.now() - startMs) / 1_000);
  };
}
