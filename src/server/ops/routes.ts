import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv, AppParts } from "../app-env.ts";

/** What those who run the server look at: `/healthz`, `/readyz`, `/metrics`. */
export function opsRoutes(_app: OpenAPIHono<AppEnv>, _parts: AppParts): void {}
