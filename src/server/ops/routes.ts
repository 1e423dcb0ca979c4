import type { OpenAPIHono } from "@hono/zod-openapi";
import { createRoute, z } from "@hono/zod-openapi";
import { HeddleError } from "../../index.ts";
import type { AppEnv, AppParts } from "../app-env.ts";
import { json, refused } from "../app-env.ts";

const getHealth = createRoute({
  method: "get",
  path: "/healthz",
  summary: "Whether the server's loop turns. Needs no token.",
  security: [],
  responses: { 200: json("It does.", z.object({ status: z.literal("ok") })) },
});

const getReadiness = createRoute({
  method: "get",
  path: "/readyz",
  summary: "Whether the server takes on new work. Needs no token.",
  security: [],
  responses: {
    200: json("It does.", z.object({ status: z.literal("ready") })),
    ...refused,
  },
});

const getMetrics = createRoute({
  method: "get",
  path: "/metrics",
  summary: "Figures of the server and its supervisor in Prometheus' text format. For operators.",
  responses: {
    200: { description: "The figures.", content: { "text/plain": { schema: z.string() } } },
    ...refused,
  },
});

/** What those who run the server look at. */
export function opsRoutes(app: OpenAPIHono<AppEnv>, parts: AppParts): void {
  app.openapi(getHealth, (c) => c.json({ status: "ok" as const }, 200));
  app.openapi(getReadiness, (c) => {
    checkReady(parts);
    return c.json({ status: "ready" as const }, 200);
  });
  app.openapi(getMetrics, async (c) => {
    if (c.get("tenant").isOperator !== true)
      throw new HeddleError("FORBIDDEN", "metrics are for operators");
    if (HeddleError.is(parts.metrics)) throw parts.metrics;
    const text = await parts.metrics.text();
    return c.text(text, 200, { "content-type": parts.metrics.contentType });
  });
}

/** @throws {HeddleError} `DRAINING`, `SUPERVISOR_CLOSED`, `GATEWAY_LOST`. */
function checkReady({ supervisor, tenants }: AppParts): void {
  const { state } = supervisor;
  if (tenants.isDraining) throw new HeddleError("DRAINING", "the server is about to stop");
  switch (state) {
    case "running":
      break;
    case "gateway-down":
      throw new HeddleError("GATEWAY_LOST", "a gateway could not be started again");
    case "closed":
      throw new HeddleError("SUPERVISOR_CLOSED", "the supervisor is closed");
    default:
      state satisfies never;
  }
}
