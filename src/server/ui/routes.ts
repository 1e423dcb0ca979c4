import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv, AppParts } from "../app-env.ts";

/** The AI SDK's UI message stream, under `/api/chat`. */
export function uiRoutes(_app: OpenAPIHono<AppEnv>, _parts: AppParts): void {}
