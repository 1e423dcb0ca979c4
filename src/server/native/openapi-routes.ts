import type { OpenAPIHono } from "@hono/zod-openapi";
import { createRoute, z } from "@hono/zod-openapi";
import type { AppEnv } from "../app-env.ts";
import { json, OPEN_PATHS, refused } from "../app-env.ts";

type Document = ReturnType<OpenAPIHono<AppEnv>["getOpenAPI31Document"]>;
type Plain = { [name: string]: string };

const getDocument = createRoute({
  method: "get",
  path: "/api/openapi.json",
  summary: "This document.",
  responses: {
    200: json("What the server answers, as OpenAPI 3.1.", z.record(z.string(), z.unknown())),
    ...refused,
  },
});

/** Describes every route that the app has when it is first asked. */
export function openapiRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
  });
  let document: Plain | undefined;
  app.openapi(getDocument, (c) => {
    document ??= { ...documentOf(app) } as unknown as Plain;
    return c.json(document, 200);
  });
}

function documentOf(app: OpenAPIHono<AppEnv>): Document {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    // The version of the API: of what is at these paths.
    info: { title: "Heddle", version: "1" },
    security: [{ bearer: [] }],
  });
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    if (OPEN_PATHS.has(path) && item.get) item.get.security = [];
  }
  return document;
}
