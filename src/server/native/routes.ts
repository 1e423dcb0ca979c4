import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv, AppParts } from "../app-env.ts";
import { confirmationRoutes } from "./confirmation-routes.ts";
import { inspectRoutes } from "./inspect-routes.ts";
import { jobRoutes } from "./job-routes.ts";
import { openapiRoutes } from "./openapi-routes.ts";
import { workerRoutes } from "./worker-routes.ts";

/** Heddle's own API. */
export function nativeRoutes(app: OpenAPIHono<AppEnv>, parts: AppParts): void {
  workerRoutes(app);
  jobRoutes(app, parts);
  confirmationRoutes(app);
  inspectRoutes(app, parts);
  openapiRoutes(app);
}
