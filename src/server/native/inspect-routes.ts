import type { OpenAPIHono } from "@hono/zod-openapi";
import { createRoute } from "@hono/zod-openapi";
import type { SessionInspection } from "../../index.ts";
import type { AppEnv, AppParts } from "../app-env.ts";
import { json, refused } from "../app-env.ts";
import { InspectionShape } from "./inspection-shape.ts";

const inspect = createRoute({
  method: "get",
  path: "/api/inspect",
  summary: "A snapshot of what there is, without texts and keys.",
  description:
    "An operator sees threads, gateways, providers and all sessions. Any other tenant sees its own session, without the numbers of threads and processes: they are counted over all tenants, and would tell of the others.",
  responses: { 200: json("The snapshot.", InspectionShape), ...refused },
});

export function inspectRoutes(app: OpenAPIHono<AppEnv>, { supervisor }: AppParts): void {
  app.openapi(inspect, (c) => {
    const { isOperator = false, name } = c.get("tenant");
    const all = supervisor.inspect();
    if (isOperator) return c.json(all, 200);
    const own = all.sessions.filter((session) => session.name === name).map(withoutNumbers);
    return c.json({ sessions: own }, 200);
  });
}

function withoutNumbers(session: SessionInspection): SessionInspection {
  return {
    ...session,
    workers: session.workers.map((worker) => ({ ...worker, threadId: undefined })),
    mcp: session.mcp.map((server) => ({ ...server, pid: undefined })),
  };
}
