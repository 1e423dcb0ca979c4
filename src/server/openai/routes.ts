import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv, AppParts } from "../app-env.ts";

/** OpenAI's API: `/v1/chat/completions` and `/v1/models`. */
export function openaiRoutes(_app: OpenAPIHono<AppEnv>, _parts: AppParts): void {}
