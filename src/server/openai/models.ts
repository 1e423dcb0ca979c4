import type { OpenAPIHono } from "@hono/zod-openapi";
import { createRoute, z } from "@hono/zod-openapi";
import type { AppEnv, AppParts } from "../app-env.ts";
import { json, refused } from "../app-env.ts";

const Model = z
  .object({
    id: z.string(),
    object: z.literal("model"),
    created: z.number(),
    owned_by: z.literal("heddle"),
  })
  .openapi("Model");

const listModels = createRoute({
  method: "get",
  path: "/v1/models",
  summary: "The agents, as OpenAI's API lists models.",
  responses: {
    200: json("All of them.", z.object({ object: z.literal("list"), data: z.array(Model) })),
    ...refused,
  },
});

const getModel = createRoute({
  method: "get",
  path: "/v1/models/{model}",
  summary: "An agent, as OpenAI's API shows a model.",
  request: { params: z.object({ model: z.string() }) },
  responses: { 200: json("The agent.", Model), ...refused },
});

/** Agents as models. They are created when the app is. */
export function modelRoutes(app: OpenAPIHono<AppEnv>, { agents }: AppParts): void {
  const created = Math.floor(Date.now() / 1_000);
  const model = (id: string) => ({
    id,
    object: "model" as const,
    created,
    owned_by: "heddle" as const,
  });
  app.openapi(listModels, (c) =>
    c.json({ object: "list" as const, data: [...agents.keys()].map(model) }, 200),
  );
  app.openapi(getModel, (c) => {
    const { model: name } = c.req.valid("param");
    c.get("desk").agent(name);
    return c.json(model(name), 200);
  });
}
